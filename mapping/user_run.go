package mapping

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/tvapi"
)

// CreateUser creates an account. One whose creation got no clear answer may be there all the same: the client's next
// search asks TeamViewer. That account is not taken for this request's, since somebody else may have made it meanwhile.
func (r runner) CreateUser(s plan.CreateUser) error {
	c, create := r.memberships, s.User
	if c.needPassword.is() && create.Password == nil && create.SSOCustomerID == nil {
		create.Password = randomPassword()
	}
	made, err := c.createUser(r.action, create)
	if create.Password == nil && needsPassword(err) {
		c.needPassword.set()
		create.Password = randomPassword()
		made, err = c.createUser(r.action, create)
	}
	if err != nil && uncertain(err) {
		c.roster.Users.Expire()
	}
	if tvapi.KindOf(err) == tvapi.KindConflict {
		return err // who has the address decides what to say
	}
	if err != nil {
		return c.toSCIMError(err, "The user was not created")
	}
	c.roster.Users.Created(*made)
	r.target.user = *made
	return nil
}

// UpdateUser changes an account. A deactivation is never lost: if TeamViewer refuses it together with something else,
// it is sent again alone, and also if TeamViewer fails on the two together.
func (r runner) UpdateUser(s plan.UpdateUser) error {
	c, t := r.memberships, r.target
	created := s.ID == 0
	if created {
		s.ID = t.user.ID
	}
	err := c.updateUser(r.action, s.ID, s.Update)
	if created && notYetKnown(r.action, err) {
		err = c.updateUser(r.action, s.ID, s.Update)
	}
	if err == nil {
		c.recordUpdate(s.ID, s.Update, t)
		return nil
	}
	if uncertain(err) {
		r.recordUnanswered(s)
	}
	if created {
		return c.toSCIMError(err, "User "+s.ID.String()+" was created but not deactivated, and so is ACTIVE in TeamViewer")
	}
	if alone := (tvapi.UserUpdate{Active: s.Update.Active}); partMaySucceed(err) && alone.Active != nil && !*alone.Active && s.Update != alone {
		if again := c.updateUser(r.action, s.ID, alone); again == nil {
			c.recordUpdate(s.ID, alone, t)
			return withDeactivation(r.userChangeError(r.action, s, err))
		}
	}
	return r.userChangeError(r.action, s, err)
}

// recordUnanswered takes note that a change may have been done or not.
func (r runner) recordUnanswered(s plan.UpdateUser) {
	r.roster.Users.Invalidate(s.ID)
	if rec := plan.Unanswered(r.target.rec, s.Update); !plan.SameMemory(rec, r.target.rec) {
		_ = r.remember(r.action, s.ID.String(), rec) // it is logged; the request fails for the lost answer anyway
	}
}

// propagation is how long TeamViewer is given to know everywhere an account that it has just made.
const propagation = 2 * time.Second

// notYetKnown tells whether a call about an account that was just made may have failed because TeamViewer did not know it
// everywhere, which it says of an id by a 404 or a 400. It does so once TeamViewer had time to learn of it.
func notYetKnown(ctx context.Context, err error) bool {
	if kind := tvapi.KindOf(err); kind != tvapi.KindNotFound && kind != tvapi.KindInvalid {
		return false
	}
	select {
	case <-time.After(propagation):
		return true
	case <-ctx.Done():
		return false
	}
}

// partMaySucceed tells whether TeamViewer, which refused a call or failed on it, may do a part of it.
func partMaySucceed(err error) bool {
	switch tvapi.KindOf(err) {
	case tvapi.KindServer, tvapi.KindForeign:
		return uncertain(err) // it was sent, not withheld
	default:
		return refusal(err)
	}
}

// RemoveUser removes an account. One that TeamViewer does not remove because it is deactivated, as its console does not,
// counts as deleted and is never activated for the removal: it has no access as it is.
func (r runner) RemoveUser(s plan.RemoveUser) error {
	c := r.memberships
	err := c.removeUser(r.action, s.ID, s.ForGood)
	if r.remainsInactive(r.action, s.ID, err) {
		c.log.Warn("TeamViewer does not remove a deactivated user: the account stays in the company, deactivated, and counts as deleted",
			zap.Stringer("user", s.ID), logged(err))
		return r.Remember(plan.Remember{ID: s.ID.String(), Record: s.Record})
	}
	// A user who is gone is as was requested: an attempt without an answer may have done it.
	if err != nil && !c.isGone(r.action, s.ID, err) {
		if uncertain(err) {
			c.roster.Users.Invalidate(s.ID)
		}
		return c.toSCIMError(err, "User "+s.ID.String()+" was not removed")
	}
	c.roster.Users.Removed(s.ID)
	c.erase(r.action, s.ID.String())
	r.target.gone = true
	return nil
}

// remainsInactive reports whether a removal was refused and the account is deactivated, which TeamViewer is asked for. What
// the token or the licence lacks has nothing to do with the account.
func (r runner) remainsInactive(ctx context.Context, id tvapi.UserID, err error) bool {
	e, ok := errors.AsType[*tvapi.Error](err)
	if !ok || !refusal(err) || e.Kind == tvapi.KindLicense || e.Category == "invalid_permission" {
		return false
	}
	now, err := r.roster.Users.GetSince(ctx, id, time.Now())
	return err == nil && !now.Active
}

// userChangeError says why a call about one user failed.
func (r runner) userChangeError(ctx context.Context, s plan.UpdateUser, err error) error {
	switch {
	case tvapi.KindOf(err) == tvapi.KindConflict && s.Update.Email != nil:
		_, err := r.findConflict(ctx, *s.Update.Email)
		return err
	case r.isGone(ctx, s.ID, err):
		r.roster.Users.Removed(s.ID)
		if tvapi.KindOf(err) == tvapi.KindNotFound {
			r.forget(ctx, "user", s.ID.String())
		}
		return unknown("user", s.ID.String())
	}
	return r.toSCIMError(err, "User "+s.ID.String()+" was not changed")
}

// isGone reports whether a change of a user failed because there is no such user. TeamViewer's contract does not tell
// whether an unknown id is a 404 or a 400, and a single 404 may be wrong, so TeamViewer is asked for the user.
func (c userReader) isGone(ctx context.Context, id tvapi.UserID, err error) bool {
	switch tvapi.KindOf(err) {
	case tvapi.KindNotFound:
		c.roster.Users.Invalidate(id) // TeamViewer contradicts what is known
	case tvapi.KindInvalid:
	default:
		return false
	}
	_, err = c.roster.Users.GetSince(ctx, id, time.Now())
	return errors.Is(err, roster.ErrUnknown)
}

// uncertain tells whether a failed call may have been done all the same.
func uncertain(err error) bool { return tvapi.Uncertain(err) }
