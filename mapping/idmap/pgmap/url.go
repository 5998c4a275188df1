package pgmap

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	neturl "net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// target is what a URL names.
type target struct {
	config       *pgx.ConnConfig
	servers      []string // one of which is used
	schema, name string
}

// parse returns what a URL names. The text of the error does not repeat the URL.
func parse(url string) (target, error) {
	if err := checkText(url); err != nil {
		return target{}, fmt.Errorf("store.url: %w", err)
	}
	config, err := pgx.ParseConfig(url)
	if file, ok := errors.AsType[*fs.PathError](err); ok {
		return target{}, fmt.Errorf("store.url: a file that it names, or a variable such as PGSSLROOTCERT, cannot be read: %w; correct sslrootcert, sslcert or sslkey", file)
	}
	if err != nil {
		return target{}, fmt.Errorf("store.url: %w", unusable(url))
	}
	t := target{config: config, schema: defaultSchema}
	if named := config.RuntimeParams["search_path"]; named != "" {
		t.schema = named
	}
	switch {
	case strings.Contains(t.schema, ","):
		return target{}, fmt.Errorf("store.url: %w", errSchemas)
	case strings.HasPrefix(t.schema, "pg_"):
		return target{}, fmt.Errorf("store.url: %w", errSystem)
	}
	delete(config.RuntimeParams, "search_path")
	config.RuntimeParams["application_name"] = program
	config.RuntimeParams["client_encoding"] = "UTF8" // the default is that of the database
	config.AfterConnect = t.settings(0)
	t.servers = servers(config)
	config.ValidateConnect = nil
	if len(t.servers) > 1 { // the one that accepts writes
		config.ValidateConnect = pgconn.ValidateConnectTargetSessionAttrsReadWrite
	}
	t.name = "postgres://" + strings.Join(t.servers, ",") + "/" + config.Database
	if t.schema != defaultSchema {
		t.name += " schema " + t.schema
	}
	return t, nil
}

// settings returns a function that makes the settings of a connection, which ends after it was idle
// for a time; 0: never. PgBouncer refuses them in the message that opens the connection.
func (t target) settings(idle time.Duration) pgconn.AfterConnectFunc {
	sql := fmt.Sprintf("SET search_path = %s; SET idle_session_timeout = %d", quoted(t.schema), idle.Milliseconds())
	return func(ctx context.Context, conn *pgconn.PgConn) error { return conn.Exec(ctx, sql).Close() }
}

// share gives each of several servers a part of the time of an operation, so that one that does not
// answer does not keep the others from being tried.
func (t target) share(timeout time.Duration) {
	if n := len(t.servers); n > 1 {
		t.config.ConnectTimeout = timeout / time.Duration(n)
	}
}

// servers returns the servers that a URL names.
func servers(config *pgx.ConnConfig) (all []string) {
	add := func(host string, port uint16) {
		if !strings.HasPrefix(host, "/") { // no socket
			host = net.JoinHostPort(host, strconv.Itoa(int(port)))
		}
		if !slices.Contains(all, host) { // the same without TLS
			all = append(all, host)
		}
	}
	add(config.Host, config.Port)
	for _, f := range config.Fallbacks {
		add(f.Host, f.Port)
	}
	return all
}

// unusable returns the error for a URL that pgx cannot use. It names the parameter without which it
// could be used, if there is one. Variables of the environment complete a URL.
func unusable(url string) error {
	u, err := neturl.Parse(url)
	if err != nil {
		return ErrURL
	}
	if _, err := pgx.ParseConfig("postgres://localhost/" + program); err != nil {
		return errVariable
	}
	for _, name := range slices.Sorted(maps.Keys(u.Query())) {
		query := u.Query()
		query.Del(name)
		without := *u
		without.RawQuery = query.Encode()
		if _, err := pgx.ParseConfig(without.String()); err == nil {
			return fmt.Errorf("has a value of %.40q that cannot be used; correct it, or leave it out", name)
		}
	}
	return ErrURL
}

// checkText returns an error for a text that is no URL of PostgreSQL, or of which a part of the
// password would be taken for the host or the database, and shown.
func checkText(text string) error {
	if strings.ContainsFunc(text, func(r rune) bool {
		return r <= ' ' || r == '"' || r == '\'' || !unicode.IsPrint(r) || r == utf8.RuneError
	}) {
		return errCharacters
	}
	rest, known := strings.CutPrefix(text, "postgres://")
	if !known {
		if rest, known = strings.CutPrefix(text, "postgresql://"); !known {
			return ErrURL
		}
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	if strings.Count(rest[:end], "@") > 1 || strings.ContainsAny(rest[end:], "@#") {
		return errAt
	}
	u, err := neturl.Parse(text)
	if err != nil {
		return errAt // such as a port that is none, or a percent sign
	}
	modes := []string{"", "disable", "allow", "prefer", "require", "verify-ca", "verify-full"}
	if !slices.Contains(modes, u.Query().Get("sslmode")) {
		return errSSLMode
	}
	if attrs := u.Query().Get("target_session_attrs"); strings.Contains(attrs, "standby") || attrs == "read-only" {
		return errStandby
	}
	return nil
}

// CheckURL returns an error for a text that is no URL of PostgreSQL. It makes no connection, and
// the error does not repeat the text.
func CheckURL(url string) error {
	_, err := parse(url)
	return err
}
