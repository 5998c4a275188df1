package main

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

// TestStartMistakesOfPermission are those of a user without rights. Root may do everything, so it
// changes into somebody else for a moment; what another goroutine does keeps root's rights.
func TestStartMistakesOfPermission(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root, which can become another user")
	}
	closed := func(name string) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			if err := os.Chmod(filepath.Join(dir, name), 0o000); err != nil {
				t.Fatal(err)
			}
		}
	}
	both := func(fs ...func(*testing.T, string)) func(*testing.T, string) {
		return func(t *testing.T, dir string) {
			for _, f := range fs {
				f(t, dir)
			}
		}
	}
	var all strings.Builder
	for _, m := range []mistake{
		{name: "settings file unreadable", prepare: closed("config.yaml"), code: exitSettings},
		{name: "token file unreadable", settings: tokenMode + "teamviewer: {token_file: DIR/token}\n", prepare: withFile("token", "hunter2", 0o000), code: exitSettings},
		{name: "store unreadable", settings: storeHere, prepare: withStore(func(path string) error { return os.Chmod(path, 0o000) }), code: exitFailed},
		{name: "store not writable", settings: storeHere, prepare: withStore(func(path string) error { return os.Chmod(path, 0o444) }), code: exitFailed},
		{name: "directory of the store not writable", settings: storeHere, code: exitFailed},
	} {
		t.Run(m.name, func(t *testing.T) {
			dir := t.TempDir()
			for d := dir; len(d) > len(os.TempDir()); d = filepath.Dir(d) {
				if err := os.Chmod(d, 0o755); err != nil {
					t.Fatal(err)
				}
			}
			prepare := func(t *testing.T, dir string) {
				if err := os.Chmod(filepath.Join(dir, "config.yaml"), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if m.prepare != nil {
				prepare = both(prepare, m.prepare)
			}
			m.prepare = both(prepare, asNobody)
			fmt.Fprintf(&all, "%s (exit %d)\n%s\n", m.name, m.code, m.try(t, dir))
		})
	}
	compareMistakes(t, "testdata/start-mistakes-permission.golden", all.String())
}

// asNobody lets the file system see the test's thread as that of a user without rights, until the
// test ends.
func asNobody(t *testing.T, _ string) {
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	if err := syscall.Setfsuid(65534); err != nil {
		t.Skipf("cannot become another user: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Setfsuid(0) })
}
