package gateway_test

import (
	"fmt"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi/tvfake"
)

// outage is one way in which TeamViewer is of no use for a while.
type outage struct {
	name   string
	faults []tvfake.Fault
	lists  bool // only the lists are spoilt: single users can be asked for, and writes work
}

func outages() []outage {
	cut := func(how tvfake.Truncation) []tvfake.Fault {
		return []tvfake.Fault{{Function: listUsers, Truncate: how}, {Function: listGroups, Truncate: how}, {Function: listMembers, Truncate: how}}
	}
	return []outage{
		{name: "500", faults: []tvfake.Fault{{Status: http.StatusInternalServerError}}},
		{name: "503", faults: []tvfake.Fault{{Status: http.StatusServiceUnavailable, RetryAfter: "120"}}},
		{name: "empty body", faults: []tvfake.Fault{{Status: http.StatusOK}}},
		{name: "empty object", faults: []tvfake.Fault{{Status: http.StatusOK, Body: "{}"}}},
		{name: "no answer", faults: []tvfake.Fault{{Lost: true}}},
		{name: "no answer, not even a broken connection", faults: []tvfake.Fault{{Delay: time.Hour}}},
		{name: "lists cut in half", faults: cut(tvfake.TruncateHalf), lists: true},
		{name: "lists broken off", faults: cut(tvfake.TruncateBroken), lists: true},
		{name: "lists empty", faults: cut(tvfake.TruncateObject), lists: true},
	}
}

// TestOutage: for ten minutes TeamViewer is of no use. Nobody is removed, deactivated or reported
// missing; where one object can still be asked about, it is found, and nothing else is answered but
// by 503. Then all is well again without a restart.
func TestOutage(t *testing.T) {
	t.Parallel()
	for _, o := range outages() {
		t.Run(o.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) { o.test(t, tvfake.Default()) })
		})
	}
}

// TestSoakOutage is the same under every reading of TeamViewer's contract.
func TestSoakOutage(t *testing.T) {
	soaking(t)
	onEveryVariant(t, func(t *testing.T, v tvfake.Options) {
		for _, o := range outages() {
			t.Run(o.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) { o.test(t, v.Variant) })
			})
		}
	})
}

func (o outage) test(t *testing.T, v tvfake.Variant) {
	s := newStage(t, staging{fake: tvfake.Options{Variant: v}, direct: true})
	nora, ola := s.user("nora.vale@contoso.example"), s.user("ola.lind@contoso.example")
	group := s.group("Field Service", nora, ola)
	s.do("PATCH", "/Users/"+nora, legacy.change(nil, attr{"externalId", "ext-nora"}))
	s.do("GET", "/Groups", "")
	users, groups := s.fake.Users(), s.fake.Groups()

	time.Sleep(10 * time.Minute) // the snapshots are past their age now
	var end []func()
	for _, f := range o.faults {
		end = append(end, s.fake.Fail(f))
	}
	late := s.second(t) // starts without any snapshot
	asked, found := 0, 0
	for began := time.Now(); time.Since(began) < 10*time.Minute; time.Sleep(20 * time.Second) {
		asked++
		found += o.found(s, nora, group)
		o.unanswered(s)
		o.unanswered(late)
		late.unavailable("GET", "/Users?filter="+eq("userName", "nora.vale@contoso.example"), "")
	}
	if o.lists && found < asked*5 { // of six; after a bad list the client makes no call for a while
		t.Errorf("found %d times of %d", found, asked*6)
	}
	if diff := cmp.Diff(users, s.fake.Users()); diff != "" {
		t.Errorf("users after the outage (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(groups, s.fake.Groups()); diff != "" {
		t.Errorf("groups after the outage (-before +after):\n%s", diff)
	}
	for _, f := range end {
		f()
	}
	time.Sleep(6 * time.Minute) // a load that gets no answer is given up after five
	o.healed(s, ola)
	time.Sleep(2 * time.Minute) // what the one has written is in the other's snapshot by then
	o.healed(late, ola)
}

// found checks what the older snapshot holds, and counts how often it is found: only while
// TeamViewer can be asked about it is it an answer.
func (o outage) found(s *stage, nora, group string) (n int) {
	s.t.Helper()
	for path, total := range map[string]any{
		"/Users/" + nora: nil, "/Groups/" + group + "?excludedAttributes=members": nil,
		"/Users?filter=" + eq("userName", "Nora.Vale@contoso.example"):                    1.0,
		"/Users?filter=" + eq("externalId", "ext-nora"):                                   1.0,
		"/Users?filter=" + eq("id", nora):                                                 1.0,
		"/Groups?excludedAttributes=members&filter=" + eq("displayName", "Field Service"): 1.0,
	} {
		switch a := s.do("GET", path, ""); {
		case o.lists && a.status == http.StatusOK && get(a.json(s.t), "totalResults") == total:
			n++
		case a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "":
			s.t.Errorf("GET %s: %d %s", path, a.status, a.body)
		}
	}
	return n
}

// unanswered checks that nothing is said to be absent, nor listed, nor created.
func (o outage) unanswered(s *stage) {
	s.t.Helper()
	for _, path := range []string{
		"/Users?filter=" + eq("userName", "nobody@contoso.example"), "/Users?filter=" + eq("externalId", "nobody"), "/Users",
		"/Groups?excludedAttributes=members&filter=" + eq("displayName", "Nobody"), "/Groups?excludedAttributes=members",
	} {
		s.unavailable("GET", path, "")
	}
	if o.lists {
		return
	}
	s.unavailable("GET", "/Users/u2147483600", "")
	s.unavailable("GET", "/Groups/2147483600?excludedAttributes=members", "")
	s.unavailable("POST", "/Users", newUser("pia.berg@contoso.example"))
	s.unavailable("POST", "/Groups", `{"displayName":"Depot"}`)
}

// unavailable sends a request that must be answered 503, with the time after which to try again.
func (s *stage) unavailable(method, path, body string) answer {
	s.t.Helper()
	a := s.do(method, path, body)
	if a.status != http.StatusServiceUnavailable || a.header.Get("Retry-After") == "" {
		s.t.Errorf("%s %s: %d, Retry-After %q, want 503: %s", method, path, a.status, a.header.Get("Retry-After"), a.body)
	}
	return a
}

// healed checks that everything works.
func (o outage) healed(s *stage, ola string) {
	s.t.Helper()
	for path, want := range map[string]int{"/Users": len(s.fake.Users()), "/Groups": 1, "/Users?filter=" + eq("userName", "nobody@contoso.example"): 0} {
		a := s.do("GET", path, "")
		if a.status != http.StatusOK || get(a.json(s.t), "totalResults") != float64(want) {
			s.t.Errorf("after the outage: GET %s: %d %s, want %d", path, a.status, a.body, want)
		}
	}
	name := fmt.Sprintf("new.%d@contoso.example", len(s.fake.Users()))
	if a := s.do("POST", "/Users", newUser(name)); a.status != http.StatusCreated {
		s.t.Errorf("after the outage: POST: %d %s", a.status, a.body)
	}
	no := false
	if a := s.do("PATCH", "/Users/"+ola, legacy.change(&no)); a.status != http.StatusOK {
		s.t.Errorf("after the outage: deactivation: %d %s", a.status, a.body)
	}
}
