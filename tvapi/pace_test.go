package tvapi_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// TestNoMoreThanMaxConcurrent holds every call that arrives: the rest waits outside.
func TestNoMoreThanMaxConcurrent(t *testing.T) {
	t.Parallel()
	for set, want := range map[int]int{0: 8, 1: 1, 3: 3, 30: 20} {
		t.Run(fmt.Sprint(set), func(t *testing.T) {
			t.Parallel()
			inPaced(t, tvapi.Options{MaxConcurrent: set}, func(p *paced) {
				var releases []func()
				for range 20 {
					_, release := p.fake.Hold("")
					releases = append(releases, release)
				}
				done := make(chan []error, 1)
				go func() {
					done <- p.all(20, func(ctx context.Context) error { return second(p.client.Ping(ctx)) })
				}()
				synctest.Wait()
				p.wantCalls(want)
				for i, release := range releases {
					release() // in the order of arrival: each lets one more in
					synctest.Wait()
					p.wantCalls(min(want+i+1, 20))
				}
				for _, err := range <-done {
					p.must(err)
				}
			})
		})
	}
}

// TestWaitForASlotIsBounded by MaxWait or by the caller's time, exactly; the call is certainly not
// done then.
func TestWaitForASlotIsBounded(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		wait, ctx, want time.Duration
		cause           error // nil = the client's own
	}{
		"default":         {0, time.Hour, 15 * time.Second, nil},
		"set":             {4 * time.Second, time.Hour, 4 * time.Second, nil},
		"caller's time":   {0, 2 * time.Second, 2 * time.Second, context.DeadlineExceeded},
		"no wait at all":  {time.Nanosecond, time.Hour, time.Nanosecond, nil},
		"caller's, later": {0, 16 * time.Second, 15 * time.Second, nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPaced(t, tvapi.Options{MaxConcurrent: 1, MaxWait: test.wait}, func(p *paced) {
				arrived, release := p.fake.Hold("")
				held := make(chan error, 1)
				go func() { held <- p.ping() }()
				<-arrived
				ctx, cancel := context.WithTimeout(p.Context(), test.ctx)
				defer cancel()
				err := second(p.client.CreateGroup(ctx, "Sales"))
				p.wantKind(err, tvapi.KindUnsent, false)
				if p.since() != test.want {
					t.Errorf("gave up after %v, want %v", p.since(), test.want)
				}
				if test.cause != nil && !errors.Is(err, test.cause) {
					t.Errorf("error = %v, want %v", err, test.cause)
				}
				if test.cause == nil && !strings.Contains(err.Error(), "calls as allowed at once") {
					t.Errorf("error = %v, want it to say why", err)
				}
				p.wantCalls(1)
				release()
				p.must(<-held)
				p.must(p.ping()) // the slot is free again
			})
		})
	}
}

// TestBreakerOpensWhileOthersWait: a call that waited for a slot is withheld when the breaker has
// opened.
func TestBreakerOpensWhileOthersWait(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{Attempts: 1, MaxConcurrent: 1}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Status: 500, Delay: time.Second})
		withheld := 0
		for _, err := range p.all(20, func(ctx context.Context) error { return second(p.client.Ping(ctx)) }) {
			if p.withheld(err) {
				withheld++
			}
		}
		if withheld != 15 || p.since() != 5*time.Second {
			t.Errorf("%d of 20 were withheld after %v, want 15 after 5s", withheld, p.since())
		}
		p.wantCalls(5)
	})
}

// TestSlotsComeBack from calls that end in any way, a reader's panic included.
func TestSlotsComeBack(t *testing.T) {
	t.Parallel()
	ends := map[string]func(*paced){
		"success": func(p *paced) { p.must(p.ping()) },
		"error": func(p *paced) {
			defer p.fake.Fail(tvfake.Fault{Status: 400})()
			p.wantKindOf(p.ping(), tvapi.KindInvalid)
		},
		"reader stops": func(p *paced) {
			for range p.client.Users(p.Context()) {
				break
			}
		},
		"reader panics": func(p *paced) {
			defer func() { _ = recover() }()
			for range p.client.Users(p.Context()) {
				panic("of the reader")
			}
		},
		"guarded": func(p *paced) { p.wantKindOf(p.client.DeleteGroup(p.Context(), -1), tvapi.KindUnsent) },
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPaced(t, tvapi.Options{MaxConcurrent: 1}, func(p *paced) {
				for range 3 {
					end(p)
				}
				p.must(p.ping())
				if p.since() != 0 {
					t.Errorf("the next call waited %v", p.since())
				}
			})
		})
	}
}

// TestProbeThatPanics, in its reader, leaves the next call to be the probe.
func TestProbeThatPanics(t *testing.T) {
	t.Parallel()
	inPaced(t, one, func(p *paced) {
		p.fail(5)
		time.Sleep(time.Second)
		func() {
			defer func() { _ = recover() }()
			for range p.client.Users(p.Context()) {
				panic("of the reader")
			}
		}()
		p.must(p.ping())
	})
}

// TestPatienceIsSharedByAllWaits of one call: for a slot, for a limit, for a slot again.
func TestPatienceIsSharedByAllWaits(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{MaxConcurrent: 1, MaxWait: 10 * time.Second}, func(p *paced) {
		arrived, release := p.fake.Hold("")
		held := make(chan error, 1)
		go func() { held <- p.groups() }()
		<-arrived
		time.AfterFunc(6*time.Second, release)
		p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncPing), Limit: true, RetryAfter: "5"})
		p.wantKind(p.ping(), tvapi.KindThrottled, false)
		if p.since() != 6*time.Second { // of the 10 s, 4 were left, and 5 asked for
			t.Errorf("gave up after %v, want 6s", p.since())
		}
		p.must(<-held)
	})
}

// TestManyAtOnce runs calls of several functions under random faults, for the race detector and the
// bound of calls at once.
func TestManyAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var next http.RoundTripper
		var now, most atomic.Int32
		p := newPaced(t, tvapi.Options{MaxConcurrent: 4, Transport: transport(func(r *http.Request) (*http.Response, error) {
			defer now.Add(-1)
			if n := now.Add(1); n > most.Load() {
				most.Store(n)
			}
			time.Sleep(time.Millisecond)
			answer, err := next.RoundTrip(r)
			if err == nil { // the answer is on its way until it is read
				text, broken := io.ReadAll(answer.Body)
				answer.Body = io.NopCloser(strings.NewReader(string(text)))
				if broken != nil {
					answer.Body = cutBody{strings.NewReader(string(text)), broken}
				}
			}
			return answer, err
		})}, tvfake.Default())
		next = p.fake.Transport()
		p.fake.Fail(tvfake.Fault{Limit: true, Rate: .05, For: time.Second})
		p.fake.Fail(tvfake.Fault{Status: 500, Rate: .1})
		p.fake.Fail(tvfake.Fault{Lost: true, After: true, Rate: .05})
		p.fake.Fail(tvfake.Fault{Truncate: tvfake.TruncateBroken, Rate: .05})
		p.all(16, func(ctx context.Context) error {
			for range 10 {
				_, _ = p.client.Ping(ctx)
				_ = drain(p.client.Groups(ctx))
				_, _ = p.client.User(ctx, 7)
				_ = p.client.Health()
			}
			return nil
		})
		if n := most.Load(); n > 4 || n < 2 {
			t.Errorf("%d calls at once, want up to 4", n)
		}
		calls := map[string]int{}
		for _, u := range p.client.Health().Usage {
			calls[string(u.Function)] = u.Calls
		}
		for f, n := range p.fake.Calls() {
			if calls[f] != n {
				t.Errorf("%s was called %d times, counted %d", f, n, calls[f])
			}
		}
	})
}
