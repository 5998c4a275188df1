package mapping

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// groupStore answers SCIM requests for groups with TeamViewer's user groups.
type groupStore struct{ changes }

var _ scim.Store[scim.Group] = groupStore{}

// Get returns a group. Reading the members costs a call, so they are read only if the answer or the
// precondition needs them.
func (c groupStore) Get(ctx context.Context, req scim.GetRequest) (scim.Group, error) {
	g, rec, err := c.group(ctx, req.ID)
	if err != nil {
		return scim.Group{}, err
	}
	if req.If.NeedsVersion() {
		return c.groupWhole(ctx, g, rec)
	}
	return c.groupWanted(ctx, g, rec, req.Want)
}

// Replace replaces a group. Members that the request does not contain as an attribute stay
// unchanged.
func (c groupStore) Replace(ctx context.Context, req scim.ReplaceRequest[scim.Group]) (scim.Group, error) {
	after, keys := req.Resource, []lockKey{groupKey(req.ID)}
	var names []string
	if after.DisplayName != "" {
		names, keys = []string{after.DisplayName}, append(keys, groupNameKey(after.DisplayName))
	}
	began := time.Now()
	release, err := c.locks.acquire(ctx, keys...)
	if err != nil {
		return scim.Group{}, c.toSCIMError(err, about("Group", req.ID))
	}
	defer release()
	change, err := c.groupToChange(ctx, req.ID, req.If, began, names)
	if err != nil {
		return scim.Group{}, err
	}
	change.After, change.Touches, change.Refused = after, func(string) bool { return true }, req.Refused
	if err := c.expectGroup(ctx, req.If, &change); err != nil {
		return scim.Group{}, err
	}
	if after.DisplayName == "" && change.Refused == nil {
		change.Refused = missingGroupName()
	}
	if err := scim.CheckReplace(c.groupType, change.Before, after); err != nil {
		refused, ok := errors.AsType[*scim.Error](err)
		if !ok {
			return scim.Group{}, err
		}
		change.Refuse(refused)
	}
	if after.Members != nil {
		wanted := scim.MemberChange{Exact: true, Add: memberIDs(after.Members)}
		if err := c.planMembership(ctx, wanted, &change); err != nil {
			return scim.Group{}, err
		}
	}
	return c.changeGroup(ctx, change, req.Want)
}

// Patch changes a group. A patch that only adds and removes listed members needs no read of the
// members, and shares calls with other such requests.
func (c groupStore) Patch(ctx context.Context, req scim.PatchRequest) (scim.Group, error) {
	if needs := req.Patch.Needs(); !needs.Resource && !needs.Members && req.If.Empty() {
		return c.patchMembers(ctx, req)
	}
	began := time.Now()
	names := req.Patch.Values(plan.KeyDisplayName)
	keys := []lockKey{groupKey(req.ID)}
	for _, name := range names {
		keys = append(keys, groupNameKey(name))
	}
	release, err := c.locks.acquire(ctx, keys...)
	if err != nil {
		return scim.Group{}, c.toSCIMError(err, about("Group", req.ID))
	}
	defer release()
	change, err := c.groupToChange(ctx, req.ID, req.If, began, names)
	if err != nil {
		return scim.Group{}, err
	}
	change.Touches, change.Refused = req.Patch.Touches, req.Patch.Refused
	if err := c.expectGroup(ctx, req.If, &change); err != nil {
		return scim.Group{}, err
	}
	if err := c.applyToGroup(ctx, req.Patch, &change); err != nil {
		return scim.Group{}, err
	}
	return c.changeGroup(ctx, change, req.Want)
}

// applyToGroup applies a patch to a group. It reads the members only if the result depends on them.
func (c groupStore) applyToGroup(ctx context.Context, patch scim.Patch, change *plan.GroupChange) error {
	wanted, reduced := patch.Members()
	rest := patch.Without(plan.KeyMembers)
	if !reduced {
		rest = patch
		if err := c.readBefore(ctx, change); err != nil {
			return err
		}
	}
	var err error
	if change.After, err = scim.Apply(c.groupType, change.Before, rest); err != nil {
		refused, ok := errors.AsType[*scim.Error](err)
		if !ok {
			return err
		}
		change.Refuse(refused)
		patch, _ = patch.Ending(refused)
		wanted, _ = patch.Members()
	} else if !reduced {
		wanted = scim.MemberChange{Exact: true, Add: memberIDs(change.After.Members)}
	}
	if !patch.Touches(plan.KeyMembers) {
		return nil
	}
	return c.planMembership(ctx, wanted, change)
}

// patchMembers adds and removes members of a group and does nothing else.
func (c groupStore) patchMembers(ctx context.Context, req scim.PatchRequest) (scim.Group, error) {
	change, err := c.groupToChange(ctx, req.ID, req.If, time.Now(), nil)
	if err != nil {
		return scim.Group{}, err
	}
	g, rec := change.TV, change.Record
	wanted, _ := req.Patch.Members()
	change.Touches, change.Refused = func(string) bool { return false }, req.Patch.Refused
	if err := c.planMembership(ctx, wanted, &change); err != nil {
		return scim.Group{}, err
	}
	if change.Refused != nil && len(change.Members.Remove) == 0 {
		return scim.Group{}, change.Refused
	}
	done, err := c.run(ctx, plan.ForMembers(change), target{group: g, rec: rec, shares: true})
	if err != nil {
		return scim.Group{}, afterSteps(err, done.done)
	}
	rec, _ = c.links.Get(req.ID)
	return c.groupWanted(ctx, g, rec, req.Want)
}

// Delete deletes a group. Its members are not changed.
func (c groupStore) Delete(ctx context.Context, req scim.DeleteRequest) error {
	release, err := c.locks.acquire(ctx, groupKey(req.ID))
	if err != nil {
		return c.toSCIMError(err, about("Group", req.ID))
	}
	defer release()
	change, err := c.groupToChange(ctx, req.ID, req.If, time.Now(), nil)
	if err != nil {
		return err
	}
	if err := c.expectGroup(ctx, req.If, &change); err != nil {
		return err
	}
	_, err = c.run(ctx, plan.Plan{Steps: []plan.Step{plan.DeleteGroup{ID: change.TV.ID}}}, target{group: change.TV})
	return err
}

// group returns what TeamViewer shows and the record of a group; 404 for an unknown id.
func (c groupReader) group(ctx context.Context, id string) (tvapi.Group, idmap.Record, error) {
	gid, err := tvapi.ParseGroupID(id)
	if err != nil {
		return tvapi.Group{}, idmap.Record{}, unknown("group", id)
	}
	g, err := c.roster.Groups.Get(ctx, gid)
	if err != nil {
		return tvapi.Group{}, idmap.Record{}, c.groupReadError(ctx, id, err)
	}
	rec, _ := c.links.Get(id)
	return g, rec, nil
}

// groupReadError returns the error for a group that could not be read: 404 if TeamViewer does not
// know the id.
func (c groupReader) groupReadError(ctx context.Context, id string, err error) error {
	if errors.Is(err, roster.ErrUnknown) {
		c.forgetIfGone(ctx, "group", id, err)
		return unknown("group", id)
	}
	return c.toSCIMError(err, about("Group", id))
}

// groupToChange returns the group before a change. If TeamViewer does not answer, an older snapshot
// is sufficient: a change that names the id does not depend on what is known of the group. If the
// request contains the name that the snapshot shows, TeamViewer is asked, since the name may have
// been changed in the console.
func (c groupStore) groupToChange(
	ctx context.Context, id string, when scim.Precondition, began time.Time, names []string,
) (plan.GroupChange, error) {
	g, rec, err := c.group(ctx, id)
	if err != nil {
		older, seen := c.seenGroup(id)
		if errors.Is(err, errUnknown) || !seen || !when.Empty() {
			return plan.GroupChange{}, err
		}
		g = older
		rec, _ = c.links.Get(id)
	}
	if err == nil && (!when.Empty() || slices.ContainsFunc(names, func(name string) bool { return plan.GroupName(name) == g.Name })) {
		switch now, err := c.roster.Groups.GetSince(ctx, g.ID, began); {
		case err == nil:
			g = now
		case errors.Is(err, roster.ErrUnknown), !when.Empty():
			return plan.GroupChange{}, c.groupReadError(ctx, id, err)
		}
	}
	return plan.GroupChange{TV: g, Record: rec, Before: plan.ShowGroup(g, rec)}, nil
}

// seenGroup returns the group in the snapshot of any age.
func (c groupReader) seenGroup(id string) (tvapi.Group, bool) {
	gid, err := tvapi.ParseGroupID(id)
	view := c.roster.Groups.Latest()
	if err != nil || view == nil {
		return tvapi.Group{}, false
	}
	return view.ByID(gid)
}

// changeGroup carries out a change of a group.
func (c groupStore) changeGroup(
	ctx context.Context, change plan.GroupChange, want scim.Projection,
) (scim.Group, error) {
	change.Now = time.Now()
	if change.Refused == nil && change.Renames() {
		if taken := c.groupNameTaken(ctx, change.TV.ID, change.After.DisplayName); taken != nil {
			change.Refuse(taken)
		}
	}
	if change.Refused != nil && len(change.Members.Remove) == 0 {
		return scim.Group{}, change.Refused
	}
	done, err := c.run(ctx, plan.ForGroup(change), target{group: change.TV, rec: change.Record})
	if err != nil {
		return scim.Group{}, afterSteps(err, done.done)
	}
	if change.Final == nil {
		return c.groupWanted(ctx, done.group, done.rec, want)
	}
	shown := plan.ShowGroup(done.group, done.rec)
	shown.Members = c.showAccounts(change.Final)
	return shown, nil
}

// groupWanted returns the group with the attributes that the client wants.
func (c groupStore) groupWanted(
	ctx context.Context, g tvapi.Group, rec idmap.Record, want scim.Projection,
) (scim.Group, error) {
	if !want.Wants(plan.KeyMembers) {
		return plan.ShowGroup(g, rec), nil
	}
	return c.groupWhole(ctx, g, rec)
}

// groupWhole returns the group with its members.
func (c groupStore) groupWhole(
	ctx context.Context, g tvapi.Group, rec idmap.Record,
) (shown scim.Group, err error) {
	shown = plan.ShowGroup(g, rec)
	shown.Members, err = c.shownMembers(ctx, g.ID)
	return shown, err
}

// groupNameTaken returns the 409 if another group has a name, ignoring letter case; nil if none is
// known to have it, and TeamViewer decides. The snapshot only names the candidates, which are read.
func (c groupReader) groupNameTaken(ctx context.Context, id tvapi.GroupID, displayName string) *scim.Error {
	view := c.roster.Groups.Latest()
	if view == nil {
		return nil
	}
	for _, other := range c.groupsNamed(view, displayName) {
		if other == id {
			continue
		}
		if g, err := c.roster.Groups.GetSince(ctx, other, time.Now()); err == nil && c.hasGroupName(g, displayName) {
			return c.groupNameTakenBy(g, displayName)
		}
	}
	return nil
}

// groupsNamed returns the groups that have a name: in TeamViewer, shortened as for TeamViewer, or
// as shown to clients.
func (c groupReader) groupsNamed(view *roster.GroupView, displayName string) []tvapi.GroupID {
	ids := append(c.idsByGroupName(view, displayName), c.idsByGroupName(view, plan.GroupName(displayName))...)
	return slices.DeleteFunc(distinct(ids), func(id tvapi.GroupID) bool {
		g, _ := view.ByID(id)
		return !c.hasGroupName(g, displayName)
	})
}

// hasGroupName reports whether a group has a name: in TeamViewer, shortened as for TeamViewer, or
// as shown to clients.
func (c groupReader) hasGroupName(g tvapi.Group, displayName string) bool {
	rec, _ := c.links.Peek(g.ID.String())
	shown := plan.ShowGroup(g, rec)
	return tvapi.FoldName(shown.DisplayName) == tvapi.FoldName(displayName) || tvapi.FoldName(g.Name) == tvapi.FoldName(plan.GroupName(displayName))
}

// groupNameTakenBy returns the 409 for a name that a group has. A name that is too long for
// TeamViewer may be equal only after it is cut.
func (c groupReader) groupNameTakenBy(g tvapi.Group, displayName string) *scim.Error {
	if c.sharesCutName(g, displayName) {
		return scim.Uniqueness("displayName %q is cut to %q, since TeamViewer allows 100 characters, and that is the name of user group %s. "+
			"The groups need displayNames that differ in this part.", displayName, plan.GroupName(displayName), g.ID)
	}
	return groupNameTakenError(displayName, g.ID)
}

// sharesCutName reports whether clients see a group by another name than a displayName which, cut
// for TeamViewer, is the name of the group there.
func (c groupReader) sharesCutName(g tvapi.Group, displayName string) bool {
	rec, _ := c.links.Peek(g.ID.String())
	shown, name := tvapi.FoldName(plan.ShowGroup(g, rec).DisplayName), plan.GroupName(displayName)
	return name != displayName && shown != tvapi.FoldName(displayName) && shown != tvapi.FoldName(name)
}

func missingGroupName() *scim.Error {
	return scim.InvalidValue("displayName is missing: map it to the name of the group, which TeamViewer needs.")
}

func groupNameTakenError(displayName string, id tvapi.GroupID) *scim.Error {
	return scim.Uniqueness("displayName %q is taken by TeamViewer user group %s; names that differ only in case count as the same. "+
		"Match groups by displayName to link to that group, or rename one of the two.", displayName, id)
}

func memberIDs(members []scim.Member) []string {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.Value
	}
	return ids
}

// afterSteps adds to an error which steps were done before it.
func afterSteps(err error, done []plan.Step) error {
	if len(done) == 0 {
		return err
	}
	texts := make([]string, len(done))
	for i, s := range done {
		texts[i] = s.String()
	}
	return withSentence(err, "Done before that: "+strings.Join(texts, "; ")+".")
}
