package scim

import "tvscim/scim/filter"

// GroupURN names the core Group schema (RFC 7643 section 4.2).
const GroupURN = "urn:ietf:params:scim:schemas:core:2.0:Group"

// GroupSchema returns the core Group schema (RFC 7643 sections 4.2 and 8.7.1). The value is the
// caller's.
func GroupSchema() Schema {
	return Schema{
		ID:          GroupURN,
		Name:        "Group",
		Description: "Group",
		Attributes: []Attribute{
			// Section 8.7.1 leaves uniqueness to the provider; clients find a group again by its
			// name.
			{Name: "displayName", Type: filter.TypeString, Required: true, Unique: UniqueServer,
				Description: "A human-readable name for the group."},
			{Name: "members", Type: filter.TypeComplex, MultiValued: true,
				Description: "The members of the group.", Sub: memberAttributes()},
		},
	}
}

// memberAttributes returns the sub-attributes of members. A member is exchanged, never edited.
func memberAttributes() []Attribute {
	return []Attribute{
		{Name: "value", Type: filter.TypeString, Required: true, CaseExact: true, Mutability: Immutable,
			Description: "The id of the member."},
		{Name: "$ref", Type: filter.TypeReference, CaseExact: true, Mutability: Immutable,
			ReferenceTypes: []string{"User", "Group"}, Description: "The URI of the member."},
		{Name: "display", Type: filter.TypeString, Mutability: Immutable,
			Description: "A human-readable name of the member."},
		{Name: "type", Type: filter.TypeString, Mutability: Immutable,
			CanonicalValues: []string{"User", "Group"}, Description: "The kind of member."},
	}
}
