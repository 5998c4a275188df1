package mapping

import (
	"context"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Options are the options of a [Company] or a [Directory].
type Options struct {
	// NewClient returns a client of the Web API that uses this token.
	NewClient func(token string) (*tvapi.Client, error)
	// Links stores what TeamViewer cannot store. It belongs to one company.
	Links  idmap.Map
	Policy plan.Policy

	UsersMaxAge  time.Duration // see roster.Options
	GroupsMaxAge time.Duration
	// ForgetAfter is how long an object is missing from every list before its record is deleted;
	// default 30 days.
	ForgetAfter time.Duration
	// LateWindow is how long TeamViewer may carry out a call after its answer was lost; default 2
	// minutes.
	LateWindow time.Duration
	// ListLag is how long lists may lack a write after its answer; default roster.DefaultLag.
	ListLag time.Duration
	// WriteTimeout bounds all calls of one request after the first is sent; default 1 minute.
	WriteTimeout time.Duration
	Observers    []func(Event) // called after each change, on the goroutine that made it
	// Withhold returns why only ends of access may be carried out now (see plan.Plan.Ending), nil
	// if all changes may. It is called before each change; a nil Withhold withholds nothing.
	Withhold   func() *scim.Error
	NoPushDown bool // evaluates every filter on all objects, for tests
	Logger     *zap.Logger

	ownership *ownership // of Links; nil: Open makes this and written
	written   *written
	guard     *removalGuard
	peers     *peers
}

func (o *Options) setDefaults() {
	if o.WriteTimeout == 0 {
		o.WriteTimeout = time.Minute
	}
	if o.ForgetAfter == 0 {
		o.ForgetAfter = 30 * 24 * time.Hour
	}
	if o.ListLag == 0 {
		o.ListLag = roster.DefaultLag
	}
	if o.LateWindow == 0 {
		o.LateWindow = 2 * time.Minute
	}
	if o.Withhold == nil {
		o.Withhold = func() *scim.Error { return nil }
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
}

// Open returns the Company of one token. It makes no calls. callersToken means that the token is
// the SCIM client's own, so that its refusal is the client's fault. The caller must close the
// Company.
func (o Options) Open(token string, callersToken bool) (*Company, error) {
	o.setDefaults()
	client, err := o.NewClient(token)
	if err != nil {
		return nil, err
	}
	if o.ownership == nil {
		o.ownership, o.written = newOwnership(o.Links, o.Logger), newWritten(o.Links, o.ListLag)
		o.guard = newRemovalGuard(o.Links, o.Logger)
		o.peers = newPeers(o.Links, o.ownership, o.guard, o.Logger)
	}
	closing, stop := context.WithCancel(context.Background())
	c := &Company{core: &core{
		access: &access{client: client, tokenSum: sumOf(token), callersToken: callersToken},
		Rules:  NewRules(o.Policy, o.WriteTimeout),
		shared: &shared{
			newClient: o.NewClient,
			links:     o.Links, groupType: plan.GroupType(),
			log:         o.Logger,
			lists:       newGate(),
			outside:     newOutside(o.UsersMaxAge),
			noPushDown:  o.NoPushDown,
			listLag:     o.ListLag,
			forgetAfter: o.ForgetAfter,
			ownership:   o.ownership,
			written:     o.written,
			guard:       o.guard,
			peers:       o.peers,
			observers:   o.Observers,
			withhold:    o.Withhold,
			late:        late{window: o.LateWindow},
			closing:     closing, stop: stop,
		},
	}}
	c.main = c.core
	c.late.check, c.late.putNote = restorer{c.memberships()}.checkObject, c.changes().putLateNote
	c.locks.shared = sharedLocks(o.Links)
	c.roster = roster.New(client, o.peers.rosterOptions(c, roster.Options{
		UsersMaxAge: o.UsersMaxAge, GroupsMaxAge: o.GroupsMaxAge, Logger: o.Logger,
		Lag: o.ListLag, TrailUntil: o.written.until,
		OnUsers: c.memberships().usersLoaded, OnGroups: c.memberships().groupsLoaded,
		MissingUsers: c.memberships().missingUsers, MissingGroups: c.memberships().missingGroups,
	}))
	c.peers.join(c)
	// for an unknown token, usersLoaded does this after the proof
	if c.ownership.knows(c.tokenSum) {
		c.memberships().resumeLate()
	}
	return c, nil
}

// Users returns the company's store of users.
func (c *Company) Users() scim.Store[scim.User] {
	return guardedUsers{guardedStore[scim.User]{c.Ready, userStore{c.changes()}, c.peers}, c.changes()}
}

// Groups returns the company's store of groups.
func (c *Company) Groups() scim.Store[scim.Group] {
	return guardedGroups{guardedStore[scim.Group]{c.Ready, groupStore{c.changes()}, c.peers}, c.changes()}
}

// Roster returns the company's roster, for metrics and health.
func (c *Company) Roster() *roster.Roster { return c.roster }

// Calls returns the health of the company's calls of TeamViewer.
func (c *Company) Calls() tvapi.Health { return c.client.Health() }

// Ready returns an error as long as the memory is not known to be that of the token's company. A
// memory that was empty when the process began is that of the company. For another one, the users
// are loaded once.
func (c *Company) Ready(ctx context.Context) error {
	if c.unproven != nil {
		return c.unproven
	}
	if c.mayRemember() {
		return nil
	}
	if _, err := c.roster.Users.View(ctx); err != nil {
		return c.toSCIMError(err, "The gateway cannot yet check that the store belongs to this company")
	}
	if c.foreign.Load() {
		return scim.Unavailable(retryThrottled, "The store of the gateway (its setting store.path or store.url) "+
			"was written for another TeamViewer company than that of teamviewer.token. "+
			"Name another file or database, or put a token of that company into the settings. If it is the same company, "+
			"write the file again with \"tvscim links export\" and \"tvscim links import\".")
	}
	return nil
}

// Foreign reports whether the memory is that of another company.
func (c *Company) Foreign() bool { return c.foreign.Load() }

// Close ends the company's loads and background work and waits for them.
func (c *Company) Close() {
	c.stop()
	c.peers.leave(c)
	c.late.close()
	c.roster.Close()
	c.work.Wait()
	c.client.Close()
}
