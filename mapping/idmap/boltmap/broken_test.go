package boltmap

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
)

// spoilings are what an operator's mistake makes of the file of a running gateway, in place.
var spoilings = map[string]func(path string) error{
	"overwritten with other bytes": func(path string) error { return os.WriteFile(path, bytes.Repeat([]byte("garbage "), 64<<10), fileMode) },
	"overwritten, shorter":         func(path string) error { return os.WriteFile(path, []byte("garbage"), fileMode) },
	"emptied":                      func(path string) error { return os.Truncate(path, 0) },
	"truncated to its first pages": func(path string) error { return os.Truncate(path, 8192) },
	"overwritten behind its size": func(path string) error {
		info, err := os.Stat(path)
		if err != nil {
			return err
		}
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		_, err = file.Write(bytes.Repeat([]byte{0x5a}, int(info.Size())))
		return errors.Join(err, file.Close())
	},
}

// TestBrokenFile: a file that is overwritten or truncated in place while open makes every operation
// return, writes with ErrBroken, and Close end and unlock the file.
func TestBrokenFile(t *testing.T) {
	t.Parallel()
	operations := map[string]func(m *Map) error{
		"Get":     func(m *Map) error { m.Get("u150"); return m.Broken() },
		"Find":    func(m *Map) error { m.Find(idmaptest.Key(150)); return m.Broken() },
		"Note":    func(m *Map) error { m.Note("a"); return m.Broken() },
		"All":     func(m *Map) error { m.All()(func(string, idmap.Record) bool { return true }); return m.Broken() },
		"Put":     func(m *Map) error { return m.Put("u1", idmaptest.Full(2)) },
		"Delete":  func(m *Map) error { return m.Delete("u1") },
		"PutNote": func(m *Map) error { return m.PutNote("a", []byte("b")) },
		"Err":     func(m *Map) error { return m.Err() },
	}
	for how, ruin := range spoilings {
		for first, operation := range operations {
			t.Run(how+"/"+first, func(t *testing.T) {
				t.Parallel()
				path := filepath.Join(t.TempDir(), "links.db")
				told := 0
				m, err := Open(path, Options{Broken: func(error) { told++ }})
				must(t, err)
				fill(t, m, 200)
				must(t, ruin(path))
				wantBroken(t, first, path, operation(m))
				for name, operation := range operations {
					wantBroken(t, name, path, operation(m))
				}
				if told != 1 {
					t.Errorf("Broken was called %d times", told)
				}
				wantBroken(t, "Close", path, m.Close())
				wantBroken(t, "Close again", path, m.Close())
				must(t, os.Remove(path))
				again, err := Open(path, Options{})
				must(t, err)
				must(t, again.Close())
			})
		}
	}
}

// fill writes records and a note.
func fill(t *testing.T, m *Map, records int) {
	t.Helper()
	must(t, m.PutNote("a", []byte("note")))
	must(t, m.PutAll(func(yield func(string, idmap.Record) bool) {
		for n := range records {
			if !yield(fmt.Sprintf("u%d", n), idmaptest.Full(n)) {
				return
			}
		}
	}))
}

func wantBroken(t *testing.T, name, path string, err error) {
	t.Helper()
	if !errors.Is(err, ErrBroken) || !strings.HasPrefix(err.Error(), "store "+path+": was overwritten or truncated while in use") {
		t.Errorf("%s: %v, want %v", name, err, ErrBroken)
	}
}

// TestBrokenWhileInUse: operations that are under way when the file breaks end.
func TestBrokenWhileInUse(t *testing.T) {
	t.Parallel()
	for how, ruin := range spoilings {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "links.db")
			m, err := Open(path, Options{})
			must(t, err)
			fill(t, m, 200)
			var users sync.WaitGroup
			begun := make(chan struct{}, 8)
			for w := range 8 {
				users.Go(func() {
					for n := 0; m.Broken() == nil; n++ {
						if w%2 == 0 {
							_ = m.Put(fmt.Sprintf("u%d", w), idmaptest.Full(n))
						} else {
							m.Get(fmt.Sprintf("u%d", n%200))
						}
						if n == 3 {
							begun <- struct{}{}
						}
					}
				})
			}
			for range 8 {
				<-begun
			}
			must(t, ruin(path))
			users.Wait()
			wantBroken(t, "Close", path, m.Close())
		})
	}
}

// TestGrowingFileIsNotBroken: a file that one write extends while others look at it is in order.
func TestGrowingFileIsNotBroken(t *testing.T) {
	t.Parallel()
	m := opened(t)
	r := idmaptest.Full(1)
	r.Secret = bytes.Repeat([]byte{1}, 16<<10)
	var writers sync.WaitGroup
	for w := range 16 {
		writers.Go(func() {
			for n := range 8 {
				if err := errors.Join(m.Put(fmt.Sprintf("u%d", 100*w+n), r), m.Err()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	writers.Wait()
}
