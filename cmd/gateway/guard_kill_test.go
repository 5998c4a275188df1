package gateway_test

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// guardCount returns how many removals of users the guard of a gateway counts.
func (c child) guardCount(t *testing.T) int {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, c.admin+"/guard", nil)
	if err != nil {
		t.Fatal(err)
	}
	a, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Body.Close()
	var shown struct{ Users struct{ Removed int } }
	if err := json.NewDecoder(a.Body).Decode(&shown); err != nil || a.StatusCode != http.StatusOK {
		t.Fatalf("GET /guard: %d %v", a.StatusCode, err)
	}
	return shown.Users.Removed
}

// TestKillAtTheLimit kills a gateway at random moments while a client deactivates everybody, and
// starts it again on the same file. The count after a restart is not smaller than what was
// acknowledged or done before, and no more users are deactivated than the limit.
func TestKillAtTheLimit(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes in real time; not in short mode")
	}
	t.Parallel()
	const limit, kills = 60, 10
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	fake := tvfake.New(tvfake.Options{})
	api := httptest.NewServer(fake.Handler())
	t.Cleanup(api.Close)
	ids := (&stage{t: t, fake: fake}).employees(400)
	settings := childSettings{Base: api.URL, Token: fake.Token(), Store: filepath.Join(t.TempDir(), "links.db"), MaxRemovals: limit}
	var mu sync.Mutex
	acknowledged := make(map[string]bool)
	held, next := 0, 0
	take := func() string {
		mu.Lock()
		defer mu.Unlock()
		next++
		return ids[(next-1)%len(ids)]
	}
	left := func() int { return (&stage{t: t, fake: fake}).left(ids) }
	for range kills {
		c := mustStartChild(t, settings)
		if n := c.guardCount(t); n < len(acknowledged) || n < len(ids)-left() || n > limit {
			t.Errorf("the guard counts %d removals: %d were acknowledged, %d were done, the limit is %d", n, len(acknowledged), len(ids)-left(), limit)
		}
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				for {
					id := take()
					a, err := c.stage.try(t.Context(), stageToken, "PATCH", "/Users/"+id, patchOf(inactive))
					if err != nil {
						return
					}
					mu.Lock()
					switch {
					case a.status == http.StatusOK:
						acknowledged[id] = true
					case heldBack(a):
						held++
					}
					mu.Unlock()
				}
			})
		}
		time.AfterFunc(time.Duration(10+chance.Int64N(30))*time.Millisecond, func() { _ = c.cmd.Process.Kill() })
		all.Wait()
		c.kill()
	}
	c := mustStartChild(t, settings)
	for range 2 * limit {
		if heldBack(c.stage.do("PATCH", "/Users/"+take(), patchOf(inactive))) {
			held++
		}
	}
	if n := len(ids) - left(); n > limit || n < 1 || held == 0 {
		t.Errorf("%d users were deactivated and %d requests held back, the limit is %d", n, held, limit)
	}
	if n := c.guardCount(t); n != limit {
		t.Errorf("the guard counts %d removals at the limit of %d", n, limit)
	}
	c.stop(t)
}
