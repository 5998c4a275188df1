package mapping

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// groupStore makes TeamViewer's user groups true to SCIM requests.
type groupStore struct{ c *Company }

var _ scim.Store[scim.Group] = groupStore{}

// Get returns a group, with its members unless neither the answer nor the precondition needs them: reading them costs a
// call.
func (s groupStore) Get(ctx context.Context, req scim.GetRequest) (scim.Group, error) {
	g, rec, err := s.c.group(ctx, req.ID)
	if err != nil {
		return scim.Group{}, err
	}
	if req.If.NeedsVersion() {
		return s.c.groupWhole(ctx, g, rec)
	}
	return s.c.groupWanted(ctx, g, rec, req.Want)
}

// Replace sets a group to what is given. Members that it does not speak of are left alone.
func (s groupStore) Replace(ctx context.Context, req scim.ReplaceRequest[scim.Group]) (scim.Group, error) {
	after := req.Resource
	if after.DisplayName == "" {
		return scim.Group{}, missingGroupName()
	}
	release, err := s.c.locks.acquire(ctx, groupKey(req.ID), groupNameKey(after.DisplayName))
	if err != nil {
		return scim.Group{}, s.c.sayError(err, about("Group", req.ID))
	}
	defer release()
	g, rec, err := s.c.group(ctx, req.ID)
	if err != nil {
		return scim.Group{}, err
	}
	change := groupChange{tv: g, rec: rec, before: showGroup(g, rec), after: after, says: func(string) bool { return true }}
	if err := s.c.expectGroup(ctx, req.If, &change); err != nil {
		return scim.Group{}, err
	}
	if err := scim.CheckReplace(s.c.groups, change.before, after); err != nil {
		return scim.Group{}, err
	}
	if after.Members != nil {
		wanted := scim.MemberChange{Exact: true, Add: memberIDs(after.Members)}
		if err := s.c.planMembership(ctx, wanted, &change); err != nil {
			return scim.Group{}, err
		}
	}
	return s.c.changeGroup(ctx, change, req.Want)
}

// Patch changes a group. Adding members and removing them needs no look at the group's members, however many they are,
// and shares calls with other such requests.
func (s groupStore) Patch(ctx context.Context, req scim.PatchRequest) (scim.Group, error) {
	if needs := req.Patch.Needs(); !needs.Resource && !needs.Members && req.If.Empty() {
		return s.c.patchMembers(ctx, req)
	}
	keys := []lockKey{groupKey(req.ID)}
	for _, name := range req.Patch.Values(keyDisplayName) {
		keys = append(keys, groupNameKey(name))
	}
	release, err := s.c.locks.acquire(ctx, keys...)
	if err != nil {
		return scim.Group{}, s.c.sayError(err, about("Group", req.ID))
	}
	defer release()
	g, rec, err := s.c.group(ctx, req.ID)
	if err != nil {
		return scim.Group{}, err
	}
	change := groupChange{tv: g, rec: rec, before: showGroup(g, rec), says: req.Patch.Touches}
	if err := s.c.expectGroup(ctx, req.If, &change); err != nil {
		return scim.Group{}, err
	}
	if err := s.c.applyToGroup(ctx, req.Patch, &change); err != nil {
		return scim.Group{}, err
	}
	return s.c.changeGroup(ctx, change, req.Want)
}

// applyToGroup applies a patch to a group, reading the members only if they decide what it does.
func (c *Company) applyToGroup(ctx context.Context, patch scim.Patch, change *groupChange) error {
	wanted, reduced := patch.Members()
	rest := patch.Without(keyMembers)
	if !reduced {
		rest = patch
		if err := c.readBefore(ctx, change); err != nil {
			return err
		}
	}
	var err error
	if change.after, err = scim.Apply(c.groups, change.before, rest); err != nil {
		return err
	}
	if !reduced {
		wanted = scim.MemberChange{Exact: true, Add: memberIDs(change.after.Members)}
	}
	if !patch.Touches(keyMembers) {
		return nil
	}
	return c.planMembership(ctx, wanted, change)
}

// patchMembers adds members to a group and removes members from it, and does nothing else.
func (c *Company) patchMembers(ctx context.Context, req scim.PatchRequest) (scim.Group, error) {
	g, rec, err := c.group(ctx, req.ID)
	if err != nil {
		return scim.Group{}, err
	}
	wanted, _ := req.Patch.Members()
	change := groupChange{tv: g, rec: rec, before: showGroup(g, rec), says: func(string) bool { return false }}
	if err := c.planMembership(ctx, wanted, &change); err != nil {
		return scim.Group{}, err
	}
	done, err := c.run(ctx, planMembers(change), target{group: g, rec: rec, shares: true})
	if err != nil {
		return scim.Group{}, afterSteps(err, done.done)
	}
	rec, _ = c.links.Get(req.ID)
	return c.groupWanted(ctx, g, rec, req.Want)
}

// Delete deletes a group. Its members stay what they are.
func (s groupStore) Delete(ctx context.Context, req scim.DeleteRequest) error {
	release, err := s.c.locks.acquire(ctx, groupKey(req.ID))
	if err != nil {
		return s.c.sayError(err, about("Group", req.ID))
	}
	defer release()
	g, rec, err := s.c.group(ctx, req.ID)
	if err != nil {
		return err
	}
	if err := s.c.expectGroup(ctx, req.If, &groupChange{tv: g, rec: rec, before: showGroup(g, rec)}); err != nil {
		return err
	}
	_, err = s.c.run(ctx, Plan{Steps: []Step{DeleteGroup{ID: g.ID}}}, target{group: g})
	return err
}

// group returns what TeamViewer shows and we remember of a group: 404 for an id that it does not know.
func (c *Company) group(ctx context.Context, id string) (tvapi.Group, idmap.Record, error) {
	gid, err := tvapi.ParseGroupID(id)
	if err != nil {
		return tvapi.Group{}, idmap.Record{}, unknown("group", id)
	}
	seen := false
	if view := c.roster.GroupsNow(); view != nil {
		_, seen = view.ByID(gid)
	}
	g, err := c.roster.Group(ctx, gid)
	if errors.Is(err, roster.ErrUnknown) {
		if seen { // by this company: what is remembered of it is not another's
			c.forget(id)
		}
		return tvapi.Group{}, idmap.Record{}, unknown("group", id)
	}
	if err != nil {
		return tvapi.Group{}, idmap.Record{}, c.sayError(err, about("Group", id))
	}
	rec, _ := c.links.Get(id)
	return g, rec, nil
}

// changeGroup makes a planned change of a group true.
func (c *Company) changeGroup(ctx context.Context, change groupChange, want scim.Projection) (scim.Group, error) {
	change.now = time.Now()
	if change.renames() {
		if taken := c.groupNameTaken(change.tv.ID, change.after.DisplayName); taken != nil {
			return scim.Group{}, taken
		}
	}
	done, err := c.run(ctx, planGroup(change), target{group: change.tv, rec: change.rec})
	if err != nil {
		return scim.Group{}, afterSteps(err, done.done)
	}
	if change.final == nil {
		return c.groupWanted(ctx, done.group, done.rec, want)
	}
	shown := showGroup(done.group, done.rec)
	shown.Members = c.showAccounts(change.final)
	return shown, nil
}

// groupWanted is the group as the client wants it back.
func (c *Company) groupWanted(ctx context.Context, g tvapi.Group, rec idmap.Record, want scim.Projection) (scim.Group, error) {
	if !want.Wants(keyMembers) {
		return showGroup(g, rec), nil
	}
	return c.groupWhole(ctx, g, rec)
}

// groupWhole is the group with its members.
func (c *Company) groupWhole(ctx context.Context, g tvapi.Group, rec idmap.Record) (shown scim.Group, err error) {
	shown = showGroup(g, rec)
	shown.Members, err = c.shownMembers(ctx, g.ID)
	return shown, err
}

// groupNameTaken says which other group has a name, in any letter case, as far as the picture goes.
func (c *Company) groupNameTaken(id tvapi.GroupID, displayName string) *scim.Error {
	view := c.roster.GroupsNow()
	if view == nil {
		return nil // TeamViewer will say
	}
	for _, other := range c.groupHolders(view, displayName) {
		if other != id {
			return takenGroupName(displayName, other)
		}
	}
	return nil
}

// groupHolders returns the groups that have a name: in TeamViewer, as it would be cut for it, or as shown to clients.
func (c *Company) groupHolders(view *roster.GroupView, displayName string) []tvapi.GroupID {
	ids := append(c.idsByGroupName(view, displayName), c.idsByGroupName(view, tvGroupName(displayName))...)
	return slices.DeleteFunc(distinct(ids), func(id tvapi.GroupID) bool {
		g, _ := view.ByID(id)
		return !c.hasGroupName(g, displayName)
	})
}

// hasGroupName tells whether a group has a name: in TeamViewer, as it would be cut for it, or as shown to clients.
func (c *Company) hasGroupName(g tvapi.Group, displayName string) bool {
	rec, _ := c.links.Peek(g.ID.String())
	shown := showGroup(g, rec)
	return roster.FoldName(shown.DisplayName) == roster.FoldName(displayName) || roster.FoldName(g.Name) == roster.FoldName(tvGroupName(displayName))
}

func missingGroupName() *scim.Error {
	return scim.InvalidValue("displayName is missing: a TeamViewer user group needs a name.")
}

func takenGroupName(displayName string, id tvapi.GroupID) *scim.Error {
	return scim.Uniqueness("displayName %q is taken by TeamViewer user group %s; names are unique in any letter case. "+
		"Match groups by displayName to link to that group, or rename one of the two.", displayName, id)
}

func memberIDs(members []scim.Member) []string {
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.Value
	}
	return ids
}

// afterSteps adds to an error what was done before it.
func afterSteps(err error, done []Step) error {
	if len(done) == 0 {
		return err
	}
	texts := make([]string, len(done))
	for i, s := range done {
		texts[i] = s.String()
	}
	return saying(err, "Done before that: "+strings.Join(texts, "; ")+".")
}
