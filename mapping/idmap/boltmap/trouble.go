package boltmap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	bolt "go.etcd.io/bbolt"
)

// Trouble returns why what is written now would not outlive the process: the file was deleted or
// replaced ([ErrReplaced]), or the latest transaction could not be written. It costs one look at
// the path and reads no record.
func (m *Map) Trouble() error {
	if err := m.inPlace(); err != nil {
		return err
	}
	if m.turn.TryLock() { // else a transaction is under way, which makes the same check
		defer m.turn.Unlock()
		var overwritten error
		m.view(func(tx *bolt.Tx) { overwritten = m.follows(tx.ID(), m.last) })
		if overwritten != nil {
			return overwritten
		}
	}
	if failed := m.failed.Load(); failed != nil {
		return *failed
	}
	return nil
}

// begin begins a transaction that writes, if the file that is open is still the one that the next
// start will find. A file without a name, and one that a copy was written over, accept writes too,
// and lose them.
func (m *Map) begin() (*bolt.Tx, error) {
	if err := m.inPlace(); err != nil {
		return nil, err
	}
	tx, err := m.db.Begin(true)
	if err != nil {
		return nil, err
	}
	if err := m.follows(tx.ID(), m.last+1); err != nil {
		return nil, errors.Join(err, tx.Rollback())
	}
	return tx, nil
}

// inPlace compares the open file with what its path names now. A file of a store never becomes
// shorter.
func (m *Map) inPlace() error {
	info, err := os.Stat(m.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return m.named(ErrReplaced)
	case err != nil:
		return m.named(explain(err))
	case !os.SameFile(info, m.file) || info.Size() < m.file.Size():
		return m.named(ErrReplaced)
	}
	return nil
}

// follows refuses a transaction whose number is lower than the file's can be: an older copy was
// written over it.
func (m *Map) follows(id, least int) error {
	if id < least {
		return m.named(ErrReplaced)
	}
	return nil
}

// fail notes why a transaction was not written.
func (m *Map) fail(err error) error {
	m.failed.Store(&err)
	return err
}

func (m *Map) named(err error) error { return fmt.Errorf("store %s: %w", m.path, err) }
