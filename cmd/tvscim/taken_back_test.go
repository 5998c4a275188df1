package main

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestTakenBackAfterALostAnswer: a change was done, its answer was lost, and the client takes it back. What the picture still
// shows is no reason to send nothing: TeamViewer must become what the client last asked for.
func TestTakenBackAfterALostAnswer(t *testing.T) {
	pending, _ := findVariant("email-pending")
	lose := func(s *stage, function string) {
		s.fake.Fail(tvfake.Fault{Function: function, Lost: true, After: true, Times: 3}) // as often as it is sent
	}
	t.Run("name of a user", func(t *testing.T) {
		in(t, staging{}, func(t *testing.T, s *stage) {
			id := s.user("nora.vale@contoso.example")
			lose(s, putUser)
			s.status(t, http.StatusServiceUnavailable, "PATCH", "/Users/"+id, legacy.change(nil, attr{"displayName", "Nora Roth"}))
			s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{"displayName", "nora.vale"}))
			if u, _ := s.fake.User(id); u.Name != "nora.vale" {
				t.Errorf("the name is %q in TeamViewer", u.Name)
			}
		})
	})
	t.Run("shown meanwhile", func(t *testing.T) {
		in(t, staging{}, func(t *testing.T, s *stage) {
			id := s.user("nora.vale@contoso.example")
			lose(s, putUser)
			s.status(t, http.StatusServiceUnavailable, "PATCH", "/Users/"+id, legacy.change(nil, attr{"displayName", "Nora Roth"}))
			if a := s.status(t, http.StatusOK, "GET", "/Users/"+id, ""); a.json(t)["displayName"] != "Nora Roth" {
				t.Errorf("shown: %s", a.body)
			}
		})
	})
	t.Run("address of a user", func(t *testing.T) {
		in(t, staging{}, func(t *testing.T, s *stage) {
			id := s.user("nora.vale@contoso.example")
			lose(s, putUser)
			s.status(t, http.StatusServiceUnavailable, "PATCH", "/Users/"+id, legacy.change(nil, attr{"userName", "nora.roth@contoso.example"}))
			s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{"userName", "nora.vale@contoso.example"}))
			if u, _ := s.fake.User(id); u.Email != "nora.vale@contoso.example" {
				t.Errorf("the address is %q in TeamViewer", u.Email)
			}
		})
	})
	for name, back := range map[string]string{"to the one that waits": "bb@contoso.example", "to the first": "aa@contoso.example"} {
		t.Run("address that waits to be confirmed, an hour later, "+name, func(t *testing.T) {
			in(t, staging{fake: tvfake.Options{Variant: pending}}, func(t *testing.T, s *stage) {
				id := s.user("aa@contoso.example")
				s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{"userName", "bb@contoso.example"}))
				lose(s, putUser)
				s.status(t, http.StatusServiceUnavailable, "PATCH", "/Users/"+id, legacy.change(nil, attr{"userName", "cc@contoso.example"}))
				time.Sleep(time.Hour)
				s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{"userName", back}))
				s.fake.ConfirmEmails()
				if u, _ := s.fake.User(id); u.Email != back {
					t.Errorf("the address is %q in TeamViewer", u.Email)
				}
			})
		})
	}
	t.Run("ssoCustomerId, which TeamViewer never shows", func(t *testing.T) {
		const urn = "urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser"
		set := func(id string) string {
			return patchOf(`{"op":"replace","path":"` + urn + `:ssoCustomerId","value":"` + id + `"}`)
		}
		in(t, staging{}, func(t *testing.T, s *stage) {
			id := s.user("nora.vale@contoso.example")
			s.status(t, http.StatusOK, "PATCH", "/Users/"+id, set("first"))
			lose(s, putUser)
			s.status(t, http.StatusServiceUnavailable, "PATCH", "/Users/"+id, set("second"))
			s.status(t, http.StatusOK, "PATCH", "/Users/"+id, set("first"))
			if u, _ := s.fake.User(id); u.SSOCustomerID != "first" {
				t.Error("TeamViewer holds another ssoCustomerId than was asked for last")
			}
		})
	})
	t.Run("name of a group, four minutes later", func(t *testing.T) {
		in(t, staging{}, func(t *testing.T, s *stage) {
			id := s.group("Sales")
			lose(s, "PUT /usergroups/{id}")
			s.status(t, http.StatusServiceUnavailable, "PATCH", "/Groups/"+id, legacy.change(nil, attr{"displayName", "Retail"}))
			time.Sleep(4 * time.Minute)
			s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+id, legacy.change(nil, attr{"displayName", "Sales"}))
			n, _ := strconv.ParseInt(id, 10, 64)
			if g, _ := s.fake.Group(n); g.Name != "Sales" {
				t.Errorf("the name is %q in TeamViewer", g.Name)
			}
		})
	})
}
