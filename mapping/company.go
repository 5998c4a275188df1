package mapping

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Company is one TeamViewer company as one token sees it. What does not depend on the token is
// shared by all companies that [Directory] returns. It is safe for concurrent use.
//
// Its work is split into types, each of which embeds the one before it: writer (every write, see
// write.go), memory (records), userReader and groupReader (find and show), memberships, changes
// (execution of plans). userStore and groupStore answer requests. A type calls only the types
// before it.
type Company struct {
	*core
	unproven error // why the token is not proven; nil when it is
}

// core is what the types of a company's work have in common.
type core struct {
	*shared
	*access
	*Rules
}

// access is what depends on the token.
type access struct {
	client       *tvapi.Client // with the token
	tokenSum     tokenSum      // of the token at the start; see Company.ReplaceToken
	callersToken bool          // the token is the caller's own (passthrough)
	memberQueues memberQueues  // for each token, since tokens have different rights
	owner        owner
}

// Rules are the settings that a request is answered by. They do not change; requests that begin
// after a reload have others, see [Company.Under].
type Rules struct {
	policy       plan.Policy
	userType     func() *scim.ResourceType // built when it is needed first
	writeTimeout time.Duration
}

// NewRules returns the rules of a policy. writeTimeout is Options.WriteTimeout.
func NewRules(policy plan.Policy, writeTimeout time.Duration) *Rules {
	userType := sync.OnceValue(func() *scim.ResourceType { return plan.UserType(policy) })
	return &Rules{policy: policy, userType: userType, writeTimeout: writeTimeout}
}

// UserType returns the type of users under the rules.
func (r *Rules) UserType() *scim.ResourceType { return r.userType() }

// Under returns the company with other rules. All else is shared.
func (c *Company) Under(r *Rules) *Company {
	return &Company{core: &core{shared: c.shared, access: c.access, Rules: r}, unproven: c.unproven}
}

// The types of a company's work; see Company.
type (
	writer      struct{ *core }
	memory      struct{ writer }
	userReader  struct{ memory }
	groupReader struct{ userReader }
	memberships struct{ groupReader }
	changes     struct{ memberships }
	restorer    struct{ memberships }
)

// changes returns the company's work up to the execution of plans.
func (c *Company) changes() changes { return changes{c.memberships()} }

func (c *Company) memberships() memberships {
	return memberships{groupReader{userReader{memory{writer{c.core}}}}}
}

// shared is what all tokens of a company share. It exists once in a process.
type shared struct {
	newClient func(token string) (*tvapi.Client, error)
	roster    *roster.Roster
	links     idmap.Map
	groupType *scim.ResourceType
	locks     locks
	log       *zap.Logger

	lists   gate // evaluations of lists over the whole company
	outside *outside

	noPushDown bool
	listLag    time.Duration // see Options.ListLag
	// how long an object is missing from lists before its record is deleted
	forgetAfter  time.Duration
	needPassword atomic.Bool // TeamViewer refused to create a user without a password

	observers []func(Event)      // of all changes
	withhold  func() *scim.Error // see Options.Withhold

	late   late  // writes without an answer, which TeamViewer may still carry out
	main   *core // of the first token, for calls that no request causes
	sweeps struct {
		mu   sync.Mutex
		last map[string]time.Time // by kind
	}
	closing context.Context // ends when the company is closed
	stop    context.CancelFunc
	work    sync.WaitGroup // goroutines in the background

	ownership *ownership
	written   *written
	guard     *removalGuard
	peers     *peers
	proven    atomic.Bool // the memory is this company's
	foreign   atomic.Bool // the memory is another company's
	// writes were not announced, since the memory was not proven
	unannounced atomic.Bool
}

// mayRemember reports whether records may be read and written: the memory is known to be that of
// the company, or it was empty when the process began.
func (s *shared) mayRemember() bool {
	return s.proven.Load() || s.ownership.fresh.Load() && !s.ownership.stale.Load()
}

// with returns the company as another of its tokens sees it.
func (c *Company) with(client *tvapi.Client, sum tokenSum) *Company {
	return &Company{core: &core{
		shared: c.shared, Rules: c.Rules, access: &access{client: client, tokenSum: sum, callersToken: c.callersToken},
	}}
}

// owner is the user who made the token. It costs a call, so it is requested when it is first
// needed, and stored, also over a restart: without it no access can be ended, and the calls of the
// day may be used up. It is guarded by ownerKey and not by a mutex, because a request that waits
// for the call must be able to give up.
type owner struct {
	until time.Time // how long id counts; zero: it is not known
	id    tvapi.UserID
}

// An answer that names the owner counts for good. If TeamViewer does not name the owner, it is
// asked again after ownerRefused, since the token may be given the right meanwhile.
const (
	ownerKnown   = 100 * 365 * 24 * time.Hour
	ownerRefused = 10 * time.Minute
)

// tokenOwner returns the id of the token's owner, and false if TeamViewer does not name it; then no
// user is protected. An error means that it cannot be found out now.
func (c *core) tokenOwner(ctx context.Context) (tvapi.UserID, bool, error) {
	release, err := c.locks.acquire(ctx, ownerKey)
	if err != nil {
		return 0, false, c.toSCIMError(err, "The owner of the TeamViewer token, who is protected, cannot be looked up")
	}
	defer release()
	if time.Now().Before(c.owner.until) {
		return c.owner.id, c.owner.id.Valid(), nil
	}
	sum := c.client.TokenSum()
	if id := c.ownership.ownerOf(sum); id.Valid() {
		c.owner.id, c.owner.until = id, time.Now().Add(ownerKnown)
		return id, true, nil
	}
	account, err := c.client.Account(ctx)
	switch tvapi.KindOf(err) {
	case 0:
		if account.ID.Valid() {
			c.ownerNamed(ctx, sum, account.ID)
			break
		}
		// TeamViewer does not name the id for every token. An address may pass to another account,
		// so it counts for a short time.
		id, err := c.ownerByEmail(ctx, account.Email)
		if err != nil {
			return 0, false, err
		}
		c.owner.id, c.owner.until = id, time.Now().Add(ownerRefused)
	case tvapi.KindPermission, tvapi.KindLicense:
		c.owner.id, c.owner.until = 0, time.Now().Add(ownerRefused)
		c.log.Warn("the token may not view its account, so its owner is not protected", logged(err))
	default:
		return 0, false, c.toSCIMError(err, "The owner of the TeamViewer token, who is protected, cannot be looked up")
	}
	return c.owner.id, c.owner.id.Valid(), nil
}

// ownerNamed takes note of the owner of the token with that sum, whom TeamViewer has named. The
// caller holds ownerKey.
func (c *core) ownerNamed(ctx context.Context, sum tokenSum, id tvapi.UserID) {
	c.owner.id, c.owner.until = id, time.Now().Add(ownerKnown)
	if sum == c.client.TokenSum() && c.ownership.ownerOf(sum) != id {
		writer{c}.keepOwner(ctx, sum, id)
	}
}

// ownerByEmail returns the user with the e-mail address of the token's owner; 0 if there is none.
func (c *core) ownerByEmail(ctx context.Context, email string) (tvapi.UserID, error) {
	const unprotected = "TeamViewer does not say which user the token belongs to, so its owner is not protected: " +
		"give the token the right \"Account management: view account data\" with the e-mail address, or keep that user out of provisioning"
	if email == "" {
		c.log.Warn(unprotected)
		return 0, nil
	}
	users, err := c.roster.Users.View(ctx)
	if err != nil {
		return 0, c.toSCIMError(err, "The owner of the TeamViewer token, who is protected, cannot be looked up")
	}
	owner, known := users.Named(email)
	if !known {
		c.log.Warn(unprotected)
	}
	return owner.ID, nil
}

// leastToFinish is how long a change may take at least once it has begun, even if the deadline of
// the request is earlier: a change such as a deactivation must not be left half done. An answer may
// be late by that much.
const leastToFinish = 5 * time.Second

// writing returns a context for changes. It does not end with the client's connection, but with the
// deadline of the request, and not before leastToFinish.
func (c *core) writing(ctx context.Context) (context.Context, context.CancelFunc) {
	left := c.writeTimeout
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, max(time.Until(deadline), leastToFinish))
	}
	return context.WithTimeout(context.WithoutCancel(ctx), left)
}
