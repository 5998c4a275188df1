package scimtest

import (
	"tvscim/scim"
)

// patchReplaceChecks are about replace on single values (RFC 7644 section 3.5.2.3).
var patchReplaceChecks = []Check{
	must("7644 3.5.2.3", "replace", "replace sets the value of an attribute.", func(p *Probe) {
		p.user(nil).patched(op("replace", "displayName", "Barbara")).is("Barbara", "displayName")
	}).needs(Patch),
	must("7644 3.5.2.3", "replace of what is not there", "replace of an attribute without a value adds it.", func(p *Probe) {
		id := p.word()
		p.user(nil).patched(op("replace", "externalId", id)).is(id, "externalId")
	}).needs(Patch),
	must("7644 3.5.2.3", "replace without a path", "Without a path, the value holds the attributes to be replaced, and the others stay.", func(p *Probe) {
		u := p.user(object{"externalId": p.word()})
		u.patched(op("replace", "", object{"displayName": "Barbara"})).is("Barbara", "displayName").is(u.at("externalId"), "externalId").is(u.at("userName"), "userName")
	}).needs(Patch),
	must("7644 3.5.2.3", "replace of an extension without a path", "Without a path, an extension stands under its URN, and its other attributes stay.", func(p *Probe) {
		u := p.user(object{scim.EnterpriseURN: object{"department": "Tours", "division": "Park"}})
		u.patched(op("replace", "", object{scim.EnterpriseURN: object{"department": "Rides"}})).
			is("Rides", scim.EnterpriseURN, "department").is("Park", scim.EnterpriseURN, "division")
	}).needs(Patch, attribute("EnterpriseUser.department"), attribute("EnterpriseUser.division")),
	must("7644 3.5.2.3", "replace of a complex attribute", "replace of a complex attribute sets the sub-attributes that it names.", func(p *Probe) {
		u := p.user(object{"name": object{"givenName": "Babs", "familyName": "Jensen"}})
		u.patched(op("replace", "name", object{"familyName": "Young"})).is("Young", "name", "familyName").is("Babs", "name", "givenName")
	}).needs(Patch, attribute("User.name.givenName"), attribute("User.name.familyName")),
	must("7644 3.5.2.3", "replace of a sub-attribute", "replace of a sub-attribute leaves its siblings.", func(p *Probe) {
		u := p.user(object{"name": object{"givenName": "Babs", "familyName": "Jensen"}})
		u.patched(op("replace", "name.givenName", "Barbara")).is("Barbara", "name", "givenName").is("Jensen", "name", "familyName")
	}).needs(Patch, attribute("User.name.givenName"), attribute("User.name.familyName")),
	must("7644 3.5.2.3", "replace twice", "The same replace twice leaves what one left.", func(p *Probe) {
		u := p.user(nil)
		first := u.patched(op("replace", "displayName", "Barbara"))
		u.patched(op("replace", "displayName", "Barbara")).is(first.at("displayName"), "displayName").is(first.at("meta", "lastModified"), "meta", "lastModified")
	}).needs(Patch),
	must("7644 3.5.2.3", "deactivate", "replace of active by false deactivates.", func(p *Probe) {
		p.user(object{"active": true}).patched(op("replace", "active", false)).is(false, "active")
	}).needs(Patch, attribute("User.active")),
	must("7644 3.5.2.3", "deactivate without a path", "The same without a path.", func(p *Probe) {
		p.user(object{"active": true}).patched(op("replace", "", object{"active": false})).is(false, "active")
	}).needs(Patch, attribute("User.active")),
	must("7644 3.5.2.3", "rename", "replace of userName renames the user.", func(p *Probe) {
		name := p.userName()
		p.user(nil).patched(op("replace", "userName", name)).is(name, "userName")
	}).needs(Patch),
	must("7644 3.5.2.3", "replace without a value", "replace without a value is 400.", badPatch(object{"op": "replace", "path": "displayName"}, "invalidValue", "invalidSyntax")).needs(Patch),
}

// patchReplaceListChecks are about replace on lists (RFC 7644 section 3.5.2.3).
var patchReplaceListChecks = []Check{
	must("7644 3.5.2.3", "replace of a list", "replace of a list substitutes the list.", func(p *Probe) {
		p.user(phonesOfTwo()).patched(op("replace", "phoneNumbers", list{object{"value": "555-3", "type": "work"}})).holds("value", []string{"555-3"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers")),
	must("7644 3.5.2.3", "replace of a list without a path", "The same without a path.", func(p *Probe) {
		p.user(phonesOfTwo()).patched(op("replace", "", object{"phoneNumbers": list{object{"value": "555-3", "type": "work"}}})).holds("value", []string{"555-3"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers")),
	must("7644 3.5.2.3", "replace of what a value path selects", "replace with a value path substitutes the selected value.", func(p *Probe) {
		u := p.user(phonesOfTwo())
		u.patched(op("replace", `phoneNumbers[type eq "work"]`, object{"value": "555-3", "type": "work"})).holds("value", []string{"555-2", "555-3"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.type")),
	must("7644 3.5.2.3", "replace of a sub-attribute of what a value path selects", "replace with a value path and a sub-attribute sets it in the values that are selected.", func(p *Probe) {
		r := p.user(phonesOfTwo()).patched(op("replace", `phoneNumbers[type eq "work"].value`, "555-3"))
		r.holds("value", []string{"555-2", "555-3"}, "phoneNumbers").holds("display", []string{"Desk", "Sofa"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.display")),
	must("7644 3.5.2.3", "replace of all that a value path selects", "Where a value path selects several values, all are changed.", func(p *Probe) {
		r := p.user(phonesOfTwo()).patched(op("replace", `phoneNumbers[value sw "555"].display`, "Phone"))
		r.holds("display", []string{"Phone", "Phone"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.display")),
	must("7644 3.5.2.3", "value path that selects nothing", "replace with a value path that selects nothing is 400 noTarget.",
		badPatch(op("replace", `phoneNumbers[value eq "555-9"].display`, "x"), "noTarget")).needs(Patch, attribute("User.phoneNumbers.display")),
	must("7644 3.5.2.3", "value path that selects no whole value", "The same where the whole value is to be replaced.",
		badPatch(op("replace", `phoneNumbers[type eq "pager"]`, object{"value": "555-9"}), "noTarget")).needs(Patch, attribute("User.phoneNumbers.type")),
	must("7644 3.5.2.3", "replace of the members", "replace of members makes exactly those members.", func(p *Probe) {
		a, b, c := p.user(nil), p.user(nil), p.user(nil)
		p.group(a.id(), b.id()).patched(op("replace", "members", membersOf(b.id(), c.id()))).holds("value", []string{b.id(), c.id()}, "members")
	}).needs(Patch, attribute("Group.members")),
	must("7644 3.5.2.3", "replace of the members by none", "replace of members by an empty list empties the group.", func(p *Probe) {
		p.group(p.user(nil).id()).patched(object{"op": "replace", "path": "members", "value": list{}}).lacks("members")
	}).needs(Patch, attribute("Group.members")),
}
