package scimtest

import (
	"net/http"
	"slices"
)

// deleteChecks are about DELETE (RFC 7644 section 3.6).
var deleteChecks = []Check{
	must("7644 3.6", "deleted", "A DELETE is 204 without a body.", func(p *Probe) {
		if r := p.delete(p.user(nil).path).want(http.StatusNoContent); r.text != "" {
			r.failf("a 204 has a body")
		}
	}),
	must("7644 3.6", "what was deleted is gone", "Every method on what was deleted is 404.", func(p *Probe) {
		u := p.user(nil)
		p.delete(u.path).want(http.StatusNoContent)
		p.get(u.path).wantError(http.StatusNotFound)
		p.put(u.path, p.userBody(nil)).wantError(http.StatusNotFound)
		p.patch(u.path, op("replace", "displayName", "x")).wantError(http.StatusNotFound)
		p.delete(u.path).wantError(http.StatusNotFound)
	}),
	must("7644 3.6", "what was deleted is not found", "What was deleted is in no list.", func(p *Probe) {
		filter, ids := p.crowd(2)
		p.delete("/Users/" + ids[0]).want(http.StatusNoContent)
		p.find("/Users", filter).finds(ids[1])
		p.find("/Users", `id eq "`+ids[0]+`"`).finds()
	}).needs(Filter),
	must("7644 3.6", "the name can be used again", "What was deleted counts in no conflict: its userName can be used again.", func(p *Probe) {
		u := p.user(nil)
		p.delete(u.path).want(http.StatusNoContent)
		again := p.user(object{"userName": u.string("userName")})
		p.get(again.path).want(http.StatusOK).is(u.at("userName"), "userName")
	}),
	must("7644 3.6", "DELETE of an unknown id", "A DELETE of an id that does not exist is 404.", func(p *Probe) {
		p.delete("/Users/" + p.word()).wantError(http.StatusNotFound)
	}),
	must("7644 3.6", "DELETE of a group", "A group is deleted, and its members stay.", func(p *Probe) {
		u := p.user(nil)
		g := p.group(u.id())
		p.delete(g.path).want(http.StatusNoContent)
		p.get(g.path).wantError(http.StatusNotFound)
		p.delete(g.path).wantError(http.StatusNotFound)
		u.again()
	}).needs(Groups),
	must("7644 3.6", "the name of a group can be used again", "The name of a group that was deleted can be used again.", func(p *Probe) {
		g := p.group()
		p.delete(g.path).want(http.StatusNoContent)
		p.tryGroup(object{"displayName": g.string("displayName")}).want(http.StatusCreated)
	}).needs(Groups),
	may("7643 4.2", "a deleted member", "A user that was deleted is no member of a group.", func(p *Probe) {
		a, b := p.user(nil), p.user(nil)
		g := p.group(a.id(), b.id())
		p.delete(a.path).want(http.StatusNoContent)
		r := g.again()
		if slices.Contains(texts(r.at("members"), "value"), a.id()) {
			r.failf("the deleted user %s is a member", a.id())
		}
	}).needs(attribute("Group.members")),
}
