package page_test

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"tvscim/proxy/admin/page"
)

// answered is a request as the gateway reports it.
func answered(id string, method string, status int) page.Request {
	return page.Request{ID: id, Method: method, Kind: "user", Path: "/Users", Status: status, Began: time.Now(), Sent: []byte(strings.Repeat("x", 400))}
}

// lineOf is a line of the change log about a user.
func lineOf(request, object, name string, done bool) page.Line {
	c := page.Change{Cause: "request", Request: request, Kind: "user", ID: object, Name: name, Outcome: "done", After: map[string]any{"userName": name}}
	if !done {
		c.Outcome = "refused"
	}
	return page.Line{Request: request, Object: object, Done: done, Time: time.Now(), Value: c, Size: 900 + 2*len(name)}
}

// newRing returns a ring of such lines.
func newRing(limit int) *page.Ring {
	return page.NewRing(limit, func(value any) page.Change { c, _ := value.(page.Change); return c })
}

// TestRingHoldsItsBound fills the ring with 100,000 events from many goroutines: it is within its
// bound at every moment, as it counts and as the heap shows, and it still has the failure that came
// first. It is not parallel, since it measures the heap.
func TestRingHoldsItsBound(t *testing.T) {
	const bound, workers, each = 4 << 20, 10, 10_000
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r := newRing(bound)
	r.Changed(lineOf("FIRSTFAILURE", "u1", "first@x.example", false))
	r.Handled(answered("FIRSTFAILURE", http.MethodPost, 400))
	var work sync.WaitGroup
	for w := range workers {
		work.Go(func() {
			for i := range each {
				id := fmt.Sprintf("R%d-%d", w, i)
				switch i % 10 {
				case 0:
					r.Handled(answered(id, http.MethodGet, 200))
				case 1:
					r.Handled(answered(id, http.MethodPost, 401))
				default:
					r.Changed(lineOf(id, fmt.Sprintf("u%d", i), "someone@x.example", true))
					r.Handled(answered(id, http.MethodPatch, 200))
				}
				if size, _ := r.Size(); size > bound {
					t.Errorf("%d bytes, above the bound of %d", size, bound)
					return
				}
			}
		})
	}
	work.Wait()
	size, entries := r.Size()
	if size < bound/2 || entries < 1000 {
		t.Errorf("%d bytes in %d entries of a bound of %d: the ring is not used", size, entries, bound)
	}
	if _, ok := r.Get("FIRSTFAILURE"); !ok {
		t.Error("the first failure is not held")
	}
	if _, ok := r.Get("R0-2"); ok {
		t.Error("an old change is held")
	}
	if testing.Short() {
		return
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 2*bound {
		t.Errorf("the heap grew by %d bytes with a bound of %d", grown, bound)
	}
	runtime.KeepAlive(r)
}

// TestRingShares: none of the classes can drive the others out.
func TestRingShares(t *testing.T) {
	t.Parallel()
	kinds := map[string]struct {
		method string
		status int
		class  page.Class
	}{
		"failed": {http.MethodPost, 409, page.Failed}, "changed": {http.MethodPost, 201, page.Changed},
		"read": {http.MethodGet, 200, page.Read}, "refused": {http.MethodGet, 401, page.Refused},
	}
	for flood, by := range kinds {
		t.Run("flood of "+flood, func(t *testing.T) {
			t.Parallel()
			r := newRing(256 << 10)
			for name, k := range kinds {
				for i := range 5 {
					r.Handled(answered(fmt.Sprint(name, i), k.method, k.status))
				}
			}
			for i := range 2000 {
				r.Handled(answered(fmt.Sprint("flood", i), by.method, by.status))
			}
			for name, k := range kinds {
				if e, ok := r.Get(name + "0"); ok != (name != flood) || ok && e.Class != k.class {
					t.Errorf("%s: held: %t, class %q", name, ok, e.Class)
				}
			}
		})
	}
}

// TestRingHoldsFailuresLongest: of a steady mix, the oldest failure is older than the oldest
// change, and so on.
func TestRingHoldsFailuresLongest(t *testing.T) {
	t.Parallel()
	r := newRing(512 << 10)
	for i := range 4000 {
		r.Handled(answered(fmt.Sprint("failed", i), http.MethodPost, 409))
		r.Handled(answered(fmt.Sprint("changed", i), http.MethodPost, 201))
		r.Handled(answered(fmt.Sprint("read", i), http.MethodGet, 200))
		r.Handled(answered(fmt.Sprint("refused", i), http.MethodGet, 401))
	}
	before := 4000
	for _, c := range []page.Class{page.Failed, page.Changed, page.Read, page.Refused} {
		found, _ := r.Find(page.Filter{Class: c}, 0, 4000)
		if len(found) == 0 || len(found)*5 > before*4 {
			t.Errorf("%s: %d held, and %d of the class before", c, len(found), before)
		}
		before = len(found)
	}
}

func TestRingEntries(t *testing.T) {
	t.Parallel()
	r := newRing(1 << 20)
	r.Changed(lineOf("A", "u1", "nora@x.example", true))
	r.Handled(answered("A", http.MethodPost, 201))
	r.Changed(lineOf("", "u2", "gone@x.example", true)) // of no request
	r.Handled(answered("B", http.MethodGet, 404))
	r.Handled(answered("C", http.MethodPatch, 500))
	bulk := answered("D", http.MethodPost, 200)
	bulk.Kind, bulk.Path, bulk.Failed = "", "/Bulk", 1
	for i := range 1000 {
		r.Changed(lineOf("D", fmt.Sprint("u", 100+i), strings.Repeat("n", 200), true))
	}
	r.Changed(lineOf("D", "u9999", "last@x.example", false))
	r.Handled(bulk)
	for name, test := range map[string]struct {
		filter page.Filter
		want   string
	}{
		"all":                  {page.Filter{}, "D C B change-2 A"},
		"failed":               {page.Filter{Class: page.Failed}, "D C"},
		"read":                 {page.Filter{Class: page.Read}, "B"},
		"create":               {page.Filter{Operation: "create"}, "A"},
		"bulk":                 {page.Filter{Operation: "bulk"}, "D"},
		"object":               {page.Filter{Object: "u2"}, "change-2"},
		"object of a failure":  {page.Filter{Object: "u9999"}, "D"},
		"text in any case":     {page.Filter{Text: "NORA@"}, "A"},
		"text in what is sent": {page.Filter{Text: "xxxxx"}, "D C B A"},
		"name of a member":     {page.Filter{Text: "outcome"}, ""},
		"nothing":              {page.Filter{Text: "nobody"}, ""},
	} {
		var got []string
		found, more := r.Find(test.filter, 0, 10)
		for _, e := range found {
			got = append(got, e.ID)
		}
		if strings.Join(got, " ") != test.want || more {
			t.Errorf("%s: %v, more: %t, want %s", name, got, more, test.want)
		}
	}
	if found, more := r.Find(page.Filter{}, 1, 2); len(found) != 2 || found[0].ID != "C" || !more {
		t.Errorf("second page: %v, %t", found, more)
	}
	e, _ := r.Get("D")
	if e.Omitted == 0 || len(e.Changes) == 0 || e.Changes[len(e.Changes)-1].ID != "u9999" {
		t.Errorf("bulk request: %d lines, %d omitted: the failure must be held", len(e.Changes), e.Omitted)
	}
}
