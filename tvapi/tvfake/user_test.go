package tvfake_test

import (
	"net/http"
	"testing"

	"tvscim/tvapi/tvfake"
)

func TestAddUserFillsIn(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{})
	u := s.AddUser(tvfake.User{Email: "jo.doe@example.com"})
	same(t, "user", u, tvfake.User{ID: u.ID, Name: "jo.doe", Email: "jo.doe@example.com", Language: "en"})
	full := tvfake.User{
		ID: "u12345", Name: "X", Email: "not an address", PendingEmail: "p@example.com", Active: true, Language: "de",
		SSOCustomerID: "sso", HasPassword: true, Administrator: true, Roles: []string{"a", "b"},
	}
	same(t, "user given whole", s.AddUser(full), full)
	got, ok := s.User("u12345")
	if !ok {
		t.Fatal("the user is not found")
	}
	same(t, "user found", got, full)
}

func TestAddUserRefuses(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{})
	s.AddOutsider("out@example.com")
	known := s.AddUser(tvfake.User{Email: "a@example.com", PendingEmail: "b@example.com"})
	for name, u := range map[string]tvfake.User{
		"a taken id":               {ID: known.ID},
		"an id without its letter": {ID: account(known.ID)},
		"id zero":                  {ID: "u0"},
		"an id too large":          {ID: "u2147483648"},
		"a taken address":          {Email: "A@example.com"},
		"an awaited address":       {Email: "B@example.com"},
		"a wish for a taken one":   {Email: "c@example.com", PendingEmail: "a@example.com"},
		"an outsider's address":    {Email: "Out@Example.com"},
	} {
		if got := s.AddUser(u); got.ID != "" {
			t.Errorf("%s: made %+v", name, got)
		}
	}
	same(t, "users", len(s.Users()), 2)
}

func TestUserByEmail(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{})
	u := s.AddUser(tvfake.User{Email: "Jo@Example.com", PendingEmail: "new@example.com"})
	s.AddOutsider("out@example.com")
	for email, found := range map[string]bool{
		"Jo@Example.com": true, "jo@example.COM": true, "new@example.com": false, "out@example.com": false, "": false,
		"\u212ao@example.com": false, // only ASCII letters fold
	} {
		got, ok := s.UserByEmail(email)
		if ok != found || ok && got.ID != u.ID {
			t.Errorf("UserByEmail(%q) = %v %v, want %v", email, got, ok, found)
		}
	}
}

func TestUserUnknown(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{OwnerID: "u77"})
	for _, id := range []string{"", "u", "77", "u077", "u78", "u77 ", "U77", "u99999999999999999999"} {
		if _, ok := s.User(id); ok {
			t.Errorf("User(%q) found a user", id)
		}
		if s.ChangeUser(id, func(*tvfake.User) {}) || s.DropUser(id) {
			t.Errorf("%q was changed or dropped", id)
		}
	}
}

func TestUsersSorted(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{OwnerID: "u50"})
	for _, id := range []string{"u9", "u100", "u1"} {
		s.AddUser(tvfake.User{ID: id})
	}
	var ids []string
	for _, u := range s.Users() {
		ids = append(ids, u.ID)
	}
	same(t, "ids", ids, []string{"u1", "u9", "u50", "u100"})
}

func TestUsersAreCopies(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{})
	u := s.AddUser(tvfake.User{Roles: []string{"r1", "r2"}})
	u.Roles[0] = "changed"
	got, _ := s.User(u.ID)
	same(t, "roles", got.Roles, []string{"r1", "r2"})
}

func TestChangeUser(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	s := c.server
	u := s.AddUser(tvfake.User{Email: "a@example.com", Active: true})
	s.AddUser(tvfake.User{Email: "b@example.com"})
	if !s.ChangeUser(u.ID, func(u *tvfake.User) { u.ID, u.Active, u.Name, u.Email = "u1", false, "New Name", "A2@example.com" }) {
		t.Fatal("the change was refused")
	}
	got, _ := s.User(u.ID)
	same(t, "user", got, tvfake.User{ID: u.ID, Name: "New Name", Email: "A2@example.com", Language: "en"})
	if _, ok := s.UserByEmail("a@example.com"); ok {
		t.Error("the old address still finds the user")
	}
	if s.AddUser(tvfake.User{Email: "a@example.com"}).ID == "" {
		t.Error("the old address is still taken")
	}
	if s.ChangeUser(u.ID, func(u *tvfake.User) { u.Name, u.Email = "Worse", "B@example.com" }) {
		t.Error("a taken address was accepted")
	}
	got, _ = s.User(u.ID)
	same(t, "name after a refused change", got.Name, "New Name")
	same(t, "calls", s.TotalCalls(), 0)
	same(t, "mails", s.Mails(), tvfake.Mails{})
}

func TestDropUser(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	s := c.server
	u := s.AddUser(tvfake.User{Email: "a@example.com"})
	g := s.AddGroup("A", u.ID)
	if s.DropUser(s.OwnerID()) {
		t.Error("the owner was dropped")
	}
	if !s.DropUser(u.ID) || s.DropUser(u.ID) {
		t.Error("want the first drop to work and the second not")
	}
	c.want(http.StatusNotFound, "GET", "/users/"+u.ID, "")
	same(t, "outsiders", s.Outsiders(), []string{"a@example.com"})
	got, _ := s.Group(g.ID)
	same(t, "members", got.Members, []string{})
	same(t, "error", c.want(http.StatusBadRequest, "POST", "/users", `{"email":"A@example.com","name":"Jo","language":"en"}`).category(), "email_in_use")
}

func TestGetUser(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	role := c.server.AddRole("R")
	u := c.server.AddUser(tvfake.User{Email: "a@example.com", Name: "Jo", SSOCustomerID: "secret", Roles: []string{role.ID}})
	got := c.want(http.StatusOK, "GET", "/users/"+u.ID, "").object()
	same(t, "user", got, map[string]any{
		"id": u.ID, "name": "Jo", "email": "a@example.com", "permissions": "", "active": false, "log_sessions": false,
		"show_comment_window": false, "online_state": "Offline", "userRoleId": role.ID, "tfa_enforcement": false,
		"sso_status": float64(1),
	})
}

func TestUnknownUser(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{OwnerID: "u77"})
	for _, path := range []string{"/users/u78", "/users/77", "/users/u077", "/users/x", "/users/u", "/users/u0", "/users/U77", "/users/u77x"} {
		for method, body := range map[string]string{"GET": "", "PUT": `{"name":"Other"}`, "DELETE": ""} {
			if got := c.want(http.StatusNotFound, method, path, body).category(); got != "not_found" {
				t.Errorf("%s %s: %s, want not_found", method, path, got)
			}
		}
	}
	if c.server.CompanyDeleted() {
		t.Error("the company is gone")
	}
}

func TestRemoveUser(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name, query string
		status      int
		gone        bool // the account too
	}{
		{"without parameter", "", 204, false},
		{"not for good", "?isPermanentDelete=false", 204, false},
		{"for good", "?isPermanentDelete=true", 204, true},
		{"for good, in capitals", "?isPermanentDelete=True", 204, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, tvfake.Options{})
			u := c.server.AddUser(tvfake.User{Email: "a@example.com"})
			g := c.server.AddGroup("A", u.ID, c.server.OwnerID())
			c.want(tt.status, "DELETE", "/users/"+u.ID+tt.query, "")
			c.want(http.StatusNotFound, "GET", "/users/"+u.ID, "")
			c.want(http.StatusNotFound, "DELETE", "/users/"+u.ID, "")
			got, _ := c.server.Group(g.ID)
			same(t, "members", got.Members, []string{c.server.OwnerID()})
			same(t, "outsiders", len(c.server.Outsiders()) == 0, tt.gone)
			again := c.do("POST", "/users", `{"email":"a@example.com","name":"Jo","language":"en"}`)
			same(t, "address free", again.status == http.StatusOK, tt.gone)
		})
	}
}

func TestRemoveUserRefused(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.server.SetRights(tvfake.AllRights()...)
	u := c.server.AddUser(tvfake.User{})
	c.want(http.StatusBadRequest, "DELETE", "/users/"+u.ID+"?isPermanentDelete=perhaps", "")
	same(t, "owner", c.want(http.StatusBadRequest, "DELETE", "/users/"+c.server.OwnerID(), "").category(), "invalid_request")
	same(t, "users", len(c.server.Users()), 2)
}
