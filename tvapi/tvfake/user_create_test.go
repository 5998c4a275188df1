package tvfake_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// newUser is a body of POST /users with some members changed; nil takes one away.
func newUser(changes map[string]any) string {
	body := map[string]any{"email": "jo@example.com", "name": "Jo Doe", "language": "en"}
	maps.Copy(body, changes)
	maps.DeleteFunc(body, func(_ string, v any) bool { return v == nil })
	text, _ := json.Marshal(body) // of strings, numbers and booleans
	return string(text)
}

func TestCreateUser(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	r := c.want(http.StatusOK, "POST", "/users", newUser(map[string]any{
		"password": "Secret-1", "sso_customer_id": "sso", "log_sessions": true, "show_comment_window": true,
		"subscribe_newsletter": false, "custom_quicksupport_id": "auto", "custom_quickjoin_id": "auto", "created_from": 27,
	}))
	got := r.object()
	id, _ := got["id"].(string)
	if _, shown := got["email"]; shown {
		t.Error("the answer shows the address; the manual's example does not")
	}
	same(t, "name", got["name"], any("Jo Doe"))
	same(t, "Location", r.header.Get("Location"), "/api/v1/users/"+id)
	u, _ := c.server.User(id)
	same(t, "user", u, tvfake.User{
		ID: id, Name: "Jo Doe", Email: "jo@example.com", Active: true, Language: "en", SSOCustomerID: "sso", HasPassword: true,
	})
	same(t, "mails", c.server.Mails(), tvfake.Mails{Welcome: 1})
	same(t, "listed", c.listed("")[id]["email"], any("jo@example.com"))
}

func TestCreateUserNamesFold(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.want(http.StatusOK, "POST", "/users", `{"Email":"jo@example.com","NAME":"Jo","Language":"en"}`)
	if _, ok := c.server.UserByEmail("jo@example.com"); !ok {
		t.Error("the user is missing")
	}
}

func TestCreateUserInactiveIsIgnored(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.want(http.StatusOK, "POST", "/users", newUser(map[string]any{"active": false}))
	if u, _ := c.server.UserByEmail("jo@example.com"); !u.Active {
		t.Error("the user is inactive")
	}
}

func TestCreateUserRefused(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 90) + "@example.com"
	tests := []struct {
		name, body, says string
	}{
		{"no body", "", "application/json"},
		{"malformed", `{"email":`, "JSON"},
		{"trailing garbage", newUser(nil) + "x", "JSON"},
		{"an array", "[]", "JSON"},
		{"null", "null", "JSON"},
		{"empty object", "{}", "email"},
		{"without email", newUser(map[string]any{"email": nil}), "email"},
		{"email null", `{"email":null,"name":"Jo","language":"en"}`, "email"},
		{"without name", newUser(map[string]any{"name": nil}), "name"},
		{"without language", newUser(map[string]any{"language": nil}), "language"},
		{"email a number", newUser(map[string]any{"email": 1}), "email"},
		{"active a text", newUser(map[string]any{"active": "false"}), "active"},
		{"email too short", newUser(map[string]any{"email": "a@b.c"}), "email"},
		{"email too long", newUser(map[string]any{"email": long}), "email"},
		{"email without domain", newUser(map[string]any{"email": "example"}), "email"},
		{"throw-away domain", newUser(map[string]any{"email": "a@bobmail.info"}), "email"},
		{"name too short", newUser(map[string]any{"name": "J"}), "name"},
		{"name empty", newUser(map[string]any{"name": ""}), "name"},
		{"name too long", newUser(map[string]any{"name": strings.Repeat("x", 51)}), "name"},
		{"name too long in UTF-16", newUser(map[string]any{"name": strings.Repeat("\U0001F600", 26)}), "name"},
		{"language with region", newUser(map[string]any{"language": "en-US"}), "language"},
		{"language unknown", newUser(map[string]any{"language": "nb"}), "language"},
		{"language in capitals", newUser(map[string]any{"language": "EN"}), "language"},
		{"password too short", newUser(map[string]any{"password": "aB1-x"}), "password"},
		{"password of one class", newUser(map[string]any{"password": "abcdefgh"}), "password"},
		{"password empty", newUser(map[string]any{"password": ""}), "password"},
		{"permissions", newUser(map[string]any{"permissions": "None"}), "userRoleId"},
		{"unknown role", newUser(map[string]any{"userRoleId": "11111111-1111-4111-8111-111111111111"}), "userRoleId"},
		{"created_from", newUser(map[string]any{"created_from": 21}), "created_from"},
		{"licence key", newUser(map[string]any{"license_key": "k"}), "license_key"},
		{"unknown field", newUser(map[string]any{"title": "Dr"}), "title"},
		{"a field of PUT", newUser(map[string]any{"AssignUserRoleIds": []string{}}), "AssignUserRoleIds"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, tvfake.Options{})
			r := c.want(http.StatusBadRequest, "POST", "/users", tt.body)
			same(t, "error", r.category(), "invalid_request")
			if !strings.Contains(r.body, tt.says) {
				t.Errorf("answer %s, want it to name %s", r.body, tt.says)
			}
			same(t, "users", len(c.server.Users()), 1)
			same(t, "mails", c.server.Mails(), tvfake.Mails{})
		})
	}
}

func TestCreateUserLimits(t *testing.T) {
	t.Parallel()
	for name, changes := range map[string]map[string]any{
		"shortest address":     {"email": "a@b.cd"},
		"longest address":      {"email": strings.Repeat("x", 88) + "@example.com"},
		"shortest name":        {"name": "Jo"},
		"longest name":         {"name": strings.Repeat("é", 50)},
		"longest name, UTF-16": {"name": strings.Repeat("\U0001F600", 25)},
		"one emoji":            {"name": "\U0001F600"}, // two UTF-16 units
		"language with region": {"language": "zh_CN"},
		"shortest password":    {"password": "abcde1"},
	} {
		c := newClient(t, tvfake.Options{})
		if r := c.do("POST", "/users", newUser(changes)); r.status != http.StatusOK {
			t.Errorf("%s: %d %s", name, r.status, r.body)
		}
	}
}

func TestAddressPattern(t *testing.T) {
	t.Parallel()
	tests := map[string]bool{
		"a.b@example.com": true, "a+b@example.com": true, "a'b@example.com": true, "a=b@example.com": true,
		"a(b@example.com": true, "a*b@example.com": true, "_-@example.com": true, "A1@sub.Example.COM": true,
		"a@ex-am-ple.com": true, "a@1.example.museum": true, "a@x.rppkn.com": true, "a@nwldx.de": true, "a@RPPKN.com": true,
		"a..b@example.com": false, ".a@example.com": false, "a.@example.com": false, "a b@example.com": false,
		"ä@example.com": false, "a@exämple.com": false, "a@example": false, "a@example.c": false, "a@-example.com": false,
		"a@example-.com": false, "a@exa--mple.com": false, "a@example.c0m": false, "a@@example.com": false,
		"a&b@example.com": false, "a/b@example.com": false, "a@example.com\n": false, "a@[10.0.0.1]": false,
		"a@rppkn.com": false, "a@nwldx.com": false, "a@bobmail.info": false, "a@asdasd.ru": false, `"a"@example.com`: false,
	}
	for email, good := range tests {
		c := newClient(t, tvfake.Options{})
		if r := c.do("POST", "/users", newUser(map[string]any{"email": email})); (r.status == http.StatusOK) != good {
			t.Errorf("%q: %d %s, want accepted %v", email, r.status, r.body, good)
		}
	}
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	for i, language := range strings.Fields("bg cs da de el en es fi fr hr hu id it ja ko lt nl no pl pt ro ru sk sr sv th tr uk vi zh_CN zh_TW") {
		email := string(rune('a'+i%26)) + strings.Repeat("x", i) + "@example.com"
		c.want(http.StatusOK, "POST", "/users", newUser(map[string]any{"email": email, "language": language}))
		if u, _ := c.server.UserByEmail(email); u.Language != language {
			t.Errorf("language %q, want %q", u.Language, language)
		}
	}
}

func TestMediaType(t *testing.T) {
	t.Parallel()
	for value, good := range map[string]bool{
		"application/json": true, "application/json; charset=utf-8": true, "Application/JSON": true,
		"text/plain": false, "application/scim+json": false, "application/x-www-form-urlencoded": false, "": false, ";;": false,
	} {
		c := newClient(t, tvfake.Options{})
		c.header = http.Header{"Content-Type": {value}}
		r := c.do("POST", "/users", newUser(nil))
		if (r.status == http.StatusOK) != good || !good && r.category() != "invalid_request" {
			t.Errorf("Content-Type %q: %d %s, want accepted %v", value, r.status, r.body, good)
		}
	}
}

func TestEmailInUse(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.server.AddOutsider("out@example.com")
	other := c.server.AddCompany("second").AddUser(tvfake.User{Email: "there@example.com"})
	mine := c.create("mine@example.com")
	before, _ := c.server.User(mine)
	for _, email := range []string{"out@example.com", "OUT@EXAMPLE.COM", other.Email, c.server.Users()[0].Email} {
		body := newUser(map[string]any{"email": email})
		same(t, "POST "+email, c.want(http.StatusBadRequest, "POST", "/users", body).category(), "email_in_use")
		if email != before.Email {
			body := `{"email":"` + email + `","active":false}`
			same(t, "PUT "+email, c.want(http.StatusBadRequest, "PUT", "/users/"+mine, body).category(), "email_in_use")
		}
	}
	after, _ := c.server.User(mine)
	same(t, "user after refusals", after, before)
}

func TestCreateUserRoles(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.server.SetRights(tvfake.AllRights()...)
	asked, usual := c.server.AddRole("Asked"), c.server.AddRole("Usual")
	c.want(http.StatusNoContent, "PUT", "/userroles/"+usual.ID+"/predefined", "")
	for i, tt := range []struct {
		changes map[string]any
		want    []string
	}{
		{nil, []string{usual.ID}},
		{map[string]any{"ignorePredefinedRole": true}, nil},
		{map[string]any{"userRoleId": strings.ToUpper(asked.ID), "ignorePredefinedRole": true}, []string{asked.ID}},
	} {
		email := strings.Repeat("x", i+1) + "@example.com"
		body := maps.Clone(tt.changes)
		if body == nil {
			body = map[string]any{}
		}
		body["email"] = email
		c.want(http.StatusOK, "POST", "/users", newUser(body))
		u, _ := c.server.UserByEmail(email)
		if len(u.Roles) != len(tt.want) || len(tt.want) > 0 && u.Roles[0] != tt.want[0] {
			t.Errorf("%v: roles %v, want %v", tt.changes, u.Roles, tt.want)
		}
	}
}
