package mapping

import (
	"context"
	"errors"
	"time"

	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/tvapi"
)

// CreateGroup creates a group. After a lost answer, the created group is not taken as that of the
// request, as in CreateUser.
func (r runner) CreateGroup(s plan.CreateGroup) error {
	c, t, name := r.memberships, r.target, s.Name
	made, err := c.createGroup(r.action, name)
	switch {
	case err != nil && tvapi.Uncertain(err):
		c.roster.Groups.Expire()
	case tvapi.KindOf(err) == tvapi.KindConflict:
		return err // the error depends on which group has the name
	}
	if err != nil {
		return c.toSCIMError(err, "The group was not created")
	}
	c.roster.Groups.Created(*made)
	t.group = *made
	return nil
}

// RenameGroup renames a group. TeamViewer may refuse a name that differs from the old one only in
// letter case; then TeamViewer's name stays, and clients see the requested one.
func (r runner) RenameGroup(s plan.RenameGroup) error {
	c, t := r.memberships, r.target
	err := c.renameGroup(r.action, s.ID, s.Name)
	kind := tvapi.KindOf(err)
	switch {
	case err == nil:
		t.group.Name = s.Name
		c.roster.GroupRenamed(s.ID, s.Name)
		return nil
	case kind == tvapi.KindNotFound && c.isGroupGone(r.action, s.ID, err):
		return c.forgetGroup(r.action, s.ID)
	case kind != tvapi.KindConflict && kind != tvapi.KindInvalid:
		return c.toSCIMError(err, "Group "+s.ID.String()+" was not renamed")
	}
	return r.nameRefused(r.action, s, err, t)
}

// nameRefused returns nil if TeamViewer refused a name because the group has it in another letter
// case, and the error if another group has it: the answer does not distinguish the two.
func (r runner) nameRefused(ctx context.Context, s plan.RenameGroup, refused error, t *target) error {
	view, err := r.roster.Groups.ViewSince(ctx, time.Now())
	if err != nil {
		return r.toSCIMError(refused, "Group "+s.ID.String()+" was not renamed")
	}
	for _, other := range r.groupsNamed(view, s.Name) {
		if other != s.ID {
			return groupNameTakenError(s.Name, other)
		}
	}
	now, here := view.ByID(s.ID)
	if here && tvapi.FoldName(s.Name) == tvapi.FoldName(now.Name) {
		t.group = now
		return nil
	}
	if _, err := r.roster.Groups.GetSince(ctx, s.ID, view.Began()); !here && errors.Is(err, roster.ErrUnknown) {
		return r.forgetGroup(ctx, s.ID)
	}
	return r.toSCIMError(refused, "Group "+s.ID.String()+" was not renamed")
}

// DeleteGroup deletes a group.
func (r runner) DeleteGroup(s plan.DeleteGroup) error {
	c := r.memberships
	err := c.deleteGroup(r.action, s.ID)
	if err != nil && tvapi.Uncertain(err) {
		c.roster.Groups.Invalidate(s.ID)
	}
	switch {
	case c.isGroupGone(r.action, s.ID, err):
		return c.forgetGroup(r.action, s.ID)
	case err != nil:
		return c.toSCIMError(err, "Group "+s.ID.String()+" was not deleted")
	}
	c.roster.Groups.Removed(s.ID)
	c.erase(r.action, s.ID.String())
	r.target.gone = true
	return nil
}

// isGroupGone is [userReader.isGone] for a group.
func (c groupReader) isGroupGone(ctx context.Context, id tvapi.GroupID, err error) bool {
	switch tvapi.KindOf(err) {
	case tvapi.KindNotFound:
		c.roster.Groups.Invalidate(id)
	case tvapi.KindInvalid:
	default:
		return false
	}
	_, err = c.roster.Groups.GetSince(ctx, id, time.Now())
	return errors.Is(err, roster.ErrUnknown)
}
