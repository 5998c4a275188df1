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

// userStore makes TeamViewer's users true to SCIM requests.
type userStore struct{ changes }

var _ scim.Store[scim.User] = userStore{}

// Get returns a user. TeamViewer is asked about one that the snapshot lacks before it is said to be unknown.
func (c userStore) Get(ctx context.Context, req scim.GetRequest) (scim.User, error) {
	t, rec, err := c.user(ctx, req.ID)
	if err != nil {
		return scim.User{}, err
	}
	return plan.ShowUser(t, rec), nil
}

// Replace sets a user to what is given. What it does not say about active, and an absent attribute that no client can
// read, are left alone.
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
		return scim.User{}, c.sayError(err, about("User", req.ID))
	}
	defer release()
	return c.changeUser(ctx, userRequest{
		id: req.ID, began: began, when: req.If, active: after.Active, refused: refused,
		says: func(string) bool { return true },
		apply: func(before scim.User) (scim.User, error) {
			c.policy.NoteIgnored(after, req.Ignored)
			return after, scim.CheckReplace(c.userType, before, after)
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
		return scim.User{}, c.sayError(err, about("User", req.ID))
	}
	defer release()
	r := userRequest{
		id: req.ID, began: began, when: req.If, says: req.Patch.Touches, refused: req.Patch.Refused,
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

// applyToUser applies a patch. An operation on e-mail addresses that this gateway has dropped, as the policy keeps only one,
// finds no target; it has no effect then, since a client that was told that they are accepted cannot know, and the rest of
// the request must not be lost for them.
func (c userStore) applyToUser(before scim.User, patch scim.Patch) (scim.User, error) {
	after, err := scim.Apply(c.userType, before, patch)
	if !isNoTarget(err) || c.policy.Keeps("", plan.KeyEmails) {
		return after, err
	}
	held := patch
	held.Ops = slices.DeleteFunc(slices.Clone(patch.Ops), func(op scim.Op) bool {
		if op.Path.Attr != plan.KeyEmails || op.Path.Schema != "" {
			return false
		}
		_, err := scim.Apply(c.userType, before, scim.Patch{Ops: []scim.Op{op}})
		if isNoTarget(err) {
			patch.Ignored.Add(plan.KeyEmails)
		}
		return isNoTarget(err)
	})
	return scim.Apply(c.userType, before, held)
}

// isNoTarget tells whether an operation of a patch is about a value that is not there.
func isNoTarget(err error) bool {
	e, ok := errors.AsType[*scim.Error](err)
	return ok && e.Type == scim.TypeNoTarget
}

// Delete does to a user what the policy says.
func (c userStore) Delete(ctx context.Context, req scim.DeleteRequest) error {
	began := time.Now()
	release, err := c.locks.acquire(ctx, userKey(req.ID))
	if err != nil {
		return c.sayError(err, about("User", req.ID))
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
	_, err = c.run(ctx, c.policy.PlanDelete(u.tv, u.rec, time.Now()), target{user: u.tv, rec: u.rec})
	return err
}

// user returns what TeamViewer shows and we remember of a user that clients know: 404 for any other id.
func (c userReader) user(ctx context.Context, id string) (tvapi.User, idmap.Record, error) {
	uid, err := tvapi.ParseUserID(id)
	if err != nil {
		return tvapi.User{}, idmap.Record{}, unknown("user", id)
	}
	t, err := c.roster.Users.Get(ctx, uid)
	if err != nil {
		return tvapi.User{}, idmap.Record{}, c.sayUserUnread(ctx, id, err)
	}
	rec := c.recall(t)
	if plan.Tombstoned(t, rec) {
		return tvapi.User{}, idmap.Record{}, deleted(t.ID)
	}
	return t, rec, nil
}

// sayUserUnread says why a user could not be read: 404 when TeamViewer does not know the id.
func (c userReader) sayUserUnread(ctx context.Context, id string, err error) error {
	if errors.Is(err, roster.ErrUnknown) {
		c.forgetIfGone(ctx, "user", id, err)
		return unknown("user", id)
	}
	return c.sayError(err, about("User", id))
}

// userRequest is a request to change a user.
type userRequest struct {
	id     string
	began  time.Time
	when   scim.Precondition
	says   func(key string) bool // whether the request names an attribute
	active *bool                 // what it says about active, nil for nothing
	// refused is why the rest of the request cannot be done; nil when it can.
	refused *scim.Error
	apply   func(before scim.User) (scim.User, error)
}

// endsAccess reports whether the request is to end the user's access.
func (r userRequest) endsAccess() bool { return r.active != nil && !*r.active }

// subject is the user whom a request changes, before the change.
type subject struct {
	tv    tvapi.User
	rec   idmap.Record
	asked bool // tv is TeamViewer's answer to a question of this request
	// unread is why nothing is known of the user but the id: then nothing but an end of access can be done.
	unread error
}

// userToChange returns the user whom a request changes. A change that names the id does not depend on what is known of
// the user: an older snapshot is enough when TeamViewer cannot be asked, and an end of access needs no knowledge at all.
// A precondition is checked on TeamViewer's own answer.
// A user whom a client deleted may have been activated in the console since, so TeamViewer is asked before the id is said
// to be unknown.
func (c userStore) userToChange(ctx context.Context, r userRequest) (subject, error) {
	uid, err := tvapi.ParseUserID(r.id)
	if err != nil {
		return subject{}, unknown("user", r.id)
	}
	var t tvapi.User
	if r.when.Empty() {
		t, err = c.roster.Users.Get(ctx, uid)
	} else {
		t, err = c.roster.Users.GetSince(ctx, uid, r.began)
	}
	if err != nil {
		return c.userUnread(ctx, uid, r, err)
	}
	s := subject{tv: t, rec: c.recall(t), asked: !r.when.Empty()}
	if !plan.Tombstoned(s.tv, s.rec) || r.endsAccess() && c.late.pending(userKey(r.id)) { // a lost activation may follow
		return s, nil
	}
	switch t, err := c.roster.Users.GetSince(ctx, uid, r.began); {
	case err == nil:
		s.tv, s.asked = t, true
	case errors.Is(err, roster.ErrUnknown) || !r.endsAccess():
		return subject{}, c.sayUserUnread(ctx, r.id, err)
	default:
		return s, nil
	}
	if plan.Tombstoned(s.tv, s.rec) {
		return subject{}, deleted(s.tv.ID)
	}
	return s, nil
}

// userUnread returns what a change can be made from when TeamViewer's answer about the user is missing.
func (c userStore) userUnread(ctx context.Context, uid tvapi.UserID, r userRequest, cause error) (subject, error) {
	said := c.sayUserUnread(ctx, r.id, cause)
	if errors.Is(cause, roster.ErrUnknown) || !r.when.Empty() {
		return subject{}, said
	}
	if view := c.roster.Users.Latest(); view != nil {
		if older, here := view.ByID(uid); here {
			return subject{tv: older, rec: c.recall(older)}, nil
		}
	}
	if !r.endsAccess() {
		return subject{}, said
	}
	rec, _ := c.links.Get(r.id)
	return subject{tv: tvapi.User{ID: uid, Active: true}, rec: rec, unread: said}, nil
}

// changeUser makes a change of a user true, and returns the user as the client sees it then.
func (c userStore) changeUser(ctx context.Context, r userRequest) (scim.User, error) {
	s, err := c.userToChange(ctx, r)
	if err != nil {
		return scim.User{}, err
	}
	change, err := c.compose(s, r)
	if err == nil && !s.asked && s.unread == nil && change.SkipsAddress() {
		if s, err = c.askForSubject(ctx, s, r); err == nil {
			change, err = c.compose(s, r)
		}
	}
	if err != nil {
		return scim.User{}, err
	}
	if err := c.mayChange(ctx, &change); err != nil {
		return scim.User{}, err
	}
	done, err := c.run(ctx, c.policy.PlanUser(change), target{user: change.TV, rec: change.Record})
	if err != nil {
		return scim.User{}, err
	}
	return plan.ShowUser(done.user, done.rec), nil
}

// askForSubject asks TeamViewer how the user is now. For want of an answer the user is as before, since a change that
// names the id is made in any case.
func (c userStore) askForSubject(ctx context.Context, s subject, r userRequest) (subject, error) {
	t, err := c.roster.Users.GetSince(ctx, s.tv.ID, r.began)
	switch {
	case errors.Is(err, roster.ErrUnknown), err != nil && !r.when.Empty():
		return subject{}, c.sayUserUnread(ctx, r.id, err)
	case err != nil:
		return s, nil //nolint:nilerr // the user as before is the answer
	}
	return subject{tv: t, rec: c.recall(t), asked: true}, nil
}

// compose returns what a request comes to for the user as it is.
func (c userStore) compose(s subject, r userRequest) (plan.UserChange, error) {
	change := plan.UserChange{
		TV: s.tv, Fresh: s.asked, Record: s.rec, Before: plan.ShowUser(s.tv, s.rec),
		Touches: r.says, Active: r.active, Refused: r.refused, Inputs: inputs(),
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

// mayChange refuses what must not be done to the user, and finds out whether the userName is free.
func (c userStore) mayChange(ctx context.Context, change *plan.UserChange) error {
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

// errUnknown is the cause of the errors that say that there is no such object for clients. The gateway itself looks at the
// cause, and not at what the client is told.
var errUnknown = errors.New("no such object")

func unknown(kind, id string) *scim.Error {
	return scim.NotFound("There is no %s %q in this TeamViewer company. If it was removed there, provision it again to create it.", kind, clip(id)).Because(errUnknown)
}

// deleted is the answer about a user whose deletion was a deactivation.
func deleted(id tvapi.UserID) *scim.Error {
	return scim.NotFound("User %s was deleted by the client and is inactive in TeamViewer. Create a user with the same userName to bring the account back.", id).Because(errUnknown)
}

func about(kind, id string) string { return kind + " " + clip(id) + " could not be read or changed" }

// clip shortens an id from outside for an error's text.
func clip(id string) string {
	const most = 64
	if len(id) <= most {
		return id
	}
	return id[:most] + "…"
}

// inputs returns what a plan takes from outside.
func inputs() plan.Inputs { return plan.Inputs{Now: time.Now(), Salt: idmap.NewSalt()} }
