package boltmap_test

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"tvscim/mapping/idmap"
	"tvscim/mapping/idmap/boltmap"
)

// BenchmarkPut compares one writer, who waits for the disk each time, with as many as Entra has:
// those share it.
func BenchmarkPut(b *testing.B) {
	for _, writers := range []int{1, 10, 25, 100} {
		b.Run(fmt.Sprintf("writers=%d", writers), func(b *testing.B) {
			m := open(b, fresh(b))
			var n atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range writers {
				all.Go(func() {
					for i := int(n.Add(1)); i <= b.N; i = int(n.Add(1)) {
						if err := m.Put(fmt.Sprintf("u%d", i), typical(i)); err != nil {
							b.Error(err)
						}
					}
				})
			}
			all.Wait()
		})
	}
}

func BenchmarkPutUnchanged(b *testing.B) {
	m := open(b, fresh(b))
	r := typical(1)
	for b.Loop() {
		if err := m.Put("u1", r); err != nil {
			b.Fatal(err)
		}
	}
}

const many = 100_000

func filled(b *testing.B) string {
	b.Helper()
	path := fresh(b)
	m := open(b, path)
	if err := m.PutAll(func(yield func(string, idmap.Record) bool) {
		for n := range many {
			if !yield(fmt.Sprintf("u%d", n), typical(n)) {
				return
			}
		}
	}); err != nil {
		b.Fatal(err)
	}
	if err := m.Close(); err != nil {
		b.Fatal(err)
	}
	return path
}

// BenchmarkOpen opens a file of 100,000 records, with all checks.
func BenchmarkOpen(b *testing.B) {
	path := filled(b)
	b.ReportAllocs()
	for b.Loop() {
		m, err := boltmap.Open(path, boltmap.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := m.Close(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkRead reads from a file of 100,000 records.
func BenchmarkRead(b *testing.B) {
	m := open(b, filled(b))
	b.Run("Get", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			if _, ok := m.Get(fmt.Sprintf("u%d", n*7919%many)); !ok {
				b.Fatal("not there")
			}
		}
	})
	b.Run("Find", func(b *testing.B) {
		for n := 0; b.Loop(); n++ {
			if ids := m.Find(typical(n * 7919 % many).Keys[1]); len(ids) != 1 {
				b.Fatal("not there")
			}
		}
	})
	b.Run("All", func(b *testing.B) {
		for b.Loop() {
			for range m.All() {
			}
		}
	})
}
