package gateway_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
)

// person is a user of Entra's directory, as it is wished to be in TeamViewer, and what Entra knows
// of it there.
type person struct {
	object      string // Entra's object id, sent as externalId
	userName    string
	displayName string
	given       string
	family      string
	active      bool
	binned      bool // in the recycle bin, where Entra prefixes the userName
	purged      bool // deleted for good

	pending bool   // changed, or failed, since it was last provisioned
	link    string // the id at the gateway; "" = none yet
	met     bool   // a POST was answered 409, so that the next search must find it
	tried   bool   // a DELETE was sent, perhaps in vain
	idle    bool   // was ever inactive
	journal []string
	heir    *person // somebody new to whom its userName was given
}

// shownName is the userName that Entra sends: that of a user in the recycle bin is prefixed.
func (p *person) shownName() string {
	if p.binned {
		return strings.ReplaceAll(p.object, "-", "") + p.userName
	}
	return p.userName
}

// team is a group of Entra's directory.
type team struct {
	object  string
	name    string
	members map[*person]bool
	purged  bool

	pending bool
	link    string
	met     bool
	tried   bool
	told    map[*person]bool // members that the gateway has confirmed
	unsure  map[*person]bool // their change failed, perhaps after it was done
	journal []string
}

// directory is what Entra wants TeamViewer to be.
type directory struct {
	rng    *rand.Rand
	rehire bool // a new person may get the userName of a purged one
	people []*person
	teams  []*team
}

// newDirectory returns the directory of a first cycle.
func newDirectory(rng *rand.Rand, rehire bool) *directory {
	d := &directory{rng: rng, rehire: rehire}
	for range 25 {
		d.hire("")
	}
	for range 5 {
		d.found()
	}
	for range 40 {
		d.join()
	}
	return d
}

// change is what happens in the directory between two cycles.
func (d *directory) change() {
	happenings := []func(){
		func() { d.hire("") }, func() { d.hire("") }, d.rename, d.rename, d.move, d.capitalise, d.suspend, d.suspend, d.resume, d.bin, d.purge,
		d.replacement, d.found, d.rebrand, d.disband, d.join, d.join, d.join, d.join, d.leave, d.leave, d.leave,
	}
	for range 20 {
		happenings[d.rng.IntN(len(happenings))]()
	}
}

// hire adds a person; with a userName, one who was purged returns as somebody new.
func (d *directory) hire(userName string) *person {
	n := len(d.people)
	p := &person{
		object: d.object(), userName: userName, given: fmt.Sprintf("Given%d", n), family: fmt.Sprintf("Family%d", n),
		active: true, pending: true,
	}
	if userName == "" {
		p.userName = fmt.Sprintf("person.%d@contoso.example", n)
	}
	p.displayName = p.given + " " + p.family
	d.people = append(d.people, p)
	return p
}

// object makes an object id of Entra's form.
func (d *directory) object() string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", d.rng.Uint32(), d.rng.Uint64N(1<<48))
}

// anyone picks a person who is not purged and fulfils a condition; nil if there is none.
func (d *directory) anyone(fulfils func(*person) bool) *person {
	return pick(d.rng, d.people, func(p *person) bool { return !p.purged && fulfils(p) })
}

// pick picks one of those that fulfil a condition; nil if there is none.
func pick[T any](rng *rand.Rand, from []*T, fulfils func(*T) bool) *T {
	fit := slices.DeleteFunc(slices.Clone(from), func(x *T) bool { return !fulfils(x) })
	if len(fit) == 0 {
		return nil
	}
	return fit[rng.IntN(len(fit))]
}

// with changes a person who fulfils a condition, if there is one.
func (d *directory) with(fulfils func(*person) bool, change func(*person)) {
	if p := d.anyone(fulfils); p != nil {
		change(p)
		p.pending = true
	}
}

func (d *directory) rename() {
	d.with((*person).works, func(p *person) {
		p.family = fmt.Sprintf("Renamed%d", d.rng.IntN(1000))
		p.displayName = p.given + " " + p.family
		if d.rng.IntN(4) == 0 { // more than TeamViewer can hold
			p.displayName += " of the northern field service team"
		}
	})
}

// move gives a person another address. Entra must know the account for that: one of which it heard
// nothing could never be found by another address.
func (d *directory) move() {
	d.with(func(p *person) bool { return p.works() && p.linked() }, func(p *person) {
		p.userName = fmt.Sprintf("moved.%d@contoso.example", d.rng.Uint32())
	})
}

// capitalise changes nothing but the letter case of an address.
func (d *directory) capitalise() {
	d.with((*person).works, func(p *person) {
		p.userName = strings.ToUpper(p.userName[:1]) + p.userName[1:]
	})
}

func (d *directory) suspend() {
	d.with((*person).works, func(p *person) { p.active, p.idle = false, true })
}

func (d *directory) resume() {
	d.with(func(p *person) bool { return !p.active }, func(p *person) { p.active, p.binned = true, false })
}

// bin puts a person into the recycle bin. One whose new address is still to be sent stays out of
// it: the address would come with the prefix, which is never sent.
func (d *directory) bin() {
	d.with(func(p *person) bool { return p.linked() && !p.pending }, func(p *person) { p.active, p.binned, p.idle = false, true, true })
}

// purge deletes a person for good. One without a link is not deleted, since Entra could not say so.
func (d *directory) purge() {
	d.with((*person).linked, func(p *person) {
		p.purged = true
		for _, g := range d.teams {
			if g.members[p] && !g.purged {
				delete(g.members, p)
				g.pending = true
			}
		}
	})
}

// replacement hires somebody with the address of a person who was purged.
func (d *directory) replacement() {
	p := pick(d.rng, d.people, func(p *person) bool { return p.purged && !p.pending && p.heir == nil })
	if p == nil || !d.rehire {
		return
	}
	p.heir = d.hire(p.userName)
}

func (p *person) works() bool  { return p.active && !p.binned }
func (p *person) linked() bool { return p.link != "" }

// found adds a group.
func (d *directory) found() {
	d.teams = append(d.teams, &team{
		object: d.object(), name: fmt.Sprintf("Team %d", len(d.teams)), pending: true,
		members: map[*person]bool{}, told: map[*person]bool{}, unsure: map[*person]bool{},
	})
}

// anyTeam picks a group and changes it.
func (d *directory) anyTeam(change func(*team)) {
	if g := pick(d.rng, d.teams, func(g *team) bool { return !g.purged }); g != nil {
		change(g)
		g.pending = true
	}
}

// rebrand gives a group that Entra knows another name, at times one that differs by letter case
// alone.
func (d *directory) rebrand() {
	d.anyTeam(func(g *team) {
		switch {
		case g.link == "":
		case d.rng.IntN(3) == 0:
			g.name = strings.ToUpper(g.name)
		default:
			g.name = fmt.Sprintf("Rebranded %d", d.rng.Uint32())
		}
	})
}

// disband deletes a group that Entra knows to exist.
func (d *directory) disband() {
	d.anyTeam(func(g *team) { g.purged = g.link != "" })
}

func (d *directory) join() {
	d.anyTeam(func(g *team) {
		if p := d.anyone(func(p *person) bool { return !g.members[p] }); p != nil {
			g.members[p] = true
		}
	})
}

func (d *directory) leave() {
	d.anyTeam(func(g *team) {
		if p := d.anyone(func(p *person) bool { return g.members[p] }); p != nil {
			delete(g.members, p)
		}
	})
}

// unsettled names what is still to be provisioned.
func (d *directory) unsettled() []string {
	var names []string
	for _, p := range d.people {
		if p.pending {
			names = append(names, p.userName+told(p.journal))
		}
	}
	for _, g := range d.teams {
		if g.pending {
			names = append(names, g.name+told(g.journal))
		}
	}
	return names
}

// touch has everything looked at again, as a restart of Entra's job does.
func (d *directory) touch() {
	for _, p := range d.people {
		p.pending = !p.purged
	}
	for _, g := range d.teams {
		g.pending = !g.purged
	}
}

// told is the end of a journal, for the text of an error.
func told(journal []string) string {
	const most = 15
	return "\n  " + strings.Join(journal[max(0, len(journal)-most):], "\n  ")
}
