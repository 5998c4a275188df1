package pgmap

import (
	"context"
	"time"
)

// maxSync is how long a read waits for the number of the latest change. A database that is slower
// than that must not delay what memory knows.
const maxSync = time.Second

// latest asks for the number of the latest change. Those that come during a query share the next
// one.
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
	l := &latest{done: make(chan struct{})}
	if !m.reads.add(l) {
		return
	}
	m.reads.start()
	select {
	case <-l.done:
		m.await(ctx, l.number)
	case <-ctx.Done():
	}
}

// readLatest answers requests with one query, which began after they came.
func (m *Map) readLatest(requests []*latest) {
	ctx, cancel := m.brief(m.closing)
	defer cancel()
	var number int64
	if err := m.pool.QueryRow(ctx, `SELECT version FROM meta`).Scan(&number); err != nil {
		_ = m.fails(err)
	}
	for _, l := range requests {
		l.number = number
		close(l.done)
	}
}
