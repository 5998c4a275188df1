package boltmap

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// Err returns why what is written now would not outlive the process: the file was deleted or
// replaced ([ErrReplaced]), overwritten or truncated ([ErrBroken]), or the latest transaction could
// not be written. It makes one call of stat and reads no record.
func (m *Map) Err() error {
	if err := m.inPlace(); err != nil {
		return err
	}
	last := m.latest() // before the transaction begins
	_, err := view(m, func(tx *bolt.Tx) (struct{}, error) {
		tx.Bucket(recordsBucket) // reads the first page of the file that has content
		return struct{}{}, m.follows(tx.ID(), last)
	})
	if err != nil && !errors.Is(err, bolterrors.ErrDatabaseNotOpen) {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.failed
}

// inPlace compares the open file with the file at its path. A file of a store never becomes
// shorter; where it did, reading it would be a memory fault.
func (s *state) inPlace() error {
	if err := s.Broken(); err != nil {
		return err
	}
	least := s.reached(0) // before the file is looked at, since another write may extend it
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.named(ErrReplaced)
	case err != nil:
		return s.named(explain(err))
	case !os.SameFile(info, s.file):
		return s.named(ErrReplaced)
	}
	if info.Size() < least {
		return s.breaks(fmt.Sprintf("it has %d bytes of %d", info.Size(), least))
	}
	s.reached(info.Size())
	return nil
}

// reached returns the largest size that the file ever had, among them size.
func (s *state) reached(size int64) int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.size = max(s.size, size)
	return s.size
}

// follows refuses a transaction whose number is lower than least: an older copy was written over
// the file.
func (s *state) follows(id, least int) error {
	if id < least {
		return s.named(ErrReplaced)
	}
	return nil
}

// latest returns the number of the latest transaction.
func (s *state) latest() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last
}

// fail stores the error of a transaction for Err and returns it.
func (s *state) fail(err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.failed = err
	return err
}

func (s *state) named(err error) error { return fmt.Errorf("store %s: %w", s.path, err) }
