package gateway_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// doubted makes a user of whom nobody knows whether a rename was done: it was not.
func (s *stage) doubted(t *testing.T, attribute, value string) (id string) {
	t.Helper()
	id = s.user("nora.vale@contoso.example")
	s.fake.Fail(tvfake.Fault{Function: putUser, Lost: true, Times: 3}) // as often as it is sent
	s.status(t, http.StatusServiceUnavailable, "PATCH", "/Users/"+id, legacy.change(nil, attr{attribute, value}))
	return id
}

// TestDeactivationOfAUserInDoubt: that TeamViewer cannot be asked how a user is now stops no
// deactivation.
func TestDeactivationOfAUserInDoubt(t *testing.T) {
	for name, fault := range map[string]tvfake.Fault{
		"fails": {Function: "GET /users/{id}", Status: http.StatusInternalServerError}, "limit": {Function: "GET /users/{id}", Limit: true},
	} {
		for _, request := range []struct{ method, body string }{
			{"PATCH", patchOf(inactive)}, {"PUT", `{"userName":"nora.vale@contoso.example","active":false}`}, {"DELETE", ""},
		} {
			t.Run(request.method+" "+name, func(t *testing.T) {
				in(t, staging{}, func(t *testing.T, s *stage) {
					id := s.doubted(t, "displayName", "Nora Roth")
					s.fake.Fail(fault)
					if a := s.do(request.method, "/Users/"+id, request.body); a.status >= http.StatusBadRequest {
						t.Errorf("%d %s", a.status, a.body)
					}
					if u, _ := s.fake.User(id); u.Active {
						t.Error("still active")
					}
				})
			})
		}
	}
}

// TestRecycleBinAfterALostAnswer: the userName that Entra gives to a user in its recycle bin is
// never sent, also not to undo an address that may have been taken.
func TestRecycleBinAfterALostAnswer(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		id := s.doubted(t, "userName", "nora.roth@contoso.example")
		no := false
		s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(&no, attr{"userName", "0123456789abcdef0123456789abcdefnora.roth@contoso.example"}))
		s.fake.ChangeUser(id, func(u *tvfake.User) { u.Active = true }) // in the console
		time.Sleep(age)
		s.status(t, http.StatusOK, "PUT", "/Users/"+id, s.status(t, http.StatusOK, "GET", "/Users/"+id, "").body) // what was read
		if u, _ := s.fake.User(id); u.Email != "nora.vale@contoso.example" {
			t.Errorf("TeamViewer was sent %q", u.Email)
		}
	})
}

// TestReturnWithALostAnswer: a deleted user came back, and nobody was told. The client that tries
// again finds the user by its own externalId, not by that of the one who was deleted.
func TestReturnWithALostAnswer(t *testing.T) {
	for name, done := range map[string]bool{"done": true, "not done": false} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				made := s.status(t, http.StatusCreated, "POST", "/Users", `{"userName":"nora.vale@contoso.example","externalId":"first"}`)
				id := fmt.Sprint(made.json(t)["id"])
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
				time.Sleep(10 * time.Minute)
				s.fake.Fail(tvfake.Fault{Function: putUser, Lost: true, After: done, Times: 3})
				again := `{"userName":"nora.vale@contoso.example","externalId":"second"}`
				s.status(t, http.StatusServiceUnavailable, "POST", "/Users", again)
				time.Sleep(40 * time.Minute)
				s.do("POST", "/Users", again)
				s.wantFound(t, "/Users", "externalId", "second", id)
				if ids := s.foundBy(t, "/Users", "externalId", "first"); len(ids) > 0 {
					t.Errorf("%v have the externalId of who was deleted", ids)
				}
			})
		})
	}
}

// TestWhoIsGoneIsGone: TeamViewer's contract does not tell how it refuses an unknown id. However it
// does, who was removed in the console is in nobody's way, and one whose removal got no answer is
// gone.
func TestWhoIsGoneIsGone(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusBadRequest} {
		v := tvfake.Default()
		v.UnknownUser, v.RemovedFreesEmail = status, true
		t.Run(fmt.Sprint("in the console, ", status), func(t *testing.T) {
			in(t, staging{fake: tvfake.Options{Variant: v}}, func(t *testing.T, s *stage) {
				id := s.user("nora.vale@contoso.example")
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
				time.Sleep(10 * time.Minute)
				s.status(t, http.StatusOK, "GET", "/Users", "")
				s.fake.DropUser(id)
				s.status(t, http.StatusCreated, "POST", "/Users", newUser("nora.vale@contoso.example"))
			})
		})
		t.Run(fmt.Sprint("without an answer, ", status), func(t *testing.T) {
			removing := func(c *config.Config, _ *tvfake.Server) { c.Users.OnDelete = config.OnDeleteDelete }
			in(t, staging{fake: tvfake.Options{Variant: v}, settings: removing}, func(t *testing.T, s *stage) {
				id := s.user("nora.vale@contoso.example")
				time.Sleep(age)
				s.fake.Fail(tvfake.Fault{Function: "DELETE /users/{id}", Status: http.StatusInternalServerError, After: true, Times: 1})
				s.fake.Fail(tvfake.Fault{Function: "DELETE /users/{id}", Status: http.StatusInternalServerError, Times: 5})
				s.status(t, http.StatusServiceUnavailable, "DELETE", "/Users/"+id, "")
				s.status(t, http.StatusNotFound, "GET", "/Users/"+id, "")
			})
		})
	}
}

// TestWhoIsFoundGoneIsForgotten: what was remembered of a user ends when TeamViewer says of that
// very id that it does not exist and a later list lacks the user too, and not when only a list
// does.
func TestWhoIsFoundGoneIsForgotten(t *testing.T) {
	for name, asked := range map[string]bool{"by a list": false, "by a question": true} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "links.db")
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, staging{direct: true, settings: storing(path)})
				id := s.user("nora.vale@contoso.example")
				s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{"externalId", "first"}))
				s.fake.DropUser(id)
				for range 3 {
					time.Sleep(10 * time.Minute)
					s.status(t, http.StatusOK, "GET", "/Users", "")
				}
				if asked {
					s.status(t, http.StatusNotFound, "GET", "/Users/"+id, "")
					time.Sleep(10 * time.Minute)
					s.status(t, http.StatusOK, "GET", "/Users", "")
				}
				s.gateway.Close()
			})
			if out := records(t, path); strings.Contains(out, "first") == asked {
				t.Errorf("remembered:\n%s", out)
			}
		})
	}
}
