package mapping

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"sync"
	"time"

	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Bounds of a [Directory].
const (
	mostAccepted   = 16
	refusedFor     = time.Minute     // how long a token that was refused is not tried again
	proofAge       = 5 * time.Minute // how old the proof of a token may be
	acceptedUnused = 24 * time.Hour  // how long a token stays accepted that nobody uses
)

// Bearer is a caller's own token, a TeamViewer script token.
type Bearer struct {
	Token string
	// Address is where the caller calls from, so that those who try wrong tokens do not keep others from trying theirs.
	Address string
	// Listed says that the operator listed the token, so that it is no guess.
	Listed bool
}

// Directory proves callers by their own tokens (passthrough) and gives them the one company that the process serves: that
// of the first token that TeamViewer accepts, or, with a store that was used before, that of the store.
//
// A token is accepted when TeamViewer lists users to it, and more than half of those of the company are among them. All
// accepted tokens share the company's snapshot, memory, locks and pacing; each caller's changes are made with its own
// token, so that nobody can change through the gateway what its token cannot change. What the gateway reads for all is read
// with one of the accepted tokens; when TeamViewer refuses that one, another takes its place.
type Directory struct {
	options   Options
	ownership *ownership
	closing   context.Context
	close     context.CancelFunc
	work      sync.WaitGroup // trials under way

	mu         sync.Mutex
	company    *Company // nil: no token was accepted yet
	accepted   map[tokenSum]*acceptance
	reading    *acceptance // whose token reads for all; nil: there is none
	refused    map[tokenSum]rejection
	trials     map[tokenSum]*trial
	candidates map[tokenSum]*Company // of known tokens, while there is no company
	unproven   map[tokenSum]*Company // the company as known tokens see it that are not accepted now
	guesses    guesses
	unreached  Unreached
}

// Unreached is the latest trial of a token that failed because TeamViewer was not reached or did not answer as the Web API
// does. The zero value: there is none, or a token was accepted since.
type Unreached struct {
	At     time.Time
	Reason string // for an admin, without anything secret
}

// Unreached returns the latest trial that TeamViewer did not answer, while no company is served. A token that TeamViewer
// refuses is its caller's and says nothing about TeamViewer.
func (d *Directory) Unreached() Unreached {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.company != nil {
		return Unreached{}
	}
	return d.unreached
}

// noteUnreached keeps the error of a trial for [Directory.Unreached].
func (d *Directory) noteUnreached(err error) {
	switch tvapi.KindOf(err) {
	case tvapi.KindUnsent, tvapi.KindLost, tvapi.KindForeign, tvapi.KindServer, tvapi.KindBlocked:
	default:
		return
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.unreached = Unreached{At: time.Now(), Reason: cmp.Or(NetworkTrouble(err), inBrief(err).Error())}
}

// NewDirectory returns a Directory that serves no company yet.
func NewDirectory(o Options) *Directory {
	o.setDefaults()
	d := &Directory{
		options:    o,
		accepted:   make(map[tokenSum]*acceptance),
		refused:    make(map[tokenSum]rejection),
		trials:     make(map[tokenSum]*trial),
		candidates: make(map[tokenSum]*Company),
		unproven:   make(map[tokenSum]*Company),
	}
	d.options.ownership, d.options.written = newOwnership(o.Links, o.Logger), newWritten(o.Links)
	d.ownership = d.options.ownership
	d.closing, d.close = context.WithCancel(context.Background())
	return d
}

// Open returns the company for a caller's token, once the token is proven; 401 for one that TeamViewer refuses or that is
// of another company, 403 for one that was never accepted and lacks the right to view users. A token that was accepted
// before and cannot be proven now, since TeamViewer cannot be asked or the token has lost that right, may end access and do
// nothing else.
func (d *Directory) Open(ctx context.Context, b Bearer) (*Company, error) {
	sum := sumOf(b.Token)
	a, err := d.prove(ctx, sum, b)
	if err == nil {
		err = d.confirm(ctx, a)
	}
	if err == nil {
		return a.company, nil
	}
	if hasStatus(err, 401) {
		return nil, err
	}
	if c := d.companyOf(sum, b.Token); c != nil {
		return &Company{core: c.core, unproven: forKnownToken(err)}, nil
	}
	return nil, err
}

// companyOf returns the company as a token sees it that was accepted before, by this process or an earlier one, and that
// cannot be proven now; nil for any other token.
func (d *Directory) companyOf(sum tokenSum, token string) *Company {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch a := d.accepted[sum]; {
	case a != nil:
		return a.company
	case d.company == nil || !d.ownership.knows(sum):
		return d.candidates[sum]
	case d.unproven[sum] == nil:
		client, err := d.company.client.WithToken(token)
		if err != nil {
			return nil
		}
		d.unproven[sum] = d.company.with(client, sum)
	}
	return d.unproven[sum]
}

// forKnownToken is what a caller of a token that was accepted before is told while the token cannot be proven. That the
// token lacks the right to view users is 503: 403 would stop the client's whole job, and with it the ends of access that
// are carried out.
func forKnownToken(err error) error {
	e, ok := errors.AsType[*scim.Error](err)
	if !ok || e.Status != 403 {
		return err
	}
	known := *e
	known.Status, known.RetryAfter = 503, refusedFor
	return &known
}

// confirm makes sure that TeamViewer still accepts a token. The snapshot proves the token that it was loaded with; beyond
// that, TeamViewer is asked when the proof is too old.
func (d *Directory) confirm(ctx context.Context, a *acceptance) error {
	d.mu.Lock()
	a.used = time.Now()
	d.sweep()
	reads := d.reading == a
	d.mu.Unlock()
	if reads {
		view, err := a.company.roster.Users.View(ctx)
		if err != nil {
			return a.company.sayError(err, usersUnread)
		}
		d.prolong(a, view.Began())
	}
	if err := d.renew(ctx, a); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.accepted[a.sum] == a {
		return nil
	}
	if r, ok := d.refused[a.sum]; ok {
		return r.err
	}
	return errRefusedToken
}

// usersUnread is what an error says that happened while a token was proven.
const usersUnread = "The users of the company cannot be read"

var errRefusedToken = scim.Unauthorized("TeamViewer does not accept this bearer token; it may have expired or been revoked. " +
	"Put a valid TeamViewer script token into the client's Secret Token.")

// prolong notes that TeamViewer accepted a token at t.
func (d *Directory) prolong(a *acceptance, t time.Time) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if t.After(a.proven) {
		a.proven = t
	}
}

func (d *Directory) isProven(a *acceptance) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.accepted[a.sum] != a || time.Since(a.proven) < proofAge
}

// renew asks TeamViewer about a token whose proof is too old, once for all who wait.
func (d *Directory) renew(ctx context.Context, a *acceptance) error {
	if d.isProven(a) {
		return nil
	}
	release, err := a.company.locks.acquire(ctx, tokenKey(hex.EncodeToString(a.sum[:])))
	if err != nil {
		return a.company.sayError(err, usersUnread)
	}
	defer release()
	if d.isProven(a) {
		return nil
	}
	asked := time.Now()
	valid, err := a.company.client.Ping(ctx)
	switch {
	case err != nil:
		return a.company.sayError(err, "The bearer token cannot be verified")
	case valid:
		d.prolong(a, asked)
	default:
		d.drop(a.sum, &tvapi.Error{Function: tvapi.FuncPing, Kind: tvapi.KindToken})
	}
	return nil
}

// Company returns the company that is served, nil while there is none.
func (d *Directory) Company() *Company {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.company
}

// Health is how the calls of the company fare; before there is one, those of the tokens that were accepted in an earlier
// run. Guesses say nothing about it.
func (d *Directory) Health() []tvapi.Health {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.company != nil {
		return []tvapi.Health{d.company.Calls()}
	}
	var all []tvapi.Health
	for _, c := range d.candidates {
		all = append(all, c.Calls())
	}
	return all
}

// Close ends what is under way and waits for it.
func (d *Directory) Close() {
	d.mu.Lock()
	d.close()
	d.mu.Unlock()
	d.work.Wait()
	for _, c := range d.candidates {
		c.Close()
	}
	if d.company != nil {
		d.company.Close()
	}
}

// among reports whether a company's users are among others: more than half of them, since some may have moved from one
// company to another, and some changes may not be known yet.
func among(company *roster.UserView, users func(yield func(tvapi.User, error) bool)) (bool, error) {
	found := make(map[tvapi.UserID]struct{})
	for u, err := range users {
		if err != nil {
			return false, err
		}
		if _, here := company.ByID(u.ID); here {
			found[u.ID] = struct{}{}
		}
		if 2*len(found) > company.Len() {
			return true, nil
		}
	}
	return false, nil
}
