package pgmap_test

import (
	"strings"
	"sync"
	"testing"

	"tvscim/mapping/idmap/pgmap"
	"tvscim/mapping/idmap/pgmap/pgtest"
)

// TestReasonOfALoss: a replica reports why it has lost PostgreSQL, and another reason when that is
// the reason by now, but none twice.
func TestReasonOfALoss(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	database := server.Database(t)
	server.Role(t, "rotated", "first")
	server.Exec(t, "postgres", "ALTER ROLE rotated PASSWORD 'first'", "ALTER DATABASE "+database+" OWNER TO rotated")
	var mu sync.Mutex
	var reasons []string
	m, err := pgmap.Open(t.Context(), server.As(database, "rotated", "first"), pgmap.Options{Lost: func(err error) {
		mu.Lock()
		defer mu.Unlock()
		reasons = append(reasons, err.Error())
	}})
	must(t, err)
	t.Cleanup(func() { must(t, m.Close()) })
	server.Exec(t, "postgres", "ALTER ROLE rotated PASSWORD 'second'",
		"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '"+database+"'")
	reported := func() string {
		mu.Lock()
		defer mu.Unlock()
		return strings.Join(reasons, "\n")
	}
	eventually(t, "the password is reported", func() bool { return strings.Contains(reported(), "refuses the user or the password") })
	server.Exec(t, "postgres", "ALTER ROLE rotated PASSWORD 'first'")
	eventually(t, "the replica is back", func() bool { return m.Err() == nil })
	if n := strings.Count(reported(), "refuses the user or the password"); n != 1 {
		t.Errorf("the reason was reported %d times:\n%s", n, reported())
	}
}
