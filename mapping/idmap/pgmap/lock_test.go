package pgmap_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
	"tvscim/mapping/idmap/pgmap"
	"tvscim/mapping/idmap/pgmap/pgtest"
)

// TestLock: no two replicas hold a lock at the same time, and the next holder knows what the last
// one wrote and announced.
func TestLock(t *testing.T) {
	t.Parallel()
	const rounds = 30
	url := pgtest.Shared(t).URL(t)
	var holders atomic.Int64
	var written atomic.Int64
	var work sync.WaitGroup
	for _, m := range []*pgmap.Map{open(t, url), open(t, url), open(t, url)} {
		var heard atomic.Int64
		m.Subscribe(idmap.Subscriber{Announced: func([]byte, bool) { heard.Add(1) }})
		work.Go(func() {
			for own := range int64(rounds) {
				release, err := m.Lock(t.Context(), "a", "b")
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n != 1 {
					t.Errorf("%d hold the lock", n)
				}
				r, _ := m.Get("u1")
				if want := fmt.Sprint(written.Load()); r.Sent["n"] != want && want != "0" {
					t.Errorf("read %q, want %q", r.Sent["n"], want)
				}
				if n := heard.Load() + own; n != written.Load() {
					t.Errorf("heard of %d writes, want %d", n, written.Load())
				}
				r.Sent = map[string]string{"n": fmt.Sprint(written.Add(1))}
				if err := m.Put("u1", r); err != nil {
					t.Error(err)
				}
				if err := m.Announce([]byte("written")); err != nil {
					t.Error(err)
				}
				holders.Add(-1)
				release.Release()
			}
		})
	}
	work.Wait()
}

// TestLockDeadline: a lock that another replica holds is waited for until the deadline; then none
// of the keys is locked. Other keys are free.
func TestLockDeadline(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	a, b, c := open(t, url), open(t, url), open(t, url)
	release, err := a.Lock(t.Context(), "held")
	must(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := b.Lock(ctx, "free", "held"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Lock = %v, want the error of the deadline", err)
	}
	free, err := c.Lock(t.Context(), "free")
	must(t, err)
	free.Release()
	release.Release()
	release, err = b.Lock(t.Context(), "free", "held")
	must(t, err)
	release.Release()
}

// TestLockOfADeadReplica: the locks of a replica end with its connection. The next holder learns of
// that before it has the lock.
func TestLockOfADeadReplica(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	dying, b := open(t, url), open(t, url)
	var missed atomic.Int64
	b.Subscribe(idmap.Subscriber{Missed: func() { missed.Add(1) }})
	_, err := dying.Lock(t.Context(), "held")
	must(t, err)
	server.Exec(t, pgtest.DatabaseOf(url), "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' "+
		"AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
	began := time.Now()
	release, err := b.Lock(t.Context(), "held")
	must(t, err)
	if missed.Load() != 1 || b.Unlocked().Before(began) {
		t.Errorf("the loss was told %d times, Unlocked = %v", missed.Load(), b.Unlocked())
	}
	release.Release()
	eventually(t, "the other replica has a session again", func() bool { return dying.Err() == nil && b.Replicas() == 2 })
	release, err = dying.Lock(t.Context(), "held")
	must(t, err)
	release.Release()
	if dying.Unlocked().Before(began) {
		t.Errorf("Unlocked of the one that lost its lock = %v", dying.Unlocked())
	}
	if missed.Load() != 1 {
		t.Errorf("the loss was told %d times", missed.Load())
	}
}

// TestReplicaThatEndsInOrder: one that closes its Map without locks is no reason to be careful; one
// that has locks is.
func TestReplicaThatEndsInOrder(t *testing.T) {
	t.Parallel()
	for name, locked := range map[string]bool{"no locks": false, "a lock": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := pgtest.Shared(t).URL(t)
			ending, err := pgmap.Open(t.Context(), url, pgmap.Options{})
			must(t, err)
			b := open(t, url)
			if locked {
				_, err := ending.Lock(t.Context(), "held")
				must(t, err)
			}
			must(t, ending.Close())
			release, err := b.Lock(t.Context(), "held")
			must(t, err)
			release.Release()
			if lost := !b.Unlocked().IsZero(); lost != locked {
				t.Errorf("Unlocked = %v", b.Unlocked())
			}
		})
	}
}

// TestCutOff: while the network loses everything, reads are answered at once, each write ends
// within the time of an operation, and locks do not prevent what may be done without them.
// Afterwards the replica knows what others wrote.
func TestCutOff(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	network := server.Proxy(t)
	var lost, found atomic.Int64
	m, err := pgmap.Open(t.Context(), network.URL(url), pgmap.Options{
		Timeout: time.Second, Lost: func(error) { lost.Add(1) }, Found: func(time.Duration) { found.Add(1) },
	})
	must(t, err)
	t.Cleanup(func() { must(t, m.Close()) })
	var missed, counted atomic.Int64
	m.Subscribe(idmap.Subscriber{Announced: func([]byte, bool) { missed.Add(1) }, Missed: func() { missed.Add(1) }})
	other := open(t, url)
	other.Subscribe(idmap.Subscriber{Missed: func() { counted.Add(1) }})
	must(t, m.Put("u1", idmaptest.Full(1)))
	network.Cut(true)
	began := time.Now()
	for n := range 50 {
		err = m.Put("u2", idmaptest.Full(n))
		if r, ok := m.Get("u1"); !ok || idmaptest.Diff(idmaptest.Full(1), r) != "" {
			t.Fatalf("Get = %+v, %t", r, ok)
		}
	}
	if !errors.Is(err, pgmap.ErrUnreachable) {
		t.Errorf("Put = %v, want ErrUnreachable", err)
	}
	release, err := m.Lock(t.Context(), "a")
	must(t, err)
	release.Release()
	m.Sync(t.Context())
	if err := m.Announce([]byte("lost")); !errors.Is(err, pgmap.ErrUnreachable) {
		t.Errorf("Announce = %v, want ErrUnreachable", err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("50 writes took %v, want about one timeout in all", took)
	}
	since, down := m.Trouble()
	if down == nil || since.Before(began) || since.After(time.Now()) {
		t.Errorf("Down = %v, %v", since, down)
	}
	must(t, other.Put("u3", idmaptest.Full(3)))
	must(t, other.Announce([]byte("while the network is cut")))
	network.Cut(false)
	eventually(t, "the replica is back", func() bool { return m.Err() == nil })
	if _, ok := m.Get("u3"); !ok {
		t.Error("what another replica wrote meanwhile is not known")
	}
	if _, ok := m.Get("u2"); ok && other.Len() != 3 {
		t.Error("a write that failed is known to one replica only")
	}
	must(t, m.Put("u4", idmaptest.Full(4)))
	eventually(t, "it gets the message or is told that it missed some, and the others that some were lost", func() bool {
		return missed.Load() > 0 && counted.Load() > 0 && lost.Load() > 0 && lost.Load() == found.Load()
	})
}

// TestLockWaitsForMessages: a lock is not acquired before what its last holder announced was handed
// on, however slow that is.
func TestLockWaitsForMessages(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	a, b := open(t, url), open(t, url)
	var heard atomic.Bool
	b.Subscribe(idmap.Subscriber{Announced: func([]byte, bool) {
		time.Sleep(100 * time.Millisecond) // a slow replica
		heard.Store(true)
	}})
	release, err := a.Lock(t.Context(), "x")
	must(t, err)
	must(t, a.Announce([]byte("written")))
	release.Release()
	release, err = b.Lock(t.Context(), "x")
	must(t, err)
	defer release.Release()
	if !heard.Load() {
		t.Error("the lock was acquired before the message of its last holder was handed on")
	}
}

// TestReleaseWaitsForMessages: a lock is not released before what its holder announced is committed,
// also if the transaction was begun for the write of another goroutine.
func TestReleaseWaitsForMessages(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	a, b := open(t, url), open(t, url)
	var heard atomic.Bool
	b.Subscribe(idmap.Subscriber{Announced: func([]byte, bool) { heard.Store(true) }})
	lease, err := a.Lock(t.Context(), "x")
	must(t, err)
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	defer func() { must(t, conn.Close(context.Background())) }()
	slow, err := conn.Begin(t.Context())
	must(t, err)
	_, err = slow.Exec(t.Context(), "SELECT FROM tvscim.meta FOR UPDATE") // every transaction waits for it
	must(t, err)
	must(t, a.Announce([]byte("written")))
	var work sync.WaitGroup
	defer work.Wait()
	work.Go(func() { must(t, a.Put("u1", idmaptest.Full(1))) })
	eventually(t, "the transaction is under way", func() bool {
		return server.Text(t, pgtest.DatabaseOf(url), "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") != "0"
	})
	work.Go(lease.Release)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := b.Lock(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("the next holder got the lock: %v", err)
	}
	must(t, slow.Rollback(t.Context()))
	lease, err = b.Lock(t.Context(), "x")
	must(t, err)
	lease.Release()
	if !heard.Load() {
		t.Error("the next holder has the lock without the message")
	}
}

// TestReleaseWhileUnreachable: locks that are released while the connection that listens is lost, and
// the session of locks is not, are free once it is back.
func TestReleaseWhileUnreachable(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	a := open(t, url)
	lease, err := a.Lock(t.Context(), "x")
	must(t, err)
	eventually(t, "the connection that listens is lost", func() bool {
		server.Exec(t, pgtest.DatabaseOf(url), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() "+
			"AND (query LIKE 'LISTEN%' OR query LIKE 'SELECT count(DISTINCT writer)%')")
		return a.Err() != nil
	})
	lease.Release()
	eventually(t, "it is back", func() bool { return a.Err() == nil })
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	lease, err = open(t, url).Lock(ctx, "x")
	must(t, err)
	lease.Release()
}
