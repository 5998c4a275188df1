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

// Company is one TeamViewer company as one token sees it. What does not depend on the token is shared by all that are of
// the company. It is safe for concurrent use.
//
// Its work is split by noun, each type standing on the one before: writer (every write, see write.go), memory (what is
// remembered), userReader and groupReader (what is found and shown), memberships, changes (plans and their execution);
// userStore and groupStore answer requests. Calls go down, results come back.
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
	tokenSum     tokenSum      // of the token that the company was opened with; see Company.ReplaceToken
	callersToken bool          // the token is the caller's own (passthrough), so that a refused one is the caller's fault
	memberQueues memberQueues  // by token, since one call may not do for one token what only another may do
	owner        owner
}

// Rules are the settings that a request is answered by. They do not change; requests that begin after a reload get others,
// see [Company.Under].
type Rules struct {
	policy       plan.Policy
	userType     *scim.ResourceType
	writeTimeout time.Duration
}

// NewRules returns the rules of a policy. writeTimeout is Options.WriteTimeout.
func NewRules(policy plan.Policy, writeTimeout time.Duration) *Rules {
	return &Rules{policy: policy, userType: plan.UserType(policy), writeTimeout: writeTimeout}
}

// Under returns the company as a request sees it that is answered by the given rules. All else is shared.
func (c *Company) Under(r *Rules) *Company {
	return &Company{core: &core{shared: c.shared, access: c.access, Rules: r}, unproven: c.unproven}
}

// The types of a company's work.
type (
	writer      struct{ *core }
	memory      struct{ writer }
	userReader  struct{ memory }
	groupReader struct{ userReader }
	memberships struct{ groupReader }
	changes     struct{ memberships }
	restorer    struct{ memberships }
)

// changes is the company's work up to the execution of plans.
func (c *Company) changes() changes { return changes{c.memberships()} }

func (c *Company) memberships() memberships {
	return memberships{groupReader{userReader{memory{writer{c.core}}}}}
}

// shared is what all tokens of a company share. It exists once in a process: the snapshot of what TeamViewer holds, the
// memory, the locks.
type shared struct {
	newClient func(token string) (*tvapi.Client, error)
	roster    *roster.Roster
	links     idmap.Map
	groupType *scim.ResourceType
	locks     locks
	log       *zap.Logger

	lists   gate // evaluations of lists over the whole company
	outside *outside

	noPushDown   bool
	forgetAfter  time.Duration // how long an object must be missing from lists to be forgotten
	needPassword flag

	observers []func(Event) // of all that is changed

	late   late  // writes without an answer, which TeamViewer may still carry out
	main   *core // makes the calls that no request makes
	sweeps struct {
		mu   sync.Mutex
		last map[string]time.Time // by kind
	}
	closing context.Context // ends when the company is closed
	stop    context.CancelFunc
	work    sync.WaitGroup // what goes on in the background

	ownership *ownership
	written   *written
	proven    atomic.Bool // the memory is this company's
	foreign   atomic.Bool // the memory is another company's
}

// with returns the company as another of its tokens sees it.
func (c *Company) with(client *tvapi.Client, sum tokenSum) *Company {
	return &Company{core: &core{
		shared: c.shared, Rules: c.Rules, access: &access{client: client, tokenSum: sum, callersToken: c.callersToken},
	}}
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

// flag is a fact about the company that one refusal shows.
type flag struct {
	mu  sync.Mutex
	yes bool
}

func (l *flag) is() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.yes
}

func (l *flag) set() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.yes = true
}

// tokenOwner returns the id of the token's owner, and false when TeamViewer will not say: then nobody is protected. An
// error means that it cannot be known now.
func (c *core) tokenOwner(ctx context.Context) (tvapi.UserID, bool, error) {
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
func (c *core) ownerByEmail(ctx context.Context, email string) (tvapi.UserID, error) {
	const unprotected = "TeamViewer does not say which user the token belongs to, so its owner is not protected: " +
		"give the token the right \"Account management: view account data\" with the e-mail address, or keep that user out of provisioning"
	if email == "" {
		c.log.Warn(unprotected)
		return 0, nil
	}
	users, err := c.roster.Users.View(ctx)
	if err != nil {
		return 0, c.sayError(err, "The owner of the TeamViewer token, who is protected, cannot be looked up")
	}
	owner, known := users.Named(email)
	if !known {
		c.log.Warn(unprotected)
	}
	return owner.ID, nil
}

// leastToFinish is the least time that effects have once they were begun, even if the request's own ends before: what
// must not be left half done, such as a deactivation, can be finished. By so much an answer may be late.
const leastToFinish = 5 * time.Second

// writing returns a context for effects: once the first of them is under way, the client's hanging up must not stop it
// half way. It ends with the request's own deadline, but for leastToFinish.
func (c *core) writing(ctx context.Context) (context.Context, context.CancelFunc) {
	left := c.writeTimeout
	if deadline, ok := ctx.Deadline(); ok {
		left = min(left, max(time.Until(deadline), leastToFinish))
	}
	return context.WithTimeout(context.WithoutCancel(ctx), left)
}
