package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/tvapi/tvfake"
)

// TestReplicasTakeTurns: of requests for one userName, or one group name, that reach all replicas
// at once, one is carried out, and the others make no write.
func TestReplicasTakeTurns(t *testing.T) {
	t.Parallel()
	const names = 10
	all := replicasOf(t, 3, pgtest.Shared(t).URL(t), staging{})
	fake := all[0].fake
	var work sync.WaitGroup
	var made, conflicts atomic.Int64
	for i := range names {
		for _, s := range all {
			for path, body := range map[string]string{
				"/Users":  fmt.Sprintf(`{"userName":"user%d@contoso.example","displayName":"User"}`, i),
				"/Groups": fmt.Sprintf(`{"displayName":"Group %d"}`, i),
			} {
				work.Go(func() {
					switch a := s.do("POST", path, body); a.status {
					case http.StatusCreated:
						made.Add(1)
					case http.StatusConflict:
						conflicts.Add(1)
					default:
						t.Errorf("POST %s: %d %s", path, a.status, a.body)
					}
				})
			}
		}
	}
	work.Wait()
	if made.Load() != 2*names || conflicts.Load() != 4*names {
		t.Errorf("%d made and %d conflicts, want %d and %d", made.Load(), conflicts.Load(), 2*names, 4*names)
	}
	for _, function := range []string{"POST /users", "POST /usergroups"} {
		if n := fake.Count(function); n != names {
			t.Errorf("%s: %d calls, want %d", function, n, names)
		}
	}
}

// TestReplicasCallOnce: whichever replica gets a request, and however many come at once, TeamViewer
// gets each change once.
func TestReplicasCallOnce(t *testing.T) {
	t.Parallel()
	const users = 60
	all := replicasOf(t, 3, pgtest.Shared(t).URL(t), staging{})
	ids := all[0].employees(users)
	group := all[0].group("Sales")
	client := roundRobin(all)
	client.fake.ResetCalls()
	var work sync.WaitGroup
	for i, id := range ids {
		work.Go(func() {
			name := fmt.Sprintf("New Name %d", i)
			if a := client.do("PATCH", "/Users/"+id, patchOf(`{"op":"Replace","path":"displayName","value":"`+name+`"}`)); a.status != http.StatusOK {
				t.Errorf("PATCH of a user: %d %s", a.status, a.body)
			}
			if a := client.do("PATCH", "/Groups/"+group, legacy.addMembers(id)); a.status != http.StatusNoContent {
				t.Errorf("PATCH of a group: %d %s", a.status, a.body)
			}
		})
	}
	work.Wait()
	renames, additions := map[string]int{}, map[string]int{}
	for _, call := range client.fake.Log() {
		for i, id := range ids {
			if call.Function == putUser && strings.Contains(call.Body, fmt.Sprintf(`"New Name %d"`, i)) {
				renames[id]++
			}
			if call.Function == "POST /usergroups/{id}/members" && strings.Contains(call.Body, strings.TrimPrefix(id, "u")) {
				additions[id]++
			}
		}
	}
	for _, id := range ids {
		if renames[id] != 1 || additions[id] != 1 {
			t.Errorf("user %s: %d renames and %d additions, want one each", id, renames[id], additions[id])
		}
	}
	t.Logf("calls: %v", client.fake.Calls())
}

// TestEndOfAccessBesideABusyReplica: a replica that changes a user all the time lets another one end
// the access of that user.
func TestEndOfAccessBesideABusyReplica(t *testing.T) {
	t.Parallel()
	all := replicasOf(t, 2, pgtest.Shared(t).URL(t), staging{settings: func(c *config.Config, _ *tvfake.Server) { c.Limits.RequestTimeout = 15 * time.Second }})
	busy, other := all[0], all[1]
	user := busy.user("nora.vale@contoso.example")
	other.do("GET", "/Users/"+user, "")
	eventuallyStage(t, "the replicas know of each other", func() bool {
		_, detail := busy.component("store")
		return strings.Contains(detail, "replicas that use it: 2")
	})
	defer busy.fake.Fail(tvfake.Fault{Function: putUser, Delay: 150 * time.Millisecond, After: true})()
	var stopped atomic.Bool
	var work sync.WaitGroup
	for w := range 3 {
		work.Go(func() {
			for i := 0; !stopped.Load(); i++ {
				busy.do("PATCH", "/Users/"+user, legacy.change(nil, attr{"displayName", fmt.Sprintf("Nora %d %d", w, i)}))
			}
		})
	}
	defer work.Wait()
	defer stopped.Store(true)
	eventuallyStage(t, "the replica is busy", func() bool { return busy.fake.Count(putUser) > 5 })
	inactive := false
	other.change(t, "/Users/"+user, legacy.change(&inactive))
}
