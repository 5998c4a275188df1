package idmap_test

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
)

// disk stands for a Map that holds everything: it counts what is read from it, and can refuse
// writes or take its time.
type disk struct {
	idmap.Map
	gets, peeks atomic.Int64
	closed      atomic.Bool
	full        error           // of writes; nil: they work
	broken      error           // of writes, while reads find nothing; nil: neither
	reading     func(id string) // in the middle of a Get, after the record was read; nil: nothing
	writing     func(id string) // in the middle of a Put, after the record was written; nil: nothing
}

func newDisk(t interface{ Fatal(...any) }) *disk { return &disk{Map: newLRU(t, math.MaxInt32, nil)} }

func (d *disk) Broken() error { return d.broken }

func (d *disk) breaks(err error) {
	d.Map, _ = idmap.NewLRU(1, nil)
	d.full, d.broken = err, err
}

func (d *disk) Get(id string) (idmap.Record, bool) {
	d.gets.Add(1)
	r, ok := d.Map.Get(id)
	if d.reading != nil {
		d.reading(id)
	}
	return r, ok
}

func (d *disk) Peek(id string) (idmap.Record, bool) {
	d.peeks.Add(1)
	return d.Map.Peek(id)
}

func (d *disk) Put(id string, r idmap.Record) error {
	if d.full != nil {
		return d.full
	}
	err := d.Map.Put(id, r)
	if d.writing != nil {
		d.writing(id)
	}
	return err
}

func (d *disk) Delete(id string) error {
	if d.full != nil {
		return d.full
	}
	return d.Map.Delete(id)
}

func (d *disk) PutNote(name string, note []byte) error {
	if d.full != nil {
		return d.full
	}
	return d.Map.PutNote(name, note)
}

func (d *disk) All() iter.Seq2[string, idmap.Record] { return d.Map.All() }

func (d *disk) Close() error {
	d.closed.Store(true)
	return d.Map.Close()
}

// Of whatever size the memory in front is, nothing is forgotten.
func TestLRUInFrontOfAnother(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 2, 1000} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			idmaptest.TestMap(t, func(t *testing.T) idmap.Map { return newLRU(t, size, newDisk(t)) })
		})
	}
}

func TestNothingIsForgottenWithAnotherBehind(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 6).Draw(t, "size")
		all := &model{size: math.MaxInt, records: map[string]idmap.Record{}}
		compareWithModel(t, newLRU(t, size, newDisk(t)), all)
	})
}

func TestTheMemorySavesReading(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	for n := range 3 {
		if err := d.Put(fmt.Sprintf("u%d", n), idmaptest.Full(n)); err != nil {
			t.Fatal(err)
		}
	}
	m := newLRU(t, 2, d)
	for range 3 {
		m.Get("u0")
		m.Peek("u0")
	}
	if d.gets.Load() != 1 || d.peeks.Load() != 0 {
		t.Errorf("%d gets and %d peeks behind, want 1 and 0", d.gets.Load(), d.peeks.Load())
	}
	m.Get("u1")
	for range 2 {
		m.Peek("u2") // does not push out what is in use
	}
	m.Get("u0")
	m.Get("u1")
	if d.gets.Load() != 2 || d.peeks.Load() != 2 {
		t.Errorf("%d gets and %d peeks behind, want 2 and 2", d.gets.Load(), d.peeks.Load())
	}
	if _, ok := m.Get("u9"); ok || d.gets.Load() != 3 {
		t.Errorf("an id that is nowhere: %v, %d gets", ok, d.gets.Load())
	}
}

// What could not be written is an error, and the memory does not tell otherwise than the disk.
func TestAWriteThatFailsIsNotRemembered(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	m := newLRU(t, 10, d)
	if err := m.Put("u1", idmaptest.Full(1)); err != nil {
		t.Fatal(err)
	}
	d.full = errors.New("disk full")
	for name, err := range map[string]error{
		"Put":    m.Put("u1", idmaptest.Full(2)),
		"Delete": m.Delete("u1"),
	} {
		if !errors.Is(err, d.full) {
			t.Errorf("%s = %v, want the disk's error", name, err)
		}
	}
	if r, ok := m.Get("u1"); !ok || idmaptest.Diff(idmaptest.Full(1), r) != "" {
		t.Errorf("Get = %+v, %v; want what the disk has", r, ok)
	}
	if d.gets.Load() != 1 {
		t.Errorf("%d gets behind, want 1: after an error only the disk knows", d.gets.Load())
	}
}

// A slow read from behind must not put into the memory what a write replaced meanwhile.
func TestASlowReadDoesNotReviveTheOldRecord(t *testing.T) {
	t.Parallel()
	for name, write := range map[string]func(m idmap.Map) error{
		"replaced": func(m idmap.Map) error { return m.Put("u1", idmaptest.Full(2)) },
		"deleted":  func(m idmap.Map) error { return m.Delete("u1") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				d := newDisk(t)
				_ = d.Put("u1", idmaptest.Full(1))
				m := newLRU(t, 10, d)
				reading := make(chan struct{})
				d.reading = func(string) { <-reading }
				go m.Get("u1")
				synctest.Wait()
				go func() {
					if err := write(m); err != nil {
						t.Error(err)
					}
				}()
				synctest.Wait()
				close(reading)
				synctest.Wait()
				got, ok := m.Get("u1")
				want, has := d.Map.Get("u1")
				if diff := idmaptest.Diff(want, got); ok != has || diff != "" {
					t.Errorf("Get: %v, want what the disk has, %v:\n%s", ok, has, diff)
				}
			})
		})
	}
}

// A disk groups writes: those of other ids must not wait for one that is under way.
func TestWritesOfDifferentIDsReachTheDiskTogether(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		d := newDisk(t)
		m := newLRU(t, 10, d)
		var under, most atomic.Int64
		flush := make(chan struct{})
		d.writing = func(string) {
			most.Store(max(most.Load(), under.Add(1)))
			<-flush
			under.Add(-1)
		}
		for n := range 12 {
			go func() { _ = m.Put(fmt.Sprintf("u%d", n%6), idmaptest.Full(n)) }()
		}
		synctest.Wait()
		if most.Load() != 6 {
			t.Errorf("%d writes at once, want one of each of 6 ids", most.Load())
		}
		close(flush)
		synctest.Wait()
		if m.Len() != 6 {
			t.Errorf("Len = %d, want 6", m.Len())
		}
	})
}

func TestCloseClosesWhatIsBehind(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	if err := newLRU(t, 1, d).Close(); err != nil || !d.closed.Load() {
		t.Errorf("Close = %v, closed behind: %v", err, d.closed.Load())
	}
}

// Once the Map behind is broken, what is in the memory is still read and found, also after writes
// that fail.
func TestTheMemoryOutlivesWhatIsBehind(t *testing.T) {
	t.Parallel()
	d := newDisk(t)
	m := newLRU(t, 10, d)
	for n := range 3 {
		if err := m.Put(fmt.Sprintf("u%d", n), idmaptest.Full(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.PutNote("a", []byte("b")); err != nil {
		t.Fatal(err)
	}
	d.breaks(errors.New("overwritten"))
	for name, err := range map[string]error{
		"Put":     m.Put("u1", idmaptest.Full(7)),
		"Delete":  m.Delete("u2"),
		"PutNote": m.PutNote("a", []byte("c")),
	} {
		if !errors.Is(err, d.broken) {
			t.Errorf("%s = %v, want %v", name, err, d.broken)
		}
	}
	if r, ok := m.Get("u1"); !ok || idmaptest.Diff(idmaptest.Full(1), r) != "" {
		t.Errorf("Get = %+v, %t; want the former record", r, ok)
	}
	if ids := m.Find(idmaptest.Key(2)); len(ids) != 1 || ids[0] != "u2" {
		t.Errorf("Find = %q, want u2", ids)
	}
	all := 0
	for range m.All() {
		all++
	}
	if all != 3 || m.Len() != 3 || string(m.Note("a")) != "b" {
		t.Errorf("%d records, Len %d, note %q; want 3, 3, b", all, m.Len(), m.Note("a"))
	}
}
