package pgtest

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// bouncerPort is in the name of PgBouncer's socket. Nothing listens on the network.
const bouncerPort = "6432"

// Bouncer starts a PgBouncer of the test's own in front of the server, with a pool_mode. It returns
// what turns a URL of the server into one of PgBouncer. The test is skipped if there is none.
func (s *Server) Bouncer(t testing.TB, mode string) (through func(url string) string) {
	t.Helper()
	program := "/usr/sbin/pgbouncer"
	if _, err := os.Stat(program); err != nil {
		if program, err = exec.LookPath("pgbouncer"); err != nil {
			t.Skip("PgBouncer is not installed; Debian's package is pgbouncer")
		}
	}
	dir, err := os.MkdirTemp("", "bouncer") //nolint:usetesting // the path of a socket must be short
	if err != nil {
		t.Fatal(err)
	}
	settings := fmt.Sprintf("[databases]\n* = host=%s port=5432 user=%s\n[pgbouncer]\nlisten_addr =\nlisten_port = %s\nunix_socket_dir = %s\n"+
		"auth_type = any\nserver_login_retry = 1\npool_mode = %s\n", s.dir, Admin, bouncerPort, dir, mode)
	file := filepath.Join(dir, "pgbouncer.ini")
	if err := os.WriteFile(file, []byte(settings), 0o644); err != nil { //nolint:gosec // no secret
		t.Fatal(err)
	}
	if c := s.as.Credential; c != nil { // PgBouncer refuses to run as root
		if err := os.Chown(dir, int(c.Uid), int(c.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	bouncer := exec.CommandContext(context.Background(), "/bin/sh", "-c", strings.Replace(guard, "QUIT", "KILL", 1), program, file) //nolint:gosec // a program of the test
	bouncer.SysProcAttr, bouncer.Dir = s.as, dir
	alive, err := bouncer.StdinPipe()
	if err == nil {
		err = bouncer.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = alive.Close() // which ends it, and removes the directory
		_ = bouncer.Wait()
	})
	through = func(url string) string {
		return strings.Replace(url, "host="+s.dir+"&port=5432", "host="+dir+"&port="+bouncerPort, 1)
	}
	for until := time.Now().Add(time.Minute); ; <-time.After(10 * time.Millisecond) {
		conn, err := pgx.Connect(t.Context(), through(s.url("postgres", Admin, "")))
		if err == nil {
			_ = conn.Close(t.Context())
			return through
		}
		if time.Now().After(until) {
			t.Fatalf("PgBouncer does not answer: %v", err)
		}
	}
}
