package pgmap_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
	"tvscim/mapping/idmap/pgmap"
	"tvscim/mapping/idmap/pgmap/pgtest"
)

// open opens a replica that the test closes.
func open(t testing.TB, url string) *pgmap.Map {
	t.Helper()
	m, err := pgmap.Open(t.Context(), url, pgmap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { must(t, m.Close()) })
	return m
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until a condition holds.
func eventually(t testing.TB, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(30 * time.Second); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("%s: not within 30 s", what)
		}
	}
}

func TestMap(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	idmaptest.TestMap(t, func(t *testing.T) idmap.Map {
		m, err := pgmap.Open(t.Context(), server.URL(t), pgmap.Options{})
		must(t, err)
		return m
	})
}

// TestReopened: a new process reads what earlier ones wrote.
func TestReopened(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	m, err := pgmap.Open(t.Context(), url, pgmap.Options{})
	must(t, err)
	must(t, m.Put("u1", idmaptest.Full(1)))
	must(t, m.Put("u2", idmaptest.Full(2)))
	must(t, m.Delete("u2"))
	must(t, m.PutNote("a", []byte("text")))
	must(t, m.Close())
	if err := m.Put("u1", idmaptest.Full(1)); err == nil {
		t.Error("a closed Map was written")
	}
	m = open(t, url)
	r, _ := m.Get("u1")
	if diff := idmaptest.Diff(idmaptest.Full(1), r); diff != "" || m.Len() != 1 || string(m.Note("a")) != "text" {
		t.Errorf("%d records, note %q, record (-want +got):\n%s", m.Len(), m.Note("a"), diff)
	}
}

// TestReplicas: what one replica writes, the others read without another call, notes and deletions
// included.
func TestReplicas(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	a, b := open(t, url), open(t, url)
	notes := make(chan string, 9)
	messages := make(chan string, 9)
	b.Subscribe(idmap.Subscriber{NoteChanged: func(name string) { notes <- name }, Announced: func(m []byte, _ bool) { messages <- string(m) }})
	must(t, a.Put("u1", idmaptest.Full(1)))
	must(t, a.PutNote("n", []byte("text")))
	must(t, a.Announce([]byte("first message")))
	must(t, a.Announce([]byte("second message")))
	b.Sync(t.Context())
	r, _ := b.Get("u1")
	if diff := idmaptest.Diff(idmaptest.Full(1), r); diff != "" || string(b.Note("n")) != "text" || r.Version == 0 {
		t.Errorf("note %q, version %d, record (-want +got):\n%s", b.Note("n"), r.Version, diff)
	}
	if ids := b.Find(idmaptest.Key(1)); len(ids) != 1 {
		t.Errorf("Find = %q", ids)
	}
	if got := []string{<-messages, <-messages}; got[0] != "first message" || got[1] != "second message" || <-notes != "n" {
		t.Errorf("messages %q", got)
	}
	must(t, a.Delete("u1"))
	eventually(t, "the deletion is seen", func() bool { _, ok := b.Get("u1"); return !ok })
	eventually(t, "the replicas are counted", func() bool { return a.Replicas() == 2 && b.Replicas() == 2 })
}

// TestStaleIsNotStored: a record that another replica has changed since it was read is not written
// back, while a replica may write what it has changed itself since.
func TestStaleIsNotStored(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	a, b := open(t, url), open(t, url)
	must(t, a.Put("u1", idmaptest.Full(1)))
	b.Sync(t.Context())
	first, _ := b.Get("u1")
	for n := range 3 {
		r := idmaptest.Full(n)
		r.Version = first.Version // of before the own writes
		must(t, b.Put("u1", r))
	}
	stale := idmaptest.Full(7)
	stale.Version = first.Version
	if err := a.Put("u1", stale); !errors.Is(err, idmap.ErrChanged) {
		t.Errorf("Put of what the other replica has changed: %v, want ErrChanged", err)
	}
	if err := a.Put("u1", idmaptest.Full(8)); !errors.Is(err, idmap.ErrChanged) {
		t.Errorf("Put without a version: %v, want ErrChanged", err)
	}
	r, _ := a.Get("u1") // read again after the conflict
	if diff := idmaptest.Diff(idmaptest.Full(2), r); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	must(t, a.Put("u1", r))
	must(t, a.Delete("u1"))
	b.Sync(t.Context())
	must(t, b.Put("u1", idmaptest.Full(3))) // a new record
	if err := a.Err(); err != nil {
		t.Errorf("Err = %v after a conflict", err)
	}
}

// TestConflictsAmongWrites: of writes that share a transaction, only the stale one fails.
func TestConflictsAmongWrites(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	a, b := open(t, url), open(t, url)
	must(t, a.Put("u0", idmaptest.Full(1)))
	var work sync.WaitGroup
	for n := range 20 {
		work.Go(func() {
			err := b.Put(fmt.Sprintf("u%d", n), idmaptest.Full(n))
			if stale := errors.Is(err, idmap.ErrChanged); stale != (n == 0) || err != nil && !stale {
				t.Errorf("u%d: %v", n, err)
			}
		})
	}
	work.Wait()
	if b.Len() != 20 {
		t.Errorf("%d records, want 20", b.Len())
	}
}

// TestUpdateNote: replicas that count in one note lose no count.
func TestUpdateNote(t *testing.T) {
	t.Parallel()
	const each = 40
	url := pgtest.Shared(t).URL(t)
	var work sync.WaitGroup
	maps := []*pgmap.Map{open(t, url), open(t, url), open(t, url)}
	for _, m := range maps {
		work.Go(func() {
			for range each {
				if err := m.UpdateNote("count", func(note []byte) []byte { return append(note, 'x') }); err != nil {
					t.Error(err)
				}
			}
		})
	}
	work.Wait()
	for _, m := range maps {
		m.Sync(t.Context())
		if n := len(m.Note("count")); n != each*len(maps) {
			t.Errorf("counted %d, want %d", n, each*len(maps))
		}
	}
}
