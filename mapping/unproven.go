package mapping

import (
	"context"
	"errors"
	"time"

	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/tvapi"
)

// errUnproven is the error of writes to a memory that is not known to be that of the company.
var errUnproven = errors.New("the memory is not known to be that of the company")

// guardedStore is the store of a company whose token or memory may not be proven yet; the proof
// needs the list of users. Without the proof nothing is shown or stored, and requests fail.
type guardedStore[R scim.Resource] struct {
	ready func(context.Context) error // see Company.Ready
	store scim.Store[R]
	peers *peers
}

// Get returns a resource.
func (g guardedStore[R]) Get(ctx context.Context, req scim.GetRequest) (r R, err error) {
	if err := g.ready(ctx); err != nil {
		return r, err
	}
	g.peers.follow(ctx)
	return g.store.Get(ctx, req)
}

// List returns a page of resources.
func (g guardedStore[R]) List(ctx context.Context, req scim.ListRequest) (page scim.Page[R], err error) {
	if err := g.ready(ctx); err != nil {
		return page, err
	}
	g.peers.follow(ctx)
	return g.store.List(ctx, req)
}

// Create creates a resource.
func (g guardedStore[R]) Create(ctx context.Context, req scim.CreateRequest[R]) (r R, err error) {
	if err := g.ready(ctx); err != nil {
		return r, err
	}
	return g.store.Create(ctx, req)
}

// Replace replaces a resource.
func (g guardedStore[R]) Replace(ctx context.Context, req scim.ReplaceRequest[R]) (r R, err error) {
	if err := g.ready(ctx); err != nil {
		return r, err
	}
	return g.store.Replace(ctx, req)
}

// Delete deletes a resource.
func (g guardedStore[R]) Delete(ctx context.Context, req scim.DeleteRequest) error {
	if err := g.ready(ctx); err != nil {
		return err
	}
	return g.store.Delete(ctx, req)
}

// orCause returns the cause instead of a 404: an id that the company does not have may be one of
// another company, and the client must not be told that its object is gone.
func orCause(err, cause error) error {
	if errors.Is(err, errUnknown) {
		return cause
	}
	return err
}

// guardedUsers deactivates users without the proof: TeamViewer decides whether the token may do it,
// and ids are unique across companies. The error is that of the proof, so that the client repeats
// the request.
type guardedUsers struct {
	guardedStore[scim.User]
	changes
}

// Replace replaces a user. Without the proof it deactivates the user, if the request does.
func (g guardedUsers) Replace(ctx context.Context, req scim.ReplaceRequest[scim.User]) (scim.User, error) {
	cause := g.ready(ctx)
	if cause == nil {
		return g.store.Replace(ctx, req)
	}
	if active := req.Resource.Active; active == nil || *active {
		return scim.User{}, cause
	}
	return scim.User{}, g.deactivate(ctx, req.ID, req.If, cause)
}

// Patch changes a user. Without the proof it deactivates the user, if the request does.
func (g guardedUsers) Patch(ctx context.Context, req scim.PatchRequest) (scim.User, error) {
	cause := g.ready(ctx)
	if cause == nil {
		return g.store.Patch(ctx, req)
	}
	if active, named := req.Patch.Active(); !named || active {
		return scim.User{}, cause
	}
	return scim.User{}, g.deactivate(ctx, req.ID, req.If, cause)
}

// Delete deletes a user. Without the proof it deactivates the user.
func (g guardedUsers) Delete(ctx context.Context, req scim.DeleteRequest) error {
	if cause := g.ready(ctx); cause != nil {
		return g.deactivate(ctx, req.ID, req.If, cause)
	}
	return g.store.Delete(ctx, req)
}

func (g guardedUsers) deactivate(ctx context.Context, id string, when scim.Precondition, cause error) error {
	uid, err := tvapi.ParseUserID(id)
	refused, ok := errors.AsType[*scim.Error](cause)
	switch {
	case err != nil:
		return unknown("user", id)
	case !when.Empty() || !ok:
		return cause
	}
	release, err := g.locks.acquire(ctx, userKey(id))
	if err != nil {
		return g.toSCIMError(err, about("User", id))
	}
	defer release()
	inactive := false
	p := plan.Plan{Refused: refused, Steps: []plan.Step{plan.UpdateUser{ID: uid, Update: tvapi.UserUpdate{Active: &inactive}}}}
	_, err = g.run(ctx, p, target{user: tvapi.User{ID: uid, Active: true}})
	return orCause(err, cause)
}

// guardedGroups removes members without the proof. If the request does anything else, or needs the
// group in the answer, the error is that of the proof.
type guardedGroups struct {
	guardedStore[scim.Group]
	changes
}

// Patch changes a group. Without the proof it only removes members that the request names.
func (g guardedGroups) Patch(ctx context.Context, req scim.PatchRequest) (scim.Group, error) {
	cause := g.ready(ctx)
	if cause == nil {
		return g.store.Patch(ctx, req)
	}
	gid, err := tvapi.ParseGroupID(req.ID)
	if err != nil {
		return scim.Group{}, unknown("group", req.ID)
	}
	refused, _ := errors.AsType[*scim.Error](cause)
	ending, ok := req.Patch.Ending(refused)
	wanted, _ := ending.Members()
	if !ok || refused == nil || wanted.Exact || !req.If.Empty() {
		return scim.Group{}, cause
	}
	remove, _ := parseUsers(wanted.Remove)
	change := plan.GroupChange{TV: tvapi.Group{ID: gid}, Members: plan.Members{Remove: remove}, Now: time.Now()}
	needs, whole := req.Patch.Needs(), req.Patch.Refused == nil && req.Want.IsNothing()
	if all, reduced := req.Patch.Members(); !whole || needs.Resource || !reduced || len(all.Add) > 0 {
		change.Refused = refused
	}
	_, err = g.run(ctx, plan.ForMembers(change), target{group: change.TV, shares: true})
	return scim.Group{Head: scim.Head{ID: req.ID}}, orCause(err, cause)
}
