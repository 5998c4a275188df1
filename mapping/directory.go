package mapping

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"sync"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Options are what a [Directory] needs.
type Options struct {
	// NewClient returns a client of the Web API that uses this token.
	NewClient func(token string) (*tvapi.Client, error)
	// Links remembers what TeamViewer cannot hold, for all companies of the process.
	Links  idmap.Map
	Policy Policy

	UsersMaxAge  time.Duration // see roster.Options
	GroupsMaxAge time.Duration
	ForgetAfter  time.Duration // how long an object must be missing from every list to be forgotten; default 30 days
	LateWindow   time.Duration // how long TeamViewer may carry out a call after its answer was lost; default 2 minutes
	WriteTimeout time.Duration // of all calls of one request once the first is sent, at most; default 1 minute
	NoPushDown   bool          // evaluate every filter on everything, for tests and for finding faults
	Logger       *zap.Logger
}

func (o *Options) setDefaults() {
	if o.WriteTimeout == 0 {
		o.WriteTimeout = time.Minute
	}
	if o.ForgetAfter == 0 {
		o.ForgetAfter = 30 * 24 * time.Hour
	}
	if o.LateWindow == 0 {
		o.LateWindow = 2 * time.Minute
	}
	if o.Logger == nil {
		o.Logger = zap.NewNop()
	}
}

// Open makes the Company of one token. Nothing is called. callersToken says that the token is the SCIM client's own, so
// that its refusal is said to be the client's fault. Close the Company when it is no longer used.
func (o Options) Open(token string, callersToken bool) (*Company, error) {
	o.setDefaults()
	client, err := o.NewClient(token)
	if err != nil {
		return nil, err
	}
	closing, stop := context.WithCancel(context.Background())
	c := &Company{
		closing: closing, stop: stop,
		late:        late{window: o.LateWindow},
		forgetAfter: o.ForgetAfter,
		client:      client, links: o.Links, policy: o.Policy,
		users: UserType(o.Policy), groups: GroupType(),
		log:          o.Logger,
		callersToken: callersToken,
		noPushDown:   o.NoPushDown,
		writeTimeout: o.WriteTimeout,
	}
	c.roster = roster.New(client, roster.Options{
		UsersMaxAge: o.UsersMaxAge, GroupsMaxAge: o.GroupsMaxAge, Logger: o.Logger,
		Labels:  map[string]string{"company": companyLabel(token)},
		OnUsers: c.usersLoaded, OnGroups: c.groupsLoaded,
	})
	return c, nil
}

// companyLabel tells companies apart in metrics. It says nothing about the token that a guess could be checked with: it
// is the beginning of a hash of a hash.
func companyLabel(token string) string {
	key := tokenHash(sha256.Sum256([]byte(token)))
	again := sha256.Sum256(key[:])
	return hex.EncodeToString(again[:4])
}

// Users is the company's store of users.
func (c *Company) Users() scim.Store[scim.User] { return userStore{c} }

// Groups is the company's store of groups.
func (c *Company) Groups() scim.Store[scim.Group] { return groupStore{c} }

// Roster is the company's picture, for metrics and health.
func (c *Company) Roster() *roster.Roster { return c.roster }

// Calls is how the company's calls of TeamViewer fare.
func (c *Company) Calls() tvapi.Health { return c.client.Health() }

// Close ends the company's loads, and what it does in the background.
func (c *Company) Close() {
	c.stop()
	c.late.close()
	c.roster.Close()
	c.work.Wait()
	c.client.Close()
}

// Bounds of a [Directory].
const (
	mostCompanies = 64
	mostRefused   = 1024
	refusedFor    = time.Minute
	mostGuesses   = 20 // tokens that TeamViewer refuses within refusedFor; then no unknown token is tried
)

// tokenHash stands for a token, which is kept nowhere but in its client.
type tokenHash [sha256.Size]byte

// Directory opens companies by the caller's own token (passthrough). A company exists for a caller only once TeamViewer
// has let its token load a picture: the picture is the proof of the token. A refused token is remembered for a minute,
// since TeamViewer blocks addresses that guess.
type Directory struct {
	options Options

	mu        sync.Mutex
	companies map[tokenHash]*tenancy
	refused   map[tokenHash]time.Time
	closed    bool
	closing   sync.WaitGroup
}

// tenancy is a company in a Directory.
type tenancy struct {
	company *Company
	used    time.Time
}

// NewDirectory returns a Directory without companies.
func NewDirectory(o Options) *Directory {
	o.setDefaults()
	return &Directory{options: o, companies: make(map[tokenHash]*tenancy), refused: make(map[tokenHash]time.Time)}
}

// Open returns the company of a caller's token; 401 when TeamViewer refuses the token.
func (d *Directory) Open(ctx context.Context, token string) (*Company, error) {
	key := tokenHash(sha256.Sum256([]byte(token)))
	c, err := d.company(key, token)
	if err != nil {
		return nil, err
	}
	view, err := c.roster.Users(ctx)
	if err == nil && tvapi.KindOf(view.Absent()) == tvapi.KindToken {
		err = view.Absent() // it was valid once and is no more
	}
	if tvapi.KindOf(err) == tvapi.KindToken {
		d.refuse(key, c)
	}
	if err != nil {
		return nil, c.sayError(err, "The users of the company cannot be read")
	}
	return c, nil
}

// company returns the company of a token, proven or not.
func (d *Directory) company(key tokenHash, token string) (*Company, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if until, ok := d.refused[key]; ok && now.Before(until) {
		return nil, scim.Unauthorized("TeamViewer refused this bearer token less than a minute ago. " +
			"Put a valid TeamViewer script token into the client's Secret Token.")
	}
	if t, ok := d.companies[key]; ok {
		t.used = now
		return t.company, nil
	}
	if d.guesses(now) >= mostGuesses {
		return nil, scim.Unavailable(refusedFor, "TeamViewer has refused many bearer tokens within a minute, and blocks addresses that guess: "+
			"tokens that were not accepted before are not tried now. Find out who calls the gateway with wrong tokens.")
	}
	if d.closed {
		return nil, scim.Unavailable(retryTrouble, "The gateway is stopping.")
	}
	c, err := d.options.Open(token, true)
	if err != nil { // a token that fits into no header
		return nil, scim.Unauthorized("This bearer token cannot be a TeamViewer script token. " +
			"Put a valid one into the client's Secret Token.").Because(err)
	}
	if len(d.companies) >= mostCompanies {
		d.dropOldest()
	}
	d.companies[key] = &tenancy{company: c, used: now}
	return c, nil
}

// dropOldest ends the company that has gone unused for longest, one that was never proven before any other: guesses must
// not push out those who work. Whoever still works with it finishes.
func (d *Directory) dropOldest() {
	var oldest tokenHash
	var drop *tenancy
	for key, t := range d.companies {
		if drop == nil || t.worth(drop) < 0 {
			oldest, drop = key, t
		}
	}
	delete(d.companies, oldest)
	d.closing.Go(drop.company.Close)
}

// worth compares by how much worth keeping a tenancy is.
func (t *tenancy) worth(other *tenancy) int {
	proven := func(t *tenancy) int {
		if t.company.roster.UsersNow() == nil {
			return 0
		}
		return 1
	}
	return cmp.Or(cmp.Compare(proven(t), proven(other)), t.used.Compare(other.used))
}

// guesses counts the tokens that were refused within the last minute.
func (d *Directory) guesses(now time.Time) int {
	n := 0
	for _, until := range d.refused {
		if now.Before(until) {
			n++
		}
	}
	return n
}

// refuse forgets a company whose token TeamViewer refuses, and the token for a minute.
func (d *Directory) refuse(key tokenHash, c *Company) {
	d.mu.Lock()
	defer d.mu.Unlock()
	now := time.Now()
	if len(d.refused) >= mostRefused {
		for k, until := range d.refused {
			if !now.Before(until) || len(d.refused) >= mostRefused {
				delete(d.refused, k)
			}
		}
	}
	d.refused[key] = now.Add(refusedFor)
	if t, ok := d.companies[key]; ok && t.company == c {
		delete(d.companies, key)
		d.closing.Go(c.Close)
	}
}

// Companies returns the companies that are open, for metrics and health.
func (d *Directory) Companies() []*Company {
	d.mu.Lock()
	defer d.mu.Unlock()
	all := make([]*Company, 0, len(d.companies))
	for _, t := range d.companies {
		all = append(all, t.company)
	}
	return all
}

// Close ends all companies and waits for their loads.
func (d *Directory) Close() {
	d.mu.Lock()
	d.closed = true
	all := d.companies
	d.companies = nil
	d.mu.Unlock()
	for _, t := range all {
		t.company.Close()
	}
	d.closing.Wait()
}
