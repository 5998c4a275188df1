package scimtest

import (
	"net/http"
	"strconv"

	"tvscim/scim"
)

// sortChecks are about sortBy and sortOrder (RFC 7644 section 3.4.2.3).
var sortChecks = []Check{
	must("7644 3.4.2.3", "ascending by default", "Without sortOrder the order is ascending.", func(p *Probe) {
		filter, ids := p.sorted("displayName", "Charles", "Anna", "Bertha")
		p.find("/Users", filter, "sortBy", "displayName").orders(ids[1], ids[2], ids[0])
	}).needs(Sort, Filter),
	must("7644 3.4.2.3", "ascending", "sortOrder ascending gives the least first.", func(p *Probe) {
		filter, ids := p.sorted("displayName", "Charles", "Anna", "Bertha")
		p.find("/Users", filter, "sortBy", "displayName", "sortOrder", "ascending").orders(ids[1], ids[2], ids[0])
	}).needs(Sort, Filter),
	must("7644 3.4.2.3", "descending", "sortOrder descending gives the greatest first.", func(p *Probe) {
		filter, ids := p.sorted("displayName", "Charles", "Anna", "Bertha")
		p.find("/Users", filter, "sortBy", "displayName", "sortOrder", "descending").orders(ids[0], ids[2], ids[1])
	}).needs(Sort, Filter),
	must("7644 3.4.2.3", "any case", "Values that are not caseExact are sorted in any case.", func(p *Probe) {
		filter, ids := p.sorted("displayName", "anna", "Bertha", "charles")
		p.find("/Users", filter, "sortBy", "displayName").orders(ids[0], ids[1], ids[2])
	}).needs(Sort, Filter),
	must("7644 3.4.2.3", "caseExact", "Values that are caseExact are sorted by case.", func(p *Probe) {
		mark := p.word()
		filter, ids := p.sorted("externalId", "a"+mark, "B"+mark, "c"+mark)
		p.find("/Users", filter, "sortBy", "externalId").orders(ids[1], ids[0], ids[2])
	}).needs(Sort, Filter),
	must("7644 3.4.2.3", "no value is last", "Ascending, resources without a value come last.", func(p *Probe) {
		filter, ids := p.sorted("nickName", "", "Anna", "Bertha")
		p.find("/Users", filter, "sortBy", "nickName").orders(ids[1], ids[2], ids[0])
	}).needs(Sort, Filter, attribute("User.nickName")),
	must("7644 3.4.2.3", "no value is first when descending", "Descending, resources without a value come first.", func(p *Probe) {
		filter, ids := p.sorted("nickName", "Anna", "", "Bertha")
		p.find("/Users", filter, "sortBy", "nickName", "sortOrder", "descending").orders(ids[1], ids[2], ids[0])
	}).needs(Sort, Filter, attribute("User.nickName")),
	must("7644 3.4.2.3", "sub-attribute", "sortBy may name a sub-attribute.", func(p *Probe) {
		filter, ids := p.sorted("name", object{"familyName": "Young", "givenName": "A"}, object{"familyName": "Adams", "givenName": "B"})
		p.find("/Users", filter, "sortBy", "name.familyName").orders(ids[1], ids[0])
	}).needs(Sort, Filter, attribute("User.name.familyName")),
	must("7644 3.4.2.3", "sortBy with URN", "sortBy may be written with the URN of the schema, in any case.", func(p *Probe) {
		filter, ids := p.sorted("displayName", "Charles", "Anna")
		p.find("/Users", filter, "sortBy", scim.UserURN+":DisplayName").orders(ids[1], ids[0])
	}).needs(Sort, Filter),
	must("7644 3.4.2.3", "the primary value of a list", "A list is sorted by its primary value, else by its first.", func(p *Probe) {
		filter, ids := p.sorted("phoneNumbers",
			list{object{"value": "1", "type": "home"}, object{"value": "9", "type": "work", "primary": true}},
			list{object{"value": "5", "type": "work"}, object{"value": "0", "type": "home"}})
		p.find("/Users", filter, "sortBy", "phoneNumbers.value").orders(ids[1], ids[0])
	}).needs(Sort, Filter, attribute("User.phoneNumbers.primary")),
	must("7644 3.4.2.3", "times", "Times are sorted in the order of time.", func(p *Probe) {
		filter, ids := p.crowd(3)
		r := p.find("/Users", filter, "sortBy", "meta.created", "sortOrder", "descending").finds(ids...)
		for i := range 2 {
			one, next := r.string("Resources", strconv.Itoa(i), "meta", "created"), r.string("Resources", strconv.Itoa(i+1), "meta", "created")
			if one < next {
				r.failf("%s comes before %s", one, next)
			}
		}
	}).needs(Sort, Filter),
	must("7644 3.4.2.3", "pages of a sorted list", "Paging follows the order.", func(p *Probe) {
		filter, ids := p.sorted("displayName", "Charles", "Anna", "Bertha")
		p.find("/Users", filter, "sortBy", "displayName", "startIndex", "2", "count", "1").orders(ids[2])
	}).needs(Sort, Filter),
	should("7644 3.4.2.3", "sorting that is not supported", "A provider that does not sort returns an unsorted list or an error.", func(p *Probe) {
		p.get("/Users?sortBy=userName&count=1").want(http.StatusOK, http.StatusBadRequest, http.StatusNotImplemented)
	}).unless(Sort),
}

// sorted makes a user for each value of an attribute, "" for none, and returns a filter that
// selects exactly them.
func (p *Probe) sorted(attr string, values ...any) (filter string, ids []string) {
	mark := p.word()
	for i, v := range values {
		more := object{"userName": p.userNameOf(mark + string(rune('a'+i)))}
		if v != "" {
			more[attr] = v
		}
		ids = append(ids, p.user(more).id())
	}
	return `userName co "` + mark + `"`, ids
}

// cursorChecks are about paging by cursor (RFC 9865).
var cursorChecks = []Check{
	must("9865 2", "first page", "An empty cursor asks for the first page, which leads on to the next.", func(p *Probe) {
		filter, _ := p.crowd(3)
		r := p.find("/Users", filter, "cursor", "", "count", "2").hasSchema(scim.ListURN)
		if r.string("nextCursor") == "" || len(r.resources()) == 0 || len(r.resources()) > 2 {
			r.failf("nextCursor %q with %d resources of 3", r.string("nextCursor"), len(r.resources()))
		}
	}).needs(CursorPaging, Filter),
	must("9865 2", "last page", "The last page has no nextCursor.", func(p *Probe) {
		filter, ids := p.crowd(2)
		p.find("/Users", filter, "cursor", "", "count", "5").holds("id", ids, "Resources").lacks("nextCursor")
	}).needs(CursorPaging, Filter),
	must("9865 2", "cursors partition the list", "Following the cursors returns every resource exactly once.", func(p *Probe) {
		filter, want := p.crowd(5)
		got := &reply{probe: p, request: "GET /Users by cursor", tree: object{"Resources": p.follow("/Users", filter, "2")}}
		got.holds("id", want, "Resources")
	}).needs(CursorPaging, Filter),
	must("9865 2", "cursors of groups", "Following the cursors returns every group exactly once.", func(p *Probe) {
		filter, want := p.groups(3)
		got := &reply{probe: p, request: "GET /Groups by cursor", tree: object{"Resources": p.follow("/Groups", filter, "1")}}
		got.holds("id", want, "Resources")
	}).needs(CursorPaging, Filter, Groups),
	must("9865 2", "a list that ends with a page", "A full last page has no nextCursor.", func(p *Probe) {
		filter, _ := p.crowd(2)
		if r := p.find("/Users", filter, "cursor", "", "count", "2"); r.string("nextCursor") != "" {
			next := p.find("/Users", filter, "cursor", r.string("nextCursor"), "count", "2")
			next.lacks("Resources").lacks("nextCursor")
		}
	}).needs(CursorPaging, Filter),
	should("9865 2.1", "unknown cursor", "A cursor that the provider did not give is 400 invalidCursor.", func(p *Probe) {
		p.get("/Users?count=1&cursor="+p.word()).wantError(http.StatusBadRequest, "invalidCursor")
	}).needs(CursorPaging),
	should("9865 2.1", "cursor of another query", "A cursor of one query is not one of another: 400 invalidCursor.", func(p *Probe) {
		filter, _ := p.crowd(3)
		cursor := p.find("/Users", filter, "cursor", "", "count", "1").string("nextCursor")
		p.get(query("/Users", "filter", `userName pr`, "cursor", cursor, "count", "1")).wantError(http.StatusBadRequest, "invalidCursor")
	}).needs(CursorPaging, Filter),
	should("9865 2.1", "count that is not a number", "A count that is not a whole number, beside a cursor, is 400 invalidCount.", func(p *Probe) {
		p.get("/Users?cursor=&count=some").wantError(http.StatusBadRequest, "invalidCount", "invalidValue")
	}).needs(CursorPaging),
	must("9865 2.2", "sorted pages", "Pages by cursor keep the order that was asked for.", func(p *Probe) {
		filter, ids := p.sorted("displayName", "Charles", "Anna", "Bertha")
		first := p.find("/Users", filter, "cursor", "", "count", "2", "sortBy", "displayName").orders(ids[1], ids[2])
		p.find("/Users", filter, "cursor", first.string("nextCursor"), "count", "2", "sortBy", "displayName").orders(ids[0])
	}).needs(CursorPaging, Filter, Sort),
	must("9865 3", "cursor in a search", "A search by POST is paged by cursor too.", func(p *Probe) {
		filter, _ := p.crowd(2)
		body := object{"schemas": list{searchURN}, "filter": filter, "cursor": "", "count": 1}
		first := p.post("/Users/.search", body).want(http.StatusOK)
		body["cursor"] = first.string("nextCursor")
		second := p.post("/Users/.search", body).want(http.StatusOK)
		if second.lacks("nextCursor"); second.at("Resources", "0", "id") == first.at("Resources", "0", "id") {
			second.failf("the second page is the first one again")
		}
	}).needs(CursorPaging, Filter, Search),
	should("9865 2.4", "cursors that are not supported", "A provider without cursors returns no nextCursor.", func(p *Probe) {
		p.get("/Users?count=1&cursor=").want(http.StatusOK, http.StatusBadRequest).lacks("nextCursor")
	}).unless(CursorPaging),
}

// follow pages through a list by cursor and returns all resources.
func (p *Probe) follow(endpoint, filter, count string) list {
	var all list
	for cursor, pages := "", 0; pages < 10; pages++ {
		r := p.find(endpoint, filter, "cursor", cursor, "count", count)
		all = append(all, r.resources()...)
		if cursor = r.string("nextCursor"); cursor == "" {
			return all
		}
	}
	p.failf("GET %s by cursor does not end", endpoint)
	return all
}
