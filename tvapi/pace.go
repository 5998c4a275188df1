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

// ErrCrowded is the end of a wait for other calls to end.
var ErrCrowded = errors.New("as many calls as allowed at once are under way, and none ended in time")

// pacer decides when a call may be made: not while TeamViewer is down, nor while
// the calls of its function are used up, nor beside too many others. It learns from
// how calls end. It is shared by the tokens of one company, although TeamViewer's limits
// are those of a token: a company uses one at a time, except while it changes it.
type pacer struct {
	maxWait time.Duration // how long a call waits for its turn, all its waits together
	log     *zap.Logger
	jitter  func(time.Duration) time.Duration
	slots   chan struct{} // one for each call under way

	mu      sync.Mutex
	breaker breaker
	gates   map[Function]*gate // of the functions that were ever throttled
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

// spread makes a pause up to a quarter longer, so that gateways that share a token do
// not ask in step.
func spread(d time.Duration) time.Duration { return d + rand.N(d/4+1) }

// turn is the way of one call through the pacer. Its attempts share it.
type turn struct {
	patience time.Duration // what is left of maxWait
	queued   bool          // it has waited at the gate before
	probes   probes        // what its attempt under way finds out for others
	blamed   bool          // one of its attempts counts as a failure already
	trouble  zapcore.Level // of the lines about what it teaches
}

// probes are the questions that the others wait for one call to answer.
type probes struct{ gate, breaker bool }

// admit returns nil when it is the turn of a call, which must then leave, or the
// error of a call that is not made.
func (p *pacer) admit(ctx context.Context, k call, t *turn) *Error {
	for {
		wait, held := p.look(ctx, k, t)
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
		if p.enter(k.function, t) {
			return nil
		}
		<-p.slots // what was true before the wait for the slot no longer is
	}
}

// look finds out what stands in the way of a call: nothing, something to wait for, or
// something that makes waiting useless.
func (p *pacer) look(ctx context.Context, k call, t *turn) (*wait, *Error) {
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
	if g.vain && !t.queued {
		return nil, k.withhold(g.reason, until(g.next, now))
	}
	t.queued = true
	w := g.wait(now)
	if w.atLeast > t.patience || w.atLeast == 0 && t.patience <= 0 {
		g.vain = true
		return nil, k.withhold(g.reason, until(g.next, now))
	}
	if end, ok := ctx.Deadline(); ok && end.Before(g.next) {
		return nil, k.withhold(g.reason, until(g.next, now))
	}
	return &w, nil
}

// enter lets a call pass, unless what look saw has changed.
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

// takeSlot waits until fewer calls are under way than may be.
func (p *pacer) takeSlot(ctx context.Context, k call, t *turn) *Error {
	select {
	case p.slots <- struct{}{}:
		return nil
	default:
	}
	start := time.Now()
	timer := time.NewTimer(t.patience)
	defer timer.Stop()
	defer func() { t.patience -= time.Since(start) }()
	select {
	case p.slots <- struct{}{}:
		return nil
	case <-timer.C:
		return k.fail(KindUnsent, 0, ErrCrowded)
	case <-ctx.Done():
		return k.fail(KindUnsent, 0, ctx.Err())
	}
}

// leave ends a call that was admitted. failed is nil when it went well; said is what
// its end tells of TeamViewer.
func (p *pacer) leave(f Function, t *turn, failed *Error, said verdict) {
	<-p.slots
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	if failed == nil || failed.Kind != KindUnsent {
		p.quota.count(f, now)
	}
	p.noteBreaker(t, failed, said, now)
	p.noteGate(f, t, failed, said, now)
	t.probes = probes{}
}

// noteBreaker tells the breaker how a call ended. A call counts as one failure,
// however often it is attempted.
func (p *pacer) noteBreaker(t *turn, failed *Error, said verdict, now time.Time) {
	if said == down && t.blamed && !t.probes.breaker {
		return
	}
	t.blamed = t.blamed || said == down
	was := p.breaker.open
	p.breaker.note(t.probes.breaker, failed, said, now)
	switch {
	case p.breaker.open && !was:
		p.log.Log(t.trouble, why(failed.Kind)+": calls are withheld", zap.Stringer("kind", failed.Kind),
			zap.Int("status", failed.Status), zap.Int("failures", p.breaker.failures))
	case was && !p.breaker.open:
		p.log.Info("TeamViewer answers again: calls are made")
	}
}

// why is what the log says of the failure that has calls withheld.
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

// noteGate tells the gate of a function how one of its calls ended.
func (p *pacer) noteGate(f Function, t *turn, failed *Error, said verdict, now time.Time) {
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
	case t.probes.gate && said == up:
		g.opened()
		p.log.Info("TeamViewer takes calls of the function again", zap.String("function", string(f)))
	case t.probes.gate:
		g.undecided(now)
	}
}

// withhold is the error of a call that is not made because of an earlier failure.
func (k call) withhold(reason *Error, wait time.Duration) *Error {
	e := k.fail(reason.Kind, reason.Status, reason)
	e.Host, e.Network = reason.Host, reason.Network
	e.Category, e.RetryAfter, e.Withheld = reason.Category, wait, true
	return e
}

// until is the time from now to a probe; to one that is due or under way, a moment.
func until(next, now time.Time) time.Duration { return max(next.Sub(now), time.Second) }

// wait is what a call waits for: a moment, or news before it.
type wait struct {
	atLeast time.Duration   // 0 = for news alone
	news    <-chan struct{} // closed when things have changed
}

// await waits, at the cost of the call's patience. Only the end of ctx is an error.
func (t *turn) await(ctx context.Context, w wait) error {
	start, d := time.Now(), t.patience
	if w.atLeast > 0 {
		d = w.atLeast
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	defer func() { t.patience -= time.Since(start) }()
	select {
	case <-timer.C:
		return nil
	case <-w.news:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
