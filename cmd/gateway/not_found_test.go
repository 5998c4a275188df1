package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestOneNotFoundIsNotBelieved: TeamViewer answers a change with 404, be it that the object is
// there. The client is not told that it is gone, and what is remembered of it stays.
func TestOneNotFoundIsNotBelieved(t *testing.T) {
	removing := func(c *config.Config, _ *tvfake.Server) { c.Users.OnDelete = "remove" }
	for _, test := range []struct {
		name, function       string
		method, path, body   string
		endpoint, externalID string
		settings             func(*config.Config, *tvfake.Server)
	}{
		{"a deactivation", putUser, "PATCH", "/Users/{user}", patchOf(inactive), "/Users", "ext-user", nil},
		{"a deletion that deactivates", putUser, "DELETE", "/Users/{user}", "", "/Users", "ext-user", nil},
		{"a removal", "DELETE /users/{id}", "DELETE", "/Users/{user}", "", "/Users", "ext-user", removing},
		{"a new name", putUser, "PATCH", "/Users/{user}", patchOf(`{"op":"Replace","path":"displayName","value":"Nora"}`), "/Users", "ext-user", nil},
		{"a group's new name", "PUT /usergroups/{id}", "PATCH", "/Groups/{group}", patchOf(`{"op":"Replace","path":"displayName","value":"Depot"}`), "/Groups", "ext-group", nil},
		{"a group's deletion", "DELETE /usergroups/{id}", "DELETE", "/Groups/{group}", "", "/Groups", "ext-group", nil},
		{"an addition", addMembers, "PATCH", "/Groups/{group}", "", "/Groups", "ext-group", nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, staging{settings: test.settings}, func(t *testing.T, s *stage) {
				user := s.made(t, "/Users", `{"userName":"nora.vale@contoso.example","externalId":"ext-user","displayName":"Nora Vale"}`)
				group := s.made(t, "/Groups", `{"displayName":"Vault","externalId":"ext-group"}`)
				time.Sleep(time.Minute)
				if test.body == "" && test.method == "PATCH" {
					test.body = legacy.addMembers(user)
				}
				lift := s.fake.Fail(tvfake.Fault{Function: test.function, Status: http.StatusNotFound})
				path := strings.NewReplacer("{user}", user, "{group}", group).Replace(test.path)
				if a := s.do(test.method, path, test.body); a.status != http.StatusServiceUnavailable && a.status != http.StatusBadRequest {
					t.Errorf("%s %s: %d %s", test.method, path, a.status, a.body)
				}
				lift()
				s.wantFound(t, test.endpoint, "externalId", test.externalID, map[string]string{"/Users": user, "/Groups": group}[test.endpoint])
				a := s.do(test.method, path, test.body)
				if a.status >= http.StatusBadRequest {
					t.Errorf("tried again: %d %s", a.status, a.body)
				}
			})
		})
	}
}

// TestTwoNotFoundsEndNothing: TeamViewer answers a change with 404, and the question about the user
// too, be it that the user is there. The client's next try ends the access, also within the age,
// and once a list shows the user, what is remembered of it is there.
func TestTwoNotFoundsEndNothing(t *testing.T) {
	for name, end := range map[string][2]string{
		"PATCH": {"PATCH", patchOf(inactive)}, "PUT": {"PUT", `{"userName":"nora.vale@contoso.example","active":false}`}, "DELETE": {"DELETE", ""},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				user := s.made(t, "/Users", `{"userName":"nora.vale@contoso.example","externalId":"ext-user"}`)
				lift := s.fake.Fail(tvfake.Fault{Function: putUser, Status: http.StatusNotFound})
				s.fake.Fail(tvfake.Fault{Function: "GET /users/{id}", Status: http.StatusNotFound, Times: 1})
				s.status(t, http.StatusNotFound, end[0], "/Users/"+user, end[1])
				lift()
				time.Sleep(time.Second)
				if a := s.do(end[0], "/Users/"+user, end[1]); a.status >= http.StatusBadRequest {
					t.Errorf("tried again: %d %s", a.status, a.body)
				}
				if u, _ := s.fake.User(user); u.Active {
					t.Error("the user is active")
				}
				if name == "PATCH" {
					s.wantFound(t, "/Users", "externalId", "ext-user", user)
				}
			})
		})
	}
}

// TestTwoNotFoundsForgetNothing: without a further request about the user, the next list shows that
// the user is there, with what is remembered. Of a user who is gone, the next list ends the memory.
func TestTwoNotFoundsForgetNothing(t *testing.T) {
	for name, gone := range map[string]bool{"there": false, "gone": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fake := tvfake.New(tvfake.Options{})
				path, ids := filledStore(t, fake, 3)
				s := ofToken(t, fake, path, fake.Token(), false)
				s.status(t, http.StatusOK, "GET", "/Users", "")
				if gone {
					fake.DropUser(ids[0])
				} else {
					fake.Fail(tvfake.Fault{Function: putUser, Status: http.StatusNotFound, Times: 1})
					fake.Fail(tvfake.Fault{Function: getUser, Status: http.StatusNotFound, Times: 1})
				}
				s.status(t, http.StatusNotFound, "PATCH", "/Users/"+ids[0], patchOf(inactive))
				time.Sleep(2 * time.Minute)
				s.status(t, http.StatusOK, "GET", "/Users", "")
				if !gone {
					s.wantFound(t, "/Users", "externalId", "ext-0", ids[0])
				}
				s.gateway.Close()
				if kept := strings.Contains(records(t, path), ids[0]); kept == gone {
					t.Errorf("remembered: %t", kept)
				}
			})
		})
	}
}
