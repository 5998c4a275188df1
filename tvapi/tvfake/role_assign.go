package tvfake

import (
	"net/http"
	"slices"
)

// roleToUsers is the body of POST /userroles/assign/account and unassign/account.
type roleToUsers struct {
	UserIDs    []string `json:"UserIds"`
	UserRoleID *string  `json:"UserRoleId"`
}

// roleToGroup is the body of POST /userroles/assign/usergroup; unassign takes no role.
type roleToGroup struct {
	UserRoleID  *string `json:"UserRoleId"`
	UserGroupID *int64  `json:"UserGroupId"`
}

// listRolesOfUser shows one page of the roles of a user, those given directly and those of its
// groups (GET /users/{id}/userroles).
func (c *Company) listRolesOfUser(r *request) (answer, error) {
	v := c.server.variant
	roles := map[string]bool{}
	a, err := c.userNamed(r.params[0])
	switch {
	case err == nil:
		for _, id := range a.roles {
			roles[id] = true
		}
		for _, g := range c.groups {
			if _, member := g.members[a.number]; member && g.role != "" {
				roles[g.role] = true
			}
		}
	case !v.UnknownUserNoRoles:
		return answer{}, err
	}
	p, err := pageOf(c, r, "roles of "+r.params[0], r.query.Get("paginationToken"), func() []string {
		return listed(c.server, roles)
	})
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(http.StatusOK, pageWire(v, "assignedRoleIds", append([]string{}, p.keys...), p)), nil
}

// getRoleOfGroup shows the one role of a group (GET /usergroups/{id}/userroles).
func (c *Company) getRoleOfGroup(r *request) (answer, error) {
	g, err := c.groupNamed(r.params[0])
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(http.StatusOK, map[string]any{"assignedRoleId": orNull(g.role)}), nil
}

// listUsersOfRole shows one page of the users that have a role directly (GET
// /userroles/assignments/account).
func (c *Company) listUsersOfRole(r *request) (answer, error) {
	return listAssigned(c, r, "AssignedToUsers", c.users, formatUserID, func(a *account, id string) bool {
		return slices.Contains(a.roles, id)
	})
}

// listGroupsOfRole shows one page of the groups that have a role (GET
// /userroles/assignments/usergroups).
func (c *Company) listGroupsOfRole(r *request) (answer, error) {
	asIs := func(id int64) int64 { return id }
	return listAssigned(c, r, "AssignedToGroups", c.groups, asIs, func(g *group, id string) bool { return g.role == id })
}

// listAssigned shows one page of the users or groups with a role.
func listAssigned[K int32 | int64, V, W any](
	c *Company, r *request, member string, all map[K]V, wire func(K) W, has func(V, string) bool,
) (answer, error) {
	found, err := c.roleNamed(r.query.Get("userRoleId"))
	if err != nil {
		return answer{}, err
	}
	p, err := pageOf(c, r, member+" "+found.id, r.query.Get("continuationToken"), func() []K {
		return slices.DeleteFunc(listed(c.server, all), func(k K) bool { return !has(all[k], found.id) })
	})
	if err != nil {
		return answer{}, err
	}
	items := []W{}
	for _, k := range p.keys {
		items = append(items, wire(k))
	}
	out := map[string]any{member: items}
	if next, there := lastToken(c.server.variant, p.next); there {
		out["ContinuationToken"] = next
	}
	return jsonAnswer(http.StatusOK, out), nil
}

// assignRole gives a role to users (POST /userroles/assign/account).
func (c *Company) assignRole(r *request) (answer, error) { return c.changeRoles(r, withRoles) }

// unassignRole takes a role from users (POST /userroles/unassign/account).
func (c *Company) unassignRole(r *request) (answer, error) { return c.changeRoles(r, withoutRoles) }

// changeRoles changes the roles of all users that a call names, or of none.
func (c *Company) changeRoles(r *request, change func(roles, ids []string) []string) (answer, error) {
	p, err := decode[roleToUsers](c.server.variant, r)
	if err != nil {
		return answer{}, err
	}
	if p.UserRoleID == nil || len(p.UserIDs) == 0 || len(p.UserIDs) > maxMembers {
		return answer{}, badRequest("UserRoleId and 1 to %d UserIds are needed", maxMembers)
	}
	found, err := c.roleNamed(*p.UserRoleID)
	if err != nil {
		return answer{}, err
	}
	var users []*account
	for _, id := range p.UserIDs {
		number, _ := parseUserID(id, false)
		a, ok := c.users[number]
		if !ok {
			return answer{}, badRequest("UserIds: a user is not in this company")
		}
		users = append(users, a)
	}
	for _, a := range users {
		c.setRoles(a, change(a.roles, []string{found.id}))
	}
	return answer{status: http.StatusNoContent}, nil
}

// assignGroupRole gives a group its one role (POST /userroles/assign/usergroup).
func (c *Company) assignGroupRole(r *request) (answer, error) {
	p, g, err := c.groupOfRole(r)
	if err != nil {
		return answer{}, err
	}
	if p.UserRoleID == nil {
		return answer{}, badRequest("UserRoleId: the parameter is missing")
	}
	found, err := c.roleNamed(*p.UserRoleID)
	if err != nil {
		return answer{}, err
	}
	g.role = found.id
	return answer{status: http.StatusNoContent}, nil
}

// unassignGroupRole takes it away (POST /userroles/unassign/usergroup).
func (c *Company) unassignGroupRole(r *request) (answer, error) {
	_, g, err := c.groupOfRole(r)
	if err != nil {
		return answer{}, err
	}
	g.role = ""
	return answer{status: http.StatusNoContent}, nil
}

// groupOfRole reads which group a call is about.
func (c *Company) groupOfRole(r *request) (roleToGroup, *group, error) {
	p, err := decode[roleToGroup](c.server.variant, r)
	if err != nil {
		return p, nil, err
	}
	if p.UserGroupID == nil {
		return p, nil, badRequest("UserGroupId: the parameter is missing")
	}
	g, ok := c.groups[*p.UserGroupID]
	if !ok {
		return p, nil, refuse(http.StatusNotFound, "not_found", "the user group was not found")
	}
	return p, g, nil
}
