package tvfake_test

import (
	"net/http"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// bodies are the calls that take a body, each with a good one. {g} is a group, {r} a role.
var bodies = []struct{ method, path, body string }{
	{"POST", "/users", createBody},
	{"PUT", "/users/u1", `{"active":false}`},
	{"POST", "/usergroups", `{"name":"New"}`},
	{"PUT", "/usergroups/{g}", `{"name":"New"}`},
	{"POST", "/usergroups/{g}/members", "[2]"},
	{"DELETE", "/usergroups/{g}/members", "[1]"},
	{"POST", "/userroles", `{"Name":"R2","Permissions":[]}`},
	{"PUT", "/userroles", `{"Name":"R2","Permissions":[],"UserRoleId":"{r}"}`},
	{"POST", "/userroles/assign/account", `{"UserIds":["u1"],"UserRoleId":"{r}"}`},
	{"POST", "/userroles/unassign/account", `{"UserIds":["u1"],"UserRoleId":"{r}"}`},
	{"POST", "/userroles/assign/usergroup", `{"UserGroupId":{g},"UserRoleId":"{r}"}`},
	{"POST", "/userroles/unassign/usergroup", `{"UserGroupId":{g}}`},
}

// eachBody sends every body, made worse, to a new company under a variant.
func eachBody(t *testing.T, v tvfake.Variant, worse func(body string) string, check func(t *testing.T, r reply)) {
	t.Helper()
	for _, b := range bodies {
		t.Run(b.method+" "+b.path, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, v)
			c.server.SetRights(tvfake.AllRights()...)
			fill := strings.NewReplacer("{g}", id(c.group), "{r}", c.server.AddRole("R").ID)
			check(t, c.do(b.method, fill.Replace(b.path), worse(fill.Replace(b.body))))
		})
	}
}

func accepted(t *testing.T, r reply) {
	t.Helper()
	if r.status/100 != 2 {
		t.Errorf("%d %s, want success", r.status, r.body)
	}
}

func refused(t *testing.T, r reply) {
	t.Helper()
	if r.status != http.StatusBadRequest || r.category() != "invalid_request" {
		t.Errorf("%d %s, want 400 invalid_request", r.status, r.body)
	}
}

func TestBodies(t *testing.T) {
	t.Parallel()
	list := func(body string) bool { return strings.HasPrefix(body, "[") }
	for name, tt := range map[string]struct {
		worse func(string) string
		check func(*testing.T, reply)
	}{
		"as it is":      {func(body string) string { return body }, accepted},
		"with space":    {func(body string) string { return " \n" + body + "\t" }, accepted},
		"cut":           {func(body string) string { return body[:len(body)-1] }, refused},
		"with a tail":   {func(body string) string { return body + body }, refused},
		"null":          {func(string) string { return "null" }, refused},
		"a text":        {func(string) string { return `"x"` }, refused},
		"another shape": {func(body string) string { return map[bool]string{true: "{}", false: "[]"}[list(body)] }, refused},
		"an unknown field": {func(body string) string {
			if list(body) {
				return `{"accounts":` + body + `}`
			}
			return `{"surprise":1,` + body[1:]
		}, refused},
		"in capitals": {func(body string) string {
			if list(body) {
				return body
			}
			return strings.NewReplacer(`"name"`, `"NAME"`, `"Name"`, `"NAME"`, `"active"`, `"ACTIVE"`,
				`"UserRoleId"`, `"USERROLEID"`, `"UserGroupId"`, `"USERGROUPID"`, `"email"`, `"EMAIL"`).Replace(body)
		}, accepted},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachBody(t, tvfake.Default(), tt.worse, tt.check)
		})
	}
}

func TestUnknownFieldsIgnored(t *testing.T) {
	t.Parallel()
	v, _ := tvfake.VariantByName("unknown-fields-ignored")
	eachBody(t, v, func(body string) string { return strings.Replace(body, "{", `{"surprise":{"x":[1]},`, 1) }, accepted)
}

// TestExactNamesAreNotFolded: where names mind case and unknown ones are ignored, a name in another
// case has no effect at all.
func TestExactNamesAreNotFolded(t *testing.T) {
	t.Parallel()
	v := tvfake.Default()
	v.RequestNamesExact, v.UnknownFieldsIgnored = true, true
	c := newCompany(t, v)
	c.want(http.StatusNoContent, "PUT", "/users/u1", `{"Active":false,"name":"New"}`)
	u, _ := c.server.User("u1")
	same(t, "active", u.Active, true)
	same(t, "name", u.Name, "New")
	c.want(http.StatusBadRequest, "PUT", "/users/u1", `{"Active":false}`)
}

// TestDeprecatedPermissions: POST refuses the field even where unknown ones are ignored, for it is
// known.
func TestDeprecatedPermissions(t *testing.T) {
	t.Parallel()
	v, _ := tvfake.VariantByName("unknown-fields-ignored")
	c := newCompany(t, v)
	refused(t, c.do("POST", "/users", newUser(map[string]any{"permissions": "ManageUsers"})))
	c.want(http.StatusNoContent, "PUT", "/users/u1", `{"permissions":"ManageUsers"}`)
}
