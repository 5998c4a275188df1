package boltmap

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	bolt "go.etcd.io/bbolt"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
)

// written returns the path of a file with some records in the current layout.
func written(t *testing.T, records int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "links.db")
	m, err := Open(path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	for n := range records {
		if err := m.Put(fmt.Sprintf("u%d", n), idmaptest.Full(n)); err != nil {
			t.Fatal(err)
		}
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// older makes a file's layout an imagined one from before: records in a bucket of another name, and
// no index.
func older(t *testing.T, path string, version int) {
	t.Helper()
	spoil(t, path, func(tx *bolt.Tx) error {
		links, err := tx.CreateBucket([]byte("links"))
		if err != nil {
			return err
		}
		if err := tx.Bucket(recordsBucket).ForEach(links.Put); err != nil {
			return err
		}
		return errors.Join(tx.DeleteBucket(recordsBucket), tx.DeleteBucket(indexBucket), current().stamp(tx, version))
	})
}

// spoil changes a file behind the package's back.
func spoil(t *testing.T, path string, change func(*bolt.Tx) error) {
	t.Helper()
	db, err := bolt.Open(path, fileMode, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(change), db.Close()); err != nil {
		t.Fatal(err)
	}
}

// later is the current layout, reached by two steps from that of older.
func later() schema {
	v := current().version
	return schema{version: v + 2, steps: map[int]func(*bolt.Tx) error{
		v: func(tx *bolt.Tx) error {
			_, err := tx.CreateBucket(indexBucket)
			return err
		},
		v + 1: func(tx *bolt.Tx) error {
			records, err := tx.CreateBucket(recordsBucket)
			if err != nil {
				return err
			}
			err = tx.Bucket([]byte("links")).ForEach(func(id, value []byte) error {
				keys, err := decodeKeys(string(id), value)
				if err != nil {
					return err
				}
				for _, entry := range entries(string(id), keys) {
					if err := tx.Bucket(indexBucket).Put([]byte(entry), nil); err != nil {
						return err
					}
				}
				return records.Put(id, value)
			})
			return errors.Join(err, tx.DeleteBucket([]byte("links")))
		},
	}}
}

// TestMigrate takes an older file through all steps, once.
func TestMigrate(t *testing.T) {
	t.Parallel()
	path := written(t, 40)
	older(t, path, current().version)
	for _, moment := range []string{"migrated", "opened again"} {
		m, err := open(path, Options{}, later())
		if err != nil {
			t.Fatalf("%s: %v", moment, err)
		}
		if m.Len() != 40 {
			t.Errorf("%s: %d records, want 40", moment, m.Len())
		}
		for n := range 40 {
			id := fmt.Sprintf("u%d", n)
			if r, _ := m.Get(id); idmaptest.Diff(idmaptest.Full(n), r) != "" {
				t.Errorf("%s: %s is %+v", moment, id, r)
			}
			if ids := m.Find(idmaptest.Key(n)); len(ids) != 1 || ids[0] != id {
				t.Errorf("%s: found %v, want %s", moment, ids, id)
			}
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := Open(path, Options{}); !errors.Is(err, ErrNewer) {
		t.Errorf("the program from before opens it: %v", err)
	}
}

// TestMigrateFails: a step that fails, is missing or leaves nonsense changes nothing.
func TestMigrateFails(t *testing.T) {
	t.Parallel()
	broken := errors.New("the step broke")
	v := current().version
	for name, test := range map[string]struct {
		spoil func(schema)
		says  string
	}{
		"error":   {func(s schema) { s.steps[v+1] = func(*bolt.Tx) error { return broken } }, fmt.Sprintf("migration from layout %d to %d: the step broke", v+1, v+2)},
		"missing": {func(s schema) { delete(s.steps, v+1) }, fmt.Sprintf("no migration from layout %d to %d", v+1, v+2)},
		"no index": {func(s schema) {
			step := s.steps[v+1]
			s.steps[v+1] = func(tx *bolt.Tx) error {
				err := step(tx)
				c := tx.Bucket(indexBucket).Cursor()
				c.First()
				return errors.Join(err, c.Delete())
			}
		}, "its index does not match its records"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := written(t, 5)
			older(t, path, v)
			s := later()
			test.spoil(s)
			if _, err := open(path, Options{}, s); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("%v, want %q", err, test.says)
			}
			m, err := open(path, Options{}, later())
			if err != nil {
				t.Fatalf("after the failure: %v", err)
			}
			defer m.Close()
			if m.Len() != 5 {
				t.Errorf("%d records, want 5", m.Len())
			}
		})
	}
}

// TestNotOurs: files of bbolt that this program must not use are refused and left as they are.
func TestNotOurs(t *testing.T) {
	t.Parallel()
	meta := func(key []byte, value string) func(*bolt.Tx) error {
		return func(tx *bolt.Tx) error { return tx.Bucket(metaBucket).Put(key, []byte(value)) }
	}
	for name, test := range map[string]struct {
		change func(*bolt.Tx) error
		want   error
		says   string
	}{
		"another program":  {meta(applicationKey, "etcd"), ErrForeign, "is not a store of tvscim"},
		"no meta":          {func(tx *bolt.Tx) error { return tx.DeleteBucket(metaBucket) }, ErrForeign, "is not a store of tvscim"},
		"newer":            {meta(schemaKey, fmt.Sprint(current().version+1)), ErrNewer, fmt.Sprintf("(layout %d; this version supports up to %d)", current().version+1, current().version)},
		"no version":       {func(tx *bolt.Tx) error { return tx.Bucket(metaBucket).Delete(schemaKey) }, ErrDamaged, "it has no layout version"},
		"odd version":      {meta(schemaKey, "one"), ErrDamaged, "it has no layout version"},
		"version zero":     {meta(schemaKey, "0"), ErrDamaged, "it has no layout version"},
		"no records":       {func(tx *bolt.Tx) error { return tx.DeleteBucket(recordsBucket) }, ErrDamaged, "a bucket is missing"},
		"no index":         {func(tx *bolt.Tx) error { return tx.DeleteBucket(indexBucket) }, ErrDamaged, "a bucket is missing"},
		"an unread record": {func(tx *bolt.Tx) error { return tx.Bucket(recordsBucket).Put([]byte("u1"), []byte("x")) }, ErrDamaged, "record u1: it ends too early"},
		"an entry too many": {func(tx *bolt.Tx) error {
			return tx.Bucket(indexBucket).Put([]byte(entries("u1", []idmap.Key{idmaptest.Key(99)})[0]), nil)
		}, ErrDamaged, "its index does not match its records"},
		"an entry too few": {func(tx *bolt.Tx) error {
			return tx.Bucket(indexBucket).Delete([]byte(entries("u1", []idmap.Key{idmaptest.Key(1)})[0]))
		}, ErrDamaged, "its index does not match its records"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := written(t, 3)
			spoil(t, path, test.change)
			wantRefused(t, path, test.want, test.says)
		})
	}
}

// wantRefused wants a file to be refused, with an error that begins with its path, and to be left
// as it is.
func wantRefused(t *testing.T, path string, want error, says string) {
	t.Helper()
	before := bytesOf(path)
	_, err := Open(path, Options{})
	if err == nil {
		t.Fatalf("%s is opened", path)
	}
	if text := err.Error(); !strings.HasPrefix(text, "store "+path+": ") || !strings.Contains(text, says) || want != nil && !errors.Is(err, want) {
		t.Errorf("%q is not %q or does not say %q", text, want, says)
	}
	if after := bytesOf(path); before != after {
		t.Error("the file was changed")
	}
}

// bytesOf returns what a file holds, "" for what is none: reading a pipe would wait for ever.
func bytesOf(path string) string {
	if info, err := os.Stat(path); err != nil || !info.Mode().IsRegular() {
		return ""
	}
	content, _ := os.ReadFile(path)
	return string(content)
}
