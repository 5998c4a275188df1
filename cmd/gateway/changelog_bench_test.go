package gateway_test

import (
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

// TestChangeLogCost compares the throughput of changes over HTTP with a change log and without, in turns, in one run. It needs
// a machine that does nothing else, so it runs if TVSCIM_BENCH is set.
func TestChangeLogCost(t *testing.T) {
	if os.Getenv("TVSCIM_BENCH") == "" {
		t.Skip("compares times; set TVSCIM_BENCH=1 to run it")
	}
	const rounds, changes, clients, least = 40, 400, 8, 0.9
	with, _ := logged(t, staging{})
	stages := map[string]*stage{"on": with, "off": newStage(t, staging{})}
	users := map[string][]string{}
	for name, s := range stages {
		for i := range clients {
			users[name] = append(users[name], s.user(fmt.Sprintf("user%d@contoso.example", i)))
		}
	}
	took := map[string]time.Duration{}
	for round := range rounds {
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
			took[name] += time.Since(began)
		}
	}
	ratio := took["off"].Seconds() / took["on"].Seconds()
	t.Logf("%.0f changes/s with the log, %.0f without: %.3f", rounds*changes/took["on"].Seconds(), rounds*changes/took["off"].Seconds(), ratio)
	if ratio < least {
		t.Errorf("throughput with the change log is %.3f of that without it, want %.1f", ratio, least)
	}
}
