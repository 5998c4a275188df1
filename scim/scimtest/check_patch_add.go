package scimtest

import (
	"net/http"

	"tvscim/scim"
)

// patchAddChecks are about add on single values (RFC 7644 section 3.5.2.1).
var patchAddChecks = []Check{
	must("7644 3.5.2.1", "add sets", "add sets an attribute that has no value.", func(p *Probe) {
		id := p.word()
		p.user(nil).patched(op("add", "externalId", id)).is(id, "externalId")
	}).needs(Patch),
	must("7644 3.5.2.1", "add replaces a single value", "add to an attribute that has a single value replaces it.", func(p *Probe) {
		p.user(nil).patched(op("add", "displayName", "Barbara")).is("Barbara", "displayName")
	}).needs(Patch),
	must("7644 3.5.2.1", "add without a path", "Without a path, the value holds the attributes to be added.", func(p *Probe) {
		id := p.word()
		p.user(nil).patched(op("add", "", object{"externalId": id, "displayName": "Barbara"})).is(id, "externalId").is("Barbara", "displayName")
	}).needs(Patch),
	must("7644 3.5.2.1", "add of an extension without a path", "Without a path, an extension stands under its URN.", func(p *Probe) {
		u := p.user(nil)
		u.patched(op("add", "", object{scim.EnterpriseURN: object{"department": "Tours"}})).is("Tours", scim.EnterpriseURN, "department")
	}).needs(Patch, attribute("EnterpriseUser.department")),
	must("7644 3.5.2.1", "add to a complex attribute", "add to a complex attribute leaves the sub-attributes that it does not name.", func(p *Probe) {
		u := p.user(object{"name": object{"givenName": "Babs", "familyName": "Jensen"}})
		u.patched(op("add", "name", object{"familyName": "Young"})).is("Babs", "name", "givenName").is("Young", "name", "familyName")
	}).needs(Patch, attribute("User.name.givenName"), attribute("User.name.familyName")),
	must("7644 3.5.2.1", "add of a sub-attribute", "add sets a sub-attribute and leaves its siblings.", func(p *Probe) {
		u := p.user(object{"name": object{"givenName": "Babs"}})
		u.patched(op("add", "name.familyName", "Jensen")).is("Babs", "name", "givenName").is("Jensen", "name", "familyName")
	}).needs(Patch, attribute("User.name.givenName"), attribute("User.name.familyName")),
	must("7644 3.5.2.1", "add of the value that is there", "To add the value that is there succeeds and leaves meta.lastModified alone.", func(p *Probe) {
		u := p.user(nil).untouched(op("add", "displayName", "Babs Jensen"))
		u.is("Babs Jensen", "displayName")
	}).needs(Patch),
	must("7644 3.5.2.1", "add without a value", "add without a value is 400.", badPatch(object{"op": "add", "path": "displayName"}, "invalidValue", "invalidSyntax")).needs(Patch),
	must("7644 3.5.2.1", "add of a text without a path", "Without a path, a value that is no object is 400.", badPatch(op("add", "", "x"), "invalidValue", "invalidSyntax")).needs(Patch),
	must("7644 3.5.2.1", "add of active", "add sets active.", func(p *Probe) {
		p.user(object{"active": true}).patched(op("add", "active", false)).is(false, "active")
	}).needs(Patch, attribute("User.active")),
}

// untouched makes a change that is none and expects lastModified to stay.
func (r *reply) untouched(ops ...object) *reply {
	before := r.again()
	return r.patched(ops...).is(before.at("meta", "lastModified"), "meta", "lastModified")
}

// patchAddListChecks are about add on lists (RFC 7644 section 3.5.2.1).
var patchAddListChecks = []Check{
	must("7644 3.5.2.1", "add appends", "add to a list appends.", func(p *Probe) {
		u := p.user(object{"phoneNumbers": list{object{"value": "555-1", "type": "work"}}})
		u.patched(op("add", "phoneNumbers", list{object{"value": "555-2", "type": "home"}})).holds("value", []string{"555-1", "555-2"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.type")),
	must("7644 3.5.2.1", "add appends without a path", "The same without a path.", func(p *Probe) {
		u := p.user(object{"phoneNumbers": list{object{"value": "555-1", "type": "work"}}})
		u.patched(op("add", "", object{"phoneNumbers": list{object{"value": "555-2", "type": "home"}}})).holds("value", []string{"555-1", "555-2"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.type")),
	must("7644 3.5.2.1", "add of the value that is in the list", "To add a value that is in the list changes nothing, lastModified neither.", func(p *Probe) {
		phone := object{"value": "555-1", "type": "work"}
		u := p.user(object{"phoneNumbers": list{phone}})
		u.untouched(op("add", "phoneNumbers", list{phone})).holds("value", []string{"555-1"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.type")),
	must("7644 3.5.2.1", "add to what a value path selects", "add with a value path and a sub-attribute sets it in the values that are selected.", func(p *Probe) {
		u := p.user(object{"phoneNumbers": list{object{"value": "555-1", "type": "work"}, object{"value": "555-2", "type": "home"}}})
		r := u.patched(op("add", `phoneNumbers[type eq "work"].display`, "Desk"))
		if shown := texts(r.at("phoneNumbers"), "display"); len(shown) != 1 || shown[0] != "Desk" {
			r.failf("the displays are %q, want one", shown)
		}
	}).needs(Patch, attribute("User.phoneNumbers.display")),
	must("7644 3.5.2.1", "add of a member", "add makes users members of a group and leaves the others.", func(p *Probe) {
		a, b := p.user(nil), p.user(nil)
		g := p.group(a.id())
		g.patched(op("add", "members", membersOf(b.id()))).holds("value", []string{a.id(), b.id()}, "members")
	}).needs(Patch, attribute("Group.members")),
	must("7644 3.5.2.1", "add of a member twice", "To add a member that is one changes nothing.", func(p *Probe) {
		a := p.user(nil)
		p.group(a.id()).patched(op("add", "members", membersOf(a.id()))).holds("value", []string{a.id()}, "members")
	}).needs(Patch, attribute("Group.members")),
	may("7644 3.5.2.1", "add to what is not there yet", "add with a value path that selects nothing makes the value, as a widespread client means it, or is refused.", func(p *Probe) {
		u := p.user(nil)
		r := p.patch(u.path, op("add", `phoneNumbers[type eq "work"].value`, "555-1")).want(http.StatusOK, http.StatusNoContent, http.StatusBadRequest)
		if r.status != http.StatusBadRequest {
			u.again().is("555-1", "phoneNumbers", "0", "value").is("work", "phoneNumbers", "0", "type")
		}
	}).needs(Patch, attribute("User.phoneNumbers.type")),
}
