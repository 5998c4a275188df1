package tvapi

import (
	"context"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// plain is a jitter that adds nothing.
func plain(d time.Duration) time.Duration { return d }

// functions are all functions of this client.
var functions = []Function{
	FuncPing, FuncAccount, FuncUserList, FuncUserGet, FuncUserCreate, FuncUserUpdate, FuncUserDelete,
	FuncGroupList, FuncGroupGet, FuncGroupCreate, FuncGroupUpdate, FuncGroupDelete,
	FuncMemberList, FuncMemberAdd, FuncMemberRemove, FuncRoleList, FuncRolePredefined, FuncLicenses,
}

// TestOnlyCreatesAreNotIdempotent: a function that is added must be thought about.
func TestOnlyCreatesAreNotIdempotent(t *testing.T) {
	t.Parallel()
	for _, f := range append(functions, "POST /something/new") {
		want := f != FuncUserCreate && f != FuncGroupCreate && f != "POST /something/new"
		if got := f.idempotent(); got != want {
			t.Errorf("%s: %v", f, got)
		}
	}
}

func TestGatePausesGrow(t *testing.T) {
	t.Parallel()
	g, now := &gate{}, time.Unix(0, 0)
	for i, want := range []int{1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300} {
		g.refused(&Error{Kind: KindThrottled}, now, plain)
		if got := g.next.Sub(now); got != time.Duration(want)*time.Second {
			t.Errorf("pause %d is %v, want %d s", i, got, want)
		}
		now = g.next
	}
	g.opened()
	g.refused(&Error{Kind: KindThrottled}, now, plain)
	if got := g.next.Sub(now); got != time.Second || !g.since.Equal(now) {
		t.Errorf("after it was open: pause %v since %v, want 1s since now", got, g.since)
	}
}

func TestSpreadAddsUpToAQuarter(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		d := time.Duration(rapid.Int64Range(0, int64(time.Hour)).Draw(t, "pause"))
		if got := spread(d); got < d || got > d+d/4 {
			t.Errorf("spread(%v) = %v", d, got)
		}
	})
}

// world is a gate and a breaker, the calls that are under way through both, and a clock.
type world struct {
	gate    gate
	breaker breaker
	under   []probes // what each call is the probe of
	now     time.Time
}

// enter sends a call through both, if they let it.
func (w *world) enter() {
	if w.gate.admits(w.now) && w.breaker.admits(w.now) {
		w.under = append(w.under, probes{gate: w.gate.enter(), breaker: w.breaker.enter()})
	}
}

// leave ends a call as the pacer does.
func (w *world) leave(t *rapid.T, i int, failed *Error) {
	is := w.under[i]
	w.under = append(w.under[:i], w.under[i+1:]...)
	v := judge(context.Background(), failed)
	was := w.breaker.open
	w.breaker.note(is.breaker, failed, v, w.now)
	if w.breaker.open && !was && w.breaker.failures < breakAfter && failed.Kind != KindToken {
		t.Fatalf("the breaker opened after %d failures by %v", w.breaker.failures, failed.Kind)
	}
	switch {
	case failed != nil && failed.Kind == KindThrottled && (is.gate || w.gate.open()):
		w.gate.refused(failed, w.now, plain)
	case is.gate && v == available:
		w.gate.opened()
	case is.gate:
		w.gate.undecided(w.now)
	}
}

// check compares what both let pass with what they should.
func (w *world) check(t *rapid.T) {
	gateProbes, breakerProbes := 0, 0
	for _, is := range w.under {
		if is.gate {
			gateProbes++
		}
		if is.breaker {
			breakerProbes++
		}
	}
	switch {
	case gateProbes > 1, w.breaker.open && breakerProbes > 1:
		t.Fatalf("%d probes of the gate, %d of the breaker", gateProbes, breakerProbes)
	case !w.gate.open() && w.now.Before(w.gate.next) && w.gate.admits(w.now):
		t.Fatal("the gate lets a call pass before its time")
	case w.breaker.open && w.now.Before(w.breaker.next) && w.breaker.admits(w.now):
		t.Fatal("the breaker lets a call pass before its time")
	case w.gate.next.Sub(w.now) > maxRetryAfter, w.breaker.next.Sub(w.now) > maxBreakerPause:
		t.Fatalf("closed for %v and %v", w.gate.next.Sub(w.now), w.breaker.next.Sub(w.now))
	}
}

// TestLawsOfGateAndBreaker sends calls through both, which end in any way and order. However that
// goes, a closed one lets one call pass at a time, none before its time and none after too long,
// and good answers open both in the end.
func TestLawsOfGateAndBreaker(t *testing.T) {
	t.Parallel()
	ends := []*Error{
		nil, {Kind: KindServer}, {Kind: KindLost}, {Kind: KindThrottled}, {Kind: KindToken}, {Kind: KindInvalid},
		{Kind: KindThrottled, RetryAfter: maxRetryAfter}, {Kind: KindServer, RetryAfter: maxRetryAfter},
		{Kind: KindForeign, Status: 404},
	}
	rapid.Check(t, func(t *rapid.T) {
		w := world{now: time.Unix(0, 0)}
		t.Repeat(map[string]func(*rapid.T){
			"":     w.check,
			"wait": func(t *rapid.T) { w.now = w.now.Add(time.Duration(rapid.IntRange(1, 4000).Draw(t, "s")) * time.Second) },
			"call": func(*rapid.T) { w.enter() },
			"end": func(t *rapid.T) {
				if len(w.under) > 0 {
					w.leave(t, rapid.IntRange(0, len(w.under)-1).Draw(t, "which"), rapid.SampledFrom(ends).Draw(t, "how"))
				}
			},
		})
		for len(w.under) > 0 {
			w.leave(t, 0, nil)
		}
		w.now = w.now.Add(maxRetryAfter)
		if w.enter(); len(w.under) != 1 {
			t.Fatal("after the longest pause no call passes")
		}
		if w.leave(t, 0, nil); !w.gate.open() || w.breaker.open {
			t.Fatal("a good answer does not open both")
		}
	})
}

// TestOneProbeAfterReopening: a success of an older call closes the breaker while its probe is
// under way, and a failure opens it again. There is no second probe before the first has ended.
func TestOneProbeAfterReopening(t *testing.T) {
	t.Parallel()
	var b breaker
	now := time.Unix(0, 0)
	refused := &Error{Kind: KindToken}
	for range 3 {
		b.enter()
	}
	b.note(false, refused, unavailable, now)
	now = now.Add(minBreakerPause)
	if !b.admits(now) || !b.enter() {
		t.Fatal("no probe at its time")
	}
	b.note(false, nil, available, now)
	b.note(false, refused, unavailable, now)
	now = now.Add(maxBreakerPause)
	if b.admits(now) {
		t.Error("a second probe while the first is under way")
	}
	b.note(true, nil, available, now)
	if !b.admits(now) || b.open {
		t.Error("the first probe went well, and calls are withheld")
	}
}
