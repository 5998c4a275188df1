package scimtest

import (
	"net/http"
	"slices"
	"strconv"

	"tvscim/scim"
)

// createChecks are about POST (RFC 7644 section 3.3).
var createChecks = []Check{
	must("7644 3.3", "created", "A POST that creates a resource is 201 with the resource.", func(p *Probe) {
		name := p.userName()
		p.tryUser(object{"userName": name}).want(http.StatusCreated).is(name, "userName").hasSchema(scim.UserURN)
	}),
	must("7644 3.3", "Location", "A 201 has a header Location, the same as meta.location.", func(p *Probe) {
		u := p.user(nil)
		if u.header.Get("Location") == "" {
			u.failf("there is no header Location")
		}
		u.is(u.header.Get("Location"), "meta", "location")
	}),
	must("7644 3.3", "read-only attributes are ignored", "Attributes that are read-only are ignored in a POST: groups of a user are.", func(p *Probe) {
		p.user(object{"groups": list{object{"value": p.word()}}}).again().lacks("groups")
	}),
	must("7644 3.3", "Location of a group", "A 201 of a group has a header Location, the same as meta.location.", func(p *Probe) {
		g := p.group()
		g.is(g.header.Get("Location"), "meta", "location")
	}).needs(Groups),
}

// readChecks are about GET of one resource (RFC 7644 section 3.4.1).
var readChecks = []Check{
	must("7644 3.4.1", "read", "A GET of a resource is 200 with the resource.", func(p *Probe) {
		u := p.user(nil)
		u.again().is(u.id(), "id").is(u.at("userName"), "userName")
	}),
	should("7644 3.3", "the answer to a create is the resource", "A GET right after a POST shows what the POST answered.", func(p *Probe) {
		u := p.user(object{"externalId": p.word()})
		u.again().is(u.tree)
	}),
	must("7644 3.4.1", "read a group", "A GET of a group is 200 with the group.", func(p *Probe) {
		g := p.group()
		g.again().is(g.id(), "id").is(g.at("displayName"), "displayName")
	}).needs(Groups),
	should("7644 3.2", "a path with a slash at its end", "A slash at the end of the endpoint changes nothing.", func(p *Probe) {
		p.get("/Users/?count=1").want(http.StatusOK).hasSchema(scim.ListURN)
	}),
}

// listChecks are about GET of all resources of a type (RFC 7644 section 3.4.2).
var listChecks = []Check{
	must("7644 3.4.2", "form of a list", "A list has the ListResponse schema and totalResults.", func(p *Probe) {
		if r := p.get("/Users").want(http.StatusOK).hasSchema(scim.ListURN); !whole(r.at("totalResults")) {
			r.failf("totalResults is %v", r.at("totalResults"))
		}
	}),
	must("7644 3.4.2", "a list has no extra members", "A ListResponse has the members of RFC 7644 section 3.4.2 and no others.", onlyListMembers("/Users?count=1")),
	must("7644 3.4.2", "nothing found", "A filter that matches nothing is 200 with totalResults 0, never 404.", func(p *Probe) {
		p.user(nil)
		if r := p.find("/Users", `userName eq "`+p.userName()+`"`).is(0.0, "totalResults"); len(r.resources()) != 0 {
			r.failf("%d resources, want none", len(r.resources()))
		}
	}).needs(Filter),
	must("7644 3.4.2", "nothing found among groups", "The same for groups.", func(p *Probe) {
		p.group()
		p.find("/Groups", `displayName eq "`+p.word()+`"`).finds()
	}).needs(Filter, Groups),
	must("7644 3.4.2", "resources of a list", "A resource in a list has the form that it has alone, with schemas and id.", func(p *Probe) {
		u := p.user(nil)
		r := p.find("/Users", `userName eq "`+u.string("userName")+`"`)
		one := &reply{probe: p, request: r.request, tree: r.at("Resources", "0")}
		one.is(u.id(), "id").hasSchema(scim.UserURN)
	}).needs(Filter),
	must("7644 3.4.2", "all of the type", "Without a filter, a list holds all resources of the type.", func(p *Probe) {
		u := p.user(nil)
		for start := 1; !p.over(); {
			r := p.get("/Users?startIndex=" + strconv.Itoa(start)).want(http.StatusOK)
			if slices.Contains(r.ids(), u.id()) {
				return
			}
			if start += len(r.resources()); len(r.resources()) == 0 {
				r.failf("the user %s that was made is not in the list", u.id())
			}
		}
	}),
}

// pageChecks are about index paging (RFC 7644 section 3.4.2.4).
var pageChecks = []Check{
	must("7644 3.4.2.4", "count", "At most count resources are returned.", func(p *Probe) {
		filter, _ := p.crowd(3)
		if r := p.find("/Users", filter, "count", "2").is(3.0, "totalResults"); len(r.resources()) > 2 {
			r.failf("%d resources, want 2 at most", len(r.resources()))
		}
	}).needs(Filter),
	must("7644 3.4.2.4", "count 0", "With count 0 there is only totalResults.", func(p *Probe) {
		filter, _ := p.crowd(2)
		p.find("/Users", filter, "count", "0").is(2.0, "totalResults").lacks("Resources")
	}).needs(Filter),
	must("7644 3.4.2.4", "negative count", "A negative count is 0.", func(p *Probe) {
		filter, _ := p.crowd(2)
		p.find("/Users", filter, "count", "-3").is(2.0, "totalResults").lacks("Resources")
	}).needs(Filter),
	must("7644 3.4.2.4", "startIndex", "startIndex is the 1-based index of the first resource of a page, and is answered.", func(p *Probe) {
		filter, ids := p.crowd(3)
		all := p.find("/Users", filter)
		second := p.find("/Users", filter, "startIndex", "2", "count", "1").is(2.0, "startIndex")
		if len(ids) == 3 && second.at("Resources", "0", "id") != all.at("Resources", "1", "id") {
			second.failf("the first resource is not the second of the list")
		}
	}).needs(Filter),
	must("7644 3.4.2.4", "startIndex below 1", "A startIndex below 1 is 1.", func(p *Probe) {
		filter, ids := p.crowd(2)
		for _, start := range []string{"0", "-5"} {
			p.find("/Users", filter, "startIndex", start).finds(ids...).is(1.0, "startIndex")
		}
	}).needs(Filter),
	must("7644 3.4.2.4", "startIndex beyond the end", "Beyond the end there are no resources, and totalResults stays.", func(p *Probe) {
		filter, _ := p.crowd(2)
		p.find("/Users", filter, "startIndex", "3").is(2.0, "totalResults").lacks("Resources")
	}).needs(Filter),
	must("7644 3.4.2.4", "itemsPerPage", "itemsPerPage is the number of resources of the page.", func(p *Probe) {
		filter, _ := p.crowd(3)
		p.find("/Users", filter, "startIndex", "3", "count", "2").is(1.0, "itemsPerPage")
	}).needs(Filter),
	must("7644 3.4.2.4", "pages partition the list", "Pages of a list that does not change hold every resource exactly once.", partitions("/Users", (*Probe).crowd)).needs(Filter),
	must("7644 3.4.2.4", "pages of groups", "The same for groups.", partitions("/Groups", (*Probe).groups)).needs(Filter, Groups),
	should("7644 3.4.2.4", "count beyond the maximum", "A count beyond what the provider gives is not an error.", func(p *Probe) {
		p.get("/Users?count=1000000").want(http.StatusOK)
	}),
	should("7644 3.4.2.4", "count that is not a number", "A count that is not a whole number is refused or ignored.", func(p *Probe) {
		p.get("/Users?count=some").want(http.StatusOK, http.StatusBadRequest)
	}),
}

// crowd makes n users and returns a filter that selects exactly them, and their ids.
func (p *Probe) crowd(n int) (filter string, ids []string) {
	mark := p.word()
	for i := range n {
		ids = append(ids, p.user(object{"userName": p.userNameOf(mark + strconv.Itoa(i))}).id())
	}
	return `userName co "` + mark + `"`, ids
}

// groups makes n groups and returns a filter that selects exactly them, and their ids.
func (p *Probe) groups(n int) (filter string, ids []string) {
	mark := p.word()
	for i := range n {
		ids = append(ids, p.tryGroup(object{"displayName": mark + " " + strconv.Itoa(i)}).want(http.StatusCreated).id())
	}
	return `displayName co "` + mark + `"`, ids
}

// partitions pages through a list and expects every resource once.
func partitions(endpoint string, crowd func(*Probe, int) (string, []string)) func(*Probe) {
	return func(p *Probe) {
		filter, want := crowd(p, 5)
		var got []string
		for start := 1; start <= 5; start += 2 {
			r := p.find(endpoint, filter, "startIndex", strconv.Itoa(start), "count", "2").is(5.0, "totalResults")
			got = append(got, r.ids()...)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			p.failf("GET %s in pages of 2: found %q, want %q", endpoint, got, want)
		}
	}
}
