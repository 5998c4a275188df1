// Package pgtest starts PostgreSQL for tests.
package pgtest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// Admin is the superuser of a server. It needs no password.
const Admin = "admin"

// Server is a PostgreSQL server of a test, which listens on a socket only.
type Server struct {
	dir, bin string
	settings []string
	as       *syscall.SysProcAttr
	process  *exec.Cmd
	alive    io.Closer // see guard

	mu     sync.Mutex
	number int // of databases
}

// shared is the server of all tests of a process that need none of their own.
var shared struct {
	mu     sync.Mutex
	server *Server
}

// Shared returns a server that other tests of the process use too. Their TestMain ends it with
// [Close].
func Shared(t testing.TB) *Server {
	t.Helper()
	bin := binaries(t)
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server == nil {
		s, err := start(bin)
		if err != nil {
			t.Fatal(err)
		}
		shared.server = s
	}
	return shared.server
}

// Close ends the server of [Shared], if there is one. It is called after all tests.
func Close() {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if shared.server != nil {
		shared.server.remove()
		shared.server = nil
	}
}

// Start returns a server of the test's own, which it may stop. Settings are such as "fsync=on";
// without it, nothing is flushed to the disk.
func Start(t testing.TB, settings ...string) *Server {
	t.Helper()
	s, err := start(binaries(t), settings...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.remove)
	return s
}

// binaries returns the directory of PostgreSQL's programs, and skips the test if there is none, and
// in short mode, since a start takes seconds.
func binaries(t testing.TB) string {
	t.Helper()
	if testing.Short() {
		t.Skip("starts PostgreSQL; not in short mode")
	}
	dirs, _ := filepath.Glob("/usr/lib/postgresql/*/bin") // the pattern is valid
	slices.SortFunc(dirs, func(a, b string) int { return versionOf(b) - versionOf(a) })
	if path, err := exec.LookPath("postgres"); err == nil {
		dirs = append(dirs, filepath.Dir(path))
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return dir
		}
	}
	t.Skip("PostgreSQL is not installed (initdb and postgres); Debian's package is postgresql")
	return ""
}

func versionOf(dir string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(dir))) // 0 for others
	return n
}

// parent returns the directory in which a server gets its own: in memory where there is plenty,
// since each database is 300 files, and creating them takes most of the time of short tests. A
// server with settings, such as "fsync=on", may need a disk. "" is the default of [os.MkdirTemp].
func parent(settings []string) string {
	const memory, least = "/dev/shm", 2 << 30 // bytes; containers often have 64 MiB
	var fs syscall.Statfs_t
	if len(settings) > 0 || syscall.Statfs(memory, &fs) != nil || fs.Bavail*uint64(fs.Bsize) < least {
		return ""
	}
	return memory
}

func start(bin string, settings ...string) (s *Server, err error) {
	s = &Server{bin: bin, settings: settings, as: &syscall.SysProcAttr{}}
	if s.dir, err = os.MkdirTemp(parent(settings), "pg"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			_ = os.RemoveAll(s.dir)
		}
	}()
	if os.Getuid() == 0 { // PostgreSQL refuses to run as root
		nobody, err := user.Lookup("nobody")
		if err != nil {
			return nil, err
		}
		uid, _ := strconv.Atoi(nobody.Uid)
		gid, _ := strconv.Atoi(nobody.Gid)
		s.as.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(s.dir, uid, gid); err != nil {
			return nil, err
		}
	}
	initdb := exec.CommandContext(context.Background(), filepath.Join(bin, "initdb"), "-D", s.data(), "-U", Admin, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C") //nolint:gosec // a program of the test
	initdb.SysProcAttr, initdb.Dir = s.as, s.dir
	if text, err := initdb.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, text)
	}
	// a user with a password, for tests of wrong ones
	hba := "local all " + Admin + " trust\nlocal all all scram-sha-256\n"
	if err := os.WriteFile(filepath.Join(s.data(), "pg_hba.conf"), []byte(hba), 0o644); err != nil { //nolint:gosec // no secret
		return nil, err
	}
	return s, s.run()
}

// guard is a script that runs the server until it ends. When the test process is gone, which closes
// the standard input of the script, it ends a server that still runs and removes the directory, in
// which it is.
const guard = `exec 3<&0; "$0" "$@" & pid=$!
{ cat <&3 >/dev/null; kill -QUIT $pid && while kill -0 $pid; do sleep 0.05; done && rm -rf "$PWD"; } 2>/dev/null &
wait $pid`

func (s *Server) data() string { return filepath.Join(s.dir, "data") }

// run starts the process and waits until it accepts connections.
func (s *Server) run() error {
	//nolint:gosec // a program of the test
	s.process = exec.CommandContext(context.Background(), "/bin/sh", "-c", guard, filepath.Join(s.bin, "postgres"), "-D", s.data(), "-k", s.dir, "-c", "listen_addresses=",
		"-c", "fsync=off", "-c", "max_connections=200", "-c", "log_min_messages=warning",
		// a database is created in a third of the time without what only a standby or a crash of the machine needs
		"-c", "wal_level=minimal", "-c", "max_wal_senders=0", "-c", "full_page_writes=off", "-c", "autovacuum=off")
	for _, setting := range s.settings {
		s.process.Args = append(s.process.Args, "-c", setting)
	}
	s.process.SysProcAttr, s.process.Dir = s.as, s.dir
	var err error
	if s.alive, err = s.process.StdinPipe(); err != nil {
		return err
	}
	if err := s.process.Start(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, s.url("postgres", Admin, ""))
		if err == nil {
			return conn.Close(ctx)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("PostgreSQL does not start: %w", errors.Join(err, s.Stop()))
		}
		<-time.After(20 * time.Millisecond) // PostgreSQL tells nobody when it is ready
	}
}

// Stop ends all sessions and the process, without losing what was committed.
func (s *Server) Stop() error { return s.signal(syscall.SIGINT) }

// Kill ends the process as a crash does.
func (s *Server) Kill() error { return s.signal(syscall.SIGQUIT) }

func (s *Server) signal(signal syscall.Signal) error {
	text, err := os.ReadFile(filepath.Join(s.data(), "postmaster.pid"))
	if err != nil {
		return err
	}
	first, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		return err
	}
	if err := syscall.Kill(pid, signal); err != nil {
		return err
	}
	_ = s.process.Wait() // the status tells the signal
	_ = s.alive.Close()
	return nil
}

// Restart starts a server that was stopped.
func (s *Server) Restart() error { return s.run() }

func (s *Server) remove() {
	_ = s.Stop() // it may be stopped
	_ = os.RemoveAll(s.dir)
}

// Dir is the directory of the socket.
func (s *Server) Dir() string { return s.dir }

// Programs is the directory of PostgreSQL's programs.
func (s *Server) Programs() string { return s.bin }

// Socket is the path of the socket.
func (s *Server) Socket() string { return filepath.Join(s.dir, ".s.PGSQL.5432") }

func (s *Server) url(database, name, password string) string {
	if password != "" {
		name += ":" + password
	}
	return "postgres://" + name + "@/" + database + "?host=" + s.dir + "&port=5432&sslmode=disable"
}

// Database creates an empty database and returns its name.
func (s *Server) Database(t testing.TB) string {
	t.Helper()
	s.mu.Lock()
	s.number++
	name := "db" + strconv.Itoa(s.number)
	s.mu.Unlock()
	strategy := " STRATEGY file_copy" // without a log, in two thirds of the time
	if versionOf(s.bin) < 15 {
		strategy = ""
	}
	s.Exec(t, "postgres", "CREATE DATABASE "+name+strategy)
	return name
}

// URL creates an empty database and returns its URL for the superuser.
func (s *Server) URL(t testing.TB) string {
	t.Helper()
	return s.url(s.Database(t), Admin, "")
}

// As returns the URL of a database for a user.
func (s *Server) As(database, name, password string) string { return s.url(database, name, password) }

// Role creates a user with a password, unless an earlier run of the test has. It has no rights.
func (s *Server) Role(t testing.TB, name, password string) {
	t.Helper()
	s.Exec(t, "postgres", "DO $$BEGIN CREATE ROLE "+name+" LOGIN PASSWORD '"+password+"'; EXCEPTION WHEN duplicate_object THEN NULL; END$$")
}

// Exec executes statements in a database as superuser.
func (s *Server) Exec(t testing.TB, database string, statements ...string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url(database, Admin, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	for _, statement := range statements {
		if _, err := conn.Exec(ctx, statement); err != nil {
			t.Fatalf("%s: %v", strings.TrimSpace(statement), err)
		}
	}
}

// Text returns the text that a query finds in a database, as superuser.
func (s *Server) Text(t testing.TB, database, query string) (text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	conn, err := pgx.Connect(ctx, s.url(database, Admin, ""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if err := conn.QueryRow(ctx, query).Scan(&text); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return text
}

// DatabaseOf returns the name of the database of a URL of this package.
func DatabaseOf(url string) string {
	_, after, _ := strings.Cut(url, "@/")
	name, _, _ := strings.Cut(after, "?")
	return name
}
