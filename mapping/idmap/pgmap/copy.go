package pgmap

import (
	"context"
	"math"

	"github.com/jackc/pgx/v5"

	"tvscim/mapping/idmap"
)

// Copy returns a copy of all records and notes in memory. It changes nothing: without tables the
// copy is empty, and tables of an older version are refused.
func Copy(ctx context.Context, url string) (idmap.Map, error) {
	o := Options{}
	o.setDefaults()
	t, err := parse(url)
	if err != nil {
		return nil, err
	}
	records, err := idmap.NewLRU(math.MaxInt32, nil)
	if err != nil {
		return nil, err
	}
	all := newMirror(records)
	return records, t.use(ctx, o, func(ctx context.Context, conn *pgx.Conn) error {
		layout, err := layoutOf(ctx, conn, t.schema)
		switch {
		case err != nil || layout == 0:
			return err
		case layout > len(migrations):
			return checkLayout(layout)
		case layout < len(migrations):
			return ErrMigrate
		}
		rows, err := conn.Query(ctx, `SELECT name, value, version FROM entries WHERE value IS NOT NULL`)
		if err != nil {
			return explain(err)
		}
		var name, value string
		var version int64
		_, err = pgx.ForEachRow(rows, []any{&name, &value, &version}, func() error {
			text := value
			_, _ = all.apply(entry{name: name, value: &text, version: version}) // one that cannot be read is left out
			return nil
		})
		if err != nil {
			return explain(err)
		}
		return nil
	})
}
