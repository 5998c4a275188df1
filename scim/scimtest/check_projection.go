package scimtest

import (
	"net/http"

	"tvscim/scim"
)

// projectionChecks are about attributes and excludedAttributes of a GET (RFC 7644 sections 3.4.2.5
// and 3.9).
var projectionChecks = []Check{
	must("7644 3.4.2.5", "attributes", "With attributes only those are shown, and what is always returned.", func(p *Probe) {
		u := p.user(nil)
		p.get(u.path+"?attributes=userName").want(http.StatusOK).is(u.at("userName"), "userName").is(u.id(), "id").lacks("displayName")
	}),
	must("7644 3.4.2.5", "excludedAttributes", "excludedAttributes are left out of what is returned by default.", func(p *Probe) {
		u := p.user(nil)
		p.get(u.path+"?excludedAttributes=displayName").want(http.StatusOK).lacks("displayName").is(u.at("userName"), "userName")
	}),
	must("7644 3.4.2.5", "what is always returned cannot be left out", "An attribute that is always returned is there even when it is excluded.", func(p *Probe) {
		u := p.user(nil)
		p.get(u.path+"?excludedAttributes=id,schemas").want(http.StatusOK).is(u.id(), "id").hasSchema(scim.UserURN)
	}),
	must("7644 3.4.2.5", "several attributes", "Several attributes are separated by commas.", func(p *Probe) {
		u := p.user(object{"externalId": p.word()})
		p.get(u.path+"?attributes=userName,externalId").is(u.at("userName"), "userName").is(u.at("externalId"), "externalId").lacks("displayName")
	}),
	must("7644 3.10", "sub-attribute among attributes", "A sub-attribute is shown alone.", func(p *Probe) {
		u := p.user(object{"name": object{"givenName": "Babs", "familyName": "Jensen"}})
		p.get(u.path+"?attributes=name.givenName").is(object{"givenName": "Babs"}, "name").lacks("userName")
	}).needs(attribute("User.name.givenName")),
	must("7644 3.10", "excluded sub-attribute", "A sub-attribute can be left out alone.", func(p *Probe) {
		u := p.user(object{"name": object{"givenName": "Babs", "familyName": "Jensen"}})
		p.get(u.path+"?excludedAttributes=name.familyName").is("Babs", "name", "givenName").lacks("name", "familyName")
	}).needs(attribute("User.name.familyName")),
	must("7644 3.10", "attributes with URN", "An attribute may be written with the URN of its schema.", func(p *Probe) {
		u := p.user(nil)
		p.get(u.path+"?attributes="+scim.UserURN+":userName").is(u.at("userName"), "userName").lacks("displayName")
	}),
	must("7644 3.10", "attributes of an extension", "An attribute of an extension is written with its URN.", func(p *Probe) {
		u := p.user(object{scim.EnterpriseURN: object{"department": "Tours", "division": "Park"}})
		p.get(u.path+"?attributes="+scim.EnterpriseURN+":department").is(object{"department": "Tours"}, scim.EnterpriseURN).lacks("userName")
	}).needs(attribute("EnterpriseUser.department"), attribute("EnterpriseUser.division")),
	must("7643 2.1", "attributes in any case", "The names in attributes are the same in any case.", func(p *Probe) {
		u := p.user(nil)
		p.get(u.path+"?attributes=USERNAME").is(u.at("userName"), "userName").lacks("displayName")
	}),
	may("7644 3.4.2.5", "unknown attributes", "A name that no schema knows is refused or selects nothing.", func(p *Probe) {
		u := p.user(nil)
		if r := p.get(u.path+"?attributes="+p.word()).want(http.StatusOK, http.StatusBadRequest); r.status == http.StatusOK {
			r.is(u.id(), "id").lacks("userName")
		}
	}),
	must("7644 3.10", "attributes with a value path", "A value path among attributes is taken: emails[type eq \"work\"] shows the work address.", func(p *Probe) {
		u := p.user(object{"emails": list{object{"value": "babs@example.com", "type": "work"}}})
		p.get(query(u.path, "attributes", `emails[type eq "work"]`)).want(http.StatusOK).is("babs@example.com", "emails", "0", "value").lacks("userName")
	}).needs(attribute("User.emails.type")),
	must("7644 3.4.2.5", "attributes of a list", "attributes apply to every resource of a list.", func(p *Probe) {
		u := p.user(nil)
		r := p.find("/Users", `userName eq "`+u.string("userName")+`"`, "attributes", "userName")
		r.finds(u.id()).is(u.at("userName"), "Resources", "0", "userName").lacks("Resources", "0", "displayName")
	}).needs(Filter),
	must("7644 3.4.2.5", "excludedAttributes of a list", "excludedAttributes apply to every resource of a list.", func(p *Probe) {
		u := p.user(nil)
		r := p.find("/Users", `userName eq "`+u.string("userName")+`"`, "excludedAttributes", "userName,displayName")
		r.finds(u.id()).lacks("Resources", "0", "userName").lacks("Resources", "0", "displayName")
	}).needs(Filter),
	must("7644 3.4.2.5", "a filter sees what is not shown", "A filter applies to attributes that are not shown.", func(p *Probe) {
		u := p.user(nil)
		p.find("/Users", `userName eq "`+u.string("userName")+`"`, "attributes", "displayName").finds(u.id()).lacks("Resources", "0", "userName")
	}).needs(Filter),
	must("7644 3.4.2.5", "a group without its members", "The members of a group can be left out.", func(p *Probe) {
		g := p.group(p.user(nil).id())
		p.get(g.path+"?excludedAttributes=members").want(http.StatusOK).lacks("members").is(g.at("displayName"), "displayName")
	}).needs(attribute("Group.members")),
	must("7644 3.4.2.5", "the members of a group alone", "The members of a group can be asked for.", func(p *Probe) {
		u := p.user(nil)
		g := p.group(u.id())
		p.get(g.path+"?attributes=members").want(http.StatusOK).holds("value", []string{u.id()}, "members").lacks("displayName")
	}).needs(attribute("Group.members")),
}

// projectionWriteChecks are about attributes and excludedAttributes of a write (RFC 7644 section
// 3.9).
var projectionWriteChecks = []Check{
	must("7644 3.9", "attributes of a POST", "attributes apply to the answer to a POST.", func(p *Probe) {
		p.remember(p.post("/Users?attributes=userName", p.userBody(nil)), "/Users/").want(http.StatusCreated).lacks("displayName")
	}),
	must("7644 3.9", "attributes of a PUT", "attributes apply to the answer to a PUT.", func(p *Probe) {
		u := p.user(nil)
		p.put(u.path+"?attributes=userName", p.userBody(object{"userName": u.string("userName")})).want(http.StatusOK).lacks("displayName")
	}),
	must("7644 3.9", "attributes of a PATCH", "A PATCH with attributes is 200 with those.", func(p *Probe) {
		u := p.user(nil)
		p.patch(u.path+"?attributes=displayName", op("replace", "displayName", "Barbara")).want(http.StatusOK).is("Barbara", "displayName").lacks("userName")
	}).needs(Patch),
	must("7644 3.9", "excludedAttributes of a PATCH", "excludedAttributes apply to the answer to a PATCH.", func(p *Probe) {
		u := p.user(nil)
		p.patch(u.path+"?excludedAttributes=userName", op("replace", "displayName", "Barbara")).want(http.StatusOK, http.StatusNoContent).lacks("userName")
	}).needs(Patch),
}

// searchChecks are about queries by POST (RFC 7644 section 3.4.3).
var searchChecks = []Check{
	must("7644 3.4.3", "search", "POST /Users/.search answers like a GET with the same parameters.", func(p *Probe) {
		filter, ids := p.crowd(2)
		p.post("/Users/.search", object{"schemas": list{searchURN}, "filter": filter}).hasSchema(scim.ListURN).finds(ids...)
	}).needs(Search, Filter),
	must("7644 3.4.3", "attributes of a search", "A search takes attributes and excludedAttributes as lists.", func(p *Probe) {
		u := p.user(nil)
		filter := `userName eq "` + u.string("userName") + `"`
		p.post("/Users/.search", object{"schemas": list{searchURN}, "filter": filter, "attributes": list{"userName"}}).
			finds(u.id()).is(u.at("userName"), "Resources", "0", "userName").lacks("Resources", "0", "displayName")
		p.post("/Users/.search", object{"schemas": list{searchURN}, "filter": filter, "excludedAttributes": list{"userName"}}).
			finds(u.id()).lacks("Resources", "0", "userName")
	}).needs(Search, Filter),
	must("7644 3.4.3", "pages of a search", "A search takes startIndex and count.", func(p *Probe) {
		filter, _ := p.crowd(3)
		r := p.post("/Users/.search", object{"schemas": list{searchURN}, "filter": filter, "startIndex": 3, "count": 2})
		r.want(http.StatusOK).is(3.0, "totalResults").is(3.0, "startIndex").is(1.0, "itemsPerPage")
	}).needs(Search, Filter),
	must("7644 3.4.3", "sorted search", "A search takes sortBy and sortOrder.", func(p *Probe) {
		filter, ids := p.sorted("displayName", "Anna", "Bertha")
		body := object{"schemas": list{searchURN}, "filter": filter, "sortBy": "displayName", "sortOrder": "descending"}
		p.post("/Users/.search", body).orders(ids[1], ids[0])
	}).needs(Search, Filter, Sort),
	must("7644 3.4.3", "bad filter in a search", "A filter that cannot be read is 400 invalidFilter.", func(p *Probe) {
		p.post("/Users/.search", object{"schemas": list{searchURN}, "filter": "userName eq"}).wantError(http.StatusBadRequest, "invalidFilter")
	}).needs(Search, Filter),
	must("7644 3.4.3", "search of groups", "Groups can be searched by POST.", func(p *Probe) {
		filter, ids := p.groups(2)
		p.post("/Groups/.search", object{"schemas": list{searchURN}, "filter": filter}).finds(ids...)
	}).needs(Search, Filter, Groups),
	must("7644 3.4.2.1", "search of everything", "A search at the root finds resources of every type.", func(p *Probe) {
		mark := p.word()
		u := p.user(object{"displayName": mark})
		g := p.tryGroup(object{"displayName": mark}).want(http.StatusCreated)
		p.post("/.search", object{"schemas": list{searchURN}, "filter": `displayName eq "` + mark + `"`}).finds(u.id(), g.id())
	}).needs(RootSearch, Filter, Groups),
	must("7644 3.4.2.1", "search of everything by type", "A search at the root can be narrowed to a type by meta.resourceType.", func(p *Probe) {
		mark := p.word()
		u := p.user(object{"displayName": mark})
		p.tryGroup(object{"displayName": mark}).want(http.StatusCreated)
		p.post("/.search", object{"schemas": list{searchURN}, "filter": `displayName eq "` + mark + `" and meta.resourceType eq "User"`}).finds(u.id())
	}).needs(RootSearch, Filter, Groups),
	must("7644 3.4.3", "search that is not supported", "A provider without .search says so: 501, 404 or 405.", func(p *Probe) {
		p.post("/Users/.search", object{"schemas": list{searchURN}}).want(http.StatusNotImplemented, http.StatusNotFound, http.StatusMethodNotAllowed)
	}).unless(Search),
}
