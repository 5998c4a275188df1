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

// Create makes a user, or brings back one that a client had deleted.
func (c userStore) Create(ctx context.Context, req scim.CreateRequest[scim.User]) (scim.User, error) {
	u := req.Resource
	if u.UserName == "" {
		return scim.User{}, missingUserName()
	}
	if reason := plan.CheckAddress(u.UserName); reason != "" {
		return scim.User{}, plan.RefusedAddress(u.UserName, reason)
	}
	if refused := c.policy.CheckNew(u); refused != nil { // before anything is remembered of another user with the name
		return scim.User{}, refused
	}
	release, err := c.locks.acquire(ctx, userNameKey(u.UserName))
	if err != nil {
		return scim.User{}, c.sayError(err, "The user was not created")
	}
	defer release()
	view, err := c.roster.Users.View(ctx)
	if err != nil {
		return scim.User{}, c.sayError(err, "The user was not created")
	}
	for _, h := range c.holders(view, u.UserName) {
		if h.shown || plan.Tombstoned(h.tv, h.rec) || plan.SoftDeleted(h.rec) {
			if found, err := c.createTaken(ctx, h.tv.ID, u); !errors.Is(err, errUnknown) {
				return found, err
			}
		}
	}
	if c.outside.has(u.UserName) { // nobody in the snapshot has it
		return scim.User{}, takenOutside(u.UserName)
	}
	c.policy.NoteIgnored(u, req.Ignored)
	done, err := c.run(ctx, c.policy.PlanCreate(u, inputs()), target{})
	if tvapi.KindOf(err) == tvapi.KindConflict && !done.user.ID.Valid() { // else it is about what came after the creation
		return c.conflict(ctx, u)
	}
	if err != nil {
		return scim.User{}, err
	}
	return plan.ShowUser(done.user, done.rec), nil
}

// conflict answers a create request whose address TeamViewer said is taken.
func (c userStore) conflict(ctx context.Context, u scim.User) (scim.User, error) {
	h, err := c.whoHas(ctx, u.UserName)
	if h == nil {
		return scim.User{}, err
	}
	found, err := c.createTaken(ctx, h.tv.ID, u)
	if errors.Is(err, errUnknown) {
		return scim.User{}, scim.Unavailable(retryTrouble, "userName %q was in use in TeamViewer, and has become free since. "+
			"Retry the request.", u.UserName)
	}
	return found, err
}

// whoHas finds out who has an address that TeamViewer said is taken: only a snapshot whose load began after that answer
// can tell. The error says it to the client; the holder is nil unless it is a user of the company.
func (c userReader) whoHas(ctx context.Context, userName string) (*holder, error) {
	began := time.Now()
	view, err := c.roster.Users.ViewSince(ctx, began)
	if err != nil {
		return nil, c.sayError(err, "The userName is in use in TeamViewer, and the account that has it could not be looked up")
	}
	for _, h := range c.holders(view, userName) {
		return &h, takenBy(userName, h)
	}
	c.outside.note(userName, began)
	return nil, takenOutside(userName)
}

// createTaken answers a create request for a userName that a user of the company has. A deleted user comes back. Any other is a
// 409, after which the client's next search must find the user, or it would be refused for ever. A user who turns out to
// have the name no more is a 404 (errUnknown).
//
// TeamViewer is asked first: the console may have given the name away since the snapshot, and the account of somebody else
// would be activated, or get the new user's externalId.
func (c userStore) createTaken(ctx context.Context, id tvapi.UserID, u scim.User) (scim.User, error) {
	release, err := c.locks.acquire(ctx, userKey(id.String()))
	if err != nil {
		return scim.User{}, c.sayError(err, "The user was not created")
	}
	defer release()
	t, err := c.roster.Users.GetSince(ctx, id, time.Now())
	h, err := c.stillHolder(ctx, id, u.UserName, t, err)
	if err != nil {
		return scim.User{}, err
	}
	if plan.Tombstoned(h.tv, h.rec) {
		return c.revive(ctx, h, u)
	}
	if err := c.link(ctx, h, u); err != nil {
		return scim.User{}, err
	}
	return scim.User{}, c.refuseTaken(u, h)
}

// link remembers the externalId of a refused create request, so that a client that searches by it finds the user who has
// the userName. It does so only for a user who has none and is shown by that userName, and not with an externalId that
// another user has. A user in the client's recycle bin keeps the userName and the externalId that the client gave.
func (c userStore) link(ctx context.Context, h holder, u scim.User) error {
	if !h.shown || u.ExternalID != "" && c.others(h.tv.ID, u.ExternalID) {
		return nil
	}
	rec := plan.Link(h.rec, u)
	if plan.SameMemory(rec, h.rec) {
		return nil
	}
	_, err := c.run(ctx, plan.Plan{Steps: []plan.Step{plan.Remember{ID: h.tv.ID.String(), Record: rec}}}, target{user: h.tv})
	return err
}

// others reports whether another user than id is shown with an externalId.
func (c userReader) others(id tvapi.UserID, externalID string) bool {
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

// refuseTaken is the 409 of a create request for a userName that a user has. It says what became of the password.
func (c userStore) refuseTaken(u scim.User, h holder) error {
	err := takenBy(u.UserName, h)
	if u.Password == "" {
		return err
	}
	return saying(err, "The password of this request was not set.")
}

// stillHolder returns the user who has a userName, as TeamViewer was found to show it; 404 (errUnknown) when the user has
// the name no more.
func (c userReader) stillHolder(ctx context.Context, id tvapi.UserID, userName string, t tvapi.User, err error) (holder, error) {
	switch {
	case errors.Is(err, roster.ErrUnknown):
		return holder{}, c.sayUserUnread(ctx, id.String(), err)
	case err != nil:
		return holder{}, c.sayError(err, "The user was not created, because the user who has the address could not be read")
	}
	h, has := c.holderOf(t, userName)
	if !has {
		return holder{}, unknown("user", id.String())
	}
	return h, nil
}

// revive brings back a user that a client had deleted: the account becomes what the create request says, and nothing is
// left of what was remembered before.
func (c userStore) revive(ctx context.Context, h holder, u scim.User) (scim.User, error) {
	if old := plan.RequestedText(h.rec, plan.KeyExternalID); old != "" && u.ExternalID != old {
		c.log.Info("a deleted user comes back under another externalId", zap.Stringer("user", h.tv.ID))
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
