package tvapi

import (
	"context"
	"io"
	"iter"
	"net/url"
)

// Users lists the whole company in one answer, which is decoded as it arrives and never held in
// memory. Entries whose id does not parse are skipped. An error ends the list: what came before it
// is not the whole company. An answer without `users` is an empty list; whether a company can be
// empty is the reader's to judge. Only ctx limits the time, the reader's own included, or ten
// minutes where it has no deadline, and the list counts as one of the calls under way until its
// end. It is asked for again only while nothing of it was yielded: else users would come twice. A
// list beyond a bound ends with an error that a *BoundError is the cause of.
//
// TeamViewer Web API: GET /users?full_list=true
func (c *Client) Users(ctx context.Context) iter.Seq2[User, error] {
	return func(yield func(User, error) bool) {
		ctx, cancel := listTime(ctx)
		defer cancel()
		skipped, begun := 0, false
		err := c.send(ctx, call{
			function: FuncUserList,
			query:    url.Values{"full_list": {"true"}},
			limit:    userListLimit,
			long:     true,
			begun:    func() bool { return begun },
			read: func(r io.Reader) error {
				skipped = 0
				_, err := (&listReader[wireUser]{name: "users", each: func(w wireUser) bool {
					if w.ID == 0 {
						skipped++
						return true
					}
					begun = true
					return yield(w.user(), nil)
				}}).read(r)
				return err
			},
		})
		c.warnSkipped(FuncUserList, skipped)
		if err != nil { // never after yield said to stop: that ends the reading without one
			yield(User{}, err)
		}
	}
}
