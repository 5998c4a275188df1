package boltmap

import (
	"fmt"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	bolt "go.etcd.io/bbolt"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
)

func opened(t *testing.T) *Map {
	t.Helper()
	m, err := Open(filepath.Join(t.TempDir(), "links.db"), Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

// transactions is the number of transactions that were ever written to the file.
func (m *Map) transactions() int {
	n, _ := view(m, func(tx *bolt.Tx) (int, error) { return tx.ID(), nil })
	return n
}

// TestWritesGather: concurrent writes share a transaction.
func TestWritesGather(t *testing.T) {
	t.Parallel()
	m := opened(t)
	before := m.transactions()
	const writers = 50
	gather(m, writers, func(i int) {
		if err := m.Put(fmt.Sprintf("u%d", i), idmaptest.Full(i)); err != nil {
			t.Error(err)
		}
	})
	if n := m.transactions() - before; n != 1 {
		t.Errorf("%d transactions, want 1", n)
	}
	if n := m.Len(); n != writers {
		t.Errorf("%d records, want %d", n, writers)
	}
	for i := range writers {
		if r, ok := m.Get(fmt.Sprintf("u%d", i)); !ok || idmaptest.Diff(idmaptest.Full(i), r) != "" {
			t.Errorf("u%d: %+v, %t", i, r, ok)
		}
	}
}

// gather makes writes in one batch, which begins when all of them have joined it. Each must change
// something.
func gather(m *Map, writers int, write func(i int)) {
	m.turn <- struct{}{} // no transaction begins meanwhile
	var all sync.WaitGroup
	for i := range writers {
		all.Go(func() { write(i) })
	}
	for m.queue.length() < writers {
		runtime.Gosched()
	}
	<-m.turn
	all.Wait()
}

func (q *queue) length() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.writes)
}

// TestWritesOfOneID: in one batch the last write wins, as if each had been alone, and the index
// matches it.
func TestWritesOfOneID(t *testing.T) {
	t.Parallel()
	m := opened(t)
	if err := m.Put("u1", idmaptest.Full(99)); err != nil {
		t.Fatal(err)
	}
	before := m.transactions()
	gather(m, 20, func(i int) {
		var err error
		if i%3 == 0 {
			err = m.Delete("u1")
		} else {
			err = m.Put("u1", idmaptest.Full(i))
		}
		if err != nil {
			t.Error(err)
		}
	})
	if n := m.transactions() - before; n != 1 {
		t.Errorf("%d transactions, want 1", n)
	}
	r, ok := m.Get("u1")
	want := 0
	if ok {
		want = 1
	}
	if m.Len() != want {
		t.Errorf("Len = %d, want %d", m.Len(), want)
	}
	found := 0
	for i := range 20 {
		if ids := m.Find(idmaptest.Key(i)); ids != nil {
			found++
			if !ok || r.Keys[0] != idmaptest.Key(i) {
				t.Errorf("found by the key of %d, which is not the record's: %+v", i, r.Keys)
			}
		}
	}
	if found != want {
		t.Errorf("found by %d keys, want %d", found, want)
	}
}

// TestUnchangedIsNotWritten: no transaction, so no fsync.
func TestUnchangedIsNotWritten(t *testing.T) {
	t.Parallel()
	m := opened(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(m.Put("u1", idmaptest.Full(1)))
	before := m.transactions()
	must(m.Put("u1", idmaptest.Full(1)))
	must(m.Delete("u2"))
	must(m.DeleteAll(func(func(string) bool) {}))
	if n := m.transactions() - before; n != 0 {
		t.Errorf("%d transactions, want none", n)
	}
	must(m.Put("u1", idmaptest.Full(2)))
	must(m.Delete("u1"))
	if n := m.transactions() - before; n != 2 {
		t.Errorf("%d transactions, want 2", n)
	}
}

// TestOneBadChangeInABatch: the others are written.
func TestOneBadChangeInABatch(t *testing.T) {
	t.Parallel()
	m := opened(t)
	if err := m.Put("u3", idmaptest.Full(3)); err != nil {
		t.Fatal(err)
	}
	damage(t, m, "u3")
	errs := make([]error, 6)
	gather(m, len(errs), func(i int) { errs[i] = m.Put(fmt.Sprintf("u%d", i), idmaptest.Full(10+i)) })
	for i, err := range errs {
		if (err != nil) != (i == 3) {
			t.Errorf("u%d: %v", i, err)
		}
	}
	if err := errs[3]; err != nil && !strings.HasPrefix(err.Error(), "record u3: ") {
		t.Errorf("%q does not name the record", err)
	}
	if n := m.Len(); n != 6 {
		t.Errorf("%d records, want 6", n)
	}
}

// damage changes a record behind the Map's back, as a failing disk does.
func damage(t *testing.T, m *Map, id string) {
	t.Helper()
	if err := m.db.Update(func(tx *bolt.Tx) error {
		return tx.Bucket(recordsBucket).Put([]byte(id), []byte("nonsense"))
	}); err != nil {
		t.Fatal(err)
	}
}

// TestDamagedMeanwhile: a record that can no longer be read is missing, and Damaged is called.
func TestDamagedMeanwhile(t *testing.T) {
	t.Parallel()
	var told []string
	m, err := Open(filepath.Join(t.TempDir(), "links.db"), Options{Damaged: func(id string, err error) { told = append(told, id+": "+err.Error()) }})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	for _, id := range []string{"u1", "u2"} {
		if err := m.Put(id, idmap.Record{}); err != nil {
			t.Fatal(err)
		}
	}
	damage(t, m, "u1")
	if r, ok := m.Get("u1"); ok {
		t.Errorf("Get = %+v", r)
	}
	for id := range m.All() {
		if id != "u2" {
			t.Errorf("All yields %s", id)
		}
	}
	want := "u1: record u1: its checksum is wrong"
	if len(told) != 2 || told[0] != want || told[1] != want {
		t.Errorf("told %q, want %q twice", told, want)
	}
}

// TestAllOrNothing: one id that cannot be, and none is written.
func TestAllOrNothing(t *testing.T) {
	t.Parallel()
	m := opened(t)
	records := func(ids ...string) func(func(string, idmap.Record) bool) {
		return func(yield func(string, idmap.Record) bool) {
			for i, id := range ids {
				if !yield(id, idmaptest.Full(i)) {
					return
				}
			}
		}
	}
	for _, bad := range []string{"", strings.Repeat("9", maxID+1)} {
		if err := m.PutAll(records("u1", bad, "u2")); err == nil || !strings.Contains(err.Error(), "an id must have 1 to 1024 bytes") {
			t.Errorf("PutAll: %v", err)
		}
		if err := m.Put(bad, idmap.Record{}); err == nil {
			t.Error("Put takes it")
		}
	}
	if m.Len() != 0 {
		t.Errorf("%d records, want none", m.Len())
	}
	before := m.transactions()
	if err := m.PutAll(records("u3", "u1", "u2", "u1")); err != nil {
		t.Fatal(err)
	}
	if r, _ := m.Get("u1"); idmaptest.Diff(idmaptest.Full(3), r) != "" {
		t.Errorf("of two records of one id the first is kept: %+v", r)
	}
	if err := m.DeleteAll(func(yield func(string) bool) { _ = yield("u1") && yield("u9") && yield("u2") }); err != nil {
		t.Fatal(err)
	}
	if n := m.transactions() - before; n != 2 || m.Len() != 1 {
		t.Errorf("%d transactions and %d records, want 2 and 1", n, m.Len())
	}
	damage(t, m, "u3")
	if err := m.PutAll(records("u7", "u3", "u8")); err == nil || m.Len() != 1 {
		t.Errorf("PutAll over a damaged record: %v, %d records", err, m.Len())
	}
}

// TestCloseWaits: a write that began before Close is done, one that begins after it is refused.
func TestCloseWaits(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "links.db")
	m, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	m.turn <- struct{}{} // no transaction begins meanwhile
	var put, closing sync.WaitGroup
	put.Go(func() {
		if err := m.Put("u1", idmaptest.Full(1)); err != nil {
			t.Errorf("Put: %v", err)
		}
	})
	for m.queue.length() == 0 { // until Put waits
		runtime.Gosched()
	}
	closing.Go(func() {
		if err := m.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
	})
	for m.queue.add(&pendingWrite{apply: func(*bolt.Tx) (int, error) { return 0, nil }}) { // until Close was called
		runtime.Gosched()
	}
	<-m.turn
	put.Wait()
	closing.Wait()
	for name, err := range map[string]error{
		"Put": m.Put("u2", idmap.Record{}), "Delete": m.Delete("u1"), "PutNote": m.PutNote("a", nil),
		"PutAll": m.PutAll(func(yield func(string, idmap.Record) bool) { yield("u2", idmap.Record{}) }),
	} {
		if err != errClosed {
			t.Errorf("%s after Close: %v, want %v", name, err, errClosed)
		}
	}
	if err := m.Close(); err != nil {
		t.Errorf("Close again: %v", err)
	}
	if _, ok := m.Get("u1"); ok || m.Find(idmaptest.Key(1)) != nil {
		t.Error("a closed Map still returns records")
	}
	again, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, ok := again.Get("u1"); !ok || again.Len() != 1 {
		t.Error("a write that was under way at Close is lost")
	}
}
