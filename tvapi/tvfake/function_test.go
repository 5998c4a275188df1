package tvfake_test

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// id is the id of a group in a path.
func id(g tvfake.Group) string { return strconv.FormatInt(g.ID, 10) }

// TestFunctions calls each function of the Web API once and well.
func TestFunctions(t *testing.T) {
	t.Parallel()
	// {u} is a user, {n} its number, {g} a group it is in, {h} a group without it, {r} a role.
	tests := []struct {
		function, path, body string
		status               int
	}{
		{"GET /ping", "/ping", "", 200},
		{"GET /account", "/account", "", 200},
		{"GET /users", "/users", "", 200},
		{"POST /users", "/users", `{"email":"new@example.com","name":"Ne","language":"de"}`, 200},
		{"GET /users/{id}", "/users/{u}", "", 200},
		{"PUT /users/{id}", "/users/{u}", `{"name":"Other"}`, 204},
		{"DELETE /users/{id}", "/users/{u}", "", 204},
		{"GET /users/{id}/userroles", "/users/{u}/userroles", "", 200},
		{"GET /usergroups", "/usergroups", "", 200},
		{"POST /usergroups", "/usergroups", `{"name":"New"}`, 201},
		{"GET /usergroups/{id}", "/usergroups/{g}", "", 200},
		{"PUT /usergroups/{id}", "/usergroups/{g}", `{"name":"Other"}`, 200},
		{"DELETE /usergroups/{id}", "/usergroups/{g}", "", 204},
		{"GET /usergroups/{id}/members", "/usergroups/{g}/members", "", 200},
		{"POST /usergroups/{id}/members", "/usergroups/{h}/members", `[{n}]`, 201},
		{"DELETE /usergroups/{id}/members", "/usergroups/{g}/members", `[{n}]`, 204},
		{"DELETE /usergroups/{id}/members/{accountId}", "/usergroups/{g}/members/{n}", "", 204},
		{"GET /usergroups/{id}/userroles", "/usergroups/{g}/userroles", "", 200},
		{"GET /userroles", "/userroles", "", 200},
		{"POST /userroles", "/userroles", `{"Name":"R2","Permissions":["ManageUsers"]}`, 200},
		{"PUT /userroles", "/userroles", `{"Name":"R3","Permissions":[],"UserRoleId":"{r}"}`, 204},
		{"DELETE /userroles", "/userroles?userRoleId={r}", "", 204},
		{"GET /userroles/permissions", "/userroles/permissions", "", 200},
		{"GET /userroles/assignments/account", "/userroles/assignments/account?userRoleId={r}", "", 200},
		{"GET /userroles/assignments/usergroups", "/userroles/assignments/usergroups?userRoleId={r}", "", 200},
		{"POST /userroles/assign/account", "/userroles/assign/account", `{"UserIds":["{u}"],"UserRoleId":"{r}"}`, 204},
		{"POST /userroles/unassign/account", "/userroles/unassign/account", `{"UserIds":["{u}"],"UserRoleId":"{r}"}`, 204},
		{"POST /userroles/assign/usergroup", "/userroles/assign/usergroup", `{"UserGroupId":{g},"UserRoleId":"{r}"}`, 204},
		{"POST /userroles/unassign/usergroup", "/userroles/unassign/usergroup", `{"UserGroupId":{g}}`, 204},
		{"GET /userroles/predefined", "/userroles/predefined", "", 200},
		{"PUT /userroles/{id}/predefined", "/userroles/{r}/predefined", "", 204},
		{"DELETE /userroles/predefined", "/userroles/predefined", "", 204},
	}
	for _, tt := range tests {
		t.Run(tt.function, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, tvfake.Options{})
			c.server.SetRights(tvfake.AllRights()...)
			u := c.server.AddUser(tvfake.User{Active: true})
			g, h := c.server.AddGroup("A", u.ID), c.server.AddGroup("B")
			role := c.server.AddRole("R")
			fill := strings.NewReplacer("{u}", u.ID, "{n}", account(u.ID), "{g}", id(g), "{h}", id(h), "{r}", role.ID)
			method, _, _ := strings.Cut(tt.function, " ")

			r := c.want(tt.status, method, fill.Replace(tt.path), fill.Replace(tt.body))
			same(t, "calls", c.server.Calls(), map[string]int{tt.function: 1})
			if (r.body == "") != (tt.status == http.StatusNoContent) {
				t.Errorf("status %d with body %q", r.status, r.body)
			}
			if r.body != "" {
				same(t, "Content-Type", r.header.Get("Content-Type"), "application/json; charset=utf-8")
			}
			if c.server.CompanyDeleted() {
				t.Error("the company is gone")
			}
		})
	}
}

// TestRights withholds each right in turn: exactly the functions that need it are refused, whatever
// else is wrong with the call.
func TestRights(t *testing.T) {
	t.Parallel()
	needs := map[tvfake.Right][]string{
		tvfake.RightAccountRead:  {"GET /account"},
		tvfake.RightUsersRead:    {"GET /users", "GET /users/u1", "GET /users/u1/userroles", "GET /userroles", "GET /userroles/permissions", "GET /userroles/predefined"},
		tvfake.RightUsersCreate:  {"POST /users"},
		tvfake.RightUsersModify:  {"PUT /users/u1", "DELETE /users/u1"},
		tvfake.RightGroupsRead:   {"GET /usergroups", "GET /usergroups/1", "GET /usergroups/1/members", "GET /usergroups/1/userroles"},
		tvfake.RightGroupsCreate: {"POST /usergroups"},
		tvfake.RightGroupsModify: {"PUT /usergroups/1", "POST /usergroups/1/members", "DELETE /usergroups/1/members", "DELETE /usergroups/1/members/2"},
		tvfake.RightGroupsDelete: {"DELETE /usergroups/1"},
		tvfake.RightRolesModify:  {"POST /userroles", "PUT /userroles", "DELETE /userroles", "POST /userroles/assign/account", "DELETE /userroles/predefined"},
	}
	for withheld := range needs {
		t.Run(string(withheld), func(t *testing.T) {
			t.Parallel()
			c := newClient(t, tvfake.Options{})
			var rights []tvfake.Right
			for _, r := range tvfake.AllRights() {
				if r != withheld {
					rights = append(rights, r)
				}
			}
			c.server.SetRights(rights...)
			for right, calls := range needs {
				for _, call := range calls {
					method, path, _ := strings.Cut(call, " ")
					r := c.do(method, path, "")
					if got, want := r.category() == "invalid_permission", right == withheld; got != want {
						t.Errorf("without %s, %s: %d %s", withheld, call, r.status, r.body)
					}
					if r.category() == "invalid_permission" && (r.status != http.StatusForbidden || !strings.Contains(r.body, string(right))) {
						t.Errorf("%s: %d %s, want 403 and the name of the right", call, r.status, r.body)
					}
				}
			}
		})
	}
}

func TestDefaultRightsHaveNoRoles(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	same(t, "error", c.want(http.StatusForbidden, "POST", "/userroles", `{}`).category(), "invalid_permission")
}

func TestAdministratorsNeedARight(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	admin := c.server.AddUser(tvfake.User{Active: true, Administrator: true})
	for _, who := range []string{admin.ID, c.server.OwnerID()} {
		same(t, "PUT", c.want(http.StatusForbidden, "PUT", "/users/"+who, `{"active":false}`).category(), "invalid_permission")
		same(t, "DELETE", c.want(http.StatusForbidden, "DELETE", "/users/"+who, "").category(), "invalid_permission")
	}
	c.server.SetRights(tvfake.AllRights()...)
	c.want(http.StatusNoContent, "PUT", "/users/"+admin.ID, `{"active":false}`)
	c.want(http.StatusNoContent, "DELETE", "/users/"+admin.ID, "")
}

func TestRemovalRight(t *testing.T) {
	t.Parallel()
	v := tvfake.Default()
	v.RemovalNeedsRight = true
	c := newClient(t, tvfake.Options{Variant: v})
	u := c.server.AddUser(tvfake.User{})
	same(t, "error", c.want(http.StatusForbidden, "DELETE", "/users/"+u.ID, "").category(), "invalid_permission")
	c.server.SetRights(tvfake.AllRights()...)
	c.want(http.StatusNoContent, "DELETE", "/users/"+u.ID, "")
}

func TestTokens(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name     string
		state    tvfake.TokenState
		header   string // Authorization; %s is the token
		status   int
		category string
		ping     string
	}{
		{"good", tvfake.TokenValid, "Bearer %s", 200, "", `{"token_valid":true}`},
		{"scheme in another case", tvfake.TokenValid, "bearer %s", 200, "", `{"token_valid":true}`},
		{"unknown", tvfake.TokenValid, "Bearer x%s", 401, "invalid_token", `{"token_valid":false}`},
		{"missing", tvfake.TokenValid, "", 401, "invalid_token", `{"token_valid":false}`},
		{"bare", tvfake.TokenValid, "%s", 401, "invalid_token", `{"token_valid":false}`},
		{"basic", tvfake.TokenValid, "Basic %s", 401, "invalid_token", `{"token_valid":false}`},
		{"expired", tvfake.TokenExpired, "Bearer %s", 401, "token_expired", `{"token_valid":false}`},
		{"revoked", tvfake.TokenRevoked, "Bearer %s", 401, "invalid_token", `{"token_valid":false}`},
		{"blocked", tvfake.TokenBlocked, "Bearer %s", 403, "blocked", `{"token_valid":false}`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, tvfake.Options{})
			c.server.SetTokenState(tt.state)
			c.token = ""
			if tt.header != "" {
				c.header = http.Header{"Authorization": {strings.ReplaceAll(tt.header, "%s", c.server.Token())}}
			}
			r := c.want(tt.status, "GET", "/users", "")
			same(t, "error", r.category(), tt.category)
			same(t, "ping", c.want(http.StatusOK, "GET", "/ping", "").body, tt.ping)
		})
	}
}

func TestErrorBody(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	body := c.want(http.StatusNotFound, "GET", "/users/u1", "").object()
	same(t, "members", keys(body), []string{"error", "error_code", "error_description", "error_signature"})
	if code, _ := body["error_code"].(float64); code < 1000 {
		t.Errorf("error_code %v, want a number", body["error_code"])
	}
	other := c.want(http.StatusBadRequest, "POST", "/users", "{}").object()
	if fmt.Sprint(body["error_code"]) == fmt.Sprint(other["error_code"]) {
		t.Error("two kinds of error have one code")
	}
}

func TestAccount(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	owner, _ := c.server.User(c.server.OwnerID())
	got := c.want(http.StatusOK, "GET", "/account", "").object()
	same(t, "userid", got["userid"], any(owner.ID))
	same(t, "email", got["email"], any(owner.Email))
	same(t, "name", got["name"], any(owner.Name))

	c.server.SetRights(tvfake.RightAccountRead)
	got = c.want(http.StatusOK, "GET", "/account", "").object()
	if _, shown := got["email"]; shown {
		t.Error("the address is shown without Account.ReadEmail")
	}
}

func TestLicence(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.server.SetLicensed(false)
	for _, call := range []string{"GET /usergroups", "POST /usergroups", "GET /usergroups/1/members"} {
		method, path, _ := strings.Cut(call, " ")
		same(t, call, c.want(http.StatusForbidden, method, path, "").category(), "license_required")
	}
	c.want(http.StatusOK, "GET", "/users", "")
	c.server.SetLicensed(true)
	c.want(http.StatusOK, "GET", "/usergroups", "")
}
