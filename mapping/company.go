package mapping

import (
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Company is one TeamViewer company as one token sees it: the client, the picture of what TeamViewer holds, the policy.
// It is safe for concurrent use.
type Company struct {
	client *tvapi.Client
	roster *roster.Roster
	links  idmap.Map
	policy Policy
	users  *scim.Type
	groups *scim.Type
	locks  locks

	memberQueues memberQueues
	log          *zap.Logger

	callersToken bool // the token is the caller's own (passthrough), so that a refused one is the caller's fault
	noPushDown   bool
	writeTimeout time.Duration

	owner        owner
	needPassword learnt
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
		c.owner.id, c.owner.until = account.ID, time.Now().Add(ownerKnown)
	case tvapi.KindPermission, tvapi.KindLicense:
		c.owner.id, c.owner.until = 0, time.Now().Add(ownerRefused)
		c.log.Warn("the token may not view its account, so its owner is not protected", logged(err))
	default:
		return 0, false, c.sayError(err, "The owner of the TeamViewer token, who is protected, cannot be looked up")
	}
	return c.owner.id, c.owner.id.Valid(), nil
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

// leastToFinish is the least time that effects have once they were begun, even if the request's own ends before: what
// must not be left half done, such as a deactivation, can be finished. By so much an answer may be late.
const leastToFinish = 5 * time.Second

// writing returns a context for effects: once the first of them is under way, the client's hanging up must not stop it
// half way. It ends with the request's own deadline, but for leastToFinish.
func (c *Company) writing(ctx context.Context) (context.Context, context.CancelFunc) {
	left := c.writeTimeout
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, max(time.Until(deadline), leastToFinish))
	}
	return context.WithTimeout(context.WithoutCancel(ctx), left)
}

// usersLoaded takes note of a new picture: what was remembered of users that TeamViewer no longer has is forgotten.
func (c *Company) usersLoaded(view *roster.UserView) {
	for id := range view.Vanished() {
		c.forgetFree(userKey(id.String()), id.String())
	}
	c.settle(view)
}

// groupsLoaded is the same for groups.
func (c *Company) groupsLoaded(view *roster.GroupView) {
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
