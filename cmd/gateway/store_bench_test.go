package gateway_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/tvapi/tvfake"
)

// TestDatabaseCost compares, in turns in one run, the throughput of changes with the store in a database with that of a file,
// and the throughput of searches with a database with that of no store. Both stores sync to the disk. Each ratio is the median
// of those of all turns. Times are compared, so it runs if TVSCIM_BENCH is set only.
func TestDatabaseCost(t *testing.T) {
	if os.Getenv("TVSCIM_BENCH") == "" {
		t.Skip("compares times; set TVSCIM_BENCH=1 to run it")
	}
	const clients = 8
	server := pgtest.Start(t, "fsync=on")
	change := func(s *stage, id string, n int) {
		s.do("PATCH", "/Users/"+id, patchOf(fmt.Sprintf(`{"op":"replace","path":"externalId","value":"ext-%s-%d"}`, id, n)))
	}
	search := func(s *stage, id string, _ int) { s.do("GET", "/Users?filter="+eq("id", id), "") }
	file := func(c *config.Config, f *tvfake.Server) { storing(filepath.Join(t.TempDir(), "links.db"))(c, f) }
	inDatabase := func(c *config.Config, _ *tvfake.Server) { c.Store.URL = config.NewSecret(server.URL(t)) }
	for name, test := range map[string]struct {
		settings func(*config.Config, *tvfake.Server) // of what the database is compared with
		request  func(s *stage, id string, n int)
		requests int
		least    float64
	}{
		"changes":  {file, change, 400, 0.7},
		"searches": {nil, search, 2000, 0.9},
	} {
		t.Run(name, func(t *testing.T) {
			const rounds = 30
			stages := map[string]*stage{"database": newStage(t, staging{settings: inDatabase}), "other": newStage(t, staging{settings: test.settings})}
			users := map[string][]string{}
			for name, s := range stages {
				for i := range clients {
					users[name] = append(users[name], s.user(fmt.Sprintf("user%d@contoso.example", i)))
				}
				s.do("GET", "/Users?count=1", "")
			}
			var ratios []float64
			took := map[string]time.Duration{}
			for round := range rounds {
				for _, name := range [][]string{{"database", "other"}, {"other", "database"}}[round%2] {
					began := time.Now()
					var all sync.WaitGroup
					for _, id := range users[name] {
						all.Go(func() {
							for i := range test.requests / clients {
								test.request(stages[name], id, round*test.requests+i)
							}
						})
					}
					all.Wait()
					took[name] = time.Since(began)
				}
				ratios = append(ratios, took["other"].Seconds()/took["database"].Seconds())
			}
			t.Logf("the last turn: %v with a database, %v without", took["database"], took["other"])
			slices.Sort(ratios)
			ratio := ratios[rounds/2]
			t.Logf("throughput of %s with a database, as a share: median %.3f, quartiles %.3f and %.3f", name, ratio, ratios[rounds/4], ratios[rounds*3/4])
			if ratio < test.least {
				t.Errorf("throughput of %s is %.3f, want %.1f", name, ratio, test.least)
			}
		})
	}
}
