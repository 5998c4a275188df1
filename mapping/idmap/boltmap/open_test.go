package boltmap

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tvscim/mapping/idmap/idmaptest"
)

func TestOpenMakesAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "links.db")
	m, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode(); mode != fileMode {
		t.Errorf("its mode is %v, want %v", mode, fs.FileMode(fileMode))
	}
	if names := namesIn(t, dir); len(names) != 1 {
		t.Errorf("the directory holds %q, want the file alone", names)
	}
}

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return names
}

// TestOpenByManyAtOnce: the first one creates the file, and only one can open it.
func TestOpenByManyAtOnce(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "links.db")
	maps, errs := make([]*Map, 8), make([]error, 8)
	var all sync.WaitGroup
	for i := range maps {
		all.Go(func() { maps[i], errs[i] = Open(path, Options{LockTimeout: 100 * time.Millisecond}) })
	}
	all.Wait()
	opened := 0
	for i, m := range maps {
		switch {
		case m != nil:
			opened++
			_ = m.Close()
		case !errors.Is(errs[i], ErrLocked):
			t.Errorf("%v, want %v", errs[i], ErrLocked)
		}
	}
	if opened > 1 {
		t.Errorf("%d opened it at once", opened)
	}
	if m, err := Open(path, Options{}); err != nil {
		t.Errorf("afterwards: %v", err)
	} else {
		_ = m.Close()
	}
}

func TestOpenExisting(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "links.db")
	if _, err := Open(path, Options{Existing: true}); !errors.Is(err, ErrMissing) {
		t.Errorf("%v, want %v", err, ErrMissing)
	}
	if names := namesIn(t, filepath.Dir(path)); names != nil {
		t.Errorf("made %q", names)
	}
	m, err := Open(written(t, 2), Options{Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	if m.Len() != 2 {
		t.Errorf("%d records, want 2", m.Len())
	}
}

// TestOpenLocked: a second user is told so, soon, and can have the file when the first is gone.
func TestOpenLocked(t *testing.T) {
	t.Parallel()
	path := written(t, 1)
	first, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	_, err = Open(path, Options{LockTimeout: 100 * time.Millisecond})
	if !errors.Is(err, ErrLocked) || err.Error() != "store "+path+": is in use by another tvscim process; stop that process first" {
		t.Errorf("%v, want %v", err, ErrLocked)
	}
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v to say so", took)
	}
	if err := first.Put("u2", idmaptest.Full(2)); err != nil {
		t.Errorf("the first is disturbed: %v", err)
	}
	second := make(chan error, 1)
	go func() {
		m, err := Open(path, Options{LockTimeout: time.Minute})
		if err == nil {
			err = m.Close()
		}
		second <- err
	}()
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-second; err != nil {
		t.Errorf("after the first is gone: %v", err)
	}
}

// TestOpenRefuses goes through what may stand at a path.
func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, fileMode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	good, err := os.ReadFile(written(t, 200))
	if err != nil {
		t.Fatal(err)
	}
	zeroed := bytes.Clone(good)
	clear(zeroed[2*4096:])
	dangling := filepath.Join(dir, "dangling")
	if err := os.Symlink(filepath.Join(dir, "unmounted", "links.db"), dangling); err != nil {
		t.Fatal(err)
	}
	danglingHere := filepath.Join(dir, "dangling-here")
	if err := os.Symlink(filepath.Join(dir, "target.db"), danglingHere); err != nil {
		t.Fatal(err)
	}
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		path string
		want error
		says string
	}{
		{file("empty", nil), ErrDamaged, "is damaged and was not changed; replace it with a backup, or move it away to start with an empty store (it is empty)"},
		{file("text", []byte("shopping list")), ErrForeign, "is not a store of tvscim and was not changed; name another file"},
		{file("long-text", bytes.Repeat([]byte("shopping list "), 5000)), ErrForeign, "is not a store of tvscim"},
		{file("zeros", make([]byte, 1<<16)), ErrForeign, "is not a store of tvscim"},
		{file("half", good[:len(good)/2]), ErrDamaged, fmt.Sprintf("(it has %d bytes of ", len(good)/2)},
		{file("one-page", good[:4096]), nil, "file size too small"},
		{file("three-pages", good[:3*4096]), ErrDamaged, "it has 12288 bytes of "},
		{file("zeroed", zeroed), ErrDamaged, "is damaged"},
		{dir, errDirectory, "is a directory; name a file in it, such as links.db"},
		{dangling, errDangling, "is a symbolic link whose target does not exist; mount or restore the target, or remove the link"},
		{danglingHere, errDangling, "is a symbolic link whose target does not exist"},
		{fifo, errNoFile, "is not a regular file; name another file"},
		{filepath.Join(dir, "none", "links.db"), errNoFolder, "cannot be created, since its directory does not exist; create the directory"},
		{filepath.Join(dir, "text", "links.db"), errNotFolder, "is below a file instead of a directory; name another path"},
		{filepath.Join(dir, strings.Repeat("x", 300)), errLongName, "has too long a name; use a shorter one"},
	} {
		wantRefused(t, test.path, test.want, test.says)
	}
}

// TestExplain: each error of the file system that can be helped says how.
func TestExplain(t *testing.T) {
	t.Parallel()
	wrap := func(err error) error { return &fs.PathError{Op: "open", Path: "/data/links.db", Err: err} }
	for _, test := range []struct{ err, want error }{
		{wrap(syscall.EACCES), errPermission},
		{wrap(syscall.EPERM), errPermission},
		{wrap(syscall.EROFS), errReadOnly},
		{wrap(syscall.ENOENT), errNoFolder},
		{wrap(syscall.ENOTDIR), errNotFolder},
		{wrap(syscall.ENAMETOOLONG), errLongName},
		{wrap(syscall.EIO), syscall.EIO},
		{syscall.ENOSPC, syscall.ENOSPC},
	} {
		if got := explain(test.err); got != test.want {
			t.Errorf("%v means %q, want %q", test.err, got, test.want)
		}
	}
}

// TestDamagedAnywhere overwrites a file at random. Open refuses it, or everything in it is as it
// was: what was overwritten was not in use.
func TestDamagedAnywhere(t *testing.T) {
	t.Parallel()
	const records = 60
	good, err := os.ReadFile(written(t, records))
	if err != nil {
		t.Fatal(err)
	}
	dir, tries, refused := t.TempDir(), 0, 0
	rapid.Check(t, func(t *rapid.T) {
		tries++
		path := filepath.Join(dir, fmt.Sprint(tries))
		bad := bytes.Clone(good)
		if rapid.Bool().Draw(t, "page") {
			page := rapid.IntRange(0, len(bad)/4096-1).Draw(t, "page number")
			clear(bad[page*4096 : (page+1)*4096])
		} else {
			at := rapid.IntRange(0, len(bad)-1).Draw(t, "at")
			bad[at] ^= rapid.ByteRange(1, 255).Draw(t, "flipped")
		}
		if err := os.WriteFile(path, bad, fileMode); err != nil {
			t.Fatal(err)
		}
		m, err := Open(path, Options{LockTimeout: time.Second})
		if err != nil {
			refused++
			if !errors.Is(err, ErrDamaged) && !errors.Is(err, ErrForeign) && !errors.Is(err, ErrNewer) {
				t.Fatalf("refused with %v", err)
			}
			return
		}
		defer m.Close()
		// One of the two meta pages may be gone: then the other is right, of one transaction
		// before.
		if n := m.Len(); n != records && n != records-1 {
			t.Fatalf("opened with %d records of %d", n, records)
		}
		for n := range m.Len() {
			if r, ok := m.Get(fmt.Sprintf("u%d", n)); !ok || idmaptest.Diff(idmaptest.Full(n), r) != "" {
				t.Fatalf("u%d is %+v, %t", n, r, ok)
			}
		}
	})
	if refused == 0 {
		t.Error("nothing was refused")
	}
}
