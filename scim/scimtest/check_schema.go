package scimtest

import (
	"net/http"
	"slices"
	"strings"

	"tvscim/scim"
)

// schemaChecks are about /Schemas as an endpoint (RFC 7643 section 7, RFC 7644 section 4).
var schemaChecks = []Check{
	must("7644 4", "schemas are a list", "GET /Schemas answers 200 with a ListResponse of all of them.", func(p *Probe) {
		r := p.get("/Schemas").want(http.StatusOK).hasSchema(scim.ListURN)
		if len(r.resources()) == 0 || r.at("totalResults") != float64(len(r.resources())) {
			r.failf("totalResults is %v with %d resources", r.at("totalResults"), len(r.resources()))
		}
	}),
	must("7644 4", "the list of schemas has no extra members", "The ListResponse of /Schemas has the members of RFC 7644 section 3.4.2 and no others.", onlyListMembers("/Schemas")),
	must("7644 4", "one schema", "GET /Schemas/{URN} answers that schema alone.", func(p *Probe) {
		p.get("/Schemas/"+scim.UserURN).want(http.StatusOK).is(scim.UserURN, "id").is("User", "name")
	}),
	must("7644 4", "unknown schema", "A schema that does not exist is 404.", func(p *Probe) {
		p.get("/Schemas/urn:example:" + p.word()).wantError(http.StatusNotFound)
	}),
	should("7644 4", "filter on schemas", "A filter on /Schemas is refused with 403.", filterForbidden("/Schemas")),
	must("7644 4", "paging of schemas", "Paging and sorting parameters on /Schemas are ignored.", unpaged("/Schemas")),
	must("7643 3.1", "meta of a schema", "meta.resourceType of a schema is Schema, and meta.location leads back to it.", func(p *Probe) {
		r := p.get("/Schemas/"+scim.UserURN).is("Schema", "meta", "resourceType")
		if location := r.string("meta", "location"); !strings.HasSuffix(location, "/Schemas/"+scim.UserURN) {
			r.failf("meta.location is %q", location)
		}
	}),
	must("7643 7", "a schema has an id and attributes", "Every schema has a URN as id, and attributes.", func(p *Probe) {
		r := p.get("/Schemas")
		for _, s := range r.some() {
			id, _ := at(s, "id").(string)
			if attributes, _ := at(s, "attributes").(list); !strings.HasPrefix(id, "urn:") || len(attributes) == 0 {
				r.failf("schema %q has %d attributes", id, len(attributes))
			}
		}
	}),
	must("7643 8.7.1", "userName is defined as the RFC has it", "userName is a required single string, unique within the provider, in any case.", func(p *Probe) {
		a := p.definition(scim.UserURN, "userName")
		a.is("string", "type").is(false, "multiValued").is(true, "required").is("server", "uniqueness").is(false, "caseExact").is("readWrite", "mutability")
	}),
	must("7643 8.7.1", "password is defined as the RFC has it", "password is write-only and never returned.", func(p *Probe) {
		p.definition(scim.UserURN, "password").is("writeOnly", "mutability").is("never", "returned")
	}).needs(attribute("User.password")),
	must("7643 8.7.1", "active is defined as the RFC has it", "active is a single boolean.", func(p *Probe) {
		p.definition(scim.UserURN, "active").is("boolean", "type").is(false, "multiValued")
	}).needs(attribute("User.active")),
	must("7643 8.7.1", "groups of a user are read-only", "groups of a user is a read-only list: membership is changed at the group.", func(p *Probe) {
		p.definition(scim.UserURN, "groups").is("readOnly", "mutability").is(true, "multiValued")
	}).needs(attribute("User.groups")),
	must("7643 8.7.1", "members are defined as the RFC has them", "members of a group is a list of objects with a value.", func(p *Probe) {
		a := p.definition(scim.GroupURN, "members").is("complex", "type").is(true, "multiValued")
		if !slices.Contains(texts(a.at("subAttributes"), "name"), "value") {
			a.failf("members has no sub-attribute value")
		}
	}).needs(Groups),
}

// definition returns the definition of an attribute, as the tree of a reply.
func (p *Probe) definition(urn, name string) *reply {
	r := p.get("/Schemas/" + urn).want(http.StatusOK)
	attributes, _ := r.at("attributes").(list)
	for _, a := range attributes {
		if at(a, "name") == name {
			return &reply{probe: p, request: r.request + " " + name, status: r.status, tree: a}
		}
	}
	return r.failf("there is no attribute %s", name)
}

// schemaAttributeChecks are about the definition of every attribute (RFC 7643 sections 2.2 and 7).
var schemaAttributeChecks = []Check{
	must("7643 7", "name", "Every attribute has a name of letters, digits, hyphens, underscores and a dollar sign at most.", definitions(func(a any) string {
		name, _ := at(a, "name").(string)
		foreign := strings.ContainsFunc(name, func(r rune) bool {
			return !strings.ContainsRune("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_$", r)
		})
		return complaint(name == "" || foreign, "name")
	})),
	must("7643 7", "type", "The type of an attribute is one of the eight data types.", definitions(oneOf("type",
		"string", "boolean", "decimal", "integer", "dateTime", "reference", "binary", "complex"))),
	must("7643 7", "multiValued", "Every attribute says whether it is multi-valued.", definitions(isBoolean("multiValued"))),
	must("7643 7", "required", "Every attribute says whether it is required.", definitions(isBoolean("required"))),
	must("7643 7", "mutability", "The mutability of an attribute is one of the four that the RFC names.", definitions(oneOf("mutability",
		"readOnly", "readWrite", "immutable", "writeOnly"))),
	must("7643 7", "returned", "When an attribute is returned is one of the four ways that the RFC names.", definitions(oneOf("returned",
		"always", "never", "default", "request"))),
	must("7643 7", "uniqueness", "The uniqueness of an attribute is one of the three that the RFC names.", definitions(oneOf("uniqueness",
		"none", "server", "global"))),
	must("7643 7", "caseExact", "Every string says whether its case counts.", definitions(func(a any) string {
		_, ok := at(a, "caseExact").(bool)
		return complaint(at(a, "type") == "string" && !ok, "caseExact")
	})),
	must("7643 7", "canonicalValues", "Canonical values are a list of strings.", definitions(func(a any) string {
		values, isList := at(a, "canonicalValues").(list)
		return complaint(at(a, "canonicalValues") != nil && (!isList || !allStrings(values)), "canonicalValues")
	})),
	must("7643 7", "referenceTypes", "Every reference says what it refers to: a resource type, external or uri.", definitions(func(a any) string {
		types, _ := at(a, "referenceTypes").(list)
		return complaint(at(a, "type") == "reference" && (len(types) == 0 || !allStrings(types)), "referenceTypes")
	})),
	must("7643 7", "subAttributes", "Complex attributes have sub-attributes, and no others have.", definitions(func(a any) string {
		subs, _ := at(a, "subAttributes").(list)
		return complaint((at(a, "type") == "complex") != (len(subs) > 0), "subAttributes")
	})),
	must("7643 2.3.8", "no complex attribute within another", "A complex attribute has no sub-attributes that are complex themselves.", definitions(func(a any) string {
		subs, _ := at(a, "subAttributes").(list)
		return complaint(slices.ContainsFunc(subs, func(s any) bool { return at(s, "type") == "complex" }), "subAttributes")
	})),
	should("7643 7", "description", "Every attribute has a description for people.", definitions(func(a any) string {
		text, _ := at(a, "description").(string)
		return complaint(text == "", "description")
	})),
}

// definitions looks at the definition of every attribute and sub-attribute of every schema; look
// returns what is wrong.
func definitions(look func(a any) string) func(*Probe) {
	return func(p *Probe) {
		r := p.get("/Schemas").want(http.StatusOK)
		var visit func(within string, attributes any)
		visit = func(within string, attributes any) {
			all, _ := attributes.(list)
			for _, a := range all {
				name, _ := at(a, "name").(string)
				if wrong := look(a); wrong != "" {
					r.failf("%s %s: %s is %v", within, name, wrong, at(a, wrong))
				}
				visit(within+" "+name, at(a, "subAttributes"))
			}
		}
		for _, s := range r.some() {
			id, _ := at(s, "id").(string)
			visit(id, at(s, "attributes"))
		}
	}
}

// oneOf expects a text that is one of some.
func oneOf(key string, allowed ...string) func(any) string {
	return func(a any) string {
		text, _ := at(a, key).(string)
		return complaint(!slices.Contains(allowed, text), key)
	}
}

// isBoolean expects true or false.
func isBoolean(key string) func(any) string {
	return func(a any) string {
		_, ok := at(a, key).(bool)
		return complaint(!ok, key)
	}
}

// complaint names a key when it is wrong.
func complaint(wrong bool, key string) string {
	if wrong {
		return key
	}
	return ""
}

// allStrings reports whether a list holds strings only.
func allStrings(values list) bool {
	return !slices.ContainsFunc(values, func(v any) bool { _, ok := v.(string); return !ok })
}
