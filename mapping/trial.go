package mapping

import (
	"cmp"
	"context"
	"sync"
	"time"

	"go.uber.org/zap"

	"tvscim/scim"
	"tvscim/tvapi"
)

// trialTimeout bounds the trial of a token while there is a company.
const trialTimeout = time.Minute

// trial is one attempt to prove a token, shared by all requests with that token.
type trial struct {
	sum   tokenSum
	token string
	known bool // it was accepted before, or the operator listed it: it is not a guess

	address string
	waiting int // number of requests
	started bool

	done     chan struct{} // closed at the end
	accepted *acceptance   // these two are valid once done is closed
	err      error
}

// trials proves tokens that are not accepted. Its state is guarded by tokens.mu, since the end of a
// trial changes both.
type trials struct {
	tokens  *tokens
	options Options
	closing context.Context // ends when the Directory is closed
	close   context.CancelFunc
	work    sync.WaitGroup

	underWay   map[tokenSum]*trial
	candidates map[tokenSum]*Company // of known tokens, while there is no company
	guesses    guesses
	unreached  Unreached
}

// prove returns the acceptance of a token. If there is none, it tries the token.
func (p *trials) prove(ctx context.Context, sum tokenSum, b Bearer) (*acceptance, error) {
	p.tokens.mu.Lock()
	a, t, err := p.joinOrStart(sum, b)
	p.tokens.mu.Unlock()
	if a != nil || err != nil {
		return a, err
	}
	defer p.leave(t, b.Address)
	select {
	case <-t.done:
		return t.accepted, t.err
	case <-ctx.Done():
		return nil, scim.Unavailable(retryTrouble, "This bearer token could not be checked with "+
			"TeamViewer within the time limit of the request. "+
			"Retry the request.").Because(ctx.Err())
	}
}

// joinOrStart returns the acceptance of a token, or the trial to wait for, which the caller must
// leave. The lock is held.
func (p *trials) joinOrStart(sum tokenSum, b Bearer) (*acceptance, *trial, error) {
	if a := p.tokens.accepted[sum]; a != nil {
		return a, nil, nil
	}
	p.tokens.forgetRefusals()
	if r, ok := p.tokens.refused[sum]; ok {
		return nil, nil, r.err
	}
	if p.closing.Err() != nil {
		return nil, nil, errStopping
	}
	t := p.underWay[sum]
	if t == nil {
		t = &trial{
			sum: sum, token: b.Token, address: b.Address, known: b.Listed || p.tokens.ownership.knows(sum),
			done: make(chan struct{}),
		}
	}
	if !t.known {
		if err := p.guesses.join(b.Address); err != nil {
			return nil, nil, err
		}
	}
	t.waiting++
	if p.underWay[sum] == nil {
		p.underWay[sum] = t
		if t.known {
			p.start(t)
		} else {
			p.guesses.pending = append(p.guesses.pending, t)
			p.startNext()
		}
	}
	return nil, t, nil
}

// leave ends a request's wait for a trial. A trial that has not started and for which no request
// waits is dropped.
func (p *trials) leave(t *trial, address string) {
	p.tokens.mu.Lock()
	defer p.tokens.mu.Unlock()
	t.waiting--
	if t.known {
		return
	}
	p.guesses.leave(address)
	if t.waiting == 0 && !t.started && p.underWay[t.sum] == t {
		p.guesses.remove(t)
		delete(p.underWay, t.sum)
	}
}

// startNext starts the next trial of an unknown token if none is under way, and finishes those that
// exceed the bounds. The lock is held.
func (p *trials) startNext() {
	for p.guesses.running == nil && len(p.guesses.pending) > 0 {
		t, err := p.guesses.take(time.Now())
		if p.closing.Err() != nil {
			err = errStopping
		}
		if err != nil {
			p.finish(t, nil, err)
			continue
		}
		p.guesses.running = t
		p.start(t)
	}
}

// start starts a trial, which does not end with the requests that wait for it. The lock is held.
func (p *trials) start(t *trial) {
	t.started = true
	p.work.Go(func() {
		accepted, err := p.attempt(t)
		p.tokens.mu.Lock()
		defer p.tokens.mu.Unlock()
		if p.guesses.running == t {
			p.guesses.ended(err == nil)
		}
		p.finish(t, accepted, err)
		p.startNext()
	})
}

// finish hands the result of a trial to the requests that wait for it, and stores a refusal of the
// token. The lock is held.
func (p *trials) finish(t *trial, accepted *acceptance, err error) {
	t.accepted, t.err = accepted, err
	delete(p.underWay, t.sum)
	if hasStatus(err, 401, 403) { // it is about the token itself
		p.tokens.refused[t.sum] = rejection{time.Now().Add(refusedFor), err}
	}
	close(t.done)
}

// attempt proves a token.
func (p *trials) attempt(t *trial) (*acceptance, error) {
	ctx := p.closing
	if !t.known {
		ctx = tvapi.Trial(ctx)
	}
	var a *acceptance
	var err error
	if company := p.tokens.served(); company == nil {
		a, err = p.proveFirst(ctx, t)
	} else {
		a, err = p.proveFurther(ctx, t, company)
	}
	if err != nil {
		p.recordUnreached(err)
		p.options.Logger.Info("a bearer token was not accepted", zap.Error(inBrief(err)))
		p.options.Logger.Debug("a bearer token was not accepted", zap.String("address", t.address))
		return nil, err
	}
	_ = a.company.act(ctx, Event{Cause: CauseIdentity}, func(a action, _ *Event) error {
		p.tokens.ownership.remember(a, t.sum)
		return nil
	})
	p.options.Logger.Info("a bearer token was accepted")
	return a, nil
}

// proveFirst proves a token while there is no company. Its company becomes the one that is served.
func (p *trials) proveFirst(ctx context.Context, t *trial) (*acceptance, error) {
	c, err := p.candidate(t)
	if err != nil {
		return nil, errNoToken.Because(err)
	}
	view, err := c.roster.Users.View(ctx)
	switch {
	case err != nil:
		err = c.toSCIMError(err, usersUnread)
	case c.foreign.Load():
		err = errOtherStore
	}
	if err != nil {
		// a known token that may not list users may still end access
		if !t.known || hasStatus(err, 401) {
			p.discard(t, c)
		}
		return nil, err
	}
	p.tokens.mu.Lock()
	delete(p.candidates, t.sum)
	if p.tokens.company == nil {
		p.tokens.company = c
		defer p.tokens.mu.Unlock()
		return p.tokens.accept(t.token)
	}
	company := p.tokens.company
	p.tokens.mu.Unlock()
	defer c.Close() // another token was faster
	same, _ := among(company.roster.Users.Latest(), func(yield func(tvapi.User, error) bool) {
		for u := range view.All() {
			if !yield(u, nil) {
				return
			}
		}
	})
	return p.acceptSame(t, same)
}

// candidate returns the company of a token while none is served. That of a known token is stored
// until it is proven, for the health of its calls.
func (p *trials) candidate(t *trial) (*Company, error) {
	p.tokens.mu.Lock()
	defer p.tokens.mu.Unlock()
	if c := p.candidates[t.sum]; c != nil {
		return c, nil
	}
	c, err := p.options.Open(t.token, true)
	if err != nil {
		return nil, err
	}
	c.client.OnRefused(p.tokens.drop)
	if t.known {
		p.candidates[t.sum] = c
	}
	return c, nil
}

func (p *trials) discard(t *trial, c *Company) {
	p.tokens.mu.Lock()
	delete(p.candidates, t.sum)
	p.tokens.mu.Unlock()
	c.Close()
}

// proveFurther proves a token of the company that is served. Its list of users is the proof: a
// token that may not view users must not show them to a client.
func (p *trials) proveFurther(ctx context.Context, t *trial, company *Company) (*acceptance, error) {
	client, err := p.options.NewClient(t.token)
	if err != nil {
		return nil, errNoToken.Because(err)
	}
	defer client.Close()
	client.OnRefused(p.tokens.drop)
	ctx, cancel := context.WithTimeout(ctx, trialTimeout)
	defer cancel()
	same, err := among(company.roster.Users.Latest(), client.Users(ctx))
	if err != nil {
		return nil, company.with(client, t.sum).toSCIMError(err, usersUnread)
	}
	return p.acceptSame(t, same)
}

// acceptSame accepts a token if it is of the same company.
func (p *trials) acceptSame(t *trial, same bool) (*acceptance, error) {
	if !same {
		return nil, errOtherCompany
	}
	p.tokens.mu.Lock()
	defer p.tokens.mu.Unlock()
	return p.tokens.accept(t.token)
}

// Errors for tokens that TeamViewer does not refuse itself.
var (
	errStopping = scim.Unavailable(retryTrouble, "The gateway is stopping. Retry the request.")

	errNoToken = scim.Unauthorized("This bearer token cannot be a TeamViewer script token. " +
		"Put a valid one into the client's Secret Token.")
	errOtherCompany = scim.Unauthorized("This bearer token belongs to another TeamViewer company than the one that this gateway serves, " +
		"which is that of the first accepted token. Run a separate gateway for each company.")
	errOtherStore = scim.Unauthorized("This bearer token belongs to another TeamViewer company than the one that this gateway serves, " +
		"for which its store was written. Run a separate gateway with its own store for each company. " +
		"If it is the same company, write the store again with \"tvscim links export\" and \"tvscim links import\".")
)

// recordUnreached stores the error of a trial for [Directory.Unreached].
func (p *trials) recordUnreached(err error) {
	switch tvapi.KindOf(err) {
	case tvapi.KindUnsent, tvapi.KindLost, tvapi.KindForeign, tvapi.KindServer, tvapi.KindBlocked:
	default:
		return
	}
	p.tokens.mu.Lock()
	defer p.tokens.mu.Unlock()
	p.unreached = Unreached{At: time.Now(), Reason: cmp.Or(NetworkTrouble(err), inBrief(err).Error())}
}
