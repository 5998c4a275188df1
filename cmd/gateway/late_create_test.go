package gateway_test

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/tvapi/tvfake"
)

// forGood has users deleted for good.
func forGood(c *config.Config, _ *tvfake.Server) { c.Users.OnDelete = config.OnDeleteDelete }

// activeWith returns how many accounts of an address are active, and how many there are.
func (s *stage) activeWith(address string) (active, all int) {
	for _, u := range s.fake.Users() {
		if u.Email == address {
			all++
			if u.Active {
				active++
			}
		}
	}
	return active, all
}

// onlyDeactivates wants a deletion for good refused while a create is still to be carried out, which
// late does then: the user is there once, and not active.
func (s *stage) onlyDeactivates(t *testing.T, user, address string, late func()) {
	t.Helper()
	if a := s.unavailable("DELETE", "/Users/"+user, ""); !strings.Contains(a.body, "was deactivated, and is not deleted yet") {
		t.Errorf("%s", a.body)
	}
	late()
	if active, all := s.activeWith(address); active != 0 || all != 1 {
		t.Errorf("%d of %d accounts are active, want none of one", active, all)
	}
}

// TestCreateAfterADeletion: a user is deleted for good just after a create with the userName that got
// no answer was repeated, even after a restart. The user is deactivated until that create cannot be
// carried out any more, and deleted then.
func TestCreateAfterADeletion(t *testing.T) {
	t.Parallel()
	for name, restarted := range map[string]bool{"one process": false, "restart": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { createAfterADeletion(t, restarted) })
		})
	}
}

func createAfterADeletion(t *testing.T, restarted bool) {
	const address = "nora.vale@contoso.example"
	file := storing(filepath.Join(t.TempDir(), "links.db"))
	settings := func(c *config.Config, f *tvfake.Server) {
		file(c, f)
		forGood(c, f)
	}
	s := newStage(t, staging{direct: true, settings: settings})
	s.fake.Fail(tvfake.Fault{Function: "POST /users", Lost: true, Times: 1, Late: time.Hour})
	s.unavailable("POST", "/Users", hire(address, "nora"))
	if restarted {
		s = s.restart(t, settings)
	}
	user := s.user(address)
	s.onlyDeactivates(t, user, address, func() { s.fake.DoLate() })
	time.Sleep(3 * time.Minute)
	synctest.Wait()
	s.status(t, http.StatusNoContent, "DELETE", "/Users/"+user, "")
	if _, all := s.activeWith(address); all != 0 {
		t.Errorf("%d accounts are left", all)
	}
	other := s.user("ola.lind@contoso.example")
	s.status(t, http.StatusNoContent, "DELETE", "/Users/"+other, "")
}

// TestCreateOfAnotherReplica is TestCreateAfterADeletion for a create of another replica, whose watch
// is over at both replicas in the end.
func TestCreateOfAnotherReplica(t *testing.T) {
	t.Parallel()
	const address = "nora.vale@contoso.example"
	all := replicasOf(t, 2, pgtest.Shared(t).URL(t), staging{settings: forGood, lag: 10 * time.Millisecond, window: 4 * time.Second})
	first, second := all[0], all[1]
	first.fake.Fail(tvfake.Fault{Function: "POST /users", Lost: true, Times: 1, Late: time.Hour})
	first.unavailable("POST", "/Users", hire(address, "nora"))
	user := second.user(address)
	second.onlyDeactivates(t, user, address, func() { first.fake.DoLate() })
	eventuallyStage(t, "the user is deleted", func() bool {
		return second.do("DELETE", "/Users/"+user, "").status == http.StatusNoContent
	})
	if _, all := first.activeWith(address); all != 0 {
		t.Errorf("%d accounts are left", all)
	}
}

// TestCreateOfAReplicaThatLostItsLock is TestCreateAfterADeletion for a create of a replica that lost
// its lock, and a deletion through another one.
func TestCreateOfAReplicaThatLostItsLock(t *testing.T) {
	t.Parallel()
	const address = "nora.vale@contoso.example"
	server := pgtest.Shared(t)
	url := server.URL(t)
	all := replicasOf(t, 2, url, staging{settings: forGood, lag: 10 * time.Millisecond})
	first, second := all[0], all[1]
	arrived, goOn := first.fake.Hold("POST /users")
	answered := make(chan answer, 1)
	go func() { answered <- first.do("POST", "/Users", hire(address, "nora")) }()
	<-arrived
	endSessions(t, server, url)
	user := second.user(address)
	second.onlyDeactivates(t, user, address, func() {
		goOn()
		<-answered
	})
}

// TestAllMembersBesideAnUnlockedCall: a replica loses its lock while its call that adds a member is
// under way, and another replica replaces all members. Those who are not wanted are removed, and the
// request is acknowledged only when that call cannot be carried out any more.
func TestAllMembersBesideAnUnlockedCall(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	for name, request := range map[string]func(kept string) (method, body string){
		"PUT": func(kept string) (string, string) {
			return "PUT", `{"displayName":"Sales","members":[{"value":"` + kept + `"}]}`
		},
		"replace": func(kept string) (string, string) {
			return "PATCH", patchOf(`{"op":"replace","path":"members","value":[{"value":"` + kept + `"}]}`)
		},
		"remove all": func(string) (string, string) { return "PATCH", patchOf(`{"op":"remove","path":"members"}`) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			url := server.URL(t)
			all := replicasOf(t, 2, url, staging{window: time.Second, lag: 10 * time.Millisecond, settings: func(c *config.Config, _ *tvfake.Server) {
				c.Limits.RequestTimeout = 8 * time.Second
			}})
			first, second := all[0], all[1]
			added, kept, gone := first.user("nora.vale@contoso.example"), first.user("ola.lind@contoso.example"), first.user("kai.berg@contoso.example")
			group := first.group("Sales", kept, gone)
			method, body := request(kept)
			path := "/Groups/" + group
			second.do("GET", path, "")
			arrived, goOn := first.fake.Hold(addMembers)
			answered := make(chan answer, 1)
			go func() { answered <- first.do("PATCH", path, legacy.addMembers(added)) }()
			<-arrived
			endSessions(t, server, url)
			if a := second.unavailable(method, path, body); !strings.Contains(a.body, "may still add members") {
				t.Errorf("%s", a.body)
			}
			members := func() []string { g, _ := first.fake.Group(groupNumber(t, group)); return g.Members }
			if slices.Contains(members(), gone) {
				t.Error("a member who is not wanted was not removed")
			}
			goOn()
			<-answered
			eventuallyStage(t, "the request is acknowledged", func() bool { return second.do(method, path, body).status < http.StatusMultipleChoices })
			if got := members(); slices.Contains(got, added) || slices.Contains(got, gone) {
				t.Errorf("members %v", got)
			}
		})
	}
}
