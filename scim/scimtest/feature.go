package scimtest

import (
	"context"
	"net/http"

	"tvscim/scim"
)

// Feature is an optional feature of a service provider. The suite reads the features from the
// ServiceProviderConfig, the schemas and the resource types (RFC 7644 section 4), and finds out the
// others by requests.
type Feature string

// The features that checks need. Besides these, every attribute that /Schemas shows is a feature.
const (
	Authentication Feature = "authentication"
	Patch          Feature = "patch"
	Filter         Feature = "filter"
	Sort           Feature = "sort"
	ETag           Feature = "etag"
	Bulk           Feature = "bulk"
	ChangePassword Feature = "changePassword"
	CursorPaging   Feature = "pagination.cursor"
	Search         Feature = ".search"
	RootSearch     Feature = ".search at the root"
	Me             Feature = "/Me"
	Groups         Feature = "resource type Group"
)

// attribute is the feature of having an attribute: "User.title", "User.name.givenName",
// "EnterpriseUser.department". The first word is the name of the schema.
func attribute(path string) Feature { return Feature("attribute " + path) }

// distinct is the feature of an attribute whose values are unique within the provider.
func distinct(path string) Feature { return Feature("uniqueness of " + path) }

// discover finds out which features the target has. A feature that cannot be read is missing,
// except for PATCH and filters, so that a provider with a broken configuration cannot skip their
// checks.
func (s *suite) discover(ctx context.Context) {
	for _, f := range s.target.Features {
		s.features[f] = true
	}
	s.features[Authentication] = s.target.Token != ""
	p := s.probe(ctx)
	s.configured(p.get("/ServiceProviderConfig"))
	for _, t := range p.get("/ResourceTypes").resources() {
		if at(t, "name") == "Group" {
			s.features[Groups] = true
		}
	}
	for _, schema := range p.get("/Schemas").resources() {
		s.attributes(schemaName(at(schema, "id")), "", at(schema, "attributes"))
	}
	body := object{"schemas": list{searchURN}, "count": 0}
	s.found(Search, p.post("/Users/.search", body))
	s.found(RootSearch, p.post("/.search", body))
	s.found(Me, p.get("/Me"))
}

// configured reads the features that the ServiceProviderConfig advertises.
func (s *suite) configured(config *reply) {
	readable := config.status == http.StatusOK && config.tree != nil
	for _, f := range []Feature{Patch, Filter, Sort, ETag, Bulk, ChangePassword} {
		if config.at(string(f), "supported") == true || !readable && (f == Patch || f == Filter) {
			s.features[f] = true
		}
	}
	if config.at("pagination", "cursor") == true {
		s.features[CursorPaging] = true
	}
}

// found adds a feature that a request has confirmed.
func (s *suite) found(f Feature, r *reply) {
	if r.status == http.StatusOK {
		s.features[f] = true
	}
}

// attributes adds the attributes of a schema, and their sub-attributes.
func (s *suite) attributes(schema, parent string, attributes any) {
	definitions, _ := attributes.([]any)
	for _, a := range definitions {
		name, _ := at(a, "name").(string)
		path := schema + "." + parent + name
		s.features[attribute(path)] = true
		if at(a, "uniqueness") == string(scim.UniqueServer) || at(a, "uniqueness") == string(scim.UniqueGlobal) {
			s.features[distinct(path)] = true
		}
		s.attributes(schema, parent+name+".", at(a, "subAttributes"))
	}
}

// schemaName shortens the URN of a schema to the word that features use; "" for one that no check
// knows.
func schemaName(urn any) string {
	switch urn {
	case scim.UserURN:
		return "User"
	case scim.GroupURN:
		return "Group"
	case scim.EnterpriseURN:
		return "EnterpriseUser"
	default:
		return ""
	}
}
