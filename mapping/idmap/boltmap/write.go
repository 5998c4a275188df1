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

// maxID is the length of an id, in bytes: more than TeamViewer's ids have, and short enough for a
// key of bbolt.
const maxID = 1024

var errClosed = errors.New("the store is closed")

// change is one Put or Delete.
type change struct {
	id      string
	value   []byte   // the encoded record; nil: delete it
	entries []string // of the index, for the record
}

// Put replaces the record of an id and returns once it is on the disk.
func (m *Map) Put(id string, r idmap.Record) error {
	c, err := newPut(id, r)
	if err != nil {
		return err
	}
	return m.write([]change{c})
}

func newPut(id string, r idmap.Record) (change, error) {
	if id == "" || len(id) > maxID {
		return change{}, fmt.Errorf("record %.20q: an id must have 1 to %d bytes", id, maxID)
	}
	return change{id: id, value: encode(id, r), entries: entries(id, r.Keys)}, nil
}

// Delete removes the record of an id and returns once that is on the disk.
func (m *Map) Delete(id string) error { return m.write([]change{{id: id}}) }

// PutAll replaces the records of many ids: all of them, or on error none.
func (m *Map) PutAll(records iter.Seq2[string, idmap.Record]) error {
	var changes []change
	for id, r := range records {
		c, err := newPut(id, r)
		if err != nil {
			return err
		}
		changes = append(changes, c)
	}
	return m.write(changes)
}

// DeleteAll removes the records of many ids: all of them, or on error none.
func (m *Map) DeleteAll(ids iter.Seq[string]) error {
	var changes []change
	for id := range ids {
		changes = append(changes, change{id: id})
	}
	return m.write(changes)
}

// PutNote replaces a note, or deletes it if note is nil, and returns once that is on the disk.
func (m *Map) PutNote(name string, note []byte) error {
	note = bytes.Clone(note)
	return m.commit(func(tx *bolt.Tx) (int, error) {
		if note == nil {
			return 0, tx.Bucket(metaBucket).Delete(noteKey(name))
		}
		return 0, tx.Bucket(metaBucket).Put(noteKey(name), note)
	})
}

// write makes changes in one transaction, or none of them. If all records are as they should be,
// there is no transaction. The changes are sorted, since bbolt splits its pages only at the end:
// until then each entry that is not the last one moves all entries after it.
func (m *Map) write(changes []change) error {
	slices.SortStableFunc(changes, func(a, b change) int { return strings.Compare(a.id, b.id) })
	pending, err := m.pending(changes)
	if err != nil || !pending {
		return err
	}
	return m.commit(func(tx *bolt.Tx) (int, error) {
		e := edit{records: tx.Bucket(recordsBucket), index: tx.Bucket(indexBucket), entries: make(map[string]bool)}
		for _, c := range changes {
			if err := e.apply(c); err != nil {
				return 0, fmt.Errorf("record %s: %w", c.id, err)
			}
		}
		return e.grown, e.reindex()
	})
}

// pending reports whether a change would change anything. The error is that of a write.
func (m *Map) pending(changes []change) (pending bool, err error) {
	if err := m.inPlace(); err != nil {
		return false, m.fail(err)
	}
	last := m.latest() // before the transaction begins
	pending, err = view(m, func(tx *bolt.Tx) (bool, error) {
		if err := m.follows(tx.ID(), last); err != nil {
			return false, err
		}
		records := tx.Bucket(recordsBucket)
		return slices.ContainsFunc(changes, func(c change) bool {
			// no record is empty, so nil equals nil only
			return !bytes.Equal(records.Get([]byte(c.id)), c.value)
		}), nil
	})
	return pending, m.result(err)
}

// edit is a transaction under way.
type edit struct {
	records, index *bolt.Bucket
	entries        map[string]bool // of the index: whether they must exist
	grown          int             // by how many records
}

// apply makes a change to the records and collects the changes of the index.
func (e *edit) apply(c change) error {
	id := []byte(c.id)
	old := e.records.Get(id)
	if bytes.Equal(old, c.value) {
		return nil
	}
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

// reindex makes the collected changes of the index, in its order.
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
