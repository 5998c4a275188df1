package tvapi

import (
	"context"
	"encoding/json"
	"io"
	"iter"
	"net/url"
	"time"
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
	return listUsers(ctx, c, wireUser.user)
}

// UserAccess is a user and when the account was last used.
type UserAccess struct {
	User
	LastAccess time.Time // zero: TeamViewer shows none
}

// UsersWithAccess is [Client.Users] with the time of the last access of each user.
//
// TeamViewer Web API: GET /users?full_list=true
func (c *Client) UsersWithAccess(ctx context.Context) iter.Seq2[UserAccess, error] {
	return listUsers(ctx, c, func(w wireUserAccess) UserAccess {
		return UserAccess{User: w.user(), LastAccess: time.Time(w.LastAccess)}
	})
}

// wireUserAccess is UserAccess on the wire.
type wireUserAccess struct {
	wireUser
	LastAccess wireTime `json:"last_access_date"`
}

// wireTime is a time of an answer; zero if it is missing or of another form, so that one such time
// does not make the rest of a list unreadable. A time without a zone is UTC.
type wireTime time.Time

// UnmarshalJSON implements json.Unmarshaler.
func (t *wireTime) UnmarshalJSON(text []byte) error {
	var s string
	*t = wireTime{}
	if err := json.Unmarshal(text, &s); err != nil {
		return nil //nolint:nilerr // not a text: no time
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", time.DateOnly} {
		if parsed, err := time.Parse(layout, s); err == nil {
			*t = wireTime(parsed.UTC())
			break
		}
	}
	return nil
}

// listedUser is an entry of the list of users on the wire.
type listedUser interface {
	bounded
	userID() UserID // 0: it is not that of a user
}

func (w wireUser) userID() UserID { return UserID(w.ID) }

// listUsers yields the list of users in one of the forms of its entries.
func listUsers[W listedUser, V any](ctx context.Context, c *Client, value func(W) V) iter.Seq2[V, error] {
	return func(yield func(V, error) bool) {
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
				_, err := (&listReader[W]{name: "users", each: func(w W) bool {
					if w.userID() == 0 {
						skipped++
						return true
					}
					begun = true
					return yield(value(w), nil)
				}}).read(r)
				return err
			},
		})
		c.warnSkipped(FuncUserList, skipped)
		if err != nil { // never after yield returned false: that ends the reading without an error
			var none V
			yield(none, err)
		}
	}
}
