package gateway_test

import (
	"net/http"
	"strings"
	"testing"

	"tvscim/mapping/idmap/pgmap/pgtest"
)

// TestReplicaThatLostItsLockSendsNothing: a replica has the lock of a group and reads its members;
// meanwhile its sessions of the database end, as when it was paused, and another replica renames the
// group and removes a member. The first one's older name and addition are not sent then.
func TestReplicaThatLostItsLockSendsNothing(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	url := server.URL(t)
	all := replicasOf(t, 2, url, staging{})
	first, second := all[0], all[1]
	user, group := first.user("nora.vale@contoso.example"), first.group("Sales")
	for _, s := range all {
		s.do("GET", "/Users/"+user, "")
	}
	arrived, goOn := first.fake.HoldAfter("GET /usergroups/{id}/members") // with the lock
	answers := make(chan answer, 1)
	go func() {
		answers <- first.do("PUT", "/Groups/"+group, `{"displayName":"Older","members":[{"value":"`+user+`"}]}`)
	}()
	<-arrived
	endSessions(t, server, url)
	for _, operation := range []string{`{"op":"replace","path":"displayName","value":"Newer"}`, `{"op":"remove","path":"members","value":[{"value":"` + user + `"}]}`} {
		if a := second.do("PATCH", "/Groups/"+group, patchOf(operation)); a.status != http.StatusNoContent {
			t.Fatalf("%s: %d %s", operation, a.status, a.body)
		}
	}
	// The first replica finds out at the latest when it needs its session again.
	first.do("POST", "/Users", newUser("other@contoso.example"))
	goOn()
	if a := <-answers; a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "cut off from the database") {
		t.Errorf("the older change: %d %s", a.status, a.body)
	}
	if g, _ := first.fake.Group(groupNumber(t, group)); g.Name != "Newer" || len(g.Members) != 0 {
		t.Errorf("the group is %+v although the latest acknowledged changes are another name and a removal", g)
	}
}
