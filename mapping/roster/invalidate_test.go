package roster_test

import (
	"errors"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// rename is what the console does, or a call whose answer was lost.
func (c *company) rename(id tvapi.UserID, name string) {
	c.t.Helper()
	c.tv.ChangeUser(id.String(), func(u *tvfake.User) { u.Name = name })
}

// wantName compares the name of a user.
func (c *company) wantName(id tvapi.UserID, want string) {
	c.t.Helper()
	u, err := c.Users.Get(c.t.Context(), id)
	if err != nil || u.Name != want {
		c.t.Errorf("User = %+v, %v; want the name %q", u, err, want)
	}
}

// What was sent without an answer may have been done: TeamViewer is asked once, and then the
// snapshot knows, also of what was written a moment before.
func TestAUserInvalidIsAskedOnce(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.users()
		first := "First"
		c.rename(ada, first)
		c.UserUpdated(ada, tvapi.UserUpdate{Name: &first})
		time.Sleep(time.Second)
		c.rename(ada, "Second")
		c.Users.Invalidate(ada)
		for range 3 {
			c.wantName(ada, "Second")
		}
		if u, _ := c.Users.Latest().ByID(ada); u.Name != "Second" {
			t.Errorf("the snapshot says %q", u.Name)
		}
		c.wantCalls(userGet, 1)
		c.wantCalls(userList, 1)
	})
}

// A list that comes just after what was known became doubtful is not changed back to what was shown
// of the object before; an acknowledged write is.
func TestAListAfterInvalid(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.users()
		_, err := c.Users.GetSince(t.Context(), ada, time.Now())
		c.must(err)
		inactive := false
		c.UserUpdated(ada, tvapi.UserUpdate{Active: &inactive})
		time.Sleep(time.Second)
		c.rename(ada, "Second")
		c.Users.Invalidate(ada)
		if u, _ := c.since().ByID(ada); u.Name != "Second" || u.Active {
			t.Errorf("the list shows %q, active %t", u.Name, u.Active)
		}
	})
}

// What another process was shown counts at once, and no longer when it became doubtful.
func TestAddressShownToAnother(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada, shown := c.hire("ada@example.com"), "new@example.com"
		c.users()
		c.Learn(roster.Write{What: "address shown", User: tvapi.User{ID: ada}, Email: &shown})
		if u, _ := c.Users.Latest().ByID(ada); u.Email != shown {
			t.Errorf("the address is %q", u.Email)
		}
		time.Sleep(time.Second)
		c.Users.Invalidate(ada)
		if u, _ := c.since().ByID(ada); u.Email != "ada@example.com" {
			t.Errorf("the list shows %q", u.Email)
		}
	})
}

// For want of an answer there is none: the snapshot does not stand in for it.
func TestAUserInvalidIsNotTakenFromTheSnapshot(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.users()
		c.Users.Invalidate(ada)
		mend := c.tv.Fail(tvfake.Fault{Function: userGet, Status: http.StatusInternalServerError})
		if u, err := c.Users.Get(t.Context(), ada); err == nil || errors.Is(err, roster.ErrUnknown) {
			t.Errorf("User = %+v, %v; want the error of the call", u, err)
		}
		mend()
		c.wantName(ada, "Name of ada@example.com")
	})
}

// A list that began late enough makes an object valid again, an earlier one does not.
func TestALaterListEndsInvalid(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.users()
		c.Users.Invalidate(ada)
		for _, step := range []struct {
			pause time.Duration
			asks  int // number of GETs of the user
		}{{time.Second, 1}, {time.Minute, 1}} {
			time.Sleep(step.pause)
			if _, err := c.Users.ViewSince(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			c.wantName(ada, "Name of ada@example.com")
			c.wantCalls(userGet, step.asks)
		}
		c.Users.Invalidate(ada)
		time.Sleep(time.Minute)
		if _, err := c.Users.ViewSince(t.Context(), time.Now()); err != nil {
			t.Fatal(err)
		}
		c.wantName(ada, "Name of ada@example.com")
		c.wantCalls(userGet, 1)
	})
}

// An invalid user that turns out to be gone is removed from the snapshot.
func TestAUserInvalidMayBeGone(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.users()
		c.tv.DropUser(ada.String())
		if _, err := c.Users.GetSince(t.Context(), ada, time.Now()); !errors.Is(err, roster.ErrUnknown) {
			t.Errorf("UserSince = %v, want ErrUnknown", err)
		}
		c.wantEmails(c.Users.Latest())
	})
}

// A look-up that was answered before the user became invalid does not make it valid again.
func TestAnOlderLookupDoesNotEndInvalid(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.users()
		ada := c.hire("ada@example.com")
		c.tv.Fail(tvfake.Fault{Function: userGet, Delay: time.Minute, After: true, Times: 1})
		older := make(chan tvapi.User, 1)
		go func() {
			u, err := c.Users.Get(t.Context(), ada)
			if err != nil {
				t.Error(err)
			}
			older <- u
		}()
		synctest.Wait() // its answer is made
		time.Sleep(time.Second)
		c.rename(ada, "Second")
		c.Users.Invalidate(ada)
		c.wantName(ada, "Second")
		<-older
		c.wantName(ada, "Second")
		c.wantCalls(userGet, 2)
	})
}

// A look-up that a second invalidation has overtaken does not restore a user who was removed
// meanwhile, however late it is answered.
func TestAnOvertakenLookupRestoresNoUser(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada, bob := c.hire("ada@example.com"), c.hire("bob@example.com")
		c.users()
		c.Users.Invalidate(ada)
		arrived, release := c.tv.HoldAfter(userGet)
		var question sync.WaitGroup
		question.Go(func() { _, _ = c.Users.Get(t.Context(), ada) })
		<-arrived
		time.Sleep(time.Second)
		c.Users.Invalidate(ada)
		c.tv.DropUser(ada.String())
		c.Users.Removed(ada)
		time.Sleep(12 * time.Second)
		for _, name := range []string{"Bob", "Rob", "Robert"} { // until the journal has room for no more than these
			c.UserUpdated(bob, tvapi.UserUpdate{Name: &name})
			time.Sleep(time.Second)
		}
		release()
		question.Wait()
		c.wantEmails(c.Users.Latest(), "bob@example.com")
	})
}

// Groups become invalid in the same way.
func TestAGroupInvalid(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		id := c.found("Sales")
		c.groups()
		c.tv.ChangeGroup(int64(id), func(g *tvfake.Group) { g.Name = "Retail" })
		c.Groups.Invalidate(id)
		if g, err := c.Groups.Get(t.Context(), id); err != nil || g.Name != "Retail" {
			t.Errorf("Group = %+v, %v", g, err)
		}
		time.Sleep(time.Microsecond)
		if g, err := c.Groups.GetSince(t.Context(), id, time.Now()); err != nil || g.Name != "Retail" {
			t.Errorf("GroupSince = %+v, %v", g, err)
		}
		c.wantCalls(groupGet, 2)
	})
}
