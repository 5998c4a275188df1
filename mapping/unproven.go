package mapping

import (
	"context"
	"errors"
	"time"

	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/tvapi"
)

// errUnproven is why nothing is written to a memory that is not known to be the company's.
var errUnproven = errors.New("the memory is not known to be that of the company")

// guarded is the store of a company whose token or memory may not be proven yet, which needs TeamViewer's list of users.
// Without the proof nothing is shown or remembered. An end of access needs none: TeamViewer decides whether the token may
// make the change, and ids are unique across companies.
type guarded[R scim.Resource] struct {
	ready  func(context.Context) error
	store  scim.Store[R]
	ending func(cause error) scim.Store[R] // what can be done without the proof
}

func (g guarded[R]) pick(ctx context.Context) scim.Store[R] {
	if err := g.ready(ctx); err != nil {
		return g.ending(err)
	}
	return g.store
}

// Get returns a resource.
func (g guarded[R]) Get(ctx context.Context, req scim.GetRequest) (R, error) {
	return g.pick(ctx).Get(ctx, req)
}

// List returns a page of resources.
func (g guarded[R]) List(ctx context.Context, req scim.ListRequest) (scim.Page[R], error) {
	return g.pick(ctx).List(ctx, req)
}

// Create makes a resource.
func (g guarded[R]) Create(ctx context.Context, req scim.CreateRequest[R]) (R, error) {
	return g.pick(ctx).Create(ctx, req)
}

// Replace sets a resource.
func (g guarded[R]) Replace(ctx context.Context, req scim.ReplaceRequest[R]) (R, error) {
	return g.pick(ctx).Replace(ctx, req)
}

// Patch changes a resource.
func (g guarded[R]) Patch(ctx context.Context, req scim.PatchRequest) (R, error) {
	return g.pick(ctx).Patch(ctx, req)
}

// Delete deletes a resource.
func (g guarded[R]) Delete(ctx context.Context, req scim.DeleteRequest) error {
	return g.pick(ctx).Delete(ctx, req)
}

// nothing is a store of which every request fails for one cause.
type nothing[R scim.Resource] struct{ cause error }

func (n nothing[R]) Get(context.Context, scim.GetRequest) (r R, err error) { return r, n.cause }

func (n nothing[R]) List(context.Context, scim.ListRequest) (scim.Page[R], error) {
	return scim.Page[R]{}, n.cause
}

func (n nothing[R]) Create(context.Context, scim.CreateRequest[R]) (r R, err error) {
	return r, n.cause
}

func (n nothing[R]) Replace(context.Context, scim.ReplaceRequest[R]) (r R, err error) {
	return r, n.cause
}

func (n nothing[R]) Patch(context.Context, scim.PatchRequest) (r R, err error) { return r, n.cause }

func (n nothing[R]) Delete(context.Context, scim.DeleteRequest) error { return n.cause }

// orCause returns err, but for a 404 the cause: an id that a company does not have may be one of another company's, of which
// the client must not be told that it is gone.
func (n nothing[R]) orCause(err error) error {
	if errors.Is(err, errUnknown) {
		return n.cause
	}
	return err
}

// endingUsers deactivates users, and nothing else.
type endingUsers struct {
	nothing[scim.User]
	changes
}

// Replace deactivates the user if that is a part of the request. The answer is the cause in any case.
func (e endingUsers) Replace(ctx context.Context, req scim.ReplaceRequest[scim.User]) (scim.User, error) {
	if active := req.Resource.Active; active == nil || *active {
		return scim.User{}, e.cause
	}
	return scim.User{}, e.end(ctx, req.ID, req.If)
}

// Patch deactivates the user if that is a part of the request. The answer is the cause in any case.
func (e endingUsers) Patch(ctx context.Context, req scim.PatchRequest) (scim.User, error) {
	if active, named := req.Patch.Active(); !named || active {
		return scim.User{}, e.cause
	}
	return scim.User{}, e.end(ctx, req.ID, req.If)
}

// Delete deactivates the user. The answer is the cause, so that the client tries again.
func (e endingUsers) Delete(ctx context.Context, req scim.DeleteRequest) error {
	return e.end(ctx, req.ID, req.If)
}

func (e endingUsers) end(ctx context.Context, id string, when scim.Precondition) error {
	uid, err := tvapi.ParseUserID(id)
	cause, said := errors.AsType[*scim.Error](e.cause)
	switch {
	case err != nil:
		return unknown("user", id)
	case !when.Empty() || !said:
		return e.cause
	}
	release, err := e.locks.acquire(ctx, userKey(id))
	if err != nil {
		return e.sayError(err, about("User", id))
	}
	defer release()
	inactive := false
	p := plan.Plan{Refused: cause, Steps: []plan.Step{plan.UpdateUser{ID: uid, Update: tvapi.UserUpdate{Active: &inactive}}}}
	_, err = e.run(ctx, p, target{user: tvapi.User{ID: uid, Active: true}})
	return e.orCause(err)
}

// endingGroups removes members, and does nothing else.
type endingGroups struct {
	nothing[scim.Group]
	changes
}

// Patch removes members if the request does nothing else and wants no group back.
func (e endingGroups) Patch(ctx context.Context, req scim.PatchRequest) (scim.Group, error) {
	gid, err := tvapi.ParseGroupID(req.ID)
	if err != nil {
		return scim.Group{}, unknown("group", req.ID)
	}
	needs := req.Patch.Needs()
	wanted, reduced := req.Patch.Members()
	if needs.Resource || needs.Members || !req.If.Empty() || !reduced || wanted.Exact || len(wanted.Add) > 0 || !req.Want.IsNothing() {
		return scim.Group{}, e.cause
	}
	remove, _ := parseUsers(wanted.Remove)
	change := plan.GroupChange{TV: tvapi.Group{ID: gid}, Members: plan.Members{Remove: remove}, Now: time.Now()}
	_, err = e.run(ctx, plan.ForMembers(change), target{group: change.TV, shares: true})
	return scim.Group{Head: scim.Head{ID: req.ID}}, e.orCause(err)
}
