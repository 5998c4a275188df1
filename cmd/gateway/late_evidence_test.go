package gateway_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestALateChangeThatIsShownIsUndone: access that was ended and is back is ended again as soon as
// something that is read anyway shows it, without waiting until no late call is possible.
func TestALateChangeThatIsShownIsUndone(t *testing.T) {
	yes, no := true, false
	for name, test := range map[string]struct {
		function   string
		late, then func(user string) string
		read       func(s *stage, user, group string)
		calls      map[string]int // of the reading and of what follows
	}{
		"user by id": {putUser, func(string) string { return legacy.change(&yes) }, func(string) string { return legacy.change(&no) },
			func(s *stage, user, _ string) { s.do("GET", "/Users/"+user, "") },
			map[string]int{"GET /users": 1, "GET /users/{id}": 1, putUser: 1}},
		"another user, which needs the list": {putUser, func(string) string { return legacy.change(&yes) }, func(string) string { return legacy.change(&no) },
			func(s *stage, _, _ string) {
				s.do("GET", "/Users?filter="+eq("userName", "ola.lind@contoso.example"), "")
			},
			map[string]int{"GET /users": 1, "GET /users/{id}": 1, putUser: 1}},
		"members": {"POST /usergroups/{id}/members", func(user string) string { return legacy.addMembers(user) }, func(user string) string { return legacy.removeMembers(user) },
			func(s *stage, _, group string) { s.do("GET", "/Groups/"+group, "") },
			map[string]int{"GET /users": 1, "GET /usergroups/{id}/members": 2, "DELETE /usergroups/{id}/members": 1}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				user, group := s.user("nora.vale@contoso.example"), s.group("Sales")
				path := "/Users/" + user
				if test.function != putUser {
					path = "/Groups/" + group
				}
				s.do("GET", path, "")
				s.fake.Fail(tvfake.Fault{Function: test.function, Lost: true, Times: 1, Late: 20 * time.Second})
				s.do("PATCH", path, test.late(user))
				if a := s.do("PATCH", path, test.then(user)); a.status >= http.StatusMultipleChoices {
					t.Fatalf("%d %s", a.status, a.body)
				}
				time.Sleep(70 * time.Second) // past the age of users, and that of doubt about members
				ended := func() bool {
					u, _ := s.fake.User(user)
					g, _ := s.fake.Group(groupNumber(t, group))
					return (test.function != putUser || !u.Active) && !slices.Contains(g.Members, user)
				}
				if ended() {
					t.Fatal("the late call changed nothing")
				}
				s.fake.ResetCalls()
				test.read(s, user, group)
				synctest.Wait()
				time.Sleep(time.Second)
				if !ended() {
					t.Error("the access is still there")
				}
				if calls := s.fake.Calls(); !maps.Equal(calls, test.calls) {
					t.Errorf("calls %v, want %v", calls, test.calls)
				}
			})
		})
	}
}

// TestPauseBetweenChecks: access that is shown again and again, because the console gives it or
// because it cannot be ended, is read and ended a few times only before the end of the watch.
func TestPauseBetweenChecks(t *testing.T) {
	const most = 6 // after 0, 5, 15, 35 and 75 s, and at the end
	yes, no := true, false
	often := func(c *config.Config, _ *tvfake.Server) { c.Cache.UsersMaxAge = time.Second }
	for name, test := range map[string]struct {
		refused bool // the ends of access
	}{"given again in the console": {false}, "cannot be ended": {true}} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{settings: often}, func(t *testing.T, s *stage) {
				user := s.user("nora.vale@contoso.example")
				s.fake.Fail(tvfake.Fault{Function: putUser, Lost: true, Times: 1})
				s.do("PATCH", "/Users/"+user, legacy.change(&yes))
				s.status(t, http.StatusOK, "PATCH", "/Users/"+user, legacy.change(&no))
				time.Sleep(20 * time.Second) // lists are trusted again
				if test.refused {
					s.fake.Fail(tvfake.Fault{Function: putUser, Status: http.StatusForbidden})
				}
				s.fake.ResetCalls()
				for range 60 {
					s.fake.ChangeUser(user, func(u *tvfake.User) { u.Active = true })
					s.do("GET", "/Users?count=10", "")
					time.Sleep(2 * time.Second)
				}
				calls := s.fake.Calls()
				if n := calls["GET /users/{id}"]; n < 2 || n > most {
					t.Errorf("the user was read %d times, want 2 to %d", n, most)
				}
				if n := calls[putUser]; n < 2 || n > most {
					t.Errorf("the access was ended %d times, want 2 to %d", n, most)
				}
			})
		})
	}
}

// TestMemberOfALateAdditionIsAdded: a PUT with a member whom a late call has added, after a removal
// that was acknowledged, is acknowledged itself: that member stays.
func TestMemberOfALateAdditionIsAdded(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		user, other := s.user("nora.vale@contoso.example"), s.user("ola.lind@contoso.example")
		group := s.group("Sales", other)
		s.fake.Fail(tvfake.Fault{Function: addMembers, Lost: true, Times: 1, Late: 20 * time.Second})
		s.do("PATCH", "/Groups/"+group, legacy.addMembers(user))
		s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, legacy.removeMembers(user))
		time.Sleep(30 * time.Second)
		s.hasMembers(t, "Sales", []string{user, other})
		s.status(t, http.StatusOK, "PUT", "/Groups/"+group, `{"displayName":"Sales","members":[{"value":"`+user+`"},{"value":"`+other+`"}]}`)
		time.Sleep(time.Hour)
		s.hasMembers(t, "Sales", []string{user, other})
	})
}
