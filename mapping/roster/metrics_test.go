package roster_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"

	"tvscim/mapping/roster"
	"tvscim/tvapi/tvfake"
)

func TestMetricsOfSnapshotsAndLoads(t *testing.T) {
	t.Parallel()
	o := roster.Options{}
	inCompany(t, tvfake.Default(), o, func(t *testing.T, c *company) {
		c.tv.Fail(tvfake.Fault{Function: userList, Status: http.StatusInternalServerError, Times: 2})
		c.tv.Fail(tvfake.Fault{Function: userList, Truncate: tvfake.TruncateObject, Times: 1})
		c.tv.Fail(tvfake.Fault{Function: userList, Delay: 3 * time.Second, Times: 1})
		c.hire("ada@example.com")
		for c.Users.Latest() == nil {
			c.Users.View(t.Context())
			time.Sleep(10 * time.Second)
		}
		c.hire("late@example.com")

		// Groups were not requested: their number and age are not known.
		want := `
# HELP tvscim_snapshot_age_seconds Time since the load of the newest snapshot began.
# TYPE tvscim_snapshot_age_seconds gauge
tvscim_snapshot_age_seconds{kind="users"} 13
# HELP tvscim_snapshot_load_seconds Duration of the load of the newest snapshot.
# TYPE tvscim_snapshot_load_seconds gauge
tvscim_snapshot_load_seconds{kind="users"} 3
# HELP tvscim_snapshot_loads_total Loads of a snapshot, by outcome.
# TYPE tvscim_snapshot_loads_total counter
tvscim_snapshot_loads_total{kind="usergroups",outcome="empty"} 0
tvscim_snapshot_loads_total{kind="usergroups",outcome="failed"} 0
tvscim_snapshot_loads_total{kind="usergroups",outcome="loaded"} 0
tvscim_snapshot_loads_total{kind="usergroups",outcome="short"} 0
tvscim_snapshot_loads_total{kind="users",outcome="empty"} 1
tvscim_snapshot_loads_total{kind="users",outcome="failed"} 2
tvscim_snapshot_loads_total{kind="users",outcome="loaded"} 1
tvscim_snapshot_loads_total{kind="users",outcome="short"} 0
# HELP tvscim_snapshot_objects Number of objects that TeamViewer holds by the newest snapshot.
# TYPE tvscim_snapshot_objects gauge
tvscim_snapshot_objects{kind="users"} 2
`
		if err := testutil.CollectAndCompare(c, strings.NewReader(want)); err != nil {
			t.Error(err)
		}
		problems, err := testutil.CollectAndLint(c)
		if err != nil || len(problems) > 0 {
			t.Errorf("lint: %v, %v", problems, err)
		}
		before := c.tv.TotalCalls()
		c.groups()
		if got := testutil.CollectAndCount(c, "tvscim_snapshot_objects"); got != 2 {
			t.Errorf("%d sizes, want 2", got)
		}
		if got := c.tv.TotalCalls() - before; got != 1 {
			t.Errorf("%d calls, want 1: to read metrics asks nothing of TeamViewer", got)
		}
	})
}
