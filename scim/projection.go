package scim

import "slices"

// Projection tells which attributes a client wants back (RFC 7644 section 3.9). The zero Projection
// is the default set. Build one with [ParseQuery] or [Nothing]. A client that gives both lists gets
// what it includes less what it excludes; attributes that are always returned are in every answer,
// whatever the lists say.
type Projection struct {
	nothing    bool
	everything bool // all that is not hidden, as versions are made of it
	named      bool // the client gave attributes; include may be empty when it knew no name of ours
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

// IsNothing tells whether the client wants no resource back.
func (p Projection) IsNothing() bool { return p.nothing }

// Default tells whether the client named no attribute at all, neither to have nor to leave out.
func (p Projection) Default() bool {
	return !p.nothing && !p.named && len(p.exclude) == 0
}

// Wants tells whether something under a top-level key of [Attributes], an attribute or an
// extension, may be part of the answer. It takes attributes for ones that are returned by default.
func (p Projection) Wants(key string) bool {
	if p.nothing || slices.ContainsFunc(p.exclude, func(e projected) bool { return e.whole() && e.key() == key }) {
		return false
	}
	return !p.named || p.Named(key)
}

// Named tells whether the client asked for a top-level key of [Attributes], or for a part of it, by
// name.
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

// whole tells whether the path is all that stands under its key.
func (e projected) whole() bool {
	return e.attr == "" || (e.schema == "" && e.sub == "")
}

// covers tells whether e is the path or something that the path is a part of.
func (e projected) covers(path projected) bool {
	return e.schema == path.schema &&
		(e.attr == "" || e.attr == path.attr) &&
		(e.sub == "" || e.sub == path.sub)
}

// shows tells whether an attribute belongs into the answer. For a sub-attribute, parent is the
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
