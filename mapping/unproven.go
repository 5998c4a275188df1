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
// needs the list of users. Without the proof nothing is shown or stored. Ends of access need no
// proof: TeamViewer decides whether the token may make the change, and ids are unique across
// companies.
type guardedStore[R scim.Resource] struct {
	ready  func(context.Context) error
	store  scim.Store[R]
	ending func(cause error) scim.Store[R] // the store without the proof
}

// pick returns the store for a request.
func (g guardedStore[R]) pick(ctx context.Context) scim.Store[R] {
	if err := g.ready(ctx); err != nil {
		return g.ending(err)
	}
	return g.store
}

// Get returns a resource.
func (g guardedStore[R]) Get(ctx context.Context, req scim.GetRequest) (R, error) {
	return g.pick(ctx).Get(ctx, req)
}

// List returns a page of resources.
func (g guardedStore[R]) List(ctx context.Context, req scim.ListRequest) (scim.Page[R], error) {
	return g.pick(ctx).List(ctx, req)
}

// Create makes a resource.
func (g guardedStore[R]) Create(ctx context.Context, req scim.CreateRequest[R]) (R, error) {
	return g.pick(ctx).Create(ctx, req)
}

// Replace sets a resource.
func (g guardedStore[R]) Replace(ctx context.Context, req scim.ReplaceRequest[R]) (R, error) {
	return g.pick(ctx).Replace(ctx, req)
}

// Patch changes a resource.
func (g guardedStore[R]) Patch(ctx context.Context, req scim.PatchRequest) (R, error) {
	return g.pick(ctx).Patch(ctx, req)
}

// Delete deletes a resource.
func (g guardedStore[R]) Delete(ctx context.Context, req scim.DeleteRequest) error {
	return g.pick(ctx).Delete(ctx, req)
}

// failingStore is a store that answers every request with the same error.
type failingStore[R scim.Resource] struct{ cause error }

func (n failingStore[R]) Get(context.Context, scim.GetRequest) (r R, err error) { return r, n.cause }

func (n failingStore[R]) List(context.Context, scim.ListRequest) (scim.Page[R], error) {
	return scim.Page[R]{}, n.cause
}

func (n failingStore[R]) Create(context.Context, scim.CreateRequest[R]) (r R, err error) {
	return r, n.cause
}

func (n failingStore[R]) Replace(context.Context, scim.ReplaceRequest[R]) (r R, err error) {
	return r, n.cause
}

func (n failingStore[R]) Patch(context.Context, scim.PatchRequest) (r R, err error) {
	return r, n.cause
}

func (n failingStore[R]) Delete(context.Context, scim.DeleteRequest) error { return n.cause }

// orCause returns the cause instead of a 404: an id that the company does not have may be one of
// another company, and the client must not be told that its object is gone.
func (n failingStore[R]) orCause(err error) error {
	if errors.Is(err, errUnknown) {
		return n.cause
	}
	return err
}

// endingUsers deactivates users and does nothing else.
type endingUsers struct {
	failingStore[scim.User]
	changes
}

// Replace deactivates the user if the request does. It returns the cause in any case.
func (e endingUsers) Replace(ctx context.Context, req scim.ReplaceRequest[scim.User]) (scim.User, error) {
	if active := req.Resource.Active; active == nil || *active {
		return scim.User{}, e.cause
	}
	return scim.User{}, e.end(ctx, req.ID, req.If)
}

// Patch deactivates the user if the request does. It returns the cause in any case.
func (e endingUsers) Patch(ctx context.Context, req scim.PatchRequest) (scim.User, error) {
	if active, named := req.Patch.Active(); !named || active {
		return scim.User{}, e.cause
	}
	return scim.User{}, e.end(ctx, req.ID, req.If)
}

// Delete deactivates the user. It returns the cause, so that the client repeats the request.
func (e endingUsers) Delete(ctx context.Context, req scim.DeleteRequest) error {
	return e.end(ctx, req.ID, req.If)
}

// end deactivates a user.
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
		return e.toSCIMError(err, about("User", id))
	}
	defer release()
	if err := e.protect(ctx, uid, "deactivated"); err != nil {
		return err
	}
	inactive := false
	p := plan.Plan{Refused: cause, Steps: []plan.Step{plan.UpdateUser{ID: uid, Update: tvapi.UserUpdate{Active: &inactive}}}}
	_, err = e.run(ctx, p, target{user: tvapi.User{ID: uid, Active: true}})
	return e.orCause(err)
}

// endingGroups removes members and does nothing else.
type endingGroups struct {
	failingStore[scim.Group]
	changes
}

// Patch removes members if the request does nothing else and does not need the group in the answer.
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
