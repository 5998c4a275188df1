package pgmap

import (
	"context"
	"errors"
	"fmt"
	"iter"
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

// write is what one caller wants to have written, all of it in one transaction. Those that come
// during a transaction share the next one.
type write struct {
	changes []change
	message string        // to other processes; "": none
	many    bool          // of many records, which may take longer
	done    chan struct{} // closed when there is a result
	err     error         // the result
}

func newWrite(changes ...change) *write {
	return &write{changes: changes, done: make(chan struct{})}
}

// untilRepeated splits writes before the first one to an entry that an earlier one changes: one
// statement cannot change a row twice.
func untilRepeated(writes []*write) (first, rest []*write) {
	seen := make(map[string]bool)
	for i, w := range writes {
		for _, c := range w.changes {
			if seen[c.name] {
				return writes[:i], writes[i:]
			}
		}
		for _, c := range w.changes {
			seen[c.name] = true
		}
	}
	return writes, nil
}

// Put replaces the record of an id unless another process has changed it since r.Version.
func (m *Map) Put(id string, r idmap.Record) error {
	c, err := recordChange(id, r, r.Version)
	if err != nil {
		return err
	}
	return m.write(newWrite(c))
}

// PutAll replaces the records of many ids, whatever is stored: all of them, or on error none.
func (m *Map) PutAll(records iter.Seq2[string, idmap.Record]) error {
	w := newWrite()
	w.many = true
	for id, r := range records {
		c, err := recordChange(id, r, anyVersion)
		if err != nil {
			return err
		}
		w.changes = append(w.changes, c)
	}
	return m.write(w)
}

// Delete deletes the record of an id, unless another process has just changed it.
func (m *Map) Delete(id string) error {
	name := recordPrefix + id
	if _, ok := m.Peek(id); !ok {
		return nil
	}
	return m.write(newWrite(change{name: name, expected: m.mirror.version(name)}))
}

// DeleteAll deletes the records of many ids: all of them, or on error none.
func (m *Map) DeleteAll(ids iter.Seq[string]) error {
	w := newWrite()
	w.many = true
	for id := range ids {
		if _, ok := m.Peek(id); ok {
			w.changes = append(w.changes, change{name: recordPrefix + id, expected: anyVersion})
		}
	}
	return m.write(w)
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
	return m.write(newWrite(c))
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
	w := newWrite()
	w.message = string(message)
	if !m.writes.add(w) {
		return errClosed
	}
	time.AfterFunc(lonelyMessage, func() { m.writes.start() })
	return nil
}

// drain returns once the writes and messages so far are committed, or have failed.
func (m *Map) drain() {
	if last := m.writes.start(); last != nil {
		<-last.done
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
	if !m.writes.add(w) {
		return errClosed
	}
	m.writes.start()
	<-w.done
	return w.err
}

// flush makes writes, in one transaction if it can.
func (m *Map) flush(writes []*write) {
	for len(writes) > 0 {
		var first []*write
		first, writes = untilRepeated(writes)
		m.commit(first)
	}
}

// commit makes writes in one transaction. If that fails though PostgreSQL can be reached, each is
// made in a transaction of its own.
func (m *Map) commit(writes []*write) {
	err := m.available() // it may have been lost while the writes waited
	if err != nil {
		for _, w := range writes {
			w.finish(m, err)
		}
		return
	}
	err = m.transact(writes)
	if err != nil && len(writes) > 1 && !unreachable(err) {
		for _, w := range writes {
			m.settle(w, m.transact([]*write{w}))
		}
		return
	}
	for _, w := range writes {
		m.settle(w, err)
	}
}

// settle ends a write with the result of its transaction.
func (m *Map) settle(w *write, err error) {
	if err != nil {
		err = m.fails(err)
	}
	m.wrote(err)
	w.finish(m, err)
}

// finish ends a write.
func (w *write) finish(m *Map, err error) {
	if err != nil {
		w.err = err
		m.unsent.Store(m.unsent.Load() || w.message != "")
	}
	close(w.done)
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
	m.writing.RLock()
	defer m.writing.RUnlock()
	e := entry{name: notePrefix + name, writer: m.writer}
	err := pgx.BeginFunc(ctx, m.pool, func(tx pgx.Tx) error {
		if err := numberOf(tx.QueryRow(ctx, nextNumber, len(migrations)), &e.version); err != nil {
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
		batch.Queue(notify, m.notification(nil, false)...)
		return tx.SendBatch(ctx, batch).Close()
	})
	if err != nil {
		return err
	}
	_, _ = m.mirror.apply(e) // a note is not decoded
	m.mirror.wrote(e.version)
	return nil
}
