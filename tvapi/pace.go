package tvapi

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
)

// ErrTooManyCalls is the cause of the error of a call that waited too long for other calls to end.
var ErrTooManyCalls = errors.New("as many calls as allowed at once are under way, and none ended in time")

// pacer decides when a call may be made: not while TeamViewer is unavailable, nor while the calls
// of its function are used up, nor while too many others are under way. Its state comes from the
// results of calls. The tokens of one company share it, although TeamViewer's limits are per token:
// a company uses one token at a time, except while it is replaced.
type pacer struct {
	maxWait time.Duration // how long a call may wait in total
	log     *zap.Logger
	jitter  func(time.Duration) time.Duration
	slots   chan struct{} // one for each call under way

	mu      sync.Mutex
	breaker breaker
	gates   map[Function]*gate // of the functions that have been throttled
	quota   quota
}

func newPacer(o Options) *pacer {
	return &pacer{
		maxWait: o.MaxWait,
		log:     o.Logger,
		jitter:  spread,
		slots:   make(chan struct{}, o.MaxConcurrent),
		gates:   make(map[Function]*gate),
		quota:   quota{perDay: o.CallsPerDay, log: o.Logger},
	}
}

// spread extends a pause by up to a quarter, so that gateways that share a token do not probe at
// the same time.
func spread(d time.Duration) time.Duration { return d + rand.N(d/4+1) }

// turn is the state of one call in the pacer. Its attempts share it.
type turn struct {
	remaining time.Duration // of maxWait
	queued    bool          // it has waited at the gate
	probes    probes        // which probes the current attempt is
	counted   bool          // one of its attempts has counted as a failure
	trouble   zapcore.Level // of the lines about what its results show

	tokenValid bool // TeamViewer said so after it had refused an attempt for its token
}

// probes are the gate and the breaker that a call is the probe of.
type probes struct{ gate, breaker bool }

// admit returns nil when a call may be made, after which leave must be called, or the error of a
// call that is not made.
func (p *pacer) admit(ctx context.Context, k call, t *turn) *Error {
	for {
		wait, held := p.check(ctx, k, t)
		switch {
		case held != nil:
			return held
		case wait != nil:
			if err := t.await(ctx, *wait); err != nil {
				return k.fail(KindUnsent, 0, err)
			}
			continue
		}
		if held := p.takeSlot(ctx, k, t); held != nil {
			return held
		}
		if held := k.unwanted(ctx); held != nil {
			<-p.slots
			return held
		}
		if p.enter(k.function, t) {
			return nil
		}
		<-p.slots // the state changed during the wait for the slot
	}
}

// check returns what a call must wait for, or the error of a call that cannot be made in time, or
// neither.
func (p *pacer) check(ctx context.Context, k call, t *turn) (*wait, *Error) {
	if err := ctx.Err(); err != nil {
		return nil, k.fail(KindUnsent, 0, err)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if !p.breaker.admits(now) {
		return nil, k.withhold(p.breaker.reason, until(p.breaker.next, now))
	}
	g := p.gates[k.function]
	if g.admits(now) {
		return nil, nil
	}
	if g.failFast && !t.queued {
		return nil, k.withhold(g.reason, until(g.next, now))
	}
	t.queued = true
	w := g.wait(now)
	if w.atLeast > t.remaining || w.atLeast == 0 && t.remaining <= 0 {
		g.failFast = true
		return nil, k.withhold(g.reason, until(g.next, now))
	}
	if end, ok := ctx.Deadline(); ok && end.Before(g.next) {
		return nil, k.withhold(g.reason, until(g.next, now))
	}
	return &w, nil
}

// enter admits a call, unless the state has changed since check.
func (p *pacer) enter(f Function, t *turn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	now, g := time.Now(), p.gates[f]
	if !p.breaker.admits(now) || !g.admits(now) {
		return false
	}
	t.probes = probes{gate: g.enter(), breaker: p.breaker.enter()}
	return true
}

// takeSlot waits until a slot is free.
func (p *pacer) takeSlot(ctx context.Context, k call, t *turn) *Error {
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	start := time.Now()
	timer := time.NewTimer(t.remaining)
	defer timer.Stop()
	defer func() { t.remaining -= time.Since(start) }()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return k.fail(KindUnsent, 0, ErrTooManyCalls)
	case <-ctx.Done():
		return k.fail(KindUnsent, 0, ctx.Err())
	}
}

// leave ends a call that was admitted. failed is nil after a success; v is the verdict of the
// result.
func (p *pacer) leave(f Function, t *turn, failed *Error, v verdict) {
	<-p.slots
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if failed == nil || failed.Kind != KindUnsent {
		p.quota.count(f, now)
	}
	p.noteBreaker(t, failed, v, now)
	p.noteGate(f, t, failed, v, now)
	t.probes = probes{}
}

// noteBreaker updates the breaker with the result of a call. A call counts as one failure, however
// often it is attempted.
func (p *pacer) noteBreaker(t *turn, failed *Error, v verdict, now time.Time) {
	if v == unavailable && t.counted && !t.probes.breaker {
		return
	}
	t.counted = t.counted || v == unavailable
	was := p.breaker.open
	p.breaker.note(t.probes.breaker, failed, v, now)
	switch {
	case p.breaker.open && !was:
		p.log.Log(t.trouble, why(failed.Kind)+": calls are withheld", zap.Stringer("kind", failed.Kind),
			zap.Int("status", failed.Status), zap.Int("failures", p.breaker.failures))
	case was && !p.breaker.open:
		p.log.Info("TeamViewer is available again: calls are made")
	}
}

// tokenReplaced closes the breaker if it is about the token that was replaced.
func (p *pacer) tokenReplaced(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.breaker.reason != nil && p.breaker.reason.Kind == KindToken {
		p.breaker.succeeded(now)
	}
}

// why is what the log says of the failure for which calls are withheld.
func why(k Kind) string {
	switch k {
	case KindToken:
		return "TeamViewer refuses the token"
	case KindBlocked:
		return "TeamViewer blocks this machine's address"
	case KindForeign:
		return "what answers is not TeamViewer's Web API"
	case KindUnsent, KindLost:
		return "TeamViewer does not answer"
	default:
		return "TeamViewer answers with errors of its own"
	}
}

// noteGate updates the gate of a function with the result of a call.
func (p *pacer) noteGate(f Function, t *turn, failed *Error, v verdict, now time.Time) {
	throttled := failed != nil && failed.Kind == KindThrottled
	g := p.gates[f]
	if g == nil && throttled {
		g = &gate{}
		p.gates[f] = g
	}
	switch {
	case g == nil:
	case throttled && (t.probes.gate || g.open()):
		if g.open() {
			p.log.Log(t.trouble, "TeamViewer's limit of calls is used up: calls wait", zap.String("function", string(f)))
		}
		g.refused(failed, now, p.jitter)
	case t.probes.gate && v == available:
		g.opened()
		p.log.Info("TeamViewer accepts calls of the function again", zap.String("function", string(f)))
	case t.probes.gate:
		g.undecided(now)
	}
}

// withhold returns the error of a call that is not made because of an earlier failure.
func (k call) withhold(reason *Error, wait time.Duration) *Error {
	e := k.fail(reason.Kind, reason.Status, reason)
	e.Host, e.Network = reason.Host, reason.Network
	e.Category, e.RetryAfter, e.Withheld = reason.Category, wait, true
	return e
}

// until returns the time from now to a probe; one second to a probe that is due or under way.
func until(next, now time.Time) time.Duration { return max(next.Sub(now), time.Second) }

// wait is what a call waits for: a time or an earlier change.
type wait struct {
	atLeast time.Duration   // 0 = for a change only
	changed <-chan struct{} // closed at the next change of the gate
}

// await waits and subtracts the time from remaining. Its only error is that of ctx.
func (t *turn) await(ctx context.Context, w wait) error {
	start, d := time.Now(), t.remaining
	if w.atLeast > 0 {
		d = w.atLeast
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	defer func() { t.remaining -= time.Since(start) }()
	select {
	case <-timer.C:
		return nil
	case <-w.changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
