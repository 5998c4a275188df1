package roster_test

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// userWrites are the own writes, each with what a list that was made before it must not undo.
// TeamViewer's list keeps showing ada alone.
var userWrites = []struct {
	name  string
	write func(c *company, ada tvapi.UserID)
	want  []string
}{
	{"create", func(c *company, _ tvapi.UserID) {
		c.Users.Created(tvapi.User{ID: 7, Email: "bob@example.com"})
	}, []string{"ada@example.com", "bob@example.com"}},
	{"update", func(c *company, ada tvapi.UserID) {
		c.UserUpdated(ada, tvapi.UserUpdate{Email: new("countess@example.com")})
	}, []string{"countess@example.com"}},
	{"remove", func(c *company, ada tvapi.UserID) { c.Users.Removed(ada) }, nil},
	{"gone", func(c *company, ada tvapi.UserID) { c.Users.Removed(ada) }, nil},
	{"create, update", func(c *company, _ tvapi.UserID) {
		c.Users.Created(tvapi.User{ID: 7, Email: "bob@example.com"})
		c.UserUpdated(7, tvapi.UserUpdate{Email: new("robert@example.com")})
	}, []string{"ada@example.com", "robert@example.com"}},
	{"create, remove", func(c *company, _ tvapi.UserID) {
		c.Users.Created(tvapi.User{ID: 7, Email: "bob@example.com"})
		c.Users.Removed(7)
	}, []string{"ada@example.com"}},
	{"remove, create again", func(c *company, ada tvapi.UserID) {
		c.Users.Removed(ada)
		c.Users.Created(tvapi.User{ID: ada, Email: "ada@example.org"})
	}, []string{"ada@example.org"}},
	{"update twice", func(c *company, ada tvapi.UserID) {
		c.UserUpdated(ada, tvapi.UserUpdate{Email: new("countess@example.com")})
		c.UserUpdated(ada, tvapi.UserUpdate{Email: new("lovelace@example.com")})
	}, []string{"lovelace@example.com"}},
}

// A write that is answered while a slow load is under way is not erased by it.
func TestNoLoadErasesAWriteAnsweredMeanwhile(t *testing.T) {
	t.Parallel()
	for _, tt := range userWrites {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			// Even where lists never lag.
			inCompany(t, tvfake.Default(), roster.Options{Lag: time.Nanosecond}, func(t *testing.T, c *company) {
				ada := c.hire("ada@example.com")
				c.tv.Fail(tvfake.Fault{Function: userList, Delay: time.Minute, After: true})
				slow := inBackground(func() (*roster.UserView, error) { return c.Users.View(t.Context()) })
				time.Sleep(time.Second)
				tt.write(c, ada)
				time.Sleep(time.Minute)
				synctest.Wait()
				c.wantEmails(slow.view, tt.want...)
			})
		})
	}
}

// However long a load or a look-up takes, no write since its start is forgotten before its end.
func TestWritesAreKeptForAsLongAsTheyMayBeMissing(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{Lag: time.Nanosecond, UsersMaxAge: time.Hour}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.users()
		late := c.hire("late@example.com")
		arrived, answer := c.tv.HoldAfter(userGet)
		asked := make(chan error, 1)
		go func() {
			_, err := c.Users.Get(t.Context(), late)
			asked <- err
		}()
		<-arrived
		c.Users.Removed(late)
		c.writeForMinutes(ada)
		answer()
		if err := <-asked; !errors.Is(err, roster.ErrUnknown) {
			t.Errorf("removed while it was asked for: %v, want ErrUnknown", err)
		}

		arrived, answer = c.tv.HoldAfter(userList)
		slow := inBackground(func() (*roster.UserView, error) { return c.Users.ViewSince(t.Context(), time.Now()) })
		<-arrived
		c.Users.Created(tvapi.User{ID: 7, Email: "bob@example.com"})
		c.writeForMinutes(ada)
		answer()
		synctest.Wait()
		c.must(slow.err)
		if _, ok := slow.view.ByID(7); !ok {
			t.Error("the first write during the load is erased by it")
		}
	})
}

// writeForMinutes makes one write after the other.
func (c *company) writeForMinutes(id tvapi.UserID) {
	for n := range 100 {
		time.Sleep(time.Second)
		c.UserUpdated(id, tvapi.UserUpdate{Active: new(n%2 == 0)})
	}
}

// A list that is requested within the lag after a write's answer may lack the write.
func TestNoLoadErasesAWriteThatListsStillLack(t *testing.T) {
	t.Parallel()
	for _, tt := range userWrites {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				ada := c.hire("ada@example.com")
				c.users()
				tt.write(c, ada)
				c.wantEmails(c.users(), tt.want...)
				time.Sleep(10 * time.Second)
				c.wantEmails(c.since(), tt.want...)

				// After the lag a list is right, whatever was written.
				time.Sleep(time.Microsecond)
				c.wantEmails(c.since(), "ada@example.com")
				c.wantCalls(userList, 3)
			})
		})
	}
}

// The emulator's lists lag behind the calls that write.
func TestALaggingListErasesNoWrite(t *testing.T) {
	t.Parallel()
	lagging := tvfake.Default()
	lagging.ListLag = 5 * time.Second
	inCompany(t, lagging, roster.Options{}, func(t *testing.T, c *company) {
		ada, bob := c.hire("ada@example.com"), c.hire("bob@example.com")
		c.must(c.client.RemoveUser(t.Context(), ada))
		c.Users.Removed(ada)
		up := tvapi.UserUpdate{Email: new("robert@example.com")}
		c.must(c.client.UpdateUser(t.Context(), bob, up))
		c.UserUpdated(bob, up)
		eve, err := c.client.CreateUser(t.Context(), tvapi.UserCreate{Name: "Eve", Email: "eve@example.com", Language: "en"})
		c.must(err)
		c.Users.Created(*eve)

		for range 3 {
			c.wantEmails(c.since(), "eve@example.com", "robert@example.com")
			time.Sleep(4 * time.Second)
		}
		c.wantCalls(userList, 3)
		lagged := 0
		for _, call := range c.tv.Log() {
			if call.Function == userList && strings.Contains(call.Answer, "ada@example.com") {
				lagged++
			}
		}
		if lagged != 2 {
			t.Errorf("%d of the lists lagged, want 2: else this test shows nothing", lagged)
		}
	})
}

// To make a write again must not revert what the console changed in other fields since.
func TestReplayLeavesOtherFieldsAlone(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.users()
		c.UserUpdated(ada, tvapi.UserUpdate{Active: new(false)})
		c.Users.Created(tvapi.User{ID: ada, Name: "as created", Email: "created@example.com"})
		c.tv.ChangeUser(ada.String(), func(u *tvfake.User) { u.Name, u.Email = "Countess", "countess@example.com" })
		u, _ := c.since().ByID(ada)
		if u.Name != "Countess" || u.Email != "countess@example.com" || u.Active {
			t.Errorf("user = %+v, want the console's name and address and our deactivation", u)
		}
	})
}

func TestWritesBeforeTheFirstSnapshotAreOnIt(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.Users.Removed(ada)
		c.Users.Created(tvapi.User{ID: 7, Email: "bob@example.com"})
		if c.Users.Latest() != nil {
			t.Error("writes alone make no snapshot")
		}
		c.wantEmails(c.users(), "bob@example.com")
	})
}

func TestNoLoadErasesAWriteToGroups(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		admins, berlin := c.found("Admins"), c.found("Berlin")
		c.tv.Fail(tvfake.Fault{Function: groupList, Delay: time.Minute, After: true})
		done := make(chan *roster.GroupView, 1)
		go func() {
			v, err := c.Groups.View(t.Context())
			if err != nil {
				t.Error(err)
			}
			done <- v
		}()
		time.Sleep(time.Second)
		c.Groups.Created(tvapi.Group{ID: 7, Name: "Cork"})
		c.GroupRenamed(berlin, "Bonn")
		c.Groups.Removed(admins)
		synctest.Wait()
		c.wantNames(<-done, "Bonn", "Cork")
	})
}
