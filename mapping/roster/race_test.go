package roster_test

import (
	"errors"
	"sync"
	"testing"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// Many goroutines read and write at once while snapshots are loaded without end. Each writes users
// of its own, so that it can tell at every step what it must see of them.
func TestManyReadersAndWritersAtOnce(t *testing.T) {
	if testing.Short() {
		t.Skip("loads hundreds of lists; not in short mode")
	}
	t.Parallel()
	c := newCompany(t, tvfake.Default(), roster.Options{UsersMaxAge: time.Microsecond})
	if _, err := c.Users.View(t.Context()); err != nil {
		t.Fatal(err)
	}
	var work sync.WaitGroup
	for worker := range 16 {
		work.Go(func() {
			for n := range 30 {
				c.writeOne(tvapi.UserID(1+worker*1000+n), email(worker*1000+n))
				if _, err := c.Users.ViewSince(t.Context(), time.Now()); n%10 == 0 && err != nil {
					t.Errorf("UsersSince: %v", err)
				}
			}
		})
	}
	work.Wait()
}

// writeOne makes, changes and removes a user and looks at it in between. TeamViewer's lists never
// show it, as if they lagged: what is seen is what the journal keeps.
func (c *company) writeOne(id tvapi.UserID, address string) {
	ctx := c.t.Context()
	c.Users.Created(tvapi.User{ID: id, Email: address, Active: true})
	before, err := c.Users.View(ctx)
	if err != nil {
		c.t.Errorf("Users: %v", err)
		return
	}
	if u, ok := before.Named(address); !ok || u.ID != id || !u.Active {
		c.t.Errorf("created user %v is %+v, %v", id, u, ok)
	}
	c.UserUpdated(id, tvapi.UserUpdate{Active: new(false)})
	if u, ok := c.Users.Latest().ByID(id); !ok || u.Active {
		c.t.Errorf("deactivated user %v is %+v, %v", id, u, ok)
	}
	c.Users.Removed(id)
	if u, err := c.Users.Get(ctx, id); !errors.Is(err, roster.ErrUnknown) {
		c.t.Errorf("removed user %v is %+v, %v", id, u, err)
	}
	if u, ok := before.ByID(id); !ok || !u.Active {
		c.t.Errorf("user %v changed in a view that was taken before: %+v, %v", id, u, ok)
	}
}
