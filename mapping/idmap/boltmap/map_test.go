package boltmap_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/boltmap"
	"tvscim/mapping/idmap/idmaptest"
)

// open opens a file for the length of the test, which may close it earlier.
func open(t testing.TB, path string) *boltmap.Map {
	t.Helper()
	m, err := boltmap.Open(path, boltmap.Options{Damaged: func(id string, err error) { t.Errorf("damaged: %v", err) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
	return m
}

func fresh(t testing.TB) string { return filepath.Join(t.TempDir(), "links.db") }

func behindLRU(t testing.TB, size int, m idmap.Map) idmap.Map {
	t.Helper()
	lru, err := idmap.NewLRU(size, m)
	if err != nil {
		t.Fatal(err)
	}
	return lru
}

func TestContract(t *testing.T) {
	t.Parallel()
	for name, build := range map[string]func(t *testing.T) idmap.Map{
		"alone":                 func(t *testing.T) idmap.Map { return open(t, fresh(t)) },
		"behind a large memory": func(t *testing.T) idmap.Map { return behindLRU(t, 1000, open(t, fresh(t))) },
		"behind a tiny memory":  func(t *testing.T) idmap.Map { return behindLRU(t, 1, open(t, fresh(t))) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			idmaptest.TestMap(t, build)
		})
	}
}

// model is what a Map must do, in the plainest way.
type model map[string]idmap.Record

func (m model) find(k idmap.Key) (ids []string) {
	for _, id := range slices.Sorted(maps.Keys(m)) {
		if slices.Contains(m[id].Keys, k) {
			ids = append(ids, id)
		}
	}
	return ids
}

// check compares everything that a Map shows with the model.
func (m model) check(t *rapid.T, got idmap.Map) {
	if n := got.Len(); n != len(m) {
		t.Fatalf("Len = %d, want %d", n, len(m))
	}
	var ids []string
	for id, r := range got.All() {
		ids = append(ids, id)
		if diff := idmaptest.Diff(m[id], r); diff != "" {
			t.Fatalf("record %s (-want +got):\n%s", id, diff)
		}
	}
	if diff := cmp.Diff(slices.Sorted(maps.Keys(m)), ids); diff != "" {
		t.Fatalf("ids (-want +got):\n%s", diff)
	}
	for _, k := range keyPool {
		if diff := cmp.Diff(m.find(k), got.Find(k)); diff != "" {
			t.Fatalf("Find(%v) (-want +got):\n%s", k, diff)
		}
	}
}

// keyPool has keys that a careless encoding of the index would confuse.
var keyPool = []idmap.Key{
	{Index: "a", Value: "b"}, {Index: "ab"}, {Value: "ab"}, {Index: "a\x00b"}, {Index: "a", Value: "\x00b"}, {Index: "a", Value: "b\x00u1"},
	{Index: "a", Value: "b\x00"}, {Index: idmap.UserName, Value: "ada@example.com"}, {Index: idmap.UserEmail, Value: "ada@example.com"},
}

// TestModel drives a small memory in front of a file, closes and opens it in between, and compares
// it with a model.
func TestModel(t *testing.T) {
	t.Parallel()
	ids := []string{"u1", "u10", "u2", "1", "456", "\x00", "u"}
	rapid.Check(t, func(rt *rapid.T) {
		path := filepath.Join(t.TempDir(), "links.db")
		size := rapid.SampledFrom([]int{1, 3, 100}).Draw(rt, "size")
		got := behindLRU(t, size, open(t, path))
		want := model{}
		rt.Repeat(map[string]func(*rapid.T){
			"put": func(rt *rapid.T) {
				id, r := rapid.SampledFrom(ids).Draw(rt, "id"), records().Draw(rt, "record")
				if err := got.Put(id, r); err != nil {
					rt.Fatal(err)
				}
				want[id] = r
			},
			"delete": func(rt *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(rt, "id")
				if err := got.Delete(id); err != nil {
					rt.Fatal(err)
				}
				delete(want, id)
			},
			"get": func(rt *rapid.T) {
				id := rapid.SampledFrom(ids).Draw(rt, "id")
				r, ok := got.Get(id)
				if _, there := want[id]; ok != there {
					rt.Fatalf("Get(%q): %t, want %t", id, ok, there)
				}
				if diff := idmaptest.Diff(want[id], r); diff != "" {
					rt.Fatalf("Get(%q) (-want +got):\n%s", id, diff)
				}
			},
			"open again": func(rt *rapid.T) {
				if err := got.Close(); err != nil {
					rt.Fatal(err)
				}
				got = behindLRU(t, size, open(t, path))
			},
			"": func(rt *rapid.T) { want.check(rt, got) },
		})
	})
}

// records draws records with odd contents: empty, binary, repeated.
func records() *rapid.Generator[idmap.Record] {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "\x00", "\xff", "<&>", "null"}))
	return rapid.Custom(func(t *rapid.T) idmap.Record {
		r := idmaptest.Full(rapid.IntRange(0, 50).Draw(t, "n"))
		r.Keys = rapid.SliceOfN(rapid.SampledFrom(keyPool), 0, 4).Draw(t, "keys")
		r.Sent = rapid.MapOfN(text, text, 0, 3).Draw(t, "sent")
		r.Asked = nil
		for key, value := range rapid.MapOfN(text, text, 0, 3).Draw(t, "asked") {
			if r.Asked == nil {
				r.Asked = map[string]json.RawMessage{}
			}
			r.Asked[key] = json.RawMessage(value)
		}
		r.Secret = rapid.SliceOfN(rapid.Byte(), 0, 5).Draw(t, "secret")
		return r
	})
}

// typical returns a record such as a user of Entra gets, whose keys no other n has.
func typical(n int) idmap.Record {
	r := idmaptest.Full(n)
	r.Asked["externalId"] = json.RawMessage(fmt.Sprintf(`"%032x"`, n))
	r.Keys = []idmap.Key{idmaptest.Key(n), {Index: idmap.UserExternalID, Value: fmt.Sprintf("%032x", n)}, {Index: idmap.UserEmail, Value: fmt.Sprintf("ada%d@example.com", n)}}
	return r
}
