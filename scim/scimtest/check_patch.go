package scimtest

import (
	"net/http"

	"tvscim/scim"
)

// patchChecks are about PATCH as a whole (RFC 7644 section 3.5.2).
var patchChecks = []Check{
	must("7644 3.5.2", "answer of a PATCH", "A PATCH is 200 with the resource, or 204 without a body.", func(p *Probe) {
		u := p.user(nil)
		r := p.patch(u.path, op("replace", "displayName", "Barbara")).want(http.StatusOK, http.StatusNoContent)
		if r.status == http.StatusOK {
			r.is("Barbara", "displayName").is(u.id(), "id")
		} else if r.text != "" {
			r.failf("a 204 has a body")
		}
	}).needs(Patch),
	must("7644 3.5.2", "operations in order", "Operations are applied one after the other, each on what the one before has left.", func(p *Probe) {
		p.user(nil).patched(
			op("add", "displayName", "First"), op("replace", "displayName", "Second"),
			op("remove", "externalId", nil), op("add", "externalId", "third"),
		).is("Second", "displayName").is("third", "externalId")
	}).needs(Patch),
	must("7644 3.5.2", "operations in order on a list", "What one operation adds, the next can select.", func(p *Probe) {
		p.user(nil).patched(
			op("add", "phoneNumbers", list{object{"value": "555-1", "type": "work"}}),
			op("replace", `phoneNumbers[type eq "work"].value`, "555-2"),
		).holds("value", []string{"555-2"}, "phoneNumbers")
	}).needs(Patch, attribute("User.phoneNumbers.type")),
	must("7644 3.5.2", "all or nothing", "Where one operation fails, none is applied.", func(p *Probe) {
		u := p.user(nil)
		p.patch(u.path, op("replace", "displayName", "Changed"), op("replace", "id", p.word())).refused()
		u.again().is(u.at("displayName"), "displayName")
	}).needs(Patch),
	must("7644 3.5.2", "all or nothing for a deactivation", "Where one operation fails, a deactivation beside it is not applied either.", func(p *Probe) {
		u := p.user(object{"active": true})
		p.patch(u.path, op("replace", "active", false), op("remove", "userName", nil)).wantError(http.StatusBadRequest)
		u.again().is(true, "active")
	}).needs(Patch, attribute("User.active")),
	must("7644 3.5.2", "all or nothing for groups", "Where one operation on a group fails, none is applied.", func(p *Probe) {
		u := p.user(nil)
		g := p.group()
		p.patch(g.path, op("add", "members", membersOf(u.id())), op("replace", "displayName", g.string("displayName")), op("replace", "id", "1")).refused()
		g.again().lacks("members")
	}).needs(Patch, attribute("Group.members")),
	must("7644 3.5.2", "a new primary value", "When a value becomes primary, the one that was is no longer.", func(p *Probe) {
		u := p.user(object{"phoneNumbers": list{object{"value": "555-1", "type": "work", "primary": true}}})
		r := u.patched(op("add", "phoneNumbers", list{object{"value": "555-2", "type": "home", "primary": true}})).onePrimaryPhone()
		values, _ := r.at("phoneNumbers").(list)
		for _, v := range values {
			if at(v, "primary") == true && at(v, "value") != "555-2" {
				r.failf("the primary value is %v", at(v, "value"))
			}
		}
	}).needs(Patch, attribute("User.phoneNumbers.primary")),
	must("7644 3.5.2", "primary by value path", "The same where a value path sets primary.", func(p *Probe) {
		u := p.user(object{"phoneNumbers": list{object{"value": "555-1", "type": "work", "primary": true}, object{"value": "555-2", "type": "home"}}})
		u.patched(op("replace", `phoneNumbers[type eq "home"].primary`, true)).onePrimaryPhone()
	}).needs(Patch, attribute("User.phoneNumbers.primary")),
	must("7644 3.5.2", "two primary values at once", "A PATCH that makes two values primary leaves one of them so, or is refused.", func(p *Probe) {
		u := p.user(nil)
		two := list{object{"value": "555-1", "type": "work", "primary": true}, object{"value": "555-2", "type": "home", "primary": true}}
		p.patch(u.path, op("replace", "phoneNumbers", two)).want(http.StatusOK, http.StatusNoContent, http.StatusBadRequest)
		u.again().onePrimaryPhone()
	}).needs(Patch, attribute("User.phoneNumbers.primary")),
	must("7644 3.10", "path with URN", "A path may be written with the URN of its schema.", func(p *Probe) {
		p.user(nil).patched(op("replace", scim.UserURN+":displayName", "Barbara")).is("Barbara", "displayName")
	}).needs(Patch),
	must("7643 2.1", "path in any case", "Names in a path are the same in any case.", func(p *Probe) {
		p.user(nil).patched(op("replace", "DISPLAYNAME", "Barbara")).is("Barbara", "displayName")
	}).needs(Patch),
	must("7644 3.10", "path of an extension", "A path leads into an extension by its URN.", func(p *Probe) {
		u := p.user(nil)
		u.patched(op("add", scim.EnterpriseURN+":department", "Tours")).is("Tours", scim.EnterpriseURN, "department").hasSchema(scim.EnterpriseURN)
		u.patched(op("remove", scim.EnterpriseURN+":department", nil)).lacks(scim.EnterpriseURN, "department")
	}).needs(Patch, attribute("EnterpriseUser.department")),
	must("7644 3.10", "path of a sub-attribute of an extension", "A path leads to a sub-attribute within an extension.", func(p *Probe) {
		p.user(nil).patched(op("add", scim.EnterpriseURN+":manager.value", "26118915")).is("26118915", scim.EnterpriseURN, "manager", "value")
	}).needs(Patch, attribute("EnterpriseUser.manager.value")),
	may("7644 3.5.2", "operations in any case", "Replace with a capital letter is understood, as a widespread client writes it.", func(p *Probe) {
		p.user(nil).patched(op("Replace", "displayName", "Barbara")).is("Barbara", "displayName")
	}).needs(Patch),
}

// patchRefusalChecks are about a PATCH that cannot be (RFC 7644 sections 3.5.2 and 3.12).
var patchRefusalChecks = []Check{
	must("7644 3.5.2", "read-only attribute", "To change the id is 400 mutability.", badPatch(op("replace", "id", "x"), "mutability")).needs(Patch),
	must("7644 3.5.2", "read-only meta", "To change meta is 400 mutability.", badPatch(op("replace", "meta.created", "2001-01-01T00:00:00Z"), "mutability")).needs(Patch),
	must("7644 3.5.2", "read-only list", "To change the groups of a user is 400 mutability.", badPatch(op("add", "groups", list{object{"value": "x"}}), "mutability")).
		needs(Patch, attribute("User.groups")),
	must("7644 3.5.2", "id in a value", "To change the id without a path is refused or ignored.", func(p *Probe) {
		u := p.user(nil)
		p.patch(u.path, op("replace", "", object{"id": p.word()})).want(http.StatusBadRequest, http.StatusOK, http.StatusNoContent)
		u.again().is(u.id(), "id")
	}).needs(Patch),
	must("7644 3.5.2.2", "required attribute removed", "To remove userName is 400.", badPatch(op("remove", "userName", nil), "mutability", "invalidValue")).needs(Patch),
	must("7644 3.5.2.3", "required attribute emptied", "To replace userName by an empty text is 400.", badPatch(op("replace", "userName", ""), "invalidValue", "mutability")).needs(Patch),
	must("7644 3.5.2.3", "required attribute emptied without a path", "To replace userName by an empty text in a value is 400.",
		badPatch(op("replace", "", object{"userName": ""}), "invalidValue", "mutability")).needs(Patch),
	must("7644 3.5.2", "malformed path", "A path that cannot be read is 400 invalidPath.", badPatch(op("replace", `emails[type eq "work"`, "x"), "invalidPath", "invalidFilter")).needs(Patch),
	must("7644 3.5.2", "path with an unknown operator", "A path whose filter cannot be read is 400.", badPatch(op("replace", `emails[type is "work"].value`, "x"), "invalidPath", "invalidFilter")).needs(Patch),
	must("7644 3.5.2", "path that is no text", "A path that is a number is 400.", badPatch(object{"op": "replace", "path": 7, "value": "x"}, "invalidPath", "invalidSyntax")).needs(Patch),
	must("7644 3.5.2", "unknown operation", "An op that does not exist is 400 invalidSyntax.", badPatch(op("move", "displayName", "x"), "invalidSyntax", "invalidValue")).needs(Patch),
	must("7644 3.5.2", "no operation", "An operation without op is 400 invalidSyntax.", badPatch(object{"path": "displayName", "value": "x"}, "invalidSyntax", "invalidValue")).needs(Patch),
	must("7644 3.5.2", "no Operations", "A PATCH without Operations is 400 invalidSyntax.", func(p *Probe) {
		p.send("PATCH", p.user(nil).path, object{"schemas": list{scim.PatchURN}}).wantError(http.StatusBadRequest, "invalidSyntax", "invalidValue")
	}).needs(Patch),
	must("7644 3.5.2", "malformed PATCH", "A PATCH that is not JSON is 400 invalidSyntax.", func(p *Probe) {
		p.send("PATCH", p.user(nil).path, `{"Operations":[`).wantError(http.StatusBadRequest, "invalidSyntax")
	}).needs(Patch),
	must("7644 3.5.2", "value of the wrong type", "A value of the wrong type is 400 invalidValue.", badPatch(op("replace", "displayName", object{"a": "b"}), "invalidValue", "invalidSyntax")).needs(Patch),
	must("7644 3.5.2", "active of the wrong type", "active that is neither true nor false is 400 invalidValue.", badPatch(op("replace", "active", "perhaps"), "invalidValue", "invalidSyntax")).
		needs(Patch, attribute("User.active")),
}

// badPatch expects that an operation is refused, with one of some scimTypes, and changes nothing.
func badPatch(operation object, types ...string) func(*Probe) {
	return func(p *Probe) {
		u := p.user(nil)
		p.patch(u.path, op("replace", "displayName", "Changed"), operation).wantError(http.StatusBadRequest, types...)
		u.again().is(u.at("displayName"), "displayName").is(u.at("userName"), "userName").is(u.id(), "id")
	}
}
