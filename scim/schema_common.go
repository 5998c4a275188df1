package scim

import "tvscim/scim/filter"

// commonAttributes are the attributes that belong to every resource and to no schema (RFC 7643
// sections 3 and 3.1), in the order in which a resource shows them but for schemas, which comes
// first, and meta, which comes last. They are data, never written.
var commonAttributes = []Attribute{
	{Name: "id", Type: filter.TypeString, CaseExact: true, Mutability: ReadOnly, Returned: ReturnedAlways,
		Unique: UniqueServer},
	{Name: "externalId", Type: filter.TypeString, CaseExact: true},
	{Name: "meta", Type: filter.TypeComplex, Mutability: ReadOnly, Sub: []Attribute{
		{Name: "resourceType", Type: filter.TypeString, CaseExact: true, Mutability: ReadOnly},
		{Name: "created", Type: filter.TypeDateTime, Mutability: ReadOnly},
		{Name: "lastModified", Type: filter.TypeDateTime, Mutability: ReadOnly},
		{Name: "location", Type: filter.TypeReference, CaseExact: true, Mutability: ReadOnly},
		{Name: "version", Type: filter.TypeString, CaseExact: true, Mutability: ReadOnly},
	}},
	{Name: "schemas", Type: filter.TypeReference, MultiValued: true, CaseExact: true, Mutability: ReadOnly,
		Returned: ReturnedAlways},
}

// The common attributes that a resource shows in front of its own, and behind them.
var (
	identity = commonAttributes[:2]
	metadata = commonAttributes[2:3]
)
