package boltmap

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"slices"

	bolt "go.etcd.io/bbolt"

	"tvscim/mapping/idmap"
)

// maxID is the length of an id, in bytes: far more than TeamViewer's have, and with room in an entry of the index.
const maxID = 1024

var errClosed = errors.New("the store is closed")

// change is the wish of one Put or Delete.
type change struct {
	id    string
	value []byte      // the encoded record; nil: the record is to go
	keys  []idmap.Key // of the record
	err   error       // how it ended
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
	return &change{id: id, value: encode(r), keys: r.Keys}, nil
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

// together makes changes in a transaction of their own.
func (m *Map) together(wishes iter.Seq2[*change, error]) error {
	var changes []*change
	for c, err := range wishes {
		if err != nil {
			return err
		}
		changes = append(changes, c)
	}
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return errClosed
	}
	m.busy.Add(1)
	m.mu.Unlock()
	defer m.busy.Done()
	m.turn.Lock()
	defer m.turn.Unlock()
	return m.commit(changes)
}

// write lets a change join the batch that waits for its turn, and returns once that batch has ended. While one batch is
// being written the next one gathers, so nobody waits for company and yet few write alone. Whoever finds no batch waiting
// begins one, and writes it for all who joined.
func (m *Map) write(c *change) error {
	m.mu.Lock()
	if m.closed {
		m.mu.Unlock()
		return errClosed
	}
	m.busy.Add(1)
	defer m.busy.Done()
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

// commit makes changes in one transaction, or none of them. Where there is nothing to change, nothing is written.
func (m *Map) commit(changes []*change) error {
	tx, err := m.db.Begin(true)
	if err != nil {
		return err
	}
	defer tx.Rollback() // no effect after Commit
	changed, grown := false, 0
	for _, c := range changes {
		done, more, err := c.apply(tx)
		if err != nil {
			return fmt.Errorf("record %s: %w", c.id, err)
		}
		changed = changed || done
		grown += more
	}
	if !changed {
		return nil
	}
	if err := tx.Commit(); err != nil {
		return err
	}
	m.records.Add(int64(grown))
	return nil
}

// apply makes the change in a transaction: in the records and in the index. It reports whether there was anything to
// change, and by how many records the Map grows.
func (c *change) apply(tx *bolt.Tx) (changed bool, grown int, err error) {
	records, index := tx.Bucket(recordsBucket), tx.Bucket(indexBucket)
	old := records.Get([]byte(c.id))
	if bytes.Equal(old, c.value) && (old == nil) == (c.value == nil) {
		return false, 0, nil
	}
	var gone []idmap.Key
	if old != nil {
		before, err := decode(old)
		if err != nil {
			return false, 0, err
		}
		gone = before.Keys
		grown--
	}
	for _, k := range gone {
		if !slices.Contains(c.keys, k) {
			if err := index.Delete(indexEntry(k, c.id)); err != nil {
				return false, 0, err
			}
		}
	}
	for _, k := range c.keys {
		if !slices.Contains(gone, k) {
			if err := index.Put(indexEntry(k, c.id), nil); err != nil {
				return false, 0, err
			}
		}
	}
	if c.value == nil {
		return true, grown, records.Delete([]byte(c.id))
	}
	return true, grown + 1, records.Put([]byte(c.id), c.value)
}
