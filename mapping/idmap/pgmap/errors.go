package pgmap

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
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
	errSSLMode  = errors.New("has a value of sslmode that PostgreSQL does not know; use disable, allow, prefer, require, verify-ca or verify-full")
	errVariable = errors.New("is completed by variables such as PGSSLROOTCERT, PGSERVICE or PGPORT of the environment, one of which cannot be used; " +
		"correct it, or remove it")
	errStandby = errors.New("has a value of target_session_attrs by which a read-only server is used; leave it out: of several servers the one that " +
		"accepts writes is used")
	errSchemas   = errors.New("has more than one schema in search_path; name one")
	errSystem    = errors.New("has a schema in search_path whose name begins with pg_, as those of PostgreSQL itself do; name another one")
	errEncoding  = errors.New("cannot have every name: create the database with ENCODING 'UTF8' TEMPLATE template0")
	errServerOld = errors.New("is older than PostgreSQL 14; use a newer server")
	errRights    = errors.New("cannot be used: the user lacks rights on the tables; run \"tvscim store migrate\" with the URL of " +
		"their owner, which prints the rights to grant")
	errNoConnect = errors.New("cannot be used: the user may not connect to the database; grant it the right CONNECT on the database")
	errLimit     = errors.New("cannot be used: the user, or the database, has fewer connections than the six that each gateway uses; raise the CONNECTION LIMIT")
	errRefused   = errors.New("cannot be used: the user does not exist or may not log in, or pg_hba.conf of PostgreSQL has no entry for the user, the address " +
		"of the gateway and a connection with TLS or without; correct the URL, or that file")
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

// answer is an error of PostgreSQL that has no text of its own here.
type answer struct{ code, message string }

func (a answer) Error() string {
	return "PostgreSQL answers SQLSTATE " + a.code + ": " + a.message + "; its log may say more"
}

// passing are the classes of errors that are no matter of settings: transaction rollback,
// insufficient resources, object not in its state, operator intervention, system error and internal
// error.
var passing = []string{"40", "53", "55", "57", "58", "XX"}

// Temporary reports whether an error of [Open] or [Check] may pass without another setting:
// PostgreSQL cannot be reached or is in trouble, its disk is full, or it is read-only, as after a
// failover.
func Temporary(err error) bool {
	a, ok := errors.AsType[answer](err)
	return errors.Is(err, ErrUnreachable) || errors.Is(err, errFull) || errors.Is(err, errReadOnly) ||
		ok && slices.Contains(passing, a.code[:min(len(a.code), 2)])
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
	codeNoParameter  = "42704" // of a connection: a parameter does not exist
	codeBadParameter = "22023" // or its value is wrong
	codeProtocol     = "08P01" // of PgBouncer: any refusal
)

// noTLS is in the error of pgx if the server declines the TLS that sslmode requires. It has no type.
const noTLS = "server refused TLS connection"

var byCode = map[string]error{
	codePassword: errPassword, codeNoAccess: errRefused, codeNoDatabase: errDatabase, codeNoRight: errRights,
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
		if _, connecting := errors.AsType[*pgconn.ConnectError](err); connecting {
			if refused := explainRefusal(pg); refused != nil {
				return refused
			}
		}
		if known := byCode[pg.Code]; known != nil {
			return known
		}
		if pg.Code == codeProtocol {
			return explainPooler(pg.Message)
		}
		if lostSession(pg) {
			return fmt.Errorf("%w (SQLSTATE %s)", ErrUnreachable, pg.Code)
		}
		return answer{pg.Code, pg.Message}
	}
	if errors.Is(err, pgconn.ErrReadOnlyConnection) {
		return errReadOnly
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
	if connect, ok := errors.AsType[*pgconn.ConnectError](err); ok { // whose text names the user
		err = connect.Unwrap()
	}
	return fmt.Errorf("%w (%w)", ErrUnreachable, err)
}

// explainRefusal returns the error to show for an answer that has a meaning of its own while
// connecting; nil for any other.
func explainRefusal(pg *pgconn.PgError) error {
	switch pg.Code {
	case codeNoRight:
		return errNoConnect
	case codeNoParameter, codeBadParameter:
		return fmt.Errorf("has a parameter that PostgreSQL does not accept (%s); correct the URL", pg.Message)
	}
	return nil
}

// explainPooler returns the error to show for a message of PgBouncer, which has one code for all
// reasons.
func explainPooler(message string) error {
	missing := strings.Contains(message, "no such ") || strings.Contains(message, "does not exist")
	switch {
	case missing && strings.Contains(message, "database"):
		return errDatabase
	case missing, strings.Contains(message, "authentication failed"):
		return errPassword
	case strings.Contains(message, "pg_hba.conf"):
		return errRefused
	case strings.Contains(message, "statement pooling"):
		return errPooler
	}
	return fmt.Errorf("%w (%s)", ErrUnreachable, message)
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
