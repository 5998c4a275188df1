package roster_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// badLists are the ways in which a list can be no list.
var badLists = []struct {
	name  string
	fault tvfake.Fault
}{
	{"500", tvfake.Fault{Status: http.StatusInternalServerError}},
	{"503 as HTML", tvfake.Fault{Status: http.StatusServiceUnavailable, Body: "<html>busy</html>"}},
	{"200 as HTML", tvfake.Fault{Status: http.StatusOK, Body: "<html>hello</html>"}},
	{"token refused", tvfake.Fault{Status: http.StatusUnauthorized}},
	{"limit used up", tvfake.Fault{Limit: true}},
	{"lost", tvfake.Fault{Lost: true}},
	{"cut in the middle", tvfake.Fault{Truncate: tvfake.TruncateHalf}},
	{"broken off", tvfake.Fault{Truncate: tvfake.TruncateBroken}},
	{"without a body", tvfake.Fault{Truncate: tvfake.TruncateEmpty}},
	{"{}", tvfake.Fault{Truncate: tvfake.TruncateObject}},
	{"no users", tvfake.Fault{Status: http.StatusOK, Body: `{"users":[]}`}},
	{"users that are none", tvfake.Fault{Status: http.StatusOK, Body: `{"users":[{"id":"x"}]}`}},
}

func TestABadListNeverReplacesAGoodSnapshot(t *testing.T) {
	t.Parallel()
	for _, tt := range badLists {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				ada := c.hire("ada@example.com")
				c.users()
				time.Sleep(2 * time.Minute)
				tt.fault.Function = userList
				clear := c.tv.Fail(tt.fault)

				v := c.users()
				c.wantEmails(v, "ada@example.com")
				wantAbsent(t, v, false)
				// After a refused token no call is made for a while.
				if u, err := c.Users.Get(t.Context(), ada); tvapi.KindOf(err) != tvapi.KindToken && (err != nil || u.ID != ada) {
					t.Errorf("User = %v, %v", u, err)
				}
				if v, err := c.Users.CompleteView(t.Context()); err == nil {
					t.Errorf("CompleteUsers = %v, want an error", v)
				}
				if v, err := c.Users.ViewSince(t.Context(), time.Now()); err == nil {
					t.Errorf("UsersSince = %v, want an error", v)
				}

				clear()
				time.Sleep(time.Minute)
				wantAbsent(t, c.users(), true)
			})
		})
	}
}

// Without any snapshot a bad list is an error, which contains that of TeamViewer.
func TestABadListIsNeverAnEmptyCompany(t *testing.T) {
	t.Parallel()
	for _, tt := range badLists {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				tt.fault.Function = userList
				c.tv.Fail(tt.fault)
				if v, err := c.Users.View(t.Context()); err == nil || v != nil {
					t.Errorf("Users = %v, %v; want an error", v, err)
				}
				// TeamViewer's answer about one id counts without a list.
				if u, err := c.Users.Get(t.Context(), 7); !errors.Is(err, roster.ErrUnknown) && tvapi.KindOf(err) != tvapi.KindToken {
					t.Errorf("User = %v, %v; want ErrUnknown", u, err)
				}
				if c.Users.Latest() != nil {
					t.Error("a snapshot came out of a bad list")
				}
			})
		})
	}
}

func TestAStaleSnapshotHasTheErrorOfTheLoad(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.users()
		time.Sleep(2 * time.Minute)
		clear := c.tv.Fail(tvfake.Fault{Function: userList, Status: http.StatusUnauthorized})
		err := c.users().StaleErr()
		if !errors.Is(err, roster.ErrStale) || tvapi.KindOf(err) != tvapi.KindToken {
			t.Errorf("StaleErr = %v, want one that wraps ErrStale and TeamViewer's refusal", err)
		}
		if _, err := c.Users.CompleteView(t.Context()); tvapi.KindOf(err) != tvapi.KindToken {
			t.Errorf("CompleteUsers = %v, want TeamViewer's refusal", err)
		}

		clear()
		time.Sleep(time.Minute)
		c.users()
		time.Sleep(2 * time.Minute)
		err = c.Users.Latest().StaleErr()
		if !errors.Is(err, roster.ErrStale) || tvapi.KindOf(err) != 0 {
			t.Errorf("StaleErr = %v, want no word of a failure that is over", err)
		}
	})
}

// Failed calls count against TeamViewer's limit like all others. An empty list is a failure of
// which the client knows nothing, so every pause here is the Roster's.
func TestFailedLoadsAreNotHammered(t *testing.T) {
	t.Parallel()
	empty := tvfake.Fault{Function: userList, Status: http.StatusOK, Body: `{"users":[]}`}
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		clear := c.tv.Fail(empty)
		began := time.Now()
		var calls []time.Duration
		for time.Since(began) < 3*time.Minute {
			before := c.tv.Count(userList)
			if v, err := c.Users.View(t.Context()); err == nil {
				t.Fatalf("Users = %v, want an error", v)
			}
			if c.tv.Count(userList) > before {
				calls = append(calls, time.Since(began)/time.Second)
			}
			time.Sleep(100 * time.Millisecond)
		}
		if want := []time.Duration{0, 1, 3, 7, 15, 31, 61, 91, 121, 151}; !slices.Equal(calls, want) {
			t.Errorf("calls after %d s, want %d", calls, want)
		}

		clear()
		time.Sleep(30 * time.Second)
		c.users()
		time.Sleep(2 * time.Minute)
		empty.Times = 1
		c.tv.Fail(empty)
		wantAbsent(t, c.users(), false)
		time.Sleep(time.Second) // a success makes the pauses short again
		wantAbsent(t, c.users(), true)
	})
}
