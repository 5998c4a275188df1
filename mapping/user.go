package mapping

import (
	"context"
	"errors"
	"slices"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// userStore answers SCIM requests for users with TeamViewer's users.
type userStore struct{ changes }

var _ scim.Store[scim.User] = userStore{}

// Get returns a user.
func (c userStore) Get(ctx context.Context, req scim.GetRequest) (scim.User, error) {
	t, rec, err := c.user(ctx, req.ID)
	if err != nil {
		return scim.User{}, err
	}
	return plan.ShowUser(t, rec), nil
}

// Replace replaces a user. If the request has no active, or lacks an attribute that no client can
// read, these stay unchanged.
func (c userStore) Replace(ctx context.Context, req scim.ReplaceRequest[scim.User]) (scim.User, error) {
	after, refused := req.Resource, req.Refused
	deactivates := after.Active != nil && !*after.Active
	if refused == nil && after.UserName == "" {
		refused = missingUserName()
	}
	began := time.Now()
	keys := []lockKey{userKey(req.ID)}
	switch {
	case refused == nil:
		keys = append(keys, userNameKey(after.UserName))
	case !deactivates:
		return scim.User{}, refused
	}
	release, err := c.locks.acquire(ctx, keys...)
	if err != nil {
		return scim.User{}, c.toSCIMError(err, about("User", req.ID))
	}
	defer release()
	return c.changeUser(ctx, userRequest{
		id: req.ID, began: began, when: req.If, active: after.Active, refused: refused,
		touches: func(string) bool { return true },
		apply: func(before scim.User) (scim.User, error) {
			c.policy.NoteIgnored(after, req.Ignored)
			return after, scim.CheckReplace(c.UserType(), before, after)
		},
	})
}

// Patch changes a user.
func (c userStore) Patch(ctx context.Context, req scim.PatchRequest) (scim.User, error) {
	began := time.Now()
	keys := []lockKey{userKey(req.ID)}
	for _, name := range req.Patch.Values(plan.KeyUserName) {
		keys = append(keys, userNameKey(name))
	}
	release, err := c.locks.acquire(ctx, keys...)
	if err != nil {
		return scim.User{}, c.toSCIMError(err, about("User", req.ID))
	}
	defer release()
	r := userRequest{
		id: req.ID, began: began, when: req.If, touches: req.Patch.Touches, refused: req.Patch.Refused,
		apply: func(before scim.User) (scim.User, error) {
			after, err := c.applyToUser(before, req.Patch)
			c.policy.NoteIgnored(after, req.Patch.Ignored)
			return after, err
		},
	}
	if active, named := req.Patch.Active(); named {
		r.active = &active
	}
	return c.changeUser(ctx, r)
}

// applyToUser applies a patch. If the policy does not store e-mail addresses, an operation on one
// may find no target. It has no effect then: the client was told that the addresses are accepted,
// and the rest of the request must not fail for them.
func (c userStore) applyToUser(before scim.User, patch scim.Patch) (scim.User, error) {
	after, err := scim.Apply(c.UserType(), before, patch)
	if !isNoTarget(err) || c.policy.Keeps("", plan.KeyEmails) {
		return after, err
	}
	held := patch
	held.Ops = slices.DeleteFunc(slices.Clone(patch.Ops), func(op scim.Op) bool {
		if op.Path.Attr != plan.KeyEmails || op.Path.Schema != "" {
			return false
		}
		_, err := scim.Apply(c.UserType(), before, scim.Patch{Ops: []scim.Op{op}})
		if isNoTarget(err) {
			patch.Ignored.Add(plan.KeyEmails)
		}
		return isNoTarget(err)
	})
	return scim.Apply(c.UserType(), before, held)
}

// isNoTarget reports whether an operation of a patch selects a value that does not exist.
func isNoTarget(err error) bool {
	e, ok := errors.AsType[*scim.Error](err)
	return ok && e.Type == scim.TypeNoTarget
}

// Delete deletes or deactivates a user, as the policy says.
func (c userStore) Delete(ctx context.Context, req scim.DeleteRequest) error {
	began := time.Now()
	release, err := c.locks.acquire(ctx, userKey(req.ID))
	if err != nil {
		return c.toSCIMError(err, about("User", req.ID))
	}
	defer release()
	inactive := false
	u, err := c.userToChange(ctx, userRequest{id: req.ID, began: began, when: req.If, active: &inactive})
	if err != nil {
		return err
	}
	if err := c.expectUser(req.If, plan.ShowUser(u.tv, u.rec)); err != nil {
		return err
	}
	p := c.policy.PlanDelete(u.tv, u.rec, time.Now())
	if c.createMayFollow(u) {
		p = plan.Plan{Steps: []plan.Step{plan.UpdateUser{ID: u.tv.ID, Update: tvapi.UserUpdate{Active: &inactive}}}, Refused: scim.Unavailable(retryTrouble,
			"User %s was deactivated, and is not deleted yet: an earlier create with its userName got no answer and may still be carried out, which would create the account anew. "+
				"Retry the request.", u.tv.ID)}
	}
	_, err = c.run(ctx, p, target{user: u.tv, rec: u.rec})
	return err
}

// createMayFollow reports whether the deletion of a user for good may be followed by a create of the
// same address, which began before the user was created and got no answer. While the account exists,
// TeamViewer refuses that create.
func (c userStore) createMayFollow(u subject) bool {
	if c.policy.OnDelete != plan.Delete || !c.mayFollow(u.rec.Created) {
		return false
	}
	return c.late.createPending(u.tv.Email) || c.late.othersUnlocked()
}

// user returns what TeamViewer shows and the record of a user that clients know; 404 for any other
// id.
func (c userReader) user(ctx context.Context, id string) (tvapi.User, idmap.Record, error) {
	uid, err := tvapi.ParseUserID(id)
	if err != nil {
		return tvapi.User{}, idmap.Record{}, unknown("user", id)
	}
	t, err := c.roster.Users.Get(ctx, uid)
	if err != nil {
		return tvapi.User{}, idmap.Record{}, c.userReadError(ctx, id, err)
	}
	rec := c.recall(t)
	if plan.Tombstoned(t, rec) {
		return tvapi.User{}, idmap.Record{}, deletedError(t.ID)
	}
	return t, rec, nil
}

// userReadError returns the error for a user that could not be read: 404 if TeamViewer does not
// know the id.
func (c userReader) userReadError(ctx context.Context, id string, err error) error {
	if errors.Is(err, roster.ErrUnknown) {
		c.forgetIfGone(ctx, "user", id, err)
		return unknown("user", id)
	}
	return c.toSCIMError(err, about("User", id))
}

// userRequest is a request to change a user.
type userRequest struct {
	id      string
	began   time.Time
	when    scim.Precondition
	touches func(key string) bool // reports whether the request names an attribute
	active  *bool                 // its value of active; nil: none
	// refused is why the rest of the request is refused; nil: it is not.
	refused *scim.Error
	apply   func(before scim.User) (scim.User, error)
}

// endsAccess reports whether the request ends the user's access.
func (r userRequest) endsAccess() bool { return r.active != nil && !*r.active }

// subject is the user of a request, before the change.
type subject struct {
	tv    tvapi.User
	rec   idmap.Record
	fresh bool // tv is TeamViewer's answer to a GET of this request
	// unread is why only the id of the user is known, so that only an end of access is possible.
	unread error
}

// userToChange returns the user of a request. A change that names the id does not depend on what is
// known of the user: an older snapshot is sufficient if TeamViewer does not answer, and an end of
// access needs only the id. A precondition is checked against TeamViewer's answer. So is an end of
// access to an id that counts as unknown, since an earlier answer may have been wrong. A tombstoned
// user may have been activated in the console since, so TeamViewer is asked before the answer 404.
func (c userStore) userToChange(ctx context.Context, r userRequest) (subject, error) {
	uid, err := tvapi.ParseUserID(r.id)
	if err != nil {
		return subject{}, unknown("user", r.id)
	}
	var t tvapi.User
	if r.when.Empty() {
		t, err = c.roster.Users.Get(ctx, uid)
	}
	if !r.when.Empty() || r.endsAccess() && errors.Is(err, roster.ErrUnknown) {
		t, err = c.roster.Users.GetSince(ctx, uid, r.began)
	}
	if err != nil {
		return c.userUnread(ctx, uid, r, err)
	}
	s := subject{tv: t, rec: c.recall(t), fresh: !r.when.Empty()}
	// an activation without an answer may follow, also one of another process
	if !plan.Tombstoned(s.tv, s.rec) || r.endsAccess() && c.late.mayGive(userKey(r.id)) {
		return s, nil
	}
	switch t, err := c.roster.Users.GetSince(ctx, uid, r.began); {
	case err == nil:
		s.tv, s.fresh = t, true
	case errors.Is(err, roster.ErrUnknown) || !r.endsAccess():
		return subject{}, c.userReadError(ctx, r.id, err)
	default:
		return s, nil
	}
	if plan.Tombstoned(s.tv, s.rec) {
		return subject{}, deletedError(s.tv.ID)
	}
	return s, nil
}

// userUnread returns the subject of a change if TeamViewer did not answer about the user.
func (c userStore) userUnread(
	ctx context.Context, uid tvapi.UserID, r userRequest, cause error,
) (subject, error) {
	readErr := c.userReadError(ctx, r.id, cause)
	if errors.Is(cause, roster.ErrUnknown) || !r.when.Empty() {
		return subject{}, readErr
	}
	if view := c.roster.Users.Latest(); view != nil {
		if older, here := view.ByID(uid); here {
			return subject{tv: older, rec: c.recall(older)}, nil
		}
	}
	if !r.endsAccess() {
		return subject{}, readErr
	}
	rec, _ := c.links.Get(r.id)
	return subject{tv: tvapi.User{ID: uid, Active: true}, rec: rec, unread: readErr}, nil
}

// changeUser carries out a request and returns the user as the client sees it after that.
func (c userStore) changeUser(ctx context.Context, r userRequest) (scim.User, error) {
	s, err := c.userToChange(ctx, r)
	if err != nil {
		return scim.User{}, err
	}
	change, err := c.compose(s, r)
	if err == nil && !s.fresh && s.unread == nil && change.SkipsAddress() {
		if s, err = c.refreshSubject(ctx, s, r); err == nil {
			change, err = c.compose(s, r)
		}
	}
	if err != nil {
		return scim.User{}, err
	}
	if err := c.checkChange(ctx, &change); err != nil {
		return scim.User{}, err
	}
	done, err := c.run(ctx, c.policy.PlanUser(change), target{user: change.TV, rec: change.Record})
	if err != nil {
		return scim.User{}, err
	}
	return plan.ShowUser(done.user, done.rec), nil
}

// refreshSubject reads the user again. Without an answer, the subject stays as it is, since the
// change is made in any case.
func (c userStore) refreshSubject(ctx context.Context, s subject, r userRequest) (subject, error) {
	t, err := c.roster.Users.GetSince(ctx, s.tv.ID, r.began)
	switch {
	case errors.Is(err, roster.ErrUnknown), err != nil && !r.when.Empty():
		return subject{}, c.userReadError(ctx, r.id, err)
	case err != nil:
		return s, nil //nolint:nilerr // the user as before is the answer
	}
	return subject{tv: t, rec: c.recall(t), fresh: true}, nil
}

// compose applies a request to the user as the client sees it.
func (c userStore) compose(s subject, r userRequest) (plan.UserChange, error) {
	change := plan.UserChange{
		TV: s.tv, Fresh: s.fresh, Record: s.rec, Before: plan.ShowUser(s.tv, s.rec),
		Touches: r.touches, Active: r.active, Refused: r.refused, Inputs: inputs(), Shared: c.peers != nil,
	}
	if s.unread != nil {
		refused, _ := errors.AsType[*scim.Error](s.unread)
		change.Refused = refused
		return change, nil //nolint:nilerr // it is in the change
	}
	if err := c.expectUser(r.when, change.Before); err != nil {
		return change, err
	}
	var err error
	change.After, err = r.apply(change.Before)
	return change, change.Refuse(err)
}

// checkChange returns an error if the owner of the token would be changed, and refuses a userName
// that another user has.
func (c userStore) checkChange(ctx context.Context, change *plan.UserChange) error {
	if change.Refused != nil || !change.Renames() {
		return nil //nolint:nilerr // it is in the change
	}
	if err := c.protectUser(ctx, target{user: change.TV, rec: change.Record}, "renamed"); err != nil {
		return err
	}
	change.Refused = c.userNameTaken(ctx, *change)
	return nil
}

func missingUserName() *scim.Error {
	return scim.InvalidValue("userName is missing: map it to the user's e-mail address, which TeamViewer needs.")
}

// inputs returns the time and the random values for a plan.
func inputs() plan.Inputs { return plan.Inputs{Now: time.Now(), Salt: idmap.NewSalt()} }
