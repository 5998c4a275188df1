package gateway_test

import (
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/tvapi/tvfake"
)

// TestReplicaCycles runs Entra's cycles under faults through three replicas in processes of their
// own, each request at the next of them. Replicas are killed at random moments and started again;
// PostgreSQL is restarted twice, once as after a crash, and a replica is cut off from it in the
// middle of a cycle. TeamViewer becomes exactly what the directory says, as with one gateway:
// nothing is written in a cycle without changes, and every replica finds every acknowledged
// externalId.
func TestReplicaCycles(t *testing.T) {
	t.Parallel()
	courses, cut, first := 1, 3*time.Second, uint64(0)
	if os.Getenv("TVSCIM_SOAK") != "" {
		courses, cut, first = 40, 30*time.Second, rand.Uint64()
	}
	kind := []trouble{{name: "none"}, brief(troubles()[len(troubles())-1])}
	for n := range courses {
		seed := first + uint64(n)
		c := course{trouble: kind[(n+1)%2], variant: tvfake.Variants()[0], seed: seed, d: dialects[seed%2], gateways: 1}
		t.Run(c.name(), func(t *testing.T) { c.replicas(t, cut) })
	}
}

// fleet are replicas in processes of their own, on one database.
type fleet struct {
	*trial
	server   *pgtest.Server
	networks []*pgtest.Proxy // each replica has its own way to the database
	mortals  []*mortal
	stages   []*stage // each replica alone
}

// After a replica lost its locks, some changes are refused until no call can be carried out that it had
// begun: for the sum of these.
const (
	fleetRequest = 20 * time.Second
	fleetWindow  = time.Second // no call is later than briefDelay
)

func newFleet(t *testing.T, tr *trial, n int) *fleet {
	f := &fleet{trial: tr, server: pgtest.Start(t)}
	url := f.server.URL(t)
	for range n {
		network := f.server.Proxy(t)
		m := newMortalWith(t, tr, func(s *childSettings) {
			s.Store, s.URL, s.Request, s.Window = "", network.URL(url), fleetRequest, fleetWindow
		})
		f.networks, f.mortals = append(f.networks, network), append(f.mortals, m)
		f.stages = append(f.stages, &stage{t: t, token: stageToken, client: &http.Client{Transport: m}, url: "http://stage.example/scim/v2"})
	}
	tr.client.gateways = []*stage{roundRobin(f.stages)}
	return f
}

// replicas is the course.
func (c course) replicas(t *testing.T, cut time.Duration) {
	trial := newCompany(t, c)
	trial.pause, trial.client.swift, trial.hasty = 0, true, true
	f := newFleet(t, trial, 3)
	troubles := []func(){f.restart(f.server.Stop), f.cutOff(cut), f.restart(f.server.Kill)}
	for i := range cyclesOfChange {
		if i > 0 {
			trial.directory.change()
		}
		for _, m := range f.mortals {
			m.condemn(1)
		}
		ended := make(chan struct{})
		go func() {
			defer close(ended)
			troubles[i%len(troubles)]()
		}()
		trial.cycle()
		<-ended
		for _, m := range f.mortals {
			m.spare()
		}
		f.ready()
		f.remember()
	}
	for range cyclesOfRetry {
		if len(trial.directory.unsettled()) > 0 {
			time.Sleep(2 * (fleetRequest + fleetWindow) / cyclesOfRetry)
			trial.cycle()
			f.ready()
			f.remember()
		}
	}
	if left := trial.directory.unsettled(); len(left) > 0 {
		t.Errorf("not done after %d more cycles:\n%s", cyclesOfRetry, strings.Join(left, "\n"))
		return
	}
	for _, m := range f.mortals {
		m.settings.Timeout = 0
		m.die()
	}
	f.ready()
	trial.hasty = false
	trial.rest()
	trial.compare()
	f.remember()
}

// restart returns a function that ends the database in the middle of a cycle and starts it again.
func (f *fleet) restart(end func() error) func() {
	return func() {
		time.Sleep(200 * time.Millisecond) // any moment will do
		if err := end(); err != nil {
			f.t.Error(err)
		}
		if err := f.server.Restart(); err != nil {
			f.t.Error(err)
		}
	}
}

// cutOff returns a function that cuts one replica off from the database, and then all of them.
func (f *fleet) cutOff(long time.Duration) func() {
	return func() {
		time.Sleep(200 * time.Millisecond) // any moment will do
		f.networks[0].Cut(true)
		time.Sleep(long / 2)
		for _, n := range f.networks {
			n.Cut(true)
		}
		time.Sleep(long / 2)
		for _, n := range f.networks {
			n.Cut(false)
		}
	}
}

// ready waits until every replica makes changes.
func (f *fleet) ready() {
	f.t.Helper()
	for i, s := range f.stages {
		var a answer
		for until := time.Now().Add(time.Minute); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
			var err error
			a, err = s.try(f.t.Context(), stageToken, "PATCH", "/Users/"+f.unassigned[2].ID, patchOf(`{"op":"Replace","path":"active","value":"True"}`))
			if err == nil && a.status == http.StatusOK {
				break
			}
		}
		if a.status != http.StatusOK {
			f.t.Fatalf("replica %d makes no changes: %d %s", i, a.status, a.body)
		}
	}
}

// remember wants every replica to find every user and group that is done by its externalId.
func (f *fleet) remember() {
	f.t.Helper()
	together := f.client.gateways
	for _, s := range f.stages {
		f.client.gateways = []*stage{s}
		f.remembers()
	}
	f.client.gateways = together
}
