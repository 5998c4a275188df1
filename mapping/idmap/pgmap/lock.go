package pgmap

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"tvscim/mapping/idmap"
)

// Pauses between attempts to acquire locks that another process holds.
const (
	firstPause = 2 * time.Millisecond
	lastPause  = 50 * time.Millisecond
)

// lockID returns the number of an advisory lock. Two keys with the same number would only wait for
// each other: a session may acquire a lock repeatedly, and the caller has locks of its own for the
// keys.
func lockID(schema, key string) int64 {
	sum := sha256.Sum256([]byte(program + "\x00" + schema + "\x00" + key))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// lateRelease is how long a released lock may wait for a request that it can be sent with.
const lateRelease = 5 * time.Millisecond

// lease is the locks of a request.
type lease struct {
	m *Map
	r *lockRequest // nil: nothing was acquired
}

// leaseMargin is how long before the end of a silent session its locks count as lost.
const leaseMargin = 3 * time.Second

// Held implements [idmap.Lease].
func (l lease) Held() bool {
	if l.r == nil {
		return true
	}
	alive := l.m.session.alive.Load()
	return alive != nil && alive.generation == l.r.generation && time.Since(alive.at) < sessionTimeout-leaseMargin
}

// Release implements [idmap.Lease].
func (l lease) Release() {
	if l.r != nil {
		l.m.drain() // what the holder announced comes before the next holder
		l.m.unlock(l.r)
		l.m.session.leases.Add(-1)
	}
}

// lockRequest asks for locks, or for their release. Those that come during a round trip share the
// next one.
type lockRequest struct {
	ids     []int64
	release bool
	done    chan struct{} // closed when there is a result

	// The result.
	held       []int64 // of ids
	generation int     // of the session; of a release, the one that has the locks
	number     int64   // of the latest change after the locks were acquired
	err        error

	abandoned bool // guarded by session.mu: no caller waits for the result
}

// free reports whether all locks were acquired.
func (r *lockRequest) free() bool { return !r.release && r.err == nil && len(r.held) == len(r.ids) }

// take returns the requests of the next round trip, none if there is nothing to do.
func (s *session) take() []*lockRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	taken := s.waiting
	s.waiting, s.working = nil, len(taken) > 0
	return taken
}

// abandon records that no caller waits for the result of a request, and reports whether there was none
// yet.
func (s *session) abandon(r *lockRequest) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-r.done:
		return false
	default:
		r.abandoned = true
		return true
	}
}

// finish hands out the results. It returns the requests that no caller waits for.
func (s *session) finish(requests []*lockRequest, err error) (abandoned []*lockRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range requests {
		r.err = err
		close(r.done)
		if r.abandoned {
			abandoned = append(abandoned, r)
		}
	}
	return abandoned
}

// end refuses further requests.
func (s *session) end() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

// Lock acquires the locks of all keys, or none. While PostgreSQL cannot be reached, it acquires
// nothing and returns no error: the caller must not change then what others may change too.
func (m *Map) Lock(ctx context.Context, keys ...string) (idmap.Lease, error) {
	ids := make([]int64, len(keys))
	for i, key := range keys {
		ids[i] = lockID(m.schema, key)
	}
	slices.Sort(ids)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if m.available() != nil {
			return lease{}, nil //nolint:nilerr // see above
		}
		r := &lockRequest{ids: ids, done: make(chan struct{})}
		m.ask(r)
		select {
		case <-r.done:
		case <-ctx.Done():
			if !m.session.abandon(r) && r.free() {
				m.unlock(r)
			}
			return nil, ctx.Err()
		}
		switch {
		case r.err != nil:
			return lease{}, nil //nolint:nilerr // see above
		case r.free():
			m.session.leases.Add(1)
			if !m.await(ctx, r.number) {
				m.careful() // what comes late may be older than what the caller does
			}
			return lease{m, r}, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// unlock has locks released that were acquired, unless their session has ended. It does not wait
// for that.
func (m *Map) unlock(locked *lockRequest) {
	m.ask(&lockRequest{ids: locked.ids, generation: locked.generation, release: true, done: make(chan struct{})})
}

// ask has a request carried out by a goroutine, so that no deadline of a caller ends the session,
// and the locks of all with it. A release waits shortly for another request.
func (m *Map) ask(r *lockRequest) {
	m.session.mu.Lock()
	defer m.session.mu.Unlock()
	if m.session.closed {
		r.err = errClosed
		close(r.done)
		return
	}
	m.session.waiting = append(m.session.waiting, r)
	if r.release {
		time.AfterFunc(lateRelease, func() {
			m.session.mu.Lock()
			defer m.session.mu.Unlock()
			m.startLocks()
		})
		return
	}
	m.startLocks()
}

// startLocks starts the goroutine that makes the round trips, if it is needed. session.mu is held.
func (m *Map) startLocks() {
	s := &m.session
	if s.closed || s.working || len(s.waiting) == 0 {
		return
	}
	s.working = true
	m.work.Go(m.serveLocks)
}

// serveLocks makes round trips until no request waits.
func (m *Map) serveLocks() {
	for requests := m.session.take(); len(requests) > 0; requests = m.session.take() {
		err := m.roundTrip(requests)
		for _, r := range m.session.finish(requests, err) {
			if r.free() {
				m.unlock(r)
			}
		}
	}
}

// roundTrip carries out requests within the time of one operation. A session that has ended since
// it was used is replaced.
func (m *Map) roundTrip(requests []*lockRequest) error {
	m.session.turn <- struct{}{}
	defer func() { <-m.session.turn }()
	if err := m.available(); err != nil { // it may have been lost while the requests waited
		return err
	}
	ctx, cancel := m.brief(context.Background())
	defer cancel()
	kept := m.session.conn != nil
	err := m.carryOut(ctx, requests)
	if err != nil && kept {
		err = m.carryOut(ctx, requests)
	}
	if err != nil {
		return m.fails(err)
	}
	return nil
}

// The statements of a round trip.
const (
	releaseLocks = `SELECT pg_advisory_unlock(i) FROM unnest($1::bigint[]) AS i`
	tryLocks     = `SELECT array_agg(i) FILTER (WHERE held)
FROM (SELECT i, pg_try_advisory_lock(i) AS held FROM unnest($1::bigint[]) AS i OFFSET 0) AS t`
	// what was committed before the locks were free, and the sessions that lost them, if they did
	latestNumber = `SELECT version, (` + endedSessions + `) FROM meta`
)

// carryOut releases locks first, and acquires others then: all of a request or none. The caller has
// the turn.
func (m *Map) carryOut(ctx context.Context, requests []*lockRequest) error {
	if err := m.openSession(ctx); err != nil {
		return err
	}
	batch := &pgx.Batch{}
	var released []int64
	var asked []*lockRequest
	for _, r := range requests {
		switch {
		case !r.release:
			asked = append(asked, r)
		case r.generation == m.session.generation:
			released = append(released, r.ids...)
		}
	}
	if len(released) > 0 {
		batch.Queue(releaseLocks, released)
	}
	for _, r := range asked {
		batch.Queue(tryLocks, r.ids)
	}
	batch.Queue(latestNumber, m.writer)
	began := time.Now()
	ended, err := m.session.send(ctx, batch, len(released) > 0, asked)
	var partial []int64
	for _, r := range asked {
		if len(r.held) < len(r.ids) {
			partial = append(partial, r.held...)
		}
	}
	if err == nil && len(partial) > 0 {
		_, err = m.session.conn.Exec(ctx, releaseLocks, partial)
	}
	if err != nil {
		m.dropSession()
		return err
	}
	m.session.answered(began)
	m.notice(ended)
	return nil
}

// send sends the statements and reads the results: those of the requests, and the sessions of other
// processes that have ended. The caller has the turn.
func (s *session) send(ctx context.Context, batch *pgx.Batch, releases bool, asked []*lockRequest) (ended []int64, err error) {
	results := s.conn.SendBatch(ctx, batch)
	defer func() {
		if closed := results.Close(); err == nil {
			err = closed
		}
	}()
	if releases {
		if _, err := results.Exec(); err != nil {
			return nil, err
		}
	}
	for _, r := range asked {
		r.held, r.generation = nil, s.generation
		if err := results.QueryRow().Scan(&r.held); err != nil {
			return nil, err
		}
	}
	var number int64
	if err := results.QueryRow().Scan(&number, &ended); err != nil {
		return nil, err
	}
	for _, r := range asked {
		r.number = number
	}
	return ended, nil
}
