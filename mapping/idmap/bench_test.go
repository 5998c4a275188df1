package idmap_test

import (
	"fmt"
	"testing"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/idmaptest"
)

// many is the number of users of a large company.
const many = 100_000

// record returns one that is found by itself alone, as users are.
func record(n int) idmap.Record {
	r := idmaptest.Full(n)
	r.Keys = []idmap.Key{idmaptest.Key(n)}
	return r
}

func newLarge(b *testing.B) (idmap.Map, []string) {
	b.Helper()
	m, ids := newLRU(b, 2*many, nil), make([]string, many)
	for n := range ids {
		ids[n] = fmt.Sprintf("u%d", n)
		if err := m.Put(ids[n], record(n)); err != nil {
			b.Fatal(err)
		}
	}
	return m, ids
}

func BenchmarkPeek(b *testing.B) {
	m, ids := newLarge(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		m.Peek(ids[n%many])
		n += 7919
	}
}

func BenchmarkFind(b *testing.B) {
	m, _ := newLarge(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if len(m.Find(idmaptest.Key(n%many))) != 1 {
			b.Fatal("not found")
		}
		n += 7919
	}
}

func BenchmarkPut(b *testing.B) {
	m, ids := newLarge(b)
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		_ = m.Put(ids[n%many], record(n%many))
		n += 7919
	}
}
