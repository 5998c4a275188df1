package gateway_test

import (
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"
)

// compareThroughput compares the throughput over HTTP of a stage with that of another one, in turns,
// in one run: request i of eight clients is send. It fails if the median of the ratios of all turns
// is below least. Times are compared, so it runs if TVSCIM_BENCH is set only.
func compareThroughput(t *testing.T, with, without *stage, rounds, requests int, least float64, send func(s *stage, id string, round, i int)) {
	t.Helper()
	const clients = 8
	stages := map[string]*stage{"on": with, "off": without}
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
						send(stages[name], id, round, i)
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
	t.Logf("share of the throughput: median %.3f, quartiles %.3f and %.3f", ratio, ratios[rounds/4], ratios[rounds*3/4])
	if ratio < least {
		t.Errorf("the throughput is %.3f of that without, want at least %.2f", ratio, least)
	}
}

// onlyBenchmarks skips a test that compares times, unless TVSCIM_BENCH is set.
func onlyBenchmarks(t *testing.T) {
	t.Helper()
	if os.Getenv("TVSCIM_BENCH") == "" {
		t.Skip("compares times; set TVSCIM_BENCH=1 to run it")
	}
}

// rename changes the displayName of a user.
func rename(s *stage, id string, round, i int) {
	s.do("PATCH", "/Users/"+id, patchOf(fmt.Sprintf(`{"op":"replace","path":"displayName","value":"Name %d %d"}`, round, i)))
}

// TestChangeLogCost compares the throughput of changes with a change log and without.
func TestChangeLogCost(t *testing.T) {
	onlyBenchmarks(t)
	with, _ := logged(t, staging{})
	compareThroughput(t, with, newStage(t, staging{}), 100, 200, 0.9, rename)
}

// TestStatusCost compares the throughput with and without what the status page holds of the past, in
// more than 100,000 requests. A third only read.
func TestStatusCost(t *testing.T) {
	onlyBenchmarks(t)
	compareThroughput(t, newStage(t, staging{}), newStage(t, staging{noPast: true}), 200, 288, 0.95, func(s *stage, id string, round, i int) {
		if i%3 == 0 {
			s.do("GET", "/Users?filter=userName+eq+%22user1@contoso.example%22", "")
			return
		}
		rename(s, id, round, i)
	})
}
