package mapping

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Create makes a group, with members all or nothing: unless all of them are in it, there is no group.
func (c groupStore) Create(ctx context.Context, req scim.CreateRequest[scim.Group]) (scim.Group, error) {
	g := req.Resource
	if g.DisplayName == "" {
		return scim.Group{}, missingGroupName()
	}
	if refused := plan.ForNewGroup(g, nil, time.Now()).Refused; refused != nil { // before anything is remembered of another group with the name
		return scim.Group{}, refused
	}
	release, err := c.locks.acquire(ctx, groupNameKey(g.DisplayName))
	if err != nil {
		return scim.Group{}, c.sayError(err, "The group was not created")
	}
	defer release()
	view, err := c.roster.Groups.View(ctx)
	if err != nil {
		return scim.Group{}, c.sayError(err, "The group was not created")
	}
	for _, id := range c.groupHolders(view, g.DisplayName) {
		if err := c.createTaken(ctx, id, g); !errors.Is(err, errUnknown) {
			return scim.Group{}, err
		}
	}
	add, err := c.membersToAdd(ctx, memberIDs(g.Members))
	if err != nil {
		return scim.Group{}, err
	}
	done, err := c.run(ctx, plan.ForNewGroup(g, add, time.Now()), target{})
	if tvapi.KindOf(err) == tvapi.KindConflict && !done.group.ID.Valid() { // else it is about the members
		return scim.Group{}, c.groupConflict(ctx, g)
	}
	if err != nil {
		return scim.Group{}, c.takeBack(ctx, done, err)
	}
	shown := plan.ShowGroup(done.group, done.rec)
	shown.Members = c.showAccounts(add)
	return shown, nil
}

// groupConflict finds out which group has the name that TeamViewer said is taken.
func (c groupStore) groupConflict(ctx context.Context, g scim.Group) error {
	view, err := c.roster.Groups.ViewSince(ctx, time.Now())
	if err != nil {
		return c.sayError(err, "The displayName is in use in TeamViewer, and the group that has it could not be looked up")
	}
	for _, id := range c.groupHolders(view, g.DisplayName) {
		if err := c.createTaken(ctx, id, g); !errors.Is(err, errUnknown) {
			return err
		}
	}
	return scim.Uniqueness("displayName %q is taken in TeamViewer by a group that this token cannot see. Rename the group, or give the "+
		"token the right to read all user groups.", g.DisplayName)
}

// createTaken answers a create request for a name that a group has: 409, after which the client's next search by
// externalId finds the group too, if nothing else was remembered of it. A group that turns out to have the name no more
// is a 404. TeamViewer is asked first: the console may have renamed the group since the snapshot.
func (c groupStore) createTaken(ctx context.Context, id tvapi.GroupID, g scim.Group) error {
	release, err := c.locks.acquire(ctx, groupKey(id.String()))
	if err != nil {
		return c.sayError(err, "The group was not created")
	}
	defer release()
	there, err := c.roster.Groups.GetSince(ctx, id, time.Now())
	if err := c.stillGroupHolder(ctx, id, g.DisplayName, there, err); err != nil {
		return err
	}
	rec, _ := c.links.Get(id.String())
	if g.ExternalID == "" || plan.RequestedText(rec, plan.KeyExternalID) != "" {
		return takenGroupName(g.DisplayName, id)
	}
	m := plan.MemoOf(rec)
	m.SetRequested(plan.KeyExternalID, g.ExternalID)
	if _, err := c.run(ctx, plan.Plan{Steps: []plan.Step{plan.Remember{ID: id.String(), Record: m.GroupRecord()}}}, target{}); err != nil {
		return err
	}
	return takenGroupName(g.DisplayName, id)
}

// stillGroupHolder returns nil if a group has a name, as TeamViewer was found to show it; 404 (errUnknown) when it has the
// name no more.
func (c groupReader) stillGroupHolder(ctx context.Context, id tvapi.GroupID, displayName string, g tvapi.Group, err error) error {
	switch {
	case errors.Is(err, roster.ErrUnknown):
		return c.sayGroupUnread(ctx, id.String(), err)
	case err != nil:
		return c.sayError(err, "The group was not created, because the group that has the name could not be read")
	case !c.hasGroupName(g, displayName):
		return unknown("group", id.String())
	}
	return nil
}

// takeBack deletes a group that could not be made whole. It is this request's own: TeamViewer confirmed its creation.
func (c groupStore) takeBack(ctx context.Context, t target, cause error) error {
	if !t.group.ID.Valid() {
		return cause
	}
	if errors.Is(cause, errUnknown) {
		return scim.Unavailable(retryTrouble, "The group was not created: it was removed in TeamViewer before its members were added. "+
			"Retry the request.").Because(cause)
	}
	ctx, cancel := c.writing(ctx)
	defer cancel()
	if _, err := c.run(ctx, plan.Plan{Steps: []plan.Step{plan.DeleteGroup{ID: t.group.ID}}}, target{group: t.group, own: true}); err != nil && !errors.Is(err, errUnknown) {
		c.log.Warn("a group that could not be filled could not be deleted", zap.Stringer("group", t.group.ID), logged(err))
		return saying(cause, fmt.Sprintf("The group exists in TeamViewer as %s without all of its members.", t.group.ID))
	}
	return saying(cause, "The group was not created.")
}
