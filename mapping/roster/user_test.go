package roster_test

import (
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

func TestUsersAreLoadedOnceForManyLookUps(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		for range 100 {
			if u, ok := c.users().Named("ada@example.com"); !ok || u.ID != ada {
				t.Fatalf("ByEmail = %v, %v", u, ok)
			}
			if u, err := c.Users.Get(t.Context(), ada); err != nil || u.ID != ada {
				t.Fatalf("User = %v, %v", u, err)
			}
		}
		c.wantCalls(userList, 1)
		c.wantCalls(userGet, 0)
	})
}

func TestUsersShowWhatTeamViewerShows(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		made := c.tv.AddUser(tvfake.User{Name: "Ada", Email: "Ada@Example.com", Active: false})
		id, _ := tvapi.ParseUserID(made.ID)
		want := tvapi.User{ID: id, Name: "Ada", Email: "Ada@Example.com", Active: false}
		got, _ := c.users().ByID(id)
		got.SSOStatus, got.RoleID = 0, ""
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		if c.users().Len() != 2 {
			t.Errorf("Len = %d, want 2", c.users().Len())
		}
	})
}

func TestUsersAreInAscendingOrderOfIDs(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		var want []tvapi.UserID
		for n := range 50 {
			want = append(want, c.hire(email(n)))
		}
		owner, _ := tvapi.ParseUserID(c.tv.OwnerID())
		want = append(want, owner)
		slices.Sort(want)
		var got []tvapi.UserID
		for u := range c.users().All() {
			got = append(got, u.ID)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestByEmailFoldsASCIILettersOnly(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.hire("Kit@Example.com")
		for address, want := range map[string]bool{
			"Kit@Example.com":      true,
			"kIT@eXAMPLE.COM":      true,
			"\u212ait@example.com": false, // the Kelvin sign, equal to k in Unicode
			"it@example.com":       false,
			"kit@example.co":       false,
			"":                     false,
		} {
			if _, ok := c.users().Named(address); ok != want {
				t.Errorf("ByEmail(%q) = %v, want %v", address, ok, want)
			}
		}
	})
}

// What was written is seen at once, in the view that is taken next and in no view that was taken
// before.
func TestOwnWritesToUsersAreSeenAtOnce(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		before := c.users()

		c.Users.Created(tvapi.User{ID: 7, Name: "Bob", Email: "bob@example.com", Active: true})
		c.wantEmails(c.users(), "ada@example.com", "bob@example.com")

		c.UserUpdated(ada, tvapi.UserUpdate{Email: new("countess@example.com"), Active: new(false)})
		after := c.users()
		c.wantEmails(after, "bob@example.com", "countess@example.com")
		if _, ok := after.Named("ada@example.com"); ok {
			t.Error("the old address still finds the user")
		}
		if u, ok := after.Named("countess@example.com"); !ok || u.Active || u.Name != "Name of ada@example.com" {
			t.Errorf("updated user = %+v, %v", u, ok)
		}

		c.Users.Removed(7)
		c.Users.Removed(ada)
		c.wantEmails(c.users())

		c.wantEmails(before, "ada@example.com")
		c.wantEmails(after, "bob@example.com", "countess@example.com")
		c.wantCalls(userList, 1)
	})
}

func TestUpdateOfAnUnknownUserMakesNone(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.users()
		c.UserUpdated(7, tvapi.UserUpdate{Email: new("bob@example.com")})
		c.wantEmails(c.users())
	})
}

func TestUsersNowNeverCalls(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		if v := c.Users.Latest(); v != nil {
			t.Errorf("UsersNow before any load = %v, want nil", v)
		}
		c.wantCalls(userList, 0)
		c.users()
		wantAbsent(t, c.Users.Latest(), true)
		time.Sleep(time.Hour)
		wantAbsent(t, c.Users.Latest(), false)
		c.wantCalls(userList, 1)
	})
}

// "Not here" may be said only while the snapshot is younger than its age; the age counts from the
// start of the load.
func TestViewTellsItsAge(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		began := time.Now()
		c.tv.Fail(tvfake.Fault{Function: userList, Delay: 3 * time.Second})
		v := c.users()
		if !v.Began().Equal(began) || v.Age() != 3*time.Second {
			t.Errorf("began %v after the question, age %v; want 0 and 3 s", v.Began().Sub(began), v.Age())
		}
		time.Sleep(57 * time.Second)
		wantAbsent(t, c.Users.Latest(), true)
		time.Sleep(time.Nanosecond)
		wantAbsent(t, c.Users.Latest(), false)
		wantAbsent(t, v, true) // it was so when the view was taken
	})
}

func TestConsoleChangesAreSeenWithinTheAge(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada, bob := c.hire("ada@example.com"), c.hire("bob@example.com")
		c.users()
		c.tv.DropUser(ada.String())
		c.tv.ChangeUser(bob.String(), func(u *tvfake.User) { u.Email = "robert@example.com" })
		c.hire("eve@example.com")

		time.Sleep(time.Minute)
		c.wantEmails(c.users(), "ada@example.com", "bob@example.com")
		time.Sleep(time.Nanosecond)
		c.wantEmails(c.users(), "eve@example.com", "robert@example.com")
		c.wantCalls(userList, 2)
	})
}

// OnUsers hears of a snapshot before others see it, with the own writes on it.
func TestOnUsersIsCalledBeforeANewSnapshotIsSeen(t *testing.T) {
	t.Parallel()
	var c *company
	var heard, seenMeanwhile int
	o := roster.Options{OnUsers: func(v *roster.UserView) {
		heard = v.Len()
		if now := c.Users.Latest(); now != nil {
			seenMeanwhile = now.Len()
		}
		c.Users.Created(tvapi.User{ID: tvapi.UserID(1000 + heard), Email: email(heard)}) // must neither wait nor be lost
	}}
	inCompany(t, tvfake.Default(), o, func(t *testing.T, opened *company) {
		c = opened
		ada, bob := c.hire("ada@example.com"), c.hire("bob@example.com")
		v := c.users()
		if heard != 3 || seenMeanwhile != 0 {
			t.Errorf("first: heard of %d, %d seen; want 3, 0", heard, seenMeanwhile)
		}
		c.wantEmails(v, "ada@example.com", "bob@example.com", email(3))

		time.Sleep(time.Hour)
		c.tv.DropUser(ada.String())
		c.Users.Removed(bob)
		c.tv.DropUser(bob.String())
		c.hire("eve@example.com")
		c.users()
		if heard != 2 || seenMeanwhile != 3 {
			t.Errorf("second: heard of %d, %d seen; want 2, 3", heard, seenMeanwhile)
		}
	})
}

// What was written while the list was on its way is on it.
func TestOnUsersHearsOfOwnWrites(t *testing.T) {
	t.Parallel()
	var heard []string
	o := roster.Options{OnUsers: func(v *roster.UserView) {
		for u := range v.All() {
			heard = append(heard, u.Email)
		}
	}}
	inCompany(t, tvfake.Default(), o, func(t *testing.T, c *company) {
		c.users()
		time.Sleep(time.Hour)
		heard = nil
		arrived, release := c.tv.HoldAfter(userList)
		go c.Users.ViewSince(t.Context(), time.Now())
		<-arrived
		c.Users.Created(tvapi.User{ID: 7, Email: "bob@example.com"})
		release()
		synctest.Wait()
		slices.Sort(heard)
		owner, _ := c.tv.User(c.tv.OwnerID())
		if want := []string{"bob@example.com", owner.Email}; !slices.Equal(heard, want) {
			t.Errorf("heard %q, want %q", heard, want)
		}
	})
}

func TestAUserThatWasRemovedComesBack(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.users()
		c.Users.Removed(ada)
		if _, err := c.Users.Get(t.Context(), ada); !errors.Is(err, roster.ErrUnknown) {
			t.Errorf("User = %v, want ErrUnknown", err)
		}
		c.Users.Created(tvapi.User{ID: ada, Email: "ada@example.com"})
		if _, err := c.Users.Get(t.Context(), ada); err != nil {
			t.Errorf("User = %v", err)
		}
		c.wantCalls(userGet, 0)

		// It does not stay unknown: when a list lacks it, it is read.
		time.Sleep(20 * time.Second)
		c.tv.DropUser(ada.String())
		c.since()
		if _, err := c.Users.Get(t.Context(), ada); !errors.Is(err, roster.ErrUnknown) {
			t.Errorf("User = %v, want ErrUnknown", err)
		}
		c.wantCalls(userGet, 1)
	})
}

func TestManyUsersAtOnceShareOneLoad(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.hire("ada@example.com")
		arrived, release := c.tv.Hold(userList)
		for range 50 {
			go func() {
				if v, err := c.Users.View(t.Context()); err != nil || v.Len() != 2 {
					t.Errorf("Users = %v, %v", v, err)
				}
			}()
		}
		<-arrived
		synctest.Wait()
		release()
		synctest.Wait()
		c.wantCalls(userList, 1)
	})
}
