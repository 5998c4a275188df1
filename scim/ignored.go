package scim

import (
	"slices"
	"strings"

	"tvscim/scim/filter"
)

// maxIgnored is the maximum number of names that one request records.
const maxIgnored = 50

// Ignored collects the names of attributes that a request names and that are accepted without
// effect. The decoder of the request adds some, and the [Store] that gets it may add more. It
// belongs to one request, and is not for concurrent use. A nil Ignored collects nothing.
type Ignored struct{ names []string }

// Add adds a name.
func (g *Ignored) Add(name string) {
	if g != nil && len(g.names) < maxIgnored && !slices.Contains(g.names, name) {
		g.names = append(g.names, name)
	}
}

// Names returns the names in the order in which they were found, each once, 50 at most. The name of
// an attribute that no schema has is as the client wrote it, of any length.
func (g *Ignored) Names() []string {
	if g == nil {
		return nil
	}
	return g.names
}

// ignores reports whether the service does not support the attribute of a path, so that /Schemas
// does not show it. Its values are not checked: an attribute without effect cannot cause an error.
// The attributes that all resources have in common belong to no schema, and are never ignored.
func (t *ResourceType) ignores(r Resolved) bool {
	s := &t.Schema
	if r.Schema != "" {
		s, _ = t.Extension(r.Schema)
	}
	switch {
	case t.Advertised == nil || s == nil:
		return false
	case r.Attr == nil:
		return !slices.ContainsFunc(s.Attributes, func(a Attribute) bool { return t.advertised(r.Schema, a) })
	case find(s.Attributes, r.Attr.Name) == nil:
		return false // a common attribute
	case !t.advertised(r.Schema, *r.Attr):
		return true
	case r.Sub == nil:
		return false
	}
	sub := *r.Sub
	sub.Name = r.Attr.Name + "." + sub.Name
	return !t.advertised(r.Schema, sub)
}

// ignoresBroken reports whether a path with a malformed value filter names an ignored attribute.
func (d *patchDecoder) ignoresBroken(path string) bool {
	name, _, filtered := strings.Cut(path, "[")
	p, err := filter.ParsePath(name)
	if !filtered || err != nil {
		return false
	}
	to, ok := d.typ.Resolve(p.Attr())
	if ok && !d.typ.ignores(to) {
		return false
	}
	d.ignored.Add(ignoredName(p.Attr(), to))
	return true
}

// ignoredName names an ignored attribute: as the schema spells it, or as the client does where no
// schema has it.
func ignoredName(p filter.AttrPath, to Resolved) string {
	if to.Attr == nil {
		return p.String()
	}
	name := Path{Schema: to.Schema, Attr: to.Attr.Name}
	if to.Sub != nil {
		name.Sub = to.Sub.Name
	}
	return name.name()
}
