package pgmap

import (
	"context"
	"errors"
	"fmt"
	"iter"
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

// UpdateNote replaces a note by what edit returns for the latest one of any process. It waits for a
// connection that was just lost, and begins again if one is lost before edit is called.
func (m *Map) UpdateNote(name string, edit func(note []byte) []byte) error {
	edited := false
	once := func(note []byte) []byte {
		edited = true
		return edit(note)
	}
	for tries := 0; ; tries++ {
		if err := m.availableSoon(); err != nil {
			return err
		}
		err := m.updateNote(name, once)
		if err == nil {
			return nil
		}
		shown := m.fails(err)
		if edited || !unreachable(err) || tries == maxUpdateTries {
			return shown
		}
	}
}

// maxUpdateTries bounds how often UpdateNote begins again.
const maxUpdateTries = 3

// updateNote is UpdateNote with one attempt and an error of pgx.
func (m *Map) updateNote(name string, edit func(note []byte) []byte) error {
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
		batch.Queue(notifyNumber, m.channel(), m.sender(), "", m.writer)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return err
	}
	_, _ = m.mirror.apply(e) // a note is not decoded
	m.mirror.wrote(e.version)
	return nil
}
