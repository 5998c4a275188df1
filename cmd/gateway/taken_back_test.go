package gateway_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestTakenBackAfterALostAnswer: a change was done, its answer was lost, and the client takes it
// back. What the snapshot still shows is no reason to send nothing: TeamViewer must become what the
// client last asked for.
func TestTakenBackAfterALostAnswer(t *testing.T) {
	pending := variantNamed(t, "email-pending")
	lose := func(s *stage, function string) {
		s.fake.Fail(tvfake.Fault{Function: function, Lost: true, After: true, Times: 3}) // as often as it is sent
	}
	const sso = "urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser:ssoCustomerId"
	for _, test := range []struct {
		attribute, first, second string
		held                     func(tvfake.User) string
	}{
		{"displayName", "Nora Vale", "Nora Roth", func(u tvfake.User) string { return u.Name }},
		{"userName", "nora.vale@contoso.example", "nora.roth@contoso.example", func(u tvfake.User) string { return u.Email }},
		{sso, "first", "second", func(u tvfake.User) string { return u.SSOCustomerID }}, // which TeamViewer never shows
	} {
		t.Run(test.attribute, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				id := s.user("nora.vale@contoso.example")
				s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{test.attribute, test.first}))
				lose(s, putUser)
				s.status(t, http.StatusServiceUnavailable, "PATCH", "/Users/"+id, legacy.change(nil, attr{test.attribute, test.second}))
				s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{test.attribute, test.first}))
				if u, _ := s.fake.User(id); test.held(u) != test.first {
					t.Errorf("TeamViewer holds %q, want %q", test.held(u), test.first)
				}
			})
		})
	}
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
