package plan

import (
	"fmt"
	"strings"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Plan is what is to be done for a request. An empty plan means that nothing is to be changed.
type Plan struct {
	Steps []Step
	// Refused is why the request is refused; nil if it is not. Steps then has only what ends
	// access, if the request has one: another attribute never prevents it.
	Refused *scim.Error
}

// Step is one action of a plan. String describes it without personal data.
type Step interface {
	fmt.Stringer
	// Execute calls the method of the executor for this kind of step. A kind without a method does
	// not compile.
	Execute(Executor) error
}

// Executor executes steps.
type Executor interface {
	CreateUser(CreateUser) error
	UpdateUser(UpdateUser) error
	RemoveUser(RemoveUser) error
	CreateGroup(CreateGroup) error
	RenameGroup(RenameGroup) error
	DeleteGroup(DeleteGroup) error
	AddMembers(AddMembers) error
	RemoveMembers(RemoveMembers) error
	Remember(Remember) error
}

// CreateUser creates an account (TeamViewer Web API: POST /users). The zero user id in later steps
// means this account.
type CreateUser struct{ User tvapi.UserCreate }

// UpdateUser changes an account (PUT /users/{id}).
type UpdateUser struct {
	ID     tvapi.UserID
	Update tvapi.UserUpdate
}

// RemoveUser removes an account from the company, or deletes it permanently (DELETE /users/{id}).
// If TeamViewer refuses that because the account is deactivated, the account stays, and Record is
// written.
type RemoveUser struct {
	ID      tvapi.UserID
	ForGood bool
	Record  idmap.Record
}

// CreateGroup creates a user group (POST /usergroups). The zero group id in later steps means this
// group.
type CreateGroup struct{ Name string }

// RenameGroup changes a user group's name (PUT /usergroups/{id}).
type RenameGroup struct {
	ID   tvapi.GroupID
	Name string
}

// DeleteGroup deletes a user group (DELETE /usergroups/{id}).
type DeleteGroup struct{ ID tvapi.GroupID }

// AddMembers adds members to a group (POST /usergroups/{id}/members), 100 in a call.
type AddMembers struct {
	Group tvapi.GroupID
	Users []tvapi.UserID
}

// RemoveMembers removes members from a group (DELETE /usergroups/{id}/members), 100 in a call.
// Empties reports whether the group had many members and keeps none of them.
type RemoveMembers struct {
	Group   tvapi.GroupID
	Users   []tvapi.UserID
	Empties bool
}

// Remember writes the record of a user or group. It makes no call. An empty id means the account or
// group that this plan creates.
type Remember struct {
	ID     string
	Record idmap.Record
}

// Execute calls x.CreateUser.
func (s CreateUser) Execute(x Executor) error { return x.CreateUser(s) }

// Execute calls x.UpdateUser.
func (s UpdateUser) Execute(x Executor) error { return x.UpdateUser(s) }

// Execute calls x.RemoveUser.
func (s RemoveUser) Execute(x Executor) error { return x.RemoveUser(s) }

// Execute calls x.CreateGroup.
func (s CreateGroup) Execute(x Executor) error { return x.CreateGroup(s) }

// Execute calls x.RenameGroup.
func (s RenameGroup) Execute(x Executor) error { return x.RenameGroup(s) }

// Execute calls x.DeleteGroup.
func (s DeleteGroup) Execute(x Executor) error { return x.DeleteGroup(s) }

// Execute calls x.AddMembers.
func (s AddMembers) Execute(x Executor) error { return x.AddMembers(s) }

// Execute calls x.RemoveMembers.
func (s RemoveMembers) Execute(x Executor) error { return x.RemoveMembers(s) }

// Execute calls x.Remember.
func (s Remember) Execute(x Executor) error { return x.Remember(s) }

func (s CreateUser) String() string { return "create user" }

func (s UpdateUser) String() string {
	var fields []string
	if s.Update.Email != nil {
		fields = append(fields, "email")
	}
	if s.Update.Name != nil {
		fields = append(fields, "name")
	}
	if s.Update.Active != nil {
		fields = append(fields, fmt.Sprintf("active=%t", *s.Update.Active))
	}
	for _, row := range UserAttributes {
		if row.sends(s.Update) {
			fields = append(fields, row.Field)
		}
	}
	return fmt.Sprintf("change user %s: %s", name(s.ID), strings.Join(fields, ", "))
}

func (s RemoveUser) String() string {
	if s.ForGood {
		return fmt.Sprintf("delete user %s for good", s.ID)
	}
	return fmt.Sprintf("remove user %s from the company", s.ID)
}

func (s CreateGroup) String() string { return "create group" }
func (s RenameGroup) String() string { return fmt.Sprintf("rename group %s", s.ID) }
func (s DeleteGroup) String() string { return fmt.Sprintf("delete group %s", s.ID) }

func (s AddMembers) String() string {
	return fmt.Sprintf("add %s to group %s", numberOfMembers(s.Users), name(s.Group))
}

func (s RemoveMembers) String() string {
	return fmt.Sprintf("remove %s from group %s", numberOfMembers(s.Users), name(s.Group))
}

func numberOfMembers(users []tvapi.UserID) string {
	if len(users) == 1 {
		return "1 member"
	}
	return fmt.Sprintf("%d members", len(users))
}

func (s Remember) String() string { return "remember " + s.ID }

// name returns how a step names an object that may not exist yet.
func name[ID interface {
	fmt.Stringer
	Valid() bool
}](id ID) string {
	if !id.Valid() {
		return "just created"
	}
	return id.String()
}
