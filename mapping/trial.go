package mapping

import (
	"context"
	"time"

	"go.uber.org/zap"

	"tvscim/scim"
	"tvscim/tvapi"
)

// trialTimeout bounds the trial of a token while there is a company already.
const trialTimeout = time.Minute

// trial is one attempt to prove a token, shared by all requests that come with it.
type trial struct {
	sum   tokenSum
	token string
	known bool // it was accepted before, or the operator listed it: no guess

	address string
	waiting int // requests
	begun   bool

	done     chan struct{} // closed at the end
	accepted *acceptance   // these two are valid once done is closed
	err      error
}

// prove returns the acceptance of a token, and has it tried if there is none.
func (d *Directory) prove(ctx context.Context, sum tokenSum, b Bearer) (*acceptance, error) {
	d.mu.Lock()
	a, t, err := d.find(sum, b)
	d.mu.Unlock()
	if a != nil || err != nil {
		return a, err
	}
	defer d.leave(t, b.Address)
	select {
	case <-t.done:
		return t.accepted, t.err
	case <-ctx.Done():
		return nil, scim.Unavailable(retryTrouble, "This bearer token could not be checked with TeamViewer within the time limit of the request. "+
			"Retry the request.").Because(ctx.Err())
	}
}

// find returns the acceptance of a token, or the trial to wait for, which the caller must leave. The lock is held.
func (d *Directory) find(sum tokenSum, b Bearer) (*acceptance, *trial, error) {
	if a := d.accepted[sum]; a != nil {
		return a, nil, nil
	}
	d.forgetRefusals()
	if r, ok := d.refused[sum]; ok {
		return nil, nil, r.err
	}
	if d.closing.Err() != nil {
		return nil, nil, errStopping
	}
	t := d.trials[sum]
	if t == nil {
		t = &trial{
			sum: sum, token: b.Token, address: b.Address, known: b.Listed || d.ownership.knows(sum),
			done: make(chan struct{}),
		}
	}
	if !t.known {
		if err := d.guesses.join(b.Address); err != nil {
			return nil, nil, err
		}
	}
	t.waiting++
	if d.trials[sum] == nil {
		d.trials[sum] = t
		if t.known {
			d.begin(t)
		} else {
			d.guesses.pending = append(d.guesses.pending, t)
			d.next()
		}
	}
	return nil, t, nil
}

// leave ends a request's wait for a trial. One that has not begun and that nobody waits for is not made.
func (d *Directory) leave(t *trial, address string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t.waiting--
	if t.known {
		return
	}
	d.guesses.leave(address)
	if t.waiting == 0 && !t.begun && d.trials[t.sum] == t {
		d.guesses.remove(t)
		delete(d.trials, t.sum)
	}
}

// forgetRefusals drops the refusals that are over. They are few, since few tokens are tried. The lock is held.
func (d *Directory) forgetRefusals() {
	now := time.Now()
	for sum, r := range d.refused {
		if !now.Before(r.until) {
			delete(d.refused, sum)
		}
	}
}

// next begins the next trial of an unknown token, if none is under way, and ends those that may not be made. The lock is
// held.
func (d *Directory) next() {
	for d.guesses.running == nil && len(d.guesses.pending) > 0 {
		t, err := d.guesses.take(time.Now())
		if d.closing.Err() != nil {
			err = errStopping
		}
		if err != nil {
			d.end(t, nil, err)
			continue
		}
		d.guesses.running = t
		d.begin(t)
	}
}

// begin makes a trial, whatever becomes of the requests that wait for it. The lock is held.
func (d *Directory) begin(t *trial) {
	t.begun = true
	d.work.Go(func() {
		accepted, err := d.attempt(t)
		d.mu.Lock()
		defer d.mu.Unlock()
		if d.guesses.running == t {
			d.guesses.ended(err == nil)
		}
		d.end(t, accepted, err)
		d.next()
	})
}

// end tells those who wait how a trial ended. What a further trial would not change is remembered. The lock is held.
func (d *Directory) end(t *trial, accepted *acceptance, err error) {
	t.accepted, t.err = accepted, err
	delete(d.trials, t.sum)
	if hasStatus(err, 401, 403) { // it is about the token itself
		d.refused[t.sum] = rejection{time.Now().Add(refusedFor), err}
	}
	close(t.done)
}

// attempt proves a token.
func (d *Directory) attempt(t *trial) (*acceptance, error) {
	ctx := d.closing
	if !t.known {
		ctx = tvapi.Trial(ctx)
	}
	var a *acceptance
	var err error
	if company := d.Company(); company == nil {
		a, err = d.first(ctx, t)
	} else {
		a, err = d.further(ctx, t, company)
	}
	if err != nil {
		d.noteUnreached(err)
		d.options.Logger.Info("a bearer token was not accepted", zap.Error(inBrief(err)))
		d.options.Logger.Debug("a bearer token was not accepted", zap.String("address", t.address))
		return nil, err
	}
	_ = a.company.act(ctx, Event{Cause: CauseIdentity}, func(a action, _ *Event) error {
		d.ownership.remember(a, t.sum)
		return nil
	})
	d.options.Logger.Info("a bearer token was accepted")
	return a, nil
}

// first proves a token while there is no company: its company becomes the one that is served.
func (d *Directory) first(ctx context.Context, t *trial) (*acceptance, error) {
	c, err := d.candidate(t)
	if err != nil {
		return nil, errNoToken.Because(err)
	}
	view, err := c.roster.Users.View(ctx)
	switch {
	case err != nil:
		err = c.sayError(err, usersUnread)
	case c.foreign.Load():
		err = errOtherStore
	}
	if err != nil {
		if !t.known || hasStatus(err, 401) { // a known token that may not list users may still end access
			d.discard(t, c)
		}
		return nil, err
	}
	d.mu.Lock()
	delete(d.candidates, t.sum)
	if d.company == nil {
		d.company = c
		defer d.mu.Unlock()
		return d.accept(t.token)
	}
	company := d.company
	d.mu.Unlock()
	defer c.Close() // another token was faster
	same, _ := among(company.roster.Users.Latest(), func(yield func(tvapi.User, error) bool) {
		for u := range view.All() {
			if !yield(u, nil) {
				return
			}
		}
	})
	return d.join(t, same)
}

// candidate returns the company of a token while none is served. That of a known token is kept until it is proven, with
// what its failed calls showed.
func (d *Directory) candidate(t *trial) (*Company, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if c := d.candidates[t.sum]; c != nil {
		return c, nil
	}
	c, err := d.options.Open(t.token, true)
	if err != nil {
		return nil, err
	}
	c.client.OnRefused(d.drop)
	if t.known {
		d.candidates[t.sum] = c
	}
	return c, nil
}

func (d *Directory) discard(t *trial, c *Company) {
	d.mu.Lock()
	delete(d.candidates, t.sum)
	d.mu.Unlock()
	c.Close()
}

// further proves a token beside others. Its list of users is the proof, and not only its account: a token that may not
// view users must not be shown them.
func (d *Directory) further(ctx context.Context, t *trial, company *Company) (*acceptance, error) {
	client, err := d.options.NewClient(t.token)
	if err != nil {
		return nil, errNoToken.Because(err)
	}
	defer client.Close()
	client.OnRefused(d.drop) // which says nothing about TeamViewer
	ctx, cancel := context.WithTimeout(ctx, trialTimeout)
	defer cancel()
	same, err := among(company.roster.Users.Latest(), client.Users(ctx))
	if err != nil {
		return nil, company.with(client, t.sum).sayError(err, usersUnread)
	}
	return d.join(t, same)
}

// join accepts a token if it is of the same company.
func (d *Directory) join(t *trial, same bool) (*acceptance, error) {
	if !same {
		return nil, errOtherCompany
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.accept(t.token)
}

// Refusals of tokens that TeamViewer does not refuse.
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
