package pgmap

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
)

// Intervals of the goroutine that listens.
const (
	heartbeat  = 2 * time.Second        // how often the connection is tried
	retryEvery = 500 * time.Millisecond // between attempts to connect
)

// channel is the name of the channel of notifications: each schema has its own.
func (m *Map) channel() string { return program + " " + m.schema }

// listen follows the changes of other processes until the Map is closed, over connections that it
// renews. conn is the first one.
func (m *Map) listen(conn *pgx.Conn) {
	for {
		err := m.follow(conn)
		closeNow(conn)
		if m.closing.Err() != nil {
			return
		}
		m.lost(m.named(explain(err)))
		for pause := time.Duration(0); ; pause = retryEvery {
			select {
			case <-m.closing.Done():
				return
			case <-time.After(pause):
			}
			if conn, err = m.connectListener(m.closing); err == nil {
				break
			}
			m.lost(m.named(explain(err)))
		}
		m.recovered()
		if missed := m.subscribed().Missed; missed != nil {
			missed()
		}
	}
}

// connectListener returns a connection that listens, after all changes until then were read.
// Messages until then are lost.
func (m *Map) connectListener(ctx context.Context) (*pgx.Conn, error) {
	ctx, cancel := m.brief(ctx)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, m.config.Copy())
	if err != nil {
		return nil, err
	}
	if _, err = conn.Exec(ctx, `LISTEN `+quoted(m.channel())); err == nil {
		err = m.catchUpMissed(ctx, conn)
	}
	if err != nil {
		closeNow(conn)
		return nil, err
	}
	m.mirror.heardOf(m.mirror.known())
	return conn, nil
}

// follow hands on notifications until the connection is lost.
func (m *Map) follow(conn *pgx.Conn) error {
	for next := time.Now(); ; {
		wait := time.Until(next)
		if m.available() != nil { // it was another connection
			wait = min(wait, retryEvery)
		}
		ctx, cancel := context.WithTimeout(m.closing, max(wait, time.Millisecond))
		n, err := conn.WaitForNotification(ctx)
		quiet := ctx.Err() != nil
		cancel()
		switch {
		case err == nil:
			err = m.heard(conn, n.Payload)
		case quiet && m.closing.Err() == nil && !conn.IsClosed():
			err = nil
		}
		if err == nil && (quiet || time.Now().After(next)) {
			err = m.beat(conn)
			next = time.Now().Add(heartbeat)
		}
		if err != nil {
			return err
		}
	}
}

// beat reads what is new, in case that a notification was lost, and finds out whether PostgreSQL
// can be reached after another connection was lost.
func (m *Map) beat(conn *pgx.Conn) error {
	ctx, cancel := m.brief(m.closing)
	defer cancel()
	if err := m.catchUp(ctx, conn); err != nil {
		return err
	}
	m.countReplicas(ctx, conn)
	m.retryFailed(ctx)
	if m.available() != nil {
		m.recovered()
	}
	return nil
}

// retryFailed finds out whether changes can be written again after one could not, as on a full disk.
// It connects anew, and has writes do so: a session keeps settings of the time when it began, such
// as default_transaction_read_only.
func (m *Map) retryFailed(ctx context.Context) {
	m.mu.Lock()
	failed := m.failed
	m.mu.Unlock()
	if failed == nil {
		return
	}
	conn, err := pgx.ConnectConfig(ctx, m.config.Copy())
	if err != nil {
		return
	}
	defer closeNow(conn)
	_, err = conn.Exec(ctx, `UPDATE meta SET version = version; `+
		`UPDATE entries SET changed = changed WHERE name = (SELECT name FROM entries LIMIT 1)`)
	if err == nil {
		err = writable(ctx, conn)
	}
	if err != nil {
		return
	}
	m.pool.Reset()
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failed == failed { //nolint:errorlint // the very same
		m.failed, m.failing = nil, time.Time{}
	}
}

// recovered records that PostgreSQL can be reached again, and tells the others if messages were
// lost.
func (m *Map) recovered() {
	m.found()
	m.ask(&lockRequest{release: true, done: make(chan struct{})}) // for locks that could not be released
	if m.unsent.Load() && m.writes.add(newWrite()) {              // so that it does not wait for the next write
		m.writes.start()
	}
}

// heard handles a notification: "SENDER v NUMBER MESSAGE" for a change, which is the last one of
// its transaction and may have a message, "SENDER m MESSAGE", "SENDER l" after messages were lost,
// or "SENDER j" of one that joins. PostgreSQL delivers those of a transaction together, in the order
// of commits.
func (m *Map) heard(conn *pgx.Conn, payload string) error {
	sender, rest, _ := strings.Cut(payload, " ")
	writer, unlocked := m.sentBy(sender)
	kind, text, _ := strings.Cut(rest, " ")
	switch kind {
	case "m":
		m.announced(writer, text, unlocked)
	case "j":
		ctx, cancel := m.brief(m.closing)
		defer cancel()
		m.countReplicas(ctx, conn)
	case "l":
		if missed := m.subscribed().Missed; missed != nil && writer != m.writer {
			missed()
		}
	case "v":
		digits, message, _ := strings.Cut(text, " ")
		number, err := strconv.ParseInt(digits, 10, 64)
		if err != nil {
			return nil // it is not of this program
		}
		if number > m.mirror.known() && writer != m.writer {
			ctx, cancel := m.brief(m.closing)
			defer cancel()
			if err := m.catchUp(ctx, conn); err != nil {
				return err
			}
		}
		if message != "" {
			m.announced(writer, message, unlocked)
		}
		m.mirror.heardOf(number)
	}
	return nil
}

// announced hands on a message of another process.
func (m *Map) announced(writer, message string, unlocked bool) {
	if announced := m.subscribed().Announced; announced != nil && writer != m.writer {
		announced([]byte(message), unlocked)
	}
}

// lateMessage is how long messages of a change are waited for. The changes are read in any case.
const lateMessage = time.Second

// await waits until the changes up to a number and their messages are known. It returns false if
// messages are still to come.
func (m *Map) await(ctx context.Context, number int64) bool {
	late := time.NewTimer(lateMessage)
	defer late.Stop()
	for {
		advanced, behind := m.mirror.behind(number)
		if !behind {
			return true
		}
		select {
		case <-advanced:
		case <-ctx.Done():
			return false
		case <-late.C:
			_ = m.catchUp(ctx, m.pool)
			return false
		}
	}
}

// countReplicas counts the processes that use the Map, with those whose session ended without
// notice within the last minute: after the sessions of all have ended, each finds itself alone for
// a moment.
func (m *Map) countReplicas(ctx context.Context, conn *pgx.Conn) {
	var replicas int
	at := time.Now()
	err := conn.QueryRow(ctx, `SELECT count(DISTINCT writer) FROM sessions WHERE ended IS NULL OR ended > now() - interval '1 minute'`).Scan(&replicas)
	if err != nil {
		return // the next beat finds out
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.replicas, m.counted = replicas, at
}

// closeNow closes a connection without waiting for the server.
func closeNow(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	_ = conn.Close(ctx)
}
