package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/tvapi/tvfake"
)

// TestReleaseNeedsTheDatabase: a release that the database does not take is refused and leaves
// nothing behind; one that it takes counts at all replicas.
func TestReleaseNeedsTheDatabase(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	network := server.Proxy(t)
	with := staging{settings: func(c *config.Config, _ *tvfake.Server) { c.Guard.MaxRemovals = 5 }}
	cut := replicasOf(t, 1, network.URL(url), with)[0]
	with.company = cut.fake
	other := replicasOf(t, 1, url, with)[0]
	ids := cut.employees(20)
	off := func(s *stage, i, want int) {
		t.Helper()
		s.status(t, want, "PATCH", "/Users/"+ids[i], patchOf(inactive))
	}
	for i := range 5 {
		off(cut, i, http.StatusOK)
	}
	off(cut, 5, http.StatusBadRequest)
	network.Cut(true)
	cut.isCut(t, true)
	if a := cut.release(`{"for":"1h","count":3}`, nil); a.status != http.StatusConflict || !strings.Contains(a.body, "not released: the database of store.url cannot be written now") {
		t.Errorf("%d %s", a.status, a.body)
	}
	network.Cut(false)
	cut.isCut(t, false)
	for _, s := range []*stage{cut, other} {
		if report := s.admin("/guard").body; strings.Contains(report, "released_until") {
			t.Errorf("a release is shown: %s", report)
		}
		off(s, 5, http.StatusBadRequest)
	}
	if a := cut.release(`{"for":"1h","count":2}`, nil); a.status != http.StatusOK {
		t.Fatalf("%d %s", a.status, a.body)
	}
	off(other, 5, http.StatusOK)
	off(cut, 6, http.StatusOK)
	off(other, 7, http.StatusBadRequest)
}
