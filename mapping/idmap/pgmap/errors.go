package pgmap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
)

// The errors of [Open]. Each text follows the name of the store and ends with the remedy.
var (
	// ErrURL means that the URL is not one of PostgreSQL. The text does not repeat it.
	ErrURL = errors.New("is not a URL of PostgreSQL, such as postgres://tvscim@db.example.com:5432/tvscim; correct it")
	// ErrForeign means that the schema has tables of another program.
	ErrForeign = errors.New("has tables that are not those of tvscim and were not changed; name another database, or another " +
		"schema with ?search_path=NAME in the URL")
	// ErrNewer means that a later version of tvscim has migrated the tables.
	ErrNewer = errors.New("was migrated by a newer version of tvscim; use that version")
	// ErrMigrate means that the tables are missing or old, and that the user may not change that.
	ErrMigrate = errors.New("has no tables of this version of tvscim, and the user may not create or change them; run \"tvscim store migrate\" " +
		"with the URL of the owner of the tables or, if there are none, of a user who has the right CREATE, and run the SQL that the command prints")
	// ErrMissing means that there are no tables and [Options.Existing] is set.
	ErrMissing = errors.New("has no tables of tvscim yet; start a gateway, run \"tvscim store migrate\", or correct the URL")

	errDamaged = errors.New("has tables of a layout that no version of tvscim makes, and they were not changed; restore the database from a backup, " +
		"or name another schema with ?search_path=NAME in the URL")
	errIncomplete = errors.New("lacks a table or a column of this version of tvscim; restore the database from a backup")
	errPooler     = errors.New("cannot be used through a pooler that does not keep sessions; set pool_mode = session in PgBouncer, or name PostgreSQL itself")
	errAt         = errors.New("is not a URL of PostgreSQL: a user or password with \"@\", \"/\", \"?\", \"#\" or \"%\" needs these characters as %40, %2F, %3F, " +
		"%23 and %25")
	errCharacters = errors.New("has a space, a line break, a byte order mark or another character that no URL has; write the URL alone, on one line, " +
		"in UTF-8, without quotes")
	errSSLMode   = errors.New("has a value of sslmode that PostgreSQL does not know; use disable, allow, prefer, require, verify-ca or verify-full")
	errSchemas   = errors.New("has more than one schema in search_path; name one")
	errServerOld = errors.New("is older than PostgreSQL 14; use a newer server")
	errRights    = errors.New("cannot be used: the user lacks rights on the tables; run \"tvscim store migrate\" with the URL of " +
		"their owner, which prints the rights to grant")
	errPassword = errors.New("cannot be used: PostgreSQL refuses the user or the password; correct the URL")
	errDatabase = errors.New("does not exist: PostgreSQL has no database of that name; create it or correct the URL")
	errFull     = errors.New("cannot be written: the disk of PostgreSQL is full; make room there")
	errReadOnly = errors.New("cannot be written: PostgreSQL is read-only; name the primary server, or set default_transaction_read_only to off")
	errNoTLS    = errors.New("cannot be used: the server of PostgreSQL offers no TLS, which sslmode of the URL requires; set ssl = on at the " +
		"server, with a certificate, or name another server; sslmode=disable sends everything unencrypted")
	errCertificate = errors.New("cannot be used: the certificate of the server of PostgreSQL is not accepted; correct the host or sslrootcert of the " +
		"URL, or the certificate")
	errClosed  = errors.New("the store is closed")
	errTimeout = errors.New("PostgreSQL does not answer in time")
)

// ErrUnreachable is the error of writes while PostgreSQL cannot be reached.
var ErrUnreachable = errors.New("PostgreSQL cannot be reached; check that it runs and that the network lets the gateway through")

// refusal is the error of a server that was reached and accepts no connection. It is an
// [ErrUnreachable].
type refusal string

const (
	crowded refusal = "PostgreSQL accepts no connection, since none is free; raise max_connections or the limit of the user: each gateway has up to six"
	closed  refusal = "PostgreSQL accepts no connection to the database; set its ALLOW_CONNECTIONS to true"
)

func (r refusal) Error() string        { return string(r) }
func (r refusal) Is(target error) bool { return target == ErrUnreachable }

// Temporary reports whether an error of [Open] or [Check] may pass without another setting:
// PostgreSQL cannot be reached, its disk is full, or it is read-only, as after a failover.
func Temporary(err error) bool {
	return errors.Is(err, ErrUnreachable) || errors.Is(err, errFull) || errors.Is(err, errReadOnly)
}

// SQLSTATE codes, from appendix A of PostgreSQL's manual.
const (
	codePassword     = "28P01"
	codeNoAccess     = "28000"
	codeNoDatabase   = "3D000"
	codeNoRight      = "42501"
	codeFull         = "53100"
	codeReadOnly     = "25006"
	codeNoTable      = "42P01"
	codeNoColumn     = "42703"
	codeCrowded      = "53300"
	codeClosed       = "55000" // of a connection: ALLOW_CONNECTIONS is false
	codeExists       = "42P07"
	codeSchemaExists = "42P06"
	codePrepared     = "42P05" // a prepared statement exists already
	codeUnprepared   = "26000" // it does not exist
	codeDuplicate    = "23505"
)

// noTLS is in the error of pgx if the server declines the TLS that sslmode requires. It has no type.
const noTLS = "server refused TLS connection"

var byCode = map[string]error{
	codePassword: errPassword, codeNoAccess: errPassword, codeNoDatabase: errDatabase, codeNoRight: errRights,
	codeFull: errFull, codeReadOnly: errReadOnly, codeNoTable: errIncomplete, codeNoColumn: errIncomplete,
	codeCrowded: crowded, codeClosed: closed, codePrepared: errPooler, codeUnprepared: errPooler,
}

// explain returns the error to show for an error of pgx. Its text has nothing of the URL: texts of
// pgx name the user, and those of a server may repeat a value.
func explain(err error) error {
	if errors.Is(err, ErrNewer) {
		return err
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		if known := byCode[pg.Code]; known != nil {
			return known
		}
		if lostSession(pg) {
			return fmt.Errorf("%w (SQLSTATE %s)", ErrUnreachable, pg.Code)
		}
		return fmt.Errorf("PostgreSQL answers SQLSTATE %s: %s", pg.Code, pg.Message)
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%w (%w)", ErrUnreachable, errTimeout)
	}
	if bad, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return fmt.Errorf("%w (%w)", errCertificate, bad.Err)
	}
	if strings.Contains(err.Error(), noTLS) {
		return errNoTLS
	}
	if op, ok := errors.AsType[*net.OpError](err); ok {
		return fmt.Errorf("%w (%w)", ErrUnreachable, op.Err)
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok {
		return fmt.Errorf("%w (%s: %s)", ErrUnreachable, dns.Name, dns.Err)
	}
	return ErrUnreachable
}

// lostSession reports whether an error of the server means that the session is over or was refused
// for now: class 57P (shutdown, starting up), 08 (connection), 53300 (too many connections) and
// 55000 (the database accepts none).
func lostSession(pg *pgconn.PgError) bool {
	return pg.Code[:min(len(pg.Code), 3)] == "57P" || pg.Code[:min(len(pg.Code), 2)] == "08" || pg.Code == codeCrowded || pg.Code == codeClosed
}

// unreachable reports whether an error of pgx means that PostgreSQL cannot be reached.
func unreachable(err error) bool {
	pg, answered := errors.AsType[*pgconn.PgError](err)
	return !answered || lostSession(pg)
}

func hasCode(err error, codes ...string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return false
	}
	for _, code := range codes {
		if pg.Code == code {
			return true
		}
	}
	return false
}
