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

// CreateUser creates a user. After a lost answer the account may exist; the client's next search
// loads a new list. That account is not taken as that of this request, since it may have been
// created otherwise.
func (r runner) CreateUser(s plan.CreateUser) error {
	c, create := r.memberships, s.User
	if c.needPassword.Load() && create.Password == nil && create.SSOCustomerID == nil {
		create.Password = randomPassword()
	}
	made, err := c.createUser(r.action, create)
	if create.Password == nil && needsPassword(err) {
		c.needPassword.Store(true)
		create.Password = randomPassword()
		made, err = c.createUser(r.action, create)
	}
	if err != nil && tvapi.Uncertain(err) {
		c.roster.Users.Expire()
	}
	if tvapi.KindOf(err) == tvapi.KindConflict {
		return err // the error depends on which user has the address
	}
	if err != nil {
		return c.toSCIMError(err, "The user was not created")
	}
	c.roster.Users.Created(*made)
	r.target.user = *made
	return nil
}

// UpdateUser changes a user. A deactivation is never lost: if TeamViewer refuses it together with
// other values, or fails on them, it is sent again alone.
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
	if tvapi.Uncertain(err) {
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

// recordUnanswered records that a change may have been carried out or not.
func (r runner) recordUnanswered(s plan.UpdateUser) {
	r.roster.Users.Invalidate(s.ID)
	if rec := plan.Unanswered(r.target.rec, s.Update); !plan.SameMemory(rec, r.target.rec) {
		// the failure is logged; the request fails because of the lost answer
		_ = r.remember(r.action, s.ID.String(), rec)
	}
}

// propagation is how long TeamViewer is given until all of its servers know a new account.
const propagation = 2 * time.Second

// notYetKnown reports whether a call about a new account may have failed because not all of
// TeamViewer's servers knew it yet, which answer 404 or 400. It returns after propagation then.
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

// partMaySucceed reports whether a part of a failed call may succeed.
func partMaySucceed(err error) bool {
	switch tvapi.KindOf(err) {
	case tvapi.KindServer, tvapi.KindForeign:
		return tvapi.Uncertain(err) // it was sent and not withheld
	default:
		return refusal(err)
	}
}

// RemoveUser removes a user from the company. If TeamViewer refuses because the user is
// deactivated, as its console does, the user counts as deleted: it has no access, and is never
// activated for the removal.
func (r runner) RemoveUser(s plan.RemoveUser) error {
	c := r.memberships
	err := c.removeUser(r.action, s.ID, s.ForGood)
	switch kept, unread := r.remainsInactive(r.action, s.ID, err); {
	case unread != nil: // what the refusal means is not known
		return c.toSCIMError(unread, "User "+s.ID.String()+" was not removed")
	case kept:
		c.log.Warn("TeamViewer does not remove a deactivated user: the account stays in the company, deactivated, and counts as deleted",
			zap.Stringer("user", s.ID), logged(err))
		return r.Remember(plan.Remember{ID: s.ID.String(), Record: s.Record})
	}
	// A missing user is as requested: an attempt without an answer may have removed it.
	if err != nil && !c.isGone(r.action, s.ID, err) {
		if tvapi.Uncertain(err) {
			c.roster.Users.Invalidate(s.ID)
		}
		return r.deactivateInstead(s.ID, err)
	}
	c.roster.Users.Removed(s.ID)
	c.erase(r.action, s.ID.String())
	r.target.gone = true
	return nil
}

// deactivateInstead returns the error of a removal that failed. The user must not keep access for
// that: it is deactivated, and the error says so.
func (r runner) deactivateInstead(id tvapi.UserID, failed error) error {
	notRemoved := r.toSCIMError(failed, "User "+id.String()+" was not removed")
	no := false
	alone := tvapi.UserUpdate{Active: &no}
	if !partMaySucceed(failed) || r.updateUser(r.action, id, alone) != nil {
		return notRemoved
	}
	r.recordUpdate(id, alone, r.target)
	return withDeactivation(notRemoved)
}

// remainsInactive reports whether a removal was refused and the user is deactivated, which is read;
// the error is that of the read. A refusal because of the licence or a right is not about the user.
func (r runner) remainsInactive(ctx context.Context, id tvapi.UserID, refused error) (inactive bool, unread error) {
	e, ok := errors.AsType[*tvapi.Error](refused)
	if !ok || !refusal(refused) || e.Kind == tvapi.KindLicense || e.Category == "invalid_permission" {
		return false, nil
	}
	now, err := r.roster.Users.GetSince(ctx, id, time.Now())
	if errors.Is(err, roster.ErrUnknown) {
		return false, nil
	}
	return err == nil && !now.Active, err
}

// userChangeError returns the error for a failed call about one user.
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

// isGone reports whether a change of a user failed because there is no such user. TeamViewer's
// manual does not tell whether an unknown id is 404 or 400, and a single 404 may be wrong, so the
// user is read.
func (c userReader) isGone(ctx context.Context, id tvapi.UserID, err error) bool {
	switch tvapi.KindOf(err) {
	case tvapi.KindNotFound:
		c.roster.Users.Invalidate(id) // the answer contradicts the snapshot
	case tvapi.KindInvalid:
	default:
		return false
	}
	_, err = c.roster.Users.GetSince(ctx, id, time.Now())
	return errors.Is(err, roster.ErrUnknown)
}
