package boltmap

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// TestOpenWithoutPermission opens files as a user who may not. Root may do everything, so it
// changes its user for a moment.
func TestOpenWithoutPermission(t *testing.T) {
	theirs := written(t, 1)
	open := filepath.Dir(theirs)
	for dir := open; len(dir) > len(os.TempDir()); dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	closed := t.TempDir()
	if err := os.Chmod(closed, 0o000); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(closed, 0o700) })
	if err := os.Chmod(theirs, 0o000); err != nil {
		t.Fatal(err)
	}
	asNobody(t)
	for name, path := range map[string]string{
		"file": theirs, "file in a closed directory": filepath.Join(closed, "links.db"), "new file in another's directory": filepath.Join(open, "new.db"),
	} {
		if name == "new file in another's directory" && os.Geteuid() != 0 {
			continue // then the directory is ours
		}
		wantRefused(t, path, errPermission, "cannot be opened: permission denied; the user that tvscim runs as must be able to read and write the file and its directory")
	}
}

// asNobody lets the file system see the test's thread as that of a user without rights, if it is
// root's.
func asNobody(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	runtime.LockOSThread()
	t.Cleanup(runtime.UnlockOSThread)
	if err := syscall.Setfsuid(65534); err != nil {
		t.Skipf("cannot become another user: %v", err)
	}
	t.Cleanup(func() { _ = syscall.Setfsuid(0) })
}
