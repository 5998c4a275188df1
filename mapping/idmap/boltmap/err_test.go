package boltmap

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bolt "go.etcd.io/bbolt"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
)

// TestReplacedFile: writes to a file that the next start will not find are refused, whatever became
// of it, also those that change nothing, and succeed again once the file is back.
func TestReplacedFile(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		replace func(t *testing.T, path string)
		back    func(t *testing.T, path string) // nil: it cannot come back
	}{
		"deleted": {func(t *testing.T, path string) { must(t, os.Remove(path)) }, nil},
		"moved away and back": {
			func(t *testing.T, path string) { must(t, os.Rename(path, path+".old")) },
			func(t *testing.T, path string) { must(t, os.Rename(path+".old", path)) },
		},
		"replaced by a copy": {func(t *testing.T, path string) {
			must(t, os.WriteFile(path+".copy", []byte(bytesOf(path)), fileMode))
			must(t, os.Rename(path+".copy", path))
		}, nil},
		"its directory moved": {func(t *testing.T, path string) { must(t, os.Rename(filepath.Dir(path), filepath.Dir(path)+".old")) }, nil},
		"a new file at its path": {func(t *testing.T, path string) {
			must(t, os.Remove(path))
			m, err := Open(path, Options{})
			must(t, err)
			must(t, m.Close())
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "data", "links.db")
			must(t, os.Mkdir(filepath.Dir(path), 0o700))
			m, err := Open(path, Options{})
			must(t, err)
			defer m.Close()
			must(t, m.Put("u1", idmaptest.Full(1)))
			if err := m.Err(); err != nil {
				t.Errorf("before: %v", err)
			}
			test.replace(t, path)
			wantReplaced(t, m, path)
			if r, ok := m.Get("u1"); !ok || idmaptest.Diff(idmaptest.Full(1), r) != "" {
				t.Errorf("what is remembered is not read any more: %+v, %t", r, ok)
			}
			if test.back == nil {
				return
			}
			test.back(t, path)
			if err := m.Put("u2", idmaptest.Full(2)); err != nil {
				t.Errorf("afterwards: %v", err)
			}
			if err := m.Err(); err != nil {
				t.Errorf("afterwards: %v", err)
			}
		})
	}
}

// TestOverwrittenFile: an older copy that is written over the open file keeps its identity, but not
// its transactions.
func TestOverwrittenFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "links.db")
	m, err := Open(path, Options{})
	must(t, err)
	defer m.Close()
	must(t, m.Put("u1", idmaptest.Full(1)))
	older := bytesOf(path)
	must(t, m.Put("u2", idmaptest.Full(2)))
	file, err := os.OpenFile(path, os.O_WRONLY, 0)
	must(t, err)
	_, err = file.WriteString(older)
	must(t, errors.Join(err, file.Close()))
	wantReplaced(t, m, path)
}

// wantReplaced wants every write to be refused, and Err to say why.
func wantReplaced(t *testing.T, m *Map, path string) {
	t.Helper()
	for name, err := range map[string]error{
		"Err":           m.Err(),
		"Put":           m.Put("u2", idmaptest.Full(2)),
		"Put unchanged": m.Put("u1", idmaptest.Full(1)),
		"Delete":        m.Delete("u1"),
		"PutAll":        m.PutAll(func(yield func(string, idmap.Record) bool) { yield("u3", idmaptest.Full(3)) }),
		"Err again":     m.Err(),
	} {
		if !errors.Is(err, ErrReplaced) || !strings.HasPrefix(err.Error(), "store "+path+": was deleted or replaced while in use") {
			t.Errorf("%s: %v, want %v", name, err, ErrReplaced)
		}
	}
}

// TestErrOfAFailedWrite is that of the latest transaction, until one is written.
func TestErrOfAFailedWrite(t *testing.T) {
	t.Parallel()
	m := opened(t)
	full := errors.New("no space left on device")
	_ = m.fail(full)
	if err := m.Err(); !errors.Is(err, full) {
		t.Errorf("%v, want %v", err, full)
	}
	must(t, m.Put("u1", idmaptest.Full(1)))
	if err := m.Err(); err != nil {
		t.Errorf("after a write: %v", err)
	}
}

// TestCheck says what Open says, and changes nothing.
func TestCheck(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	must(t, os.WriteFile(text, []byte("shopping list"), fileMode))
	half := filepath.Join(dir, "half")
	good := bytesOf(written(t, 200))
	must(t, os.WriteFile(half, []byte(good[:len(good)/2]), fileMode))
	damagedRecord := written(t, 3)
	spoil(t, damagedRecord, func(tx *bolt.Tx) error {
		return tx.Bucket(recordsBucket).Put([]byte("u1"), []byte("nonsense"))
	})
	used := written(t, 1)
	m, err := Open(used, Options{})
	must(t, err)
	defer m.Close()
	for name, test := range map[string]struct {
		path   string
		exists bool
		want   error
	}{
		"good":             {written(t, 3), true, nil},
		"not yet made":     {filepath.Join(dir, "new.db"), false, nil},
		"foreign":          {text, true, ErrForeign},
		"half":             {half, true, ErrDamaged},
		"a damaged record": {damagedRecord, true, ErrDamaged},
		"used":             {used, true, ErrLocked},
		"no directory":     {filepath.Join(dir, "none", "links.db"), false, errNoFolder},
		"a directory":      {dir, false, errDirectory},
	} {
		t.Run(name, func(t *testing.T) {
			before, names := bytesOf(test.path), len(namesIn(t, dir))
			// a process that another test has just started may still have the lock
			exists, err := Check(test.path, Options{LockTimeout: time.Second})
			if exists != test.exists || !errors.Is(err, test.want) {
				t.Errorf("Check = %t, %v; want %t, %v", exists, err, test.exists, test.want)
			}
			if bytesOf(test.path) != before || len(namesIn(t, dir)) != names {
				t.Error("something was changed")
			}
			m, opening := Open(test.path, Options{LockTimeout: time.Second})
			if (err == nil) != (opening == nil) || err != nil && err.Error() != opening.Error() {
				t.Errorf("Check says %v, Open says %v", err, opening)
			}
			if m != nil {
				must(t, m.Close())
				must(t, os.RemoveAll(filepath.Join(dir, "new.db")))
			}
		})
	}
}

// TestCheckOfAnOlderLayout rehearses the migration, says why it fails, and leaves the file at its
// version.
func TestCheckOfAnOlderLayout(t *testing.T) {
	t.Parallel()
	path := written(t, 3)
	before := bytesOf(path)
	now := current().version
	next := schema{version: now + 1, steps: map[int]func(*bolt.Tx) error{now: func(tx *bolt.Tx) error {
		_, err := tx.CreateBucket([]byte("more"))
		return err
	}}}
	if _, err := check(path, Options{}, next); err != nil {
		t.Errorf("a migration that works: %v", err)
	}
	if _, err := check(path, Options{}, schema{version: now + 1}); err == nil || !strings.Contains(err.Error(), fmt.Sprintf("no migration from layout %d to %d", now, now+1)) {
		t.Errorf("a migration that does not: %v", err)
	}
	if bytesOf(path) != before {
		t.Error("the file was changed")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
