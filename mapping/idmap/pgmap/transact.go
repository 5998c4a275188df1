package pgmap

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"tvscim/mapping/idmap"
)

// The statements of a transaction. The first one locks the row of the number, so that the changes
// of all processes are in one order, and each of the others sees what was committed before. A row
// is replaced if nobody but the writer has changed it since the expected version: others is the
// version of the latest change before those of the present writer. A process that is alone notifies
// nobody: another one that starts waits for the row of the number before it has its own row in
// sessions, so it reads what it is not told.
const (
	nextNumber = `UPDATE meta SET version = version + 1 WHERE layout = $1 RETURNING version`
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
	notify = `
SELECT pg_notify($1, payload) FROM (
	SELECT unnest($2::text[]) AS payload
	UNION ALL SELECT $3 || ' v ' || version || ' ' || $4 FROM meta
) AS payloads WHERE EXISTS (SELECT FROM sessions WHERE writer <> $5)`
)

// transact makes writes in one transaction, which is one round trip. A write that another process
// was faster with gets [idmap.ErrChanged] and does not prevent the others.
func (m *Map) transact(writes []*write) error {
	batch := &pgx.Batch{}
	batch.Queue(nextNumber, len(migrations))
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
	unsent := m.unsent.Swap(false)
	batch.Queue(notify, m.notification(writes, unsent)...)
	limit := m.options.Timeout
	if slices.ContainsFunc(writes, func(w *write) bool { return w.many }) {
		limit *= manyFactor
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	conflict, err := m.commitBatch(ctx, batch, writes, len(names) > 0)
	if err != nil {
		m.unsent.Store(m.unsent.Load() || unsent)
		return err
	}
	if conflict { // so that a retry reads what the other process has stored
		_ = m.catchUp(ctx, m.pool)
	}
	return nil
}

// commitBatch sends the statements of transact and takes over what was stored.
func (m *Map) commitBatch(ctx context.Context, batch *pgx.Batch, writes []*write, changes bool) (conflict bool, err error) {
	m.writing.RLock()
	defer m.writing.RUnlock()
	number, stored, err := runBatch(ctx, m.pool, batch, changes)
	if err != nil {
		return false, err
	}
	conflict = m.adopt(writes, number, stored)
	m.mirror.wrote(number)
	return conflict, nil
}

// notification returns the arguments of notify for the messages of writes: the last one is sent
// with the number, after all others; see heard.
func (m *Map) notification(writes []*write, unsent bool) []any {
	sender, last := m.sender(), ""
	var payloads []string
	for _, w := range writes {
		if w.message == "" {
			continue
		}
		if last != "" {
			payloads = append(payloads, sender+" m "+last)
		}
		last = w.message
	}
	if unsent {
		payloads = append(payloads, sender+" l")
	}
	return []any{m.channel(), payloads, sender, last, m.writer}
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
	if err = numberOf(results.QueryRow(), &number); err == nil && changes {
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

// numberOf reads the result of nextNumber.
func numberOf(row pgx.Row, number *int64) error {
	err := row.Scan(number)
	if errors.Is(err, pgx.ErrNoRows) {
		return ErrNewer // since this process began
	}
	return err
}
