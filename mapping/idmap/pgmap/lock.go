package pgmap

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
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
	return int64(binary.BigEndian.Uint64(sum[:])) //nolint:gosec // any 64 bits will do
}

// session is the session that holds the locks of this process. turn is full while it is in use.
type session struct {
	turn       chan struct{}
	conn       *pgx.Conn // nil: there is none
	generation int       // of conn: locks end with it
}

func newSession() session { return session{turn: make(chan struct{}, 1)} }

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
			return func() {}, nil
		}
		free, generation, number, err := m.tryLock(ctx, ids)
		switch {
		case ctx.Err() != nil:
			if free {
				m.unlock(ids, generation)
			}
			return nil, ctx.Err()
		case err != nil:
			_ = m.fails(err)
			return func() {}, nil
		case free:
			m.await(ctx, number)
			return func() {
				m.drain() // what the holder announced comes before the next holder
				m.work.Go(func() { m.unlock(ids, generation) })
			}, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// tryLock acquires all locks or none. number is that of the latest change after that.
func (m *Map) tryLock(ctx context.Context, ids []int64) (free bool, generation int, number int64, err error) {
	select {
	case m.session.turn <- struct{}{}:
		defer func() { <-m.session.turn }()
	case <-ctx.Done():
		return false, 0, 0, ctx.Err()
	}
	// the deadline of the caller would end the session, and all other locks with it
	brief, cancel := m.brief(context.WithoutCancel(ctx))
	defer cancel()
	kept := m.session.conn != nil
	if free, number, err = m.attempt(brief, ids); err != nil && kept { // the session has ended since it was used
		free, number, err = m.attempt(brief, ids)
	}
	return free, m.session.generation, number, err
}

// attempt is tryLock with the turn.
func (m *Map) attempt(ctx context.Context, ids []int64) (free bool, number int64, err error) {
	if err := m.openSession(ctx); err != nil {
		return false, 0, err
	}
	batch := &pgx.Batch{}
	batch.Queue(`SELECT array_agg(i) FILTER (WHERE held) FROM (SELECT i, pg_try_advisory_lock(i) AS held FROM unnest($1::bigint[]) AS i OFFSET 0) AS t`, ids)
	batch.Queue(`SELECT version FROM meta`) // sees what was committed before the locks were free
	results := m.session.conn.SendBatch(ctx, batch)
	var held []int64
	if err = results.QueryRow().Scan(&held); err == nil {
		err = results.QueryRow().Scan(&number)
	}
	if closed := results.Close(); err == nil {
		err = closed
	}
	if err != nil {
		m.session.drop()
		return false, 0, err
	}
	if len(held) < len(ids) && len(held) > 0 {
		err = m.session.release(ctx, held)
	}
	return len(held) == len(ids), number, err
}

// unlock releases locks, unless their session has ended.
func (m *Map) unlock(ids []int64, generation int) {
	m.session.turn <- struct{}{}
	defer func() { <-m.session.turn }()
	if m.session.conn == nil || m.session.generation != generation {
		return
	}
	ctx, cancel := m.brief(context.Background())
	defer cancel()
	if err := m.session.release(ctx, ids); err != nil {
		_ = m.fails(err)
	}
}

// openSession opens the session if there is none. The caller has the turn.
func (m *Map) openSession(ctx context.Context) error {
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

// release releases locks. The caller has the turn.
func (s *session) release(ctx context.Context, ids []int64) error {
	if _, err := s.conn.Exec(ctx, `SELECT pg_advisory_unlock(i) FROM unnest($1::bigint[]) AS i`, ids); err != nil {
		s.drop()
		return err
	}
	return nil
}

// drop ends the session and its locks. The caller has the turn.
func (s *session) drop() {
	closeNow(s.conn)
	s.conn = nil
}

// close ends the session.
func (s *session) close() {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.conn != nil {
		s.drop()
	}
}
