package scim

import "time"

// Resource is a user or a group. PATCH, filters, projections and encoding work on it as a tree; see
// Attributes.
type Resource interface {
	User | Group
	// Attributes returns the resource as a tree without meta and schemas. The tree is the caller's:
	// no part of it is shared with the resource.
	Attributes() Attributes
	// Common returns what all resources have. Both kinds take it from the embedded [Head].
	Common() Head
}

// Head is what every resource has (RFC 7643 section 3.1).
type Head struct {
	ID         string
	ExternalID string // "" when absent
	Meta       Meta
}

// Common returns the head itself.
func (h Head) Common() Head { return h }

// Meta is the part of a resource's metadata that its store knows (RFC 7643 section 3.1). A zero
// time is not shown. The location is added by the protocol layer.
type Meta struct {
	Created      time.Time
	LastModified time.Time
}

// Attributes is a resource, or a complex value, as a tree: attribute names, spelled as in the
// schema, to string, bool, json.Number, map[string]any (complex) and []any (multi-valued). An
// extension is one key, its schema URN. An absent attribute has no key: there is no null, no empty
// string and no empty array in a canonical tree, except for an empty array if a client sent a
// multi-valued attribute without values.
type Attributes map[string]any

// Of returns the resource of a tree: the inverse of [Resource.Attributes].
func Of[R Resource](a Attributes) R {
	var r R
	switch r := any(&r).(type) {
	case *User:
		*r = UserOf(a)
	case *Group:
		*r = GroupOf(a)
	}
	return r
}
