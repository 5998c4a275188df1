package pgmap_test

import (
	"errors"
	"strings"
	"testing"

	"tvscim/mapping/idmap/pgmap"
	"tvscim/mapping/idmap/pgmap/pgtest"
)

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
