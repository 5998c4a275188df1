package gateway_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/proxy/admin"
	"tvscim/tvapi/tvfake"
)

// advisoryLocks counts the locks that the sessions of a database hold.
const advisoryLocks = "SELECT count(*)::text FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' AND granted " +
	"AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"

// endSessions ends the sessions of locks of a database, as a network does that loses connections.
func endSessions(t *testing.T, server *pgtest.Server, url string) {
	t.Helper()
	server.Exec(t, pgtest.DatabaseOf(url), "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory' AND mode = 'ExclusiveLock' "+
		"AND database = (SELECT oid FROM pg_database WHERE datname = current_database())")
}

// TestCallOfAReplicaThatLostItsLock: a call of a replica that gives access is under way when the
// replica loses its lock, and another replica ends that access and acknowledges it. Then TeamViewer
// carries out the call. The access is ended again: at once if the first replica tells of its call,
// and if it died at the latest when TeamViewer can no longer carry out the call.
func TestCallOfAReplicaThatLostItsLock(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	yes, no := true, false
	for name, test := range map[string]struct {
		function    string
		group       bool
		give, end   func(user string) string
		prepared    func(user string) string // the state before; nil: as created
		dies        bool                     // the first replica, before the call is carried out
		accessEnded func(s *stage, user, group string) bool
	}{
		"activation": {
			function: putUser, give: func(string) string { return legacy.change(&yes) }, end: func(string) string { return legacy.change(&no) },
			prepared:    func(string) string { return legacy.change(&no) },
			accessEnded: func(s *stage, user, _ string) bool { u, _ := s.fake.User(user); return !u.Active },
		},
		"activation of an active user": {
			function: putUser, give: func(string) string { return legacy.change(&yes) }, end: func(string) string { return legacy.change(&no) },
			accessEnded: func(s *stage, user, _ string) bool { u, _ := s.fake.User(user); return !u.Active },
		},
		"activation, and the replica dies": {
			function: putUser, give: func(string) string { return legacy.change(&yes) }, end: func(string) string { return legacy.change(&no) }, dies: true,
			accessEnded: func(s *stage, user, _ string) bool { u, _ := s.fake.User(user); return !u.Active },
		},
		"addition": {
			function: "POST /usergroups/{id}/members", group: true, give: func(user string) string { return legacy.addMembers(user) }, end: func(user string) string { return legacy.removeMembers(user) },
			accessEnded: func(s *stage, user, group string) bool {
				g, _ := s.fake.Group(groupNumber(s.t, group))
				return !slices.Contains(g.Members, user)
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := server.URL(t)
			window := time.Hour
			if test.dies {
				window = time.Second
			}
			all := replicasOf(t, 2, url, staging{window: window, settings: func(c *config.Config, _ *tvfake.Server) {
				c.Limits.RequestTimeout = 8 * time.Second
			}})
			first, second := all[0], all[1]
			user, group := first.user("nora.vale@contoso.example"), first.group("Sales")
			path := "/Users/" + user
			if test.group {
				path = "/Groups/" + group
			}
			for _, s := range all {
				s.do("GET", path, "")
			}
			if test.prepared != nil {
				if a := first.do("PATCH", path, test.prepared(user)); a.status >= http.StatusMultipleChoices {
					t.Fatalf("%d %s", a.status, a.body)
				}
			}
			arrived, goOn := first.fake.Hold(test.function) // before TeamViewer does anything
			answered := make(chan answer, 1)
			go func() { answered <- first.do("PATCH", path, test.give(user)) }()
			<-arrived
			endSessions(t, server, url)
			if a := second.do("PATCH", path, test.end(user)); a.status >= http.StatusMultipleChoices {
				t.Fatalf("the end of access: %d %s", a.status, a.body)
			}
			if !test.accessEnded(first, user, group) {
				t.Fatal("what was acknowledged was not done")
			}
			goOn()
			// It is acknowledged unless the loss is noticed before the answer.
			if a := <-answered; a.status >= http.StatusMultipleChoices && !strings.Contains(a.body, "change in TeamViewer was done") {
				t.Fatalf("the call was not carried out: %d %s", a.status, a.body)
			}
			if test.dies {
				first.gateway.Close()
			}
			eventuallyStage(t, "the access is ended again", func() bool { return test.accessEnded(first, user, group) })
			eventuallyStage(t, "that is shown", func() bool {
				return test.group || strings.Contains(second.do("GET", path, "").body, `"active":false`)
			})
		})
	}
}

// deactivateAll sends a deactivation of each user, 25 at a time.
func (s *stage) deactivateAll(ids []string) {
	var workers sync.WaitGroup
	for w := range 25 {
		workers.Go(func() {
			for i := w; i < len(ids); i += 25 {
				s.do("PATCH", "/Users/"+ids[i], patchOf(inactive))
			}
		})
	}
	workers.Wait()
}

// removedUsers returns how many removals of users the guard of a replica has counted.
func (s *stage) removedUsers() int {
	s.t.Helper()
	var report struct{ Users struct{ Removed int } }
	req := httptest.NewRequestWithContext(s.t.Context(), "GET", "http://127.0.0.1:9090/guard", nil)
	req.RemoteAddr = "127.0.0.1:40000"
	recorder := httptest.NewRecorder()
	s.gateway.Admin().ServeHTTP(recorder, req)
	if err := json.Unmarshal(recorder.Body.Bytes(), &report); err != nil {
		s.t.Fatalf("%v: %s", err, recorder.Body)
	}
	return report.Users.Removed
}

// TestReplicasShareTheGuardWithoutTheDatabase: while the database cannot be reached, replicas that
// count on their own remove no more together than one does; afterwards all know the count.
func TestReplicasShareTheGuardWithoutTheDatabase(t *testing.T) {
	t.Parallel()
	const limit = 30 // 20 % of 149 and the token's owner
	server := pgtest.Start(t)
	all := replicasOf(t, 3, server.URL(t), staging{})
	s := all[0]
	ids := s.employees(149)
	countEachOther(t, all)
	if err := server.Stop(); err != nil {
		t.Fatal(err)
	}
	client := roundRobin(all)
	for range 2 {
		client.deactivateAll(ids)
		if n := 149 - s.left(ids); n > limit || n < limit-3 {
			t.Fatalf("%d users were removed, the limit is %d", n, limit)
		}
	}
	if a := s.do("PATCH", "/Users/"+ids[148], patchOf(inactive)); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "nothing is left of the share") {
		t.Errorf("%d %s", a.status, a.body)
	}
	if err := server.Restart(); err != nil {
		t.Fatal(err)
	}
	for _, at := range all { // the first one back does not know yet what the others have removed
		eventuallyStage(t, "the replica is back", func() bool {
			client.deactivateAll(ids)
			state, _ := at.component("store")
			return state == admin.StateOK
		})
	}
	removed := 149 - s.left(ids)
	if removed > limit {
		t.Errorf("%d users were removed when the database was back, the limit is %d", removed, limit)
	}
	for _, at := range all {
		eventuallyStage(t, "the replica counts what all have removed", func() bool {
			state, _ := at.component("store")
			return state == admin.StateOK && at.removedUsers() == removed
		})
	}
	client.deactivateAll(ids)
	if n := 149 - s.left(ids); n > limit {
		t.Errorf("%d users were removed in all, the limit is %d", n, limit)
	}
}

// TestReplicaThatWasCutOff: a replica that was cut off from the database, while another one changed
// what it had read, shows neither what was before nor what it heard too late.
func TestReplicaThatWasCutOff(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	for name, long := range map[string]bool{"messages are lost": true, "messages are late": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := server.URL(t)
			network := server.Proxy(t)
			fast := func(c *config.Config, _ *tvfake.Server) { c.Limits.RequestTimeout = 8 * time.Second }
			cut := replicasOf(t, 1, network.URL(url), staging{settings: fast})[0]
			other := replicasOf(t, 1, url, staging{settings: fast, company: cut.fake})[0]
			user := cut.user("nora.vale@contoso.example")
			for _, s := range []*stage{cut, other} {
				s.do("GET", "/Users?count=1", "")
				s.do("GET", "/Users/"+user, "")
			}
			network.Cut(true)
			if a := other.do("PATCH", "/Users/"+user, patchOf(`{"op":"Replace","path":"displayName","value":"Newer"}`, `{"op":"Replace","path":"active","value":"True"}`)); a.status != http.StatusOK {
				t.Fatalf("%d %s", a.status, a.body)
			}
			cut.do("PATCH", "/Users/"+user, patchOf(inactive)) // an end of access needs no database
			if u, _ := cut.fake.User(user); u.Active {
				t.Fatal("the deactivation was not made")
			}
			if long {
				eventuallyStage(t, "the loss is noticed", func() bool { state, _ := cut.component("store"); return state == admin.StateFailing })
				time.Sleep(3 * time.Second) // the listener gives up
			}
			network.Cut(false)
			eventuallyStage(t, "the replica is back", func() bool { state, _ := cut.component("store"); return state == admin.StateOK })
			back := time.Now()
			for time.Since(back) < 2*time.Second {
				time.Sleep(20 * time.Millisecond)
				for name, s := range map[string]*stage{"the one that was cut off": cut, "the other one": other} {
					a := s.do("GET", "/Users/"+user, "")
					// that messages were lost is told within the first second
					if right := strings.Contains(a.body, `"displayName":"Newer"`) && strings.Contains(a.body, `"active":false`); !right && (s == cut || time.Since(back) > time.Second) {
						t.Fatalf("%s shows: %d %s", name, a.status, a.body)
					}
				}
			}
		})
	}
}

// TestMessagesThatAreLate: a replica that gets the locks of an object, but not yet the message about
// its latest change by another one, shows its own newer change when the message comes at last.
func TestMessagesThatAreLate(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	all := replicasOf(t, 2, url, staging{})
	slow, other := all[0], all[1]
	user := slow.user("nora.vale@contoso.example")
	for _, s := range all {
		s.do("GET", "/Users?count=1", "")
		s.do("GET", "/Users/"+user, "")
	}
	goOn := server.StopListener(t, url)
	rename := func(s *stage, name string) {
		if a := s.do("PATCH", "/Users/"+user, patchOf(`{"op":"Replace","path":"displayName","value":"`+name+`"}`)); a.status != http.StatusOK {
			t.Fatalf("%s: %d %s", name, a.status, a.body)
		}
	}
	rename(other, "Older")
	rename(slow, "Newer")
	goOn()
	for until := time.Now().Add(3 * time.Second); time.Now().Before(until); time.Sleep(20 * time.Millisecond) {
		if a := slow.do("GET", "/Users/"+user, ""); !strings.Contains(a.body, `"displayName":"Newer"`) {
			t.Fatalf("shown: %d %s", a.status, a.body)
		}
	}
}

// TestReplicasShareTheGuardOfAnUnsteadyDatabase: while all sessions of the database end again and
// again, replicas together remove no more than the limit.
func TestReplicasShareTheGuardOfAnUnsteadyDatabase(t *testing.T) {
	t.Parallel()
	const limit = 30 // 20 % of 149 and the token's owner
	server := pgtest.Shared(t)
	url := server.URL(t)
	all := replicasOf(t, 3, url, staging{})
	ids := all[0].employees(149)
	countEachOther(t, all)
	ended := make(chan struct{})
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	go func() {
		defer close(ended)
		for ctx.Err() == nil {
			server.Exec(t, pgtest.DatabaseOf(url), "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()")
			time.Sleep(150 * time.Millisecond)
		}
	}()
	client := roundRobin(all)
	for ctx.Err() == nil {
		client.deactivateAll(ids)
	}
	<-ended
	t.Logf("%d users were removed", 149-all[0].left(ids))
	if n := 149 - all[0].left(ids); n > limit {
		t.Errorf("%d users were removed, the limit is %d", n, limit)
	}
}

// TestDatabaseThatCannotBeWritten: once a write of the database has failed, only ends of access are
// carried out, as while it is away. When it can be written again, that is found out without a
// change.
func TestDatabaseThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	s := replicasOf(t, 1, server.URL(t), staging{})[0]
	user := s.user("nora.vale@contoso.example")
	readOnly := func(value string) {
		server.Exec(t, "postgres", "ALTER SYSTEM SET default_transaction_read_only = "+value)
		server.Exec(t, "postgres", "SELECT pg_reload_conf()")
	}
	readOnly("on")
	tries := 0
	eventuallyStage(t, "a write fails", func() bool {
		tries++ // each needs a write
		return s.do("PATCH", "/Users/"+user, patchOf(fmt.Sprintf(`{"op":"Replace","path":"externalId","value":"new-%d"}`, tries))).status == http.StatusServiceUnavailable
	})
	s.fake.ResetCalls()
	if a := s.do("POST", "/Users", newUser("other@contoso.example")); a.status != http.StatusServiceUnavailable || s.fake.Count("POST /users") > 0 {
		t.Errorf("POST: %d %s; calls %v", a.status, a.body, s.fake.Calls())
	}
	s.do("PATCH", "/Users/"+user, patchOf(inactive))
	if u, _ := s.fake.User(user); u.Active {
		t.Error("the deactivation was not carried out")
	}
	if state, detail := s.component("store"); state != admin.StateFailing || !strings.Contains(detail, "read-only") {
		t.Errorf("health: %s, %q", state, detail)
	}
	readOnly("off")
	eventuallyStage(t, "the database can be written again", func() bool { state, _ := s.component("store"); return state == admin.StateOK })
	if a := s.do("POST", "/Users", newUser("other@contoso.example")); a.status != http.StatusCreated {
		t.Errorf("POST: %d %s", a.status, a.body)
	}
}

// TestCallOfAReplicaThatIsBack: a call of a replica that gives access is under way when the replica
// loses its lock. Another replica ends that access, acknowledges it and ends. The first one has a
// session again when TeamViewer carries out its call. It does not acknowledge it, and ends the access.
func TestCallOfAReplicaThatIsBack(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	for _, kind := range []string{"user", "member"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := server.URL(t)
			all := replicasOf(t, 2, url, staging{window: time.Hour})
			first, second := all[0], all[1]
			to := first.accesses()[kind]
			other := first.user("ola.lind@contoso.example")
			first.change(t, to.path, to.end)
			second.do("GET", to.path, "")
			answered, goOn := to.held(first)
			endSessions(t, server, url)
			second.change(t, to.path, to.end)
			second.gateway.Close()
			first.change(t, "/Users/"+other, legacy.change(nil, attr{"displayName", "Ola"})) // with a session
			goOn()
			if a := <-answered; a.status != http.StatusServiceUnavailable {
				t.Errorf("the call was acknowledged: %d %s", a.status, a.body)
			}
			eventuallyStage(t, "the access is ended again", func() bool { return !to.given() })
		})
	}
}
