package pgmap

import (
	"context"
	"crypto/rand"
	"fmt"
	"math"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tvscim/mapping/idmap"
)

// defaultSchema has the tables, unless the URL names another with search_path.
const defaultSchema = program

// maxConnections is the number of connections for writes. Two more listen and hold locks.
const (
	maxConnections = 4
	allConnections = maxConnections + 2
)

// Options are the options of [Open].
type Options struct {
	// Timeout bounds each operation of PostgreSQL; default 5 s.
	Timeout time.Duration
	// Existing makes missing tables an error instead of creating them.
	Existing bool
	// Command is for a command that ends soon: it does not count as a replica, and acquires no
	// locks.
	Command bool
	// Damaged is called with an entry that cannot be read, Lost when PostgreSQL can no longer be
	// reached or the reason is another one, Found with the duration when it can again, and Reverted
	// after everything was read anew, since the database has less than before. nil: nothing.
	Damaged  func(name string, err error)
	Lost     func(err error)
	Found    func(after time.Duration)
	Reverted func()
}

func (o *Options) setDefaults() {
	if o.Timeout == 0 {
		o.Timeout = 5 * time.Second
	}
	if o.Damaged == nil {
		o.Damaged = func(string, error) {}
	}
	if o.Lost == nil {
		o.Lost = func(error) {}
	}
	if o.Found == nil {
		o.Found = func(time.Duration) {}
	}
	if o.Reverted == nil {
		o.Reverted = func() {}
	}
}

// Open connects to PostgreSQL, creates or migrates the tables if that is necessary, and reads all
// records. The text of an error has nothing secret.
func Open(ctx context.Context, url string, o Options) (*Map, error) {
	o.setDefaults()
	t, err := parse(url)
	if err != nil {
		return nil, err
	}
	m := &Map{options: o, config: t.config, schema: t.schema, name: t.name, writer: rand.Text()}
	m.session.turn = make(chan struct{}, 1)
	m.writes.carryOut, m.locks.carryOut, m.reads.carryOut = m.flush, m.carryOutLocks, m.readLatest
	records, err := idmap.NewLRU(math.MaxInt32, nil)
	if err != nil {
		return nil, err
	}
	m.mirror = newMirror(records)
	if err := t.use(ctx, o, func(ctx context.Context, conn *pgx.Conn) error { return t.prepare(ctx, conn, o) }); err != nil {
		return nil, err
	}
	m.closing, m.stop = context.WithCancel(context.Background())
	if err := m.start(ctx); err != nil {
		m.stop()
		return nil, m.named(err)
	}
	return m, nil
}

// prepare creates or migrates the tables if that is necessary.
func (t target) prepare(ctx context.Context, conn *pgx.Conn, o Options) error {
	if !o.Command {
		if err := roomy(ctx, conn); err != nil {
			return err
		}
	}
	if o.Existing {
		switch layout, err := layoutOf(ctx, conn, t.schema); {
		case err != nil:
			return err
		case layout == 0:
			return ErrMissing
		}
	}
	return migrate(ctx, conn, t.schema, false)
}

// roomy returns an error if the user or the database has fewer connections than a gateway uses.
func roomy(ctx context.Context, conn *pgx.Conn) error {
	var limit *int
	if err := conn.QueryRow(ctx, `SELECT min(allowed) FROM pg_roles, pg_database, unnest(ARRAY[rolconnlimit, datconnlimit]) AS allowed
		WHERE rolname = session_user AND NOT rolsuper AND datname = current_database() AND allowed >= 0`).Scan(&limit); err != nil {
		return explain(err)
	}
	if limit != nil && *limit < allConnections {
		return fmt.Errorf("%w; the CONNECTION LIMIT is %d", errLimit, *limit)
	}
	return nil
}

// start opens the connections and reads all records.
func (m *Map) start(ctx context.Context) error {
	pool, err := pgxpool.ParseConfig("")
	if err != nil {
		return err
	}
	pool.ConnConfig, pool.MaxConns, pool.MinConns = m.config.Copy(), maxConnections, 1
	if m.pool, err = pgxpool.NewWithConfig(m.closing, pool); err != nil {
		return err
	}
	if !m.options.Command {
		if err := m.firstSession(ctx); err != nil {
			m.pool.Close()
			return err
		}
	}
	conn, err := m.connectListener(ctx)
	if err == nil {
		if err = writable(ctx, conn); err != nil {
			closeNow(conn)
		}
	}
	if err != nil {
		m.session.close(ctx, m.writer)
		m.pool.Close()
		return explain(err)
	}
	m.work.Go(func() { m.listen(conn) })
	if !m.options.Command {
		m.work.Go(m.keepSession)
	}
	return nil
}

// firstSession opens the session of locks.
func (m *Map) firstSession(ctx context.Context) error {
	m.session.turn <- struct{}{}
	defer func() { <-m.session.turn }()
	if err := m.openSession(ctx); err != nil {
		return explain(err)
	}
	m.joined = time.Now()
	return nil
}

// writable returns an error of pgx unless the user may write, without writing.
func writable(ctx context.Context, conn *pgx.Conn) error {
	_, err := conn.Exec(ctx, `SELECT name, value, version, writer, others, changed FROM entries WHERE false; `+
		`UPDATE meta SET version = version WHERE false; UPDATE entries SET version = version WHERE false; INSERT INTO entries SELECT * FROM entries WHERE false; `+
		`INSERT INTO sessions SELECT * FROM sessions WHERE false; UPDATE sessions SET ended = NULL WHERE false; DELETE FROM sessions WHERE false`)
	return err
}

// use connects for one task.
func (t target) use(ctx context.Context, o Options, task func(context.Context, *pgx.Conn) error) error {
	ctx, cancel := context.WithTimeout(ctx, 6*o.Timeout) // a migration takes longer than a write
	defer cancel()
	t.share(o.Timeout)
	conn, err := pgx.ConnectConfig(ctx, t.config.Copy())
	if err != nil {
		return fmt.Errorf("store %s: %w", t.name, explain(err))
	}
	defer closeNow(conn)
	if err := t.keepsSessions(ctx, conn); err != nil {
		return fmt.Errorf("store %s: %w", t.name, err)
	}
	if err := usable(ctx, conn); err != nil {
		return fmt.Errorf("store %s: %w", t.name, err)
	}
	if err := task(ctx, conn); err != nil {
		return fmt.Errorf("store %s: %w", t.name, err)
	}
	return nil
}

// usable returns an error if the server is too old, or if the database does not take every text.
func usable(ctx context.Context, conn *pgx.Conn) error {
	var server int
	var encoding string
	err := conn.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding')`).Scan(&server, &encoding)
	switch {
	case err != nil:
		return explain(err)
	case server < oldestServer:
		return errServerOld
	case encoding != "UTF8" && encoding != "SQL_ASCII": // which takes bytes as they are
		return fmt.Errorf("%w; it has %s", errEncoding, encoding)
	}
	return nil
}

// keepsSessions returns an error if a pooler may send the statements of a connection to any session
// of PostgreSQL: a setting is gone while another connection has a transaction, for which it gets the
// session.
func (t target) keepsSessions(ctx context.Context, conn *pgx.Conn) error {
	mark := rand.Text()
	if _, err := conn.Exec(ctx, `SELECT set_config('tvscim.session', $1, false)`, pgx.QueryExecModeExec, mark); err != nil {
		return explain(err)
	}
	other, err := pgx.ConnectConfig(ctx, t.config.Copy())
	if err != nil {
		return explain(err)
	}
	defer closeNow(other)
	if _, err := other.Exec(ctx, `BEGIN`); err != nil {
		return explain(err)
	}
	var found string
	err = conn.QueryRow(ctx, `SELECT COALESCE(current_setting('tvscim.session', true), '')`, pgx.QueryExecModeExec).Scan(&found)
	switch {
	case err != nil:
		return explain(err)
	case found != mark:
		return errPooler
	}
	return nil
}

// Migrate creates or migrates the tables and does nothing else. It returns the name of the store
// and of the schema.
func Migrate(ctx context.Context, url string) (name, schema string, err error) {
	o := Options{}
	o.setDefaults()
	t, err := parse(url)
	if err != nil {
		return "", "", err
	}
	return t.name, t.schema, t.use(ctx, o, func(ctx context.Context, conn *pgx.Conn) error { return migrate(ctx, conn, t.schema, false) })
}

// Check returns the error that [Open] would return, and whether there are tables already. It
// changes nothing.
func Check(ctx context.Context, url string) (exists bool, err error) {
	o := Options{}
	o.setDefaults()
	t, err := parse(url)
	if err != nil {
		return false, err
	}
	err = t.use(ctx, o, func(ctx context.Context, conn *pgx.Conn) error {
		if err := roomy(ctx, conn); err != nil {
			return err
		}
		layout, err := layoutOf(ctx, conn, t.schema)
		exists = layout > 0
		switch {
		case err != nil:
			return err
		case layout != len(migrations):
			return migrate(ctx, conn, t.schema, true)
		}
		if err := writable(ctx, conn); err != nil {
			return explain(err)
		}
		return nil
	})
	return exists, err
}
