package pgmap_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
	"tvscim/mapping/idmap/pgmap/pgtest"
)

// TestChangeWhoseMessageWasLost: a replica whose messages were late reads a change of another one,
// and makes a later one of the same record. When the messages turn out to be lost, it is told of
// the change of the other one, and not of its own. Until then its locks are not current.
func TestChangeWhoseMessageWasLost(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	a, b := open(t, url), open(t, url)
	must(t, a.Put("u1", idmaptest.Full(1)))
	must(t, a.Put("u2", idmaptest.Full(1)))
	b.Sync(t.Context())
	current := func() bool {
		lease, err := a.Lock(t.Context(), "u1")
		must(t, err)
		defer lease.Release()
		return lease.Current()
	}
	var mu sync.Mutex
	var missed []string
	a.Subscribe(idmap.Subscriber{MissedChange: func(id string) {
		mu.Lock()
		defer mu.Unlock()
		missed = append(missed, id)
	}})
	change := func(m interface {
		Get(string) (idmap.Record, bool)
		Put(string, idmap.Record) error
	}, id string) {
		t.Helper()
		r, _ := m.Get(id)
		next := idmaptest.Full(2)
		next.Version = r.Version
		must(t, m.Put(id, next))
	}
	eventually(t, "its locks are current", current)
	goOn := server.StopListener(t, url)
	change(b, "u1")
	if current() {
		t.Error("locks are current though the messages of the other replica are late")
	}
	began := time.Now()
	for range 2 { // with the listener, which hangs in the middle of a query or not
		a.Sync(t.Context())
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("two reads waited for %v, want a second each", took)
	}
	if err := a.Err(); err != nil {
		t.Errorf("late messages count as a loss: %v", err)
	}
	change(a, "u1") // it was read meanwhile
	change(a, "u2")
	eventually(t, "the loss is told", func() bool {
		mu.Lock()
		defer mu.Unlock()
		return len(missed) > 0
	})
	goOn()
	eventually(t, "its locks are current again", current)
	mu.Lock()
	defer mu.Unlock()
	if !slices.Equal(missed, []string{"u1"}) {
		t.Errorf("told of %v, want u1", missed)
	}
}

// TestLocksWithoutKnowledge: locks are worth nothing to a replica that cannot read the changes before
// them. It acquires none then, and says that nothing can be written.
func TestLocksWithoutKnowledge(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	a, b := open(t, url), open(t, url)
	b.Sync(t.Context())
	lock := func() bool {
		lease, err := a.Lock(t.Context(), "u1")
		must(t, err)
		defer lease.Release()
		return lease.Current()
	}
	eventually(t, "its locks are current", lock)
	goOn := server.StopListener(t, url)
	must(t, b.Put("u1", idmaptest.Full(1)))
	database := pgtest.DatabaseOf(url)
	connections := func(allowed string) {
		server.Exec(t, "postgres", "ALTER DATABASE "+database+" ALLOW_CONNECTIONS "+allowed)
	}
	connections("false") // only sessions that exist go on, and of these only those with locks
	server.Exec(t, "postgres", "SELECT pg_terminate_backend(a.pid) FROM pg_stat_activity a WHERE datname = '"+database+"' AND query NOT LIKE 'SELECT count(DISTINCT writer)%' "+
		"AND NOT EXISTS (SELECT FROM pg_locks l WHERE l.pid = a.pid AND locktype = 'advisory')")
	if lock() || a.Err() == nil {
		t.Errorf("locks without knowledge of the changes before; error %v", a.Err())
	}
	connections("true")
	goOn()
	eventually(t, "its locks are current again", func() bool { return lock() && a.Err() == nil })
	if _, ok := a.Get("u1"); !ok {
		t.Error("the change of the other replica is not known")
	}
}
