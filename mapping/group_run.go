package mapping

import (
	"context"
	"time"

	"tvscim/mapping/plan"
	"tvscim/tvapi"
)

// doCreateGroup creates a group. Where no clear answer came, it looks whether the group is there all the same.
func (c *Company) doCreateGroup(ctx context.Context, name string, t *target) error {
	before := c.roster.GroupsNow()
	made, err := c.client.CreateGroup(ctx, name)
	switch {
	case err == nil:
		t.ours = true
	case uncertain(err):
		view, look := c.roster.GroupsSince(ctx, time.Now())
		if look != nil {
			break
		}
		if found, ok := view.ByName(name); ok && found.Name == name && before != nil && before.Absent() == nil {
			if _, old := before.ByID(found.ID); !old {
				made, err = &found, nil
			}
		}
	case tvapi.KindOf(err) == tvapi.KindConflict:
		return err // which group has the name decides what to say
	}
	if err != nil {
		return c.sayError(err, "The group was not created")
	}
	c.roster.GroupCreated(*made)
	t.group = *made
	return nil
}

// doRenameGroup renames a group. TeamViewer may take a name that differs from the old one in letter case alone for one
// that is taken; then the old name stays, and clients are shown what they asked for.
func (c *Company) doRenameGroup(ctx context.Context, s plan.RenameGroup, t *target) error {
	err := c.renameGroup(ctx, s.ID, s.Name)
	kind := tvapi.KindOf(err)
	switch {
	case err == nil:
		t.group.Name = s.Name
		c.roster.GroupRenamed(s.ID, s.Name)
		return nil
	case kind == tvapi.KindNotFound:
		return c.groupIsGone(s.ID)
	case kind != tvapi.KindConflict && kind != tvapi.KindInvalid:
		return c.sayError(err, "Group "+s.ID.String()+" was not renamed")
	}
	return c.nameRefused(ctx, s, err, t)
}

// nameRefused finds out whether a name was refused because the group has it in another letter case, which is as good as
// done, or because another group has it: the contract does not tell.
func (c *Company) nameRefused(ctx context.Context, s plan.RenameGroup, refused error, t *target) error {
	view, err := c.roster.GroupsSince(ctx, time.Now())
	if err != nil {
		return c.sayError(refused, "Group "+s.ID.String()+" was not renamed")
	}
	for _, other := range c.groupHolders(view, s.Name) {
		if other != s.ID {
			return takenGroupName(s.Name, other)
		}
	}
	if now, here := view.ByID(s.ID); here && tvapi.FoldName(s.Name) == tvapi.FoldName(now.Name) {
		t.group = now
		return nil
	}
	return c.sayError(refused, "Group "+s.ID.String()+" was not renamed")
}

func (c *Company) doDeleteGroup(ctx context.Context, id tvapi.GroupID) error {
	err := c.client.DeleteGroup(ctx, id)
	if err != nil && uncertain(err) {
		c.roster.GroupInvalid(id)
	}
	if tvapi.KindOf(err) == tvapi.KindNotFound {
		return c.groupIsGone(id)
	}
	if err != nil {
		return c.sayError(err, "Group "+id.String()+" was not deleted")
	}
	c.roster.GroupRemoved(id)
	c.forget(id.String())
	return nil
}
