package boltmap

import (
	"bytes"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"sync"

	bolt "go.etcd.io/bbolt"

	"tvscim/mapping/idmap"
)

// Map is an [idmap.Map] in a file. It is made by [Open].
type Map struct {
	state
	db      *bolt.DB
	handle  *os.File     // the open file
	using   sync.RWMutex // read-locked by each operation of bbolt under way
	damaged func(id string, err error)

	queue queue
	turn  chan struct{} // of capacity 1; full while a transaction writes
}

// state is what is known of the open file: whether it is the one at its path, and whether it can be
// read and written.
type state struct {
	path string
	file fs.FileInfo // of the open file, when it was opened

	onBroken func(err error)
	broken   chan struct{} // closed once the file cannot be used any more; see run

	mu      sync.Mutex
	records int
	size    int64 // of the file, at least, in bytes
	last    int   // number of the latest transaction that was written
	failed  error // why the latest transaction was not written; nil: it was
	why     error // why the file is broken; nil: it is not
}

// Get returns the record of an id.
func (m *Map) Get(id string) (idmap.Record, bool) { return m.Peek(id) }

// Peek is Get: a file has no order of use.
func (m *Map) Peek(id string) (idmap.Record, bool) {
	r, _ := view(m, func(tx *bolt.Tx) (*idmap.Record, error) {
		value := tx.Bucket(recordsBucket).Get([]byte(id))
		if value == nil {
			return nil, nil
		}
		r, err := decode(id, value)
		if err != nil {
			m.damaged(id, fmt.Errorf("record %s: %w", id, err))
			return nil, err
		}
		return &r, nil
	})
	if r == nil {
		return idmap.Record{}, false
	}
	return *r, true
}

// Find returns the ids whose records have a key, in ascending order.
func (m *Map) Find(k idmap.Key) []string {
	prefix := indexPrefix(k)
	ids, _ := view(m, func(tx *bolt.Tx) (ids []string, err error) {
		c := tx.Bucket(indexBucket).Cursor()
		for entry, _ := c.Seek(prefix); bytes.HasPrefix(entry, prefix); entry, _ = c.Next() {
			ids = append(ids, string(entry[len(prefix):]))
		}
		return ids, nil
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
		ids, _ := view(m, func(tx *bolt.Tx) (ids []string, err error) {
			c := tx.Bucket(recordsBucket).Cursor()
			for id, _ := c.First(); id != nil; id, _ = c.Next() {
				ids = append(ids, string(id))
			}
			return ids, nil
		})
		for _, id := range ids {
			if r, ok := m.Peek(id); ok && !yield(id, r) {
				return
			}
		}
	}
}

// Note returns the note of a name; nil: none.
func (m *Map) Note(name string) []byte {
	note, _ := view(m, func(tx *bolt.Tx) ([]byte, error) {
		return bytes.Clone(tx.Bucket(metaBucket).Get(noteKey(name))), nil
	})
	return note
}

// Notes iterates over the notes whose names begin with prefix, as they are when it begins.
func (m *Map) Notes(prefix string) iter.Seq2[string, []byte] {
	type note struct {
		name string
		text []byte
	}
	return func(yield func(string, []byte) bool) {
		notes, _ := view(m, func(tx *bolt.Tx) (notes []note, err error) {
			c, all, from := tx.Bucket(metaBucket).Cursor(), noteKey(""), noteKey(prefix)
			for key, text := c.Seek(from); bytes.HasPrefix(key, from); key, text = c.Next() {
				notes = append(notes, note{string(key[len(all):]), bytes.Clone(text)})
			}
			return notes, nil
		})
		for _, n := range notes {
			if !yield(n.name, n.text) {
				return
			}
		}
	}
}

// view reads in a transaction. The error is that of read, errClosed after Close, or [ErrBroken].
func view[T any](m *Map, read func(*bolt.Tx) (T, error)) (T, error) {
	return run(m, func() (value T, err error) {
		err = m.db.View(func(tx *bolt.Tx) error {
			value, err = read(tx)
			return err
		})
		return value, err
	})
}

var _ idmap.Map = (*Map)(nil)
