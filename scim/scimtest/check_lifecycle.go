package scimtest

import (
	"net/http"
	"strings"
	"sync"

	"tvscim/scim"
)

// lifecycleChecks follow a resource from its making to its end, as identity providers do.
var lifecycleChecks = []Check{
	must("7644 3.4.2", "test of a connection", "The look-up of a user who cannot exist is 200 with an empty list: so clients test a connection.", func(p *Probe) {
		p.user(nil)
		r := p.find("/Users", `userName eq "2f0f4e6e-5b0c-4a3e-9d2b-`+p.word()+`"`)
		r.hasSchema(scim.ListURN).is(0.0, "totalResults").lacks("Resources")
	}).needs(Filter),
	must("7644 3.6", "life of a user", "A user is created, matched, changed, deactivated, reactivated, deleted, gone, and created again.", func(p *Probe) {
		u, _ := p.user(object{"externalId": p.word(), "active": true}), p.user(nil)
		match := `userName eq "` + u.string("userName") + `"`
		p.find("/Users", match).finds(u.id())
		p.find("/Users", `externalId eq "`+u.string("externalId")+`"`).finds(u.id())
		u.patched(op("replace", "displayName", "Barbara Jensen")).is("Barbara Jensen", "displayName")
		u.patched(op("replace", "active", false)).is(false, "active")
		p.find("/Users", match).finds(u.id())
		u.patched(op("replace", "active", true)).is(true, "active")
		p.delete(u.path).want(http.StatusNoContent)
		p.get(u.path).wantError(http.StatusNotFound)
		p.find("/Users", match).finds()
		again := p.user(object{"userName": u.string("userName"), "externalId": u.string("externalId"), "active": true})
		p.find("/Users", match).finds(again.id())
		again.again().is(true, "active").is(u.at("externalId"), "externalId")
	}).needs(Filter, Patch, attribute("User.active")),
	must("7644 3.6", "life of a group", "A group is created, matched, filled, renamed, emptied, deleted and gone.", func(p *Probe) {
		a, b := p.user(nil), p.user(nil)
		g := p.group()
		p.find("/Groups", `displayName eq "`+g.string("displayName")+`"`, "excludedAttributes", "members").finds(g.id())
		g.patched(op("add", "members", membersOf(a.id(), b.id()))).holds("value", []string{a.id(), b.id()}, "members")
		name := "Group " + p.word()
		g.patched(op("replace", "displayName", name)).is(name, "displayName")
		g.patched(op("remove", `members[value eq "`+a.id()+`"]`, nil)).holds("value", []string{b.id()}, "members")
		g.patched(op("replace", "members", membersOf(a.id()))).holds("value", []string{a.id()}, "members")
		g.patched(op("remove", "members", nil)).lacks("members")
		p.delete(g.path).want(http.StatusNoContent)
		p.get(g.path).wantError(http.StatusNotFound)
		p.find("/Groups", `displayName eq "`+name+`"`).finds()
	}).needs(Filter, Patch, attribute("Group.members")),
	must("7644 3.5.2.3", "rename frees the old name", "After a rename, another may have the old userName.", func(p *Probe) {
		u := p.user(nil)
		u.patched(op("replace", "userName", p.userName()))
		p.user(object{"userName": u.string("userName")})
	}).needs(Patch),
	must("7644 3.3", "born inactive", "A user who is created inactive is inactive.", func(p *Probe) {
		p.user(object{"active": false}).is(false, "active").again().is(false, "active")
	}).needs(attribute("User.active")),
	must("7644 3.4.2.2", "inactive users are found", "An inactive user is found like any other.", func(p *Probe) {
		u := p.user(object{"active": false})
		p.find("/Users", `userName eq "`+u.string("userName")+`"`).finds(u.id()).is(false, "Resources", "0", "active")
	}).needs(Filter, attribute("User.active")),
	may("7644 3.5.2", "deactivation beside what is unknown", "A deactivation is done although an attribute that no schema knows stands beside it.", func(p *Probe) {
		u := p.user(object{"active": true})
		r := p.patch(u.path, op("replace", "", object{"active": false, p.word(): "x"}))
		if r.want(http.StatusOK, http.StatusNoContent, http.StatusBadRequest); r.status == http.StatusBadRequest {
			p.patch(u.path, op("replace", "active", false)).want(http.StatusOK, http.StatusNoContent)
		}
		u.again().is(false, "active")
	}).needs(Patch, attribute("User.active")),
	must("7644 3.6", "deleted twice", "The second DELETE of a user is 404, not a success and not an error of the server.", func(p *Probe) {
		u := p.user(nil)
		p.delete(u.path).want(http.StatusNoContent)
		p.delete(u.path).wantError(http.StatusNotFound)
	}),
}

// racers is how many requests compete.
const racers = 10

// concurrencyChecks send requests beside each other.
var concurrencyChecks = []Check{
	must("7644 3.3", "creates at once", "Of several creates of one userName at once, one is 201 and the others are 409.", func(p *Probe) {
		name := p.userName()
		replies := p.race(func(p *Probe, i int) *reply {
			if i%2 == 1 {
				return p.tryUser(object{"userName": strings.ToUpper(name)})
			}
			return p.tryUser(object{"userName": name})
		})
		counts := map[int]int{}
		for _, r := range replies {
			counts[r.status]++
		}
		if counts[http.StatusCreated] != 1 || counts[http.StatusConflict] != racers-1 {
			p.failf("%d POSTs of %s at once: statuses %v, want one 201 and the rest 409", racers, name, counts)
		}
	}),
	must("7644 3.5.2.1", "members added at once", "Members that are added at once, one by each request, are all members.", func(p *Probe) {
		_, ids := p.crowd(racers)
		g := p.group()
		for _, r := range p.race(func(p *Probe, i int) *reply { return p.patch(g.path, op("add", "members", membersOf(ids[i]))) }) {
			r.want(http.StatusOK, http.StatusNoContent)
		}
		g.again().holds("value", ids, "members")
	}).needs(Patch, attribute("Group.members")),
	must("7644 3.5.2", "changes at once", "Changes of different attributes at once are all made.", func(p *Probe) {
		u := p.user(nil)
		id := p.word()
		changes := []object{op("replace", "externalId", id), op("replace", "displayName", "At Once"), op("replace", "active", false)}
		for _, r := range p.race(func(p *Probe, i int) *reply { return p.patch(u.path, changes[i%len(changes)]) }) {
			r.want(http.StatusOK, http.StatusNoContent)
		}
		u.again().is(id, "externalId").is("At Once", "displayName").is(false, "active")
	}).needs(Patch, attribute("User.active")),
}

// race sends requests beside each other, each by a probe of its own, and hands what they made and
// found to p.
func (p *Probe) race(send func(p *Probe, i int) *reply) []*reply {
	replies := make([]*reply, racers)
	if p.over() {
		return nil
	}
	probes := make([]*Probe, racers)
	var running sync.WaitGroup
	for i := range racers {
		probes[i] = &Probe{ctx: p.ctx, target: p.target}
		running.Go(func() { replies[i] = send(probes[i], i) })
	}
	running.Wait()
	for i, racer := range probes {
		p.made = append(p.made, racer.made...)
		if racer.failure != "" {
			p.failf("%s", racer.failure)
		}
		replies[i].probe = p
	}
	return replies
}
