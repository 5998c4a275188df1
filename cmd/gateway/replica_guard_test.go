package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/tvapi/tvfake"
)

// countEachOther waits until three replicas have a list and have counted each other.
func countEachOther(t *testing.T, all []*stage) {
	t.Helper()
	for _, s := range all {
		eventuallyStage(t, "the replica counts three", func() bool {
			s.do("GET", "/Users?count=1", "")
			_, detail := s.component("store")
			return detail == "replicas that use it: 3"
		})
	}
}

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

// TestGuardOfReplicasThatJustStarted: replicas that lose the database before they have counted each
// other remove no more together than one does.
func TestGuardOfReplicasThatJustStarted(t *testing.T) {
	t.Parallel()
	const limit = 30 // 20 % of 149 and the token's owner
	server := pgtest.Shared(t)
	network := server.Proxy(t)
	url := network.URL(server.URL(t))
	all := replicasOf(t, 1, url, staging{})
	ids := all[0].employees(149)
	all[0].do("GET", "/Users?count=1", "")
	all = append(all, replicasOf(t, 2, url, staging{company: all[0].fake})...)
	network.Cut(true)
	for _, s := range all {
		s.isCut(t, true)
		s.do("GET", "/Users?count=1", "")
	}
	client := roundRobin(all)
	client.deactivateAll(ids)
	if n := 149 - all[0].left(ids); n > limit {
		t.Errorf("%d users were removed, the limit is %d", n, limit)
	}
	if a := all[2].unavailable("PATCH", "/Users/"+ids[148], patchOf(inactive)); !strings.Contains(a.body, "share") { // a slow machine may have counted the replicas
		t.Errorf("%s", a.body)
	}
	network.Cut(false)
	all[2].isCut(t, false)
	client.deactivateAll(ids)
	if n := 149 - all[0].left(ids); n > limit {
		t.Errorf("%d users were removed when the database was back, the limit is %d", n, limit)
	}
	if a := all[2].do("PATCH", "/Users/"+ids[148], patchOf(inactive)); strings.Contains(a.body, "just after its start") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestSharesOfWhatOthersHaveRemoved: replicas that lose the database divide what the removals of all
// have left of the limit, not only their own.
func TestSharesOfWhatOthersHaveRemoved(t *testing.T) {
	t.Parallel()
	const limit = 30 // 20 % of 149 and the token's owner
	server := pgtest.Shared(t)
	network := server.Proxy(t)
	all := replicasOf(t, 3, network.URL(server.URL(t)), staging{})
	ids := all[0].employees(149)
	countEachOther(t, all)
	all[0].deactivateAll(ids[:24])
	for _, s := range all[1:] {
		s.do("GET", "/Users?count=1", "") // comes after all messages
	}
	network.Cut(true)
	roundRobin(all).deactivateAll(ids)
	if n := 149 - all[0].left(ids); n > limit || n == 24 {
		t.Errorf("%d users were removed, the limit is %d", n, limit)
	}
}
