package gateway_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestFirstListsTrailTheProcessBefore: TeamViewer's lists lag behind writes, and the gateway is
// restarted right after some. What the first list shows of those objects is not believed.
func TestFirstListsTrailTheProcessBefore(t *testing.T) {
	t.Parallel()
	const ada, bob = "user00@contoso.example", "user01@contoso.example"
	for _, test := range []struct {
		name   string
		before func(t *testing.T, s *stage, users []string, group string)
		after  func(t *testing.T, s *stage, users []string, group string)
	}{
		{"a deleted user", func(t *testing.T, s *stage, users []string, _ string) {
			s.status(t, http.StatusNoContent, "DELETE", "/Users/"+users[0], "")
		}, func(t *testing.T, s *stage, users []string, group string) {
			if found := s.foundBy(t, "/Users", "userName", ada); found != nil {
				t.Errorf("the deleted user is found: %v", found)
			}
			s.status(t, http.StatusNotFound, "GET", "/Users/"+users[0], "")
			s.status(t, http.StatusNotFound, "PATCH", "/Users/"+users[0], patchOf(`{"op":"Replace","path":"active","value":true}`))
			s.status(t, http.StatusBadRequest, "PATCH", "/Groups/"+group, legacy.addMembers(users[0]))
			if u, _ := s.fake.User(users[0]); u.Active {
				t.Error("the deleted user is active")
			}
		}},
		{"a deleted user, in a list", func(t *testing.T, s *stage, users []string, _ string) {
			s.status(t, http.StatusNoContent, "DELETE", "/Users/"+users[0], "")
		}, func(t *testing.T, s *stage, users []string, _ string) {
			listed := s.status(t, http.StatusOK, "GET", "/Users", "").json(t)["Resources"].([]any)
			if slices.ContainsFunc(listed, func(u any) bool { return get(u, "id") == users[0] }) {
				t.Error("the deleted user is listed")
			}
		}},
		{"an inactive user", func(t *testing.T, s *stage, users []string, _ string) {
			s.status(t, http.StatusOK, "PATCH", "/Users/"+users[0], patchOf(inactive))
		}, func(t *testing.T, s *stage, users []string, _ string) {
			found := s.status(t, http.StatusOK, "GET", "/Users?filter=externalId+eq+%22ext-0%22", "").json(t)
			if active := get(found["Resources"].([]any)[0], "active"); active != false {
				t.Errorf("active is shown as %v", active)
			}
		}},
		{"an address that another user got", func(t *testing.T, s *stage, users []string, _ string) {
			s.status(t, http.StatusOK, "PATCH", "/Users/"+users[0], patchOf(`{"op":"Replace","path":"userName","value":"other@contoso.example"}`))
			s.status(t, http.StatusOK, "PATCH", "/Users/"+users[1], patchOf(`{"op":"Replace","path":"userName","value":"`+ada+`"}`))
		}, func(t *testing.T, s *stage, users []string, _ string) {
			s.wantFound(t, "/Users", "userName", ada, users[1])
			s.wantFound(t, "/Users", "userName", "other@contoso.example", users[0])
			if found := s.foundBy(t, "/Users", "userName", bob); found != nil {
				t.Errorf("the address that nobody has finds %v", found)
			}
		}},
		{"a new user", func(t *testing.T, s *stage, _ []string, _ string) {
			s.user("new@contoso.example")
		}, func(t *testing.T, s *stage, _ []string, _ string) {
			if found := s.foundBy(t, "/Users", "userName", "new@contoso.example"); len(found) != 1 {
				t.Errorf("the new user is found as %v", found)
			}
		}},
		{"a renamed group", func(t *testing.T, s *stage, _ []string, group string) {
			s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, patchOf(`{"op":"Replace","path":"displayName","value":"Depot"}`))
		}, func(t *testing.T, s *stage, _ []string, group string) {
			s.wantFound(t, "/Groups", "displayName", "Depot", group)
			if found := s.foundBy(t, "/Groups", "displayName", "Vault"); found != nil {
				t.Errorf("the name that no group has finds %v", found)
			}
		}},
		{"a deleted group", func(t *testing.T, s *stage, _ []string, group string) {
			s.status(t, http.StatusNoContent, "DELETE", "/Groups/"+group, "")
		}, func(t *testing.T, s *stage, _ []string, _ string) {
			if found := s.foundBy(t, "/Groups", "displayName", "Vault"); found != nil {
				t.Errorf("the deleted group is found: %v", found)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				settings := storing(filepath.Join(t.TempDir(), "links.db"))
				variant := tvfake.Default()
				variant.ListLag = 9 * time.Second
				first := newStage(t, staging{fake: tvfake.Options{Variant: variant}, direct: true, settings: settings})
				var users []string
				for i, name := range []string{ada, bob} {
					users = append(users, first.made(t, "/Users", fmt.Sprintf(`{"userName":%q,"externalId":"ext-%d","displayName":"Ada"}`, name, i)))
				}
				group := first.group("Vault", users[1])
				time.Sleep(time.Minute)
				test.before(t, first, users, group)
				time.Sleep(time.Second)
				test.after(t, first.restart(t, settings), users, group)
			})
		})
	}
}

// TestRestartLongAfterAWriteCostsNothing: a restart when no list can trail needs one list and no
// question.
func TestRestartLongAfterAWriteCostsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		settings := storing(filepath.Join(t.TempDir(), "links.db"))
		first := newStage(t, staging{direct: true, settings: settings})
		id := first.made(t, "/Users", `{"userName":"user00@contoso.example","externalId":"ext-0","displayName":"Ada"}`)
		time.Sleep(time.Minute)
		s := first.restart(t, settings)
		s.fake.ResetCalls()
		s.wantFound(t, "/Users", "externalId", "ext-0", id)
		if calls := s.fake.Calls(); len(calls) != 1 {
			t.Errorf("the first search made %d calls, want the list: %v", len(calls), calls)
		}
	})
}

// TestShortFirstList: the first list after a restart is valid, and lacks most of what the gateway
// remembers. Nobody is reported as absent, no address as taken outside the company, and a deleted
// user who returns is in no group of before.
func TestShortFirstList(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		fault tvfake.Fault
		after func(t *testing.T, s *stage, users []string)
	}{
		{"a search", tvfake.Fault{Function: listUsers, Keep: 2, Times: 1}, func(t *testing.T, s *stage, users []string) {
			a := s.do("GET", "/Users?filter=userName+eq+%22user29@contoso.example%22", "")
			if a.status != http.StatusServiceUnavailable {
				t.Errorf("the search: %d %s", a.status, a.body)
			}
			s.status(t, http.StatusServiceUnavailable, "POST", "/Users", hire("user29@contoso.example", "ext-29"))
			s.status(t, http.StatusServiceUnavailable, "PATCH", "/Users/"+users[28], patchOf(inactive))
			if u, _ := s.fake.User(users[28]); u.Active {
				t.Error("an end of access waits for a list")
			}
			time.Sleep(time.Minute)
			s.wantFound(t, "/Users", "userName", "user29@contoso.example", users[29])
		}},
		{"a return", tvfake.Fault{Function: listGroups, Keep: 2, Times: 1}, func(t *testing.T, s *stage, _ []string) {
			s.status(t, http.StatusServiceUnavailable, "POST", "/Users", hire("user00@contoso.example", "new-hire"))
			time.Sleep(time.Minute)
			s.status(t, http.StatusCreated, "POST", "/Users", hire("user00@contoso.example", "new-hire"))
			for i := range 15 {
				s.hasMembers(t, fmt.Sprintf("Group %02d", i), nil)
			}
		}},
		{"a return, with few groups missing", tvfake.Fault{Function: listGroups, Keep: 12}, func(t *testing.T, s *stage, _ []string) {
			s.status(t, http.StatusCreated, "POST", "/Users", hire("user00@contoso.example", "new-hire"))
			for i := range 15 {
				s.hasMembers(t, fmt.Sprintf("Group %02d", i), nil)
			}
		}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				settings := storing(filepath.Join(t.TempDir(), "links.db"))
				first := newStage(t, staging{direct: true, settings: settings})
				var users []string
				for i := range 30 {
					users = append(users, first.made(t, "/Users", fmt.Sprintf(`{"userName":"user%02d@contoso.example","externalId":"ext-%d","displayName":"Ada"}`, i, i)))
				}
				for i := range 15 {
					first.group(fmt.Sprintf("Group %02d", i), users[0])
				}
				first.status(t, http.StatusNoContent, "DELETE", "/Users/"+users[0], "")
				time.Sleep(time.Hour)
				test.fault.Short = true
				first.fake.Fail(test.fault)
				test.after(t, first.restart(t, settings), users)
			})
		})
	}
}
