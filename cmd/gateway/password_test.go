package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

const (
	secretWord   = "Correct-Horse-7"
	withPassword = `{"userName":"nora.vale@contoso.example","password":"` + secretWord + `"}`
)

// setsPassword reports whether the last call of a function carried a password.
func (s *stage) setsPassword(function string) bool {
	sent := ""
	for _, call := range s.fake.Log() {
		if call.Function == function {
			sent = call.Body
		}
	}
	return strings.Contains(sent, `"password"`)
}

// passwords is a stage that accepts passwords or not.
func passwords(accept bool) staging {
	return staging{settings: func(c *config.Config, _ *tvfake.Server) { c.Users.AcceptPassword = accept }}
}

// TestPasswordOfAReturningUser: a create request that brings a deleted user back sets its password,
// as it does for a new user, if the settings accept passwords.
func TestPasswordOfAReturningUser(t *testing.T) {
	for _, accept := range []bool{true, false} {
		t.Run(map[bool]string{true: "accepted", false: "dropped"}[accept], func(t *testing.T) {
			in(t, passwords(accept), func(t *testing.T, s *stage) {
				id := s.user("nora.vale@contoso.example")
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
				a := s.status(t, http.StatusCreated, "POST", "/Users", withPassword)
				if back := a.json(t)["id"]; back != id {
					t.Errorf("created %v, want %s back", back, id)
				}
				if sent := s.setsPassword(putUser); sent != accept {
					t.Errorf("password sent: %v, want %v", sent, accept)
				}
				if u, _ := s.fake.User(id); u.HasPassword != accept || !u.Active {
					t.Errorf("TeamViewer holds %+v", u)
				}
			})
		})
	}
}

// TestWeakPasswordOfAReturningUser: a password that TeamViewer refuses is an error, and nobody is
// brought back.
func TestWeakPasswordOfAReturningUser(t *testing.T) {
	in(t, passwords(true), func(t *testing.T, s *stage) {
		id := s.user("nora.vale@contoso.example")
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
		a := s.status(t, http.StatusBadRequest, "POST", "/Users", `{"userName":"nora.vale@contoso.example","password":"weak"}`)
		if !strings.Contains(a.body, "password") {
			t.Errorf("answer %s, want it to name the password", a.body)
		}
		if u, _ := s.fake.User(id); u.Active {
			t.Error("the user is active")
		}
	})
}

// TestPasswordOfATakenUserName: who is there already keeps the password that is set, and the 409
// says so.
func TestPasswordOfATakenUserName(t *testing.T) {
	const said = "The password of this request was not set."
	in(t, passwords(true), func(t *testing.T, s *stage) {
		s.user("nora.vale@contoso.example")
		s.fake.AddUser(tvfake.User{Name: "Ola Roth", Email: "ola.roth@contoso.example", Active: true}) // not in the snapshot yet
		for name, body := range map[string]string{"known": withPassword, "found by the refusal": strings.Replace(withPassword, "nora.vale", "ola.roth", 1)} {
			if a := s.status(t, http.StatusConflict, "POST", "/Users", body); !strings.Contains(a.body, said) {
				t.Errorf("%s: answer %s, want %q in it", name, a.body, said)
			}
		}
		if a := s.status(t, http.StatusConflict, "POST", "/Users", newUser("nora.vale@contoso.example")); strings.Contains(a.body, "password") {
			t.Errorf("answer %s speaks of a password that was not sent", a.body)
		}
	})
}

// TestPasswordOfAnUnansweredCreate: the account that a create call without an answer has made is
// linked at the client's next attempt, whose answer says that its password was not set.
func TestPasswordOfAnUnansweredCreate(t *testing.T) {
	core, logged := observer.New(zap.InfoLevel)
	with := passwords(true)
	with.log = zap.New(core)
	in(t, with, func(t *testing.T, s *stage) {
		s.user("ola.roth@contoso.example")
		s.fake.Fail(tvfake.Fault{Function: "POST /users", Lost: true, After: true, Times: 1})
		s.status(t, http.StatusServiceUnavailable, "POST", "/Users", withPassword)
		if a := s.status(t, http.StatusConflict, "POST", "/Users", withPassword); !strings.Contains(a.body, "The password of this request was not set.") {
			t.Errorf("answer %s", a.body)
		}
	})
	for _, entry := range logged.All() {
		if strings.Contains(fmt.Sprint(entry.Message, entry.ContextMap()), secretWord) {
			t.Error("the log shows the password")
		}
	}
}
