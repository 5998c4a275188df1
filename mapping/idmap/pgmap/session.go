package pgmap

import (
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
)

// sessionTimeout is after how long PostgreSQL ends a session of locks that is silent: a process
// that hangs, or that the network has cut off, does not keep its locks for longer.
const sessionTimeout = 15 * time.Second

// endedSessions finds the sessions of other processes that have ended without releasing their locks:
// each session has a row, and holds a lock with the number of the row. A session that ends in order
// deletes its row.
const endedSessions = `SELECT ARRAY(SELECT id FROM sessions WHERE writer <> $1 AND pg_try_advisory_xact_lock_shared(id))`

// session is the session that holds the locks of this process. turn is full while it is in use, and
// guards conn to unreleased.
type session struct {
	turn       chan struct{}
	conn       *pgx.Conn // nil: there is none
	generation int       // of conn: locks end with it
	id         int64     // of conn in the table sessions
	unreleased []int64   // locks of conn that no request needs any more

	alive  atomic.Pointer[aliveSession] // what is known of conn; nil: there is none
	leases atomic.Int64                 // acquired and not released
}

// aliveSession is a session that answered a request which began at a time.
type aliveSession struct {
	generation int
	id         int64
	at         time.Time
}

// answered records that the session answered a request that began at a time. The caller has the
// turn.
func (s *session) answered(began time.Time) {
	s.alive.Store(&aliveSession{s.generation, s.id, began})
}

// postpone leaves releases to the next round trip: PostgreSQL may be out of reach for another
// connection only, and then the session still has the locks. The caller has the turn.
func (s *session) postpone(requests []*lockRequest) {
	for _, r := range requests {
		if r.release && r.generation == s.generation {
			s.unreleased = append(s.unreleased, r.ids...)
		}
	}
}

// openSession opens the session if there is none. The caller has the turn.
func (m *Map) openSession(ctx context.Context) error {
	if m.session.conn != nil && !m.session.conn.IsClosed() {
		return nil
	}
	config := m.config.Copy()
	config.AfterConnect = target{schema: m.schema}.settings(sessionTimeout)
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return err
	}
	id := lockID(m.schema, "session "+rand.Text())
	batch := &pgx.Batch{}
	batch.Queue(`SELECT pg_advisory_lock($1)`, id)
	batch.Queue(`SELECT FROM meta FOR UPDATE`) // see notify
	batch.Queue(`INSERT INTO sessions (id, writer) VALUES ($1, $2)`, id, m.writer)
	batch.Queue(`SELECT pg_notify($1, $2)`, m.channel(), m.writer+" j")
	if err := conn.SendBatch(ctx, batch).Close(); err != nil {
		closeNow(conn)
		return err
	}
	m.session.conn, m.session.id, m.session.unreleased = conn, id, nil
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
	if m.session.conn != nil {
		began := time.Now()
		if err := m.findEnded(ctx); err != nil {
			m.dropSession()
		} else {
			m.session.answered(began)
		}
	}
	if err := m.openSession(ctx); err != nil {
		_ = m.fails(err)
	}
}

// errUnlisted is the error of a session without a row, as after the database was restored: the
// others do not know of it.
var errUnlisted = errors.New("the session of locks has no row")

// findEnded looks for sessions of other processes that have ended, and deletes those of long ago:
// all processes have seen them.
func (m *Map) findEnded(ctx context.Context) error {
	var ended []int64
	var listed bool
	err := m.session.conn.QueryRow(ctx, `SELECT (`+endedSessions+`), EXISTS (SELECT FROM sessions WHERE id = $2)`, m.writer, m.session.id).
		Scan(&ended, &listed)
	switch {
	case err != nil:
		return err
	case !listed:
		return errUnlisted
	}
	m.notice(ended)
	if len(ended) == 0 {
		return nil
	}
	batch := &pgx.Batch{}
	batch.Queue(`UPDATE sessions SET ended = now() WHERE id = ANY($1) AND ended IS NULL`, ended)
	batch.Queue(`DELETE FROM sessions WHERE ended < now() - interval '10 minutes'`)
	return m.session.conn.SendBatch(ctx, batch).Close()
}

// notice records which sessions of other processes have ended. Of one that is new, what its process
// did last may not have been announced, and a call may be under way without its locks.
func (m *Map) notice(ended []int64) {
	m.mu.Lock()
	before := m.ended
	m.ended = ended
	m.mu.Unlock()
	if !slices.ContainsFunc(ended, func(id int64) bool { return !slices.Contains(before, id) }) {
		return
	}
	m.locksLost()
	m.careful()
}

// careful records that messages may be missing, or come in another order than the changes that they
// are about.
func (m *Map) careful() {
	m.mu.Lock()
	m.unordered = time.Now()
	m.mu.Unlock()
	if missed := m.subscribed().Missed; missed != nil {
		missed()
	}
}

// sender names this process and its session of locks in notifications.
func (m *Map) sender() string {
	if alive := m.session.alive.Load(); alive != nil {
		return m.writer + "-" + strconv.FormatInt(alive.id, 36)
	}
	return m.writer
}

// sentBy returns the process of a notification, and whether its session of locks has ended, as far
// as is known: then another process may have had its locks before.
func (m *Map) sentBy(sender string) (writer string, unlocked bool) {
	writer, session, _ := strings.Cut(sender, "-")
	id, err := strconv.ParseInt(session, 36, 64)
	m.mu.Lock()
	defer m.mu.Unlock()
	return writer, err == nil && slices.Contains(m.ended, id)
}

// locksLost records that a process may be without locks that it holds.
func (m *Map) locksLost() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.unlocked = time.Now()
}

// Unlocked implements [idmap.Shared].
func (m *Map) Unlocked() time.Time {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return time.Now()
	}
	return m.unlocked
}

// Unordered implements [idmap.Shared].
func (m *Map) Unordered() time.Time {
	unlocked := m.Unlocked()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.unordered.After(unlocked) {
		return m.unordered
	}
	return unlocked
}

// dropSession ends the session and its locks. The caller has the turn.
func (m *Map) dropSession() {
	if m.session.leases.Load() > 0 {
		m.locksLost()
	}
	m.session.drop()
}

// drop is dropSession without a record of it.
func (s *session) drop() {
	s.alive.Store(nil)
	closeNow(s.conn)
	s.conn = nil
}

// close ends the session of a writer. Unless it has locks, the others need not know.
func (s *session) close(ctx context.Context, writer string) {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	if s.conn == nil {
		return
	}
	if s.leases.Load() == 0 {
		_, _ = s.conn.Exec(ctx, `DELETE FROM sessions WHERE writer = $1`, writer) // if it fails, the others are careful
	}
	s.drop()
}
