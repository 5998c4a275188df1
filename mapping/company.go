package mapping

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Company is one TeamViewer company as one token sees it. What does not depend on the token is shared by all that are of
// the company. It is safe for concurrent use.
type Company struct {
	*shared

	client       *tvapi.Client // with the token
	tokenSum     tokenSum
	callersToken bool         // the token is the caller's own (passthrough), so that a refused one is the caller's fault
	memberQueues memberQueues // by token, since one call may not do for one token what only another may do
	owner        owner
}

// shared is what all tokens of a company share. It exists once in a process: the snapshot of what TeamViewer holds, the
// memory, the locks, the policy.
type shared struct {
	roster *roster.Roster
	links  idmap.Map
	policy Policy
	users  *scim.Type
	groups *scim.Type
	locks  locks
	log    *zap.Logger

	noPushDown   bool
	writeTimeout time.Duration
	needPassword learnt

	ownership *ownership
	proven    atomic.Bool // the memory is this company's
	foreign   atomic.Bool // the memory is another company's
}

// with returns the company as another of its tokens sees it.
func (c *Company) with(client *tvapi.Client, sum tokenSum) *Company {
	return &Company{shared: c.shared, client: client, tokenSum: sum, callersToken: c.callersToken}
}

// owner is the user who made the token. Who that is costs a call, so it is asked once, when it first matters. It is read
// and written under ownerKey, since who waits for that call must be able to give up.
type owner struct {
	until time.Time // how long id is known; zero: it is not
	id    tvapi.UserID
}

// TeamViewer's saying whose the token is holds as long as the process. Its refusal to say so is asked about again after
// a while, since a right may be given meanwhile.
const (
	ownerKnown   = 100 * 365 * 24 * time.Hour
	ownerRefused = 10 * time.Minute
)

// learnt is a fact about the company that one refusal taught us.
type learnt struct {
	mu  sync.Mutex
	yes bool
}

func (l *learnt) is() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.yes
}

func (l *learnt) set() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.yes = true
}

// tokenOwner returns the id of the token's owner, and false when TeamViewer will not say: then nobody is protected. An
// error means that it cannot be known now.
func (c *Company) tokenOwner(ctx context.Context) (tvapi.UserID, bool, error) {
	release, err := c.locks.acquire(ctx, ownerKey)
	if err != nil {
		return 0, false, c.sayError(err, "The owner of the TeamViewer token, who is protected, cannot be looked up")
	}
	defer release()
	if time.Now().Before(c.owner.until) {
		return c.owner.id, c.owner.id.Valid(), nil
	}
	account, err := c.client.Account(ctx)
	switch tvapi.KindOf(err) {
	case 0:
		if account.ID.Valid() {
			c.owner.id, c.owner.until = account.ID, time.Now().Add(ownerKnown)
			break
		}
		// TeamViewer does not say it of every token. An address may pass to another account, so it is good for a while.
		id, err := c.ownerByEmail(ctx, account.Email)
		if err != nil {
			return 0, false, err
		}
		c.owner.id, c.owner.until = id, time.Now().Add(ownerRefused)
	case tvapi.KindPermission, tvapi.KindLicense:
		c.owner.id, c.owner.until = 0, time.Now().Add(ownerRefused)
		c.log.Warn("the token may not view its account, so its owner is not protected", logged(err))
	default:
		return 0, false, c.sayError(err, "The owner of the TeamViewer token, who is protected, cannot be looked up")
	}
	return c.owner.id, c.owner.id.Valid(), nil
}

// ownerByEmail returns the user with the address that TeamViewer names of the token's owner, 0 if there is none.
func (c *Company) ownerByEmail(ctx context.Context, email string) (tvapi.UserID, error) {
	const unprotected = "TeamViewer does not say which user the token belongs to, so its owner is not protected: " +
		"give the token the right \"Account management: view account data\" with the e-mail address, or keep that user out of provisioning"
	if email == "" {
		c.log.Warn(unprotected)
		return 0, nil
	}
	users, err := c.roster.Users(ctx)
	if err != nil {
		return 0, c.sayError(err, "The owner of the TeamViewer token, who is protected, cannot be looked up")
	}
	owner, known := users.ByEmail(email)
	if !known {
		c.log.Warn(unprotected)
	}
	return owner.ID, nil
}

// protect refuses to do to the token's owner what would lock the gateway out.
func (c *Company) protect(ctx context.Context, id tvapi.UserID, what string) error {
	if !c.policy.ProtectOwner {
		return nil
	}
	owner, known, err := c.tokenOwner(ctx)
	if err != nil || !known || owner != id {
		return err
	}
	return scim.NotMutable("User %s owns the TeamViewer token of this gateway and is not %s: the gateway would lock itself out. "+
		"Take this user out of the scope of provisioning, or make the token with another account.", id, what)
}

// writing returns a context for effects: once the first of them is under way, the client's hanging up must not stop it
// half way.
func (c *Company) writing(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), c.writeTimeout)
}

// usersLoaded takes note of a new picture: what was remembered of users that TeamViewer no longer has is forgotten. It does
// nothing before the memory is known to be this company's.
func (c *Company) usersLoaded(view *roster.UserView) {
	if !c.owns(view) {
		return
	}
	for id := range view.Vanished() {
		c.forgetFree(userKey(id.String()), id.String())
	}
	c.settle(view)
}

// groupsLoaded is the same for groups.
func (c *Company) groupsLoaded(view *roster.GroupView) {
	if !c.proven.Load() {
		return
	}
	for id := range view.Vanished() {
		c.forgetFree(groupKey(id.String()), id.String())
	}
}

// forgetFree forgets what was remembered of an object, unless somebody is changing it, who will find out by himself.
func (c *Company) forgetFree(key lockKey, id string) {
	if release, free := c.locks.tryAcquire(key); free {
		defer release()
		c.forget(id)
	}
}

func (c *Company) forget(id string) {
	if err := c.links.Delete(id); err != nil {
		c.log.Error("a link could not be forgotten", zap.String("id", id), zap.Error(err))
	}
}

// settle brings records in line with what TeamViewer shows. A change of address that it shows as done waits no longer:
// from then on an old address there is a new change, not an unconfirmed one. A tombstone of a user whom it shows active
// is void, also when the user is deactivated again later; but not by a list that may be older than the deletion, such as
// one that another token has asked for. A user who is being changed is left to the next picture: whoever holds the lock
// may be waiting for this one.
func (c *Company) settle(view *roster.UserView) {
	for _, key := range []idmap.Key{pendingAddress, buriedUser} {
		for _, id := range c.links.Find(key) {
			uid, err := tvapi.ParseUserID(id)
			if err != nil {
				continue
			}
			t, here := view.ByID(uid)
			release, free := c.locks.tryAcquire(userKey(id))
			if !free {
				continue
			}
			if rec, ok := c.links.Peek(id); here && ok {
				c.settleUser(t, rec, view.Began())
			}
			release()
		}
	}
}

// settleUser brings one record in line with a user as a list shows it that was begun at began.
func (c *Company) settleUser(t tvapi.User, rec idmap.Record, began time.Time) {
	m := memoOf(rec)
	if rec.Was[keyUserName] != "" && roster.FoldEmail(t.Email) == roster.FoldEmail(rec.Sent[keyUserName]) {
		m.send(keyUserName, rec.Sent[keyUserName], "")
		if askedText(rec, keyUserName) == t.Email {
			m.drop(keyUserName)
		}
	}
	if t.Active && began.After(rec.Tombstone.Add(roster.DefaultLag)) {
		m.Tombstone = time.Time{}
	}
	if sameMemory(m.Record, rec) {
		return
	}
	if err := c.links.Put(t.ID.String(), m.userRecord()); err != nil {
		c.log.Error("a link could not be kept", zap.Stringer("user", t.ID), zap.Error(err))
	}
}
