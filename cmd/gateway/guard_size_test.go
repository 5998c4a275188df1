package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestGuardIsNotRaisedByCreates: users and groups that a client creates do not raise the limit of
// what it removes within the same time.
func TestGuardIsNotRaisedByCreates(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, settings: func(_ *config.Config, fake *tvfake.Server) {
		for i := range 20 {
			fake.AddUser(tvfake.User{Name: fmt.Sprint("User ", i), Email: fmt.Sprintf("old%d@contoso.example", i), Active: true})
			fake.AddGroup(fmt.Sprint("Old ", i))
		}
	}})
	oldUsers, oldGroups := s.fake.Users(), s.fake.Groups()
	for i := range 100 {
		s.status(t, http.StatusCreated, "POST", "/Users", newUser(fmt.Sprintf("new%d@contoso.example", i)))
		s.status(t, http.StatusCreated, "POST", "/Groups", fmt.Sprintf(`{"displayName":"New %d"}`, i))
	}
	users, groups := 0, 0
	for _, u := range oldUsers {
		if u.ID != s.fake.OwnerID() && s.do("PATCH", "/Users/"+u.ID, patchOf(`{"op":"replace","path":"active","value":false}`)).status == http.StatusOK {
			users++
		}
	}
	for _, g := range oldGroups {
		if s.do("DELETE", fmt.Sprint("/Groups/", g.ID), "").status == http.StatusNoContent {
			groups++
		}
	}
	if users != 5 || groups != 5 {
		t.Errorf("%d users and %d groups of 20 were removed, want 5 of each", users, groups)
	}
}

// TestGuardCountsMembersReplacedByOthers: a group of more than ten members that keeps none of them
// counts, although it has other members afterwards.
func TestGuardCountsMembersReplacedByOthers(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, settings: func(_ *config.Config, fake *tvfake.Server) {
		var members []string
		for i := range 12 {
			members = append(members, fake.AddUser(tvfake.User{Name: fmt.Sprint("User ", i), Email: fmt.Sprintf("old%d@contoso.example", i), Active: true}).ID)
		}
		for i := range 10 {
			fake.AddGroup(fmt.Sprint("Old ", i), members[:11]...)
		}
	}})
	users := s.fake.Users()
	other := ""
	for _, u := range users {
		if u.Email == "old11@contoso.example" {
			other = u.ID
		}
	}
	done := 0
	for _, g := range s.fake.Groups() {
		if s.do("PATCH", fmt.Sprint("/Groups/", g.ID), patchOf(`{"op":"replace","path":"members","value":[{"value":"`+other+`"}]}`)).status == http.StatusNoContent {
			done++
		}
	}
	if done != 5 {
		t.Errorf("%d of 10 groups lost all their members, want 5", done)
	}
}

// guard returns what /guard shows.
func (s *stage) guard() string {
	s.t.Helper()
	w := httptest.NewRecorder()
	req := httptest.NewRequestWithContext(s.t.Context(), "GET", "http://127.0.0.1:9090/guard", http.NoBody)
	req.RemoteAddr = "127.0.0.1:50000"
	s.gateway.Admin().ServeHTTP(w, req)
	return w.Body.String()
}

// TestGuardCountsReturnedUsersOnce: a user who was deactivated and activated again is once in the
// size of the company, also after a restart, and after another deactivation.
func TestGuardCountsReturnedUsersOnce(t *testing.T) {
	settings := storing(filepath.Join(t.TempDir(), "links.db"))
	in(t, staging{settings: settings}, func(t *testing.T, s *stage) {
		ids := s.employees(29) // 30 with the token's owner
		set := func(active bool) {
			t.Helper()
			for _, id := range ids[:5] {
				s.status(t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(fmt.Sprintf(`{"op":"replace","path":"active","value":%t}`, active)))
			}
		}
		want := func(when string) {
			t.Helper()
			if body := s.guard(); !strings.Contains(body, `"size": 30,`) || !strings.Contains(body, `"removed": 5,`) {
				t.Errorf("%s: want a size of 30 and 5 removed:\n%s", when, body)
			}
		}
		set(false)
		want("deactivated")
		set(true)
		want("active again")
		set(false)
		want("deactivated again")
		s = s.restart(t, settings)
		set(true)
		want("active again after a restart")
	})
}
