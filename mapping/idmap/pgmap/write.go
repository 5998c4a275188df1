package pgmap

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"

	"tvscim/mapping/idmap"
)

// anyVersion is the expected version of a change that replaces whatever is stored.
const anyVersion = -1

// maxMessage is the length of a message in bytes: PostgreSQL takes payloads of less than 8000
// bytes.
const maxMessage = 7900

// manyFactor is how many times longer a write of many records may take than another one.
const manyFactor = 60

// change is the new value of one entry.
type change struct {
	name     string
	value    *string // nil: delete it
	expected int64   // the version that the writer knows
}

// write is what one caller wants to have written, all of it in one transaction.
type write struct {
	changes []change
	message string // to other processes; "": none
	many    bool   // of many records, which may take longer
	done    bool   // guarded by queue.turn
	err     error
}

// queue holds the writes that the next transaction makes: while one is under way, those of others
// collect and share the next commit.
type queue struct {
	turn   chan struct{} // of capacity 1; full while a transaction is under way
	mu     sync.Mutex
	writes []*write
	closed bool
}

func (q *queue) add(w *write) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if !q.closed {
		q.writes = append(q.writes, w)
	}
	return !q.closed
}

// take returns the writes for the next transaction. A second write to an entry is left for the one
// after it, since one statement cannot change a row twice.
func (q *queue) take() []*write {
	q.mu.Lock()
	defer q.mu.Unlock()
	seen := make(map[string]bool)
	for i, w := range q.writes {
		for _, c := range w.changes {
			if seen[c.name] {
				taken := q.writes[:i:i]
				q.writes = append([]*write(nil), q.writes[i:]...)
				return taken
			}
		}
		for _, c := range w.changes {
			seen[c.name] = true
		}
	}
	taken := q.writes
	q.writes = nil
	return taken
}

func (q *queue) waiting() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.writes) > 0
}

func (q *queue) close() {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = true
}

// Put replaces the record of an id unless another process has changed it since r.Version.
func (m *Map) Put(id string, r idmap.Record) error {
	c, err := recordChange(id, r, r.Version)
	if err != nil {
		return err
	}
	return m.write(&write{changes: []change{c}})
}

// PutAll replaces the records of many ids, whatever is stored: all of them, or on error none.
func (m *Map) PutAll(records iter.Seq2[string, idmap.Record]) error {
	w := write{many: true}
	for id, r := range records {
		c, err := recordChange(id, r, anyVersion)
		if err != nil {
			return err
		}
		w.changes = append(w.changes, c)
	}
	return m.write(&w)
}

// Delete deletes the record of an id, unless another process has just changed it.
func (m *Map) Delete(id string) error {
	name := recordPrefix + id
	if _, ok := m.Peek(id); !ok {
		return nil
	}
	return m.write(&write{changes: []change{{name: name, expected: m.mirror.version(name)}}})
}

// DeleteAll deletes the records of many ids: all of them, or on error none.
func (m *Map) DeleteAll(ids iter.Seq[string]) error {
	w := write{many: true}
	for id := range ids {
		if _, ok := m.Peek(id); ok {
			w.changes = append(w.changes, change{name: recordPrefix + id, expected: anyVersion})
		}
	}
	return m.write(&w)
}

// PutNote replaces a note; nil deletes it.
func (m *Map) PutNote(name string, note []byte) error {
	c := change{name: notePrefix + name, expected: anyVersion}
	if note != nil {
		text := string(note)
		c.value = &text
	} else if m.Note(name) == nil {
		return nil
	}
	return m.write(&write{changes: []change{c}})
}

// lonelyMessage is how long a message waits for another write to be sent with.
const lonelyMessage = 20 * time.Millisecond

// Announce sends a message to the other processes: together with the next write, before a lock is
// released, or soon. One that is too long is an error.
func (m *Map) Announce(message []byte) error {
	if len(message) > maxMessage {
		return fmt.Errorf("a message of %d bytes is too long", len(message))
	}
	if err := m.available(); err != nil {
		m.unsent.Store(true)
		return err
	}
	if !m.queue.add(&write{message: string(message)}) {
		return errClosed
	}
	time.AfterFunc(lonelyMessage, m.drain)
	return nil
}

// drain makes the writes of the queue.
func (m *Map) drain() {
	for m.queue.waiting() {
		m.queue.turn <- struct{}{}
		m.flush()
		<-m.queue.turn
	}
}

func recordChange(id string, r idmap.Record, expected int64) (change, error) {
	if id == "" {
		return change{}, errors.New("record: an id must not be empty")
	}
	value, err := encode(r)
	if err != nil {
		return change{}, fmt.Errorf("record %.20q: %w", id, err)
	}
	return change{name: recordPrefix + id, value: &value, expected: expected}, nil
}

// write makes changes and returns once PostgreSQL has committed them.
func (m *Map) write(w *write) error {
	if err := m.available(); err != nil {
		return err
	}
	if len(w.changes) == 0 && w.message == "" {
		return nil
	}
	if !m.queue.add(w) {
		return errClosed
	}
	for {
		m.queue.turn <- struct{}{}
		if !w.done {
			m.flush()
		}
		done := w.done
		<-m.queue.turn
		if done {
			return w.err
		}
	}
}

// flush makes the first writes of the queue in one transaction. If that fails though PostgreSQL can
// be reached, each is made in a transaction of its own. The caller holds the turn.
func (m *Map) flush() {
	writes := m.queue.take()
	if len(writes) == 0 {
		return
	}
	err := m.available() // it may have been lost while the writes waited
	if err != nil {
		for _, w := range writes {
			w.done, w.err = true, err
			m.unsent.Store(m.unsent.Load() || w.message != "")
		}
		return
	}
	err = m.transact(writes)
	for _, w := range writes {
		if err != nil && len(writes) > 1 && !unreachable(err) {
			w.settle(m, m.transact([]*write{w}))
		} else {
			w.settle(m, err)
		}
	}
}

// settle ends a write with the result of its transaction.
func (w *write) settle(m *Map, err error) {
	w.done = true
	if err != nil {
		w.err = m.fails(err)
		m.unsent.Store(m.unsent.Load() || w.message != "")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.failed = nil
	if err != nil {
		m.failed = w.err
	}
}

// The statements of a transaction. The first one locks the row of the number, so that the changes
// of all processes are in one order, and each of the others sees what was committed before. A row
// is replaced if nobody but the writer has changed it since the expected version: others is the
// version of the latest change before those of the present writer.
const (
	nextNumber = `UPDATE meta SET version = version + 1 RETURNING version`
	upsert     = `
INSERT INTO entries AS e (name, value, version, writer, others)
SELECT i.name, i.value, meta.version, $4,
	CASE WHEN o.name IS NULL THEN 0 WHEN o.writer = $4 THEN o.others ELSE o.version END
FROM meta, unnest($1::text[], $2::text[], $3::bigint[]) AS i (name, value, expected)
LEFT JOIN entries o ON o.name = i.name
WHERE o.name IS NULL OR i.expected < 0 OR o.value IS NULL AND i.expected = 0
	OR i.expected >= CASE WHEN o.writer = $4 THEN o.others ELSE o.version END
ON CONFLICT (name) DO UPDATE SET value = excluded.value, version = excluded.version,
	writer = excluded.writer, others = excluded.others, changed = now()
RETURNING e.name`
	notify       = `SELECT pg_notify($1, $2)`
	notifyNumber = `SELECT pg_notify($1, $2 || ' v ' || version || ' ' || $3) FROM meta`
)

// transact makes writes in one transaction, which is one round trip. A write that another process
// was faster with gets [idmap.ErrChanged] and does not prevent the others.
func (m *Map) transact(writes []*write) error {
	batch := &pgx.Batch{}
	batch.Queue(nextNumber)
	var names []string
	var values []*string
	var expected []int64
	for _, w := range writes {
		for _, c := range w.changes {
			names, values, expected = append(names, c.name), append(values, c.value), append(expected, c.expected)
		}
	}
	if len(names) > 0 {
		batch.Queue(upsert, names, values, expected, m.writer)
	}
	last := "" // message, which is sent with the number
	for _, w := range writes {
		if w.message == "" {
			continue
		}
		if last != "" {
			batch.Queue(notify, m.channel(), m.writer+" m "+last)
		}
		last = w.message
	}
	unsent := m.unsent.Swap(false)
	if unsent {
		batch.Queue(notify, m.channel(), m.writer+" l")
	}
	batch.Queue(notifyNumber, m.channel(), m.writer, last) // the last: see heard
	limit := m.options.Timeout
	if slices.ContainsFunc(writes, func(w *write) bool { return w.many }) {
		limit *= manyFactor
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	number, stored, err := runBatch(ctx, m.pool, batch, len(names) > 0)
	if err != nil {
		m.unsent.Store(m.unsent.Load() || unsent)
		return err
	}
	conflict := m.adopt(writes, number, stored)
	m.mirror.wrote(number)
	if conflict { // so that a retry reads what the other process has stored
		_ = m.catchUp(ctx, m.pool)
	}
	return nil
}

// adopt takes over what was stored, and gives the writes that were not their error.
func (m *Map) adopt(writes []*write, number int64, stored map[string]bool) (conflict bool) {
	for _, w := range writes {
		for _, c := range w.changes {
			if stored[c.name] {
				_, _ = m.mirror.apply(entry{name: c.name, value: c.value, version: number}) // it was encoded a moment ago
				continue
			}
			conflict = true
			w.err = fmt.Errorf("%.40q %w", c.name[len(recordPrefix):], idmap.ErrChanged)
		}
	}
	return conflict
}

// sender is a connection or a pool of them.
type sender interface {
	SendBatch(context.Context, *pgx.Batch) pgx.BatchResults
	Query(context.Context, string, ...any) (pgx.Rows, error)
}

// runBatch sends the statements of transact and returns the number of the change and the names of
// the entries that were stored.
func runBatch(ctx context.Context, to sender, batch *pgx.Batch, changes bool) (number int64, stored map[string]bool, err error) {
	results := to.SendBatch(ctx, batch)
	if err = results.QueryRow().Scan(&number); err == nil && changes {
		rows, _ := results.Query() // its error is that of CollectRows
		var names []string
		if names, err = pgx.CollectRows(rows, pgx.RowTo[string]); err == nil {
			stored = make(map[string]bool, len(names))
			for _, name := range names {
				stored[name] = true
			}
		}
	}
	if closed := results.Close(); err == nil { // reads the rest, and the result of the commit
		err = closed
	}
	return number, stored, err
}

// UpdateNote replaces a note by what edit returns for the latest one of any process.
func (m *Map) UpdateNote(name string, edit func(note []byte) []byte) error {
	if err := m.available(); err != nil {
		return err
	}
	ctx, cancel := m.brief(context.Background())
	defer cancel()
	e := entry{name: notePrefix + name, writer: m.writer}
	err := pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, nextNumber).Scan(&e.version); err != nil {
			return err
		}
		var old *string
		err := tx.QueryRow(ctx, `SELECT value FROM entries WHERE name = $1`, e.name).Scan(&old)
		if err != nil && !errors.Is(err, pgx.ErrNoRows) {
			return err
		}
		var before []byte
		if old != nil {
			before = []byte(*old)
		}
		if after := edit(before); after != nil {
			text := string(after)
			e.value = &text
		}
		batch := &pgx.Batch{}
		batch.Queue(upsert, []string{e.name}, []*string{e.value}, []int64{anyVersion}, m.writer)
		batch.Queue(notifyNumber, m.channel(), m.writer, "")
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return m.fails(err)
	}
	_, _ = m.mirror.apply(e) // a note is not decoded
	m.mirror.wrote(e.version)
	return nil
}
