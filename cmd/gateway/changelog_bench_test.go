package gateway_test

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestChangeLogCost compares the throughput of changes over HTTP with a change log and without, in
// turns, in one run. The ratio is the median of those of all turns. Times are compared, so it runs
// if TVSCIM_BENCH is set only.
func TestChangeLogCost(t *testing.T) {
	if os.Getenv("TVSCIM_BENCH") == "" {
		t.Skip("compares times; set TVSCIM_BENCH=1 to run it")
	}
	const rounds, changes, clients, least = 100, 200, 8, 0.9
	with, _ := logged(t, staging{})
	stages := map[string]*stage{"on": with, "off": newStage(t, staging{})}
	users := map[string][]string{}
	for name, s := range stages {
		for i := range clients {
			users[name] = append(users[name], s.user(fmt.Sprintf("user%d@contoso.example", i)))
		}
	}
	var ratios []float64
	for round := range rounds {
		took := map[string]time.Duration{}
		for _, name := range [][]string{{"on", "off"}, {"off", "on"}}[round%2] {
			began := time.Now()
			var all sync.WaitGroup
			for _, id := range users[name] {
				all.Go(func() {
					for i := range changes / clients {
						stages[name].do("PATCH", "/Users/"+id, patchOf(fmt.Sprintf(`{"op":"replace","path":"displayName","value":"Name %d %d"}`, round, i)))
					}
				})
			}
			all.Wait()
			took[name] = time.Since(began)
		}
		ratios = append(ratios, took["off"].Seconds()/took["on"].Seconds())
	}
	slices.Sort(ratios)
	ratio := ratios[rounds/2]
	t.Logf("throughput with the change log, as a share of that without: median %.3f, quartiles %.3f and %.3f", ratio, ratios[rounds/4], ratios[rounds*3/4])
	if ratio < least {
		t.Errorf("throughput with the change log is %.3f of that without it, want %.1f", ratio, least)
	}
}
