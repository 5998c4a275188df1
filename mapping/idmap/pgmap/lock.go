package pgmap

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"sync/atomic"
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
	m    *Map
	r    *lockRequest // nil: nothing was acquired
	late bool         // messages were still to come
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

// Confirm implements [idmap.Lease].
func (l lease) Confirm() bool {
	if l.r != nil && l.Held() {
		l.m.beatSession()
	}
	return l.Held()
}

// Current implements [idmap.Lease].
func (l lease) Current() bool { return l.r != nil && !l.late && l.Held() }

// Release implements [idmap.Lease].
func (l lease) Release() {
	if l.r != nil {
		l.m.drain() // what the holder announced comes before the next holder
		l.m.turns.end(l.r.ids)
		l.m.unlock(l.r)
		l.m.session.leases.Add(-1)
	}
}

// lockRequest asks for locks, or for their release. Those that come during a round trip share the
// next one.
type lockRequest struct {
	ids     []int64
	release bool
	settled atomic.Bool   // there is a result, or no caller waits for one
	done    chan struct{} // closed when there is a result

	// The result.
	held       []int64 // of ids
	generation int     // of the session; of a release, the one that has the locks
	number     int64   // of the latest change after the locks were acquired
	err        error
}

// free reports whether all locks were acquired.
func (r *lockRequest) free() bool { return !r.release && r.err == nil && len(r.held) == len(r.ids) }

// abandon records that no caller waits for the result, and reports whether there was none yet.
func (r *lockRequest) abandon() bool { return r.settled.CompareAndSwap(false, true) }

// finish hands out the result, and reports whether a caller waits for it.
func (r *lockRequest) finish(err error) bool {
	r.err = err
	waits := r.settled.CompareAndSwap(false, true)
	if waits {
		close(r.done)
	}
	return waits
}

// Lock acquires the locks of all keys, or none. While PostgreSQL cannot be reached, it acquires
// nothing and returns no error: the caller must not change then what others may change too.
func (m *Map) Lock(ctx context.Context, keys ...string) (idmap.Lease, error) {
	ids := make([]int64, len(keys))
	for i, key := range keys {
		ids[i] = lockID(m.schema, key)
	}
	slices.Sort(ids)
	if m.Replicas() > 1 && m.turns.over(ids) {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(breather):
		}
	}
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if m.available() != nil {
			return lease{}, nil //nolint:nilerr // see above
		}
		r := &lockRequest{ids: ids, done: make(chan struct{})}
		m.ask(r)
		select {
		case <-r.done:
		case <-ctx.Done():
			if !r.abandon() && r.free() {
				m.unlock(r)
			}
			return nil, ctx.Err()
		}
		switch {
		case r.err != nil:
			return lease{}, nil //nolint:nilerr // see above
		case r.free():
			m.session.leases.Add(1)
			m.turns.begin(ids)
			l := lease{m: m, r: r, late: !m.await(ctx, r.number)}
			if !l.late {
				return l, nil
			}
			m.careful() // what comes late may be older than what the caller does
			if err := m.readUpTo(r.number); err != nil {
				l.Release() // without the changes before, the locks are worth nothing
				_ = m.failsToLock(err)
				return lease{}, ctx.Err()
			}
			return l, nil
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(pause):
		}
	}
}

// readUpTo reads the changes up to a number, unless they are known. It does not end with the caller's
// deadline, which says nothing of PostgreSQL.
func (m *Map) readUpTo(number int64) error {
	if m.mirror.known() >= number {
		return nil
	}
	ctx, cancel := m.brief(context.Background())
	defer cancel()
	return m.catchUp(ctx, m.pool)
}

// unlock has locks released that were acquired, unless their session has ended. It does not wait
// for that.
func (m *Map) unlock(locked *lockRequest) {
	m.ask(&lockRequest{ids: locked.ids, generation: locked.generation, release: true, done: make(chan struct{})})
}

// ask has a request carried out by a goroutine, so that no deadline of a caller ends the session,
// and the locks of all with it. A release waits shortly for another request.
func (m *Map) ask(r *lockRequest) {
	switch {
	case !m.locks.add(r):
		r.finish(errClosed)
	case r.release:
		time.AfterFunc(lateRelease, func() { m.locks.start() })
	default:
		m.locks.start()
	}
}

// carryOutLocks carries out requests, and releases locks that no caller waits for.
func (m *Map) carryOutLocks(requests []*lockRequest) {
	err := m.roundTrip(requests)
	for _, r := range requests {
		if !r.finish(err) && r.free() {
			m.unlock(r)
		}
	}
}

// roundTrip carries out requests within the time of one operation. A session that has ended since
// it was used is replaced.
func (m *Map) roundTrip(requests []*lockRequest) error {
	m.session.turn <- struct{}{}
	defer func() { <-m.session.turn }()
	if err := m.available(); err != nil { // it may have been lost while the requests waited
		m.session.postpone(requests)
		return err
	}
	ctx, cancel := m.brief(context.Background())
	defer cancel()
	kept := m.session.conn != nil
	err := m.carryOut(ctx, requests)
	if err != nil && kept {
		err = m.carryOut(ctx, requests)
	}
	if err == nil {
		return nil
	}
	return m.failsToLock(err)
}

// failsToLock is fails for an error that prevents locks. Changes are withheld then, as without writes.
func (m *Map) failsToLock(err error) error {
	shown := m.fails(err)
	if !unreachable(err) {
		m.wrote(shown)
	}
	return shown
}

// The statements of a round trip.
const (
	releaseLocks = `SELECT pg_advisory_unlock(i) FROM unnest($1::bigint[]) AS i`
	// releases some locks and returns those of others that are free, in any order: a session can
	// acquire a lock that it has once more
	changeLocks = `
SELECT array_remove(array_agg(held), NULL) FROM (
	SELECT CASE WHEN pg_advisory_unlock(i) IS NULL THEN i END AS held FROM unnest($1::bigint[]) AS i
	UNION ALL SELECT CASE WHEN pg_try_advisory_lock(i) THEN i END FROM unnest($2::bigint[]) AS i
) AS changed`
	// what was committed before the locks were free, and the sessions that lost them, if they did
	latestNumber = `SELECT version, (` + endedSessions + `) FROM meta`
)

// carryOut releases locks first, and acquires others then: all of a request or none. The caller has
// the turn.
func (m *Map) carryOut(ctx context.Context, requests []*lockRequest) error {
	if err := m.openSession(ctx); err != nil {
		return err
	}
	released := m.session.unreleased
	var wanted []int64
	var asked []*lockRequest
	for _, r := range requests {
		switch {
		case !r.release:
			asked, wanted = append(asked, r), append(wanted, r.ids...)
		case r.generation == m.session.generation:
			released = append(released, r.ids...)
		}
	}
	began := time.Now()
	g, err := m.session.exchange(ctx, released, wanted, m.writer)
	var partial []int64
	for _, r := range asked {
		r.held, r.generation, r.number = g.of(r.ids), m.session.generation, g.number
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
	m.session.unreleased = nil
	m.session.answered(began)
	m.notice(g.ended)
	return nil
}

// grant is what PostgreSQL answers.
type grant struct {
	held   []int64 // the locks that were acquired
	number int64   // of the latest change
	ended  []int64 // sessions of other processes that have ended
}

// of returns those of ids that were acquired.
func (g grant) of(ids []int64) (held []int64) {
	for _, id := range ids {
		if slices.Contains(g.held, id) {
			held = append(held, id)
		}
	}
	return held
}

// exchange releases locks and acquires others as far as they are free. The caller has the turn.
func (s *session) exchange(ctx context.Context, released, wanted []int64, writer string) (g grant, err error) {
	batch := &pgx.Batch{}
	batch.Queue(changeLocks, released, wanted).QueryRow(func(row pgx.Row) error { return row.Scan(&g.held) })
	batch.Queue(latestNumber, writer).QueryRow(func(row pgx.Row) error { return row.Scan(&g.number, &g.ended) })
	err = s.conn.SendBatch(ctx, batch).Close()
	return g, err
}
