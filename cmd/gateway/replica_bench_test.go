package gateway_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/tvapi/tvfake"
)

// TestReplicaCost compares changes and searches over HTTP with the store in PostgreSQL on this
// machine, which flushes to the disk, with those with a file, in turns, in one run. The ratios are
// the medians of those of all turns. Times are compared, so it runs if TVSCIM_BENCH is set only.
func TestReplicaCost(t *testing.T) {
	if os.Getenv("TVSCIM_BENCH") == "" {
		t.Skip("compares times; set TVSCIM_BENCH=1 to run it")
	}
	const clients = 8
	server := pgtest.Start(t, "fsync=on", "full_page_writes=on", "wal_level=replica")
	on := func(url string) staging {
		return staging{log: zap.NewNop(), settings: func(c *config.Config, _ *tvfake.Server) { c.Store.URL = config.NewSecret(url) }}
	}
	shared := server.URL(t)
	stages := map[string]*stage{
		"file":     newStage(t, staging{log: zap.NewNop(), settings: storing(filepath.Join(t.TempDir(), "links.db"))}),
		"database": newStage(t, on(server.URL(t))),
		"replicas": newStage(t, on(shared)), // one of two
	}
	other := on(shared)
	other.company = stages["replicas"].fake
	newStage(t, other)
	users := map[string][]string{}
	for name, s := range stages {
		for i := range clients {
			users[name] = append(users[name], s.user(fmt.Sprintf("user%d@contoso.example", i)))
		}
	}
	for what, work := range map[string]struct {
		rounds, each int
		least        float64 // of the database of one
		do           func(s *stage, id string, round, client, i int)
	}{
		"a change of displayName and externalId": {50, 25, 0.7, func(s *stage, id string, round, _, i int) {
			s.do("PATCH", "/Users/"+id, patchOf(fmt.Sprintf(`{"op":"replace","path":"displayName","value":"Name %d %d"}`, round, i),
				fmt.Sprintf(`{"op":"replace","path":"externalId","value":"ext-%s-%d-%d"}`, id, round, i)))
		}},
		"a change of displayName": {50, 25, 0.7, func(s *stage, id string, round, _, i int) {
			s.do("PATCH", "/Users/"+id, patchOf(fmt.Sprintf(`{"op":"replace","path":"displayName","value":"Other %d %d"}`, round, i)))
		}},
		"a search": {50, 50, 0.9, func(s *stage, _ string, _, client, _ int) {
			s.do("GET", "/Users?filter="+eq("userName", fmt.Sprintf("user%d@contoso.example", client)), "")
		}},
	} {
		t.Run(what, func(t *testing.T) {
			ratios := map[string][]float64{}
			order := []string{"file", "database", "replicas"}
			for round := range work.rounds {
				took := map[string]time.Duration{}
				for i := range order {
					name := order[(i+round)%len(order)]
					began := time.Now()
					var all sync.WaitGroup
					for client, id := range users[name] {
						all.Go(func() {
							for i := range work.each {
								work.do(stages[name], id, round, client, i)
							}
						})
					}
					all.Wait()
					took[name] = time.Since(began)
				}
				for _, name := range order[1:] {
					ratios[name] = append(ratios[name], took["file"].Seconds()/took[name].Seconds())
				}
			}
			n := work.rounds
			for name, r := range ratios {
				slices.Sort(r)
				t.Logf("throughput with %s, as a share of that with a file: median %.2f, quartiles %.2f and %.2f", name, r[n/2], r[n/4], r[n*3/4])
			}
			if median := ratios["database"][n/2]; median < work.least {
				t.Errorf("throughput with the database is %.2f of that with a file, want %.1f", median, work.least)
			}
		})
	}
}
