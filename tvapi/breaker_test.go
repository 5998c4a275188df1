package tvapi_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// one is a client whose calls are one attempt each.
var one = tvapi.Options{Attempts: 1}

// TestBreakerOpens after five failed calls in a row, whatever their functions: then nothing is
// called, and the error says why.
func TestBreakerOpens(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault  tvfake.Fault
		want   tvapi.Kind
		status int
	}{
		"500":         {tvfake.Fault{Status: 500}, tvapi.KindServer, 500},
		"HTML":        {tvfake.Fault{Status: 200, Body: "<html>sign in</html>"}, tvapi.KindForeign, 200},
		"edge":        {tvfake.Fault{Status: 403, Body: "<html>denied</html>"}, tvapi.KindForeign, 403},
		"lost":        {tvfake.Fault{Lost: true}, tvapi.KindLost, 0},
		"hangs":       {tvfake.Fault{Delay: time.Hour}, tvapi.KindLost, 0},
		"IP blocked":  {tvfake.Fault{Status: 403}, tvapi.KindBlocked, 403},
		"empty, half": {tvfake.Fault{Truncate: tvfake.TruncateEmpty}, tvapi.KindForeign, 200},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPaced(t, one, func(p *paced) {
				p.fake.Fail(test.fault)
				for range 4 {
					p.wantKind(p.ping(), test.want, false)
				}
				p.wantKind(p.groups(), test.want, false)
				before := p.since()
				e := p.wantKind(p.groups(), test.want, true)
				if e.Status != test.status || e.RetryAfter != time.Second || p.since() != before {
					t.Errorf("error = %#v after %v, want status %d and RetryAfter 1s at once", e, p.since()-before, test.status)
				}
				if tvapi.Uncertain(e) || e.Function != tvapi.FuncGroupList {
					t.Errorf("error = %#v, want a certain one of its own function", e)
				}
				if cause, ok := errors.AsType[*tvapi.Error](e.Unwrap()); !ok || cause.Withheld || cause.Kind != test.want {
					t.Errorf("cause = %v, want the fifth failure", e.Unwrap())
				}
				if want := "GET /usergroups: not called: GET /usergroups: "; !strings.HasPrefix(e.Error(), want) {
					t.Errorf("error = %s, want it to begin with %s", e, want)
				}
				p.wantCalls(5)
			})
		})
	}
}

// TestBreakerCountsCallsInARow: one that is answered, were it by a refusal, ends the row.
func TestBreakerCountsCallsInARow(t *testing.T) {
	t.Parallel()
	answers := map[string]tvfake.Fault{
		"success": {}, "not found": {Status: 404}, "invalid": {Status: 400}, "conflict": {Status: 409},
		"no right": {Status: 403, Body: `{"error":"invalid_permission"}`}, "throttled": {Limit: true},
	}
	for name, answer := range answers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPaced(t, tvapi.Options{Attempts: 1, MaxWait: 1}, func(p *paced) {
				for range 3 {
					lift := p.fake.Fail(tvfake.Fault{Status: 500})
					for range 4 {
						p.wantKind(p.ping(), tvapi.KindServer, false)
					}
					lift()
					lift = p.fake.Fail(answer)
					_ = p.groups()
					lift()
					time.Sleep(time.Minute) // for the throttled calls
				}
				p.wantCalls(15)
			})
		})
	}
}

// TestBreakerHearsNothing in failures that say nothing about TeamViewer.
func TestBreakerHearsNothing(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*paced) error{
		"caller gone": func(p *paced) error {
			arrived, release := p.fake.Hold("")
			defer release()
			ctx, cancel := context.WithCancel(p.Context())
			go func() { <-arrived; cancel() }()
			return second(p.client.Ping(ctx))
		},
		"caller in a hurry": func(p *paced) error {
			defer p.fake.Fail(tvfake.Fault{Delay: time.Minute})()
			ctx, cancel := context.WithTimeout(p.Context(), time.Second)
			defer cancel()
			return second(p.client.Ping(ctx))
		},
		"no id":        func(p *paced) error { return p.client.DeleteGroup(p.Context(), 0) },
		"404 in HTML":  func(p *paced) error { return second(p.client.Group(p.Context(), 1<<60)) },
		"context over": func(p *paced) error { return second(p.client.Ping(over())) },
	}
	for name, call := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				variant := tvfake.Default()
				variant.UnknownGroupHTML = true
				p := newPaced(t, one, variant)
				for range 20 {
					if err := call(p); err == nil || p.withheld(err) {
						t.Fatalf("error = %v, want one that is not withheld", err)
					}
				}
				if h := p.client.Health(); h.Trouble != nil {
					t.Errorf("trouble = %+v", h.Trouble)
				}
				p.must(p.ping())
			})
		})
	}
}

func over() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	return ctx
}

func (p *paced) withheld(err error) bool {
	e, ok := errors.AsType[*tvapi.Error](err)
	return ok && e.Withheld
}

// TestOneCallIsOneFailure, however often it was attempted.
func TestOneCallIsOneFailure(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{Attempts: 4}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Status: 500})
		for range 4 {
			p.wantKind(p.ping(), tvapi.KindServer, false)
		}
		p.wantCalls(16)
		p.wantKind(p.ping(), tvapi.KindServer, false) // it opens the breaker, so is not sent again
		p.wantKind(p.ping(), tvapi.KindServer, true)
		p.wantCalls(17)
	})
}

// TestSilenceOpensTheBreaker although each caller's own time ends first at last.
func TestSilenceOpensTheBreaker(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Delay: time.Hour})
		errs := p.all(6, func(ctx context.Context) error {
			ctx, cancel := context.WithTimeout(ctx, 50*time.Second)
			defer cancel()
			return second(p.client.Ping(ctx))
		})
		for _, err := range errs {
			p.wantKindOf(err, tvapi.KindLost)
		}
		if h := p.client.Health(); h.Trouble == nil || h.Trouble.NextProbe.IsZero() {
			t.Errorf("health = %+v, want an open breaker", h)
		}
	})
}

// TestRefusedTokenOpensAtOnce: TeamViewer blocks addresses that go on with a token that it refuses.
func TestRefusedTokenOpensAtOnce(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.SetTokenState(tvfake.TokenRevoked)
		p.wantKind(p.groups(), tvapi.KindToken, false)
		e := p.wantKind(second(p.client.CreateGroup(p.Context(), "Sales")), tvapi.KindToken, true)
		if e.Status != http.StatusUnauthorized || e.Category != "invalid_token" {
			t.Errorf("error = %#v", e)
		}
		p.wantCalls(1)
		p.fake.SetTokenState(tvfake.TokenValid)
		time.Sleep(time.Second)
		p.must(p.groups())
		p.must(second(p.client.CreateGroup(p.Context(), "Sales")))
	})
}

// TestProbesOfTheBreaker come at growing intervals, and the first that is answered ends the
// trouble.
func TestProbesOfTheBreaker(t *testing.T) {
	t.Parallel()
	inPaced(t, one, func(p *paced) {
		lift := p.fake.Fail(tvfake.Fault{Status: 500})
		for range 4 {
			p.wantKind(p.ping(), tvapi.KindServer, false)
		}
		for p.since() < 3*time.Minute {
			p.wantKindOf(p.ping(), tvapi.KindServer)
			time.Sleep(100 * time.Millisecond)
		}
		var seconds []int
		for _, at := range p.times()[4:] {
			seconds = append(seconds, int(at/time.Second))
		}
		if want := []int{0, 1, 3, 7, 15, 31, 61, 91, 121, 151}; !slices.Equal(seconds, want) {
			t.Errorf("probes after %d s, want %d", seconds, want)
		}
		lift()
		time.Sleep(30 * time.Second)
		for range 10 {
			p.must(p.ping())
		}
		p.fake.Fail(tvfake.Fault{Status: 500})
		for range 5 {
			p.wantKind(p.ping(), tvapi.KindServer, false)
		}
		if e := p.wantKind(p.ping(), tvapi.KindServer, true); e.RetryAfter != time.Second {
			t.Errorf("RetryAfter = %v, want a success to make the pauses short again", e.RetryAfter)
		}
	})
}

// TestBreakerHeedsRetryAfter up to its own longest pause.
func TestBreakerHeedsRetryAfter(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]time.Duration{"0": time.Second, "7": 7 * time.Second, "900": 30 * time.Second} {
		inPaced(t, one, func(p *paced) {
			p.fake.Fail(tvfake.Fault{Status: 503, RetryAfter: header})
			for range 5 {
				p.wantKind(p.ping(), tvapi.KindServer, false)
			}
			if e := p.wantKind(p.ping(), tvapi.KindServer, true); e.RetryAfter != want {
				t.Errorf("Retry-After %s: RetryAfter = %v, want %v", header, e.RetryAfter, want)
			}
		})
	}
}

// TestBreakerProbesAlone holds the probe: all other calls are answered at once.
func TestBreakerProbesAlone(t *testing.T) {
	t.Parallel()
	inPaced(t, one, func(p *paced) {
		p.fail(5)
		time.Sleep(time.Second)
		arrived, release := p.fake.Hold("")
		probe := make(chan error, 1)
		go func() { probe <- p.ping() }()
		<-arrived
		for _, err := range p.all(10, func(ctx context.Context) error { return drain(p.client.Groups(ctx)) }) {
			p.wantKind(err, tvapi.KindServer, true)
		}
		p.wantCalls(6)
		release()
		p.must(<-probe)
		for _, err := range p.all(10, func(ctx context.Context) error { return drain(p.client.Groups(ctx)) }) {
			p.must(err)
		}
	})
}

// fail makes n pings fail, and nothing after them.
func (p *paced) fail(n int) {
	p.Helper()
	lift := p.fake.Fail(tvfake.Fault{Status: 500})
	for range n {
		p.wantKind(p.ping(), tvapi.KindServer, false)
	}
	lift()
}

// TestProbeThatItsCallerEnds leaves the next call to be the probe.
func TestProbeThatItsCallerEnds(t *testing.T) {
	t.Parallel()
	inPaced(t, one, func(p *paced) {
		p.fail(5)
		time.Sleep(time.Second)
		arrived, release := p.fake.Hold("")
		defer release()
		ctx, cancel := context.WithCancel(p.Context())
		go func() { <-arrived; cancel() }()
		p.wantKind(second(p.client.Ping(ctx)), tvapi.KindLost, false)
		p.must(p.ping())
	})
}

// TestLateFailuresAddNothing: calls that were under way when the breaker opened make its pause no
// longer.
func TestLateFailuresAddNothing(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{Attempts: 1, MaxConcurrent: 20}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Status: 500, Delay: 10 * time.Second})
		for _, err := range p.all(20, func(ctx context.Context) error { return second(p.client.Ping(ctx)) }) {
			p.wantKind(err, tvapi.KindServer, false)
		}
		if e := p.wantKind(p.ping(), tvapi.KindServer, true); e.RetryAfter != time.Second {
			t.Errorf("RetryAfter = %v, want 1s", e.RetryAfter)
		}
	})
}

// TestChaosDoesNotOpenTheBreaker: faults at random are survived by trying again, not made an outage
// of.
func TestChaosDoesNotOpenTheBreaker(t *testing.T) {
	if testing.Short() {
		t.Skip("sends 9,000 calls; not in short mode")
	}
	t.Parallel()
	faults := map[string]tvfake.Fault{
		"500": {Status: 500, Rate: .1}, "lost": {Lost: true, After: true, Rate: .1},
		"HTML": {Status: 200, Body: "<html></html>", Rate: .1},
	}
	for name, fault := range faults {
		for seed := range uint64(3) {
			t.Run(fmt.Sprintf("%s %d", name, seed), func(t *testing.T) {
				t.Parallel()
				inPaced(t, tvapi.Options{}, func(p *paced) {
					p.fake.Fail(fault)
					failed := 0
					for range 1000 {
						if err := p.ping(); err != nil {
							failed++
							if p.withheld(err) {
								t.Fatalf("withheld: %v", err)
							}
						}
					}
					if failed > 10 {
						t.Errorf("%d of 1000 calls failed, want about one", failed)
					}
				})
			})
		}
	}
}
