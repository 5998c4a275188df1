package mapping

import (
	"context"
	"errors"
	"slices"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// userStore makes TeamViewer's users true to SCIM requests.
type userStore struct{ c *Company }

var _ scim.Store[scim.User] = userStore{}

// Get returns a user; one that the picture lacks is asked of TeamViewer once before it is said to be unknown.
func (s userStore) Get(ctx context.Context, req scim.GetRequest) (scim.User, error) {
	t, rec, err := s.c.user(ctx, req.ID)
	if err != nil {
		return scim.User{}, err
	}
	return showUser(t, rec), nil
}

// Replace sets a user to what is given. What it does not say about active, and an absent ssoCustomerId, which no client
// can read, are left alone.
func (s userStore) Replace(ctx context.Context, req scim.ReplaceRequest[scim.User]) (scim.User, error) {
	after, refused := req.Resource, req.Refused
	deactivates := after.Active != nil && !*after.Active
	if refused == nil && after.UserName == "" {
		refused = missingUserName()
	}
	keys := []lockKey{userKey(req.ID)}
	switch {
	case refused == nil:
		keys = append(keys, userNameKey(after.UserName))
	case !deactivates:
		return scim.User{}, refused
	}
	release, err := s.c.locks.acquire(ctx, keys...)
	if err != nil {
		return scim.User{}, s.c.sayError(err, about("User", req.ID))
	}
	defer release()
	t, rec, err := s.c.userToChange(ctx, req.ID, deactivates)
	if err != nil {
		return scim.User{}, err
	}
	change := userChange{tv: t, rec: rec, before: showUser(t, rec), after: after, active: after.Active, refused: refused}
	if err := s.c.expectUser(req.If, change.before); err != nil {
		return scim.User{}, err
	}
	if err := change.refuse(scim.CheckReplace(s.c.users, change.before, after)); err != nil {
		return scim.User{}, err
	}
	s.c.policy.noteDropped(after, req.Ignored)
	change.says = func(key string) bool { return key != SSOUserURN || after.Other[SSOUserURN] != nil }
	return s.c.changeUser(ctx, change)
}

// Patch changes a user.
func (s userStore) Patch(ctx context.Context, req scim.PatchRequest) (scim.User, error) {
	keys := []lockKey{userKey(req.ID)}
	for _, name := range req.Patch.Values(keyUserName) {
		keys = append(keys, userNameKey(name))
	}
	release, err := s.c.locks.acquire(ctx, keys...)
	if err != nil {
		return scim.User{}, s.c.sayError(err, about("User", req.ID))
	}
	defer release()
	active, named := req.Patch.Active()
	t, rec, err := s.c.userToChange(ctx, req.ID, named && !active)
	if err != nil {
		return scim.User{}, err
	}
	change := userChange{tv: t, rec: rec, before: showUser(t, rec), says: req.Patch.Touches, refused: req.Patch.Refused}
	if err := s.c.expectUser(req.If, change.before); err != nil {
		return scim.User{}, err
	}
	if named {
		change.active = &active
	}
	change.after, err = s.c.applyToUser(change.before, req.Patch)
	s.c.policy.noteDropped(change.after, req.Patch.Ignored)
	if err := change.refuse(err); err != nil {
		return scim.User{}, err
	}
	return s.c.changeUser(ctx, change)
}

// refuse notes why a change is refused, so that its deactivation is still carried out. An error that is not the
// client's, and one of a change that does not deactivate, is returned.
func (c *userChange) refuse(err error) error {
	e, ok := errors.AsType[*scim.Error](err)
	if !ok || c.active == nil || *c.active {
		return err
	}
	if c.refused == nil {
		c.refused = e
	}
	return nil
}

// applyToUser applies a patch. An operation on e-mail addresses that this gateway has dropped, as the policy keeps only one,
// finds no target; it has no effect then, since a client that was told that they are accepted cannot know, and the rest of
// the request must not be lost for them.
func (c *Company) applyToUser(before scim.User, patch scim.Patch) (scim.User, error) {
	after, err := scim.Apply(c.users, before, patch)
	if !isNoTarget(err) || c.policy.keeps("", keyEmails) {
		return after, err
	}
	held := patch
	held.Ops = slices.DeleteFunc(slices.Clone(patch.Ops), func(op scim.Op) bool {
		if op.Path.Attr != keyEmails || op.Path.Schema != "" {
			return false
		}
		_, err := scim.Apply(c.users, before, scim.Patch{Ops: []scim.Op{op}})
		if isNoTarget(err) {
			patch.Ignored.Add(keyEmails)
		}
		return isNoTarget(err)
	})
	return scim.Apply(c.users, before, held)
}

// isNoTarget tells whether an operation of a patch is about a value that is not there.
func isNoTarget(err error) bool {
	e, ok := errors.AsType[*scim.Error](err)
	return ok && e.Type == scim.TypeNoTarget
}

// Delete does to a user what the policy says.
func (s userStore) Delete(ctx context.Context, req scim.DeleteRequest) error {
	release, err := s.c.locks.acquire(ctx, userKey(req.ID))
	if err != nil {
		return s.c.sayError(err, about("User", req.ID))
	}
	defer release()
	t, rec, err := s.c.userToChange(ctx, req.ID, true)
	if err != nil {
		return err
	}
	if err := s.c.expectUser(req.If, showUser(t, rec)); err != nil {
		return err
	}
	if err := s.c.protect(ctx, t.ID, "removed"); err != nil {
		return err
	}
	_, err = s.c.run(ctx, s.c.policy.planDelete(t, rec, time.Now()), target{user: t})
	return err
}

// planDelete plans what a SCIM DELETE of a user does.
func (p Policy) planDelete(t tvapi.User, rec idmap.Record, now time.Time) Plan {
	switch p.OnDelete {
	case Remove, Delete:
		return Plan{Steps: []Step{RemoveUser{ID: t.ID, ForGood: p.OnDelete == Delete}}}
	default:
		inactive := false
		m := memoOf(rec)
		m.Tombstone = now.UTC()
		m.stamp(now)
		return Plan{Steps: []Step{
			UpdateUser{ID: t.ID, Update: tvapi.UserUpdate{Active: &inactive}},
			Remember{ID: t.ID.String(), Record: m.userRecord()},
		}}
	}
}

// user returns what TeamViewer shows and we remember of a user that clients know: 404 for any other id.
func (c *Company) user(ctx context.Context, id string) (tvapi.User, idmap.Record, error) {
	uid, err := tvapi.ParseUserID(id)
	if err != nil {
		return tvapi.User{}, idmap.Record{}, unknown("user", id)
	}
	_, seen := c.seenUser(uid)
	t, err := c.roster.User(ctx, uid)
	if errors.Is(err, roster.ErrUnknown) {
		if seen { // by this company: what is remembered of it is not another's
			c.forget(id)
		}
		return tvapi.User{}, idmap.Record{}, unknown("user", id)
	}
	if err != nil {
		return tvapi.User{}, idmap.Record{}, c.sayError(err, about("User", id))
	}
	rec, _ := c.links.Get(id)
	if buried(t, rec) {
		return tvapi.User{}, idmap.Record{}, unknown("user", id)
	}
	return t, rec, nil
}

// userToChange is user for a change. One that ends the user's access does not wait until TeamViewer can say how the user is
// now: that a user was there in an older picture is enough.
func (c *Company) userToChange(ctx context.Context, id string, endsAccess bool) (tvapi.User, idmap.Record, error) {
	t, rec, err := c.user(ctx, id)
	if err == nil || isUnknown(err) || !endsAccess {
		return t, rec, err
	}
	uid, _ := tvapi.ParseUserID(id) // what is no id is unknown
	older, seen := c.seenUser(uid)
	if rec, _ = c.links.Get(id); !seen || buried(older, rec) {
		return tvapi.User{}, idmap.Record{}, err
	}
	return older, rec, nil
}

// seenUser returns the user as the picture has it, whatever its age.
func (c *Company) seenUser(id tvapi.UserID) (tvapi.User, bool) {
	view := c.roster.UsersNow()
	if view == nil {
		return tvapi.User{}, false
	}
	return view.ByID(id)
}

// changeUser makes a planned change of a user true, and returns the user as the client sees it then.
func (c *Company) changeUser(ctx context.Context, change userChange) (scim.User, error) {
	change.now = time.Now()
	renames := change.refused == nil && change.says(keyUserName) && roster.FoldEmail(change.after.UserName) != roster.FoldEmail(change.before.UserName)
	if change.active != nil && !*change.active {
		if err := c.protect(ctx, change.tv.ID, "deactivated"); err != nil {
			return scim.User{}, err
		}
	}
	if renames {
		if err := c.protect(ctx, change.tv.ID, "renamed"); err != nil {
			return scim.User{}, err
		}
		change.refused = c.userNameTaken(change)
	}
	plan := c.policy.planUser(change)
	done, err := c.run(ctx, plan, target{user: change.tv, rec: change.rec})
	if err != nil {
		return scim.User{}, err
	}
	return showUser(done.user, done.rec), nil
}

// userNameTaken says who else has the wanted userName, nil when nobody does as far as the picture goes.
func (c *Company) userNameTaken(change userChange) *scim.Error {
	view := c.roster.UsersNow()
	if view == nil {
		return nil // TeamViewer will say
	}
	for _, h := range c.holders(view, change.after.UserName) {
		if h.tv.ID != change.tv.ID && h.shown {
			return takenBy(change.after.UserName, h)
		}
	}
	return nil
}

// holder is a user who has a userName, in TeamViewer or as shown to clients.
type holder struct {
	tv    tvapi.User
	rec   idmap.Record
	shown bool // clients see the user, by that name
}

// holders returns who has a userName: in TeamViewer, or by what we show in place of what TeamViewer holds.
func (c *Company) holders(view *roster.UserView, userName string) []holder {
	var found []holder
	for _, id := range c.idsByUserName(view, userName) {
		t, _ := view.ByID(id)
		if h, has := c.holderOf(t, userName); has {
			found = append(found, h)
		}
	}
	return found
}

// holderOf tells whether a user has a userName.
func (c *Company) holderOf(t tvapi.User, userName string) (holder, bool) {
	rec, _ := c.links.Peek(t.ID.String())
	named := roster.FoldEmail(showUser(t, rec).UserName) == roster.FoldEmail(userName)
	h := holder{tv: t, rec: rec, shown: named && !buried(t, rec)}
	return h, named || roster.FoldEmail(t.Email) == roster.FoldEmail(userName)
}

func missingUserName() *scim.Error {
	return scim.InvalidValue("userName is missing: map it to the user's e-mail address, which TeamViewer needs.")
}

// takenBy says who has a userName, and what can be done about it.
func takenBy(userName string, h holder) *scim.Error {
	switch {
	case buried(h.tv, h.rec):
		return scim.Uniqueness("userName %q belongs to TeamViewer user %s, who was deleted here and is inactive there. "+
			"Give that account another address in the Management Console, or remove it from the company.", userName, h.tv.ID)
	case !h.shown && !softDeleted(h.rec):
		return scim.Uniqueness("userName %q is still the address of TeamViewer user %s, whose change to another one may wait for a "+
			"confirmation mail to be answered. It will work once that is done.", userName, h.tv.ID)
	}
	return scim.Uniqueness("userName %q is taken by TeamViewer user %s. Match users by userName to link to that user, "+
		"or give one of the two another address.", userName, h.tv.ID)
}

func unknown(kind, id string) *scim.Error {
	return scim.NotFound("There is no %s %q in this TeamViewer company.", kind, clip(id))
}

func about(kind, id string) string { return kind + " " + clip(id) + " was not changed or read" }

// clip shortens an id from outside for an error's text.
func clip(id string) string {
	const most = 64
	if len(id) <= most {
		return id
	}
	return id[:most] + "…"
}
