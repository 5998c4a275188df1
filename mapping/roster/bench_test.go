package roster_test

import (
	"runtime"
	"strconv"
	"testing"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// many is the size of a large company.
const many = 100_000

func newLargeCompany(b *testing.B) *company {
	b.Helper()
	c := newCompany(b, tvfake.Default(), roster.Options{UsersMaxAge: time.Hour})
	for n := range many - 1 {
		c.tv.AddUser(tvfake.User{ID: "u" + strconv.Itoa(n+1), Name: "Name " + strconv.Itoa(n), Email: email(n), Active: true})
	}
	return c
}

func heapInUse() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// BenchmarkLoad measures a load of a large company, the emulator's share included, and what its
// snapshot weighs.
func BenchmarkLoad(b *testing.B) {
	c := newLargeCompany(b)
	empty := heapInUse() // but for the emulator's users
	b.ReportAllocs()
	for b.Loop() {
		c.since()
	}
	b.ReportMetric(float64(heapInUse()-empty)/float64(c.Users.Latest().Len()), "B/user")
}

func BenchmarkByEmail(b *testing.B) {
	c := newLargeCompany(b)
	c.users()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if _, ok := c.users().Named(email(n % (many - 1))); !ok {
			b.Fatal("not found")
		}
		n += 7919
	}
}

func BenchmarkUserWithoutACall(b *testing.B) {
	c := newLargeCompany(b)
	c.users()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		if _, err := c.Users.Get(b.Context(), tvapi.UserID(n%(many-1)+1)); err != nil {
			b.Fatal(err)
		}
		n += 7919
	}
}

// BenchmarkWrite measures a write into the snapshot of a large company while there is a view
// of it.
func BenchmarkWrite(b *testing.B) {
	c := newLargeCompany(b)
	c.users()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		c.UserUpdated(tvapi.UserID(n%(many-1)+1), tvapi.UserUpdate{Active: new(n%2 == 0)})
		n += 7919
	}
}

func BenchmarkAll(b *testing.B) {
	c := newLargeCompany(b)
	v := c.users()
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for range v.All() {
			n++
		}
		if n != many {
			b.Fatalf("%d users", n)
		}
	}
}
