package roster

import (
	"context"
	"slices"
	"time"

	"tvscim/tvapi"
)

// GroupView is a view of a snapshot of the company's user groups, without their members. It never changes.
type GroupView struct {
	view[tvapi.GroupID, tvapi.Group]
}

// ByName returns the group with that name, in any letter case (Unicode). Should several have it, it is the one spelt
// exactly so, else the one with the lowest id.
func (v *GroupView) ByName(name string) (tvapi.Group, bool) {
	all := v.AllByName(name)
	if len(all) == 0 {
		return tvapi.Group{}, false
	}
	exact := slices.IndexFunc(all, func(g tvapi.Group) bool { return g.Name == name })
	return all[max(exact, 0)], true
}

// AllByName returns every group with that name in any letter case, the lowest id first. Whether names that differ by case
// alone can both exist is TeamViewer's to say, and its manual does not.
func (v *GroupView) AllByName(name string) []tvapi.Group {
	return slices.Collect(v.byName(tvapi.FoldName(name)))
}

// Groups returns a view of the groups, by the rules of [Roster.Users]. That there are none is a snapshot too.
//
// TeamViewer Web API: GET /usergroups
func (r *Roster) Groups(ctx context.Context) (*GroupView, error) {
	return groupView(r.groups.within(ctx))
}

// GroupsSince is [Roster.UsersSince] for groups.
func (r *Roster) GroupsSince(ctx context.Context, t time.Time) (*GroupView, error) {
	return groupView(r.groups.since(ctx, t))
}

// CompleteGroups is [Roster.CompleteUsers] for groups.
func (r *Roster) CompleteGroups(ctx context.Context) (*GroupView, error) {
	return groupView(r.groups.since(ctx, time.Time{}))
}

// GroupsNow is [Roster.UsersNow] for groups.
func (r *Roster) GroupsNow() *GroupView {
	v, _ := groupView(r.groups.now(), nil)
	return v
}

// Group returns the group with that id, by the rules of [Roster.User].
//
// TeamViewer Web API: GET /usergroups/{id}
func (r *Roster) Group(ctx context.Context, id tvapi.GroupID) (tvapi.Group, error) {
	return r.groups.object(ctx, id)
}

// GroupSince returns the group with that id by the rules of [Roster.UserSince].
//
// TeamViewer Web API: GET /usergroups/{id}
func (r *Roster) GroupSince(ctx context.Context, id tvapi.GroupID, t time.Time) (tvapi.Group, error) {
	return r.groups.objectSince(ctx, id, t)
}

// GroupInvalid is [Roster.UserInvalid] for groups.
func (r *Roster) GroupInvalid(id tvapi.GroupID) { r.groups.invalidate(id) }

// GroupsExpire makes the list of groups too old for an answer: a group may have been created without an answer.
func (r *Roster) GroupsExpire() { r.groups.expire() }

// GroupCreated takes note of TeamViewer's answer to a create.
func (r *Roster) GroupCreated(g tvapi.Group) { r.groups.created(g) }

// GroupRenamed takes note that TeamViewer has accepted this name.
func (r *Roster) GroupRenamed(id tvapi.GroupID, name string) {
	r.groups.wrote(id, updated(func(g *tvapi.Group) { g.Name = name }))
}

// GroupRemoved takes note that TeamViewer has deleted the group.
func (r *Roster) GroupRemoved(id tvapi.GroupID) { r.groups.removed(id) }

// GroupGone takes note of an answer that proves that there is no such group: an error of TeamViewer about this very id.
func (r *Roster) GroupGone(id tvapi.GroupID) { r.groups.removed(id) }

func groupView(v view[tvapi.GroupID, tvapi.Group], err error) (*GroupView, error) {
	if err != nil || v.snapshot == nil {
		return nil, err
	}
	return &GroupView{v}, nil
}

func groupKind(c *tvapi.Client, o Options) *kind[tvapi.GroupID, tvapi.Group] {
	k := &kind[tvapi.GroupID, tvapi.Group]{
		plural: groups,
		one:    "usergroup",
		maxAge: o.GroupsMaxAge,
		id:     func(g tvapi.Group) tvapi.GroupID { return g.ID },
		name:   func(g tvapi.Group) string { return tvapi.FoldName(g.Name) },
		list:   c.Groups,
		get:    c.Group,
	}
	if o.OnGroups != nil {
		k.loaded = func(v view[tvapi.GroupID, tvapi.Group]) { o.OnGroups(&GroupView{v}) }
	}
	if o.GroupsLack != nil {
		k.lack = func(v view[tvapi.GroupID, tvapi.Group]) (int, int) { return o.GroupsLack(&GroupView{v}) }
	}
	return k
}
