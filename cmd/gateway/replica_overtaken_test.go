package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/tvapi/tvfake"
)

// namedObjects are the names that two replicas may change.
var namedObjects = []struct {
	name, function string
	group          bool
	attribute      string
	values         [3]string
	held           func(s *stage, user, group string) string
}{
	{
		"address", putUser, false, "userName", [3]string{"nora.roth@contoso.example", "nora.lind@contoso.example", "nora.berg@contoso.example"},
		func(s *stage, user, _ string) string { u, _ := s.fake.User(user); return u.Email },
	},
	{
		"name", putUser, false, "displayName", [3]string{"Nora Roth", "Nora Lind", "Nora Berg"},
		func(s *stage, user, _ string) string { u, _ := s.fake.User(user); return u.Name },
	},
	{
		"name of a group", "PUT /usergroups/{id}", true, "displayName", [3]string{"Retail", "Stores", "Shops"},
		func(s *stage, _, group string) string { g, _ := s.fake.Group(groupNumber(s.t, group)); return g.Name },
	},
}

// TestOvertakenByAnotherReplica: a replica repeats a change without an answer and then makes another
// one, and a second replica acknowledges the first value again. That stays, though the call without
// an answer set the same value.
func TestOvertakenByAnotherReplica(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	const window = 3 * time.Second
	for _, test := range namedObjects {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			all := replicasOf(t, 2, server.URL(t), staging{window: window, lag: 10 * time.Millisecond})
			first, second := all[0], all[1]
			user, group := first.user("nora.vale@contoso.example"), first.group("Sales")
			path := "/Users/" + user
			if test.group {
				path = "/Groups/" + group
			}
			second.do("GET", path, "")
			value := func(i int) string { return legacy.change(nil, attr{test.attribute, test.values[i]}) }
			first.fake.Fail(tvfake.Fault{Function: test.function, Lost: true, After: true, Times: 1})
			first.change(t, path, value(0))
			first.change(t, path, value(1))
			second.change(t, path, value(0))
			for until := time.Now().Add(window + window/2); time.Now().Before(until); <-time.After(50 * time.Millisecond) {
				if got := test.held(first, user, group); got != test.values[0] {
					t.Fatalf("TeamViewer has %q, want what was acknowledged last, %q", got, test.values[0])
				}
			}
		})
	}
}

// TestReturnBesideARemovalOfAnotherReplica: a removal of somebody else from a group, which got no
// answer at another replica, does not keep a deleted user from returning.
func TestReturnBesideARemovalOfAnotherReplica(t *testing.T) {
	t.Parallel()
	all := replicasOf(t, 2, pgtest.Shared(t).URL(t), staging{lag: 10 * time.Millisecond})
	first, second := all[0], all[1]
	user, member := first.user("nora.vale@contoso.example"), first.user("ola.lind@contoso.example")
	group := first.group("Sales", member)
	second.do("GET", "/Groups/"+group, "")
	disarm := first.fake.Fail(tvfake.Fault{Function: "DELETE /usergroups/{id}/members", Status: http.StatusInternalServerError})
	first.unavailable("PATCH", "/Groups/"+group, legacy.removeMembers(member))
	disarm()
	second.status(t, http.StatusNoContent, "DELETE", "/Users/"+user, "")
	second.status(t, http.StatusCreated, "POST", "/Users", hire("nora.vale@contoso.example", "another"))
}

// TestOneReplicaChecks: access that was ended and that a late call has given back is read and ended
// again by the replica that sees it, and not by the others too.
func TestOneReplicaChecks(t *testing.T) {
	t.Parallel()
	all := replicasOf(t, 3, pgtest.Shared(t).URL(t), staging{window: time.Hour, lag: 10 * time.Millisecond, settings: func(c *config.Config, _ *tvfake.Server) {
		c.Cache.UsersMaxAge = time.Second
	}})
	first, second, third := all[0], all[1], all[2]
	to := first.accesses()["user"]
	first.change(t, to.path, to.end)
	first.fake.Fail(tvfake.Fault{Function: to.function, Lost: true, Times: 1, Late: time.Hour})
	first.change(t, to.path, to.give)
	second.change(t, to.path, to.end)
	if n := first.fake.DoLate(); n != 1 || !to.given() {
		t.Fatalf("%d calls were late, want 1; the access is given: %t", n, to.given())
	}
	first.fake.ResetCalls()
	eventuallyStage(t, "the access is ended again", func() bool {
		third.do("GET", to.read, "")
		return !to.given()
	})
	for _, s := range all {
		s.do("GET", "/Groups", "") // comes after all messages, which would be the reason for other checks
	}
	<-time.After(500 * time.Millisecond)
	if n := first.fake.Count("GET /users/{id}"); n != 1 {
		t.Errorf("the user was read %d times, want once", n)
	}
}

// TestDeletionWhileAReturnIsUnderWay: a replica has lost its lock while a deleted user returns through
// it, and another one deletes the user again. The user is deactivated again after the late call.
func TestDeletionWhileAReturnIsUnderWay(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	all := replicasOf(t, 2, url, staging{window: time.Second, settings: func(c *config.Config, _ *tvfake.Server) {
		c.Limits.RequestTimeout = 8 * time.Second
	}})
	first, second := all[0], all[1]
	user := first.user("nora.vale@contoso.example")
	first.status(t, http.StatusNoContent, "DELETE", "/Users/"+user, "")
	arrived, goOn := first.fake.Hold(putUser)
	answered := make(chan answer, 1)
	go func() { answered <- first.do("POST", "/Users", hire("nora.vale@contoso.example", "again")) }()
	<-arrived
	endSessions(t, server, url)
	second.status(t, http.StatusNoContent, "DELETE", "/Users/"+user, "")
	goOn()
	<-answered // whatever it is: the deletion was acknowledged
	eventuallyStage(t, "the user is inactive and deleted", func() bool {
		u, _ := first.fake.User(user)
		return !u.Active && second.do("GET", "/Users/"+user, "").status == http.StatusNotFound
	})
}

// TestReturnWhileAnAdditionIsUnderWay: a replica has lost its lock while its call that adds a user to a
// group is under way, and another one deletes the user. The user returns only when that call cannot be
// carried out any more, and without that membership.
func TestReturnWhileAnAdditionIsUnderWay(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	all := replicasOf(t, 2, url, staging{window: time.Second, lag: 10 * time.Millisecond, settings: func(c *config.Config, _ *tvfake.Server) {
		c.Limits.RequestTimeout = 8 * time.Second
	}})
	first, second := all[0], all[1]
	to := first.accesses()["member"]
	first.change(t, to.path, to.end)
	user, hired := first.foundBy(t, "/Users", "userName", "nora.vale@contoso.example")[0], hire("nora.vale@contoso.example", "again")
	answered, goOn := to.held(first)
	endSessions(t, server, url)
	second.status(t, http.StatusNoContent, "DELETE", "/Users/"+user, "")
	if a := second.unavailable("POST", "/Users", hired); !strings.Contains(a.body, "may still add it to a group") {
		t.Errorf("%s", a.body)
	}
	goOn()
	<-answered
	eventuallyStage(t, "the user returns", func() bool { return second.do("POST", "/Users", hired).status == http.StatusCreated })
	if u, _ := first.fake.User(user); !u.Active || to.given() {
		t.Errorf("active: %t; member of the former group: %t", u.Active, to.given())
	}
}

// TestNamesOfTwoCallsWithoutAnAnswer: two replicas each have a call without an answer about one
// object, a third one acknowledges another value, and both calls are carried out late. The replica
// whose call was the last one restores what was acknowledged.
func TestNamesOfTwoCallsWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	for _, test := range namedObjects {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			all := replicasOf(t, 3, server.URL(t), staging{window: 4 * time.Second, lag: 10 * time.Millisecond})
			user, group := all[0].user("nora.vale@contoso.example"), all[0].group("Sales")
			path := "/Users/" + user
			if test.group {
				path = "/Groups/" + group
			}
			for i, s := range all {
				s.do("GET", path, "")
				if i < 2 {
					s.fake.Fail(tvfake.Fault{Function: test.function, Lost: true, Times: 1, Late: time.Hour})
				}
				s.change(t, path, legacy.change(nil, attr{test.attribute, test.values[i]}))
			}
			if n := all[0].fake.DoLate(); n != 2 {
				t.Fatalf("%d calls were late, want 2", n)
			}
			if got := test.held(all[0], user, group); got != test.values[1] {
				t.Fatalf("TeamViewer has %q, want that of the last late call", got)
			}
			eventuallyStage(t, "what was acknowledged is restored", func() bool {
				return test.held(all[0], user, group) == test.values[2]
			})
		})
	}
}

// TestNoteOfALongerWatch: a replica whose watch of an object ends leaves the note of another one that
// watches the object for longer, which the other replicas need if that one ends.
func TestNoteOfALongerWatch(t *testing.T) {
	t.Parallel()
	const window = time.Second
	server := pgtest.Shared(t)
	url := server.URL(t)
	short := replicasOf(t, 1, url, staging{window: window})[0]
	long := replicasOf(t, 1, url, staging{window: time.Hour, company: short.fake})[0]
	to := short.accesses()["member"]
	for _, s := range []*stage{short, long} {
		s.do("GET", to.read, "")
		s.fake.Fail(tvfake.Fault{Function: to.function, Lost: true, Times: 1})
		s.change(t, to.path, to.give)
	}
	for until := time.Now().Add(2 * window); time.Now().Before(until); <-time.After(50 * time.Millisecond) {
		if n := server.Text(t, pgtest.DatabaseOf(url), "SELECT count(*)::text FROM tvscim.entries WHERE name LIKE 'n/late %' AND value IS NOT NULL"); n != "1" {
			t.Fatalf("%s notes, want that of the longer watch", n)
		}
	}
}

// TestEndOfAccessOutlivesItsReplica: a replica loses its locks, without any sign of that, while its
// call that gives access is under way. Another one ends the access and then ends itself. The end of
// access stays protected, and the call is not acknowledged.
func TestEndOfAccessOutlivesItsReplica(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	for _, kind := range []string{"user", "member"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := server.URL(t)
			all := replicasOf(t, 3, url, staging{window: time.Second, lag: 10 * time.Millisecond, settings: func(c *config.Config, _ *tvfake.Server) {
				c.Limits.RequestTimeout = 8 * time.Second
			}})
			first, second, third := all[0], all[1], all[2]
			to := first.accesses()[kind]
			first.change(t, to.path, to.end)
			for _, s := range all {
				s.do("GET", to.read, "")
			}
			answered, goOn := to.held(first)
			endSessions(t, server, url)
			second.change(t, to.path, to.end)
			second.gateway.Close()
			for _, s := range []*stage{first, third} {
				s.do("GET", "/Groups", "") // comes after all messages
			}
			goOn()
			if a := <-answered; a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "change in TeamViewer was done") {
				t.Errorf("%d %s, want 503 since the lock was lost", a.status, a.body)
			}
			first.gateway.Close() // it knows of the end of access, and may be gone too
			eventuallyStage(t, "the access is ended again", func() bool { return !to.given() })
		})
	}
}

// TestCallThatWaitsForItsTurn: a replica loses its lock while its call that gives access waits for
// another call, and another replica ends the access. The call is not made.
func TestCallThatWaitsForItsTurn(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	for _, kind := range []string{"user", "member"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			url := server.URL(t)
			all := replicasOf(t, 2, url, staging{lag: 10 * time.Millisecond, settings: func(c *config.Config, _ *tvfake.Server) {
				c.TeamViewer.MaxConcurrent = 1
			}})
			first, second := all[0], all[1]
			to, other, third := first.accesses()[kind], "/Users/"+first.user("ola.lind@contoso.example"), first.user("kai.berg@contoso.example")
			first.change(t, to.path, to.end)
			for _, s := range all {
				s.do("GET", to.read, "")
			}
			arrived, goOn := first.fake.Hold(putUser)
			ahead, answered := make(chan answer, 2), make(chan answer, 1)
			go func() { ahead <- first.do("PATCH", other, legacy.change(nil, attr{"displayName", "Ola"})) }()
			<-arrived
			go func() { answered <- first.do("PATCH", to.path, to.give) }()
			eventuallyStage(t, "both changes have their locks", func() bool {
				return server.Text(t, pgtest.DatabaseOf(url), advisoryLocks) == "4" // one of each session, too
			})
			endSessions(t, server, url)
			second.change(t, to.path, to.end)
			go func() { ahead <- first.do("PATCH", "/Users/"+third, legacy.change(nil, attr{"externalId", "ext-3"})) }()
			eventuallyStage(t, "the first replica has another session, and a lock", func() bool {
				return server.Text(t, pgtest.DatabaseOf(url), advisoryLocks) == "3"
			})
			goOn()
			<-ahead
			<-ahead
			if a := <-answered; a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "was not made") {
				t.Errorf("%d %s, want 503 since the lock was lost", a.status, a.body)
			}
			if to.given() {
				t.Error("the access was given")
			}
		})
	}
}
