package pgtest

import (
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// StopListener stops the session over which the replica listens that was started first, so that
// messages to it are late, until the returned function is called or the test ends. Two replicas use
// the database.
func (s *Server) StopListener(t testing.TB, url string) (goOn func()) {
	t.Helper()
	const listeners = "SELECT COALESCE(string_agg(pid::text, ' ' ORDER BY backend_start), '') FROM pg_stat_activity " +
		"WHERE datname = current_database() AND query LIKE 'SELECT count(DISTINCT writer)%'"
	var pids []string
	for until := time.Now().Add(30 * time.Second); len(pids) != 2; <-time.After(time.Millisecond) {
		if pids = strings.Fields(s.Text(t, DatabaseOf(url), listeners)); time.Now().After(until) {
			t.Fatalf("%d replicas listen, want 2", len(pids))
		}
	}
	pid, err := strconv.Atoi(pids[0])
	if err == nil {
		err = syscall.Kill(pid, syscall.SIGSTOP)
	}
	if err != nil {
		t.Fatal(err)
	}
	goOn = sync.OnceFunc(func() { _ = syscall.Kill(pid, syscall.SIGCONT) })
	t.Cleanup(goOn)
	return goOn
}
