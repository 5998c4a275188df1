package scimtest

import (
	"net/http"

	"tvscim/scim"
)

// replaceChecks are about PUT (RFC 7644 section 3.5.1).
var replaceChecks = []Check{
	must("7644 3.5.1", "replaced", "A PUT is 200 with the whole resource.", func(p *Probe) {
		u := p.user(nil)
		r := p.put(u.path, p.userBody(object{"userName": u.string("userName"), "displayName": "Barbara"})).want(http.StatusOK)
		r.is(u.id(), "id").is("Barbara", "displayName").hasSchema(scim.UserURN)
		u.again().is("Barbara", "displayName")
	}),
	must("7644 3.5.1", "rename by PUT", "A PUT may change the userName.", func(p *Probe) {
		u := p.user(nil)
		name := p.userName()
		p.put(u.path, p.userBody(object{"userName": name})).want(http.StatusOK)
		u.again().is(name, "userName").is(u.id(), "id")
	}),
	must("7644 3.5.1", "PUT of what was read", "A resource can be sent back as it was read, and stays as it is.", func(p *Probe) {
		u := p.user(object{"externalId": p.word(), "active": true}).again()
		p.put(u.location(), u.tree).want(http.StatusOK)
		after := p.get(u.location())
		after.is(u.at("userName"), "userName").is(u.at("externalId"), "externalId").is(u.at("displayName"), "displayName").is(u.at("active"), "active")
	}),
	must("7644 3.5.1", "read-only attributes in a PUT", "Read-only attributes in a PUT are ignored.", func(p *Probe) {
		u := p.user(nil)
		body := p.userBody(object{"userName": u.string("userName"), "id": p.word(), "meta": object{"created": "2001-01-01T00:00:00Z"}})
		p.put(u.path, body).want(http.StatusOK).is(u.id(), "id").is(u.at("meta", "created"), "meta", "created")
	}),
	must("7644 3.5.1", "multi-valued attributes in a PUT", "A list in a PUT substitutes the previous one.", func(p *Probe) {
		u := p.user(object{"phoneNumbers": list{object{"value": "555-1", "type": "work"}, object{"value": "555-2", "type": "home"}}})
		body := p.userBody(object{"userName": u.string("userName"), "phoneNumbers": list{object{"value": "555-3", "type": "work"}}})
		p.put(u.path, body).want(http.StatusOK)
		u.again().holds("value", []string{"555-3"}, "phoneNumbers")
	}).needs(attribute("User.phoneNumbers")),
	may("7644 3.5.1", "what a PUT does not name", "An attribute that a PUT does not name is cleared.", func(p *Probe) {
		u := p.user(object{"nickName": "Babs"})
		p.put(u.path, p.userBody(object{"userName": u.string("userName")})).want(http.StatusOK)
		u.again().lacks("nickName")
	}).needs(attribute("User.nickName")),
	must("7644 3.5.1", "PUT of a group", "A PUT of a group sets its name and members.", func(p *Probe) {
		a, b := p.user(nil), p.user(nil)
		g := p.group(a.id())
		name := "Group " + p.word()
		p.put(g.path, p.groupBody(object{"displayName": name, "members": membersOf(b.id())})).want(http.StatusOK)
		g.again().is(name, "displayName").holds("value", []string{b.id()}, "members")
	}).needs(attribute("Group.members")),
	must("7644 3.5.1", "PUT of a group without members", "An empty list of members in a PUT empties the group.", func(p *Probe) {
		g := p.group(p.user(nil).id())
		p.put(g.path, p.groupBody(object{"displayName": g.string("displayName"), "members": list{}})).want(http.StatusOK)
		g.again().lacks("members")
	}).needs(attribute("Group.members")),
	should("7644 3.5.1", "PUT twice", "The same PUT twice leaves what one left.", func(p *Probe) {
		u := p.user(nil)
		body := p.userBody(object{"userName": u.string("userName"), "externalId": p.word()})
		first := p.put(u.path, body).want(http.StatusOK)
		p.put(u.path, body).want(http.StatusOK).is(first.tree)
	}),
}

// location returns the path of a resource that was read.
func (r *reply) location() string { return "/Users/" + r.id() }

// replaceRefusalChecks are about a PUT that cannot be (RFC 7644 section 3.5.1).
var replaceRefusalChecks = []Check{
	must("7644 3.5.1", "PUT of an unknown id", "A PUT creates nothing: an unknown id is 404.", func(p *Probe) {
		name := p.userName()
		p.put("/Users/"+p.word(), p.userBody(object{"userName": name})).wantError(http.StatusNotFound)
	}),
	must("7644 3.5.1", "PUT without userName", "A PUT that drops a required attribute is 400 and changes nothing.", func(p *Probe) {
		u := p.user(nil)
		p.put(u.path, p.userBody(object{"userName": absent, "displayName": "Other"})).wantError(http.StatusBadRequest, "invalidValue")
		u.again().is(u.at("userName"), "userName").is(u.at("displayName"), "displayName")
	}),
	must("7644 3.5.1", "PUT of a group without displayName", "A PUT of a group that drops its name is 400 and changes nothing.", func(p *Probe) {
		g := p.group()
		p.put(g.path, p.groupBody(object{"displayName": absent})).wantError(http.StatusBadRequest, "invalidValue")
		g.again().is(g.at("displayName"), "displayName")
	}).needs(Groups),
	must("7644 3.5.1", "malformed PUT", "A PUT of what is not JSON is 400 invalidSyntax.", func(p *Probe) {
		p.put(p.user(nil).path, `{"userName":`).wantError(http.StatusBadRequest, "invalidSyntax")
	}),
}
