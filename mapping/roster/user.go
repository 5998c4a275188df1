package roster

import (
	"context"
	"slices"
	"time"

	"tvscim/tvapi"
)

// UserView is a view of a snapshot of the company's users. It never changes.
type UserView struct {
	view[tvapi.UserID, tvapi.User]
}

// ByEmail returns the user with that address, in any case of its ASCII letters. Should several have it, which TeamViewer
// rules out, it is the one with the lowest id.
func (v *UserView) ByEmail(email string) (tvapi.User, bool) {
	for u := range v.byName(tvapi.FoldEmail(email)) {
		return u, true
	}
	return tvapi.User{}, false
}

// AllByEmail returns the users with that address, by ascending id. TeamViewer knows one at most; a snapshot may show more
// for a while, after the address of one user was given to another.
func (v *UserView) AllByEmail(email string) []tvapi.User {
	return slices.Collect(v.byName(tvapi.FoldEmail(email)))
}

// Users returns a view of the users. A snapshot within its age is answered at once and without a call. An older one is
// loaded anew, once for all callers; when that fails or takes longer than Options.Patience, the answer is the older one,
// whose Absent says why. Only where there is none is the answer an error, that of the load, or of ctx if it ends first.
// A load outlives its callers. After a failed one the next begins after a growing pause of 1 to 30 s.
//
// TeamViewer Web API: GET /users
func (r *Roster) Users(ctx context.Context) (*UserView, error) { return userView(r.users.within(ctx)) }

// UsersSince returns a view of a snapshot within its age whose load began after t, and waits for it until ctx ends. When
// there is none to be had, the answer is an error and never an older snapshot.
func (r *Roster) UsersSince(ctx context.Context, t time.Time) (*UserView, error) {
	return userView(r.users.since(ctx, t))
}

// CompleteUsers returns a view whose Absent is nil, and waits for it until ctx ends; otherwise an error.
func (r *Roster) CompleteUsers(ctx context.Context) (*UserView, error) {
	return userView(r.users.since(ctx, time.Time{}))
}

// UsersNow returns a view of the snapshot that is there, without any call or waiting; nil when there is none yet.
func (r *Roster) UsersNow() *UserView {
	v, _ := userView(r.users.now(), nil)
	return v
}

// User returns the user with that id by evidence within the age: out of the snapshot as [Roster.Users] gives it, or from
// TeamViewer, asked once for all callers. A user found so joins the snapshot. That there is none is an error that wraps
// [ErrUnknown], and is taken for granted for the age. TeamViewer's refusal as invalid means unknown only if a snapshot
// lacks the id too. Every other failure is an error of its own.
//
// TeamViewer Web API: GET /users/{id}
func (r *Roster) User(ctx context.Context, id tvapi.UserID) (tvapi.User, error) {
	return r.users.object(ctx, id)
}

// UserSince returns the user with that id as TeamViewer shows it to a question that began at t or later. The snapshot
// learns from it. Its errors are those of [Roster.User].
//
// TeamViewer Web API: GET /users/{id}
func (r *Roster) UserSince(ctx context.Context, id tvapi.UserID, t time.Time) (tvapi.User, error) {
	return r.users.objectSince(ctx, id, t)
}

// UserInvalid takes note that what is known of the user may be true no more, such as after a change without an answer:
// [Roster.User] asks TeamViewer next time, and nothing older is an answer.
func (r *Roster) UserInvalid(id tvapi.UserID) { r.users.invalidate(id) }

// UsersExpire makes the list of users too old for an answer: a user may have been created without an answer.
func (r *Roster) UsersExpire() { r.users.expire() }

// UnknownUsers returns those of the ids that are no user's, as [Roster.User] would tell of each. For more than a few of
// which nothing is known, a list is loaded instead.
func (r *Roster) UnknownUsers(ctx context.Context, ids []tvapi.UserID) ([]tvapi.UserID, error) {
	return r.users.missing(ctx, ids)
}

// UserCreated takes note of TeamViewer's answer to a create.
func (r *Roster) UserCreated(u tvapi.User) { r.users.created(u) }

// UserUpdated takes note that TeamViewer has accepted these changes.
func (r *Roster) UserUpdated(id tvapi.UserID, up tvapi.UserUpdate) {
	r.users.wrote(id, updated(func(u *tvapi.User) {
		set(&u.Email, up.Email)
		set(&u.Name, up.Name)
		set(&u.Active, up.Active)
	}))
	if up.Active != nil && !*up.Active {
		r.members.left(id)
	}
}

// UserRemoved takes note that TeamViewer has removed or deleted the user.
func (r *Roster) UserRemoved(id tvapi.UserID) {
	r.users.removed(id)
	r.members.left(id)
}

// UserGone takes note of an answer that proves that there is no such user: an error of TeamViewer about this very id.
func (r *Roster) UserGone(id tvapi.UserID) { r.UserRemoved(id) }

// set copies a value that is there.
func set[T any](to, from *T) {
	if from != nil {
		*to = *from
	}
}

func userView(v view[tvapi.UserID, tvapi.User], err error) (*UserView, error) {
	if err != nil || v.snapshot == nil {
		return nil, err
	}
	return &UserView{v}, nil
}

func userKind(c *tvapi.Client, o Options) *kind[tvapi.UserID, tvapi.User] {
	k := &kind[tvapi.UserID, tvapi.User]{
		plural:     users,
		one:        "user",
		maxAge:     o.UsersMaxAge,
		neverEmpty: true,
		id:         func(u tvapi.User) tvapi.UserID { return u.ID },
		name:       func(u tvapi.User) string { return tvapi.FoldEmail(u.Email) },
		list:       c.Users,
		get:        c.User,
	}
	if o.OnUsers != nil {
		k.loaded = func(v view[tvapi.UserID, tvapi.User]) { o.OnUsers(&UserView{v}) }
	}
	if o.UsersLack != nil {
		k.lack = func(v view[tvapi.UserID, tvapi.User]) (int, int) { return o.UsersLack(&UserView{v}) }
	}
	return k
}
