package scimtest

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"tvscim/scim"
)

// commonChecks are about the attributes that every resource has (RFC 7643 sections 3 and 3.1).
var commonChecks = []Check{
	must("7643 3.1", "id", "A resource has an id that is not empty and not the reserved word bulkId.", func(p *Probe) {
		if u := p.user(nil); u.id() == "" || u.id() == "bulkId" {
			u.failf("id is %v", u.at("id"))
		}
	}),
	must("7643 3.1", "ids differ", "The ids of two resources differ.", func(p *Probe) {
		if a, b := p.user(nil), p.user(nil); a.id() == b.id() {
			b.failf("two users have the id %q", a.id())
		}
	}),
	must("7643 3.1", "the client does not choose the id", "The provider issues the id: one that the client sends is ignored.", func(p *Probe) {
		id := p.word()
		if u := p.user(object{"id": id}); u.id() == id {
			u.failf("the id is the client's")
		}
	}),
	must("7643 3.1", "id is stable", "The id stays through changes, a new userName included.", func(p *Probe) {
		u := p.user(nil)
		u.patched(op("replace", "userName", p.userName())).is(u.id(), "id")
	}).needs(Patch),
	must("7643 3.1", "the case of an id counts", "ids are caseExact: one in other case is another one.", func(p *Probe) {
		u := p.user(nil)
		other := strings.ToUpper(u.id())
		if other == u.id() {
			other = strings.ToLower(u.id())
		}
		if other == u.id() {
			p.skip("ids here have no letters")
		}
		p.get("/Users/" + other).want(http.StatusNotFound)
	}),
	must("7643 3.1", "externalId", "externalId comes back as the client sent it.", func(p *Probe) {
		id := "Ext/" + p.word() + "+é"
		p.user(object{"externalId": id}).is(id, "externalId").again().is(id, "externalId")
	}),
	must("7643 3.1", "no externalId", "externalId is never assigned by the provider.", func(p *Probe) {
		p.user(nil).again().lacks("externalId")
	}),
	may("7643 3.1", "externalId can be changed", "The client may set another externalId later.", func(p *Probe) {
		u := p.user(object{"externalId": p.word()})
		id := p.word()
		u.patched(op("replace", "externalId", id)).is(id, "externalId")
	}).needs(Patch),
	must("7643 3", "schemas", "A resource lists the URN of its core schema in schemas.", func(p *Probe) {
		p.user(nil).hasSchema(scim.UserURN).again().hasSchema(scim.UserURN)
	}),
	must("7643 3", "schemas of an extension", "A resource with attributes of an extension lists its URN in schemas.", func(p *Probe) {
		p.user(object{scim.EnterpriseURN: object{"department": "Tours"}}).again().hasSchema(scim.EnterpriseURN)
	}).needs(attribute("EnterpriseUser.department")),
	must("7643 3", "schemas has no duplicates", "No URN stands twice in schemas.", func(p *Probe) {
		r := p.user(object{"schemas": list{scim.UserURN, scim.UserURN}}).again()
		schemas, _ := r.at("schemas").(list)
		for i, urn := range schemas {
			if slices.Contains(schemas[:i], urn) {
				r.failf("schemas has %v twice", urn)
			}
		}
	}),
	should("7643 3.3", "extension without attributes", "An extension that schemas names but the body does not hold is accepted.", func(p *Probe) {
		p.user(object{"schemas": list{scim.UserURN, scim.EnterpriseURN}})
	}),
}

// metaChecks are about meta (RFC 7643 section 3.1).
var metaChecks = []Check{
	must("7643 3.1", "meta.resourceType", "meta.resourceType is the name of the resource type.", func(p *Probe) {
		p.user(nil).is("User", "meta", "resourceType").again().is("User", "meta", "resourceType")
	}),
	must("7643 3.1", "meta.created", "meta.created is a dateTime, and stays.", func(p *Probe) {
		u := p.user(nil)
		u.time("meta", "created")
		p.put(u.path, p.userBody(object{"displayName": "Other"})).want(http.StatusOK)
		u.again().is(u.at("meta", "created"), "meta", "created")
	}),
	must("7643 3.1", "meta.lastModified", "meta.lastModified is a dateTime, not before meta.created.", func(p *Probe) {
		u := p.user(nil)
		if u.time("meta", "lastModified").Before(u.time("meta", "created")) {
			u.failf("lastModified is before created")
		}
	}),
	must("7643 3.1", "meta.lastModified of what was never changed", "Right after the create, the lastModified of a resource equals created.", func(p *Probe) {
		u := p.user(nil).again()
		if !u.time("meta", "lastModified").Equal(u.time("meta", "created")) {
			u.failf("lastModified differs from created")
		}
	}),
	must("7643 3.1", "meta.location", "meta.location is an address of the resource that can be read.", func(p *Probe) {
		u := p.user(nil)
		if location := u.string("meta", "location"); !strings.HasSuffix(location, u.path) {
			u.failf("meta.location is %q, want one that ends in %s", location, u.path)
		}
	}),
	must("7643 3.1", "Content-Location", "meta.location is the same as the header Content-Location, where there is one.", func(p *Probe) {
		u := p.user(nil).again()
		if l := u.header.Get("Content-Location"); l != "" {
			u.is(l, "meta", "location")
		}
	}),
	must("7643 3.1", "meta is read-only", "meta that a client sends is ignored.", func(p *Probe) {
		meta := object{"resourceType": "Group", "created": "2001-01-01T00:00:00Z", "location": "https://elsewhere.example/Users/1"}
		u := p.user(object{"meta": meta}).again()
		u.is("User", "meta", "resourceType")
		if u.string("meta", "created") == meta["created"] || u.string("meta", "location") == meta["location"] {
			u.failf("meta is the client's")
		}
	}),
	must("7643 3.1", "meta of a group", "meta of a group has its resource type and location.", func(p *Probe) {
		g := p.group()
		if g.is("Group", "meta", "resourceType"); !strings.HasSuffix(g.string("meta", "location"), g.path) {
			g.failf("meta.location does not end in %s", g.path)
		}
	}).needs(Groups),
	must("7643 3.1", "a change moves lastModified", "meta.lastModified is never before what it was, and moves with a change.", func(p *Probe) {
		u := p.user(nil)
		after := u.patched(op("replace", "displayName", "Other Name"))
		if after.time("meta", "lastModified").Before(u.time("meta", "lastModified")) {
			after.failf("lastModified went back")
		}
	}).needs(Patch),
}

// time returns a dateTime (RFC 7643 section 2.3.5).
func (r *reply) time(path ...string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, r.string(path...))
	if err != nil {
		r.failf("%s is %v, want a dateTime", strings.Join(path, "."), r.at(path...))
	}
	return t
}

// valueChecks are about values that are absent, and names in any case (RFC 7643 sections 2.1 to
// 2.5).
var valueChecks = []Check{
	must("7643 2.1", "names in any case", "Attribute names are the same in any case.", func(p *Probe) {
		body := p.userBody(object{"displayName": absent, "DISPLAYNAME": "Any Case"})
		body["UserName"] = body["userName"]
		delete(body, "userName")
		p.remember(p.post("/Users", body), "/Users/").want(http.StatusCreated).again().is(body["UserName"], "userName").is("Any Case", "displayName")
	}),
	must("7643 2.1", "names are spelled as in the schema", "A service provider shows names as the schema spells them.", func(p *Probe) {
		p.user(object{"NAME": object{"GIVENNAME": "Babs"}}).again().is("Babs", "name", "givenName").lacks("NAME")
	}).needs(attribute("User.name.givenName")),
	must("7643 2.5", "null is unassigned", "An attribute that is null is not assigned.", func(p *Probe) {
		p.user(object{"nickName": nil}).again().lacks("nickName")
	}),
	must("7643 2.5", "null sub-attribute", "A sub-attribute that is null is not assigned, and its siblings are.", func(p *Probe) {
		p.user(object{"name": object{"givenName": "Babs", "familyName": nil}}).again().is("Babs", "name", "givenName").lacks("name", "familyName")
	}).needs(attribute("User.name.givenName"), attribute("User.name.familyName")),
	must("7643 2.5", "empty list", "A multi-valued attribute that is an empty list is not assigned.", func(p *Probe) {
		p.user(object{"phoneNumbers": list{}}).again().lacks("phoneNumbers")
	}),
	must("7643 2.5", "null list", "A multi-valued attribute that is null is not assigned.", func(p *Probe) {
		p.user(object{"phoneNumbers": nil}).again().lacks("phoneNumbers")
	}),
	must("7643 2.5", "null in a PATCH", "Replacing a value by null removes it.", func(p *Probe) {
		u := p.user(object{"nickName": "Babs"})
		u.patched(object{"op": "replace", "path": "nickName", "value": nil}).lacks("nickName")
	}).needs(Patch, attribute("User.nickName")),
	must("7643 2.4", "one primary", "No more than one value of an attribute is primary, or two are refused.", func(p *Probe) {
		two := list{object{"value": "555-1", "type": "work", "primary": true}, object{"value": "555-2", "type": "home", "primary": true}}
		u := p.tryUser(object{"phoneNumbers": two}).want(http.StatusCreated, http.StatusBadRequest)
		if u.status == http.StatusCreated {
			u.again().onePrimaryPhone()
		}
	}).needs(attribute("User.phoneNumbers.primary")),
	should("7643 2.4", "no value twice", "The same type and value are not returned more than once.", func(p *Probe) {
		same := object{"value": "555-1", "type": "work"}
		p.user(object{"phoneNumbers": list{same, same}}).again().holds("value", []string{"555-1"}, "phoneNumbers")
	}).needs(attribute("User.phoneNumbers")),
	may("7643 2.4", "types of one's own", "The canonical types of a value are suggestions: another one is kept or refused, not changed.", func(p *Probe) {
		own := list{object{"value": "555-1", "type": "yacht"}}
		if u := p.tryUser(object{"phoneNumbers": own}).want(http.StatusCreated, http.StatusBadRequest); u.status == http.StatusCreated {
			u.again().is("yacht", "phoneNumbers", "0", "type")
		}
	}).needs(attribute("User.phoneNumbers.type")),
	must("7643 2.2", "required attribute missing", "A user without userName is 400 invalidValue.", func(p *Probe) {
		p.tryUser(object{"userName": absent}).wantError(http.StatusBadRequest, "invalidValue")
	}),
	must("7643 2.2", "required attribute null", "A user whose userName is null is 400 invalidValue.", func(p *Probe) {
		p.tryUser(object{"userName": nil}).wantError(http.StatusBadRequest, "invalidValue")
	}),
	must("7643 4.1.1", "required attribute empty", "A user whose userName is empty is 400 invalidValue.", func(p *Probe) {
		p.tryUser(object{"userName": ""}).wantError(http.StatusBadRequest, "invalidValue")
	}),
	must("7643 4.2", "group without a name", "A group without displayName is 400 invalidValue.", func(p *Probe) {
		p.tryGroup(object{"displayName": absent}).wantError(http.StatusBadRequest, "invalidValue")
	}).needs(Groups),
	may("7643 2.2", "unknown attribute", "An attribute that no schema knows is refused or ignored, not shown.", func(p *Probe) {
		name := p.word()
		if u := p.tryUser(object{name: "x"}).want(http.StatusCreated, http.StatusBadRequest); u.status == http.StatusCreated {
			u.again().lacks(name)
		}
	}),
}

// onePrimaryPhone expects at most one phone number to be primary.
func (r *reply) onePrimaryPhone() *reply {
	n := 0
	values, _ := r.at("phoneNumbers").(list)
	for _, v := range values {
		if at(v, "primary") == true {
			n++
		}
	}
	if n > 1 {
		return r.failf("%d values of phoneNumbers are primary", n)
	}
	return r
}
