package roster_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

func TestAnIDThatTheSnapshotLacksIsAskedOnce(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.users()
		late := c.hire("late@example.com")
		for range 3 {
			if u, err := c.Users.Get(t.Context(), late); err != nil || u.Email != "late@example.com" {
				t.Fatalf("User = %+v, %v", u, err)
			}
		}
		// It is found in every other way from then on.
		if u, ok := c.users().Named("late@example.com"); !ok || u.ID != late {
			t.Errorf("ByEmail = %+v, %v", u, ok)
		}
		c.wantCalls(userGet, 1)
		c.wantCalls(userList, 1)
	})
}

func TestAFoundUserIsNotErasedByAnOlderLoad(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.users()
		c.tv.Fail(tvfake.Fault{Function: userList, Delay: time.Minute, After: true})
		slow := inBackground(func() (*roster.UserView, error) { return c.Users.ViewSince(t.Context(), time.Now()) })
		synctest.Wait() // its answer is made
		late := c.hire("late@example.com")
		if _, err := c.Users.Get(t.Context(), late); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		c.wantEmails(slow.view, "late@example.com")
	})
}

func TestThatAnIDIsUnknownIsKeptForTheAge(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{UsersMaxAge: time.Hour}, func(t *testing.T, c *company) {
		c.users()
		for range 5 {
			if _, err := c.Users.Get(t.Context(), 7); !errors.Is(err, roster.ErrUnknown) {
				t.Fatalf("User = %v, want ErrUnknown", err)
			}
			time.Sleep(10 * time.Minute)
		}
		c.wantCalls(userGet, 1)
		time.Sleep(10 * time.Minute)
		if _, err := c.Users.Get(t.Context(), 7); !errors.Is(err, roster.ErrUnknown) {
			t.Fatalf("User = %v, want ErrUnknown", err)
		}
		c.wantCalls(userGet, 2)
	})
}

// An own removal is known: no call is needed, and a lagging answer does not count.
func TestARemovedUserIsUnknownWithoutACall(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		c.users()
		c.Users.Removed(ada)
		if _, err := c.Users.Get(t.Context(), ada); !errors.Is(err, roster.ErrUnknown) {
			t.Errorf("User = %v, want ErrUnknown", err)
		}
		c.wantCalls(userGet, 0)
	})
}

func TestManyWhoAskForOneIDShareOneCall(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.users()
		arrived, release := c.tv.Hold(userGet)
		first, leave := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() {
			_, err := c.Users.Get(first, 7)
			gone <- err
		}()
		<-arrived
		answers := make(chan error, 20)
		for range cap(answers) {
			go func() {
				_, err := c.Users.Get(t.Context(), 7)
				answers <- err
			}()
		}
		synctest.Wait()
		leave() // the first caller leaves: the call is shared
		if err := <-gone; !errors.Is(err, context.Canceled) {
			t.Errorf("who left got %v", err)
		}
		release()
		for range cap(answers) {
			if err := <-answers; !errors.Is(err, roster.ErrUnknown) {
				t.Errorf("User = %v, want ErrUnknown", err)
			}
		}
		c.wantCalls(userGet, 1)
	})
}

// Where TeamViewer refuses an unknown id as invalid, that counts only if a snapshot lacks the id
// that may say so.
func TestInvalidMeansUnknownOnlyIfACompleteSnapshotAgrees(t *testing.T) {
	t.Parallel()
	refusing := tvfake.Default()
	refusing.UnknownUser = http.StatusBadRequest
	t.Run("snapshot lacks it", func(t *testing.T) {
		t.Parallel()
		inCompany(t, refusing, roster.Options{}, func(t *testing.T, c *company) {
			if _, err := c.Users.Get(t.Context(), 7); !errors.Is(err, roster.ErrUnknown) {
				t.Errorf("User = %v, want ErrUnknown", err)
			}
			c.wantCalls(userList, 1)
			c.wantCalls(userGet, 1)
		})
	})
	t.Run("no list to be had", func(t *testing.T) {
		t.Parallel()
		inCompany(t, refusing, roster.Options{}, func(t *testing.T, c *company) {
			c.users()
			time.Sleep(2 * time.Minute)
			c.tv.Fail(tvfake.Fault{Function: userList, Status: http.StatusInternalServerError})
			_, err := c.Users.Get(t.Context(), 7)
			if tvapi.KindOf(err) != tvapi.KindServer || errors.Is(err, roster.ErrUnknown) {
				t.Errorf("User = %v, want why there is no list: the value may be right", err)
			}
		})
	})
	t.Run("the snapshot is too old by then, a new one has it", func(t *testing.T) {
		t.Parallel()
		inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
			c.users()
			late := c.hire("late@example.com")
			c.tv.Fail(tvfake.Fault{Function: userGet, Status: http.StatusBadRequest, Delay: 2 * time.Minute})
			if u, err := c.Users.Get(t.Context(), late); err != nil || u.ID != late {
				t.Errorf("User = %+v, %v", u, err)
			}
			c.wantCalls(userList, 2)
		})
	})
}

// Only TeamViewer's own answer about the id makes it unknown, and nothing else is stored.
func TestOtherFailuresAreNeverUnknown(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		fault tvfake.Fault
		want  tvapi.Kind
	}{
		{"500", tvfake.Fault{Status: http.StatusInternalServerError}, tvapi.KindServer},
		{"200 as HTML", tvfake.Fault{Status: http.StatusOK, Body: "<html>hello</html>"}, tvapi.KindForeign},
		{"another user", tvfake.Fault{Status: http.StatusOK, Body: `{"id":"u8"}`}, tvapi.KindForeign},
		{"lost", tvfake.Fault{Lost: true}, tvapi.KindLost},
		{"token refused", tvfake.Fault{Status: http.StatusUnauthorized}, tvapi.KindToken},
		{"limit used up", tvfake.Fault{Limit: true}, tvapi.KindThrottled},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{UsersMaxAge: time.Hour}, func(t *testing.T, c *company) {
				c.users()
				tt.fault.Function, tt.fault.Times = userGet, 1
				c.tv.Fail(tt.fault)
				late := c.hire("late@example.com")
				_, err := c.Users.Get(t.Context(), late)
				if tvapi.KindOf(err) != tt.want || errors.Is(err, roster.ErrUnknown) {
					t.Errorf("User = %v, want one of kind %v", err, tt.want)
				}
				time.Sleep(time.Minute) // the client pauses after some of these
				if _, err := c.Users.Get(t.Context(), late); err != nil {
					t.Errorf("asked again: %v", err)
				}
			})
		})
	}
}

// What is written while the answer is under way counts more than the answer.
func TestAWriteCountsMoreThanAnOlderAnswer(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		there bool // is the user in TeamViewer when it answers?
		write func(c *company, id tvapi.UserID)
		want  string // the address; empty: unknown
	}{
		{"found, then removed", true, func(c *company, id tvapi.UserID) { c.Users.Removed(id) }, ""},
		{"found, then updated", true, func(c *company, id tvapi.UserID) {
			c.UserUpdated(id, tvapi.UserUpdate{Email: new("new@example.com")})
		}, "new@example.com"},
		{"unknown, then created", false, func(c *company, id tvapi.UserID) {
			c.Users.Created(tvapi.User{ID: id, Email: "made@example.com"})
		}, "made@example.com"},
		{"unknown, then created and removed", false, func(c *company, id tvapi.UserID) {
			c.Users.Created(tvapi.User{ID: id, Email: "made@example.com"})
			c.Users.Removed(id)
		}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				c.users()
				id := c.hire("late@example.com")
				if !tt.there {
					c.tv.DropUser(id.String())
				}
				arrived, release := c.tv.HoldAfter(userGet)
				var got tvapi.User
				var err error
				go func() { got, err = c.Users.Get(t.Context(), id) }()
				<-arrived
				tt.write(c, id)
				release()
				synctest.Wait()
				switch {
				case tt.want == "" && !errors.Is(err, roster.ErrUnknown):
					t.Errorf("User = %+v, %v; want ErrUnknown", got, err)
				case tt.want != "" && (err != nil || got.Email != tt.want):
					t.Errorf("User = %+v, %v; want %s", got, err, tt.want)
				}
				if u, ok := c.users().ByID(id); ok != (tt.want != "") || u.Email != tt.want {
					t.Errorf("the snapshot has %+v, %v; want %q", u, ok, tt.want)
				}
			})
		})
	}
}
