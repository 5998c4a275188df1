package tvfake_test

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// newRoles is a company whose token may do everything, with two roles.
func newRoles(t testing.TB, v tvfake.Variant) (c *client, a, b tvfake.Role) {
	t.Helper()
	c = newClient(t, tvfake.Options{Variant: v})
	c.server.SetRights(tvfake.AllRights()...)
	return c, c.server.AddRole("A", "ManageUsers"), c.server.AddRole("B")
}

func TestRoleIDsAreGUIDs(t *testing.T) {
	t.Parallel()
	_, a, b := newRoles(t, tvfake.Default())
	guid := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$`)
	if !guid.MatchString(a.ID) || !guid.MatchString(b.ID) || a.ID == b.ID {
		t.Errorf("ids %s and %s, want two GUIDs", a.ID, b.ID)
	}
}

func TestRoles(t *testing.T) {
	t.Parallel()
	c, a, b := newRoles(t, tvfake.Default())
	list := decode[struct {
		Roles []struct {
			Name, ID    string
			Permissions map[string]bool
		}
	}](c.want(http.StatusOK, "GET", "/userroles", ""))
	slices.SortFunc(list.Roles, func(x, y struct {
		Name, ID    string
		Permissions map[string]bool
	},
	) int {
		return strings.Compare(x.Name, y.Name)
	})
	same(t, "ids", []string{list.Roles[0].ID, list.Roles[1].ID}, []string{a.ID, b.ID})
	same(t, "permission", list.Roles[0].Permissions["ManageUsers"], true)
	permissions := decode[[]string](c.want(http.StatusOK, "GET", "/userroles/permissions", ""))
	same(t, "permissions", slices.Sorted(maps.Keys(list.Roles[1].Permissions)), permissions)

	made := c.want(http.StatusOK, "POST", "/userroles", `{"Name":"C","Permissions":["ViewAuditLog","ManageUsers"]}`)
	role := decode[struct{ Role struct{ Name, ID string } }](made).Role
	same(t, "name", role.Name, "C")
	c.want(http.StatusNoContent, "PUT", "/userroles", `{"UserRoleId":"`+role.ID+`","Name":"D","Permissions":[]}`)
	c.want(http.StatusNoContent, "DELETE", "/userroles?userRoleId="+a.ID, "")
	want := []tvfake.Role{b, {ID: role.ID, Name: "D"}}
	slices.SortFunc(want, func(x, y tvfake.Role) int { return strings.Compare(x.ID, y.ID) })
	same(t, "roles", c.server.Roles(), want)
}

func TestRolesRefused(t *testing.T) {
	t.Parallel()
	c, a, _ := newRoles(t, tvfake.Default())
	u := c.server.AddUser(tvfake.User{})
	g := c.server.AddGroup("G")
	many := strings.TrimSuffix(strings.Repeat(`"`+u.ID+`",`, 101), ",")
	const ghost = "11111111-1111-4111-8111-111111111111"
	tests := []struct {
		call, body string
		status     int
	}{
		{"POST /userroles", `{"Name":"","Permissions":[]}`, 400},
		{"POST /userroles", `{"Name":"` + strings.Repeat("x", 51) + `","Permissions":[]}`, 400},
		{"POST /userroles", `{"Name":"X"}`, 400},
		{"POST /userroles", `{"Permissions":[]}`, 400},
		{"POST /userroles", `{"Name":"X","Permissions":["Fly"]}`, 400},
		{"POST /userroles", `[`, 400},
		{"PUT /userroles", `{"Name":"X","Permissions":[]}`, 400},
		{"PUT /userroles", `{"Name":"X","Permissions":[],"UserRoleId":"` + ghost + `"}`, 404},
		{"PUT /userroles", `{"Name":"X"}`, 400},
		{"DELETE /userroles", "", 404},
		{"DELETE /userroles?userRoleId=" + ghost, "", 404},
		{"GET /userroles/assignments/account", "", 404},
		{"GET /userroles/assignments/usergroups?userRoleId=" + ghost, "", 404},
		{"GET /userroles/assignments/account?continuationToken=x&userRoleId=" + a.ID, "", 400},
		{"POST /userroles/assign/account", `{"UserIds":["` + u.ID + `"]}`, 400},
		{"POST /userroles/assign/account", `{"UserIds":[],"UserRoleId":"` + a.ID + `"}`, 400},
		{"POST /userroles/assign/account", `{"UserIds":[` + many + `],"UserRoleId":"` + a.ID + `"}`, 400},
		{"POST /userroles/assign/account", `{"UserIds":["` + u.ID + `","u1"],"UserRoleId":"` + a.ID + `"}`, 400},
		{"POST /userroles/assign/account", `{"UserIds":["` + u.ID + `"],"UserRoleId":"` + ghost + `"}`, 404},
		{"POST /userroles/assign/account", `x`, 400},
		{"POST /userroles/assign/usergroup", `{"UserGroupId":1,"UserRoleId":"` + a.ID + `"}`, 404},
		{"POST /userroles/assign/usergroup", `{"UserRoleId":"` + a.ID + `"}`, 400},
		{"POST /userroles/assign/usergroup", `{"UserGroupId":` + id(g) + `}`, 400},
		{"POST /userroles/assign/usergroup", `{"UserGroupId":` + id(g) + `,"UserRoleId":"` + ghost + `"}`, 404},
		{"POST /userroles/unassign/usergroup", `{}`, 400},
		{"POST /userroles/unassign/usergroup", `{"UserGroupId":"x"}`, 400},
		{"PUT /userroles/" + ghost + "/predefined", "", 404},
		{"GET /users/u1/userroles", "", 404},
	}
	before := c.server.Roles()
	for _, tt := range tests {
		method, path, _ := strings.Cut(tt.call, " ")
		if r := c.do(method, path, tt.body); r.status != tt.status || r.category() == "" {
			t.Errorf("%s %s: %d %s, want %d", tt.call, tt.body, r.status, r.body, tt.status)
		}
	}
	same(t, "roles", c.server.Roles(), before)
	got, _ := c.server.User(u.ID)
	same(t, "roles of the user", len(got.Roles), 0)
}

func TestRoleAssignments(t *testing.T) {
	t.Parallel()
	c, a, b := newRoles(t, tvfake.Default())
	var users []string
	for range 7 { // more than two pages
		users = append(users, c.server.AddUser(tvfake.User{}).ID)
	}
	body := `{"UserIds":["` + strings.Join(users, `","`) + `"],"UserRoleId":"` + a.ID + `"}`
	c.want(http.StatusNoContent, "POST", "/userroles/assign/account", body)
	c.want(http.StatusNoContent, "POST", "/userroles/assign/account", body) // again, without harm
	same(t, "users of the role", usersOfRole(c, a.ID), users)
	same(t, "users of the other", len(usersOfRole(c, b.ID)), 0)

	g := c.server.AddGroup("G", users[0])
	c.want(http.StatusNoContent, "POST", "/userroles/assign/usergroup", `{"UserGroupId":`+id(g)+`,"UserRoleId":"`+b.ID+`"}`)
	same(t, "role of the group", c.do("GET", "/usergroups/"+id(g)+"/userroles", "").body, `{"assignedRoleId":"`+b.ID+`"}`)
	same(t, "groups of the role", c.do("GET", "/userroles/assignments/usergroups?userRoleId="+b.ID, "").body,
		`{"AssignedToGroups":[`+id(g)+`],"ContinuationToken":null}`)
	got := decode[struct{ AssignedRoleIDs []string }](c.do("GET", "/users/"+users[0]+"/userroles", "")).AssignedRoleIDs
	slices.Sort(got)
	want := []string{a.ID, b.ID}
	slices.Sort(want)
	same(t, "roles of a member", got, want)

	c.want(http.StatusNoContent, "POST", "/userroles/unassign/account", body)
	c.want(http.StatusNoContent, "POST", "/userroles/unassign/usergroup", `{"UserGroupId":`+id(g)+`}`)
	same(t, "users of the role", len(usersOfRole(c, a.ID)), 0)
	same(t, "role of the group", c.do("GET", "/usergroups/"+id(g)+"/userroles", "").body, `{"assignedRoleId":null}`)
	same(t, "roles of a user", c.do("GET", "/users/"+users[0]+"/userroles", "").body,
		`{"assignedRoleIds":[],"currentPaginationToken":null,"nextPaginationToken":null}`)
}

// usersOfRole follows the pages of a role's users, sorted.
func usersOfRole(c *client, role string) []string {
	c.t.Helper()
	var users []string
	for token := ""; ; {
		r := c.want(http.StatusOK, "GET", fmt.Sprintf("/userroles/assignments/account?userRoleId=%s&continuationToken=%s", role, token), "")
		p := decode[struct {
			ContinuationToken string
			AssignedToUsers   []string
		}](r)
		users = append(users, p.AssignedToUsers...)
		if token = p.ContinuationToken; token == "" {
			slices.Sort(users)
			return users
		}
	}
}

func TestPredefinedRole(t *testing.T) {
	t.Parallel()
	c, a, b := newRoles(t, tvfake.Default())
	same(t, "at first", c.do("GET", "/userroles/predefined", "").body, `{"PredefinedUserRoleId":null}`)
	c.want(http.StatusNoContent, "PUT", "/userroles/"+a.ID+"/predefined", "")
	c.want(http.StatusNoContent, "PUT", "/userroles/"+b.ID+"/predefined", "")
	same(t, "shown", c.do("GET", "/userroles/predefined", "").body, `{"PredefinedUserRoleId":"`+b.ID+`"}`)
	same(t, "known", c.server.PredefinedRole(), b.ID)
	c.want(http.StatusNoContent, "DELETE", "/userroles/predefined", "")
	same(t, "cleared", c.server.PredefinedRole(), "")
}

func TestDeletedRoleLeavesNothing(t *testing.T) {
	t.Parallel()
	c, a, b := newRoles(t, tvfake.Default())
	u := c.server.AddUser(tvfake.User{Roles: []string{a.ID, b.ID}})
	g := c.server.AddGroup("G")
	c.server.ChangeGroup(g.ID, func(g *tvfake.Group) { g.Role = a.ID })
	c.want(http.StatusNoContent, "PUT", "/userroles/"+a.ID+"/predefined", "")
	c.want(http.StatusNoContent, "DELETE", "/userroles?userRoleId="+strings.ToUpper(a.ID), "")
	user, _ := c.server.User(u.ID)
	group, _ := c.server.Group(g.ID)
	same(t, "roles of the user", user.Roles, []string{b.ID})
	same(t, "role of the group", group.Role, "")
	same(t, "predefined", c.server.PredefinedRole(), "")
}
