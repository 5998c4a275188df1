package pgmap_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
	"tvscim/mapping/idmap/pgmap"
	"tvscim/mapping/idmap/pgmap/pgtest"
)

// TestRefused: what cannot be used is refused by Open, Check and Migrate with a text that names the
// store, has nothing secret, and leaves the database as it was.
func TestRefused(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	const password = "s3cret-pass"
	server.Role(t, "guest", password)
	server.Role(t, "reader", password)
	made := func(statements ...string) string {
		url := server.URL(t)
		server.Exec(t, pgtest.DatabaseOf(url), statements...)
		return url
	}
	ready := func() string {
		url := server.URL(t)
		if _, _, err := pgmap.Migrate(t.Context(), url); err != nil {
			t.Fatal(err)
		}
		return url
	}
	newer := ready()
	server.Exec(t, pgtest.DatabaseOf(newer), "UPDATE tvscim.meta SET layout = 99")
	other := ready()
	server.Exec(t, pgtest.DatabaseOf(other), "UPDATE tvscim.meta SET program = 'other'")
	negative, zero := ready(), ready()
	server.Exec(t, pgtest.DatabaseOf(negative), "UPDATE tvscim.meta SET layout = -1")
	server.Exec(t, pgtest.DatabaseOf(zero), "UPDATE tvscim.meta SET layout = 0")
	readable := ready()
	server.Exec(t, pgtest.DatabaseOf(readable), "GRANT USAGE ON SCHEMA tvscim TO reader", "GRANT SELECT ON ALL TABLES IN SCHEMA tvscim TO reader")
	invisible := ready()
	noTable, noColumn := ready(), ready()
	server.Exec(t, pgtest.DatabaseOf(noTable), "DROP TABLE tvscim.sessions")
	server.Exec(t, pgtest.DatabaseOf(noColumn), "ALTER TABLE tvscim.entries DROP COLUMN others")
	standby := ready()
	server.Exec(t, "postgres", "ALTER DATABASE "+pgtest.DatabaseOf(standby)+" SET default_transaction_read_only = on")
	closed := ready()
	server.Exec(t, "postgres", "ALTER DATABASE "+pgtest.DatabaseOf(closed)+" ALLOW_CONNECTIONS false")
	latin := server.Database(t) + "_latin"
	server.Exec(t, "postgres", "CREATE DATABASE "+latin+" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
	apart := ready()
	server.Exec(t, "postgres", "REVOKE CONNECT ON DATABASE "+pgtest.DatabaseOf(apart)+" FROM PUBLIC")
	server.Role(t, "locked", password)
	server.Exec(t, "postgres", "ALTER ROLE locked NOLOGIN")
	narrow := ready()
	server.Role(t, "few", password)
	server.Exec(t, "postgres", "ALTER ROLE few CONNECTION LIMIT 5", "ALTER DATABASE "+pgtest.DatabaseOf(narrow)+" OWNER TO few")
	troubled := ready()
	server.Exec(t, pgtest.DatabaseOf(troubled), `CREATE FUNCTION tvscim.fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE SQLSTATE ''53200''; END'`,
		`CREATE TRIGGER fail BEFORE UPDATE ON tvscim.entries FOR EACH STATEMENT EXECUTE FUNCTION tvscim.fail()`)
	slow, busy := ready(), server.URL(t)
	server.Role(t, "hurried", password)
	server.Exec(t, "postgres", "ALTER ROLE hurried SET lock_timeout = '50ms'")
	for _, url := range []string{slow, busy} {
		server.Exec(t, "postgres", "ALTER DATABASE "+pgtest.DatabaseOf(url)+" OWNER TO hurried")
	}
	server.Exec(t, pgtest.DatabaseOf(slow), "GRANT ALL ON SCHEMA tvscim TO hurried", "GRANT ALL ON ALL TABLES IN SCHEMA tvscim TO hurried")
	holdLock(t, slow, "LOCK TABLE tvscim.meta")
	holdLock(t, busy, "LOCK TABLE pg_catalog.pg_namespace")
	mayPass := []string{"trouble of the server", "a lock on the tables", "a lock on the catalog", "nobody listens", "no such host", "no free connection", "read-only", "no connections", "two servers"}
	server.Role(t, "crowd", password)
	server.Exec(t, "postgres", "ALTER ROLE crowd CONNECTION LIMIT 0")
	for name, test := range map[string]struct{ url, want string }{
		"no URL":                       {password, "is not a URL of PostgreSQL"},
		"URL of another program":       {"redis://user:" + password + "@host/0", "is not a URL of PostgreSQL"},
		"broken URL":                   {"postgres://user:" + password + "@host:port/x", "is not a URL of PostgreSQL"},
		"at sign in the password":      {"postgres://tv:" + password + "@" + password + "@127.0.0.1/x", "needs these characters as %40"},
		"slash in the password":        {"postgres://tv:12/" + password + "@127.0.0.1/x", "needs these characters as %40"},
		"question mark in it":          {"postgres://tv:12?" + password + "@127.0.0.1/x", "needs these characters as %40"},
		"number sign in it":            {"postgres://tv:12#" + password + "@127.0.0.1/x", "needs these characters as %40"},
		"percent sign in it":           {"postgres://tv:12%" + password + "@127.0.0.1/x", "needs these characters as %40"},
		"byte order mark":              {"\ufeffpostgres://tv:" + password + "@127.0.0.1/x", "write the URL alone, on one line"},
		"second line":                  {"postgres://tv:" + password + "@127.0.0.1/x\nnote", "write the URL alone, on one line"},
		"space at the end":             {"postgres://tv:" + password + "@127.0.0.1/x ", "write the URL alone, on one line"},
		"quotes":                       {`"postgres://tv:` + password + `@127.0.0.1/x"`, "write the URL alone, on one line"},
		"UTF-16":                       {"\xff\xfep\x00o\x00s\x00t\x00", "write the URL alone, on one line"},
		"unknown sslmode":              {"postgres://tv:" + password + "@127.0.0.1/x?sslmode=on", "a value of sslmode that PostgreSQL does not know"},
		"a layout below zero":          {negative, "restore the database from a backup"},
		"layout zero":                  {zero, "restore the database from a backup"},
		"a table is missing":           {noTable, "lacks a table or a column"},
		"a column is missing":          {noColumn, "lacks a table or a column"},
		"no free connection":           {server.As("postgres", "crowd", password), "since none is free"},
		"no connections":               {closed, "set its ALLOW_CONNECTIONS to true"},
		"unknown parameter":            {server.URL(t) + "&sslmod=x", `configuration parameter "sslmod"); correct the URL`},
		"wrong value of a parameter":   {server.URL(t) + "&statement_timeout=x", "parameter that PostgreSQL does not accept"},
		"wrong value for the client":   {server.URL(t) + "&connect_timeout=x", `a value of "connect_timeout" that cannot be used`},
		"service without a file":       {server.URL(t) + "&service=x", `a value of "service" that cannot be used`},
		"read-only server wanted":      {server.URL(t) + "&target_session_attrs=prefer-standby", "a value of target_session_attrs"},
		"no right to connect":          {server.As(pgtest.DatabaseOf(apart), "guest", password), "grant it the right CONNECT"},
		"user who may not log in":      {server.As("postgres", "locked", password), "does not exist or may not log in"},
		"few connections":              {server.As(pgtest.DatabaseOf(narrow), "few", password), "the CONNECTION LIMIT is 5"},
		"trouble of the server":        {troubled, "PostgreSQL answers SQLSTATE 53200"},
		"a lock on the tables":         {server.As(pgtest.DatabaseOf(slow), "hurried", password), "PostgreSQL answers SQLSTATE 55P03"},
		"a lock on the catalog":        {server.As(pgtest.DatabaseOf(busy), "hurried", password), "PostgreSQL answers SQLSTATE 55P03"},
		"two servers":                  {"postgres://user:" + password + "@127.0.0.1:1,127.0.0.1:2/x?sslmode=prefer", "store postgres://127.0.0.1:1,127.0.0.1:2/x: PostgreSQL cannot be reached"},
		"read-only":                    {standby, "PostgreSQL is read-only"},
		"no file of sslrootcert":       {"postgres://user:" + password + "@127.0.0.1/x?sslmode=verify-ca&sslrootcert=/missing.pem", "open /missing.pem: no such file or directory; correct sslrootcert"},
		"two schemas":                  {"postgres://user:" + password + "@127.0.0.1/x?search_path=a,b", "more than one schema in search_path"},
		"schema of PostgreSQL":         {"postgres://user:" + password + "@127.0.0.1/x?search_path=pg_x", "begins with pg_"},
		"encoding of one alphabet":     {server.As(latin, pgtest.Admin, ""), "create the database with ENCODING 'UTF8' TEMPLATE template0; it has LATIN1"},
		"nobody listens":               {"postgres://user:" + password + "@127.0.0.1:1/x?sslmode=disable", "PostgreSQL cannot be reached; check"},
		"no such host":                 {"postgres://user:" + password + "@db.invalid:5432/x", "PostgreSQL cannot be reached; check"},
		"no TLS, verified":             {withTLS(server.Proxy(t).URL(server.As("postgres", "guest", password)), "verify-full"), "offers no TLS, which sslmode of the URL requires; set ssl = on"},
		"no TLS, required":             {withTLS(server.Proxy(t).URL(server.As("postgres", "guest", password)), "require"), "offers no TLS"},
		"a certificate of nobody":      {withTLS("postgres://guest:"+password+"@"+tlsServer(t)+"/x?sslmode=disable", "verify-full"), "the certificate of the server of PostgreSQL is not accepted"},
		"wrong password":               {server.As("postgres", "guest", password+"x"), "refuses the user or the password"},
		"no such user":                 {server.As("postgres", "nobody", password), "refuses the user or the password"},
		"no such database":             {server.As("missing", pgtest.Admin, ""), "has no database of that name"},
		"no right to create":           {server.As(pgtest.DatabaseOf(server.URL(t)), "guest", password), `"tvscim store migrate"`},
		"no right to see the tables":   {server.As(pgtest.DatabaseOf(invisible), "guest", password), "lacks rights on the tables"},
		"no right to write":            {server.As(pgtest.DatabaseOf(readable), "reader", password), "lacks rights on the tables"},
		"newer":                        {newer, "newer version"},
		"another program's meta":       {other, "not those of tvscim"},
		"another program's tables":     {made("CREATE SCHEMA tvscim", "CREATE TABLE tvscim.users (id int)"), "not those of tvscim"},
		"tables of the same names":     {made("CREATE SCHEMA tvscim", "CREATE TABLE tvscim.meta (id int)", "CREATE TABLE tvscim.entries (id int)"), "not those of tvscim"},
		"half of the tables are there": {made("CREATE SCHEMA tvscim", "CREATE TABLE tvscim.meta (id int)"), "not those of tvscim"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, checked := pgmap.Check(t.Context(), test.url)
			m, opened := pgmap.Open(t.Context(), test.url, pgmap.Options{})
			if opened == nil {
				must(t, m.Close())
			}
			for what, err := range map[string]error{"Check": checked, "Open": opened} {
				if pgmap.Temporary(err) != slices.Contains(mayPass, name) {
					t.Errorf("%s: Temporary = %t for %v", what, pgmap.Temporary(err), err)
				}
				if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "store") {
					t.Errorf("%s: %v, want %q", what, err, test.want)
				} else if strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "guest") {
					t.Errorf("%s shows the user or the password: %v", what, err)
				}
			}
		})
	}
}

// TestDatabaseWithoutAnEncoding: a database whose encoding is SQL_ASCII keeps every text.
func TestDatabaseWithoutAnEncoding(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	database := server.Database(t) + "_ascii"
	server.Exec(t, "postgres", "CREATE DATABASE "+database+" ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0")
	url := server.As(database, pgtest.Admin, "")
	if _, err := pgmap.Check(t.Context(), url); err != nil {
		t.Error(err)
	}
	m, err := pgmap.Open(t.Context(), url, pgmap.Options{})
	must(t, err)
	want := idmaptest.Full(1)
	want.Keys = append(want.Keys, idmap.Key{Index: idmap.UserName, Value: "жанна.зюзина@пример.example"})
	must(t, m.Put("u1", want))
	must(t, m.Close())
	r, _ := open(t, url).Get("u1")
	if diff := idmaptest.Diff(want, r); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
}

// TestVariableThatCannotBeUsed: a variable of the environment that spoils every URL is the reason that
// is shown.
func TestVariableThatCannotBeUsed(t *testing.T) {
	t.Setenv("PGCONNECT_TIMEOUT", "soon")
	if err := pgmap.CheckURL("postgres://db.example.com/tvscim"); err == nil || !strings.Contains(err.Error(), "variables such as PGSSLROOTCERT") {
		t.Errorf("%v, want that a variable cannot be used", err)
	}
}

// TestRefusedByAPooler: what PgBouncer refuses is shown as PostgreSQL's own refusal.
func TestRefusedByAPooler(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	through := server.Bouncer(t, "session")
	if _, err := pgmap.Check(t.Context(), through(server.As("missing", pgtest.Admin, ""))); err == nil ||
		!strings.Contains(err.Error(), "has no database of that name") || pgmap.Temporary(err) {
		t.Errorf("%v, want that the database does not exist", err)
	}
}

// TestSeveralServers: of several servers the one that answers is used, though another one before it
// accepts connections and is silent.
func TestSeveralServers(t *testing.T) {
	t.Parallel()
	silent, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	t.Cleanup(func() { _ = silent.Close() })
	server := pgtest.Shared(t)
	url := server.Proxy(t).URL(server.URL(t))
	for i, several := range []string{strings.Replace(url, "@", "@"+silent.Addr().String()+",", 1), strings.Replace(url, "/db", ","+silent.Addr().String()+"/db", 1)} {
		m, err := pgmap.Open(t.Context(), several, pgmap.Options{Timeout: 2 * time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Put(fmt.Sprint("u", i), idmaptest.Full(1)); err != nil {
			t.Error(err)
		}
		must(t, m.Close())
	}
}

// TestCheckChangesNothing: a check of an empty database says that it can be used, and leaves it
// empty.
func TestCheckChangesNothing(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	for range 2 {
		if exists, err := pgmap.Check(t.Context(), url); exists || err != nil {
			t.Errorf("Check = %t, %v", exists, err)
		}
		if m, err := pgmap.Copy(t.Context(), url); err != nil || m.Len() != 0 {
			t.Errorf("Copy: %v", err)
		}
	}
	must(t, open(t, url).Put("u1", idmaptest.Full(1)))
	if exists, err := pgmap.Check(t.Context(), url); !exists || err != nil {
		t.Errorf("Check = %t, %v", exists, err)
	}
	m, err := pgmap.Copy(t.Context(), url)
	must(t, err)
	r, _ := m.Get("u1")
	if diff := idmaptest.Diff(idmaptest.Full(1), r); diff != "" || m.Len() != 1 {
		t.Errorf("copy of %d records (-want +got):\n%s", m.Len(), diff)
	}
}

// TestMigrateForAUserWithoutRights: after a migration by the owner and the grants that the command
// prints, a user who may create nothing uses the store.
func TestMigrateForAUserWithoutRights(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	database := pgtest.DatabaseOf(url)
	_, schema, err := pgmap.Migrate(t.Context(), url)
	must(t, err)
	server.Role(t, "gateway_user", "p")
	server.Exec(t, database, pgmap.Grants(schema, "gateway_user")...)
	m := open(t, server.As(database, "gateway_user", "p"))
	must(t, m.Put("u1", idmaptest.Full(1)))
	must(t, m.UpdateNote("a", func([]byte) []byte { return []byte("x") }))
	must(t, m.Delete("u1"))
	release, err := m.Lock(t.Context(), "a")
	must(t, err)
	release.Release()
}

// TestMigrateFromEachLayout: tables of an earlier layout are migrated with what they hold.
func TestMigrateFromEachLayout(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	m, err := pgmap.Open(t.Context(), url, pgmap.Options{})
	must(t, err)
	must(t, m.Put("u1", idmaptest.Full(1)))
	must(t, m.Close())
	server.Exec(t, pgtest.DatabaseOf(url), "DROP TABLE tvscim.sessions", "UPDATE tvscim.meta SET layout = 1")
	m = open(t, url)
	r, _ := m.Get("u1")
	if diff := idmaptest.Diff(idmaptest.Full(1), r); diff != "" {
		t.Errorf("record (-want +got):\n%s", diff)
	}
	release, err := m.Lock(t.Context(), "a")
	must(t, err)
	release.Release()
	if layout := server.Text(t, pgtest.DatabaseOf(url), "SELECT layout::text FROM tvscim.meta"); layout != "2" {
		t.Errorf("layout %s, want 2", layout)
	}
}

// TestSchemas: stores in schemas of their own do not see each other, whatever their names are.
func TestSchemas(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	const odd = "&search_path=Other%20%22Company"
	a, b := open(t, url), open(t, url+odd)
	if exists, err := pgmap.Check(t.Context(), url+odd); !exists || err != nil {
		t.Errorf("Check = %t, %v", exists, err)
	}
	must(t, a.Put("u1", idmaptest.Full(1)))
	b.Sync(t.Context())
	if b.Len() != 0 || a.Len() != 1 {
		t.Errorf("%d and %d records, want 1 and 0", a.Len(), b.Len())
	}
	release, err := a.Lock(t.Context(), "x")
	must(t, err)
	defer release.Release()
	other, err := b.Lock(t.Context(), "x")
	must(t, err)
	other.Release()
}

// TestWriteFails: a full disk and a database that becomes read-only fail the write with a clear
// text, and the next one works once there is room.
func TestWriteFails(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	database := pgtest.DatabaseOf(url)
	m := open(t, url)
	must(t, m.Put("u1", idmaptest.Full(1)))
	for code, want := range map[string]string{"53100": "the disk of PostgreSQL is full", "25006": "PostgreSQL is read-only", "XX000": "SQLSTATE XX000"} {
		server.Exec(t, database, `CREATE OR REPLACE FUNCTION tvscim.fail() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE SQLSTATE ''`+code+`''; END'`,
			`CREATE OR REPLACE TRIGGER fail BEFORE UPDATE ON tvscim.entries FOR EACH ROW EXECUTE FUNCTION tvscim.fail()`)
		if err := m.Put("u1", idmaptest.Full(2)); err == nil || !strings.Contains(err.Error(), want) || errors.Is(err, pgmap.ErrUnreachable) {
			t.Errorf("Put: %v, want %q", err, want)
		}
		if err := m.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Err: %v, want %q", err, want)
		}
		r, _ := m.Get("u1")
		if diff := idmaptest.Diff(idmaptest.Full(1), r); diff != "" {
			t.Errorf("record after a write that failed (-want +got):\n%s", diff)
		}
	}
	server.Exec(t, database, "DROP TRIGGER fail ON tvscim.entries")
	eventually(t, "that writes succeed again is found out without one", func() bool { return m.Err() == nil })
	must(t, m.Put("u1", idmaptest.Full(2)))
	must(t, m.Err())
}

// holdLock executes a statement in a transaction that lasts until the test ends.
func holdLock(t *testing.T, url, statement string) {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	must(t, err)
	t.Cleanup(func() { must(t, conn.Close(context.Background())) })
	_, err = conn.Exec(t.Context(), "BEGIN; "+statement, pgx.QueryExecModeSimpleProtocol)
	must(t, err)
}

// withTLS returns a URL with another sslmode.
func withTLS(url, mode string) string {
	return strings.Replace(url, "sslmode=disable", "sslmode="+mode, 1)
}

// tlsServer returns the address of a server that accepts the TLS of PostgreSQL with a certificate
// that no authority has signed.
func tlsServer(t *testing.T) string {
	t.Helper()
	certificates := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(certificates.Close)
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	must(t, err)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			work.Go(func() {
				defer func() { _ = conn.Close() }()
				if _, err := io.ReadFull(conn, make([]byte, 8)); err != nil { // the SSLRequest
					return
				}
				_, _ = conn.Write([]byte{'S'})
				_ = tls.Server(conn, certificates.TLS).HandshakeContext(context.Background()) // the client ends it
			})
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		work.Wait()
	})
	return listener.Addr().String()
}
