package idmap_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
)

func newLRU(t interface{ Fatal(...any) }, size int, behind idmap.Map) idmap.Map {
	m, err := idmap.NewLRU(size, behind)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestLRU(t *testing.T) {
	t.Parallel()
	idmaptest.TestMap(t, func(t *testing.T) idmap.Map { return newLRU(t, 1000, nil) })
}

func TestAMemoryOfNothingIsRefused(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, -1} {
		if _, err := idmap.NewLRU(size, nil); err == nil || !strings.Contains(err.Error(), fmt.Sprint(size)) {
			t.Errorf("size %d: %v, want an error that names it", size, err)
		}
	}
}

// What is pushed out is gone whole: its keys find nothing any more.
func TestWhatIsPushedOutIsNotFound(t *testing.T) {
	t.Parallel()
	m := newLRU(t, 2, nil)
	for n := range 4 {
		if err := m.Put(fmt.Sprintf("u%d", n), idmaptest.Full(n)); err != nil {
			t.Fatal(err)
		}
	}
	for n, want := range [][]string{nil, nil, {"u2"}, {"u3"}} {
		if got := m.Find(idmaptest.Key(n)); !slices.Equal(got, want) {
			t.Errorf("Find(%d) = %q, want %q", n, got, want)
		}
	}
	if m.Len() != 2 {
		t.Errorf("Len = %d, want 2", m.Len())
	}
}

// Only Get and Put are use: a listing must not change what is pushed out next.
func TestWhatCountsAsUse(t *testing.T) {
	t.Parallel()
	uses := map[string]struct {
		use  func(m idmap.Map)
		kept string
	}{
		"nothing": {func(idmap.Map) {}, "u1"},
		"Get":     {func(m idmap.Map) { m.Get("u0") }, "u0"},
		"Put":     {func(m idmap.Map) { _ = m.Put("u0", idmaptest.Full(0)) }, "u0"},
		"Peek":    {func(m idmap.Map) { m.Peek("u0") }, "u1"},
		"Find":    {func(m idmap.Map) { m.Find(idmaptest.Key(0)) }, "u1"},
		"Len":     {func(m idmap.Map) { m.Len() }, "u1"},
		"All": {func(m idmap.Map) {
			for range m.All() {
			}
		}, "u1"},
	}
	for name, tt := range uses {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newLRU(t, 2, nil)
			_ = m.Put("u0", idmaptest.Full(0))
			_ = m.Put("u1", idmaptest.Full(1))
			tt.use(m)
			_ = m.Put("u2", idmaptest.Full(2))
			if _, ok := m.Peek(tt.kept); !ok || m.Len() != 2 {
				t.Errorf("%s was pushed out", tt.kept)
			}
		})
	}
}

// model is the simplest thing that an LRU can be: ids, the latest used last, and their records.
type model struct {
	size    int
	order   []string
	records map[string]idmap.Record
}

func (m *model) use(id string) {
	m.order = append(slices.DeleteFunc(m.order, func(o string) bool { return o == id }), id)
}

func (m *model) put(id string, r idmap.Record) {
	m.use(id)
	m.records[id] = r
	if len(m.order) > m.size {
		delete(m.records, m.order[0])
		m.order = m.order[1:]
	}
}

func (m *model) delete(id string) {
	m.order = slices.DeleteFunc(m.order, func(o string) bool { return o == id })
	delete(m.records, id)
}

func (m *model) find(k idmap.Key) []string {
	var ids []string
	for id, r := range m.records {
		if slices.Contains(r.Keys, k) {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	return ids
}

func TestLRUIsTheSimplestLRU(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 6).Draw(t, "size")
		compareWithModel(t, newLRU(t, size, nil), &model{size: size, records: map[string]idmap.Record{}})
	})
}

// compareWithModel does the same with a Map and a model of it, in any order, and compares all that
// can be seen.
func compareWithModel(t *rapid.T, m idmap.Map, want *model) {
	ids := rapid.SampledFrom([]string{"u1", "u2", "u3", "u10", "4", "5", "6", "7"})
	keys := rapid.Custom(func(t *rapid.T) idmap.Key {
		return idmap.Key{
			Index: rapid.SampledFrom([]idmap.Index{idmap.UserName, idmap.GroupName}).Draw(t, "index"),
			Value: rapid.SampledFrom([]string{"", "a", "b"}).Draw(t, "value"),
		}
	})
	t.Repeat(map[string]func(*rapid.T){
		"put": func(t *rapid.T) {
			id := ids.Draw(t, "id")
			r := idmap.Record{
				Sent: map[string]string{"displayName": rapid.StringN(0, 3, -1).Draw(t, "sent")},
				Keys: rapid.SliceOfN(keys, 0, 3).Draw(t, "keys"),
			}
			if err := m.Put(id, r); err != nil {
				t.Fatal(err)
			}
			want.put(id, r)
		},
		"delete": func(t *rapid.T) {
			id := ids.Draw(t, "id")
			if err := m.Delete(id); err != nil {
				t.Fatal(err)
			}
			want.delete(id)
		},
		"get": func(t *rapid.T) {
			id := ids.Draw(t, "id")
			got, ok := m.Get(id)
			r, has := want.records[id]
			if diff := idmaptest.Diff(r, got); ok != has || diff != "" {
				t.Fatalf("Get(%q): %v, want %v\n%s", id, ok, has, diff)
			}
			if has {
				want.use(id)
			}
		},
		"": func(t *rapid.T) {
			k := keys.Draw(t, "key")
			if got := m.Find(k); !slices.Equal(got, want.find(k)) {
				t.Fatalf("Find(%v) = %q, want %q", k, got, want.find(k))
			}
			if m.Len() != len(want.order) {
				t.Fatalf("Len = %d, want %d", m.Len(), len(want.order))
			}
			var walked []string
			for id, r := range m.All() {
				walked = append(walked, id)
				if diff := idmaptest.Diff(want.records[id], r); diff != "" {
					t.Fatalf("All yields %q:\n%s", id, diff)
				}
			}
			if !slices.Equal(walked, slices.Sorted(slices.Values(want.order))) {
				t.Fatalf("All yields %q, want %q", walked, want.order)
			}
		},
	})
}
