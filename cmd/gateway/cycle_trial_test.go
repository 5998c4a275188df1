package gateway_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// trial is a course under way.
type trial struct {
	course
	t          *testing.T
	rng        *rand.Rand
	policy     config.OnDelete
	fake       *tvfake.Server
	directory  *directory
	client     *entra
	unassigned []tvfake.User  // whom Entra does not know, the token's owner among them
	rooms      []tvfake.Group // which Entra does not know
	pause      time.Duration  // between two cycles
	hasty      bool           // gateways die within a cycle, or give calls up soon
}

// newTrial starts a course through gateways in this process.
func newTrial(t *testing.T, c course) *trial {
	tr := newCompany(t, c)
	for range c.gateways {
		tr.client.gateways = append(tr.client.gateways, tr.gateway())
	}
	return tr
}

// newCompany returns a trial that lacks nothing but the gateways of its client.
func newCompany(t *testing.T, c course) *trial {
	rng := rand.New(rand.NewPCG(c.seed, 0x5c1))
	policies := []config.OnDelete{config.OnDeleteDeactivate, config.OnDeleteRemove, config.OnDeleteDelete}
	tr := &trial{course: c, t: t, rng: rng, policy: policies[rng.IntN(len(policies))], pause: entraPause}
	tr.fake = tvfake.New(tvfake.Options{Variant: c.variant, Seed: c.seed + 1})
	tr.client = &entra{t: t, d: c.d, batch: 1 + rng.IntN(3), rng: rand.New(rand.NewPCG(c.seed, 0xc1))}
	tr.client.unsure = c.variant.UnknownUser == http.StatusBadRequest && c.variant.ListLag > 0
	for i := range 4 {
		tr.fake.AddUser(tvfake.User{Name: fmt.Sprintf("Stranger %d", i), Email: fmt.Sprintf("stranger.%d@fabrikam.example", i), Active: i > 0})
	}
	tr.unassigned = tr.fake.Users()
	tr.fake.AddGroup("Visitors", tr.unassigned[1].ID, tr.unassigned[2].ID)
	tr.rooms = tr.fake.Groups()
	// Gateways share no memory here, so that one of them does not know whose deleted account the
	// other left inactive.
	rehire := tr.policy == config.OnDeleteDelete && !tr.mayStay() || tr.policy != config.OnDeleteRemove && c.gateways == 1
	tr.directory = newDirectory(rng, rehire)
	tr.fake.AddUser(tvfake.User{Name: "Was here before", Email: strings.ToUpper(tr.directory.people[0].userName), Active: false})
	tr.fake.AddGroup(tr.directory.teams[0].name)
	return tr
}

// gateway returns a new gateway in front of the company, which remembers nothing.
func (tr *trial) gateway() *stage {
	return newStage(tr.t, staging{direct: true, network: tr.fake.Transport(), settings: func(c *config.Config, _ *tvfake.Server) {
		c.Guard.Enabled = false // the trials remove most of a small company
		c.TeamViewer.Token = config.NewSecret(tr.fake.Token())
		c.Users.OnDelete = tr.policy
	}})
}

// cycle is one cycle under faults, and the time until the next.
func (tr *trial) cycle() {
	var disarm []func()
	for _, f := range tr.trouble.faults {
		disarm = append(disarm, tr.fake.Fail(f))
	}
	tr.client.calm = len(disarm) == 0 && tr.gateways == 1 && !tr.hasty
	tr.client.cycle(tr.directory)
	time.Sleep(tr.pause / 2) // what the client no longer waits for ends
	for _, d := range disarm {
		d()
	}
	time.Sleep(tr.pause / 2)
	if tr.restarts && tr.rng.IntN(2) == 0 {
		tr.fake.ConfirmEmails()
		tr.client.gateways[0] = tr.gateway()
	}
}

// rest is two cycles without faults in which everything is looked at again. The second one must
// find nothing to do, or Entra would write, and TeamViewer mail, in every cycle.
func (tr *trial) rest() {
	tr.trouble.faults, tr.restarts = nil, false
	tr.directory.touch()
	tr.cycle()
	if left := tr.directory.unsettled(); len(left) > 0 {
		tr.t.Errorf("without faults, not done in one cycle:\n%s", strings.Join(left, "\n"))
	}
	if tr.gateways > 1 { // each remembers names that the other does not
		return
	}
	tr.fake.ResetCalls()
	tr.directory.touch()
	tr.cycle()
	for function, n := range tr.fake.Calls() {
		if !strings.HasPrefix(function, "GET ") {
			tr.t.Errorf("%s was called %d times though nothing had changed", function, n)
		}
	}
}

// compare reports every difference between TeamViewer and the directory.
func (tr *trial) compare() {
	tr.t.Helper()
	users := map[string]tvfake.User{}
	for _, u := range tr.fake.Users() {
		users[u.ID] = u
	}
	for _, u := range tr.unassigned {
		if diff := cmp.Diff(u, users[u.ID]); diff != "" {
			tr.t.Errorf("a user whom Entra does not know (-want +got):\n%s", diff)
		}
		delete(users, u.ID)
	}
	for _, p := range tr.directory.people {
		if p.link == "" || p.heir != nil && p.heir.linked() && tr.mayStay() {
			if p.heir != nil && p.heir.link != p.link && !users[p.link].Active {
				delete(users, p.link) // the heir had another userName before Entra knew of it
			}
			continue // never created, or the account is somebody else's now
		}
		got, here := users[p.link]
		delete(users, p.link)
		if diff := cmp.Diff(tr.wished(p, got), tr.held(got, here)); diff != "" {
			tr.t.Errorf("%s (-want +got):\n%s%s", p.link, diff, told(p.journal))
		}
	}
	for _, u := range users {
		var journals []string
		for _, p := range tr.directory.people {
			if strings.Contains(strings.ToLower(strings.Join(p.journal, " ")), strings.ToLower(u.Email)) {
				journals = append(journals, p.journal...)
			}
		}
		tr.t.Errorf("nobody asked for %+v%s", u, told(journals))
	}
	tr.compareTeams()
}

// mayStay reports whether the account of a deleted user may stay in the company, inactive.
func (tr *trial) mayStay() bool {
	return tr.policy == config.OnDeleteDeactivate || tr.variant.InactiveRemoval != 0
}

// tvState is what of a TeamViewer user must be as wished.
type tvState struct {
	Here   bool
	Name   string
	Email  string
	Active bool
}

// held is an account as TeamViewer holds it. A new address counts even before it is confirmed.
func (tr *trial) held(u tvfake.User, here bool) tvState {
	if !here {
		return tvState{}
	}
	email := u.Email
	if u.PendingEmail != "" {
		email = u.PendingEmail
	}
	return tvState{Here: true, Name: u.Name, Email: strings.ToLower(email), Active: u.Active}
}

// wished is an account as the directory wants it. A name that is too long may be cut, as it is in
// got. Of one that was purged nothing but its being inactive was ever asked.
func (tr *trial) wished(p *person, got tvfake.User) tvState {
	if p.purged {
		if tr.policy != config.OnDeleteDeactivate && (got.ID == "" || !tr.mayStay()) {
			return tvState{}
		}
		return tvState{Here: true, Name: got.Name, Email: tr.held(got, true).Email}
	}
	name := p.displayName
	if len(name) > 50 && strings.HasPrefix(name, got.Name) && len(got.Name) >= 25 {
		name = got.Name
	}
	return tvState{Here: true, Name: name, Email: strings.ToLower(p.userName), Active: p.active}
}

func (tr *trial) compareTeams() {
	tr.t.Helper()
	groups := map[string]tvfake.Group{}
	for _, g := range tr.fake.Groups() {
		groups[fmt.Sprint(g.ID)] = g
	}
	for _, g := range tr.rooms {
		if diff := cmp.Diff(g, groups[fmt.Sprint(g.ID)]); diff != "" {
			tr.t.Errorf("a group that Entra does not know (-want +got):\n%s", diff)
		}
		delete(groups, fmt.Sprint(g.ID))
	}
	for _, g := range tr.directory.teams {
		if g.purged {
			continue
		}
		got := groups[g.link]
		delete(groups, g.link)
		want := tvfake.Group{ID: got.ID, Name: g.name, Members: []string{}}
		if strings.EqualFold(g.name, got.Name) { // one that TeamViewer takes for the same is as good
			want.Name = got.Name
		}
		for p := range g.members {
			if p.link != "" {
				want.Members = append(want.Members, p.link)
			}
		}
		want.Members, got.Members = tr.steady(want.Members), tr.steady(got.Members)
		if diff := cmp.Diff(want, got); diff != "" {
			tr.t.Errorf("group %s (-want +got):\n%s%s", g.link, diff, told(g.journal))
		}
	}
	for _, g := range groups {
		tr.t.Errorf("nobody asked for group %+v", g)
	}
}

// steady returns the members on whom TeamViewer has no will of its own, sorted.
func (tr *trial) steady(members []string) []string {
	for _, p := range tr.directory.people {
		if tr.variant.DeactivatedLeavesGroups && p.idle || tr.variant.RemovedStaysMember && p.purged {
			members = slices.DeleteFunc(members, func(id string) bool { return id == p.link })
		}
	}
	slices.Sort(members)
	return members
}
