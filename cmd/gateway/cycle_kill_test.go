package gateway_test

import (
	"context"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestKillCycles runs Entra's cycles under faults through a gateway in a process of its own, which
// is killed at random moments and at once started again on its file: nothing that it acknowledged
// is forgotten, and in the end TeamViewer is what the directory says.
func TestKillCycles(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes in real time; not in short mode")
	}
	t.Parallel()
	first, deaths := uint64(0), 50
	if os.Getenv("TVSCIM_SOAK") != "" {
		first, deaths = rand.Uint64(), 1000
	}
	// A restart within the time by which lists lag shows what they showed; no test waits for that
	// in real time.
	milder := slices.DeleteFunc(tvfake.Variants(), func(v tvfake.Variant) bool { return v.ListLag > 0 })
	died := 0
	for seed := first; died < deaths && !t.Failed(); seed++ {
		for _, tr := range []trouble{{name: "none"}, brief(troubles()[len(troubles())-1])} {
			c := course{trouble: tr, variant: milder[seed%uint64(len(milder))], seed: seed, d: dialects[seed%2], gateways: 1}
			t.Run(c.name(), func(t *testing.T) { died += c.kill(t) })
		}
	}
	t.Logf("killed %d times", died)
}

// Times of a course in real time, which nobody has hours for.
const (
	briefTimeout = 300 * time.Millisecond // of a call
	briefDelay   = 400 * time.Millisecond // of a call that takes too long
	briefLimit   = 200 * time.Millisecond // while a function has no calls left
)

// brief shortens what takes long in a trouble.
func brief(tr trouble) trouble {
	tr.faults = slices.Clone(tr.faults)
	for i := range tr.faults {
		tr.faults[i].Delay = min(tr.faults[i].Delay, briefDelay)
		tr.faults[i].For = min(tr.faults[i].For, briefLimit)
		tr.faults[i].RetryAfter = ""
	}
	return tr
}

// kill is the course through a gateway that dies three times in each cycle of change, and once
// after every cycle.
func (c course) kill(t *testing.T) (deaths int) {
	trial := newCompany(t, c)
	trial.pause, trial.client.swift = 0, true
	trial.hasty = true // a machine under load makes calls take longer than briefTimeout
	m := newMortal(t, trial)
	trial.client.gateways = []*stage{{t: t, token: stageToken, client: &http.Client{Transport: m}, url: "http://stage.example/scim/v2"}}
	for i := range cyclesOfChange {
		if i > 0 {
			trial.directory.change()
		}
		m.condemn(3)
		trial.cycle()
		m.spare()
		trial.remembers()
	}
	for range cyclesOfRetry {
		if len(trial.directory.unsettled()) > 0 {
			trial.cycle()
			m.die()
			trial.remembers()
		}
	}
	if left := trial.directory.unsettled(); len(left) > 0 {
		t.Errorf("not done after %d more cycles:\n%s", cyclesOfRetry, strings.Join(left, "\n"))
		return m.deaths
	}
	m.settings.Timeout = 0
	m.die()
	trial.hasty = false
	trial.rest()
	trial.compare()
	m.die()
	trial.remembers()
	return m.deaths
}

// remembers wants every user and group that is done to be found by its externalId.
func (tr *trial) remembers() {
	tr.t.Helper()
	gateway := tr.client.gateways[0]
	wantFound := func(endpoint, object, id string) {
		tr.t.Helper()
		if got := found(tr.t, gateway.patient(searchFor(endpoint, "externalId", object))); !slices.Equal(got, []string{id}) {
			tr.t.Errorf("%s externalId %q finds %v, want %s", endpoint, object, got, id)
		}
	}
	for _, p := range tr.directory.people {
		if p.linked() && !p.purged && !p.pending {
			wantFound("/Users", p.object, p.link)
		}
	}
	for _, g := range tr.directory.teams {
		if g.link != "" && !g.purged && !g.pending {
			wantFound("/Groups", g.object, g.link)
		}
	}
}

// patient sends a GET again while the answer is 503, as Entra does: on a machine under load no call may
// end within briefTimeout.
func (s *stage) patient(path string) (a answer) {
	s.t.Helper()
	for range 100 {
		if a = s.do("GET", path, ""); a.status != http.StatusServiceUnavailable {
			return a
		}
		time.Sleep(100 * time.Millisecond) // there is nothing else to wait for: the gateway is another process
	}
	s.t.Fatalf("GET %s: %d %s", path, a.status, a.body)
	return a
}

// mortal is a gateway that is killed and started again, seen from both sides: it is the transport
// by which Entra reaches it, and the handler by which it reaches TeamViewer. A death costs what is
// under way; what comes meanwhile waits.
type mortal struct {
	t        *testing.T
	emulator http.Handler
	settings childSettings

	alive sync.RWMutex // written to while there is no gateway
	child child

	pending sync.WaitGroup // deaths that are on their way
	mu      sync.Mutex
	rng     *rand.Rand
	left    int // deaths until it is spared
	next    int // events until the next of them
	deaths  int
}

func newMortal(t *testing.T, tr *trial) *mortal { return newMortalWith(t, tr, func(*childSettings) {}) }

// newMortalWith is newMortal with other settings.
func newMortalWith(t *testing.T, tr *trial, change func(*childSettings)) *mortal {
	m := &mortal{t: t, emulator: tr.fake.Handler(), rng: rand.New(rand.NewPCG(tr.seed, 0xdead))}
	api := httptest.NewServer(m)
	t.Cleanup(api.Close)
	m.settings = childSettings{
		Base: api.URL, Token: tr.fake.Token(), Store: filepath.Join(t.TempDir(), "links.db"),
		OnDelete: tr.policy, Timeout: briefTimeout,
	}
	change(&m.settings)
	m.child = mustStartChild(t, m.settings)
	t.Cleanup(func() { m.child.kill() })
	return m
}

// condemn has the gateway die so many times.
func (m *mortal) condemn(times int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.left, m.next = times, m.rng.IntN(eventsBetweenDeaths)
}

// eventsBetweenDeaths is the most requests and calls between two deaths: a cycle of change has more
// than a hundred.
const eventsBetweenDeaths = 40

// spare ends what condemn began, with one death more, for what was acknowledged last.
func (m *mortal) spare() {
	m.mu.Lock()
	m.left = 0
	m.mu.Unlock()
	m.pending.Wait()
	m.die()
}

// event counts a request or a call. When it is time to die it returns a random number below n, else
// -1.
func (m *mortal) event(n int) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.left == 0 {
		return -1
	}
	if m.next--; m.next > 0 {
		return -1
	}
	m.left--
	m.next = m.rng.IntN(eventsBetweenDeaths)
	return m.rng.IntN(n)
}

// dieSoon kills the gateway within a moment.
func (m *mortal) dieSoon(moment time.Duration) {
	m.pending.Add(1)
	time.AfterFunc(moment, func() {
		defer m.pending.Done()
		m.die()
	})
}

// die kills the gateway and starts another.
func (m *mortal) die() {
	m.alive.Lock()
	defer m.alive.Unlock()
	m.deaths++
	m.child.kill()
	next, err := startChild(m.t, m.settings)
	for tries := 0; err != nil && m.settings.URL != "" && tries < 200; tries++ { // the database is away: a supervisor starts it again
		time.Sleep(100 * time.Millisecond)
		next, err = startChild(m.t, m.settings)
	}
	if err != nil {
		m.t.Error(err)
		return
	}
	m.child = next
}

// RoundTrip sends a request to the gateway.
func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	const within = 5000 // microseconds, about what a write takes
	if n := m.event(within); n >= 0 {
		m.dieSoon(time.Duration(n) * time.Microsecond)
	}
	m.alive.RLock()
	address := m.child.address
	m.alive.RUnlock()
	r = r.Clone(r.Context())
	r.URL.Host = address
	return http.DefaultTransport.RoundTrip(r)
}

// ServeHTTP answers a call of the gateway: the gateway may die before the call is done, between the
// work and its answer, or with the answer.
func (m *mortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch n := m.event(3); n {
	case 0:
		m.die()
		panic(http.ErrAbortHandler)
	case 1:
		defer m.die()
		m.emulator.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
	case 2:
		m.dieSoon(time.Millisecond)
		m.emulator.ServeHTTP(w, r)
	default:
		m.emulator.ServeHTTP(w, r)
	}
}

var (
	_ http.RoundTripper = (*mortal)(nil)
	_ http.Handler      = (*mortal)(nil)
)
