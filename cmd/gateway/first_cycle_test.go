package gateway_test

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// intake is a first cycle of Entra: each user is searched and created, then each group is created
// and filled by PATCHes of one member each, group after group; 25 requests at once.
type intake struct {
	users, groups, members int
	latency                time.Duration // of TeamViewer's answers, in the bubble's time
}

// TestFirstCycle counts the calls of a small first cycle.
func TestFirstCycle(t *testing.T) {
	t.Parallel()
	intake{users: 500, groups: 5, members: 100, latency: 30 * time.Millisecond}.test(t)
}

// TestSoakFirstCycle counts the calls of a large one and prints them as docs/performance.md shows
// them.
func TestSoakFirstCycle(t *testing.T) {
	soaking(t)
	intake{users: 10_000, groups: 50, members: 200, latency: 30 * time.Millisecond}.test(t)
}

func (f intake) test(t *testing.T) {
	began := time.Now()
	var table string
	synctest.Test(t, func(t *testing.T) { table = f.run(t) })
	t.Logf("%sreal time: %v", table, time.Since(began).Round(100*time.Millisecond))
}

func (f intake) run(t *testing.T) (table string) {
	s := newStage(t, staging{direct: true})
	s.fake.Fail(tvfake.Fault{Delay: f.latency})
	e := &entra{t: t, gateways: []*stage{s}, d: legacy, calm: true, swift: true, rng: rand.New(rand.NewPCG(1, 1))}
	began := time.Now()
	people := make([]*person, f.users)
	for i := range people {
		people[i] = &person{object: fmt.Sprintf("object-%d", i), userName: fmt.Sprintf("person.%d@contoso.example", i), displayName: fmt.Sprintf("Person %d", i), active: true}
	}
	e.probe()
	together(e, people, func(p *person) { e.provision(p) })
	usersTook := time.Since(began)
	users := s.fake.Calls()
	s.fake.ResetCalls()

	began = time.Now()
	for i := range f.groups {
		f.fill(e, &team{object: fmt.Sprintf("group-%d", i), name: fmt.Sprintf("Team %d", i), told: map[*person]bool{}, unsure: map[*person]bool{}}, people)
	}
	groups := s.fake.Calls()
	f.check(t, s, users, groups, usersTook)
	return f.table("users", 2*f.users, users, usersTook) + f.table("groups", f.groups*(f.members+2), groups, time.Since(began))
}

// fill creates a group and adds members, one a PATCH.
func (f intake) fill(e *entra, g *team, people []*person) {
	e.provisionTeam(g)
	var errands []errand
	for i := range f.members {
		errands = append(errands, errand{g, people[i : i+1], true})
	}
	together(e, errands, e.run)
}

// check holds the calls against the budget.
func (f intake) check(t *testing.T, s *stage, users, groups map[string]int, took time.Duration) {
	if n := users[postUser]; n != f.users {
		t.Errorf("%s was called %d times, want %d", postUser, n, f.users)
	}
	if n, most := users[listUsers], 1+int(took/time.Minute); n > most {
		t.Errorf("%s was called %d times in %v, want at most %d", listUsers, n, took, most)
	}
	if n := len(s.fake.Users()); n != f.users+1 {
		t.Errorf("the company has %d users, want %d and the token's owner", n, f.users)
	}
	patches := f.groups * f.members
	if n := groups[addMembers] + groups[listMembers]; n*100 > patches*40 {
		t.Errorf("%d calls about members for %d PATCHes, want at most 40 %%", n, patches)
	}
	for _, g := range s.fake.Groups() {
		if len(g.Members) != f.members {
			t.Errorf("group %q has %d members, want %d", g.Name, len(g.Members), f.members)
		}
	}
}

// table shows the calls in Markdown.
func (f intake) table(what string, requests int, calls map[string]int, took time.Duration) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s: %d requests in %v at %v a call\n\n| TeamViewer function | calls |\n|---|---:|\n", what, requests, took.Round(time.Second), f.latency)
	for _, function := range slices.Sorted(maps.Keys(calls)) {
		fmt.Fprintf(&b, "| %s | %d |\n", function, calls[function])
	}
	return b.String()
}
