package boltmap

import (
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// closeLimit is how long Close waits for the operations under way: a file system that does not
// answer must not keep the process from ending.
const closeLimit = 10 * time.Second

// releaseLimit is how long Close waits for the operations that use a broken file.
const releaseLimit = time.Second

var errBusy = errors.New("was not closed in time, since an operation under way does not end")

// run executes an operation on bbolt. bbolt reads the file through a mapping: where it was
// overwritten, bbolt panics, and where it was truncated, the access is a memory fault. After
// either, bbolt may hold its locks for good. So each operation has a goroutine of its own, in which
// both are recovered; they mark the Map as broken, which ends all operations under way with
// [ErrBroken], also those that wait for such a lock. op must not write to variables of its caller.
func run[T any](m *Map, op func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	var none T
	if err := m.Broken(); err != nil {
		return none, err
	}
	done := make(chan result, 1)
	go func() {
		m.using.RLock()
		defer m.using.RUnlock()
		if m.Broken() != nil { // by now, and its file may be closed
			return
		}
		debug.SetPanicOnFault(true)
		defer func() {
			if reason := recover(); reason != nil {
				_ = m.breaks(fmt.Sprint(reason))
			}
		}()
		value, err := op()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-m.broken:
		return none, m.Broken()
	}
}

// breaks marks the Map as broken for good. Nothing calls bbolt afterwards.
func (s *state) breaks(reason string) error {
	s.mu.Lock()
	first := s.why == nil
	if first {
		s.why = s.named(fmt.Errorf("%w (%s)", ErrBroken, reason))
	}
	why := s.why
	s.mu.Unlock()
	if first {
		s.onBroken(why)
		close(s.broken)
	}
	return why
}

// Broken returns [ErrBroken] with its reason once the file was overwritten or truncated in place
// while open, and nil before. From then on records are neither read nor written, until the file is
// opened again.
func (s *state) Broken() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

// Close finishes the writes under way and closes the file. A file that is broken, or that is not
// closed within 10 seconds, is only unlocked: its mapping remains until the process ends. Closing
// twice is not an error.
func (m *Map) Close() error {
	m.queue.close()
	closed := make(chan error, 1)
	go func() {
		_, err := run(m, func() (struct{}, error) {
			m.turn <- struct{}{}
			m.flush()
			err := m.db.Close()
			<-m.turn
			return struct{}{}, err
		})
		closed <- err
	}()
	late := time.NewTimer(closeLimit)
	defer late.Stop()
	select {
	case err := <-closed:
		if errors.Is(err, ErrBroken) {
			m.release()
		}
		return err
	case <-late.C:
		return m.named(errBusy)
	}
}

// release closes a broken file and so ends its lock, when no operation uses it. An operation that
// waits for a lock of bbolt may never end; then the lock ends with the process.
func (m *Map) release() {
	released := make(chan struct{})
	go func() {
		m.using.Lock()
		defer m.using.Unlock()
		_ = m.handle.Close()
		close(released)
	}()
	late := time.NewTimer(releaseLimit)
	defer late.Stop()
	select {
	case <-released:
	case <-late.C:
	}
}
