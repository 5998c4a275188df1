package pgmap

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

// sessionTimeout is after how long PostgreSQL ends a session of locks that is silent: a process that
// hangs, or that the network has cut off, does not keep its locks for longer.
const sessionTimeout = 15 * time.Second

// Pauses between attempts to acquire locks that another process holds.
const (
	firstPause = 2 * time.Millisecond
	lastPause  = 50 * time.Millisecond
)

// aliveKey is the key of the lock that each process holds, shared.
const aliveKey = "alive"

// lockID returns the number of an advisory lock. Two keys with the same number would only wait for
// each other: a session may acquire a lock repeatedly, and the caller has locks of its own for the
// keys.
func lockID(schema, key string) int64 {
	sum := sha256.Sum256([]byte(program + "\x00" + schema + "\x00" + key))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// lateRelease is how long a released lock may wait for a request that it can be sent with.
const lateRelease = 5 * time.Millisecond

// session is the session that holds the locks of this process. turn is full while it is in use.
type session struct {
	turn       chan struct{}
	conn       *pgx.Conn // nil: there is none
	generation int       // of conn: locks end with it

	mu       sync.Mutex
	requests []*lockRequest // that the next round trip makes
}

// lockRequest is an attempt to acquire locks, or their release.
type lockRequest struct {
	ids     []int64
	release bool

	// The rest is guarded by session.turn.
	done       bool
	free       bool  // the locks were acquired, all of them
	generation int   // of the session that has them
	number     int64 // of the latest change after that
	err        error
}

func (s *session) add(r *lockRequest) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.requests = append(s.requests, r)
}

func (s *session) take() []*lockRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	requests := s.requests
	s.requests = nil
	return requests
}

// Lock acquires the locks of all keys, or none. While PostgreSQL cannot be reached, it acquires
// nothing and returns no error: the caller must not change then what others may change too.
func (m *Map) Lock(ctx context.Context, keys ...string) (release func(), err error) {
	ids := make([]int64, len(keys))
	for i, key := range keys {
		ids[i] = lockID(m.schema, key)
	}
	slices.Sort(ids)
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if m.available() != nil {
			return func() {}, nil //nolint:nilerr // see above
		}
		r := &lockRequest{ids: ids}
		m.request(r)
		switch {
		case ctx.Err() != nil:
			if r.free {
				m.unlock(r)
			}
			return nil, ctx.Err()
		case r.err != nil:
			_ = m.fails(r.err)
			return func() {}, nil //nolint:nilerr // see above
		case r.free:
			m.await(ctx, r.number)
			return func() {
				m.drain() // what the holder announced comes before the next holder
				m.unlock(r)
			}, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// unlock releases the locks of a request soon.
func (m *Map) unlock(held *lockRequest) {
	r := &lockRequest{ids: held.ids, release: true, generation: held.generation}
	m.session.add(r)
	time.AfterFunc(lateRelease, func() { m.finish(r) })
}

// request makes a request, with those of others that wait.
func (m *Map) request(r *lockRequest) {
	m.session.add(r)
	m.finish(r)
}

// finish returns once a request was made.
func (m *Map) finish(r *lockRequest) {
	m.session.turn <- struct{}{}
	defer func() { <-m.session.turn }()
	if r.done {
		return
	}
	requests := m.session.take()
	// not with the deadline of a caller, which would end the session and all locks with it
	ctx, cancel := m.brief(context.Background())
	defer cancel()
	kept := m.session.conn != nil
	err := m.attempt(ctx, requests)
	if err != nil && kept { // the session has ended since it was used
		err = m.attempt(ctx, requests)
	}
	for _, r := range requests {
		r.done, r.err = true, err
		r.free = r.free && err == nil
	}
}

// attempt makes requests in one round trip. The caller has the turn.
func (m *Map) attempt(ctx context.Context, requests []*lockRequest) error {
	if err := m.openSession(ctx); err != nil {
		return err
	}
	var over []int64
	var wanted []*lockRequest
	for _, r := range requests {
		if !r.release {
			wanted = append(wanted, r)
		} else if r.generation == m.session.generation { // else they ended with their session
			over = append(over, r.ids...)
		}
	}
	partly, err := m.exchange(ctx, over, wanted)
	if err == nil && len(partly) > 0 {
		_, err = m.exchange(ctx, partly, nil)
	}
	if err != nil {
		m.session.drop()
	}
	return err
}

// exchange releases locks and tries to acquire others. It returns the locks of requests that did not
// get all of theirs.
func (m *Map) exchange(ctx context.Context, over []int64, wanted []*lockRequest) (partly []int64, err error) {
	batch := &pgx.Batch{}
	if len(over) > 0 {
		batch.Queue(`SELECT count(pg_advisory_unlock(i)) FROM unnest($1::bigint[]) AS i`, over)
	}
	for _, r := range wanted {
		batch.Queue(`SELECT array_agg(i) FILTER (WHERE held) FROM (SELECT i, pg_try_advisory_lock(i) AS held FROM unnest($1::bigint[]) AS i OFFSET 0) AS t`, r.ids)
	}
	batch.Queue(`SELECT version FROM meta`) // sees what was committed before the locks were free
	results := m.session.conn.SendBatch(ctx, batch)
	var count int
	if len(over) > 0 {
		err = results.QueryRow().Scan(&count)
	}
	for _, r := range wanted {
		var held []int64
		if err == nil {
			err = results.QueryRow().Scan(&held)
		}
		if r.free = len(held) == len(r.ids); !r.free {
			partly = append(partly, held...)
		}
	}
	var number int64
	if err == nil {
		err = results.QueryRow().Scan(&number)
	}
	for _, r := range wanted {
		r.generation, r.number = m.session.generation, number
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	return partly, err
}

// openSession opens the session if there is none. The caller has the turn.
func (m *Map) openSession(ctx context.Context) error {
	if m.closing.Err() != nil {
		return errClosed
	}
	if m.session.conn != nil && !m.session.conn.IsClosed() {
		return nil
	}
	config := m.config.Copy()
	config.RuntimeParams["idle_session_timeout"] = "15s" // sessionTimeout
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock_shared($1)`, lockID(m.schema, aliveKey)); err != nil {
		closeNow(conn)
		return err
	}
	m.session.conn = conn
	m.session.generation++
	return nil
}

// keepSession keeps the session alive until the Map is closed.
func (m *Map) keepSession() {
	for {
		select {
		case <-m.closing.Done():
			return
		case <-time.After(sessionTimeout / 5):
		}
		if m.available() == nil {
			m.beatSession()
		}
	}
}

func (m *Map) beatSession() {
	m.session.turn <- struct{}{}
	defer func() { <-m.session.turn }()
	ctx, cancel := m.brief(m.closing)
	defer cancel()
	if m.session.conn != nil && m.session.conn.Ping(ctx) != nil {
		m.session.drop()
	}
	if err := m.openSession(ctx); err != nil {
		_ = m.fails(err)
	}
}

// drop ends the session and its locks. The caller has the turn.
func (s *session) drop() {
	if s.conn != nil {
		closeNow(s.conn)
		s.conn = nil
	}
}

// close ends the session.
func (s *session) close() {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.drop()
}
