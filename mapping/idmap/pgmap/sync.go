package pgmap

import (
	"context"
	"sync"
	"time"
)

// maxSync is how long a read waits for the number of the latest change. A database that is slower
// than that must not delay what memory knows.
const maxSync = time.Second

// syncs shares one query of the latest number among all callers that came before it.
type syncs struct {
	mu      sync.Mutex
	next    *latest // of the query that has not begun; nil: nobody waits for one
	running bool
	closed  bool
}

// close ends the queries.
func (s *syncs) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// latest is the result of a query.
type latest struct {
	done   chan struct{}
	number int64 // valid once done is closed; 0: not known
}

// Sync implements [idmap.Shared].
func (m *Map) Sync(ctx context.Context) {
	if m.available() != nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, maxSync)
	defer cancel()
	l := m.askLatest()
	select {
	case <-l.done:
		m.await(ctx, l.number)
	case <-ctx.Done():
	}
}

// askLatest returns the result of a query that begins from now on.
func (m *Map) askLatest() *latest {
	s := &m.syncs
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.next == nil {
		s.next = &latest{done: make(chan struct{})}
	}
	if !s.running && !s.closed {
		s.running = true
		m.work.Go(m.serveSyncs)
	}
	return s.next
}

// serveSyncs makes queries until nobody waits for one.
func (m *Map) serveSyncs() {
	for {
		m.syncs.mu.Lock()
		l := m.syncs.next
		m.syncs.next, m.syncs.running = nil, l != nil
		m.syncs.mu.Unlock()
		if l == nil {
			return
		}
		ctx, cancel := m.brief(m.closing)
		if err := m.pool.QueryRow(ctx, `SELECT version FROM meta`).Scan(&l.number); err != nil {
			_ = m.fails(err)
		}
		cancel()
		close(l.done)
	}
}
