package boltmap

import (
	"bytes"
	"fmt"
	"io/fs"
	"iter"
	"sync"

	bolt "go.etcd.io/bbolt"

	"tvscim/mapping/idmap"
)

// Map is an [idmap.Map] in a file. It is made by [Open].
type Map struct {
	db      *bolt.DB
	path    string
	file    fs.FileInfo // of the open file, when it was opened
	damaged func(id string, err error)
	open    sync.RWMutex // read-locked by writes, so that Close waits for them

	mu      sync.Mutex
	records int
	last    int   // number of the latest transaction that was written
	failed  error // why the latest transaction was not written; nil: it was
}

// Get returns the record of an id.
func (m *Map) Get(id string) (idmap.Record, bool) { return m.Peek(id) }

// Peek is Get: a file has no order of use.
func (m *Map) Peek(id string) (r idmap.Record, ok bool) {
	m.view(func(tx *bolt.Tx) {
		value := tx.Bucket(recordsBucket).Get([]byte(id))
		if value == nil {
			return
		}
		var err error
		if r, err = decode(id, value); err != nil {
			m.damaged(id, fmt.Errorf("record %s: %w", id, err))
			return
		}
		ok = true
	})
	return r, ok
}

// Find returns the ids whose records have a key, in ascending order.
func (m *Map) Find(k idmap.Key) (ids []string) {
	prefix := indexPrefix(k)
	m.view(func(tx *bolt.Tx) {
		c := tx.Bucket(indexBucket).Cursor()
		for entry, _ := c.Seek(prefix); bytes.HasPrefix(entry, prefix); entry, _ = c.Next() {
			ids = append(ids, string(entry[len(prefix):]))
		}
	})
	return ids
}

// Len returns the number of records. It does not read the file.
func (m *Map) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.records
}

// All iterates over the records. No transaction is open while the loop body runs: it would prevent
// the file from growing, and a Put in the body would deadlock.
func (m *Map) All() iter.Seq2[string, idmap.Record] {
	return func(yield func(string, idmap.Record) bool) {
		var ids []string
		m.view(func(tx *bolt.Tx) {
			c := tx.Bucket(recordsBucket).Cursor()
			for id, _ := c.First(); id != nil; id, _ = c.Next() {
				ids = append(ids, string(id))
			}
		})
		for _, id := range ids {
			if r, ok := m.Peek(id); ok && !yield(id, r) {
				return
			}
		}
	}
}

// Note returns the note of a name; nil: none.
func (m *Map) Note(name string) (note []byte) {
	m.view(func(tx *bolt.Tx) { note = bytes.Clone(tx.Bucket(metaBucket).Get(noteKey(name))) })
	return note
}

// view reads in a transaction. After Close it does nothing.
func (m *Map) view(read func(*bolt.Tx)) {
	_ = m.db.View(func(tx *bolt.Tx) error { // the only error is that of a closed file
		read(tx)
		return nil
	})
}

// Close waits for the writes under way and closes the file. Closing twice is not an error.
func (m *Map) Close() error {
	m.open.Lock()
	defer m.open.Unlock()
	return m.db.Close()
}

var _ idmap.Map = (*Map)(nil)
