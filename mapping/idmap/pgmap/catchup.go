package pgmap

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/jackc/pgx/v5"
)

// catchUp reads the changes that this process does not know. Their messages come too.
func (m *Map) catchUp(ctx context.Context, from sender) error {
	return m.readChanges(ctx, from, m.mirror.known, nil)
}

// catchUpMissed is catchUp after messages were lost: it reports the records that other processes
// have changed since the latest message, even those of changes that are known.
func (m *Map) catchUpMissed(ctx context.Context, from sender) error {
	return m.readChanges(ctx, from, m.mirror.heardUpTo, m.subscribed().MissedChange)
}

// readChanges reads and takes over the changes after a number, and those that this process does not
// know. It hands the ids of records that other processes have changed to report, unless that is nil.
func (m *Map) readChanges(ctx context.Context, from sender, after func() int64, report func(id string)) error {
	known := m.mirror.known()
	since := min(known, after())
	number, changed, err := readSince(ctx, from, since)
	m.syncing.Lock() // not before: a connection that hangs must not stop others
	defer m.syncing.Unlock()
	switch {
	case err != nil:
		return err
	case number < known, m.mirror.known() < known: // the number went back, for the second one since
		if changed, err = m.readAnew(ctx, from); err != nil {
			return err
		}
		since = 0
	default:
		for _, e := range changed {
			m.take(e)
		}
		m.mirror.knows(number)
	}
	for _, e := range changed {
		if id, isRecord := strings.CutPrefix(e.name, recordPrefix); isRecord && report != nil && e.byOthers(m.writer) > since {
			report(id)
		}
	}
	return nil
}

// readSince returns the number of the latest change, and the entries that changed after another
// one. It fails if the tables have a newer layout.
func readSince(ctx context.Context, from sender, known int64) (number int64, changed []entry, err error) {
	batch := &pgx.Batch{}
	var layout int
	batch.Queue(`SELECT version, layout FROM meta`).QueryRow(func(row pgx.Row) error { return row.Scan(&number, &layout) })
	batch.Queue(`SELECT name, value, version, writer, others FROM entries WHERE version > $1 ORDER BY version`, known).
		Query(func(rows pgx.Rows) (err error) {
			changed, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (e entry, err error) {
				return e, row.Scan(&e.name, &e.value, &e.version, &e.writer, &e.others)
			})
			return err
		})
	if err = from.SendBatch(ctx, batch).Close(); err == nil {
		err = checkLayout(layout)
	}
	return number, changed, err
}

// checkLayout returns an error for a layout that this version does not know.
func checkLayout(layout int) error {
	if layout > len(migrations) {
		return fmt.Errorf("%w (layout %d, this version knows %d)", ErrNewer, layout, len(migrations))
	}
	return nil
}

// readAnew reads everything anew, after the database was restored from a backup or a standby server
// that lacks the latest changes took over, and returns it. Meanwhile this process changes nothing.
func (m *Map) readAnew(ctx context.Context, from sender) ([]entry, error) {
	m.writing.Lock()
	defer m.writing.Unlock()
	number, all, err := readSince(ctx, from, 0)
	if err != nil {
		return nil, err
	}
	notes := maps.Collect(m.mirror.records.Notes(""))
	for name, err := range m.mirror.replace(number, all) {
		m.options.Damaged(name, err)
	}
	maps.Insert(notes, m.mirror.records.Notes(""))
	subscriber := m.subscribed()
	if subscriber.NoteChanged != nil {
		for name := range notes {
			subscriber.NoteChanged(name)
		}
	}
	if subscriber.Missed != nil {
		subscriber.Missed()
	}
	m.options.Reverted()
	return all, nil
}

// take takes over a row that was read.
func (m *Map) take(e entry) {
	applied, err := m.mirror.apply(e)
	if err != nil {
		m.options.Damaged(e.name, err)
	}
	name, isNote := strings.CutPrefix(e.name, notePrefix)
	if changed := m.subscribed().NoteChanged; applied && isNote && e.writer != m.writer && changed != nil {
		changed(name)
	}
}
