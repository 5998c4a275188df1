package gateway_test

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// TestStatusCost compares the throughput over HTTP with and without what the status page holds of
// the past, in turns, in one run of more than 100,000 requests. A third only read. The ratio is the
// median of those of all turns. Times are compared, so it runs if TVSCIM_BENCH is set only.
func TestStatusCost(t *testing.T) {
	if os.Getenv("TVSCIM_BENCH") == "" {
		t.Skip("compares times; set TVSCIM_BENCH=1 to run it")
	}
	const rounds, requests, clients, least = 200, 288, 8, 0.95
	stages := map[string]*stage{"on": newStage(t, staging{}), "off": newStage(t, staging{noPast: true})}
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
					for i := range requests / clients {
						if i%3 == 0 {
							stages[name].do("GET", "/Users?filter=userName+eq+%22user1@contoso.example%22", "")
							continue
						}
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
	t.Logf("throughput with what the status page holds, as a share of that without: median %.3f, quartiles %.3f and %.3f", ratio, ratios[rounds/4], ratios[rounds*3/4])
	if ratio < least {
		t.Errorf("throughput is %.3f of that without the status page, want %.2f", ratio, least)
	}
}
