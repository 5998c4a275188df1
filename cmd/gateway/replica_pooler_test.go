package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tvscim/mapping/idmap/pgmap"
	"tvscim/mapping/idmap/pgmap/pgtest"
)

// TestReplicasBehindAPooler: two replicas share a database through PgBouncer in pool_mode session,
// as without it, also after PgBouncer has lost its connections to the server.
func TestReplicasBehindAPooler(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	all := replicasOf(t, 2, server.Bouncer(t, "session")(url), staging{lag: 10 * time.Millisecond})
	first, second := all[0], all[1]
	user := first.user("nora.vale@contoso.example")
	second.wantFound(t, "/Users", "userName", "nora.vale@contoso.example", user)
	s := roundRobin(all)
	for _, name := range []string{"One", "Two", "Three", "Four"} {
		rename := patchOf(`{"op":"Replace","path":"displayName","value":"` + name + `"}`)
		s.status(t, http.StatusOK, "PATCH", "/Users/"+user, rename)
		for _, at := range all {
			at.wantFound(t, "/Users", "displayName", name, user)
		}
		if name == "Two" {
			server.Exec(t, pgtest.DatabaseOf(url), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			for _, at := range all {
				eventuallyStage(t, "the replica goes on", func() bool {
					return at.do("PATCH", "/Users/"+user, rename).status == http.StatusOK
				})
			}
		}
	}
}

// TestPoolerWithoutSessions: through a pooler that does not keep sessions, no gateway starts, and the
// error says what to set, whether or not there are tables.
func TestPoolerWithoutSessions(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	poolers := map[string]func(string) string{"transaction": server.Bouncer(t, "transaction"), "statement": server.Bouncer(t, "statement")}
	for range 2 {
		for mode, through := range poolers {
			m, err := pgmap.Open(t.Context(), through(url), pgmap.Options{})
			if err == nil {
				_ = m.Close()
			}
			if err == nil || !strings.Contains(err.Error(), "pool_mode = session") || pgmap.Temporary(err) {
				t.Errorf("pool_mode = %s: error %v", mode, err)
			}
		}
		replicasOf(t, 1, url, staging{}) // makes the tables
	}
}
