package boltmap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	bolt "go.etcd.io/bbolt"
)

// Trouble returns why what is written now would not outlive the process: the file was deleted or
// replaced ([ErrReplaced]), or the latest transaction could not be written. It makes one call of
// stat and reads no record.
func (m *Map) Trouble() error {
	if err := m.inPlace(); err != nil {
		return err
	}
	last := m.latest() // before the transaction begins
	var overwritten error
	m.view(func(tx *bolt.Tx) { overwritten = m.follows(tx.ID(), last) })
	if overwritten != nil {
		return overwritten
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failed
}

// inPlace compares the open file with the file at its path. A file of a store never becomes
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

// follows refuses a transaction whose number is lower than least: an older copy was written over
// the file.
func (m *Map) follows(id, least int) error {
	if id < least {
		return m.named(ErrReplaced)
	}
	return nil
}

// latest returns the number of the latest transaction.
func (m *Map) latest() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.last
}

// fail stores the error of a transaction for Trouble and returns it.
func (m *Map) fail(err error) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed = err
	return err
}

func (m *Map) named(err error) error { return fmt.Errorf("store %s: %w", m.path, err) }
