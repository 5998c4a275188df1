package boltmap

import (
	"errors"
	"sync"

	bolt "go.etcd.io/bbolt"
	bolterrors "go.etcd.io/bbolt/errors"
)

// apply makes the changes of a write in a transaction. It returns by how many records the file
// grows, and may be called more than once.
type apply func(tx *bolt.Tx) (grown int, err error)

// pendingWrite is a write that waits for a transaction.
type pendingWrite struct {
	apply apply
	done  bool // guarded by Map.turn
	err   error
}

// queue holds the writes that the next transaction makes.
type queue struct {
	mu     sync.Mutex
	writes []*pendingWrite
	closed bool
}

// add reports whether the write was added: it is not after close.
func (q *queue) add(w *pendingWrite) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed {
		return false
	}
	q.writes = append(q.writes, w)
	return true
}

func (q *queue) take() []*pendingWrite {
	q.mu.Lock()
	defer q.mu.Unlock()
	writes := q.writes
	q.writes = nil
	return writes
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// commit makes a write and returns once it is on the disk. While one transaction is written, the
// writes of others collect for the next one and share its fsync. Batch of bbolt does the same in a
// goroutine of its own, where a panic cannot be recovered.
func (m *Map) commit(a apply) error {
	_, err := run(m, func() (struct{}, error) {
		w := &pendingWrite{apply: a}
		if !m.queue.add(w) {
			return struct{}{}, errClosed
		}
		// After a panic the turn is not returned: nothing may write to the file any more.
		m.turn <- struct{}{}
		if !w.done {
			m.flush()
		}
		<-m.turn
		return struct{}{}, w.err
	})
	return err
}

// flush makes the writes of the queue in one transaction. If one of them fails, each is made in a
// transaction of its own. The caller holds the turn.
func (m *Map) flush() {
	writes := m.queue.take()
	err := m.transact(writes)
	for _, w := range writes {
		w.done, w.err = true, err
		if err != nil && len(writes) > 1 {
			w.err = m.transact([]*pendingWrite{w})
		}
	}
}

// transact makes writes in one transaction, or none of them, if the open file is still the one that
// the next start will open. bbolt accepts writes to a file without a name, and to one that was
// overwritten, and loses them.
//
// It does not use Update of bbolt, which after a panic rolls back, and so reads a file that may be
// broken. For the same reason the list of free pages is kept in the file
// (bolt.Options.NoFreelistSync is false): without it, the rollback of a failed commit reads the
// whole file in another goroutine, where a fault cannot be recovered.
func (m *Map) transact(writes []*pendingWrite) error {
	if len(writes) == 0 {
		return nil
	}
	tx, err := m.db.Begin(true)
	if err != nil {
		return m.result(err)
	}
	grown, err := m.applyAll(tx, writes)
	if err != nil {
		_ = tx.Rollback() // it returns no error for an open transaction
		return err
	}
	id := tx.ID()
	if err := tx.Commit(); err != nil {
		return m.result(err)
	}
	m.committed(id, grown)
	return nil
}

func (m *Map) applyAll(tx *bolt.Tx, writes []*pendingWrite) (grown int, err error) {
	if err := m.inPlace(); err != nil {
		return 0, m.result(err)
	}
	if err := m.follows(tx.ID(), m.latest()+1); err != nil {
		return 0, m.result(err)
	}
	for _, w := range writes {
		n, err := w.apply(tx)
		if err != nil {
			return 0, err
		}
		grown += n
	}
	return grown, nil
}

// committed records that a transaction was written.
func (s *state) committed(id, grown int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last = id
	s.records += grown
	s.failed = nil
}

// result returns the error of a write and stores it for Err.
func (s *state) result(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, bolterrors.ErrDatabaseNotOpen):
		return errClosed
	default:
		return s.fail(err)
	}
}
