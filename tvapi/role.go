package tvapi

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
)

// Role is a user role: a named set of permissions. Answers about roles are in PascalCase, unlike
// all others.
type Role struct {
	ID          string // a GUID
	Name        string
	Permissions map[string]bool
}

// Roles returns the user roles of the company.
//
// TeamViewer Web API: GET /userroles
func (c *Client) Roles(ctx context.Context) ([]Role, error) {
	var answer struct {
		Roles []struct {
			ID          string          `json:"Id"`
			Name        string          `json:"Name"`
			Permissions map[string]bool `json:"Permissions"`
		} `json:"Roles"`
	}
	err := c.send(ctx, call{
		function: FuncRoleList, limit: pageLimit,
		read: readObject(&answer, func() bool { return answer.Roles != nil }),
	})
	if err != nil {
		return nil, err
	}
	roles := make([]Role, len(answer.Roles))
	for i, role := range answer.Roles {
		roles[i] = Role(role)
	}
	return roles, nil
}

// PredefinedRole returns the id of the role that every new user of the company gets; "" = none.
//
// TeamViewer Web API: GET /userroles/predefined
func (c *Client) PredefinedRole(ctx context.Context) (string, error) {
	var answer struct {
		Role json.RawMessage `json:"PredefinedUserRoleId"`
	}
	var role string
	err := c.send(ctx, call{
		function: FuncRolePredefined,
		read: readObject(&answer, func() bool {
			return answer.Role != nil && json.Unmarshal(answer.Role, &role) == nil && (role == "" || validRoleID(role))
		}),
	})
	if err != nil {
		return "", err
	}
	return role, nil
}

// Administers returns the administrative permissions of the role, sorted: those to manage users,
// groups, roles or the company. TeamViewer documents no list of permissions; the names of these
// begin with "Manage" (source of TeamViewer's PowerShell module).
func (r Role) Administers() []string {
	var names []string
	for name, granted := range r.Permissions {
		if granted && strings.HasPrefix(strings.ToLower(name), "manage") {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// UserRoles returns the ids of a user's roles, including those of its groups. TeamViewer may return
// an empty list for an unknown user.
//
// TeamViewer Web API: GET /users/{id}/userroles
func (c *Client) UserRoles(ctx context.Context, id UserID) ([]string, error) {
	if !id.Valid() {
		return nil, refuseUser(FuncUserRoles, id)
	}
	k := call{function: FuncUserRoles, subject: "user " + id.String(), id: id.String(), list: "assignedRoleIds"}
	var roles []string
	for role, err := range pages[wireRoleID](ctx, c, k) {
		if err != nil {
			return nil, err
		}
		roles = append(roles, role)
	}
	return roles, nil
}

// wireRoleID is the id of a role on the wire.
type wireRoleID string

// parse returns the id, and whether it is valid.
func (id wireRoleID) parse() (role string, key any, ok bool) {
	return string(id), id, validRoleID(string(id))
}

// fit returns the error of an id that is too long.
func (id wireRoleID) fit() error { return fit(text{"id", string(id)}) }

// GroupRole returns the id of a user group's role; "" = none.
//
// TeamViewer Web API: GET /usergroups/{id}/userroles
func (c *Client) GroupRole(ctx context.Context, id GroupID) (string, error) {
	if !id.Valid() {
		return "", refuseGroup(FuncGroupRole, id)
	}
	var answer struct {
		Role json.RawMessage `json:"assignedRoleId"`
	}
	var role string
	err := c.send(ctx, call{
		function: FuncGroupRole, subject: "usergroup " + id.String(), id: id.String(),
		read: readObject(&answer, func() bool {
			return answer.Role != nil && json.Unmarshal(answer.Role, &role) == nil
		}),
	})
	if err != nil {
		return "", err
	}
	return role, nil
}

// AssignRole assigns a role to users, MaxMembers per call; done and err are those of AddMembers.
//
// TeamViewer Web API: POST /userroles/assign/account
func (c *Client) AssignRole(ctx context.Context, role string, users []UserID) (done int, err error) {
	return c.changeRole(ctx, FuncRoleAssign, role, users)
}

// UnassignRole removes a role from users, MaxMembers per call; done and err are those of
// AddMembers.
//
// TeamViewer Web API: POST /userroles/unassign/account
func (c *Client) UnassignRole(ctx context.Context, role string, users []UserID) (done int, err error) {
	return c.changeRole(ctx, FuncRoleUnassign, role, users)
}

func (c *Client) changeRole(ctx context.Context, function Function, role string, users []UserID) (int, error) {
	if !validRoleID(role) {
		return 0, refuse(function, "", "role id is not a GUID")
	}
	k := call{function: function, subject: "role " + role}
	return c.inChunks(ctx, k, users, func(chunk []UserID) any {
		return wireRoleUsers{Role: role, Users: chunk}
	})
}

// wireRoleUsers is the body of the calls that assign a role to users or remove it.
type wireRoleUsers struct {
	Role  string   `json:"UserRoleId"`
	Users []UserID `json:"UserIds"`
}

// wireRoleGroup is the body of the calls that assign a role to a group or remove it.
type wireRoleGroup struct {
	Role  string  `json:"UserRoleId,omitempty"`
	Group GroupID `json:"UserGroupId"`
}

// AssignGroupRole assigns a role to a user group, which replaces its current one.
//
// TeamViewer Web API: POST /userroles/assign/usergroup
func (c *Client) AssignGroupRole(ctx context.Context, id GroupID, role string) error {
	if !id.Valid() {
		return refuseGroup(FuncGroupRoleAssign, id)
	}
	if !validRoleID(role) {
		return refuse(FuncGroupRoleAssign, "usergroup "+id.String(), "role id is not a GUID")
	}
	return c.send(ctx, call{
		function: FuncGroupRoleAssign, subject: "usergroup " + id.String(),
		body: wireRoleGroup{Role: role, Group: id},
	})
}

// UnassignGroupRole removes the role of a user group.
//
// TeamViewer Web API: POST /userroles/unassign/usergroup
func (c *Client) UnassignGroupRole(ctx context.Context, id GroupID) error {
	if !id.Valid() {
		return refuseGroup(FuncGroupRoleUnassign, id)
	}
	return c.send(ctx, call{
		function: FuncGroupRoleUnassign, subject: "usergroup " + id.String(),
		body: wireRoleGroup{Group: id},
	})
}
