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

// Create creates a group with all of its members. If one of them cannot be added, no group remains.
func (c groupStore) Create(ctx context.Context, req scim.CreateRequest[scim.Group]) (scim.Group, error) {
	g := req.Resource
	if g.DisplayName == "" {
		return scim.Group{}, missingGroupName()
	}
	// before the record of another group with the name is changed
	if refused := plan.ForNewGroup(g, nil, time.Now()).Refused; refused != nil {
		return scim.Group{}, refused
	}
	release, err := c.locks.acquire(ctx, groupNameKey(g.DisplayName))
	if err != nil {
		return scim.Group{}, c.toSCIMError(err, "The group was not created")
	}
	defer release()
	view, err := c.roster.Groups.View(ctx)
	if err != nil {
		return scim.Group{}, c.toSCIMError(err, "The group was not created")
	}
	for _, id := range c.groupsNamed(view, g.DisplayName) {
		if err := c.resolveExisting(ctx, id, g); !errors.Is(err, errUnknown) {
			return scim.Group{}, err
		}
	}
	add, others := parseUsers(memberIDs(g.Members))
	if _, err := c.checkNewMembers(ctx, add, others); err != nil {
		return scim.Group{}, err
	}
	done, err := c.run(ctx, plan.ForNewGroup(g, add, time.Now()), target{})
	// otherwise the conflict is about the members
	if tvapi.KindOf(err) == tvapi.KindConflict && !done.group.ID.Valid() {
		return scim.Group{}, c.groupConflict(ctx, g)
	}
	if err != nil {
		return scim.Group{}, c.deleteIncomplete(ctx, done, err)
	}
	shown := plan.ShowGroup(done.group, done.rec)
	shown.Members = c.showAccounts(add)
	return shown, nil
}

// groupConflict returns the error for a name that TeamViewer refused as taken: it looks up which
// group has it.
func (c groupStore) groupConflict(ctx context.Context, g scim.Group) error {
	view, err := c.roster.Groups.ViewSince(ctx, time.Now())
	if err != nil {
		return c.toSCIMError(err, "The displayName is in use in TeamViewer, and the group that has it could not be looked up")
	}
	for _, id := range c.groupsNamed(view, g.DisplayName) {
		if err := c.resolveExisting(ctx, id, g); !errors.Is(err, errUnknown) {
			return err
		}
	}
	return scim.Uniqueness("displayName %q is taken in TeamViewer by a group that this token cannot see. Rename the group, or give the "+
		"token the right to read all user groups.", g.DisplayName)
}

// resolveExisting returns the error for a create request whose name a group has: 409. If the record
// of the group has no externalId, that of the request is stored, so that the client's next search
// by externalId finds the group; not if the group has another long name, and the two are equal only
// as they are cut for TeamViewer. If the group no longer has the name, the error is 404. The group
// is read first, since it may have been renamed in the console after the snapshot.
func (c groupStore) resolveExisting(ctx context.Context, id tvapi.GroupID, g scim.Group) error {
	release, err := c.locks.acquire(ctx, groupKey(id.String()))
	if err != nil {
		return c.toSCIMError(err, "The group was not created")
	}
	defer release()
	there, err := c.roster.Groups.GetSince(ctx, id, time.Now())
	if err := c.confirmGroupName(ctx, id, g.DisplayName, there, err); err != nil {
		return err
	}
	rec, _ := c.links.Get(id.String())
	if c.sharesCutName(there, g.DisplayName) {
		return c.groupNameTakenBy(there, g.DisplayName)
	}
	if g.ExternalID == "" || plan.RequestedText(rec, plan.KeyExternalID) != "" {
		return groupNameTakenError(g.DisplayName, id)
	}
	m := plan.MemoOf(rec)
	m.SetRequested(plan.KeyExternalID, g.ExternalID)
	if _, err := c.run(ctx, plan.Plan{Steps: []plan.Step{plan.Remember{ID: id.String(), Record: m.GroupRecord()}}}, target{group: there, rec: rec}); err != nil {
		return err
	}
	return groupNameTakenError(g.DisplayName, id)
}

// confirmGroupName returns nil if a group has a name, given the result of reading the group; 404
// (errUnknown) if it no longer has the name.
func (c groupReader) confirmGroupName(
	ctx context.Context, id tvapi.GroupID, displayName string, g tvapi.Group, err error,
) error {
	switch {
	case errors.Is(err, roster.ErrUnknown):
		return c.groupReadError(ctx, id.String(), err)
	case err != nil:
		return c.toSCIMError(err, "The group was not created, because the group that has the name could not be read")
	case !c.hasGroupName(g, displayName):
		return unknown("group", id.String())
	}
	return nil
}

// deleteIncomplete deletes a group whose members could not be added. The group is that of this
// request: TeamViewer confirmed its creation.
func (c groupStore) deleteIncomplete(ctx context.Context, t target, cause error) error {
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
		c.log.Warn("a group whose members could not be added cannot be deleted", zap.Stringer("group", t.group.ID), logged(err))
		return withSentence(cause, fmt.Sprintf("The group exists in TeamViewer as %s without all of its members.", t.group.ID))
	}
	return withSentence(cause, "The group was not created.")
}
