package mapping

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Create creates a user, or revives one that a client deleted.
func (c userStore) Create(ctx context.Context, req scim.CreateRequest[scim.User]) (scim.User, error) {
	u := req.Resource
	if u.UserName == "" {
		return scim.User{}, missingUserName()
	}
	if reason := plan.CheckAddress(u.UserName); reason != "" {
		return scim.User{}, plan.RefusedAddress(u.UserName, reason)
	}
	// before the record of another user with the name is changed
	if refused := c.policy.CheckNew(u); refused != nil {
		return scim.User{}, refused
	}
	release, err := c.locks.acquire(ctx, userNameKey(u.UserName))
	if err != nil {
		return scim.User{}, c.toSCIMError(err, "The user was not created")
	}
	defer release()
	view, err := c.roster.Users.View(ctx)
	if err != nil {
		return scim.User{}, c.toSCIMError(err, "The user was not created")
	}
	for _, h := range c.usersNamed(view, u.UserName) {
		if h.shown || plan.Tombstoned(h.tv, h.rec) || plan.SoftDeleted(h.rec) {
			if found, err := c.resolveExisting(ctx, h.tv.ID, u); !errors.Is(err, errUnknown) {
				return found, err
			}
		}
	}
	if c.outside.has(u.UserName) { // no user in the snapshot has it
		return scim.User{}, takenOutsideError(u.UserName)
	}
	c.policy.NoteIgnored(u, req.Ignored)
	done, err := c.run(ctx, c.policy.PlanCreate(u, inputs()), target{})
	// otherwise the conflict is about a later step
	if tvapi.KindOf(err) == tvapi.KindConflict && !done.user.ID.Valid() {
		return c.conflict(ctx, u)
	}
	if err != nil {
		return scim.User{}, err
	}
	return plan.ShowUser(done.user, done.rec), nil
}

// conflict answers a create request whose address TeamViewer refused as taken.
func (c userStore) conflict(ctx context.Context, u scim.User) (scim.User, error) {
	h, err := c.findConflict(ctx, u.UserName)
	if h == nil {
		return scim.User{}, err
	}
	found, err := c.resolveExisting(ctx, h.tv.ID, u)
	if errors.Is(err, errUnknown) {
		return scim.User{}, scim.Unavailable(retryTrouble, "userName %q was in use in TeamViewer, and has become free since. "+
			"Retry the request.", u.UserName)
	}
	return found, err
}

// findConflict looks up which user has an address that TeamViewer refused as taken, in a snapshot
// whose load began after that answer. The error is that for the client; the user is nil if it is
// not one of the company.
func (c userReader) findConflict(ctx context.Context, userName string) (*nameMatch, error) {
	began := time.Now()
	view, err := c.roster.Users.ViewSince(ctx, began)
	if err != nil {
		return nil, c.toSCIMError(err, "The userName is in use in TeamViewer, and the account that has it could not be looked up")
	}
	for _, h := range c.usersNamed(view, userName) {
		return &h, userNameTakenError(userName, h)
	}
	c.outside.note(userName, began)
	return nil, takenOutsideError(userName)
}

// resolveExisting answers a create request for a userName that a user of the company has. A deleted
// user is revived. For another one the error is 409, and the user is linked so that the client's
// next search finds it; otherwise the client would repeat the request forever. If the user no
// longer has the name, the error is 404 (errUnknown).
//
// The user is read first. The name may have been given to another account in the console since the
// snapshot, and the account of another person would be activated, or get the new user's externalId.
func (c userStore) resolveExisting(ctx context.Context, id tvapi.UserID, u scim.User) (scim.User, error) {
	release, err := c.locks.acquire(ctx, userKey(id.String()))
	if err != nil {
		return scim.User{}, c.toSCIMError(err, "The user was not created")
	}
	defer release()
	t, err := c.roster.Users.GetSince(ctx, id, time.Now())
	h, err := c.confirmMatch(ctx, id, u.UserName, t, err)
	if err != nil {
		return scim.User{}, err
	}
	if plan.Tombstoned(h.tv, h.rec) {
		return c.revive(ctx, h, u)
	}
	if err := c.link(ctx, h, u); err != nil {
		return scim.User{}, err
	}
	return scim.User{}, c.takenError(u, h)
}

// link stores the externalId of a refused create request, so that a client that searches by it
// finds the user with the userName. It does so only if the user has none and is shown with that
// userName, and if no other user has the externalId. A user in the client's recycle bin is not
// changed.
func (c userStore) link(ctx context.Context, h nameMatch, u scim.User) error {
	if !h.shown || u.ExternalID != "" && c.externalIDInUse(h.tv.ID, u.ExternalID) {
		return nil
	}
	rec := plan.Link(h.rec, u)
	if plan.SameMemory(rec, h.rec) {
		return nil
	}
	_, err := c.run(ctx, plan.Plan{Steps: []plan.Step{plan.Remember{ID: h.tv.ID.String(), Record: rec}}}, target{user: h.tv})
	return err
}

// externalIDInUse reports whether another user than id is shown with an externalId.
func (c userReader) externalIDInUse(id tvapi.UserID, externalID string) bool {
	view := c.roster.Users.Latest()
	return slices.ContainsFunc(c.links.Find(idmap.Key{Index: idmap.UserExternalID, Value: externalID}), func(other string) bool {
		uid, err := tvapi.ParseUserID(other)
		if err != nil || uid == id || view == nil {
			return false
		}
		t, here := view.ByID(uid)
		return here && !plan.Tombstoned(t, c.peek(t))
	})
}

// takenError returns the 409 of a create request for a userName that a user has.
func (c userStore) takenError(u scim.User, h nameMatch) error {
	err := userNameTakenError(u.UserName, h)
	if u.Password == "" {
		return err
	}
	return withSentence(err, "The password of this request was not set.")
}

// confirmMatch returns the user with a userName, given the result of reading the user; 404
// (errUnknown) if the user no longer has the name.
func (c userReader) confirmMatch(
	ctx context.Context, id tvapi.UserID, userName string, t tvapi.User, err error,
) (nameMatch, error) {
	switch {
	case errors.Is(err, roster.ErrUnknown):
		return nameMatch{}, c.userReadError(ctx, id.String(), err)
	case err != nil:
		return nameMatch{}, c.toSCIMError(err, "The user was not created, because the user who has the address could not be read")
	}
	h, has := c.matchUserName(t, userName)
	if !has {
		return nameMatch{}, unknown("user", id.String())
	}
	return h, nil
}

// revive activates a user that a client deleted, with the values of the create request. The record
// from before the deletion is replaced.
func (c userStore) revive(ctx context.Context, h nameMatch, u scim.User) (scim.User, error) {
	if old := plan.RequestedText(h.rec, plan.KeyExternalID); old != "" && u.ExternalID != old {
		c.log.Info("a deleted user returns with another externalId", zap.Stringer("user", h.tv.ID))
	}
	if refused := c.withhold(); refused != nil {
		return scim.User{}, refused
	}
	if err := c.protectReturn(ctx, h.tv.ID); err != nil {
		return scim.User{}, err
	}
	if err := c.endMemberships(ctx, h.tv.ID, h.rec.Tombstone); err != nil {
		return scim.User{}, err
	}
	done, err := c.run(ctx, c.policy.PlanRevive(h.tv, h.rec, u, inputs()), target{user: h.tv, rec: h.rec})
	if err != nil {
		return scim.User{}, err
	}
	return plan.ShowUser(done.user, done.rec), nil
}
