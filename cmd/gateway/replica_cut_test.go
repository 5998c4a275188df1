package gateway_test

import (
	"net/http"
	"slices"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/proxy/admin"
	"tvscim/tvapi/tvfake"
)

// access is an access that a client gives and ends: that of a user, or the membership in a group.
type access struct {
	function  string // of TeamViewer's call
	path      string
	give, end string // PATCH requests
	put       string // the PUT request that gives it; "": there is none
	read      string // what shows the access
	given     func() bool
}

// accesses returns both kinds, of one user.
func (s *stage) accesses() map[string]access {
	yes, no := true, false
	user := s.user("nora.vale@contoso.example")
	group := s.group("Sales", user)
	return map[string]access{
		"user": {
			function: putUser, path: "/Users/" + user, read: "/Users?count=10", give: legacy.change(&yes), end: legacy.change(&no),
			given: func() bool { u, _ := s.fake.User(user); return u.Active },
		},
		"member": {
			function: "POST /usergroups/{id}/members", path: "/Groups/" + group, read: "/Groups/" + group,
			give: legacy.addMembers(user), end: legacy.removeMembers(user), put: `{"displayName":"Sales","members":[{"value":"` + user + `"}]}`,
			given: func() bool {
				g, _ := s.fake.Group(groupNumber(s.t, group))
				return slices.Contains(g.Members, user)
			},
		},
	}
}

// held has a replica give the access, and returns while TeamViewer's call for that is under way.
func (to access) held(s *stage) (answered chan answer, goOn func()) {
	arrived, goOn := s.fake.Hold(to.function)
	answered = make(chan answer, 1)
	go func() { answered <- s.do("PATCH", to.path, to.give) }()
	<-arrived
	return answered, goOn
}

// change sends a PATCH that must succeed.
func (s *stage) change(t *testing.T, path, body string) {
	t.Helper()
	if a := s.do("PATCH", path, body); a.status >= http.StatusMultipleChoices {
		t.Fatalf("%s %s: %d %s", path, body, a.status, a.body)
	}
}

// cutOff returns a replica that the network can cut off from the database, which reads lists often,
// and another one that it cannot.
func cutOff(t *testing.T) (network *pgtest.Proxy, cut, other *stage) {
	t.Helper()
	server := pgtest.Shared(t)
	url := server.URL(t)
	network = server.Proxy(t)
	with := staging{window: time.Second, lag: 10 * time.Millisecond, settings: func(c *config.Config, _ *tvfake.Server) {
		c.Limits.RequestTimeout, c.Cache.UsersMaxAge = 12*time.Second, time.Second
	}}
	cut = replicasOf(t, 1, network.URL(url), with)[0]
	other = replicasOf(t, 1, url, staging{window: time.Second, company: cut.fake})[0]
	return network, cut, other
}

// isCut waits until the replica knows that it is cut off, or that it is not.
func (s *stage) isCut(t *testing.T, is bool) {
	t.Helper()
	eventuallyStage(t, "the replica notices", func() bool {
		state, _ := s.component("store")
		return is == (state == admin.StateFailing)
	})
}

// TestReplicaThatIsCutOff: a replica that ends access while it is cut off from the database does not
// end it again after another replica has given it, however often it sees that, then or later.
func TestReplicaThatIsCutOff(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"user", "member"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			network, cut, other := cutOff(t)
			to := cut.accesses()[kind]
			for _, s := range []*stage{cut, other} {
				s.do("GET", "/Groups?excludedAttributes=members", "")
				s.do("GET", to.read, "")
			}
			network.Cut(true)
			cut.isCut(t, true)
			cut.change(t, to.path, to.end)
			if to.given() {
				t.Fatal("the access was not ended")
			}
			other.change(t, to.path, to.give) // it may take the access for given: it is told nothing
			if !to.given() {
				t.Fatal("the access was not given again")
			}
			stays := func(when string, long time.Duration) {
				t.Helper()
				for until := time.Now().Add(long); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
					if cut.do("GET", to.read, ""); !to.given() {
						t.Fatalf("%s, the access was ended again", when)
					}
				}
			}
			stays("while the replica is cut off", 14*time.Second) // past the end of the watch
			network.Cut(false)
			stays("when the replica is back", 6*time.Second) // a check that waits is made by then
			for _, s := range []*stage{cut, other} {         // a query from before may still fail, so not at once
				for _, body := range []string{to.end, to.give} {
					eventuallyStage(t, "changes are made", func() bool { return s.do("PATCH", to.path, body).status < http.StatusMultipleChoices })
				}
			}
			if !to.given() {
				t.Error("the access was not given at last")
			}
		})
	}
}

// TestLateCallOfAReplicaThatIsCutOff: a call of a replica that gives access got no answer, the
// replica ends that access while it is cut off from the database, and then TeamViewer carries out
// the call. The replica ends the access when it is back, as nobody else has given it.
func TestLateCallOfAReplicaThatIsCutOff(t *testing.T) {
	t.Parallel()
	for _, kind := range []string{"user", "member"} {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			network, cut, other := cutOff(t)
			to := cut.accesses()[kind]
			cut.change(t, to.path, to.end)
			for _, s := range []*stage{cut, other} {
				s.do("GET", to.read, "")
			}
			cut.fake.Fail(tvfake.Fault{Function: to.function, Lost: true, Times: 1, Late: time.Hour})
			cut.change(t, to.path, to.give)
			network.Cut(true)
			cut.isCut(t, true)
			cut.change(t, to.path, to.end)
			if n := cut.fake.DoLate(); n != 1 || !to.given() {
				t.Fatalf("%d calls were late, want 1; the access is given: %t", n, to.given())
			}
			network.Cut(false)
			eventuallyStage(t, "the access is ended again", func() bool { return !to.given() })
		})
	}
}

// TestAccessOfWhichOthersDoNotLearn: a replica is cut off from the database while a call that gives
// access is under way. The request is not acknowledged: another replica that has ended the access
// before might take the call for one without an answer. The end of access is acknowledged.
func TestAccessOfWhichOthersDoNotLearn(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	for _, test := range []struct {
		name, kind   string
		first, again func(to access) string
		function     string // of TeamViewer's call
	}{
		{"activation", "user", func(to access) string { return to.end }, func(to access) string { return to.give }, putUser},
		{"activation of an active user", "user", func(to access) string { return to.give }, func(to access) string { return to.give }, putUser},
		{"addition", "member", func(to access) string { return to.end }, func(to access) string { return to.give }, addMembers},
		{"addition by PUT", "member", func(to access) string { return to.end }, func(to access) string { return to.put }, addMembers},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			network := server.Proxy(t)
			s := replicasOf(t, 1, network.URL(server.URL(t)), staging{})[0]
			to := s.accesses()[test.kind]
			s.change(t, to.path, test.first(to))
			arrived, goOn := s.fake.Hold(test.function)
			send := func() answer {
				if body := test.again(to); body == to.put {
					return s.do("PUT", to.path, body)
				}
				return s.do("PATCH", to.path, test.again(to))
			}
			answered := make(chan answer, 1)
			go func() { answered <- send() }()
			<-arrived
			network.Cut(true)
			goOn()
			if a := <-answered; a.status != http.StatusServiceUnavailable || !to.given() {
				t.Errorf("%d %s; the access is given: %t", a.status, a.body, to.given())
			}
			network.Cut(false)
			s.isCut(t, false)
			if a := send(); a.status >= http.StatusMultipleChoices {
				t.Errorf("again: %d %s", a.status, a.body)
			}
		})
	}
}

// TestCreatedBeforeTheDatabaseIsClaimed: a replica creates a group with an empty database, to which
// another one writes meanwhile whose it is. The externalId of the group is stored.
func TestCreatedBeforeTheDatabaseIsClaimed(t *testing.T) {
	t.Parallel()
	all := replicasOf(t, 2, pgtest.Shared(t).URL(t), staging{})
	arrived, goOn := all[0].fake.Hold("POST /usergroups")
	answered := make(chan answer, 1)
	go func() { answered <- all[0].do("POST", "/Groups", `{"displayName":"Sales","externalId":"ext-sales"}`) }()
	<-arrived
	all[1].user("nora.vale@contoso.example")
	goOn()
	a := <-answered
	if a.status != http.StatusCreated {
		t.Fatalf("%d %s", a.status, a.body)
	}
	for _, s := range all {
		s.wantFound(t, "/Groups", "externalId", "ext-sales", a.json(t)["id"].(string))
	}
}

// TestMembersAfterAChangeAtAnotherReplica: a user who returned at one replica can be added to a group
// at another one at once, and a user who was deleted cannot.
func TestMembersAfterAChangeAtAnotherReplica(t *testing.T) {
	t.Parallel()
	all := replicasOf(t, 2, pgtest.Shared(t).URL(t), staging{})
	first, second := all[0], all[1]
	user, group := first.user("nora.vale@contoso.example"), first.group("Sales")
	for range 20 {
		first.status(t, http.StatusNoContent, "DELETE", "/Users/"+user, "")
		second.status(t, http.StatusBadRequest, "PATCH", "/Groups/"+group, legacy.addMembers(user))
		first.status(t, http.StatusCreated, "POST", "/Users", hire("nora.vale@contoso.example", "again"))
		second.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, legacy.addMembers(user))
	}
}

// TestReturnAfterAnotherAddress: a user gets another address at one replica, a list of a second one
// shows it, and the user is deleted. The user returns with that address at a third one, which had read
// the user with the old one.
func TestReturnAfterAnotherAddress(t *testing.T) {
	t.Parallel()
	all := replicasOf(t, 3, pgtest.Shared(t).URL(t), staging{settings: func(c *config.Config, _ *tvfake.Server) { c.Cache.UsersMaxAge = time.Second }})
	first, second, third := all[0], all[1], all[2]
	const address = "nora.lind@contoso.example"
	user := first.user("nora.vale@contoso.example")
	for _, s := range all {
		s.do("GET", "/Users?count=1", "")
	}
	third.status(t, http.StatusConflict, "POST", "/Users", hire("nora.vale@contoso.example", "")) // which reads the user
	<-time.After(3 * time.Second)                                                                 // the age of a list, for three replicas
	first.change(t, "/Users/"+user, legacy.change(nil, attr{"userName", address}))
	second.wantFound(t, "/Users", "userName", address, user)
	second.status(t, http.StatusNoContent, "DELETE", "/Users/"+user, "")
	third.status(t, http.StatusCreated, "POST", "/Users", hire(address, "again"))
}

// TestRemovalOutlivesACut: a removal that was acknowledged after an addition without an answer stays
// protected when the replica that watches it was cut off, and another one has changed other members
// of the group meanwhile and has ended.
func TestRemovalOutlivesACut(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	network := server.Proxy(t)
	cut := replicasOf(t, 1, network.URL(url), staging{window: time.Hour})[0]
	other := replicasOf(t, 1, url, staging{window: time.Hour, company: cut.fake})[0]
	to := cut.accesses()["member"]
	second := cut.user("ola.lind@contoso.example")
	cut.change(t, to.path, to.end)
	cut.fake.Fail(tvfake.Fault{Function: to.function, Lost: true, Times: 1, Late: time.Hour})
	cut.change(t, to.path, to.give)
	cut.change(t, to.path, to.end)
	network.Cut(true)
	cut.isCut(t, true)
	other.change(t, to.path, legacy.addMembers(second))
	other.gateway.Close()
	network.Cut(false)
	cut.isCut(t, false)
	if n := cut.fake.DoLate(); n != 1 || !to.given() {
		t.Fatalf("%d calls were late, want 1; the access is given: %t", n, to.given())
	}
	eventuallyStage(t, "the member is removed again", func() bool {
		cut.do("GET", to.read, "")
		return !to.given()
	})
}
