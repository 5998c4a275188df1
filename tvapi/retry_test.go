package tvapi_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// TestCreatesAreNeverSentTwice: what makes something new is sent once whenever it may have been
// done, and the caller is told so.
func TestCreatesAreNeverSentTwice(t *testing.T) {
	t.Parallel()
	faults := map[string]tvfake.Fault{
		"500": {Status: 500}, "500 after": {Status: 500, After: true},
		"lost": {Lost: true}, "lost after": {Lost: true, After: true},
		"cut": {Truncate: tvfake.TruncateBroken}, "half": {Truncate: tvfake.TruncateHalf},
		"empty": {Truncate: tvfake.TruncateEmpty}, "delay": {Delay: time.Hour, After: true},
	}
	for _, variant := range variants() {
		t.Run(variant.Name, func(t *testing.T) {
			t.Parallel()
			for _, w := range works() {
				if w.repeats {
					continue
				}
				for name, fault := range faults {
					synctest.Test(t, func(t *testing.T) {
						p := newPaced(t, tvapi.Options{}, variant)
						call := w.prepare(p)
						fault.Function = string(w.function)
						p.fake.Fail(fault)
						if err := call(p.Context()); !tvapi.Uncertain(err) {
							t.Errorf("%s, %s: %v, want an uncertain error", w.function, name, err)
						}
						p.wantCalls(1)
					})
				}
			}
		})
	}
}

// TestUnsentIsSentAgain: a create that certainly never left is no second one.
func TestUnsentIsSentAgain(t *testing.T) {
	t.Parallel()
	for _, w := range works() {
		t.Run(string(w.function), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fails := 2
				var next http.RoundTripper
				p := newPaced(t, tvapi.Options{Transport: transport(func(r *http.Request) (*http.Response, error) {
					if fails--; fails >= 0 {
						httptrace.ContextClientTrace(r.Context()).GetConn("") // and never got one
						return nil, errors.New("connection refused")
					}
					return next.RoundTrip(r)
				})}, tvfake.Default())
				next = p.fake.Transport()
				if err := w.prepare(p)(p.Context()); err != nil {
					t.Errorf("third attempt: %v", err)
				}
				p.mu.Lock()
				defer p.mu.Unlock()
				if len(p.made) < 3 || p.made[0].outcome != tvapi.KindUnsent || p.made[1].outcome != tvapi.KindUnsent {
					t.Errorf("attempts = %v, want two unsent ones first", p.made)
				}
				for _, u := range p.client.Health().Usage {
					if u.Calls != p.fake.Count(string(u.Function)) {
						t.Errorf("usage %+v counts what never left", u)
					}
				}
			})
		})
	}
}

// TestGoneAfterALostAnswer: a thing that is not there was deleted by the attempt whose answer was
// lost; without such an attempt it never was there.
func TestGoneAfterALostAnswer(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault *tvfake.Fault
		gone  bool // before the call
		want  tvapi.Kind
	}{
		"lost after the work":      {&tvfake.Fault{Lost: true, After: true}, false, 0},
		"500 after the work":       {&tvfake.Fault{Status: 500, After: true}, false, 0},
		"lost, removed by another": {&tvfake.Fault{Lost: true}, true, 0},
		"unknown":                  {nil, true, tvapi.KindNotFound},
		"throttled, then unknown":  {&tvfake.Fault{Limit: true}, true, tvapi.KindNotFound},
		"lost before the work":     {&tvfake.Fault{Lost: true}, false, 0},
	}
	for name, test := range tests {
		for _, w := range works() {
			if w.function != tvapi.FuncUserDelete && w.function != tvapi.FuncGroupDelete {
				continue
			}
			t.Run(name+"/"+string(w.function), func(t *testing.T) {
				t.Parallel()
				inPaced(t, tvapi.Options{}, func(p *paced) {
					call := w.prepare(p)
					if test.gone {
						p.must(call(p.Context()))
					}
					if test.fault != nil {
						fault := *test.fault
						fault.Function, fault.Times = string(w.function), 1
						p.fake.Fail(fault)
					}
					if err := call(p.Context()); tvapi.KindOf(err) != test.want {
						t.Errorf("error = %v, want %v", err, test.want)
					}
				})
			})
		}
	}
	t.Run("changes that find nothing", func(t *testing.T) {
		t.Parallel()
		inPaced(t, tvapi.Options{}, func(p *paced) {
			p.fake.Fail(tvfake.Fault{Lost: true, Times: 1})
			err := p.client.UpdateUser(p.Context(), 7, tvapi.UserUpdate{Active: ptr(false)})
			p.wantKind(err, tvapi.KindNotFound, false)
		})
	})
}

// TestListIsNeverResumed: users would be yielded twice, so a list that breaks is asked for again
// only while none was.
func TestListIsNeverResumed(t *testing.T) {
	t.Parallel()
	const whole = `{"users":[{"id":"u1"},{"id":"u2"},{"id":"u3"}]}`
	tests := map[string]struct {
		first string // the body of the first answer, which breaks off
		users int
		calls int
		want  tvapi.Kind
	}{
		"before the first":   {`{"users":[`, 3, 2, 0},
		"at once":            {``, 3, 2, 0},
		"after one skipped":  {`{"users":[{"id":"x"},`, 3, 2, 0},
		"after the first":    {`{"users":[{"id":"u1"},`, 1, 1, tvapi.KindLost},
		"after the last":     {`{"users":[{"id":"u1"},{"id":"u2"},{"id":"u3"}]`, 3, 1, tvapi.KindLost},
		"of no users at all": {`{"users":[]`, 3, 2, 0},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				calls := 0
				p := newPaced(t, tvapi.Options{Transport: transport(func(r *http.Request) (*http.Response, error) {
					calls++
					body := io.NopCloser(strings.NewReader(whole))
					if calls == 1 {
						body = cutBody{strings.NewReader(test.first), io.ErrUnexpectedEOF}
					}
					return &http.Response{StatusCode: 200, Request: r, Header: http.Header{}, Body: body}, nil
				})}, tvfake.Default())
				got, err := collect(p.client.Users(p.Context()))
				if len(got) != test.users || calls != test.calls || tvapi.KindOf(err) != test.want {
					t.Errorf("%d users after %d calls, %v; want %d, %d, %v", len(got), calls, err, test.users, test.calls, test.want)
				}
			})
		})
	}
}

// TestNothingOfAnEarlierAnswerStays: an answer that was no good must not show through the next.
func TestNothingOfAnEarlierAnswerStays(t *testing.T) {
	t.Parallel()
	answers := func(t *testing.T, bodies ...string) *paced {
		return newPaced(t, tvapi.Options{Transport: transport(func(r *http.Request) (*http.Response, error) {
			if len(bodies) == 0 {
				return nil, io.ErrUnexpectedEOF
			}
			body := bodies[0]
			bodies = bodies[1:]
			return &http.Response{StatusCode: 200, Request: r, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}, nil
		})}, tvfake.Default())
	}
	t.Run("user", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := answers(t, `{"id":"u8","name":"Bo","email":"bo@example.com","active":false,"userRoleId":"x"}`, `{"id":"u7","name":"Ada"}`)
			got, err := p.client.User(p.Context(), 7)
			p.must(err)
			if diff := cmp.Diff(&tvapi.User{ID: 7, Name: "Ada", Active: true}, got); diff != "" {
				t.Errorf("user (-want +got):\n%s", diff)
			}
		})
	})
	t.Run("page", func(t *testing.T) {
		t.Parallel()
		synctest.Test(t, func(t *testing.T) {
			p := answers(t, `{"resources":[{"accountId":1,"name":"Ada"},{"accountId":2}],"nextPaginationToken":7}`, `{"resources":[{"accountId":3}]}`)
			got, err := collect(p.client.Members(p.Context(), 7))
			p.must(err)
			if diff := cmp.Diff([]tvapi.Member{{Account: 3}}, got); diff != "" {
				t.Errorf("members (-want +got):\n%s", diff)
			}
		})
	})
}

// TestRetriesKeepTheDeadline: no attempt begins that the context would end.
func TestRetriesKeepTheDeadline(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		fault tvfake.Fault
		left  time.Duration
		calls int
		took  time.Duration
	}{
		"no time for a pause":        {tvfake.Fault{Status: 500}, 100 * time.Millisecond, 1, 0},
		"no time for what was asked": {tvfake.Fault{Status: 503, RetryAfter: "3"}, 3 * time.Second, 1, 0},
		"silence within the time":    {tvfake.Fault{Delay: time.Hour}, 10 * time.Second, 1, 10 * time.Second},
		"silence again and again":    {tvfake.Fault{Delay: time.Hour}, 50 * time.Second, 3, 50 * time.Second},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inPaced(t, tvapi.Options{}, func(p *paced) {
				p.fake.Fail(test.fault)
				ctx, cancel := context.WithTimeout(p.Context(), test.left)
				defer cancel()
				_, err := p.client.Ping(ctx)
				if err == nil || p.since() != test.took {
					t.Errorf("%v after %v, want an error after %v", err, p.since(), test.took)
				}
				p.wantCalls(test.calls)
			})
		})
	}
}

func TestPausesGrowAndVary(t *testing.T) {
	t.Parallel()
	seen := map[time.Duration]bool{}
	for range 20 {
		inPaced(t, tvapi.Options{Attempts: 6}, func(p *paced) {
			p.fake.Fail(tvfake.Fault{Status: 500})
			p.wantKind(p.ping(), tvapi.KindServer, false)
			most, before := 250*time.Millisecond, time.Duration(0)
			for i, at := range p.times()[1:] {
				if d := at - before; d < most/2 || d > most {
					t.Errorf("pause %d is %v, want %v to %v", i+1, d, most/2, most)
				}
				most, before = 2*most, at
			}
			seen[p.times()[1]] = true
		})
	}
	if len(seen) < 2 {
		t.Error("the first pause is the same in 20 runs")
	}
}

// TestRetryAfterOfAFault: a pause that TeamViewer asks for is kept, or left to the caller when it
// is long.
func TestRetryAfterOfAFault(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Status: 503, RetryAfter: "4", Times: 2})
		p.must(p.ping())
		if want := []time.Duration{0, 4 * time.Second, 8 * time.Second}; !slices.Equal(p.times(), want) {
			t.Errorf("attempts at %v, want %v", p.times(), want)
		}
	})
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Status: 503, RetryAfter: "6"})
		if e := p.wantKind(p.ping(), tvapi.KindServer, false); e.RetryAfter != 6*time.Second || p.since() != 0 {
			t.Errorf("%v after %v, want RetryAfter 6s at once", e, p.since())
		}
		p.wantCalls(1)
	})
}

func TestCancelledBetweenAttempts(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		p.fake.Fail(tvfake.Fault{Status: 503, RetryAfter: "4"})
		ctx, cancel := context.WithCancel(p.Context())
		time.AfterFunc(time.Second, cancel)
		_, err := p.client.Ping(ctx)
		p.wantKind(err, tvapi.KindServer, false)
		if p.since() != time.Second {
			t.Errorf("gave up after %v, want 1s", p.since())
		}
		p.wantCalls(1)
	})
}

// TestWithdrawnAttempt: an attempt that is not made does not hide what became of the one before it.
func TestWithdrawnAttempt(t *testing.T) {
	t.Parallel()
	inPaced(t, tvapi.Options{}, func(p *paced) {
		id := p.hire()
		p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncUserUpdate), Lost: true, After: true, Times: 1})
		p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncUserUpdate), Limit: true, RetryAfter: "60"})
		err := p.client.UpdateUser(p.Context(), id, tvapi.UserUpdate{Active: ptr(false)})
		if e := p.wantKind(err, tvapi.KindThrottled, false); e.RetryAfter != time.Minute {
			t.Errorf("RetryAfter = %v, want 1m", e.RetryAfter)
		}
		p.wantCalls(2)
	})
	inPaced(t, tvapi.Options{}, func(p *paced) {
		id := p.hire()
		// While the update pauses, the token is refused.
		p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncUserUpdate), Lost: true, After: true})
		p.fake.Fail(tvfake.Fault{Function: string(tvapi.FuncPing), Status: 401})
		time.AfterFunc(time.Millisecond, func() { _, _ = p.client.Ping(p.Context()) })
		err := p.client.UpdateUser(p.Context(), id, tvapi.UserUpdate{Active: ptr(false)})
		if !tvapi.Uncertain(err) {
			t.Errorf("error = %v, want the lost answer", err)
		}
		p.wantCalls(2)
	})
}
