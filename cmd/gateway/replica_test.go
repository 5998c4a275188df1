package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/mapping/idmap/pgmap/pgtest"
	"tvscim/proxy/admin"
	"tvscim/tvapi/tvfake"
)

// replicasOf starts gateways in front of one company and one database.
func replicasOf(t *testing.T, n int, url string, with staging) []*stage {
	t.Helper()
	with.direct = true
	if with.log == nil {
		with.log = zap.NewNop()
	}
	settings := with.settings
	with.settings = func(c *config.Config, f *tvfake.Server) {
		c.Store.URL = config.NewSecret(url)
		if settings != nil {
			settings(c, f)
		}
	}
	var all []*stage
	for range n {
		s := newStage(t, with)
		with.company = s.fake
		all = append(all, s)
	}
	return all
}

// roundRobin is a client whose requests go to the replicas in turn.
func roundRobin(all []*stage) *stage {
	s := *all[0]
	s.client = &http.Client{Transport: &turns{all: all}}
	return &s
}

// turns sends each request to the next replica.
type turns struct {
	all  []*stage
	next atomic.Int64
}

// RoundTrip sends one request.
func (t *turns) RoundTrip(r *http.Request) (*http.Response, error) {
	n := int(t.next.Add(1)) % len(t.all)
	return t.all[n].client.Transport.RoundTrip(r)
}

// TestReplicasSeeEachOther: what is acknowledged at one replica is found and shown at the others at
// once, and no call is made for that but the first list of each.
func TestReplicasSeeEachOther(t *testing.T) {
	t.Parallel()
	all := replicasOf(t, 3, pgtest.Shared(t).URL(t), staging{})
	for _, s := range all { // have a list
		s.do("GET", "/Users?count=1", "")
		s.do("GET", "/Groups?count=1&excludedAttributes=members", "")
	}
	all[0].fake.ResetCalls()
	for i := range 10 {
		at, next, third := all[i%3], all[(i+1)%3], all[(i+2)%3]
		name := "nora.vale" + string(rune('a'+i)) + "@contoso.example"
		a := at.do("POST", "/Users", `{"userName":"`+name+`","displayName":"Nora Vale","externalId":"ext-`+name+`"}`)
		if a.status != http.StatusCreated {
			t.Fatalf("POST: %d %s", a.status, a.body)
		}
		id, _ := a.json(t)["id"].(string)
		next.wantFound(t, "/Users", "externalId", "ext-"+name, id)
		next.wantFound(t, "/Users", "userName", name, id)
		if a := third.do("PATCH", "/Users/"+id, patchOf(`{"op":"Replace","path":"displayName","value":"Nora Dale"}`, `{"op":"Replace","path":"externalId","value":"new-`+name+`"}`)); a.status != http.StatusOK {
			t.Fatalf("PATCH: %d %s", a.status, a.body)
		}
		at.wantFound(t, "/Users", "externalId", "new-"+name, id)
		if a := next.do("PATCH", "/Users/"+id, patchOf(`{"op":"Replace","path":"externalId","value":"newer-`+name+`"}`)); a.status != http.StatusOK || !strings.Contains(a.body, "Nora Dale") {
			t.Fatalf("PATCH: %d %s", a.status, a.body)
		}
		if a := at.do("POST", "/Users", `{"userName":"`+name+`","displayName":"Nora Vale"}`); a.status != http.StatusConflict {
			t.Errorf("POST of a name that another replica knows: %d %s", a.status, a.body)
		}
		if a := at.do("DELETE", "/Users/"+id, ""); a.status != http.StatusNoContent {
			t.Fatalf("DELETE: %d %s", a.status, a.body)
		}
		eventuallyStage(t, "the deletion is seen", func() bool { return third.do("GET", "/Users/"+id, "").status == http.StatusNotFound })
	}
	calls := all[0].fake.Calls()
	if lists := calls["GET /users"]; lists > 0 {
		t.Errorf("%d lists of users: %v", lists, calls)
	}
	t.Logf("calls: %v", calls)
}

// TestReadsFollowWrites: what one replica has acknowledged is shown by the next request at another,
// at once. A read that has waited for a second may show what was before.
func TestReadsFollowWrites(t *testing.T) {
	t.Parallel()
	all := replicasOf(t, 2, pgtest.Shared(t).URL(t), staging{})
	user := all[0].user("nora.vale@contoso.example")
	for _, s := range all {
		s.do("GET", "/Users?count=1", "")
		s.do("GET", "/Users/"+user, "")
	}
	for i := range 200 {
		writer, reader := all[i%2], all[(i+1)%2]
		name := fmt.Sprintf("Name %d", i)
		if a := writer.do("PATCH", "/Users/"+user, patchOf(`{"op":"Replace","path":"displayName","value":"`+name+`"}`)); a.status != http.StatusOK {
			t.Fatalf("%d %s", a.status, a.body)
		}
		path := "/Users/" + user
		if i%4 < 2 {
			path = "/Users?filter=" + eq("userName", "nora.vale@contoso.example")
		}
		began := time.Now()
		if a := reader.do("GET", path, ""); !strings.Contains(a.body, `"displayName":"`+name+`"`) && time.Since(began) < time.Second {
			t.Fatalf("round %d: after %v: %d %s", i, time.Since(began), a.status, a.body)
		}
	}
}

// eventuallyStage waits until a condition holds.
func eventuallyStage(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for until := time.Now().Add(time.Minute); !holds(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(until) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// TestDatabaseIsAway: while PostgreSQL is away, what is known is answered, an end of access is
// carried out, and what must be remembered gets 503; /readyz says since when. Afterwards all goes
// on.
func TestDatabaseIsAway(t *testing.T) {
	t.Parallel()
	server := pgtest.Start(t)
	all := replicasOf(t, 2, server.URL(t), staging{})
	s := all[0]
	nora, ola := s.user("nora.vale@contoso.example"), s.user("ola.berg@contoso.example")
	if a := s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Replace","path":"externalId","value":"ext-nora"}`)); a.status != http.StatusOK {
		t.Fatalf("PATCH: %d %s", a.status, a.body)
	}
	if state, detail := s.component("store"); state != admin.StateOK {
		t.Errorf("before: %s, %q", state, detail)
	}
	for round, end := range []func() error{server.Stop, server.Kill} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
		eventuallyStage(t, "the loss is noticed", func() bool { state, _ := s.component("store"); return state == admin.StateFailing })
		if _, detail := s.component("store"); !strings.Contains(detail, "PostgreSQL cannot be reached") || strings.Contains(detail, "admin") {
			t.Errorf("health: %q", detail)
		}
		s.wantFound(t, "/Users", "externalId", "ext-nora", nora)
		if a := s.do("GET", "/Users/"+nora, ""); a.status != http.StatusOK || !strings.Contains(a.body, "ext-nora") {
			t.Errorf("GET: %d %s", a.status, a.body)
		}
		a := s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Replace","path":"displayName","value":"Other"}`))
		if a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "component store") || a.header.Get("Retry-After") == "" {
			t.Errorf("displayName: %d %s", a.status, a.body)
		}
		if a := s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Replace","path":"externalId","value":"ext-nora"}`)); a.status != http.StatusServiceUnavailable {
			t.Errorf("externalId as it was, which another replica may have changed: %d %s", a.status, a.body)
		}
		if a := s.do("POST", "/Users", `{"userName":"peer.gynt@contoso.example","displayName":"Peer"}`); a.status != http.StatusServiceUnavailable {
			t.Errorf("POST: %d %s", a.status, a.body)
		}
		id := []string{nora, ola}[round]
		a = s.do("PATCH", "/Users/"+id, patchOf(`{"op":"Replace","path":"active","value":"False"}`))
		if u, _ := s.fake.User(id); u.Active {
			t.Errorf("deactivation: active %t, %d %s", u.Active, a.status, a.body)
		}
		if err := server.Restart(); err != nil {
			t.Fatal(err)
		}
		eventuallyStage(t, "the store is back", func() bool {
			one, _ := s.component("store")
			other, _ := all[1].component("store")
			return one == admin.StateOK && other == admin.StateOK
		})
		if a := all[1].do("GET", "/Users/"+id, ""); a.status != http.StatusOK || !strings.Contains(a.body, `"active":false`) {
			t.Errorf("the deactivation at the other replica: %d %s", a.status, a.body)
		}
		if a := s.do("PATCH", "/Users/"+id, patchOf(`{"op":"Replace","path":"displayName","value":"Back"}`, `{"op":"Replace","path":"active","value":"True"}`)); a.status != http.StatusOK {
			t.Errorf("afterwards: %d %s", a.status, a.body)
		}
	}
}

// TestReplicasShareTheGuard: a client that removes a whole company through three replicas gets no
// further than through one, and a release at one replica counts at all.
func TestReplicasShareTheGuard(t *testing.T) {
	t.Parallel()
	const limit = 60 // 20 % of 299 and the token's owner
	all := replicasOf(t, 3, pgtest.Shared(t).URL(t), staging{})
	s := all[0]
	ids := s.employees(299)
	client := roundRobin(all)
	for range 2 {
		client.runaway(t, ids)
		if n := 299 - s.left(ids); n > limit || n < limit-10 {
			t.Fatalf("%d users were removed, the limit is %d", n, limit)
		}
	}
	for _, at := range all {
		eventuallyStage(t, "each replica says that removals are held back", func() bool {
			_, detail := at.component("guard")
			return strings.Contains(detail, "tvscim guard release")
		})
	}
	before := s.left(ids)
	if a := all[1].release(`{"for":"1h","count":5}`, nil); a.status != http.StatusOK {
		t.Fatalf("release: %d %s", a.status, a.body)
	}
	client.runaway(t, ids)
	if n := before - s.left(ids); n != 5 {
		t.Errorf("after a release of 5, %d more were removed", n)
	}
}

// TestReplicasLoadNoMoreLists: three replicas that are asked all the time load at most 1.5 times
// the lists that one loads.
func TestReplicasLoadNoMoreLists(t *testing.T) {
	if testing.Short() {
		t.Skip("takes 15 s: PostgreSQL has no clock of testing/synctest")
	}
	t.Parallel()
	server := pgtest.Shared(t)
	often := staging{settings: func(c *config.Config, _ *tvfake.Server) { c.Cache.UsersMaxAge = time.Second }}
	one, three := replicasOf(t, 1, server.URL(t), often), replicasOf(t, 3, server.URL(t), often)
	search := func(d time.Duration) {
		for until := time.Now().Add(d); time.Now().Before(until); time.Sleep(10 * time.Millisecond) {
			for _, s := range append(one, three...) {
				s.do("GET", "/Users?count=1", "")
			}
		}
	}
	search(3 * time.Second) // until the replicas have counted each other
	one[0].fake.ResetCalls()
	three[0].fake.ResetCalls()
	search(12 * time.Second)
	alone, together := one[0].fake.Count(listUsers), three[0].fake.Count(listUsers)
	t.Logf("lists of users: %d by one, %d by three", alone, together)
	if alone == 0 || 2*together > 3*alone {
		t.Errorf("%d lists of users by three replicas, %d by one", together, alone)
	}
}

// TestReplicasShareAcceptedTokens: a token that was accepted by one replica is known to the others:
// they end access by it while TeamViewer lists nothing that could prove it. One that no replica has
// accepted does nothing.
func TestReplicasShareAcceptedTokens(t *testing.T) {
	t.Parallel()
	for name, accepted := range map[string]bool{"accepted by another replica": true, "never accepted": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			all := replicasOf(t, 2, pgtest.Shared(t).URL(t), staging{settings: usePassthrough})
			fake := all[0].fake
			for _, s := range all {
				s.token = fake.Token()
			}
			id := fake.AddUser(tvfake.User{Name: "Nora Vale", Email: "nora.vale@contoso.example", Active: true}).ID
			if a := all[0].do("GET", "/Users/"+id, ""); accepted && a.status != http.StatusOK {
				t.Fatalf("GET: %d %s", a.status, a.body)
			}
			if !accepted {
				all = replicasOf(t, 2, pgtest.Shared(t).URL(t), staging{settings: usePassthrough, company: fake})
				all[1].token = fake.Token()
			}
			fake.Fail(tvfake.Fault{Function: listUsers, Status: http.StatusInternalServerError})
			eventuallyStage(t, "the deactivation is carried out, or not", func() bool {
				a := all[1].do("PATCH", "/Users/"+id, patchOf(inactive))
				u, _ := fake.User(id)
				return a.status == http.StatusServiceUnavailable && u.Active != accepted
			})
		})
	}
}

// TestDatabaseOfAnotherCompany: a gateway whose token is of another company than the database shows
// and stores nothing, and says so; those of the company go on. So does a gateway that started while
// the database was empty.
func TestDatabaseOfAnotherCompany(t *testing.T) {
	t.Parallel()
	url := pgtest.Shared(t).URL(t)
	early := replicasOf(t, 1, url, staging{fake: tvfake.Options{Seed: 2}})[0] // of another company, not asked yet
	s := replicasOf(t, 1, url, staging{})[0]
	ids := []string{}
	for i := range 8 {
		name := fmt.Sprintf("user%d@contoso.example", i)
		ids = append(ids, s.made(t, "/Users", `{"userName":"`+name+`","displayName":"User","externalId":"ext-`+name+`"}`))
	}
	late := replicasOf(t, 1, url, staging{fake: tvfake.Options{Seed: 3}})[0]
	for name, other := range map[string]*stage{"early": early, "late": late} {
		other.do("DELETE", "/Users/"+ids[1], "") // its company does not have the user, which is no news for ours
		eventuallyStage(t, name+": it is refused", func() bool {
			a := other.do("GET", "/Users", "")
			return a.status == http.StatusServiceUnavailable && strings.Contains(a.body, "another TeamViewer company")
		})
		if a := other.do("POST", "/Users", `{"userName":"theirs@fabrikam.example","displayName":"Theirs","externalId":"theirs"}`); a.status != http.StatusServiceUnavailable {
			t.Errorf("%s: POST: %d %s", name, a.status, a.body)
		}
		other.do("PATCH", "/Users/"+ids[2], patchOf(inactive))
		if state, detail := other.component("store"); state != admin.StateFailing || !strings.Contains(detail, "another TeamViewer company") {
			t.Errorf("%s: %s, %q", name, state, detail)
		}
	}
	for i, id := range ids {
		s.status(t, http.StatusOK, "GET", "/Users/"+id, "")
		s.wantFound(t, "/Users", "externalId", fmt.Sprintf("ext-user%d@contoso.example", i), id)
	}
	if found := s.foundBy(t, "/Users", "externalId", "theirs"); len(found) > 0 {
		t.Errorf("theirs: %v", found)
	}
}

// TestOneCompanyClaimsADatabase: of gateways of two companies that read their first lists at the
// same moment, one has the empty database, and the other one is refused.
func TestOneCompanyClaimsADatabase(t *testing.T) {
	t.Parallel()
	server := pgtest.Shared(t)
	for range 8 {
		url := server.URL(t)
		var work sync.WaitGroup
		var all []*stage
		var goOn []func()
		for seed := range 2 {
			s := replicasOf(t, 1, url, staging{fake: tvfake.Options{Seed: uint64(seed + 2)}})[0]
			for i := range 5 {
				s.fake.AddUser(tvfake.User{Name: "User", Email: fmt.Sprintf("user%d@contoso.example", i), Active: true})
			}
			arrived, release := s.fake.HoldAfter("GET /users")
			goOn = append(goOn, release)
			work.Go(func() { s.do("GET", "/Users", "") })
			<-arrived
			all = append(all, s)
		}
		for _, release := range goOn {
			release()
		}
		work.Wait()
		accepted, refused := 0, 0
		for _, s := range all {
			switch a := s.do("GET", "/Users", ""); {
			case a.status == http.StatusOK:
				accepted++
			case strings.Contains(a.body, "another TeamViewer company"):
				refused++
			}
		}
		if accepted != 1 || refused != 1 {
			t.Errorf("%d companies were accepted and %d refused, want one each", accepted, refused)
		}
	}
}
