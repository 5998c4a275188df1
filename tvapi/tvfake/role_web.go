package tvfake

import (
	"net/http"
	"slices"
	"strings"
)

// roleWire is a role as the Web API shows it (swagger: UserRole).
type roleWire struct {
	Name        string          `json:"Name"`
	ID          string          `json:"Id"`
	Permissions map[string]bool `json:"Permissions"`
}

// roleBody is the body of POST and PUT /userroles; POST takes no UserRoleId.
type roleBody struct {
	Name        *string  `json:"Name"`
	Permissions []string `json:"Permissions"`
	UserRoleID  *string  `json:"UserRoleId"`
}

func (r *role) wire() roleWire {
	w := roleWire{r.name, r.id, map[string]bool{}}
	for _, name := range permissionNames() {
		w.Permissions[name] = slices.Contains(r.permissions, name)
	}
	return w
}

func (c *Company) roleNamed(id string) (*role, error) {
	r, ok := c.roles[strings.ToLower(id)]
	if !ok {
		return nil, refuse(http.StatusNotFound, "not_found", "the user role was not found")
	}
	return r, nil
}

// listRoles shows all roles (GET /userroles).
func (c *Company) listRoles(*request) (answer, error) {
	roles := []roleWire{}
	for _, id := range listed(c.server, c.roles) {
		roles = append(roles, c.roles[id].wire())
	}
	return jsonAnswer(http.StatusOK, map[string]any{"Roles": roles}), nil
}

// roleFields reads and checks the body of POST and PUT /userroles.
func (c *Company) roleFields(r *request) (roleBody, error) {
	p, err := decode[roleBody](c.server.variant, r)
	if err != nil {
		return p, err
	}
	if p.Name == nil || p.Permissions == nil {
		return p, badRequest("Name, Permissions: a parameter is missing")
	}
	for _, name := range p.Permissions {
		if !slices.Contains(permissionNames(), name) {
			return p, badRequest("Permissions: %q is not known", name)
		}
	}
	return p, checkName("Name", *p.Name, 1, maxRoleName)
}

// createRole makes a role (POST /userroles).
func (c *Company) createRole(r *request) (answer, error) {
	p, err := c.roleFields(r)
	if err != nil {
		return answer{}, err
	}
	return jsonAnswer(http.StatusOK, map[string]any{"Role": c.addRole(*p.Name, p.Permissions).wire()}), nil
}

// changeRole changes a role (PUT /userroles).
func (c *Company) changeRole(r *request) (answer, error) {
	p, err := c.roleFields(r)
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
	found.name, found.permissions = *p.Name, slices.Sorted(slices.Values(p.Permissions))
	return answer{status: http.StatusNoContent}, nil
}

// deleteRole deletes a role (DELETE /userroles?userRoleId=).
func (c *Company) deleteRole(r *request) (answer, error) {
	found, err := c.roleNamed(r.query.Get("userRoleId"))
	if err != nil {
		return answer{}, err
	}
	c.dropRole(found)
	return answer{status: http.StatusNoContent}, nil
}

// listPermissions shows what a role may hold (GET /userroles/permissions).
func (c *Company) listPermissions(*request) (answer, error) {
	if c.server.variant.RolePermissionsObject {
		return jsonAnswer(http.StatusOK, map[string]any{"Permissions": permissionNames()}), nil
	}
	return jsonAnswer(http.StatusOK, permissionNames()), nil
}

// getPredefinedRole shows the role of new users (GET /userroles/predefined).
func (c *Company) getPredefinedRole(*request) (answer, error) {
	return jsonAnswer(http.StatusOK, map[string]any{"PredefinedUserRoleId": orNull(c.predefined)}), nil
}

// setPredefinedRole chooses it (PUT /userroles/{id}/predefined).
func (c *Company) setPredefinedRole(r *request) (answer, error) {
	found, err := c.roleNamed(r.params[0])
	if err != nil {
		return answer{}, err
	}
	c.predefined = found.id
	return answer{status: http.StatusNoContent}, nil
}

// clearPredefinedRole takes it away (DELETE /userroles/predefined).
func (c *Company) clearPredefinedRole(*request) (answer, error) {
	c.predefined = ""
	return answer{status: http.StatusNoContent}, nil
}

// orNull is a text, or JSON's null for none.
func orNull(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
