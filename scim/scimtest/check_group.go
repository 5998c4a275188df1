package scimtest

import (
	"net/http"
	"strconv"
	"strings"

	"tvscim/scim"
)

// groupChecks are about groups as resources (RFC 7643 section 4.2).
var groupChecks = []Check{
	must("7643 4.2", "group", "A group has its schema, displayName and externalId.", func(p *Probe) {
		id := p.word()
		g := p.tryGroup(object{"externalId": id}).want(http.StatusCreated)
		g.again().hasSchema(scim.GroupURN).is(g.at("displayName"), "displayName").is(id, "externalId")
	}).needs(Groups),
	must("7643 4.2", "group without members", "A group may have no members.", func(p *Probe) {
		p.tryGroup(nil).want(http.StatusCreated).lacks("members").again().lacks("members")
	}).needs(Groups),
	must("7643 4.2", "members of a new group", "A group is made with members, and shows them.", func(p *Probe) {
		a, b := p.user(nil), p.user(nil)
		p.group(a.id(), b.id()).again().holds("value", []string{a.id(), b.id()}, "members")
	}).needs(attribute("Group.members")),
	should("7643 4.2", "reference of a member", "$ref of a member is the address of the user.", func(p *Probe) {
		u := p.user(nil)
		r := p.group(u.id()).again()
		if ref := r.string("members", "0", "$ref"); !strings.HasSuffix(ref, u.path) {
			r.failf("$ref is %q, want one that ends in %s", ref, u.path)
		}
	}).needs(attribute("Group.members.$ref")),
	should("7643 4.2", "type of a member", "type of a member is User or Group.", func(p *Probe) {
		p.group(p.user(nil).id()).again().is("User", "members", "0", "type")
	}).needs(attribute("Group.members.type")),
	should("7643 2.4", "a member twice", "A member that is named twice is stored once.", func(p *Probe) {
		u := p.user(nil)
		p.group(u.id(), u.id()).again().holds("value", []string{u.id()}, "members")
	}).needs(attribute("Group.members")),
	may("7643 4.2", "a member that does not exist", "A group's unknown member is refused or taken, and is never an error of the server.", func(p *Probe) {
		p.tryGroup(object{"members": membersOf(p.word())}).want(http.StatusCreated, http.StatusBadRequest)
	}).needs(attribute("Group.members")),
	must("7644 3.3", "a group that is refused is not made", "Where a group is refused for its members, no group is created.", func(p *Probe) {
		name := "Group " + p.word()
		r := p.tryGroup(object{"displayName": name, "members": membersOf(p.user(nil).id(), p.word())})
		if r.status == http.StatusCreated {
			p.skip("members that do not exist are taken here")
		}
		p.find("/Groups", `displayName eq "`+name+`"`).finds()
	}).needs(Filter, attribute("Group.members")),
	should("7643 4.1.2", "groups of a user", "groups of a user shows the groups that it is a member of.", func(p *Probe) {
		u := p.user(nil)
		g := p.group(u.id())
		u.again().holds("value", []string{g.id()}, "groups")
	}).needs(attribute("User.groups"), attribute("Group.members")),
	may("7643 4.2", "inactive member", "A user who is deactivated stays a member.", func(p *Probe) {
		u := p.user(object{"active": true})
		g := p.group(u.id())
		u.patched(op("replace", "active", false))
		g.again().holds("value", []string{u.id()}, "members")
	}).needs(Patch, attribute("Group.members"), attribute("User.active")),
}

// groupPatchChecks are about changes of a group that RFC 7644 section 3.5.2 shows by example.
var groupPatchChecks = []Check{
	must("7644 3.5.2", "rename of a group", "A PATCH renames a group and leaves its members.", func(p *Probe) {
		u := p.user(nil)
		name := "Group " + p.word()
		p.group(u.id()).patched(op("replace", "displayName", name)).is(name, "displayName").holds("value", []string{u.id()}, "members")
	}).needs(Patch, attribute("Group.members")),
	must("7644 3.5.2", "externalId of a group", "A PATCH sets the externalId of a group.", func(p *Probe) {
		id := p.word()
		p.group().patched(op("replace", "", object{"externalId": id})).is(id, "externalId")
	}).needs(Patch, Groups),
	must("7644 3.5.2.3", "remove and add members at once", "One PATCH removes a member and adds another.", func(p *Probe) {
		a, b := p.user(nil), p.user(nil)
		p.group(a.id()).patched(op("remove", `members[value eq "`+a.id()+`"]`, nil), op("add", "members", membersOf(b.id()))).holds("value", []string{b.id()}, "members")
	}).needs(Patch, attribute("Group.members")),
	must("7644 3.5.2", "many members", "More than a hundred members are added, kept and removed, with none lost.", func(p *Probe) {
		_, ids := p.crowd(105)
		g := p.group()
		g.patched(op("add", "members", membersOf(ids...))).holds("value", ids, "members")
		g.patched(op("replace", "members", membersOf(ids[:3]...))).holds("value", ids[:3], "members")
	}).needs(Patch, attribute("Group.members")),
	must("7644 3.5.2.2", "required attribute of a group removed", "To remove the name of a group is 400.", func(p *Probe) {
		g := p.group()
		p.patch(g.path, op("remove", "displayName", nil)).wantError(http.StatusBadRequest, "mutability", "invalidValue")
		g.again().is(g.at("displayName"), "displayName")
	}).needs(Patch, Groups),
	must("7644 3.5.2", "members one by one", "Members that are added by one operation each are all added.", func(p *Probe) {
		_, ids := p.crowd(5)
		var ops []object
		for _, id := range ids {
			ops = append(ops, op("add", "members", membersOf(id)))
		}
		p.group().patched(ops...).holds("value", ids, "members")
	}).needs(Patch, attribute("Group.members")),
	may("7644 3.5.2", "an unknown member added", "To add a member that does not exist is refused or taken, and the members that were stay.", func(p *Probe) {
		u := p.user(nil)
		g := p.group(u.id())
		r := p.patch(g.path, op("add", "members", membersOf(p.word()+strconv.Itoa(0)))).want(http.StatusOK, http.StatusNoContent, http.StatusBadRequest)
		if r.status == http.StatusBadRequest {
			g.again().holds("value", []string{u.id()}, "members")
		}
	}).needs(Patch, attribute("Group.members")),
}
