package tvapi_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// between reports whether each time is in its range: jitter makes pauses up to a quarter longer.
func between(got []time.Duration, least ...time.Duration) bool {
	ok := len(got) == len(least)
	for i := range min(len(got), len(least)) {
		ok = ok && got[i] >= least[i] && got[i] <= least[i]+least[i]/4
	}
	return ok
}

// TestThrottledCallWaitsItsTurn under both readings of what a used-up limit answers, with a create,
// which is certainly not done meanwhile.
func TestThrottledCallWaitsItsTurn(t *testing.T) {
	t.Parallel()
	for _, variant := range variants() {
		t.Run(variant.Name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				variant.LimitRetryAfter = ""
				p := newPaced(t, tvapi.Options{}, variant)
				p.fake.Fail(tvfake.Fault{Limit: true, Times: 3})
				_, err := p.client.CreateGroup(p.Context(), "Sales")
				p.must(err)
				if got := p.times(); !between(got, 0, time.Second, 3*time.Second, 7*time.Second) {
					t.Errorf("attempts at %v, want at 0s, 1s, 3s and 7s or a little later", got)
				}
				if n := len(p.fake.Groups()); n != 1 {
					t.Errorf("%d groups were made", n)
				}
			})
		})
	}
}

func TestRetryAfterOfALimit(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		header string
		want   time.Duration // of the second attempt
	}{
		"heeded":                {"9", 9 * time.Second},
		"as long as we wait":    {"15", 15 * time.Second},
		"never below our pause": {"0", 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPaced(t, tvapi.Options{}, func(p *paced) {
				p.fake.Fail(tvfake.Fault{Limit: true, RetryAfter: test.header, Times: 1})
				p.must(p.ping())
				got := p.times()[1]
				if test.want != 0 && got != test.want || got < time.Second {
					t.Errorf("second attempt at %v, want %v", got, test.want)
				}
			})
		})
	}
}

// TestHopelessWaitIsNotBegun: a turn that comes too late is not waited for.
func TestHopelessWaitIsNotBegun(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Limit: true, RetryAfter: "16"})
		e := p.wantKind(p.ping(), tvapi.KindThrottled, false)
		if e.RetryAfter != 16*time.Second || e.Category != "rate_limit_reached" || p.since() != 0 {
			t.Errorf("%#v after %v, want TeamViewer's answer at once", e, p.since())
		}
		p.wantCalls(1)
	})
	t.Run("for want of the caller's time", func(t *testing.T) {
		t.Parallel()
		inPaced(t, tvapi.Options{}, func(p *paced) {
			p.fake.Fail(tvfake.Fault{Limit: true, RetryAfter: "5", Times: 1})
			ctx, cancel := context.WithTimeout(p.Context(), 4*time.Second)
			defer cancel()
			_, err := p.client.Ping(ctx)
			p.wantKind(err, tvapi.KindThrottled, false)
			if p.since() != 0 {
				t.Errorf("gave up after %v, want at once", p.since())
			}
			// One that was in a hurry does not speak for all.
			p.must(p.ping())
			if p.since() != 5*time.Second {
				t.Errorf("the next one was done after %v, want 5s", p.since())
			}
		})
	})
}

// TestLongRetryAfterIsNotForEver: whatever TeamViewer asks for, one call goes out as a probe after
// a quarter of an hour, and callers are told to come back then.
func TestLongRetryAfterIsNotForEver(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Limit: true, RetryAfter: "80000", Times: 1})
		if e := p.wantKind(p.ping(), tvapi.KindThrottled, false); e.RetryAfter != 15*time.Minute {
			t.Errorf("RetryAfter = %v", e.RetryAfter)
		}
		time.Sleep(15*time.Minute - time.Nanosecond)
		p.wantKind(p.ping(), tvapi.KindThrottled, true)
		time.Sleep(time.Nanosecond)
		p.must(p.ping())
	})
}

// TestWaitIsBoundedExactly: a call that waits for the end of another's probe waits for MaxWait and
// no longer.
func TestWaitIsBoundedExactly(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{MaxWait: 7 * time.Second}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Limit: true, RetryAfter: "2", Times: 1})
		p.fake.Fail(tvfake.Fault{Delay: 15 * time.Second})
		probe := make(chan error, 1)
		go func() { probe <- p.ping() }()
		time.Sleep(3 * time.Second) // the probe is under way
		e := p.wantKind(p.ping(), tvapi.KindThrottled, true)
		if took := p.since() - 3*time.Second; took != 7*time.Second {
			t.Errorf("waited %v, want 7s", took)
		}
		if e.RetryAfter <= 0 {
			t.Errorf("RetryAfter = %v", e.RetryAfter)
		}
		p.must(<-probe)
		p.must(p.ping())
	})
}

// TestFollowersFailAtOnce: once a call has given up waiting, later calls fail at once until a probe
// succeeds.
func TestFollowersFailAtOnce(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		lift := p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncPing), Limit: true})
		e := p.wantKind(p.ping(), tvapi.KindThrottled, false)
		if p.since() > 15*time.Second || p.since() < 7*time.Second {
			t.Errorf("gave up after %v, want when no turn was left within 15s", p.since())
		}
		next := p.since() + e.RetryAfter
		calls := p.fake.TotalCalls()
		for range 5 {
			before := p.since()
			e := p.wantKind(p.ping(), tvapi.KindThrottled, true)
			if p.since() != before || p.since()+e.RetryAfter != next {
				t.Errorf("answered after %v with RetryAfter %v, want at once, until %v", p.since()-before, e.RetryAfter, next)
			}
			if cause, ok := errors.AsType[*tvapi.Error](e.Unwrap()); !ok || cause.Status != e.Status || tvapi.Uncertain(e) {
				t.Errorf("%v has no cause, or is uncertain", e)
			}
			time.Sleep(time.Second)
		}
		p.wantCalls(calls)

		time.Sleep(next - p.since())
		p.wantKind(p.ping(), tvapi.KindThrottled, false) // the probe of its time, which does not wait either
		p.wantCalls(calls + 1)
		p.wantKind(p.ping(), tvapi.KindThrottled, true)
		lift()
		p.wantKind(p.ping(), tvapi.KindThrottled, true)
		time.Sleep(time.Minute)
		p.must(p.ping())
		p.must(p.ping())
		p.wantCalls(calls + 3)
	})
}

// TestWaitingCallsContinue when an earlier call gives up.
func TestWaitingCallsContinue(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Limit: true, RetryAfter: "10", Times: 2}) // so that calls are taken again after 20 s
		early := make(chan error, 1)
		go func() { early <- p.ping() }()
		time.Sleep(6 * time.Second)
		for _, err := range p.all(10, func(ctx context.Context) error { return second(p.client.Ping(ctx)) }) {
			p.must(err)
		}
		p.wantKindOf(<-early, tvapi.KindThrottled)
		if p.since() != 20*time.Second {
			t.Errorf("done after %v, want 20s", p.since())
		}
	})
}

// TestOneProbe lets many wait: one call at a time asks whether the limit still holds, and all go on
// when it does not.
func TestOneProbe(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{MaxConcurrent: 3}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncPing), Limit: true, For: 6 * time.Second, Times: 1})
		for _, err := range p.all(20, func(ctx context.Context) error { return second(p.client.Ping(ctx)) }) {
			if err != nil {
				t.Error(err)
			}
		}
		var throttled []time.Duration
		for _, a := range p.made {
			if a.outcome == tvapi.KindThrottled {
				throttled = append(throttled, a.at)
			}
		}
		// Up to three were under way when the limit was met.
		probes := slices.DeleteFunc(slices.Clone(throttled), func(at time.Duration) bool { return at == 0 })
		if met := len(throttled) - len(probes); met < 1 || met > 3 || !between(probes, time.Second, 3*time.Second) {
			t.Errorf("throttled at %v", throttled)
		}
		p.wantCalls(len(throttled) + 20)
		if got := p.since(); got < 7*time.Second || got > 9*time.Second {
			t.Errorf("all were done after %v", got)
		}
	})
}

// TestLateRefusalsAddNothing: calls that were under way when the limit was met make the pause no
// longer.
func TestLateRefusalsAddNothing(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Limit: true, Delay: time.Second, Times: 8})
		for _, err := range p.all(8, func(ctx context.Context) error { return second(p.client.Ping(ctx)) }) {
			p.must(err)
		}
		if p.since() < 2*time.Second || p.since() > 2500*time.Millisecond {
			t.Errorf("done after %v, want 1s and the first pause", p.since())
		}
		p.wantCalls(16)
	})
}

// TestProbeIsAlone holds the probe: there is no other call meanwhile.
func TestProbeIsAlone(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Limit: true, RetryAfter: "2", Times: 1})
		first := make(chan error, 1)
		go func() { first <- p.ping() }()
		synctest.Wait()
		arrived, release := p.fake.Hold(string(tvapi.FuncPing))
		rest := make(chan []error, 1)
		go func() {
			rest <- p.all(5, func(ctx context.Context) error { return second(p.client.Ping(ctx)) })
		}()
		<-arrived
		time.Sleep(5 * time.Second)
		p.wantCalls(2) // the throttled one, and the probe that is held
		release()
		p.must(<-first)
		for _, err := range <-rest {
			p.must(err)
		}
		if p.since() != 7*time.Second {
			t.Errorf("done after %v, want at once when the probe was", p.since())
		}
		p.wantCalls(7)
	})
}

func TestOtherFunctionsStayOpen(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{MaxConcurrent: 1}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncPing), Limit: true})
		waiting := make(chan error, 1)
		go func() { waiting <- p.ping() }()
		synctest.Wait()
		p.must(p.groups())
		if p.since() != 0 {
			t.Errorf("another function was called after %v, want at once: a waiting call does not delay others", p.since())
		}
		p.wantKind(<-waiting, tvapi.KindThrottled, false)
	})
}

// TestProbeWithoutAnAnswer neither opens the function nor closes it for longer.
func TestProbeWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{Attempts: 1}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Limit: true, Times: 1})
		p.fake.Fail(tvfake.Fault{Lost: true, Times: 1})
		p.wantKind(p.ping(), tvapi.KindLost, false)
		if h := p.client.Health(); len(h.Throttled) != 1 || h.Throttled[0].Function != tvapi.FuncPing {
			t.Errorf("health = %+v, want ping throttled", h)
		}
		before := p.since()
		p.must(p.ping())
		if took := p.since() - before; took != time.Second {
			t.Errorf("the next probe came after %v, want 1s", took)
		}
	})
}

func TestCancelledWhileThrottled(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Limit: true, RetryAfter: "10"})
		waiting := make(chan error, 1)
		go func() { waiting <- p.ping() }()
		synctest.Wait()
		ctx, cancel := context.WithCancel(p.Context())
		time.AfterFunc(3*time.Second, cancel)
		_, err := p.client.Ping(ctx)
		if p.wantKind(err, tvapi.KindUnsent, false); !isCanceled(err) || p.since() != 3*time.Second {
			t.Errorf("%v after %v, want the context's error after 3s", err, p.since())
		}
		p.wantKind(<-waiting, tvapi.KindThrottled, false)
	})
}

// TestDayOfUsedUpCalls shows what a used-up quota costs in calls that are refused.
func TestDayOfUsedUpCalls(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncPing), Limit: true})
		for p.since() < 24*time.Hour {
			p.wantKindOf(p.ping(), tvapi.KindThrottled)
			time.Sleep(30 * time.Second)
		}
		if n := p.fake.TotalCalls(); n < 200 || n > 300 {
			t.Errorf("%d calls in a day, want about one in five minutes", n)
		}
		gaps := slices.Collect(func(yield func(time.Duration) bool) {
			all := p.times()
			for i := range len(all) - 1 {
				if !yield(all[i+1] - all[i]) {
					return
				}
			}
		})
		if most := slices.Max(gaps); most > 5*time.Minute+75*time.Second+30*time.Second {
			t.Errorf("%v between two probes", most)
		}
	})
}

// wantKindOf checks an error's kind alone.
func (p *paced) wantKindOf(err error, kind tvapi.Kind) {
	p.Helper()
	if tvapi.KindOf(err) != kind {
		p.Fatalf("error = %v, want %v", err, kind)
	}
}
