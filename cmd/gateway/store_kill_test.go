package gateway_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// ward is one user or group of the kill test: what the client asked for, and what it was told of
// it.
type ward struct {
	endpoint, name string
	id             string // "" until a POST was answered or a search found it
	asked          string // externalId of the last request
	acked          string // externalId of the last request that was answered with success
}

// write gives the ward an externalId, with a POST if it is not known to be made yet. It reports
// whether the gateway is still there.
func (w *ward) write(s *stage, externalID string) (alive bool) {
	method, path := "POST", w.endpoint
	body := fmt.Sprintf(`{"userName":%q,"displayName":%q,"externalId":%q}`, w.name, w.name, externalID)
	if w.id != "" {
		method, path = "PATCH", w.endpoint+"/"+w.id
		body = patchOf(fmt.Sprintf(`{"op":"Replace","path":"externalId","value":%q}`, externalID))
	}
	w.asked = externalID
	a, err := s.try(s.t.Context(), s.token, method, path, body)
	switch {
	case err != nil:
		return false
	case a.status == http.StatusCreated:
		w.id = fmt.Sprint(a.json(s.t)["id"])
		w.acked = externalID
	case a.status == http.StatusOK, a.status == http.StatusNoContent:
		w.acked = externalID
	case a.status == http.StatusConflict: // made by a request whose answer was lost
	default:
		s.t.Errorf("%s: %d %s", w.name, a.status, a.body)
	}
	return true
}

// check wants the gateway to remember what it said it would: the last externalId that it
// acknowledged, or one that it was asked for since.
func (w *ward) check(t *testing.T, s *stage) {
	t.Helper()
	attribute := "userName"
	if w.endpoint == "/Groups" {
		attribute = "displayName"
	}
	ids := s.foundBy(t, w.endpoint, attribute, w.name)
	if w.id == "" && len(ids) == 1 {
		w.id = ids[0] // made by a request whose answer was lost
	}
	if w.id == "" && len(ids) == 0 {
		return // never made
	}
	if len(ids) != 1 || ids[0] != w.id {
		t.Errorf("%s: found %v, want %s", w.name, ids, w.id)
		return
	}
	shown, _ := s.do("GET", w.endpoint+"/"+w.id, "").json(t)["externalId"].(string)
	if shown != w.acked && shown != w.asked {
		t.Errorf("%s: externalId %q, though %q was acknowledged and %q asked for since", w.name, shown, w.acked, w.asked)
	}
	if shown != "" {
		s.wantFound(t, w.endpoint, "externalId", shown, w.id)
	}
	w.acked = shown
}

// TestKill kills a gateway at random moments while it writes, and starts it again on the same file:
// what it acknowledged is there, and in the end everything is.
func TestKill(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes in real time; not in short mode")
	}
	t.Parallel()
	kills := 10
	if os.Getenv("TVSCIM_SOAK") != "" {
		kills = 50
	}
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	chance := rand.New(rand.NewPCG(seed, 0))
	fake := tvfake.New(tvfake.Options{})
	api := httptest.NewServer(fake.Handler())
	t.Cleanup(api.Close)
	settings := childSettings{Base: api.URL, Token: fake.Token(), Store: filepath.Join(t.TempDir(), "links.db")}
	var wards []*ward
	for i := range 24 {
		wards = append(wards, &ward{endpoint: "/Users", name: fmt.Sprintf("user%d@contoso.example", i)})
		if i%4 == 0 {
			wards = append(wards, &ward{endpoint: "/Groups", name: fmt.Sprintf("Group %d", i)})
		}
	}
	for round := range kills {
		c := mustStartChild(t, settings)
		for _, w := range wards {
			w.check(t, c.stage)
		}
		kill := time.AfterFunc(time.Duration(chance.Int64N(int64(100*time.Millisecond))), func() { _ = c.cmd.Process.Kill() })
		writeAll(wards, c.stage, fmt.Sprint("round ", round), true)
		kill.Stop()
		_ = c.cmd.Process.Kill()
		_ = c.cmd.Wait()
	}
	c := mustStartChild(t, settings)
	for _, w := range wards {
		w.check(t, c.stage)
	}
	writeAll(wards, c.stage, "last", false)
	c.stop(t)
	c = mustStartChild(t, settings)
	for _, w := range wards {
		c.stage.wantFound(t, w.endpoint, "externalId", w.name+", last 0", w.id)
	}
	c.stop(t)
	if n := len(fake.Users()); n != 25 {
		t.Errorf("the company has %d users, want 24 and the token's owner", n)
	}
}

// writeAll writes all wards, four at a time: once, or with forever until the gateway is gone.
func writeAll(wards []*ward, s *stage, tag string, forever bool) {
	const clients = 4
	var all sync.WaitGroup
	for k := range clients {
		all.Go(func() {
			for turn := 0; turn == 0 || forever; turn++ {
				for i := k; i < len(wards); i += clients {
					if !wards[i].write(s, fmt.Sprintf("%s, %s %d", wards[i].name, tag, turn)) {
						return
					}
				}
			}
		})
	}
	all.Wait()
}
