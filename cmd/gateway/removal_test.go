package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// removing is a stage whose gateway removes or deletes users, with what its log says from level
// warn.
func removing(fate config.OnDelete, o tvfake.Options) (staging, *observer.ObservedLogs) {
	core, logged := observer.New(zap.WarnLevel)
	return staging{fake: o, log: zap.New(core), settings: func(c *config.Config, _ *tvfake.Server) { c.Users.OnDelete = fate }}, logged
}

// TestRemovalOfAnInactiveUserRefused: TeamViewer does not remove a deactivated account. The account
// stays deactivated, counts as deleted, and is never activated for its removal. A user who is
// created again under the name has it back.
func TestRemovalOfAnInactiveUserRefused(t *testing.T) {
	for _, fate := range []config.OnDelete{config.OnDeleteRemove, config.OnDeleteDelete} {
		for _, status := range []int{http.StatusBadRequest, http.StatusForbidden, http.StatusConflict} {
			t.Run(fmt.Sprint(fate, " ", status), func(t *testing.T) {
				v := tvfake.Default()
				v.InactiveRemoval = status
				with, logged := removing(fate, tvfake.Options{Variant: v})
				in(t, with, func(t *testing.T, s *stage) {
					const name = "nora.vale@contoso.example"
					id := s.user(name)
					s.status(t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(inactive))
					s.fake.ResetCalls()
					s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
					if got, want := fmt.Sprint(s.fake.Calls()), "map[DELETE /users/{id}:1 GET /users/{id}:1]"; got != want {
						t.Errorf("calls = %s, want %s", got, want)
					}
					s.status(t, http.StatusNotFound, "GET", "/Users/"+id, "")
					if n := s.found(t, name); n != 0 {
						t.Errorf("found %d times after the deletion", n)
					}
					if u, here := s.fake.User(id); !here || u.Active {
						t.Errorf("TeamViewer holds %+v, want the account there and inactive", u)
					}
					if warnings := logged.FilterMessageSnippet("does not remove a deactivated user").All(); len(warnings) != 1 || warnings[0].ContextMap()["user"] != id {
						t.Errorf("warnings %v, want one that names the user", logged.All())
					}
					if back := s.user(name); back != id {
						t.Errorf("created again: %s, want %s", back, id)
					}
					if u, _ := s.fake.User(id); !u.Active {
						t.Error("the user who came back is inactive")
					}
				})
			})
		}
	}
}

// TestRemovalRefused: a removal that is refused for any other reason is an error, and the user does
// not count as deleted. The user is deactivated, and the error says so.
func TestRemovalRefused(t *testing.T) {
	noRight := func(s *stage, _ string) {
		s.fake.Fail(tvfake.Fault{Function: "DELETE /users/{id}", Status: http.StatusForbidden, Body: `{"error":"invalid_permission"}`})
	}
	refuses := func(s *stage, _ string) {
		s.fake.Fail(tvfake.Fault{Function: "DELETE /users/{id}", Status: http.StatusBadRequest, Body: `{"error":"invalid_request"}`})
	}
	for _, tt := range []struct {
		name   string
		given  func(s *stage, id string)
		status int
		says   string
	}{
		{"an active user", refuses, http.StatusBadRequest, "refused the call"},
		{"an active user, by a fault of TeamViewer's", func(s *stage, _ string) {
			s.fake.Fail(tvfake.Fault{Function: "DELETE /users/{id}", Status: http.StatusInternalServerError})
		}, http.StatusServiceUnavailable, "was not removed"},
		{"a token without the right, of an active user", noRight, http.StatusBadRequest, "lacks the right"},
		{"a token without the right, of an inactive user", func(s *stage, id string) {
			s.status(s.t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(inactive))
			noRight(s, id)
		}, http.StatusBadRequest, "lacks the right"},
		{"activated in the console since", func(s *stage, id string) {
			s.status(s.t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(inactive))
			s.fake.ChangeUser(id, func(u *tvfake.User) { u.Active = true })
			refuses(s, id)
		}, http.StatusBadRequest, "refused the call"},
		{"an inactive user who cannot be looked at", func(s *stage, id string) {
			s.status(s.t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(inactive))
			refuses(s, id)
			s.fake.Fail(tvfake.Fault{Function: "GET /users/{id}", Status: http.StatusForbidden, Body: "<html>", Times: 1})
		}, http.StatusServiceUnavailable, "was not removed"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			with, _ := removing(config.OnDeleteRemove, tvfake.Options{})
			in(t, with, func(t *testing.T, s *stage) {
				id := s.user("nora.vale@contoso.example")
				tt.given(s, id)
				time.Sleep(time.Second)
				before := s.fake.Count(putUser)
				a := s.status(t, tt.status, "DELETE", "/Users/"+id, "")
				deactivated := s.fake.Count(putUser) > before
				if !strings.Contains(a.body, tt.says) || strings.Contains(a.body, "deactivation itself was done") != deactivated {
					t.Errorf("answer %s, want %q in it, and the deactivation if there was one", a.body, tt.says)
				}
				if after, _ := s.fake.User(id); after.Active {
					t.Error("the user is active")
				}
				s.status(t, http.StatusOK, "GET", "/Users/"+id, "")
			})
		})
	}
}
