package boltmap

import (
	"bytes"
	"errors"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"

	"tvscim/mapping/idmap"
)

// maxID is the length of an id, in bytes: more than TeamViewer's ids have, and short enough for a
// key of bbolt.
const maxID = 1024

// batchDelay is how long bbolt collects concurrent writes for one transaction. It is shorter than
// the fsync of a transaction.
const batchDelay = 2 * time.Millisecond

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
	return m.write(m.db.Batch, []change{c})
}

func newPut(id string, r idmap.Record) (change, error) {
	if id == "" || len(id) > maxID {
		return change{}, fmt.Errorf("record %.20q: an id must have 1 to %d bytes", id, maxID)
	}
	return change{id: id, value: encode(id, r), entries: entries(id, r.Keys)}, nil
}

// Delete removes the record of an id and returns once that is on the disk.
func (m *Map) Delete(id string) error { return m.write(m.db.Batch, []change{{id: id}}) }

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
	return m.write(m.db.Update, changes)
}

// DeleteAll removes the records of many ids: all of them, or on error none.
func (m *Map) DeleteAll(ids iter.Seq[string]) error {
	var changes []change
	for id := range ids {
		changes = append(changes, change{id: id})
	}
	return m.write(m.db.Update, changes)
}

// PutNote replaces a note and returns once it is on the disk.
func (m *Map) PutNote(name string, note []byte) error {
	return m.commit(m.db.Update, func(tx *bolt.Tx) (int, error) {
		return 0, tx.Bucket(metaBucket).Put(noteKey(name), note)
	})
}

// write makes changes in one transaction, or none of them. If all records are as they should be,
// there is no transaction. The changes are sorted, since bbolt splits its pages only at the end:
// until then each entry that is not the last one moves all entries after it.
func (m *Map) write(run transact, changes []change) error {
	slices.SortStableFunc(changes, func(a, b change) int { return strings.Compare(a.id, b.id) })
	pending, err := m.pending(changes)
	if err != nil || !pending {
		return err
	}
	return m.commit(run, func(tx *bolt.Tx) (int, error) {
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
	err = m.db.View(func(tx *bolt.Tx) error {
		if err := m.follows(tx.ID(), last); err != nil {
			return err
		}
		records := tx.Bucket(recordsBucket)
		pending = slices.ContainsFunc(changes, func(c change) bool {
			return !bytes.Equal(records.Get([]byte(c.id)), c.value) // no record is empty, so nil equals nil only
		})
		return nil
	})
	return pending, m.result(err)
}

// transact is DB.Update or DB.Batch of bbolt.
type transact func(func(*bolt.Tx) error) error

// commit applies changes in a transaction, if the open file is still the one that the next start
// will open. bbolt accepts writes to a file without a name, and to one that was overwritten, and
// loses them. apply returns by how many records the file grows, and may be called more than once.
func (m *Map) commit(run transact, apply func(*bolt.Tx) (grown int, err error)) error {
	m.open.RLock() // Close waits for it
	defer m.open.RUnlock()
	var refused error
	err := run(func(tx *bolt.Tx) error {
		refused = nil // of an earlier call
		if err := m.inPlace(); err != nil {
			return err
		}
		if err := m.follows(tx.ID(), m.latest()+1); err != nil {
			return err
		}
		var grown int
		grown, refused = apply(tx)
		id := tx.ID()
		tx.OnCommit(func() { m.committed(id, grown) })
		return refused
	})
	if refused != nil {
		return refused
	}
	return m.result(err)
}

// committed records that a transaction was written.
func (m *Map) committed(id, grown int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.last = max(m.last, id) // the callbacks of two transactions may be out of order
	m.records += grown
	m.failed = nil
}

// result returns the error of a write and stores it for Trouble.
func (m *Map) result(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return errClosed
	default:
		return m.fail(err)
	}
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
