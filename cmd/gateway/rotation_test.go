package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestTwoTokensOfOneCompany: changes that two tokens make at once of one user are all kept, and the
// company is read for both together.
func TestTwoTokensOfOneCompany(t *testing.T) {
	in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
		s.token = s.fake.Token()
		s.fake.AddToken("second")
		id := s.user("nora.vale@contoso.example")
		if a := s.as("second", "GET", "/Users", ""); a.status != http.StatusOK {
			t.Fatalf("the second token: %d %s", a.status, a.body)
		}
		s.fake.Fail(tvfake.Fault{Function: putUser, Delay: 100 * time.Millisecond})
		for i := range 60 {
			var both sync.WaitGroup
			change := func(token, path, value string) {
				body := patchOf(fmt.Sprintf(`{"op":"Replace","path":%q,"value":%q}`, path, value), `{"op":"Replace","path":"active","value":true}`)
				if a := s.as(token, "PATCH", "/Users/"+id, body); a.status != http.StatusOK {
					t.Errorf("%s: %d %s", token, a.status, a.body)
				}
			}
			both.Go(func() { change(s.token, "externalId", fmt.Sprint("ext-", i)) })
			both.Go(func() { change("second", "name.givenName", fmt.Sprint("Given ", i)) })
			both.Wait()
			a := s.status(t, http.StatusOK, "GET", "/Users/"+id, "").json(t)
			if a["externalId"] != fmt.Sprint("ext-", i) || get(a, "name", "givenName") != fmt.Sprint("Given ", i) {
				t.Errorf("pair %d: externalId %v, givenName %v", i, a["externalId"], get(a, "name", "givenName"))
			}
		}
	})
}

// TestTokenChangesWhatItMay: a caller's changes are made with the caller's own token. One that may
// only view users changes nothing by way of a gateway that has a better one.
func TestTokenChangesWhatItMay(t *testing.T) {
	in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
		s.token = s.fake.Token()
		s.fake.AddToken("viewer", tvfake.RightUsersRead, tvfake.RightAccountRead)
		s.fake.AddToken("nobody", tvfake.RightAccountRead)
		id := s.user("nora.vale@contoso.example")
		ola := s.user("ola.lind@contoso.example")
		group := s.group("TV Lab", ola)
		if a := s.as("nobody", "GET", "/Users", ""); a.status != http.StatusForbidden || strings.Contains(a.body, "nora") {
			t.Errorf("a token that may not view users: %d %s", a.status, a.body)
		}
		if a := s.as("viewer", "GET", "/Users/"+id, ""); a.status != http.StatusOK {
			t.Errorf("a token that may view users: %d %s", a.status, a.body)
		}
		arrived, release := s.fake.Hold("POST /usergroups/{id}/members")
		var first sync.WaitGroup
		first.Go(func() {
			s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, patchOf(`{"op":"Add","path":"members","value":[{"value":"`+s.fake.OwnerID()+`"}]}`))
		})
		<-arrived // a call that the viewer's must not join
		var refused sync.WaitGroup
		for _, test := range [][3]string{
			{"PATCH", "/Groups/" + group, patchOf(`{"op":"Add","path":"members","value":[{"value":"` + id + `"}]}`)},
			{"PATCH", "/Users/" + id, patchOf(inactive)}, {"DELETE", "/Users/" + id}, {"POST", "/Users", newUser("new@contoso.example")},
		} {
			refused.Go(func() {
				if a := s.as("viewer", test[0], test[1], test[2]); a.status != http.StatusBadRequest || !strings.Contains(a.body, "lacks the right") {
					t.Errorf("%s %s: %d %s", test[0], test[1], a.status, a.body)
				}
			})
		}
		time.Sleep(time.Second)
		release()
		first.Wait()
		refused.Wait()
		if u, _ := s.fake.User(id); !u.Active {
			t.Error("the viewer deactivated a user")
		}
		if g, _ := s.fake.GroupByName("TV Lab"); len(g.Members) != 2 {
			t.Errorf("members %v, want ola and the owner", g.Members)
		}
	})
}

// TestRotationInMidCycle: the client gets a new token in the middle of a cycle, and the old one is
// revoked, before or after the new one was first seen. No request with the new one fails, and every
// one with the old one is 401 once it is revoked.
func TestRotationInMidCycle(t *testing.T) {
	requests := 200 // of each worker, one a second: over several ages of a snapshot
	if testing.Short() {
		requests = 90
	}
	for name, seen := range map[string]bool{"new token first": true, "old token first": false} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
				s.fake.AddToken("old")
				s.fake.AddToken("new")
				s.token = "old"
				id := s.user("nora.vale@contoso.example")
				s.fake.Fail(tvfake.Fault{Function: putUser, Delay: 300 * time.Millisecond})
				s.fake.Fail(tvfake.Fault{Function: listUsers, Delay: 300 * time.Millisecond})
				var revoked atomic.Bool
				work := func(token string, n int) {
					for i := range n {
						was := revoked.Load()
						a := s.as(token, "PATCH", "/Users/"+id, patchOf(fmt.Sprintf(`{"op":"Replace","path":"active","value":%t}`, i%2 == 0)))
						switch {
						case token == "old" && was && a.status != http.StatusUnauthorized:
							t.Errorf("the revoked token: %d %s", a.status, a.body)
						case token == "new" && a.status != http.StatusOK:
							t.Errorf("the new token: %d %s", a.status, a.body)
						}
						time.Sleep(time.Second)
					}
				}
				revoke := func() {
					s.fake.SetStateOf("old", tvfake.TokenRevoked)
					revoked.Store(true)
				}
				var cycle sync.WaitGroup
				for range 5 {
					cycle.Go(func() { work("old", requests) })
				}
				time.Sleep(20 * time.Second)
				if !seen {
					revoke()
					time.Sleep(5 * time.Second)
				}
				for range 10 {
					cycle.Go(func() { work("new", requests) })
				}
				time.Sleep(20 * time.Second)
				if seen {
					revoke()
				}
				cycle.Wait()
				if ok, detail := s.teamviewer(); !ok {
					t.Errorf("/readyz: %q", detail)
				}
			})
		})
	}
}

// TestRevokedTokenLosesAccess: a token that is revoked is refused within a bounded time, also where
// another one of the company still works and whichever of them the company is read with; the other
// one is not disturbed.
func TestRevokedTokenLosesAccess(t *testing.T) {
	for _, revoked := range []string{"first", "second"} {
		t.Run(revoked, func(t *testing.T) {
			in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
				other := map[string]string{"first": "second", "second": "first"}[revoked]
				s.fake.AddToken("first")
				s.fake.AddToken("second")
				get := func(token string) int { return s.as(token, "GET", "/Users", "").status }
				for _, token := range []string{"first", "second"} {
					if status := get(token); status != http.StatusOK {
						t.Fatalf("%s: %d", token, status)
					}
				}
				s.fake.SetStateOf(revoked, tvfake.TokenRevoked)
				for minute := range 20 {
					time.Sleep(time.Minute)
					if status := get(other); status != http.StatusOK {
						t.Errorf("minute %d: the other token: %d", minute, status)
					}
					if status := get(revoked); minute > 5 && status != http.StatusUnauthorized {
						t.Errorf("minute %d: the revoked token: %d", minute, status)
					}
				}
				s.fake.SetStateOf(revoked, tvfake.TokenValid)
				time.Sleep(time.Minute)
				if status := get(revoked); status != http.StatusOK {
					t.Errorf("the token is good again: %d", status)
				}
			})
		})
	}
}

// TestRefusedListIsNotTheCallersFault: the token that the company is read with is revoked while a
// list is loaded for a caller with another token. That caller is served, and never told that its
// own token is wrong.
func TestRefusedListIsNotTheCallersFault(t *testing.T) {
	in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
		s.fake.AddToken("first")
		s.fake.AddToken("second")
		s.token = "second"
		s.as("first", "GET", "/Users", "")
		s.status(t, http.StatusOK, "GET", "/Users", "")
		time.Sleep(age)
		s.fake.SetStateOf("first", tvfake.TokenRevoked)
		s.status(t, http.StatusOK, "GET", "/Users?filter=userName+eq+%22nobody%40contoso.example%22", "")
		if n := s.fake.Count(listUsers); n != 4 { // one for each token, the refused one, and another
			t.Errorf("%d lists of users, want 4", n)
		}
	})
}

// TestOwnerWithoutID: TeamViewer names the owner of a company token by address alone, or not at
// all.
func TestOwnerWithoutID(t *testing.T) {
	v := tvfake.Default()
	v.AccountWithoutUserID = true
	in(t, staging{fake: tvfake.Options{Variant: v}}, func(t *testing.T, s *stage) {
		s.fake.SetCompanyToken(true)
		s.fake.SetRights(tvfake.AllRights()...)
		owner, nora := s.fake.OwnerID(), s.user("nora.vale@contoso.example")
		s.status(t, http.StatusBadRequest, "PATCH", "/Users/"+owner, patchOf(inactive))
		s.status(t, http.StatusBadRequest, "DELETE", "/Users/"+owner, "")
		s.status(t, http.StatusOK, "PATCH", "/Users/"+nora, patchOf(inactive))
		if u, _ := s.fake.User(owner); !u.Active {
			t.Error("the owner was deactivated")
		}
		s.fake.SetRights(append(tvfake.DefaultRights()[2:], tvfake.RightAccountRead, tvfake.RightUsersModifyAdministrators)...)
		time.Sleep(11 * time.Minute) // then TeamViewer is asked again, and does not name the address
		s.status(t, http.StatusOK, "PATCH", "/Users/"+owner, patchOf(inactive))
	})
}
