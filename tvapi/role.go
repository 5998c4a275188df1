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
