package tvfake

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Role is one user role of a company, as the emulator knows it.
type Role struct {
	ID          string // a GUID
	Name        string
	Permissions []string // sorted
}

type role struct {
	id          string
	name        string
	permissions []string
}

// permissionNames are the permissions that roles may hold. TeamViewer's own list is longer; these
// stand for it.
func permissionNames() []string {
	return []string{"AllowGroupSharing", "AssignBackupPolicies", "ManageUserGroups", "ManageUsers", "ViewAuditLog"}
}

func (r *role) role() Role { return Role{r.id, r.name, slices.Clone(r.permissions)} }

// AddRole makes a user role. Names need not be unique.
func (c *Company) AddRole(name string, permissions ...string) Role {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.addRole(name, permissions).role()
}

// Roles returns all roles, sorted by id.
func (c *Company) Roles() []Role {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	roles := make([]Role, 0, len(c.roles))
	for _, id := range slices.Sorted(maps.Keys(c.roles)) {
		roles = append(roles, c.roles[id].role())
	}
	return roles
}

// PredefinedRole returns the id of the role that new users get; "" = none.
func (c *Company) PredefinedRole() string {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	return c.predefined
}

// SetPredefinedRole chooses the role that new users get; "" = none.
func (c *Company) SetPredefinedRole(id string) {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	c.predefined = id
}

func (c *Company) addRole(name string, permissions []string) *role {
	high, low := c.server.rng.Uint64(), c.server.rng.Uint64()
	id := fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", high>>32, high>>16&0xffff, high&0xfff, low>>52, low&(1<<48-1))
	r := &role{id: id, name: name, permissions: slices.Sorted(slices.Values(permissions))}
	c.roles[id] = r
	return r
}

func (c *Company) knowsRoles(ids []string) bool {
	return !slices.ContainsFunc(ids, func(id string) bool { return c.roles[strings.ToLower(id)] == nil })
}

// dropRole deletes a role and removes it from all users and groups.
func (c *Company) dropRole(r *role) {
	delete(c.roles, r.id)
	for _, a := range slices.Collect(maps.Values(c.users)) {
		if slices.Contains(a.roles, r.id) {
			c.setRoles(a, withoutRoles(a.roles, []string{r.id}))
		}
	}
	for g := range maps.Values(c.groups) {
		if g.role == r.id {
			g.role = ""
		}
	}
	if c.predefined == r.id {
		c.predefined = ""
	}
}

func (c *Company) setRoles(a *account, roles []string) {
	b := *a
	b.roles = roles
	c.users[a.number] = &b
}

// withRoles adds roles to a sorted list, withoutRoles takes them from it. Both leave the list they
// are given as it is.
func withRoles(roles, more []string) []string {
	all := slices.Clone(roles)
	for _, id := range more {
		all = append(all, strings.ToLower(id))
	}
	slices.Sort(all)
	return slices.Compact(all)
}

func withoutRoles(roles, less []string) []string {
	return slices.DeleteFunc(slices.Clone(roles), func(id string) bool {
		return slices.ContainsFunc(less, func(other string) bool { return strings.EqualFold(id, other) })
	})
}
