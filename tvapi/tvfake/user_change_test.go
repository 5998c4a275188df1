package tvfake_test

import (
	"net/http"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

func TestChangeFields(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		change     func(*tvfake.User)
	}{
		{"name", `{"name":"New"}`, func(u *tvfake.User) { u.Name = "New" }},
		{"email", `{"email":"new@example.com"}`, func(u *tvfake.User) { u.Email = "new@example.com" }},
		{"email in another case", `{"email":"A@example.com"}`, func(u *tvfake.User) { u.Email = "A@example.com" }},
		{"deactivated", `{"active":false}`, func(u *tvfake.User) { u.Active = false }},
		{"active as it was", `{"active":true}`, func(*tvfake.User) {}},
		{"password", `{"password":"Secret-1"}`, func(u *tvfake.User) { u.HasPassword = true }},
		{"sso", `{"sso_customer_id":"x"}`, func(u *tvfake.User) { u.SSOCustomerID = "x" }},
		{"without effect here", `{"log_sessions":true,"show_comment_window":true,"permissions":"None","custom_quicksupport_id":"auto"}`, func(*tvfake.User) {}},
		{"null is not sent", `{"name":null,"active":false}`, func(u *tvfake.User) { u.Active = false }},
		{"several", `{"name":"New","active":false,"email":"n@example.com"}`, func(u *tvfake.User) {
			u.Name, u.Active, u.Email = "New", false, "n@example.com"
		}},
		{"names fold", `{"Active":false,"NAME":"New"}`, func(u *tvfake.User) { u.Name, u.Active = "New", false }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, tvfake.Options{})
			want := c.server.AddUser(tvfake.User{Email: "a@example.com", Name: "Old", Active: true})
			tt.change(&want)
			c.want(http.StatusNoContent, "PUT", "/users/"+want.ID, tt.body)
			got, _ := c.server.User(want.ID)
			same(t, "user", got, want)
		})
	}
}

func TestChangeRefused(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, body, says string }{
		{"no body", "", "application/json"},
		{"malformed", `{"active":fals`, "JSON"},
		{"empty object", "{}", "nothing"},
		{"only null", `{"name":null}`, "nothing"},
		{"language", `{"language":"de"}`, "language"},
		{"userRoleId", `{"userRoleId":"x"}`, "userRoleId"},
		{"ignorePredefinedRole", `{"ignorePredefinedRole":true}`, "ignorePredefinedRole"},
		{"meeting_license_key", `{"meeting_license_key":"x"}`, "meeting_license_key"},
		{"license_key", `{"license_key":"x"}`, "license_key"},
		{"name too short", `{"name":"x"}`, "name"},
		{"name too long", `{"name":"` + strings.Repeat("x", 51) + `"}`, "name"},
		{"email", `{"email":"nobody"}`, "email"},
		{"password", `{"password":"x"}`, "password"},
		{"unknown role given", `{"AssignUserRoleIds":["x"]}`, "role"},
		{"unknown role taken", `{"UnassignUserRoleIds":["x"]}`, "role"},
		{"active a text", `{"active":"False"}`, "active"},
		{"one bad field beside a good one", `{"active":false,"name":"x"}`, "name"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, tvfake.Options{})
			want := c.server.AddUser(tvfake.User{Active: true})
			r := c.want(http.StatusBadRequest, "PUT", "/users/"+want.ID, tt.body)
			same(t, "error", r.category(), "invalid_request")
			if !strings.Contains(r.body, tt.says) {
				t.Errorf("answer %s, want it to name %s", r.body, tt.says)
			}
			got, _ := c.server.User(want.ID)
			same(t, "user", got, want)
		})
	}
}

func TestChangeRoles(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	a, b := c.server.AddRole("A"), c.server.AddRole("B")
	u := c.server.AddUser(tvfake.User{Roles: []string{a.ID}})
	c.want(http.StatusNoContent, "PUT", "/users/"+u.ID,
		`{"assignUserRoleIds":["`+strings.ToUpper(b.ID)+`","`+b.ID+`"],"UnassignUserRoleIds":["`+a.ID+`"]}`)
	got, _ := c.server.User(u.ID)
	same(t, "roles", got.Roles, []string{b.ID})
}

func TestConfirmationMails(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	u := c.server.AddUser(tvfake.User{Email: "a@example.com"})
	for i, tt := range []struct {
		body  string
		mails int
	}{
		{`{"name":"New"}`, 0},
		{`{"email":"a@example.com"}`, 0}, // the address it has
		{`{"email":"b@example.com"}`, 1},
		{`{"email":"b@example.com"}`, 1},
		{`{"email":"B@example.com"}`, 2},
	} {
		c.want(http.StatusNoContent, "PUT", "/users/"+u.ID, tt.body)
		if got := c.server.Mails().Confirmation; got != tt.mails {
			t.Errorf("after call %d: %d mails, want %d", i, got, tt.mails)
		}
	}
}

func TestPendingEmail(t *testing.T) {
	t.Parallel()
	v := tvfake.Default()
	v.EmailPending = true
	c := newClient(t, tvfake.Options{Variant: v})
	u := c.server.AddUser(tvfake.User{Email: "a@example.com", Active: true})
	shown := func() any { return c.do("GET", "/users/"+u.ID, "").object()["email"] }

	c.want(http.StatusNoContent, "PUT", "/users/"+u.ID, `{"email":"b@example.com","active":false}`)
	same(t, "address before", shown(), any("a@example.com"))
	got, _ := c.server.User(u.ID)
	same(t, "pending", got.PendingEmail, "b@example.com")
	same(t, "the rest is done", got.Active, false)
	for _, email := range []string{"a@example.com", "b@example.com"} { // both are taken meanwhile
		same(t, email, c.do("POST", "/users", newUser(map[string]any{"email": email})).category(), "email_in_use")
	}
	c.want(http.StatusNoContent, "PUT", "/users/"+u.ID, `{"email":"b@example.com"}`)
	same(t, "mails, asked twice", c.server.Mails().Confirmation, 2)

	c.server.ConfirmEmails()
	same(t, "address after", shown(), any("b@example.com"))
	c.create("a@example.com") // free again

	c.want(http.StatusNoContent, "PUT", "/users/"+u.ID, `{"email":"c@example.com"}`)
	c.want(http.StatusNoContent, "PUT", "/users/"+u.ID, `{"email":"b@example.com"}`) // thought better of it
	c.server.ConfirmEmails()
	same(t, "address kept", shown(), any("b@example.com"))
	c.create("c@example.com")
}
