package pgmap_test

import (
	"errors"
	"strings"
	"testing"

	"tvscim/mapping/idmap/idmaptest"
	"tvscim/mapping/idmap/pgmap"
	"tvscim/mapping/idmap/pgmap/pgtest"
)

// secret is a password that no error may contain.
const secret = "hunter2secret"

// TestRefusedDatabases: what cannot be used is refused with its name, the reason and the remedy, nothing
// secret is in the text, and nothing was changed.
func TestRefusedDatabases(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	server.Exec(t, "postgres", `CREATE USER refused PASSWORD '`+secret+`'`)
	migrated := func(t *testing.T) string {
		database := server.Database(t)
		_, _, err := pgmap.Migrate(t.Context(), server.As(database, pgtest.Admin, ""))
		must(t, err)
		return database
	}
	tests := map[string]struct {
		url  func(t *testing.T) string
		want error  // nil: any
		text string // part of the text
	}{
		"not a URL": {func(*testing.T) string { return "host=db password=" + secret }, pgmap.ErrURL, "postgres://"},
		"a port that is none": {
			func(*testing.T) string { return "postgres://tvscim:" + secret + "@db:port/tvscim" }, pgmap.ErrURL, "correct it",
		},
		"nothing listens": {
			func(*testing.T) string { return "postgres://tvscim:" + secret + "@127.0.0.1:1/tvscim" }, pgmap.ErrUnreachable, "connection refused",
		},
		"a wrong password": {
			func(t *testing.T) string { return server.As(server.Database(t), "refused", secret+"x") }, nil, "refuses the user or the password",
		},
		"a database that is not there": {
			func(*testing.T) string { return server.As("nowhere", "refused", secret) }, nil, "no database of that name",
		},
		"no right to create": {
			func(t *testing.T) string { return server.As(server.Database(t), "refused", secret) }, pgmap.ErrMigrate, "tvscim store migrate",
		},
		"no rights on the tables": {
			func(t *testing.T) string { return server.As(migrated(t), "refused", secret) }, nil, "lacks rights on the tables",
		},
		"rights to read only": {
			func(t *testing.T) string {
				database := migrated(t)
				server.Exec(t, database, `GRANT USAGE ON SCHEMA tvscim TO refused`, `GRANT SELECT ON ALL TABLES IN SCHEMA tvscim TO refused`)
				return server.As(database, "refused", secret)
			}, nil, "lacks rights on the tables",
		},
		"a newer version": {
			func(t *testing.T) string {
				database := migrated(t)
				server.Exec(t, database, `UPDATE tvscim.meta SET layout = 99`)
				return server.As(database, pgtest.Admin, "")
			}, pgmap.ErrNewer, "use that version",
		},
		"tables of another program": {
			func(t *testing.T) string {
				database := server.Database(t)
				server.Exec(t, database, `CREATE SCHEMA tvscim`, `CREATE TABLE tvscim.orders (n integer)`)
				return server.As(database, pgtest.Admin, "")
			}, pgmap.ErrForeign, "not those of tvscim",
		},
		"another table of that name": {
			func(t *testing.T) string {
				database := server.Database(t)
				server.Exec(t, database, `CREATE SCHEMA tvscim`, `CREATE TABLE tvscim.meta (n integer)`, `CREATE TABLE tvscim.entries (n integer)`)
				return server.As(database, pgtest.Admin, "")
			}, pgmap.ErrForeign, "name another database",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := test.url(t)
			before := tables(t, server, url)
			m, err := pgmap.Open(t.Context(), url, pgmap.Options{})
			if err == nil {
				must(t, m.Close())
				t.Fatal("opened")
			}
			_, checked := pgmap.Check(t.Context(), url)
			for _, err := range []error{err, checked} {
				if err == nil || test.want != nil && !errors.Is(err, test.want) || !strings.Contains(err.Error(), test.text) {
					t.Errorf("%v; want %q", err, test.text)
				}
				if err != nil && strings.Contains(err.Error(), secret) {
					t.Errorf("the text has the password: %v", err)
				}
			}
			if after := tables(t, server, url); after != before {
				t.Errorf("tables %q, before %q", after, before)
			}
		})
	}
}

// tables returns the names of the tables of a database of the server; "" for another URL.
func tables(t *testing.T, server *pgtest.Server, url string) string {
	t.Helper()
	database := pgtest.DatabaseOf(url)
	if !strings.HasPrefix(database, "db") {
		return ""
	}
	return server.Text(t, database, `SELECT coalesce(string_agg(schemaname || '.' || tablename, ' ' ORDER BY schemaname, tablename), '')
		FROM pg_tables WHERE schemaname NOT IN ('pg_catalog', 'information_schema')`)
}

// TestSeparateRights: a user with the rights that [pgmap.Grants] names, and no others, can use what
// another user has migrated.
func TestSeparateRights(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	database := server.Database(t)
	server.Exec(t, "postgres", `CREATE USER "The Gateway" PASSWORD '`+secret+`'`)
	_, schema, err := pgmap.Migrate(t.Context(), server.As(database, pgtest.Admin, ""))
	must(t, err)
	server.Exec(t, database, pgmap.Grants(schema, "The Gateway")...)
	url := server.As(database, "The%20Gateway", secret)
	exists, err := pgmap.Check(t.Context(), url)
	if err != nil || !exists {
		t.Errorf("Check = %t, %v", exists, err)
	}
	a, b := open(t, url), open(t, url)
	must(t, a.Put("u1", idmaptest.Full(1)))
	must(t, a.UpdateNote("n", func([]byte) []byte { return []byte("text") }))
	must(t, a.Delete("u1"))
	must(t, a.Put("u2", idmaptest.Full(2)))
	release, err := a.Lock(t.Context(), "key")
	must(t, err)
	release()
	b.Sync(t.Context())
	if _, ok := b.Get("u2"); !ok || string(b.Note("n")) != "text" || b.Len() != 1 {
		t.Errorf("the other replica has %d records, note %q", b.Len(), b.Note("n"))
	}
}

// TestExisting: with Existing, missing tables are not created.
func TestExisting(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	if m, err := pgmap.Open(t.Context(), url, pgmap.Options{Existing: true}); !errors.Is(err, pgmap.ErrMissing) {
		t.Errorf("Open = %v, %v; want ErrMissing", m, err)
	}
	if got := tables(t, server, url); got != "" {
		t.Errorf("tables %q were created", got)
	}
}

// TestSchemas: the schema that the URL names has a store of its own.
func TestSchemas(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	first, second := open(t, url), open(t, url+"&search_path=Other%20One")
	must(t, first.Put("u1", idmaptest.Full(1)))
	second.Sync(t.Context())
	if second.Len() != 0 {
		t.Error("a schema shows the records of another")
	}
	must(t, second.Put("u1", idmaptest.Full(2)))
}

// TestMigrateAtOnce: replicas that start together create the tables once.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	results := make(chan error)
	const many = 6
	for range many {
		go func() {
			m, err := pgmap.Open(t.Context(), url, pgmap.Options{})
			if err == nil {
				err = m.Close()
			}
			results <- err
		}()
	}
	for range many {
		if err := <-results; err != nil {
			t.Error(err)
		}
	}
}
