package gateway_test

import (
	"cmp"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestWordsOfTeamViewerStayOutOfTheLog: TeamViewer's own words on a failure may name people. They
// are for the client, not for the log.
func TestWordsOfTeamViewerStayOutOfTheLog(t *testing.T) {
	t.Parallel()
	const (
		named = "nora.vale@contoso.example"
	)
	category := map[int]string{400: "invalid_request", 403: "invalid_permission"}
	for _, function := range []string{
		"GET /account", "GET /users", "GET /users/{id}", "POST /users", "PUT /users/{id}", "DELETE /users/{id}", "GET /usergroups",
		"GET /usergroups/{id}", "POST /usergroups", "PUT /usergroups/{id}", "DELETE /usergroups/{id}", "GET /usergroups/{id}/members",
		addMembers, removeMembers,
	} {
		for _, status := range []int{400, 403, 404, 409, 500, 503} {
			t.Run(fmt.Sprint(function, " ", status), func(t *testing.T) {
				words := fmt.Sprintf(`{"error":%q,"error_code":1,"error_description":"%s is in the way"}`, cmp.Or(category[status], "internal_error"), named)
				synctest.Test(t, func(t *testing.T) {
					core, logged := observer.New(zap.InfoLevel)
					s := newStage(t, staging{direct: true, log: zap.New(core), settings: func(c *config.Config, _ *tvfake.Server) {
						c.Users.OnDelete = config.OnDeleteRemove
					}})
					user := s.fake.AddUser(tvfake.User{Name: "Nora", Email: "nora@contoso.example", Active: true}).ID
					group := fmt.Sprint(s.fake.AddGroup("Field Service", user).ID)
					s.fake.Fail(tvfake.Fault{Function: function, Status: status, Body: words})
					if function == addMembers { // a group that cannot be filled is taken back, which fails too
						s.fake.Fail(tvfake.Fault{Function: "DELETE /usergroups/{id}", Status: status, Body: words})
					}
					s.talk(user, group)
					if s.fake.Count(function) == 0 {
						t.Errorf("%s was never called", function)
					}
					for _, entry := range logged.All() {
						if line := fmt.Sprint(entry.Message, entry.ContextMap()); strings.Contains(line, named) {
							t.Errorf("the log at level %s names people: %s", entry.Level, line)
						}
					}
				})
			})
		}
	}
}

// talk asks for a bit of everything, so that every function is called.
func (s *stage) talk(user, group string) {
	for _, r := range []struct{ method, path, body string }{
		{"GET", "/Users?filter=" + eq("userName", "nobody@contoso.example"), ""},
		{"GET", "/Users/u1", ""},
		{"POST", "/Users", newUser("ola@contoso.example")},
		{"PATCH", "/Users/" + user, patchOf(inactive)},
		{"PATCH", "/Groups/" + group, patchOf(`{"op":"Replace","path":"displayName","value":"Northern Field Service"}`)},
		{"PATCH", "/Groups/" + group, legacy.removeMembers(user)},
		{"PATCH", "/Groups/" + group, legacy.addMembers(user)},
		{"GET", "/Groups/" + group, ""},
		{"GET", "/Groups/1", ""},
		{"POST", "/Groups", fmt.Sprintf(`{"displayName":"Back Office","members":[{"value":%q}]}`, user)},
		{"DELETE", "/Groups/" + group, ""},
		{"DELETE", "/Users/" + user, ""},
	} {
		s.do(r.method, r.path, r.body)
	}
}
