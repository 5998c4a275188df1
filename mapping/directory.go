package mapping

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"tvscim/scim"
	"tvscim/tvapi"
)

// Bearer is a caller's own token, a TeamViewer script token.
type Bearer struct {
	Token string
	// Address is the IP address of the caller: the bounds of unknown tokens count by it.
	Address string
	// Listed means that the operator listed the token, so it is not a guess.
	Listed bool
}

// Directory proves the tokens of callers (auth.mode passthrough) and returns the company that the
// process serves: that of the first token that TeamViewer accepts or, with a store that was used
// before, that of the store.
//
// A token is accepted if TeamViewer lists users to it and more than half of the users of the
// company are among them. All accepted tokens share the snapshot, the memory, the locks and the
// pacing. The changes of a caller are made with the caller's token, so that no caller can do more
// through the gateway than with the token alone. Shared reads use one of the accepted tokens; if
// TeamViewer refuses that one, another is used.
type Directory struct {
	tokens *tokens
	trials *trials
}

// Unreached is the latest trial of a token that failed because TeamViewer was not reached or did
// not answer as the Web API does. The zero value means that there is none, or that a token was
// accepted since.
type Unreached struct {
	At     time.Time
	Reason string // for an admin, without anything secret
}

// Unreached returns the latest trial without an answer of TeamViewer, while no company is served. A
// token that TeamViewer refuses does not count.
func (d *Directory) Unreached() Unreached {
	d.tokens.mu.Lock()
	defer d.tokens.mu.Unlock()
	if d.tokens.company != nil {
		return Unreached{}
	}
	return d.trials.unreached
}

// NewDirectory returns a Directory that serves no company yet.
func NewDirectory(o Options) *Directory {
	o.setDefaults()
	o.ownership, o.written = newOwnership(o.Links, o.Logger), newWritten(o.Links, o.ListLag)
	o.guard = newRemovalGuard(o.Links, o.Logger)
	o.peers = newPeers(o.Links, o.ownership, o.guard, o.Logger)
	accepted := &tokens{
		log:       o.Logger,
		ownership: o.ownership,
		accepted:  make(map[tokenSum]*acceptance),
		refused:   make(map[tokenSum]rejection),
		unproven:  make(map[tokenSum]*Company),
	}
	tried := &trials{
		tokens:     accepted,
		options:    o,
		underWay:   make(map[tokenSum]*trial),
		candidates: make(map[tokenSum]*Company),
	}
	tried.closing, tried.close = context.WithCancel(context.Background())
	return &Directory{tokens: accepted, trials: tried}
}

// Open returns the company for a caller's token after proving the token. Its errors are
// [scim.Error]s: 401 for a token that TeamViewer refuses or that is of another company, 403 for a
// token that was never accepted and lacks the right to view users. For a token that was accepted
// before and cannot be proven now, the returned company ends access and does nothing else.
func (d *Directory) Open(ctx context.Context, b Bearer) (*Company, error) {
	sum := sumOf(b.Token)
	a, err := d.trials.prove(ctx, sum, b)
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

// companyOf returns the company for a token that was accepted before, by this process or an earlier
// one, and that cannot be proven now; nil for any other token.
func (d *Directory) companyOf(sum tokenSum, token string) *Company {
	d.tokens.mu.Lock()
	defer d.tokens.mu.Unlock()
	switch a := d.tokens.accepted[sum]; {
	case a != nil:
		return a.company
	case d.tokens.company == nil || !d.tokens.ownership.knows(sum):
		return d.trials.candidates[sum]
	case d.tokens.unproven[sum] == nil:
		client, err := d.tokens.company.client.WithToken(token)
		if err != nil {
			return nil
		}
		d.tokens.unproven[sum] = d.tokens.company.with(client, sum)
	}
	return d.tokens.unproven[sum]
}

// forKnownToken returns the error for the caller of a token that was accepted before and cannot be
// proven now. A missing right is 503 then: 403 would stop the client's whole job, and with it the
// requests that end access.
func forKnownToken(err error) error {
	e, ok := errors.AsType[*scim.Error](err)
	if !ok || e.Status != 403 {
		return err
	}
	known := *e
	known.Status, known.RetryAfter = 503, refusedFor
	return &known
}

// confirm returns nil if TeamViewer still accepts a token. The snapshot proves the token that it
// was loaded with; other tokens are checked when their proof is older than proofAge.
func (d *Directory) confirm(ctx context.Context, a *acceptance) error {
	d.tokens.mu.Lock()
	a.used = time.Now()
	d.tokens.sweep()
	reads := d.tokens.reading == a
	d.tokens.mu.Unlock()
	if reads {
		view, err := a.company.roster.Users.View(ctx)
		if err != nil {
			return a.company.toSCIMError(err, usersUnread)
		}
		d.tokens.recordProof(a, view.Began())
	}
	if err := d.renew(ctx, a); err != nil {
		return err
	}
	d.tokens.mu.Lock()
	defer d.tokens.mu.Unlock()
	if d.tokens.accepted[a.sum] == a {
		return nil
	}
	if r, ok := d.tokens.refused[a.sum]; ok {
		return r.err
	}
	return errRefusedToken
}

// renew checks a token whose proof is too old. Concurrent callers share the call.
func (d *Directory) renew(ctx context.Context, a *acceptance) error {
	if d.tokens.isProven(a) {
		return nil
	}
	release, err := a.company.locks.acquire(ctx, tokenKey(hex.EncodeToString(a.sum[:])))
	if err != nil {
		return a.company.toSCIMError(err, usersUnread)
	}
	defer release()
	if d.tokens.isProven(a) {
		return nil
	}
	asked := time.Now()
	switch err := listsUsers(ctx, a.company.client); {
	case err == nil:
		d.tokens.recordProof(a, asked)
	case d.tokens.isProven(a): // it was dropped for that
	default:
		return a.company.toSCIMError(err, "The bearer token cannot be verified")
	}
	return nil
}

// listsUsers returns the error with which TeamViewer refuses to list users to a client's token; nil
// also proves that it accepts the token. It reads the first page.
func listsUsers(ctx context.Context, client *tvapi.Client) error {
	for _, err := range client.Users(ctx) {
		return err
	}
	return nil
}

// Company returns the company that is served; nil while there is none.
func (d *Directory) Company() *Company { return d.tokens.served() }

// Health returns the health of the company's calls. While there is no company, it is that of the
// tokens that were accepted in an earlier run. Trials of unknown tokens do not count.
func (d *Directory) Health() []tvapi.Health {
	d.tokens.mu.Lock()
	defer d.tokens.mu.Unlock()
	if d.tokens.company != nil {
		return []tvapi.Health{d.tokens.company.Calls()}
	}
	var all []tvapi.Health
	for _, c := range d.trials.candidates {
		all = append(all, c.Calls())
	}
	return all
}

// Close ends trials and loads and waits for them.
func (d *Directory) Close() {
	d.tokens.mu.Lock()
	d.trials.close()
	d.tokens.mu.Unlock()
	d.trials.work.Wait()
	for _, c := range d.trials.candidates {
		c.Close()
	}
	if d.tokens.company != nil {
		d.tokens.company.Close()
	}
}
