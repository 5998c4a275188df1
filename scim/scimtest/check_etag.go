package scimtest

import (
	"net/http"
	"strings"
)

// etagChecks are about versions (RFC 7644 section 3.14).
var etagChecks = []Check{
	must("7644 3.14", "version", "A resource has meta.version, the same as its header ETag.", func(p *Probe) {
		u := p.user(nil)
		u.version()
		u.again().version()
	}).needs(ETag),
	must("7644 3.14", "form of an entity tag", "A version is a weak or strong entity tag in quotes.", func(p *Probe) {
		u := p.user(nil).again()
		if v := strings.TrimPrefix(u.version(), "W/"); len(v) < 3 || v[0] != '"' || v[len(v)-1] != '"' {
			u.failf("ETag is %q", v)
		}
	}).needs(ETag),
	must("7644 3.14", "a change makes another version", "A change makes another version.", func(p *Probe) {
		u := p.user(nil)
		before := u.version()
		if after := u.patched(op("replace", "displayName", "Barbara")); after.version() == before {
			after.failf("the version is the same after a change")
		}
	}).needs(ETag, Patch),
	must("7644 3.14", "no change, no other version", "Reading twice gives the same version.", func(p *Probe) {
		u := p.user(nil).again()
		p.get("/Users/"+u.id()).is(u.version(), "meta", "version")
	}).needs(ETag),
	must("7644 3.14", "If-None-Match of the version", "A GET with If-None-Match of the version is 304 without a body.", func(p *Probe) {
		u := p.user(nil).again()
		if r := p.send("GET", "/Users/"+u.id(), nil, "If-None-Match", u.version()).want(http.StatusNotModified); r.text != "" {
			r.failf("a 304 has a body")
		}
	}).needs(ETag),
	must("7644 3.14", "If-None-Match of another version", "A GET with If-None-Match of another version is 200.", func(p *Probe) {
		p.send("GET", p.user(nil).path, nil, "If-None-Match", `W/"other"`).want(http.StatusOK)
	}).needs(ETag),
	must("7644 3.14", "If-Match of the version", "A write with If-Match of the version is done.", func(p *Probe) {
		u := p.user(nil)
		p.send("PATCH", u.path, patchOf(op("replace", "displayName", "Barbara")), "If-Match", u.version()).want(http.StatusOK, http.StatusNoContent)
		u.again().is("Barbara", "displayName")
	}).needs(ETag, Patch),
	must("7644 3.14", "PATCH with If-Match of another version", "A PATCH with If-Match of another version is 412 and changes nothing.", func(p *Probe) {
		u := p.user(nil)
		p.send("PATCH", u.path, patchOf(op("replace", "displayName", "Barbara")), "If-Match", `W/"other"`).wantError(http.StatusPreconditionFailed)
		u.again().is(u.at("displayName"), "displayName")
	}).needs(ETag, Patch),
	must("7644 3.14", "PUT with If-Match of another version", "A PUT with If-Match of another version is 412 and changes nothing.", func(p *Probe) {
		u := p.user(nil)
		p.send("PUT", u.path, p.userBody(object{"userName": u.string("userName"), "displayName": "Barbara"}), "If-Match", `W/"other"`).wantError(http.StatusPreconditionFailed)
		u.again().is(u.at("displayName"), "displayName")
	}).needs(ETag),
	must("7644 3.14", "DELETE with If-Match of another version", "A DELETE with If-Match of another version is 412 and deletes nothing.", func(p *Probe) {
		u := p.user(nil)
		p.send("DELETE", u.path, nil, "If-Match", `W/"other"`).wantError(http.StatusPreconditionFailed)
		u.again()
	}).needs(ETag),
	must("7644 3.14", "If-Match of a version that was", "If-Match of the version before a change is 412.", func(p *Probe) {
		u := p.user(nil)
		u.patched(op("replace", "displayName", "Barbara"))
		p.send("PATCH", u.path, patchOf(op("replace", "displayName", "Babs")), "If-Match", u.version()).wantError(http.StatusPreconditionFailed)
		u.again().is("Barbara", "displayName")
	}).needs(ETag, Patch),
	must("7644 3.14", "If-Match of any version", "If-Match * is met by any version of what exists.", func(p *Probe) {
		u := p.user(nil)
		p.send("PATCH", u.path, patchOf(op("replace", "displayName", "Barbara")), "If-Match", "*").want(http.StatusOK, http.StatusNoContent)
	}).needs(ETag, Patch),
	must("7644 3.14", "If-Match on a group", "If-Match holds for groups, their members included.", func(p *Probe) {
		u := p.user(nil)
		g := p.group()
		before := g.again().version()
		g.patched(op("add", "members", membersOf(u.id())))
		p.send("PATCH", g.path, patchOf(op("remove", "members", nil)), "If-Match", before).wantError(http.StatusPreconditionFailed)
		g.again().holds("value", []string{u.id()}, "members")
	}).needs(ETag, Patch, attribute("Group.members")),
	must("7644 3.14", "If-None-Match on a group without its members", "The version of a group holds for a GET that leaves its members out.", func(p *Probe) {
		u := p.user(nil)
		g := p.group()
		before := g.again().version()
		p.send("GET", g.path+"?excludedAttributes=members", nil, "If-None-Match", before).want(http.StatusNotModified)
		g.patched(op("add", "members", membersOf(u.id())))
		p.send("GET", g.path+"?excludedAttributes=members", nil, "If-None-Match", before).want(http.StatusOK).lacks("members")
	}).needs(ETag, Patch, attribute("Group.members")),
	must("7644 3.14", "If-None-Match of any version on a group", "A GET with If-None-Match * is 304 whatever part of the resource is asked for.", func(p *Probe) {
		g := p.group()
		p.send("GET", g.path+"?excludedAttributes=members", nil, "If-None-Match", "*").want(http.StatusNotModified)
	}).needs(ETag, attribute("Group.members")),
	may("7643 3.1", "no version", "A provider without entity tags shows no meta.version.", func(p *Probe) {
		p.user(nil).again().lacks("meta", "version")
	}).unless(ETag),
}

// version returns the version of a resource, which its body and its header tell alike.
func (r *reply) version() string {
	v := r.string("meta", "version")
	if v == "" || v != r.header.Get("ETag") {
		r.failf("meta.version is %q, and ETag %q", v, r.header.Get("ETag"))
	}
	return v
}

// meChecks are about the alias of the caller (RFC 7644 section 3.11).
var meChecks = []Check{
	must("7644 3.11", "/Me is not supported", "A provider without /Me answers 501.", func(p *Probe) {
		p.get("/Me").wantError(http.StatusNotImplemented)
	}).unless(Me),
	must("7644 3.11", "/Me", "/Me answers with a user, and its location is the user's own.", func(p *Probe) {
		r := p.get("/Me").want(http.StatusOK)
		if location := r.string("meta", "location"); !strings.HasSuffix(location, "/Users/"+r.id()) {
			r.failf("meta.location is %q", location)
		}
	}).needs(Me),
}
