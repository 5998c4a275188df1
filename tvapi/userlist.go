package tvapi

import (
	"context"
	"io"
	"iter"
	"net/url"
)

// Users yields the whole company from one answer, which is decoded as it arrives and never held in
// memory. Entries whose id does not parse are skipped. An error ends the list: the users before it
// are not the whole company. An answer without `users` is an empty list; the caller decides whether
// a company can be empty. The time, including that of the loop body, is limited by the deadline of
// ctx, or by ten minutes without one. The list counts as one of the concurrent calls until it ends.
// It is sent again only while no user was yielded, so that none is yielded twice. The cause of the
// error of a list beyond a bound is a *BoundError.
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
		if err != nil { // never after yield returned false: that ends the reading without an error
			yield(User{}, err)
		}
	}
}
