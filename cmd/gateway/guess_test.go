package gateway_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// upstream is TeamViewer as guessed tokens meet it: each of their calls is noted, takes its time,
// and is answered as the test says. All other calls reach the emulator.
type upstream struct {
	fake   *tvfake.Server
	delay  time.Duration                  // of every call
	answer func() (*http.Response, error) // to a guess; nil: the emulator's

	mu    sync.Mutex
	calls []time.Time // of guesses
	most  int         // of guesses at once
	now   int
}

func isGuess(r *http.Request) bool {
	return strings.HasPrefix(r.Header.Get("Authorization"), "Bearer guess-")
}

func (u *upstream) RoundTrip(r *http.Request) (*http.Response, error) {
	if isGuess(r) {
		u.mu.Lock()
		u.calls = append(u.calls, time.Now())
		u.now++
		u.most = max(u.most, u.now)
		u.mu.Unlock()
		defer func() {
			u.mu.Lock()
			u.now--
			u.mu.Unlock()
		}()
	}
	if u.delay > 0 {
		timer := time.NewTimer(u.delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-r.Context().Done():
			return nil, r.Context().Err()
		}
	}
	if isGuess(r) && u.answer != nil {
		return u.answer()
	}
	return u.fake.Transport().RoundTrip(r)
}

// inAMinute is the most guesses that were passed on within any minute.
func (u *upstream) inAMinute() (most int) {
	u.mu.Lock()
	defer u.mu.Unlock()
	for i, first := range u.calls {
		n := 0
		for _, at := range u.calls[i:] {
			if at.Sub(first) < time.Minute {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}

// newGuessed starts a gateway in passthrough that reaches TeamViewer by way of u.
func newGuessed(t *testing.T, u *upstream, settings ...func(*config.Config, *tvfake.Server)) *stage {
	t.Helper()
	if u.fake == nil {
		u.fake = tvfake.New(tvfake.Options{})
	}
	s := newStage(t, staging{direct: true, network: u, settings: func(c *config.Config, f *tvfake.Server) {
		usePassthrough(c, f)
		for _, set := range settings {
			set(c, f)
		}
	}})
	s.fake, s.token = u.fake, u.fake.Token()
	return s
}

// TestGuesses: whatever TeamViewer makes of guessed tokens, at most 20 a minute are passed on, one
// at a time, none twice; nobody is let in; the gateway's own state and the caller whose token was
// accepted are not concerned.
func TestGuesses(t *testing.T) {
	t.Parallel()
	canned := func(status int, contentType, body string) func() (*http.Response, error) {
		return func() (*http.Response, error) {
			return &http.Response{
				StatusCode: status, Header: http.Header{"Content-Type": {contentType}},
				Body: io.NopCloser(strings.NewReader(body)), ContentLength: int64(len(body)),
			}, nil
		}
	}
	const html = "<html><body>No.</body></html>"
	for name, test := range map[string]struct {
		upstream *upstream
		status   int
	}{
		"slow":           {&upstream{delay: 800 * time.Millisecond}, 401},
		"refused":        {&upstream{}, 401},
		"blocked":        {&upstream{answer: canned(403, "application/json", `{"error":"blocked"}`)}, 503},
		"HTML with 403":  {&upstream{answer: canned(403, "text/html", html)}, 503},
		"HTML with 200":  {&upstream{answer: canned(200, "text/html", html)}, 503},
		"down":           {&upstream{answer: canned(503, "application/json", `{"error":"internal_error"}`)}, 503},
		"used up":        {&upstream{answer: canned(429, "application/json", `{"error":"rate_limit_reached"}`)}, 429},
		"no right":       {&upstream{answer: canned(403, "application/json", `{"error":"invalid_permission"}`)}, 403},
		"lost":           {&upstream{answer: func() (*http.Response, error) { return nil, io.ErrUnexpectedEOF }}, 503},
		"without answer": {&upstream{answer: func() (*http.Response, error) { return nil, errors.New("no route") }}, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				u := test.upstream
				s := newGuessed(t, u)
				s.status(t, http.StatusOK, "GET", "/Users", "")
				metrics := s.admin("/metrics").body
				var statuses [600]atomic.Int64
				var all sync.WaitGroup
				for i := range 200 {
					all.Go(func() { statuses[s.as(fmt.Sprintf("guess-%d", i), "GET", "/Users", "").status].Add(1) })
				}
				all.Wait()
				for i := range 100 {
					statuses[s.as(fmt.Sprintf("guess-one-by-one-%d", i), "GET", "/Users", "").status].Add(1)
				}
				if n := u.inAMinute(); n > 20 || u.most > 1 {
					t.Errorf("%d guesses were passed on within a minute, %d at once; want at most 20, and 1", n, u.most)
				}
				tried, put := statuses[test.status].Load(), statuses[http.StatusTooManyRequests].Load()
				if test.status == http.StatusTooManyRequests {
					tried = int64(len(u.calls))
					put -= tried
				}
				if int(tried) != len(u.calls) || tried+put != 300 {
					t.Errorf("%d were tried and answered %d, %d were not tried; %d calls", tried, test.status, put, len(u.calls))
				}
				if after := s.admin("/metrics").body; callsOf(after) != callsOf(metrics) {
					t.Errorf("guesses count as calls of the company:\n%s\nbefore:\n%s", callsOf(after), callsOf(metrics))
				}
				if ok, detail := s.teamviewer(); !ok {
					t.Errorf("/readyz: %q", detail)
				}
				before := u.fake.Count(listUsers)
				s.status(t, http.StatusOK, "GET", "/Users", "")
				if n := u.fake.Count(listUsers); n != before {
					t.Errorf("%d calls for who was accepted", n-before)
				}
			})
		})
	}
}

// callsOf are the lines of /metrics about calls of TeamViewer.
func callsOf(metrics string) string {
	lines := slices.DeleteFunc(strings.Split(metrics, "\n"), func(line string) bool {
		return !strings.HasPrefix(line, "tvscim_teamviewer_calls_total")
	})
	return strings.Join(lines, "\n")
}

// TestTokenStorm: 3,000 guesses, 1,500 at once, at a TeamViewer that takes 800 ms for each call.
// The memory is compared with that of as many requests without any token, whose goroutines are the
// test's own.
func TestTokenStorm(t *testing.T) { // not beside others, whose memory would count
	defer debug.SetGCPercent(debug.SetGCPercent(100)) // as in a process of the gateway
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{delay: 800 * time.Millisecond}
		s := newGuessed(t, u)
		nora := s.user("nora.vale@contoso.example")
		const honest = 40
		usual := s.paced(t, nora, honest)
		_, before := s.storm(t, nora, honest, func(int, int) string { return "" })
		stormy, most := s.storm(t, nora, honest, func(i, j int) string { return fmt.Sprintf("guess-%d-%d", i, j) })
		if n := u.inAMinute(); n > 20 {
			t.Errorf("%d guesses were passed on within a minute, want at most 20", n)
		}
		if stormy > usual*3/2 {
			t.Errorf("%d honest requests took %v, want at most 1.5 times the usual %v", honest, stormy, usual)
		}
		if grown := most - before; grown > 16<<20 && !underRace {
			t.Errorf("the memory grew by %d KiB, want at most 16 MiB", grown>>10)
		} else {
			t.Logf("%d calls; honest requests: usual %v, in the storm %v; memory +%d KiB", len(u.calls), usual, stormy, grown>>10)
		}
	})
}

// storm sends 3,000 requests with tokens that nobody accepts, 1,500 at once, beside honest ones. It
// returns how long those took, and the most memory that was in use.
func (s *stage) storm(t *testing.T, id string, honest int, token func(i, j int) string) (took time.Duration, most int64) {
	var storm sync.WaitGroup
	for i := range 1500 {
		storm.Go(func() {
			for j := range 2 {
				a := s.as(token(i, j), "GET", "/Users", "")
				if a.status != http.StatusUnauthorized && a.status != http.StatusTooManyRequests {
					t.Errorf("a guess: %d %s", a.status, a.body)
				}
				time.Sleep(20 * time.Second)
			}
		})
	}
	storm.Go(func() {
		for range 20 {
			time.Sleep(time.Second)
			most = max(most, heapInUse())
		}
	})
	took = s.paced(t, id, honest)
	storm.Wait()
	return took, most
}

// paced sends honest changes one after the other, and returns how long they took.
func (s *stage) paced(t *testing.T, id string, n int) time.Duration {
	t.Helper()
	start := time.Now()
	for i := range n {
		s.status(t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(fmt.Sprintf(`{"op":"Replace","path":"active","value":%t}`, i%2 == 0)))
	}
	return time.Since(start)
}

// heapInUse returns the memory of objects and stacks, in bytes, without what is free within spans.
func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// TestAcceptedTokenIsKnownAfterARestart: guesses after a restart do not keep out the token that was
// accepted before it. The store does not hold the token.
func TestAcceptedTokenIsKnownAfterARestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "links.db")
		u := &upstream{delay: 800 * time.Millisecond}
		first := newGuessed(t, u, storing(path))
		nora := first.made(t, "/Users", `{"userName":"nora.vale@contoso.example","externalId":"ours"}`)
		first.gateway.Close()

		s := newGuessed(t, u, storing(path))
		for i := range 40 {
			s.as(fmt.Sprintf("guess-%d", i), "GET", "/Users", "")
		}
		var storm sync.WaitGroup
		for i := range 60 {
			storm.Go(func() { s.as(fmt.Sprintf("guess-at-once-%d", i), "GET", "/Users", "") })
		}
		time.Sleep(100 * time.Millisecond) // they are under way
		start := time.Now()
		s.wantFound(t, "/Users", "externalId", "ours", nora)
		if took := time.Since(start); took > 2*u.delay { // the list, which may trail the creation, and one question
			t.Errorf("the known token waited %v", took)
		}
		storm.Wait()
		s.gateway.Close()
		again := newGuessed(t, u, storing(path))
		again.wantFound(t, "/Users", "externalId", "ours", nora)
		if holds(t, path, s.token) {
			t.Error("the store holds a token")
		}
	})
}

// TestRefusedOnceIsNoGuess: a token that was accepted and is then refused for a while is tried
// again, however many guesses there are.
func TestRefusedOnceIsNoGuess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		u := &upstream{delay: 800 * time.Millisecond}
		s := newGuessed(t, u)
		s.status(t, http.StatusOK, "GET", "/Users", "")
		u.fake.SetTokenState(tvfake.TokenRevoked)
		time.Sleep(age)
		s.status(t, http.StatusUnauthorized, "GET", "/Users", "")
		u.fake.SetTokenState(tvfake.TokenValid)
		var storm sync.WaitGroup
		for i := range 40 {
			storm.Go(func() {
				for j := range 70 {
					s.as(fmt.Sprintf("guess-%d-%d", i, j), "GET", "/Users", "")
					time.Sleep(time.Second)
				}
			})
		}
		time.Sleep(61 * time.Second)
		s.status(t, http.StatusOK, "GET", "/Users", "")
		storm.Wait()
	})
}

// TestRestartInMidStorm: the gateway stops while guesses are under way and wait, and starts again
// among more of them.
func TestRestartInMidStorm(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "links.db")
		u := &upstream{delay: 800 * time.Millisecond}
		s := newGuessed(t, u, storing(path))
		nora := s.made(t, "/Users", `{"userName":"nora.vale@contoso.example","externalId":"ours"}`)
		for round := range 3 {
			var storm sync.WaitGroup
			for i := range 300 {
				storm.Go(func() { s.as(fmt.Sprintf("guess-%d-%d", round, i), "GET", "/Users", "") })
			}
			time.Sleep(time.Second)
			s.status(t, http.StatusOK, "PATCH", "/Users/"+nora, patchOf(fmt.Sprintf(`{"op":"Replace","path":"externalId","value":"ours-%d"}`, round)))
			s.gateway.Close() // waits for what is under way
			storm.Wait()
			s = newGuessed(t, u, storing(path))
			s.wantFound(t, "/Users", "externalId", fmt.Sprintf("ours-%d", round), nora)
		}
		if n := u.inAMinute(); n > 20*4 {
			t.Errorf("%d guesses within a minute by four processes", n)
		}
	})
}

// holds reports whether a file holds a text.
func holds(t *testing.T, path, text string) bool {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return bytes.Contains(data, []byte(text))
}
