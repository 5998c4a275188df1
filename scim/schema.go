package scim

import (
	"iter"
	"strings"

	"tvscim/scim/filter"
)

// Mutability is when an attribute can be written (RFC 7643 section 7).
type Mutability string

// The values of RFC 7643 section 7, "mutability".
const (
	ReadOnly  Mutability = "readOnly"
	ReadWrite Mutability = "readWrite"
	Immutable Mutability = "immutable"
	WriteOnly Mutability = "writeOnly"
)

// Returned is when an attribute is part of a response (RFC 7643 section 7).
type Returned string

// The values of RFC 7643 section 7, "returned".
const (
	ReturnedAlways  Returned = "always"
	ReturnedNever   Returned = "never"
	ReturnedDefault Returned = "default"
	ReturnedRequest Returned = "request"
)

// Unique is the scope in which the values of an attribute are unique (RFC 7643 section 7,
// "uniqueness").
type Unique string

// The values of RFC 7643 section 7, "uniqueness".
const (
	UniqueNone   Unique = "none"
	UniqueServer Unique = "server"
	UniqueGlobal Unique = "global"
)

// Attribute defines one attribute of a schema (RFC 7643 section 7). The zero values of Mutability,
// Returned and Unique mean readWrite, default and none. FoldASCII is a rule of this service, see
// [filter.Attribute]; no schema shows it.
type Attribute struct {
	Name            string
	Type            filter.Type
	MultiValued     bool
	Description     string
	Required        bool
	CaseExact       bool
	FoldASCII       bool
	Mutability      Mutability
	Returned        Returned
	Unique          Unique
	CanonicalValues []string
	ReferenceTypes  []string
	Sub             []Attribute // of a complex attribute
}

// comparing returns how values of the attribute compare, with these values.
func (a *Attribute) comparing(values []any) filter.Attribute {
	return filter.Attribute{Type: a.Type, CaseExact: a.CaseExact, FoldASCII: a.FoldASCII, Values: values}
}

// Schema is a set of attributes under one URN (RFC 7643 section 7).
type Schema struct {
	ID          string
	Name        string
	Description string
	Attributes  []Attribute
}

// ResourceType is a resource type (RFC 7643 section 6): the kind of resource, where it is served,
// and which schemas it has. Schema and Extensions hold every attribute that requests are read with.
// Advertised reports whether the service supports an attribute, so that /Schemas shows it; nil
// means all of them. It is called for each attribute, with schema "" for the core, and then for
// each sub-attribute, whose Name is "attribute.sub" in that call.
type ResourceType struct {
	Name        string // "User" or "Group"
	Endpoint    string // "/Users" or "/Groups"
	Description string
	Schema      Schema
	Extensions  []Schema
	Advertised  func(schema string, attr Attribute) bool
}

// Extension returns the extension with that URN, in any case; false when the type has none.
func (t *ResourceType) Extension(urn string) (*Schema, bool) {
	for i := range t.Extensions {
		if strings.EqualFold(t.Extensions[i].ID, urn) {
			return &t.Extensions[i], true
		}
	}
	return nil, false
}

// schemas yields the core schema, then the extensions.
func (t *ResourceType) schemas() iter.Seq[*Schema] {
	return func(yield func(*Schema) bool) {
		if !yield(&t.Schema) {
			return
		}
		for i := range t.Extensions {
			if !yield(&t.Extensions[i]) {
				return
			}
		}
	}
}

// keyOf returns the key of a schema of t in [Attributes] and in [Path]: "" for the core, else the
// URN.
func (t *ResourceType) keyOf(s *Schema) string {
	if s == &t.Schema {
		return ""
	}
	return s.ID
}

// advertised reports whether the service supports an attribute; schema is "" for the core.
func (t *ResourceType) advertised(schema string, a Attribute) bool {
	return t.Advertised == nil || t.Advertised(schema, a)
}
