package scimtest

import "net/http"

// phonesOfTwo is a list of phone numbers for PATCH to work on.
func phonesOfTwo() object {
	return object{"phoneNumbers": list{
		object{"value": "555-1", "type": "work", "display": "Desk"}, object{"value": "555-2", "type": "home", "display": "Sofa"},
	}}
}

// patchRemoveChecks are about remove (RFC 7644 section 3.5.2.2).
var patchRemoveChecks = []Check{
	must("7644 3.5.2.2", "remove", "remove takes the value of an attribute away.", func(p *Probe) {
		p.user(object{"externalId": p.word()}).patched(op("remove", "externalId", nil)).lacks("externalId")
	}).needs(Patch),
	must("7644 3.5.2.2", "remove without a path", "remove without a path is 400 noTarget.", badPatch(op("remove", "", nil), "noTarget")).needs(Patch),
	must("7644 3.5.2.2", "remove of a list", "remove of a list takes all its values away.", func(p *Probe) {
		p.user(phonesOfTwo()).patched(op("remove", "phoneNumbers", nil)).lacks("phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers")),
	must("7644 3.5.2.2", "remove of what a value path selects", "remove with a value path takes the values that it selects, and no others.", func(p *Probe) {
		p.user(phonesOfTwo()).patched(op("remove", `phoneNumbers[type eq "work"]`, nil)).holds("value", []string{"555-2"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.type")),
	must("7644 3.5.2.2", "remove by a filter of two conditions", "The filter of a value path may hold and.", func(p *Probe) {
		p.user(phonesOfTwo()).patched(op("remove", `phoneNumbers[type eq "work" and value eq "555-1"]`, nil)).holds("value", []string{"555-2"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.type")),
	must("7644 3.5.2.2", "remove by a filter that is no comparison for equality", "The filter of a value path may use any operator.", func(p *Probe) {
		p.user(phonesOfTwo()).patched(op("remove", `phoneNumbers[not (type sw "w") or value co "zzz"]`, nil)).holds("value", []string{"555-1"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.type")),
	must("7644 3.5.2.2", "remove of the last value", "A list whose last value is removed is not assigned.", func(p *Probe) {
		p.user(phonesOfTwo()).patched(op("remove", `phoneNumbers[value sw "555"]`, nil)).lacks("phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.value")),
	must("7644 3.5.2.2", "remove of a sub-attribute of what a value path selects", "remove with a value path and a sub-attribute takes that one away.", func(p *Probe) {
		r := p.user(phonesOfTwo()).patched(op("remove", `phoneNumbers[type eq "work"].display`, nil))
		r.holds("value", []string{"555-1", "555-2"}, "phoneNumbers").holds("display", []string{"Sofa"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.display")),
	must("7644 3.5.2.2", "remove of a complex attribute", "remove of a complex attribute takes all of it away.", func(p *Probe) {
		p.user(object{"name": object{"honorificPrefix": "Ms.", "middleName": "Jane"}}).patched(op("remove", "name", nil)).lacks("name", "middleName").lacks("name", "honorificPrefix")
	}).needs(Patch, attribute("User.name.middleName"), attribute("User.name.honorificPrefix")),
	must("7644 3.5.2.2", "remove of a sub-attribute", "remove of a sub-attribute leaves its siblings.", func(p *Probe) {
		u := p.user(object{"name": object{"givenName": "Babs", "middleName": "Jane"}})
		u.patched(op("remove", "name.middleName", nil)).lacks("name", "middleName").is("Babs", "name", "givenName")
	}).needs(Patch, attribute("User.name.middleName"), attribute("User.name.givenName")),
	should("7644 3.5.2.2", "remove of what is not there", "To remove what is not there succeeds: the state is the one that was asked for.", func(p *Probe) {
		p.user(nil).patched(op("remove", "externalId", nil)).lacks("externalId")
	}).needs(Patch),
	must("7644 3.5.2.2", "remove of a member", "remove with a value path takes one member away.", func(p *Probe) {
		a, b := p.user(nil), p.user(nil)
		p.group(a.id(), b.id()).patched(op("remove", `members[value eq "`+a.id()+`"]`, nil)).holds("value", []string{b.id()}, "members")
	}).needs(Patch, attribute("Group.members")),
	must("7644 3.5.2.2", "remove of two members", "remove with or takes two members away.", func(p *Probe) {
		a, b, c := p.user(nil), p.user(nil), p.user(nil)
		path := `members[value eq "` + a.id() + `" or value eq "` + c.id() + `"]`
		p.group(a.id(), b.id(), c.id()).patched(op("remove", path, nil)).holds("value", []string{b.id()}, "members")
	}).needs(Patch, attribute("Group.members")),
	should("7644 3.5.2.2", "remove of a member by value and type", "A value path sees the type that members are shown with.", func(p *Probe) {
		a, b := p.user(nil), p.user(nil)
		path := `members[value eq "` + a.id() + `" and type eq "User"]`
		p.group(a.id(), b.id()).patched(op("remove", path, nil)).holds("value", []string{b.id()}, "members")
	}).needs(Patch, attribute("Group.members.type")),
	should("7644 3.5.2.2", "remove of members of another type", "Removing the members that are not users leaves the users.", func(p *Probe) {
		a := p.user(nil)
		g := p.group(a.id())
		p.patch(g.path, op("remove", `members[type ne "User"]`, nil)).want(http.StatusOK, http.StatusNoContent, http.StatusBadRequest)
		g.again().holds("value", []string{a.id()}, "members")
	}).needs(Patch, attribute("Group.members.type")),
	must("7644 3.5.2.2", "remove of all members", "remove of members empties the group.", func(p *Probe) {
		p.group(p.user(nil).id(), p.user(nil).id()).patched(op("remove", "members", nil)).lacks("members")
	}).needs(Patch, attribute("Group.members")),
	should("7644 3.5.2.2", "remove of a user that is not a member", "Removing a user that is not a member succeeds and leaves the members.", func(p *Probe) {
		a, b := p.user(nil), p.user(nil)
		p.group(a.id()).patched(op("remove", `members[value eq "`+b.id()+`"]`, nil)).holds("value", []string{a.id()}, "members")
	}).needs(Patch, attribute("Group.members")),
	may("7644 3.5.2.2", "remove with a list of members", "remove with a list takes those members and no others, as a widespread client means it, or is refused.", func(p *Probe) {
		a, b := p.user(nil), p.user(nil)
		g := p.group(a.id(), b.id())
		if r := p.patch(g.path, op("remove", "members", membersOf(a.id()))); r.status >= 400 {
			r.refused()
			return
		}
		g.again().holds("value", []string{b.id()}, "members")
	}).needs(Patch, attribute("Group.members")),
}
