package scimtest

import (
	"net/http"
	"slices"
	"strings"

	"tvscim/scim"
)

// configChecks are about /ServiceProviderConfig (RFC 7643 section 5).
var configChecks = []Check{
	must("7644 4", "the configuration can be read", "GET /ServiceProviderConfig answers 200 with one resource of that schema.", func(p *Probe) {
		p.get("/ServiceProviderConfig").want(http.StatusOK).hasSchema(scim.ServiceProviderConfigURN)
	}),
	must("7643 5", "patch", "The configuration says whether PATCH is supported.", configured("patch", "supported")),
	must("7643 5", "bulk", "The configuration says whether bulk is supported, and gives its limits.", configured("bulk", "supported", "maxOperations", "maxPayloadSize")),
	must("7643 5", "filter", "The configuration says whether filters are supported, and how many results an answer holds.", configured("filter", "supported", "maxResults")),
	must("7643 5", "changePassword", "The configuration says whether passwords can be changed.", configured("changePassword", "supported")),
	must("7643 5", "sort", "The configuration says whether sorting is supported.", configured("sort", "supported")),
	must("7643 5", "etag", "The configuration says whether entity tags are supported.", configured("etag", "supported")),
	must("7643 5", "authentication schemes", "The configuration lists authentication schemes, each with type, name and description.", func(p *Probe) {
		r := p.get("/ServiceProviderConfig")
		schemes, ok := r.at("authenticationSchemes").(list)
		if !ok {
			r.failf("authenticationSchemes is no list")
		}
		for _, s := range schemes {
			for _, key := range []string{"type", "name", "description"} {
				if text, _ := at(s, key).(string); text == "" {
					r.failf("an authentication scheme lacks %s", key)
				}
			}
		}
	}),
	should("7643 5", "type of an authentication scheme", "The type of an authentication scheme is one of those that the RFC names.", func(p *Probe) {
		r := p.get("/ServiceProviderConfig").want(http.StatusOK)
		types := texts(r.at("authenticationSchemes"), "type")
		if len(types) == 0 {
			r.failf("there is no authentication scheme with a type")
		}
		for _, typ := range types {
			if !slices.Contains([]string{"oauth", "oauth2", "oauthbearertoken", "httpbasic", "httpdigest"}, typ) {
				r.failf("type %q is not one of RFC 7643", typ)
			}
		}
	}),
	must("7643 3.1", "meta of the configuration", "meta.resourceType of the configuration is ServiceProviderConfig.", func(p *Probe) {
		p.get("/ServiceProviderConfig").is("ServiceProviderConfig", "meta", "resourceType")
	}),
	should("7644 4", "filter on the configuration", "A filter on /ServiceProviderConfig is refused with 403, so that a client does not assume that it was applied.", filterForbidden("/ServiceProviderConfig")),
	must("7644 4", "the configuration is read-only", "The discovery endpoints are only read: a POST creates nothing.", func(p *Probe) {
		p.post("/ServiceProviderConfig", object{"schemas": list{scim.ServiceProviderConfigURN}}).want(http.StatusMethodNotAllowed, http.StatusNotFound, http.StatusNotImplemented, http.StatusForbidden)
	}),
	must("9865 4", "pagination", "A configuration that advertises pagination says of cursors and of indexes whether they are supported.", func(p *Probe) {
		r := p.get("/ServiceProviderConfig")
		for _, key := range []string{"cursor", "index"} {
			if _, ok := r.at("pagination", key).(bool); !ok {
				r.failf("pagination.%s is no boolean", key)
			}
		}
	}).needs(CursorPaging),
	must("9865 4", "pagination defaults", "The default method of pagination is cursor or index; sizes and the lifetime of a cursor are positive whole numbers.", func(p *Probe) {
		r := p.get("/ServiceProviderConfig").want(http.StatusOK)
		if r.at("pagination") == nil {
			r.failf("there is no pagination")
		}
		if m := r.at("pagination", "defaultPaginationMethod"); m != nil && m != "cursor" && m != "index" {
			r.failf("pagination.defaultPaginationMethod is %v", m)
		}
		for _, key := range []string{"defaultPageSize", "maxPageSize", "cursorTimeout"} {
			if v := r.at("pagination", key); v != nil && (!whole(v) || v.(float64) < 1) {
				r.failf("pagination.%s is %v", key, v)
			}
		}
	}).needs(CursorPaging),
}

// configured expects a complex attribute of the configuration: a boolean "supported", and whole
// numbers.
func configured(attr string, subs ...string) func(*Probe) {
	return func(p *Probe) {
		r := p.get("/ServiceProviderConfig").want(http.StatusOK)
		for _, sub := range subs {
			v := r.at(attr, sub)
			if _, isBool := v.(bool); sub == "supported" && !isBool {
				r.failf("%s.%s is %v, want true or false", attr, sub, v)
			}
			if sub != "supported" && !whole(v) {
				r.failf("%s.%s is %v, want a whole number", attr, sub, v)
			}
		}
	}
}

// filterForbidden expects that an endpoint of discovery refuses a filter.
func filterForbidden(path string) func(*Probe) {
	return func(p *Probe) {
		p.get(query(path, "filter", `id eq "User"`)).wantError(http.StatusForbidden)
	}
}

// whole tells a JSON number that is not negative and has no fraction.
func whole(v any) bool {
	n, ok := v.(float64)
	return ok && n >= 0 && n == float64(int64(n))
}

// resourceTypeChecks are about /ResourceTypes (RFC 7643 section 6).
var resourceTypeChecks = []Check{
	must("7644 4", "resource types are a list", "GET /ResourceTypes answers 200 with a ListResponse of all of them.", listed("/ResourceTypes", scim.ResourceTypeURN)),
	must("7644 4", "the list of resource types has no extra members", "The ListResponse of /ResourceTypes has the members of RFC 7644 section 3.4.2 and no others.", onlyListMembers("/ResourceTypes")),
	must("7643 6", "User", "The resource type User has the endpoint /Users and the core User schema.", func(p *Probe) {
		p.get("/ResourceTypes/User").want(http.StatusOK).is("/Users", "endpoint").is(scim.UserURN, "schema")
	}),
	must("7643 6", "Group", "The resource type Group has the endpoint /Groups and the core Group schema.", func(p *Probe) {
		p.get("/ResourceTypes/Group").want(http.StatusOK).is("/Groups", "endpoint").is(scim.GroupURN, "schema")
	}).needs(Groups),
	must("7643 6", "required members of a resource type", "Every resource type has a name, an endpoint and a schema.", func(p *Probe) {
		r := p.get("/ResourceTypes")
		for _, t := range r.some() {
			for _, key := range []string{"name", "endpoint", "schema"} {
				if text, _ := at(t, key).(string); text == "" {
					r.failf("a resource type lacks %s", key)
				}
			}
		}
	}),
	must("7643 6", "the schemas of resource types exist", "Every schema and schema extension that a resource type names is available at /Schemas.", func(p *Probe) {
		for _, t := range p.get("/ResourceTypes").some() {
			for _, urn := range append(texts(at(t, "schemaExtensions"), "schema"), (&reply{tree: t}).string("schema")) {
				p.get("/Schemas/"+urn).want(http.StatusOK).is(urn, "id")
			}
		}
	}),
	must("7643 6", "schema extensions", "Every schema extension of a resource type has a schema and says whether it is required.", func(p *Probe) {
		r := p.get("/ResourceTypes")
		for _, t := range r.some() {
			extensions, _ := at(t, "schemaExtensions").(list)
			for _, e := range extensions {
				if _, ok := at(e, "required").(bool); !ok || at(e, "schema") == nil {
					r.failf("schemaExtensions of %v: want a schema and required in each", at(t, "name"))
				}
			}
		}
	}),
	must("7643 3.1", "meta of a resource type", "meta.resourceType of a resource type is ResourceType, and meta.location leads back to it.", func(p *Probe) {
		r := p.get("/ResourceTypes/User").is("ResourceType", "meta", "resourceType")
		if location := r.string("meta", "location"); !strings.HasSuffix(location, "/ResourceTypes/User") {
			r.failf("meta.location is %q", location)
		}
	}),
	must("7644 4", "unknown resource type", "A resource type that does not exist is 404.", func(p *Probe) {
		p.get("/ResourceTypes/" + p.word()).wantError(http.StatusNotFound)
	}),
	should("7644 4", "filter on resource types", "A filter on /ResourceTypes is refused with 403.", filterForbidden("/ResourceTypes")),
	must("7644 4", "paging of resource types", "Paging and sorting parameters on /ResourceTypes are ignored.", unpaged("/ResourceTypes")),
}

// listed expects a ListResponse of resources of one schema, all of them.
func listed(path, urn string) func(*Probe) {
	return func(p *Probe) {
		r := p.get(path).want(http.StatusOK).hasSchema(scim.ListURN)
		if len(r.resources()) == 0 || r.at("totalResults") != float64(len(r.resources())) {
			r.failf("totalResults is %v with %d resources", r.at("totalResults"), len(r.resources()))
		}
		for _, resource := range r.some() {
			one := &reply{probe: p, request: r.request, tree: resource}
			one.hasSchema(urn)
		}
	}
}

// onlyListMembers expects a list without members that no RFC knows.
func onlyListMembers(path string) func(*Probe) {
	return func(p *Probe) {
		r := p.get(path).want(http.StatusOK)
		members, _ := r.tree.(object)
		for name := range members {
			switch name {
			case "schemas", "totalResults", "startIndex", "itemsPerPage", "Resources", "nextCursor", "previousCursor":
			default:
				r.failf("the list has a member %q", name)
			}
		}
	}
}

// unpaged expects the same list with and without paging.
func unpaged(path string) func(*Probe) {
	return func(p *Probe) {
		all := p.get(path).want(http.StatusOK)
		page := p.get(path + "?startIndex=2&count=1&sortBy=id&sortOrder=descending").want(http.StatusOK)
		if len(all.resources()) != len(page.resources()) {
			page.failf("%d resources, want all %d", len(page.resources()), len(all.resources()))
		}
	}
}
