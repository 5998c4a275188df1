package idmaptest

import (
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tvscim/mapping/idmap"
)

// TestMap runs the tests on maps that open returns: each time an empty one, with room for a
// thousand records.
func TestMap(t *testing.T, open func(t *testing.T) idmap.Map) {
	for name, test := range map[string]func(*testing.T, idmap.Map){
		"an empty map holds nothing":            testEmpty,
		"a record comes back whole":             testWhole,
		"any text comes back as it was":         testTexts,
		"an empty record is a record":           testZero,
		"put replaces the whole record":         testReplace,
		"delete forgets the record":             testDelete,
		"find returns ids in order":             testFind,
		"find follows every change of the keys": testFindFollows,
		"all walks in order of the ids":         testAll,
		"all may be left and changed under way": testAllChanged,
		"records are copied in and out":         testCopies,
		"many may use it at once":               testConcurrent,
		"notes are kept beside the records":     testNotes,
	} {
		t.Run(name, func(t *testing.T) {
			m := open(t)
			defer func() {
				if err := m.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}()
			test(t, m)
		})
	}
}

// Full returns a record with a value in every field, which differs from that of every other n.
func Full(n int) idmap.Record {
	at := time.Date(2026, 5, 1, 12, 0, n, 123_000_000, time.UTC)
	return idmap.Record{
		Asked: map[string]json.RawMessage{
			"name.givenName": json.RawMessage(fmt.Sprintf(`"Ada %d"`, n)),
			"externalId":     json.RawMessage(`null`),
		},
		Sent:         map[string]string{"displayName": fmt.Sprintf("Ada %d", n)},
		Before:       map[string]string{"userName": fmt.Sprintf("old%d@example.com", n)},
		Secret:       []byte{0, 255, byte(n)},
		Tombstone:    at,
		Missing:      at.Add(-time.Second),
		Created:      at.Add(-time.Hour),
		LastModified: at.Add(-time.Minute),
		Keys:         []idmap.Key{Key(n), {Index: idmap.UserExternalID, Value: "shared"}},
	}
}

// Key returns a key that of all [Full] records only that of n has.
func Key(n int) idmap.Key {
	return idmap.Key{Index: idmap.UserName, Value: fmt.Sprintf("ada%d@example.com", n)}
}

// Diff compares two records by their meaning: an empty map or slice is none, and a moment is one in
// every time zone. The version is of the store.
func Diff(want, got idmap.Record) string {
	return cmp.Diff(want, got, cmpopts.EquateEmpty(), cmpopts.IgnoreFields(idmap.Record{}, "Version"))
}

func put(t *testing.T, m idmap.Map, id string, r idmap.Record) {
	t.Helper()
	if err := m.Put(id, r); err != nil {
		t.Fatalf("Put(%q): %v", id, err)
	}
}

func del(t *testing.T, m idmap.Map, id string) {
	t.Helper()
	if err := m.Delete(id); err != nil {
		t.Fatalf("Delete(%q): %v", id, err)
	}
}

func wantRecord(t *testing.T, m idmap.Map, id string, want idmap.Record) {
	t.Helper()
	for name, read := range map[string]func(string) (idmap.Record, bool){"Get": m.Get, "Peek": m.Peek} {
		got, ok := read(id)
		if diff := Diff(want, got); !ok || diff != "" {
			t.Errorf("%s(%q): %v (-want +got):\n%s", name, id, ok, diff)
		}
	}
}

func wantNone(t *testing.T, m idmap.Map, id string) {
	t.Helper()
	for name, read := range map[string]func(string) (idmap.Record, bool){"Get": m.Get, "Peek": m.Peek} {
		if got, ok := read(id); ok || Diff(idmap.Record{}, got) != "" {
			t.Errorf("%s(%q) = %+v, %v; want none", name, id, got, ok)
		}
	}
}

func wantIDs(t *testing.T, m idmap.Map, k idmap.Key, want ...string) {
	t.Helper()
	if got := m.Find(k); !slices.Equal(got, want) {
		t.Errorf("Find(%v) = %q, want %q", k, got, want)
	}
}

func wantLen(t *testing.T, m idmap.Map, want int) {
	t.Helper()
	if got := m.Len(); got != want {
		t.Errorf("Len = %d, want %d", got, want)
	}
}

func testEmpty(t *testing.T, m idmap.Map) {
	wantNone(t, m, "u1")
	wantIDs(t, m, Key(1))
	wantLen(t, m, 0)
	del(t, m, "u1")
	for id := range m.All() {
		t.Errorf("All yields %q", id)
	}
}

func testWhole(t *testing.T, m idmap.Map) {
	put(t, m, "u1", Full(1))
	put(t, m, "456", Full(2))
	wantRecord(t, m, "u1", Full(1))
	wantRecord(t, m, "456", Full(2))
	wantNone(t, m, "u2")
	wantNone(t, m, "")
	wantLen(t, m, 2)
}

// testTexts has texts that a format of a store could change.
func testTexts(t *testing.T, m idmap.Map) {
	const text = "<a & b>\u2028 \x00 \\ ' \" 😀"
	r := idmap.Record{
		Asked: map[string]json.RawMessage{"a": json.RawMessage(`"<a & b> \u0000 \/ 😀"`), "b": json.RawMessage(`{"z":1.50,"a":1e2}`)},
		Sent:  map[string]string{text: text}, Before: map[string]string{"": ""},
		Keys: []idmap.Key{{Index: idmap.UserExternalID, Value: text}},
	}
	put(t, m, "u1", r)
	wantRecord(t, m, "u1", r)
	wantIDs(t, m, r.Keys[0], "u1")
	if err := m.PutNote("a", []byte(text[:10])); err != nil {
		t.Fatal(err)
	}
	if got := m.Note("a"); string(got) != text[:10] {
		t.Errorf("Note = %q", got)
	}
}

func testZero(t *testing.T, m idmap.Map) {
	put(t, m, "u1", idmap.Record{})
	wantRecord(t, m, "u1", idmap.Record{})
	wantLen(t, m, 1)
}

func testReplace(t *testing.T, m idmap.Map) {
	put(t, m, "u1", Full(1))
	put(t, m, "u1", Full(2))
	wantRecord(t, m, "u1", Full(2))
	wantLen(t, m, 1)
	small := idmap.Record{Sent: map[string]string{"a": "b"}}
	put(t, m, "u1", small)
	wantRecord(t, m, "u1", small)
}

func testDelete(t *testing.T, m idmap.Map) {
	put(t, m, "u1", Full(1))
	put(t, m, "u2", Full(2))
	del(t, m, "u1")
	wantNone(t, m, "u1")
	wantRecord(t, m, "u2", Full(2))
	wantLen(t, m, 1)
	put(t, m, "u1", Full(3))
	wantRecord(t, m, "u1", Full(3))
}

func testFind(t *testing.T, m idmap.Map) {
	shared := idmap.Key{Index: idmap.UserExternalID, Value: "shared"}
	for n, id := range []string{"u3", "u10", "u2", "u1"} {
		put(t, m, id, Full(n))
	}
	wantIDs(t, m, shared, "u1", "u10", "u2", "u3") // in the order of texts
	wantIDs(t, m, Key(0), "u3")
	for _, none := range []idmap.Key{
		{Index: idmap.UserExternalID, Value: "share"},
		{Index: idmap.UserExternalID, Value: "SHARED"},
		{Index: idmap.UserName, Value: "shared"},
		{Index: idmap.UserExternalID},
		{},
	} {
		wantIDs(t, m, none)
	}
	found := m.Find(shared)
	found[0] = "x"
	wantIDs(t, m, shared, "u1", "u10", "u2", "u3")
}

func testFindFollows(t *testing.T, m idmap.Map) {
	a, b := idmap.Key{Index: idmap.UserEmail, Value: "a"}, idmap.Key{Index: idmap.UserEmail, Value: "b"}
	put(t, m, "u1", idmap.Record{Keys: []idmap.Key{a, b, a}}) // the same key twice is one key
	put(t, m, "u2", idmap.Record{Keys: []idmap.Key{b}})
	wantIDs(t, m, a, "u1")
	wantIDs(t, m, b, "u1", "u2")
	put(t, m, "u1", idmap.Record{Keys: []idmap.Key{a}})
	wantIDs(t, m, b, "u2")
	del(t, m, "u2")
	wantIDs(t, m, b)
	del(t, m, "u1")
	wantIDs(t, m, a)
}

func testAll(t *testing.T, m idmap.Map) {
	for n, id := range []string{"u3", "u10", "456", "u1"} {
		put(t, m, id, Full(n))
	}
	var ids []string
	for id, r := range m.All() {
		ids = append(ids, id)
		wantRecord(t, m, id, r)
	}
	if want := []string{"456", "u1", "u10", "u3"}; !slices.Equal(ids, want) {
		t.Errorf("All yields %q, want %q", ids, want)
	}
}

func testAllChanged(t *testing.T, m idmap.Map) {
	for n := range 5 {
		put(t, m, fmt.Sprintf("u%d", n), Full(n))
	}
	var ids []string
	for id := range m.All() {
		if ids = append(ids, id); id == "u3" {
			break
		}
		del(t, m, "u2")
		put(t, m, "u9", Full(9))
	}
	if want := []string{"u0", "u1", "u3"}; !slices.Equal(ids, want) {
		t.Errorf("All yields %q, want %q", ids, want)
	}
}

func testCopies(t *testing.T, m idmap.Map) {
	mine := Full(1)
	put(t, m, "u1", mine)
	spoil(mine)
	wantRecord(t, m, "u1", Full(1))
	for _, read := range []func(string) (idmap.Record, bool){m.Get, m.Peek} {
		r, _ := read("u1")
		spoil(r)
		wantRecord(t, m, "u1", Full(1))
	}
	for _, r := range m.All() {
		spoil(r)
	}
	wantRecord(t, m, "u1", Full(1))
	wantIDs(t, m, Key(1), "u1")
}

// spoil changes everything that a shallow copy of a record would share.
func spoil(r idmap.Record) {
	for _, value := range r.Asked {
		value[0] = 'x'
	}
	r.Asked["new"], r.Sent["new"], r.Before["new"] = nil, "x", "x"
	r.Secret[0], r.Keys[0].Value = 'x', "x"
}

// testConcurrent lets each of many write ids of its own, which it must find as it left them, and
// read those of others.
func testConcurrent(t *testing.T, m idmap.Map) {
	const workers, rounds = 8, 25
	shared := idmap.Key{Index: idmap.UserExternalID, Value: "shared"}
	var work sync.WaitGroup
	for w := range workers {
		work.Go(func() {
			id := fmt.Sprintf("u%d", w)
			for n := range rounds {
				if err := m.Put(id, Full(n)); err != nil {
					t.Errorf("Put: %v", err)
				}
				wantRecord(t, m, id, Full(n))
				if !slices.Contains(m.Find(shared), id) {
					t.Errorf("%s is not found", id)
				}
				m.Get(fmt.Sprintf("u%d", (w+1)%workers))
				m.Len()
				for range m.All() {
					break
				}
				if n%5 == 4 && n < rounds-1 {
					if err := m.Delete(id); err != nil {
						t.Errorf("Delete: %v", err)
					}
					wantNone(t, m, id)
				}
			}
		})
	}
	work.Wait()
	wantLen(t, m, workers)
}

func testNotes(t *testing.T, m idmap.Map) {
	if note := m.Note("a"); note != nil {
		t.Errorf("Note = %q before any", note)
	}
	for _, text := range []string{"first", "second"} {
		note := []byte(text)
		if err := m.PutNote("a", note); err != nil {
			t.Fatal(err)
		}
		note[0] = 'x'
		if got := m.Note("a"); string(got) != text {
			t.Errorf("Note = %q, want %q", got, text)
		}
	}
	if note := m.Note("b"); note != nil || m.Len() != 0 {
		t.Errorf("Note of another name = %q; %d records", note, m.Len())
	}
	for _, name := range []string{"b 2", "b 1", "c", "b"} {
		if err := m.PutNote(name, []byte("text of "+name)); err != nil {
			t.Fatal(err)
		}
	}
	var names []string
	for name, note := range m.Notes("b ") {
		names = append(names, name)
		if string(note) != "text of "+name {
			t.Errorf("Notes yields %q of %q", note, name)
		}
		if err := m.PutNote(name, nil); err != nil {
			t.Fatal(err)
		}
	}
	if !slices.Equal(names, []string{"b 1", "b 2"}) {
		t.Errorf("Notes yields %q", names)
	}
	for range m.Notes("b ") {
		t.Error("a deleted note is there")
	}
	if m.Note("b") == nil || m.Note("b 1") != nil {
		t.Errorf("Note = %q and %q", m.Note("b"), m.Note("b 1"))
	}
}
