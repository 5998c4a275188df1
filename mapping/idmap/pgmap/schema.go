package pgmap

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// program marks the tables as those of this program.
const program = "tvscim"

// oldestServer is the oldest version of PostgreSQL that has all that is used: 14 has
// idle_session_timeout.
const oldestServer = 140000

// migrations are the steps from each layout of the tables to the next, by the number of the layout
// that they lead to, less one. A released one never changes. The schema itself is created before.
var migrations = []string{`
CREATE TABLE meta (
	one boolean PRIMARY KEY DEFAULT true CHECK (one),
	program text NOT NULL,
	layout integer NOT NULL,
	version bigint NOT NULL
);
INSERT INTO meta (program, layout, version) VALUES ('` + program + `', 0, 0);
CREATE TABLE entries (
	name text PRIMARY KEY,
	value text,
	version bigint NOT NULL,
	writer text NOT NULL,
	others bigint NOT NULL,
	changed timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX entries_version ON entries (version);
`, `
CREATE TABLE sessions (
	id bigint PRIMARY KEY,
	writer text NOT NULL,
	ended timestamptz
);
`}

// layoutOf returns the number of the layout of the tables, 0 if there are none. It refuses tables
// of another program.
func layoutOf(ctx context.Context, conn *pgx.Conn, schema string) (layout int, err error) {
	var tables, mine int
	var usable bool
	if err := conn.QueryRow(ctx, `SELECT count(*), count(*) FILTER (WHERE tablename IN ('meta', 'entries')),
		COALESCE(bool_or(has_schema_privilege(schemaname::text, 'USAGE')), true)
		FROM pg_tables WHERE schemaname = $1`, schema).Scan(&tables, &mine, &usable); err != nil {
		return 0, explain(err)
	}
	switch {
	case tables == 0:
		return 0, nil
	case !usable: // the tables would look missing
		return 0, errRights
	case mine < 2:
		return 0, ErrForeign
	}
	var name string
	err = conn.QueryRow(ctx, `SELECT program, layout FROM meta`).Scan(&name, &layout)
	_, otherType := errors.AsType[pgx.ScanArgError](err)
	switch {
	case hasCode(err, codeNoRight, codeNoTable): // a schema that may not be used hides its tables
		return 0, errRights
	case hasCode(err, codeNoColumn), errors.Is(err, pgx.ErrNoRows), otherType, err == nil && name != program:
		return 0, ErrForeign // also a table meta with other columns
	case err != nil:
		return 0, explain(err)
	case layout < 1: // it is never stored
		return 0, fmt.Errorf("%w (layout %d)", errDamaged, layout)
	}
	return layout, nil
}

// errRehearsed ends the transaction of a rehearsal.
var errRehearsed = errors.New("rehearsed")

// migrate brings the tables to the layout of this program, all in one transaction. Processes that
// do it at the same time wait for each other. A rehearsal changes nothing.
func migrate(ctx context.Context, conn *pgx.Conn, schema string, rehearsal bool) error {
	layout, err := layoutOf(ctx, conn, schema)
	if err == nil {
		err = checkLayout(layout)
	}
	if err != nil || layout == len(migrations) {
		return err
	}
	var failed error // with a text of its own
	err = pgx.BeginFunc(ctx, conn, func(tx pgx.Tx) error {
		if failed = migrateIn(ctx, tx, schema); failed != nil || !rehearsal {
			return failed
		}
		return errRehearsed
	})
	switch {
	case failed != nil:
		return failed
	case err == nil, errors.Is(err, errRehearsed):
		return nil
	}
	return explain(err)
}

// explainMigration is explain for a step of a migration.
func explainMigration(err error) error {
	if hasCode(err, codeNoRight) {
		return ErrMigrate
	}
	return explain(err)
}

// migrateIn returns errors to show.
func migrateIn(ctx context.Context, tx pgx.Tx, schema string) error {
	if _, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1)`, lockID(schema, "migrate")); err != nil {
		return explain(err)
	}
	layout, err := layoutOf(ctx, tx.Conn(), schema) // another process may have been faster
	if err != nil {
		return err
	}
	if layout == 0 {
		if err := createSchema(ctx, tx, schema); err != nil {
			return explainMigration(err)
		}
	}
	for next := layout; next < len(migrations); next++ {
		if _, err := tx.Exec(ctx, migrations[next]); err != nil {
			return explainMigration(err)
		}
		if _, err := tx.Exec(ctx, `UPDATE meta SET layout = $1`, next+1); err != nil {
			return explainMigration(err)
		}
	}
	return nil
}

// quoted returns a name as an identifier of SQL.
func quoted(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

// createSchema creates the schema unless it exists: that needs no right on the database.
func createSchema(ctx context.Context, tx pgx.Tx, schema string) error {
	var exists bool
	if err := tx.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)`, schema).Scan(&exists); err != nil || exists {
		return err
	}
	_, err := tx.Exec(ctx, `CREATE SCHEMA `+quoted(schema))
	return err
}

// Grants returns the statements that give a user the rights that the gateway needs, but for the
// migration.
func Grants(schema, user string) []string {
	schema, user = quoted(schema), quoted(user)
	return []string{
		"GRANT USAGE ON SCHEMA " + schema + " TO " + user + ";",
		"GRANT SELECT, UPDATE ON " + schema + ".meta TO " + user + ";",
		"GRANT SELECT, INSERT, UPDATE ON " + schema + ".entries TO " + user + ";",
		"GRANT SELECT, INSERT, UPDATE, DELETE ON " + schema + ".sessions TO " + user + ";",
	}
}
