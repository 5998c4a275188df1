package scim

import "slices"

// Projection is the set of attributes that a response has (RFC 7644 section 3.9). The zero
// Projection is the default set. Build one with [ParseQuery] or [Nothing]. If both lists are given,
// the response has what is included but not excluded. Attributes that are always returned are in
// every response.
type Projection struct {
	nothing    bool
	everything bool // all that is not hidden, for versions
	named      bool // the client sent attributes; include is empty if all names are unknown
	include    []projected
	exclude    []projected
}

// projected is one path of a projection, spelled as in the schema: schema is "" for the core, attr
// is "" for a whole extension, sub is "" for a whole attribute.
type projected struct {
	schema, attr, sub string
}

// Nothing returns the projection of a client that wants no resource back.
func Nothing() Projection { return Projection{nothing: true} }

// IsNothing reports whether the client wants no resource back.
func (p Projection) IsNothing() bool { return p.nothing }

// Default reports whether the client names no attribute, neither to include nor to exclude.
func (p Projection) Default() bool {
	return !p.nothing && !p.named && len(p.exclude) == 0
}

// Wants reports whether something under a top-level key of [Attributes], an attribute or an
// extension, may be part of the response, if it is returned by default.
func (p Projection) Wants(key string) bool {
	if p.nothing || slices.ContainsFunc(p.exclude, func(e projected) bool { return e.whole() && e.key() == key }) {
		return false
	}
	return !p.named || p.Named(key)
}

// Named reports whether the client asked for a top-level key of [Attributes], or for a part of it,
// by name.
func (p Projection) Named(key string) bool {
	return slices.ContainsFunc(p.include, func(e projected) bool { return e.key() == key })
}

// key is the path's top-level key in [Attributes].
func (e projected) key() string {
	if e.schema != "" {
		return e.schema
	}
	return e.attr
}

// whole reports whether the path names the whole value of its key.
func (e projected) whole() bool {
	return e.attr == "" || (e.schema == "" && e.sub == "")
}

// covers reports whether e is the path or something that the path is a part of.
func (e projected) covers(path projected) bool {
	return e.schema == path.schema &&
		(e.attr == "" || e.attr == path.attr) &&
		(e.sub == "" || e.sub == path.sub)
}

// shows reports whether an attribute is part of the response. For a sub-attribute, parent is the
// attribute that it is a part of; else it is nil.
func (p Projection) shows(schema string, parent, a *Attribute) bool {
	switch {
	case hidden(a):
		return false
	case a.Returned == ReturnedAlways, p.everything:
		return true
	case p.Default():
		return a.Returned != ReturnedRequest
	}
	path := projected{schema: schema, attr: a.Name}
	if parent != nil {
		path = projected{schema: schema, attr: parent.Name, sub: a.Name}
	}
	covers := func(e projected) bool { return e.covers(path) }
	part := path.covers
	switch {
	case p.nothing || slices.ContainsFunc(p.exclude, covers):
		return false
	case a.Returned == ReturnedRequest || p.named:
		return slices.ContainsFunc(p.include, covers) || slices.ContainsFunc(p.include, part)
	default:
		return true
	}
}
