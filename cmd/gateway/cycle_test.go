package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// trouble is one way in which TeamViewer, or what is between it and us, fails now and then.
type trouble struct {
	name   string
	faults []tvfake.Fault
}

// troubles are the faults of a cycle, each at a rate of 10 %, and all of them together.
func troubles() []trouble {
	const page = "<html><body>Please try again later.</body></html>"
	all := []trouble{
		{name: "none"},
		{"error-before", []tvfake.Fault{{Status: http.StatusInternalServerError}}},
		{"unavailable-before", []tvfake.Fault{{Status: http.StatusServiceUnavailable, RetryAfter: "5"}}},
		{"error-after", []tvfake.Fault{{Status: http.StatusInternalServerError, After: true}}},
		{"lost-before", []tvfake.Fault{{Lost: true}}},
		{"lost-after", []tvfake.Fault{{Lost: true, After: true}}},
		{"slow-before", []tvfake.Fault{{Delay: 25 * time.Second}}},
		{"slow-after", []tvfake.Fault{{Delay: 25 * time.Second, After: true}}},
		{"html-error", []tvfake.Fault{{Status: http.StatusBadGateway, Body: page}}},
		{"html-forbidden", []tvfake.Fault{{Status: http.StatusForbidden, Body: page}}},
		{"html-success", []tvfake.Fault{{Status: http.StatusOK, Body: page}}},
		{"body-missing", []tvfake.Fault{{Truncate: tvfake.TruncateEmpty}}},
		{"body-empty-object", []tvfake.Fault{{Truncate: tvfake.TruncateObject}}},
		{"body-cut", []tvfake.Fault{{Truncate: tvfake.TruncateHalf}}},
		{"body-broken-off", []tvfake.Fault{{Truncate: tvfake.TruncateBroken}}},
		{"limit", []tvfake.Fault{{Limit: true, For: 3 * time.Second, Times: 2}}},
	}
	everything := trouble{name: "everything"}
	for i := range all {
		for j := range all[i].faults {
			f := &all[i].faults[j]
			f.Rate = 0.1
			some := *f
			some.Rate = 0.1 / float64(len(all)-1)
			everything.faults = append(everything.faults, some)
		}
	}
	return append(all, everything)
}

// course is one run of Entra's cycles.
type course struct {
	trouble  trouble
	variant  tvfake.Variant
	seed     uint64
	d        dialect
	gateways int  // in front of the one company
	restarts bool // at times a gateway is replaced by one that remembers nothing
}

func (c course) name() string {
	name := fmt.Sprintf("%s/%s/%s/gateways=%d", c.variant.Name, c.trouble.name, c.d, c.gateways)
	if c.restarts {
		name += "/restarts"
	}
	return fmt.Sprintf("%s/seed=%d", name, c.seed)
}

// kinds are the ways in which gateways stand before a company: one, one that at times forgets all,
// two at once.
func kinds() []course {
	return []course{{gateways: 1}, {gateways: 1, restarts: true}, {gateways: 2}}
}

// TestCycles runs Entra's cycles, under each fault, through one gateway, through one that loses its
// memory, and through two at once; with -short through one of them in turn. The soak has more
// seeds.
func TestCycles(t *testing.T) {
	t.Parallel()
	for n, tr := range troubles() {
		for i, c := range kinds() {
			if testing.Short() && i != n%len(kinds()) {
				continue
			}
			c.trouble, c.seed, c.variant, c.d = tr, uint64(n%2), tvfake.Default(), dialects[(n+i)%2]
			t.Run(c.name(), c.test)
		}
	}
}

func (c course) test(t *testing.T) {
	t.Parallel()
	synctest.Test(t, c.run)
}

// Lengths of a course, in cycles.
const (
	cyclesOfChange = 4
	cyclesOfRetry  = 8 // in which what failed must come right: a tenth of the calls fail, so more would be no accident
)

// run is the course: cycles of change, cycles of retry, and then TeamViewer must be exactly what
// the directory says.
func (c course) run(t *testing.T) {
	trial := newTrial(t, c)
	for i := range cyclesOfChange {
		if i > 0 {
			trial.directory.change()
		}
		trial.cycle()
	}
	for range cyclesOfRetry {
		if len(trial.directory.unsettled()) > 0 {
			trial.cycle()
		}
	}
	if left := trial.directory.unsettled(); len(left) > 0 {
		t.Errorf("not done after %d more cycles:\n%s", cyclesOfRetry, strings.Join(left, "\n"))
		return
	}
	if c.gateways == 1 { // what another gateway wrote may not be seen while nothing can be read, so Entra has to look once more
		trial.compare()
	}
	trial.rest()
	trial.compare()
}
