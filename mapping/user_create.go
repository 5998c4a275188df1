package mapping

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Create makes a user, or brings back one that a client had deleted.
func (s userStore) Create(ctx context.Context, req scim.CreateRequest[scim.User]) (scim.User, error) {
	c, u := s.c, req.Resource
	if u.UserName == "" {
		return scim.User{}, missingUserName()
	}
	if reason := checkAddress(u.UserName); reason != "" {
		return scim.User{}, refusedAddress(u.UserName, reason)
	}
	if refused := c.policy.checkNew(u); refused != nil { // before anything is remembered of a namesake
		return scim.User{}, refused
	}
	release, err := c.locks.acquire(ctx, userNameKey(u.UserName))
	if err != nil {
		return scim.User{}, c.sayError(err, "The user was not created")
	}
	defer release()
	view, err := c.roster.Users(ctx)
	if err != nil {
		return scim.User{}, c.sayError(err, "The user was not created")
	}
	for _, h := range c.holders(view, u.UserName) {
		if h.shown || buried(h.tv, h.rec) || softDeleted(h.rec) {
			if found, err := c.meet(ctx, h.tv.ID, u); !isUnknown(err) {
				return found, err
			}
		}
	}
	c.policy.noteDropped(u, req.Ignored)
	done, err := c.run(ctx, c.policy.planCreate(u, time.Now()), target{})
	if tvapi.KindOf(err) == tvapi.KindConflict && !done.user.ID.Valid() { // else it is about what came after the creation
		return c.conflict(ctx, u)
	}
	if err != nil {
		return scim.User{}, err
	}
	return showUser(done.user, done.rec), nil
}

// planCreate plans a new user: one call, and a second one for a user who is born inactive, since TeamViewer's create
// call knows no such thing.
func (p Policy) planCreate(u scim.User, now time.Time) Plan {
	create := tvapi.UserCreate{Email: u.UserName, Name: tvUserName(u), Language: tvLanguage(u.PreferredLanguage, p.language())}
	m := memo{idmap.Record{Created: now.UTC().Truncate(time.Millisecond)}}
	m.stamp(now)
	sso, _ := u.Other.Get(SSOUserURN, ssoCustomerID).(string)
	if sso == "" {
		sso = p.SSOCustomerID
	}
	if sso != "" {
		create.SSOCustomerID = &sso
		m.Secret = idmap.Hash(sso)
	}
	if u.Password != "" && p.AcceptPassword {
		create.Password = &u.Password
	}
	p.rememberNew(&m, u, create.Name)
	plan := Plan{Steps: []Step{CreateUser{User: create}, Remember{Record: m.userRecord()}}}
	if u.Active != nil && !*u.Active {
		plan.Steps = append(plan.Steps, UpdateUser{Update: tvapi.UserUpdate{Active: u.Active}})
	}
	return plan
}

// rememberNew remembers all that TeamViewer will not hold of a new user.
func (p Policy) rememberNew(m *memo, u scim.User, tvName string) {
	rememberName(m, u.DisplayName, tvName)
	if u.UserName != roster.FoldEmail(u.UserName) { // TeamViewer may store addresses in lower case
		m.ask(keyUserName, u.UserName)
		m.send(keyUserName, u.UserName, "")
	}
	kept := p.kept(u)
	for key, value := range kept {
		m.ask(key, value)
	}
	for _, key := range []string{keyName, keyEmails} { // else they would be made up from what TeamViewer holds
		if kept[key] == nil {
			m.ask(key, nil)
		}
	}
}

// checkNew refuses a new user of whom too much would have to be remembered.
func (p Policy) checkNew(u scim.User) *scim.Error {
	var m memo
	p.rememberNew(&m, u, tvUserName(u))
	return checkRecord(idmap.Record{}, m.Record)
}

// conflict answers a create request whose address TeamViewer said is taken.
func (c *Company) conflict(ctx context.Context, u scim.User) (scim.User, error) {
	h, err := c.whoHas(ctx, u.UserName)
	if h == nil {
		return scim.User{}, err
	}
	found, err := c.meet(ctx, h.tv.ID, u)
	if isUnknown(err) {
		return scim.User{}, scim.Unavailable(retryTrouble, "userName %q: TeamViewer said that the address is taken, and it was given up meanwhile. "+
			"It will work when it is tried again.", u.UserName)
	}
	return found, err
}

// whoHas finds out who has an address that TeamViewer said is taken: only a picture whose load began after that answer
// can tell. The error says it to the client; the holder is nil unless it is a user of the company.
func (c *Company) whoHas(ctx context.Context, userName string) (*holder, error) {
	view, err := c.roster.UsersSince(ctx, time.Now())
	if err != nil {
		return nil, c.sayError(err, "TeamViewer says that the address is taken, and who has it could not be found out")
	}
	for _, h := range c.holders(view, userName) {
		return &h, takenBy(userName, h)
	}
	return nil, scim.Uniqueness("userName %q belongs to a TeamViewer account outside this company. "+
		"Ask its owner to join the company (the account is then found and linked), or to change that account's address.", userName)
}

// meet answers a create request for a userName that a user of the company has. A deleted user comes back. Any other is a
// 409, after which the client's next search must find the user, or it would be refused for ever. A user who turns out to
// have the name no more is a 404 ([isUnknown]).
//
// Nothing is done to a user by what an older picture says: the console may have given the name away since, and the
// account of somebody else would be activated, or get the new user's externalId.
func (c *Company) meet(ctx context.Context, id tvapi.UserID, u scim.User) (scim.User, error) {
	release, err := c.locks.acquire(ctx, userKey(id.String()))
	if err != nil {
		return scim.User{}, c.sayError(err, "The user was not created")
	}
	defer release()
	began := time.Now()
	t, err := c.roster.User(ctx, id)
	h, err := c.stillHolder(id, u.UserName, t, err)
	if err != nil {
		return scim.User{}, err
	}
	if !buried(h.tv, h.rec) && sameMemory(met(h, u), h.rec) {
		return scim.User{}, c.refuseTaken(u, h)
	}
	t, err = c.roster.UserSince(ctx, id, began)
	if h, err = c.stillHolder(id, u.UserName, t, err); err != nil {
		return scim.User{}, err
	}
	if buried(h.tv, h.rec) {
		return c.revive(ctx, h, u)
	}
	if rec := met(h, u); !sameMemory(rec, h.rec) {
		if _, err := c.run(ctx, Plan{Steps: []Step{Remember{ID: id.String(), Record: rec}}}, target{user: h.tv}); err != nil {
			return scim.User{}, err
		}
	}
	return scim.User{}, c.refuseTaken(u, h)
}

// refuseTaken is the 409 of a create request for a userName that a user has. It says what became of the password.
func (c *Company) refuseTaken(u scim.User, h holder) error {
	err := takenBy(u.UserName, h)
	if u.Password == "" {
		return err
	}
	return saying(err, "The password of this request was not set.")
}

// stillHolder returns the user who has a userName, as TeamViewer was found to show it; 404 ([isUnknown]) when the user has
// the name no more.
func (c *Company) stillHolder(id tvapi.UserID, userName string, t tvapi.User, err error) (holder, error) {
	switch {
	case errors.Is(err, roster.ErrUnknown):
		return holder{}, c.sayUserUnread(id.String(), err)
	case err != nil:
		return holder{}, c.sayError(err, "The user was not created, since it is not known who has the address")
	}
	h, has := c.holderOf(t, userName)
	if !has {
		return holder{}, unknown("user", id.String())
	}
	return h, nil
}

// met is what is remembered of a user once a create request has met it: the externalId by which the client searches, if
// none is known, and no longer the userName that a client gave to a user in its recycle bin.
func met(h holder, u scim.User) idmap.Record {
	m := memoOf(h.rec)
	if softDeleted(h.rec) {
		m.drop(keyUserName)
	}
	if known := askedText(h.rec, keyExternalID); known == "" && u.ExternalID != "" && (h.shown || softDeleted(h.rec)) {
		m.ask(keyExternalID, u.ExternalID)
	}
	return m.userRecord()
}

// isUnknown tells whether a user turned out to be gone: somebody removed the account in the console meanwhile.
func isUnknown(err error) bool {
	e, ok := errors.AsType[*scim.Error](err)
	return ok && e.Status == 404
}

// revive brings back a user that a client had deleted: the account becomes what the create request says, and nothing is
// left of what was remembered before.
func (c *Company) revive(ctx context.Context, h holder, u scim.User) (scim.User, error) {
	if old := askedText(h.rec, keyExternalID); old != "" && u.ExternalID != old {
		c.log.Info("a deleted user comes back under another externalId", zap.Stringer("user", h.tv.ID))
	}
	if err := c.endMemberships(ctx, h.tv.ID, h.rec.Tombstone); err != nil {
		return scim.User{}, err
	}
	done, err := c.run(ctx, c.policy.planRevive(h.tv, h.rec, u, time.Now()), target{user: h.tv, rec: h.rec})
	if err != nil {
		return scim.User{}, err
	}
	return showUser(done.user, done.rec), nil
}

// planRevive plans the return of a deleted user. A password that the policy accepts is set, as it would be of a new account.
func (p Policy) planRevive(t tvapi.User, old idmap.Record, u scim.User, now time.Time) Plan {
	create := p.planCreate(u, now).Steps[0].(CreateUser).User
	m := memo{idmap.Record{Created: now.UTC().Truncate(time.Millisecond), Secret: old.Secret}}
	m.stamp(now)
	active := u.Active == nil || *u.Active
	up := tvapi.UserUpdate{Active: &active, Password: create.Password}
	if create.Name != t.Name {
		up.Name = &create.Name
	}
	if roster.FoldEmail(u.UserName) != roster.FoldEmail(t.Email) || waits(old) || old.Sent[keyLostAddress] != "" { // the address shown may be given up already
		up.Email = &u.UserName
	}
	if id := create.SSOCustomerID; id != nil && !idmap.Same(old.Secret, *id) {
		up.SSOCustomerID = id
		m.Secret = idmap.Hash(*id)
	}
	p.rememberNew(&m, u, create.Name)
	switch {
	case up.Email != nil: // the old address may go on being shown until the new one is confirmed
		m.ask(keyUserName, u.UserName)
		m.send(keyUserName, u.UserName, t.Email)
	case u.UserName != t.Email: // another letter case alone is not sent
		m.ask(keyUserName, u.UserName)
		m.send(keyUserName, t.Email, "")
	}
	return Plan{Steps: []Step{UpdateUser{ID: t.ID, Update: up}, Remember{ID: t.ID.String(), Record: m.userRecord()}}}
}
