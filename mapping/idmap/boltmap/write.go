package boltmap

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"

	bolt "go.etcd.io/bbolt"

	"tvscim/mapping/idmap"
)

// maxID is the length of an id, in bytes: far more than TeamViewer's have, and with room in an
// entry of the index.
const maxID = 1024

var errClosed = errors.New("the store is closed")

// change is the wish of one Put or Delete.
type change struct {
	id      string
	value   []byte   // the encoded record; nil: the record is to go
	entries []string // of the index, for the record
	err     error    // how it ended
}

// batch is what one transaction writes.
type batch struct {
	changes []*change
	done    chan struct{} // closed once each change has ended
}

// Put replaces the record of an id and returns once it is on the disk.
func (m *Map) Put(id string, r idmap.Record) error {
	c, err := newPut(id, r)
	if err != nil {
		return err
	}
	return m.write(c)
}

func newPut(id string, r idmap.Record) (*change, error) {
	if id == "" || len(id) > maxID {
		return nil, fmt.Errorf("record %.20q: an id must have 1 to %d bytes", id, maxID)
	}
	return &change{id: id, value: encode(id, r), entries: entries(id, r.Keys)}, nil
}

// Delete forgets an id and returns once that is on the disk.
func (m *Map) Delete(id string) error { return m.write(&change{id: id}) }

// PutAll replaces the records of many ids: all of them, or on error none.
func (m *Map) PutAll(records iter.Seq2[string, idmap.Record]) error {
	return m.together(func(yield func(*change, error) bool) {
		for id, r := range records {
			if !yield(newPut(id, r)) {
				return
			}
		}
	})
}

// DeleteAll forgets many ids: all of them, or on error none.
func (m *Map) DeleteAll(ids iter.Seq[string]) error {
	return m.together(func(yield func(*change, error) bool) {
		for id := range ids {
			if !yield(&change{id: id}, nil) {
				return
			}
		}
	})
}

// PutNote replaces a note and returns once it is on the disk.
func (m *Map) PutNote(name string, note []byte) error {
	if err := m.enter(); err != nil {
		return err
	}
	defer m.busy.Done()
	m.turn.Lock()
	defer m.turn.Unlock()
	return m.db.Update(func(tx *bolt.Tx) error { return tx.Bucket(metaBucket).Put(noteKey(name), note) })
}

// together makes changes in a transaction of their own. They are brought into the order of the file
// first: bbolt splits its pages only at the end, so until then each entry that does not come last
// moves all that come after it.
func (m *Map) together(wishes iter.Seq2[*change, error]) error {
	var changes []*change
	for c, err := range wishes {
		if err != nil {
			return err
		}
		changes = append(changes, c)
	}
	slices.SortStableFunc(changes, func(a, b *change) int { return strings.Compare(a.id, b.id) })
	if err := m.enter(); err != nil {
		return err
	}
	defer m.busy.Done()
	m.turn.Lock()
	defer m.turn.Unlock()
	return m.commit(changes)
}

// enter notes that a write is under way, until m.busy.Done, and refuses it when the Map is closed.
func (m *Map) enter() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errClosed
	}
	m.busy.Add(1)
	return nil
}

// write lets a change join the batch that waits for its turn, and returns once that batch has
// ended. While one batch is being written the next one gathers, so nobody waits for company and yet
// few write alone. Whoever finds no batch waiting begins one, and writes it for all who joined.
func (m *Map) write(c *change) error {
	if err := m.enter(); err != nil {
		return err
	}
	defer m.busy.Done()
	m.mu.Lock()
	b := m.next
	first := b == nil
	if first {
		b = &batch{done: make(chan struct{})}
		m.next = b
	}
	b.changes = append(b.changes, c)
	m.mu.Unlock()

	if first {
		m.lead(b)
	}
	<-b.done
	return c.err
}

// lead writes a batch when its turn comes. From then on nobody joins it.
func (m *Map) lead(b *batch) {
	m.turn.Lock()
	defer m.turn.Unlock()
	m.mu.Lock()
	m.next = nil
	m.mu.Unlock()
	defer close(b.done)
	err := m.commit(b.changes)
	if len(b.changes) == 1 {
		b.changes[0].err = err
		return
	}
	if err == nil {
		return
	}
	for _, c := range b.changes { // one by one: nobody is refused for another's sake
		c.err = m.commit([]*change{c})
	}
}

// commit makes changes in one transaction, or none of them. Where there is nothing to change,
// nothing is written.
func (m *Map) commit(changes []*change) error {
	tx, err := m.begin()
	if err != nil {
		return m.fail(err)
	}
	defer func() { _ = tx.Rollback() }() // no effect after Commit
	e := edit{records: tx.Bucket(recordsBucket), index: tx.Bucket(indexBucket), entries: make(map[string]bool)}
	for _, c := range changes {
		if err := e.apply(c); err != nil {
			return fmt.Errorf("record %s: %w", c.id, err)
		}
	}
	if !e.changed {
		return nil
	}
	if err := e.reindex(); err != nil {
		return err
	}
	id := tx.ID()
	if err := tx.Commit(); err != nil {
		return m.fail(err)
	}
	m.last = id
	m.failed.Store(nil)
	m.records.Add(int64(e.grown))
	return nil
}

// edit is a transaction under way.
type edit struct {
	records, index *bolt.Bucket
	entries        map[string]bool // of the index: whether they are to be there
	changed        bool
	grown          int // by how many records
}

// apply makes a change to the records and notes what becomes of the index.
func (e *edit) apply(c *change) error {
	id := []byte(c.id)
	old := e.records.Get(id)
	if bytes.Equal(old, c.value) { // no record is empty, so nil is equal to nil alone
		return nil
	}
	e.changed = true
	if old != nil {
		e.grown--
		keys, err := decodeKeys(c.id, old)
		if err != nil {
			return err
		}
		for _, entry := range entries(c.id, keys) {
			e.entries[entry] = false
		}
	}
	if c.value == nil {
		return e.records.Delete(id)
	}
	e.grown++
	for _, entry := range c.entries {
		e.entries[entry] = true
	}
	return e.records.Put(id, c.value)
}

// reindex does to the index what was noted, in its order.
func (e *edit) reindex() error {
	for _, entry := range slices.Sorted(maps.Keys(e.entries)) {
		var err error
		if e.entries[entry] {
			err = e.index.Put([]byte(entry), nil)
		} else {
			err = e.index.Delete([]byte(entry))
		}
		if err != nil {
			return err
		}
	}
	return nil
}
