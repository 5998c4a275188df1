package scim_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// names returns the names of attributes, those of complex ones with their sub-attributes behind.
func names(attributes []scim.Attribute) []string {
	var all []string
	for _, a := range attributes {
		name := a.Name
		for i, sub := range a.Sub {
			if i == 0 {
				name += ":"
			}
			name += " " + sub.Name
		}
		all = append(all, name)
	}
	return all
}

// The schemas have the attributes of RFC 7643 section 8.7.1.
func TestSchemaAttributes(t *testing.T) {
	t.Parallel()
	const plural = ": value display type primary"
	tests := []struct {
		name   string
		schema scim.Schema
		urn    string
		want   []string
	}{
		{"User", scim.UserSchema(), "urn:ietf:params:scim:schemas:core:2.0:User", []string{
			"userName", "name: formatted familyName givenName middleName honorificPrefix honorificSuffix", "displayName",
			"nickName", "profileUrl", "title", "userType", "preferredLanguage", "locale", "timezone", "active", "password",
			"emails" + plural, "phoneNumbers" + plural, "ims" + plural, "photos" + plural,
			"addresses: formatted streetAddress locality region postalCode country type primary",
			"groups: value $ref display type", "entitlements" + plural, "roles" + plural, "x509Certificates" + plural,
		}},
		{"Group", scim.GroupSchema(), "urn:ietf:params:scim:schemas:core:2.0:Group", []string{
			"displayName", "members: value $ref display type",
		}},
		{"EnterpriseUser", scim.EnterpriseSchema(), "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User", []string{
			"employeeNumber", "costCenter", "organization", "division", "department", "manager: value $ref displayName",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if tt.schema.ID != tt.urn || tt.schema.Name != tt.name {
				t.Errorf("schema = %q %q, want %q %q", tt.schema.ID, tt.schema.Name, tt.urn, tt.name)
			}
			if diff := cmp.Diff(tt.want, names(tt.schema.Attributes)); diff != "" {
				t.Errorf("attributes differ (-want +got):\n%s", diff)
			}
		})
	}
}

// The characteristics that decide something.
func TestSchemaCharacteristics(t *testing.T) {
	t.Parallel()
	tests := []struct {
		typ  *scim.ResourceType
		path string
		want scim.Attribute // name, description, canonical values and references are not compared
	}{
		{userType(), "userName", scim.Attribute{Type: filter.TypeString, Required: true, Unique: scim.UniqueServer}},
		{userType(), "id", scim.Attribute{Type: filter.TypeString, CaseExact: true, Mutability: scim.ReadOnly,
			Returned: scim.ReturnedAlways, Unique: scim.UniqueServer}},
		{userType(), "externalId", scim.Attribute{Type: filter.TypeString, CaseExact: true}},
		{userType(), "active", scim.Attribute{Type: filter.TypeBoolean}},
		{userType(), "password", scim.Attribute{Type: filter.TypeString, CaseExact: true, Mutability: scim.WriteOnly,
			Returned: scim.ReturnedNever}},
		{userType(), "emails.primary", scim.Attribute{Type: filter.TypeBoolean}},
		{userType(), "x509Certificates.value", scim.Attribute{Type: filter.TypeBinary, CaseExact: true}},
		{userType(), "groups.value", scim.Attribute{Type: filter.TypeString, CaseExact: true, Mutability: scim.ReadOnly}},
		{userType(), "manager.displayName", scim.Attribute{Type: filter.TypeString, Mutability: scim.ReadOnly}},
		{userType(), "meta.created", scim.Attribute{Type: filter.TypeDateTime, Mutability: scim.ReadOnly}},
		{groupType(), "displayName", scim.Attribute{Type: filter.TypeString, Required: true, Unique: scim.UniqueServer}},
		{groupType(), "members.value", scim.Attribute{Type: filter.TypeString, Required: true, CaseExact: true, Mutability: scim.Immutable}},
	}
	for _, tt := range tests {
		t.Run(tt.path, func(t *testing.T) {
			t.Parallel()
			got := *attribute(t, tt.typ, tt.path)
			got.Name, got.Description, got.CanonicalValues, got.ReferenceTypes = "", "", nil, nil
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("attribute differs (-want +got):\n%s", diff)
			}
		})
	}
}

// Every attribute is described, complex ones have sub-attributes, only they do, and no name stands
// twice.
func TestSchemasAreWhole(t *testing.T) {
	t.Parallel()
	var check func(where string, attributes []scim.Attribute)
	check = func(where string, attributes []scim.Attribute) {
		var seen []string
		for _, a := range attributes {
			at := where + "." + a.Name
			if a.Description == "" {
				t.Errorf("%s has no description", at)
			}
			if (a.Type == filter.TypeComplex) != (len(a.Sub) > 0) || a.Type == filter.TypeUnknown {
				t.Errorf("%s has type %v and %d sub-attributes", at, a.Type, len(a.Sub))
			}
			if (a.Type == filter.TypeReference) != (len(a.ReferenceTypes) > 0) {
				t.Errorf("%s has type %v and references %v", at, a.Type, a.ReferenceTypes)
			}
			if slices.Contains(seen, a.Name) {
				t.Errorf("%s stands twice", at)
			}
			seen = append(seen, a.Name)
			check(at, a.Sub)
		}
	}
	for _, s := range []scim.Schema{scim.UserSchema(), scim.GroupSchema(), scim.EnterpriseSchema()} {
		check(s.Name, s.Attributes)
	}
}

// A schema belongs to the caller.
func TestSchemasAreCopies(t *testing.T) {
	t.Parallel()
	for _, schema := range []func() scim.Schema{scim.UserSchema, scim.GroupSchema, scim.EnterpriseSchema} {
		s := schema()
		for i := range s.Attributes {
			s.Attributes[i].Name = "changed"
			for j := range s.Attributes[i].Sub {
				s.Attributes[i].Sub[j].Name = "changed"
			}
		}
		if slices.Contains(names(schema().Attributes), "changed") {
			t.Errorf("schema %q is shared", s.Name)
		}
	}
}
