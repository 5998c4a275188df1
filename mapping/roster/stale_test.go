package roster_test

import (
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// A snapshot past its age may be wrong about an object, so the object is read. Without an answer
// there is an error.
func TestASnapshotPastItsAgeIsNoAnswer(t *testing.T) {
	t.Parallel()
	failing := tvfake.Fault{Function: userList, Status: http.StatusInternalServerError}
	slow := tvfake.Fault{Function: userList, Delay: time.Minute}
	mute := tvfake.Fault{Status: http.StatusInternalServerError}
	tests := []struct {
		name   string
		age    time.Duration // of the snapshot, which may be a minute old
		fault  tvfake.Fault
		want   string // name, "" for an error
		gone   bool   // the error is ErrUnknown
		asked  int
		change func(*company, string)
	}{
		{name: "young", age: 30 * time.Second, fault: failing, want: "Old"},
		{name: "a little too old", age: 61 * time.Second, fault: failing, want: "New", asked: 1},
		{name: "of long ago", age: time.Hour, fault: failing, want: "New", asked: 1},
		{name: "of long ago, while the next is slow to come", age: time.Hour, fault: slow, want: "New", asked: 1},
		{name: "of long ago, and nothing answers", age: time.Hour, fault: mute, asked: 1},
		{name: "of long ago, and the user is gone", age: time.Hour, fault: failing, gone: true, asked: 1,
			change: func(c *company, id string) { c.tv.DropUser(id) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				nora := c.hire("nora@example.com")
				c.rename(nora, "Old")
				c.users()
				c.rename(nora, "New")
				if tt.change != nil {
					tt.change(c, nora.String())
				}
				c.tv.Fail(tt.fault)
				time.Sleep(tt.age)
				for range 3 { // the answer is good for the age too
					began := time.Now()
					u, err := c.Users.Get(t.Context(), nora)
					if (err != nil) != (tt.want == "") || u.Name != tt.want || errors.Is(err, roster.ErrUnknown) != tt.gone {
						t.Errorf("User = %q, %v, want %q", u.Name, err, tt.want)
					}
					if took := time.Since(began); took > 4*time.Second {
						t.Errorf("it took %v, more than the patience for a list and for an answer", took)
					}
					if err != nil && !tt.gone {
						break
					}
				}
				c.wantCalls(userGet, tt.asked)
				if now, ok := c.Users.Latest().ByID(nora); ok == tt.gone || tt.want != "" && now.Name != tt.want {
					t.Errorf("the snapshot has %q, %v", now.Name, ok)
				}
			})
		})
	}
}

// What TeamViewer answered about an object is newer than a write before it, and than a list that
// began less than the lag after it; a later list is newer.
func TestTheNewestEvidenceWins(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		do   func(c *company, ada tvapi.UserID)
		want string
	}{
		{"a write, then an answer", func(c *company, ada tvapi.UserID) {
			c.UserUpdated(ada, tvapi.UserUpdate{Name: new("Own")})
			time.Sleep(time.Second)
			c.rename(ada, "Console")
			c.ask(ada)
			c.since()
		}, "Console"},
		{"an answer, then a write", func(c *company, ada tvapi.UserID) {
			c.rename(ada, "Console")
			c.ask(ada)
			time.Sleep(time.Second)
			c.UserUpdated(ada, tvapi.UserUpdate{Name: new("Own")})
			c.since()
		}, "Own"},
		{"an answer, then a list that may lag", func(c *company, ada tvapi.UserID) {
			c.rename(ada, "Console")
			c.ask(ada)
			time.Sleep(time.Second)
			c.rename(ada, "Later")
			c.since()
		}, "Console"},
		{"an answer, then a later list", func(c *company, ada tvapi.UserID) {
			c.rename(ada, "Console")
			c.ask(ada)
			time.Sleep(11 * time.Second)
			c.rename(ada, "Later")
			c.since()
		}, "Later"},
		{"an answer that is slow to come, and a later list", func(c *company, ada tvapi.UserID) {
			arrived, release := c.tv.HoldAfter(userGet)
			go c.ask(ada)
			<-arrived
			time.Sleep(11 * time.Second)
			c.rename(ada, "Later")
			c.since()
			release()
			synctest.Wait()
		}, "Later"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				ada := c.hire("ada@example.com")
				c.users()
				time.Sleep(11 * time.Second)
				tt.do(c, ada)
				if u, _ := c.Users.Latest().ByID(ada); u.Name != tt.want {
					t.Errorf("the snapshot says %q, want %q", u.Name, tt.want)
				}
			})
		})
	}
}

// ask reads one user now.
func (c *company) ask(id tvapi.UserID) {
	if _, err := c.Users.GetSince(c.t.Context(), id, time.Now()); err != nil {
		c.t.Error(err)
	}
}

// Without any list one object can still be read.
func TestWithoutAnyListOneUserCanBeAskedAbout(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.tv.Fail(tvfake.Fault{Function: userList, Limit: true})
		if u, err := c.Users.Get(t.Context(), ada); err != nil || u.ID != ada {
			t.Errorf("User = %+v, %v", u, err)
		}
	})
}
