package scim

import (
	"time"

	"tvscim/scim/filter"
)

// source returns the attributes of a resource to [filter.Eval]: names in every spelling that
// [ResourceType.Resolve] knows, values with the type and case rule of their schema. The metadata is
// taken from head. An attribute that is never returned, such as a password, is unknown here, since
// a filter could reveal it letter by letter. A source is for one goroutine.
type source struct {
	typ  *ResourceType
	tree Attributes
	head Head
	work *int // counts the values that were read
	// version is computed once for all terms of a filter, since it is a hash of all attributes.
	version *Version
}

var (
	_ filter.Source = (*source)(nil)
	_ filter.Source = elementSource{}
)

// Lookup returns the values of an attribute: all of them for a multi-valued one, the sub-attribute
// of each element for a path like emails.value.
func (s *source) Lookup(path filter.AttrPath) filter.Attribute {
	found := s.lookup(path)
	*s.work += 1 + len(found.Values)
	return found
}

// lookup is Lookup without counting.
func (s *source) lookup(path filter.AttrPath) filter.Attribute {
	r, ok := s.typ.Resolve(path)
	switch {
	case !ok || (r.Attr == nil && r.Schema == ""):
		return filter.Attribute{}
	case r.Attr == nil:
		return s.extension(r.Schema)
	case hidden(r.Attr):
		return filter.Attribute{}
	}
	values := countedValues(s.get(r), r.Attr, s.work)
	if r.Sub == nil {
		return r.Attr.comparing(values)
	}
	if hidden(r.Sub) {
		return filter.Attribute{}
	}
	found := r.Sub.comparing(nil)
	for _, v := range values {
		if e, ok := v.(elementSource); ok {
			found.Values = append(found.Values, countedValues(e.values[r.Sub.Name], r.Sub, s.work)...)
		}
	}
	return found
}

// get returns the value of an attribute of the resource.
func (s *source) get(r Resolved) any {
	switch {
	case r.Schema == "" && r.Attr.Name == "meta":
		return s.meta(r.Sub)
	case r.Schema == "" && r.Attr.Name == "schemas":
		return s.schemas()
	default:
		return s.tree.Get(r.Schema, r.Attr.Name)
	}
}

// meta returns the metadata that a resource has wherever it is served; its location is added by the
// protocol layer. The version is computed only if it is asked for. Times are compared in
// milliseconds, as clients see them.
func (s *source) meta(sub *Attribute) map[string]any {
	meta := map[string]any{"resourceType": s.typ.Name}
	if t := s.head.Meta.Created; !t.IsZero() {
		meta["created"] = t.Truncate(time.Millisecond)
	}
	if t := s.head.Meta.LastModified; !t.IsZero() {
		meta["lastModified"] = t.Truncate(time.Millisecond)
	}
	if sub == nil || sub.Name == "version" {
		if s.version == nil {
			s.version = new(versionOf(s.typ, s.tree))
		}
		Attributes(meta).setString("version", string(*s.version))
	}
	return meta
}

// schemas returns the URNs of the core schema and of the extensions that the resource has.
func (s *source) schemas() []any {
	urns := []any{s.typ.Schema.ID}
	for _, e := range s.typ.Extensions {
		if _, ok := s.tree[e.ID]; ok {
			urns = append(urns, e.ID)
		}
	}
	return urns
}

// extension returns a whole extension as a complex value: it can be asked for being present.
func (s *source) extension(urn string) filter.Attribute {
	found := filter.Attribute{Type: filter.TypeComplex}
	values, _ := s.tree[urn].(map[string]any)
	if schema, ok := s.typ.Extension(urn); ok && len(values) > 0 {
		found.Values = []any{elementSource{defined: schema.Attributes, values: values, work: s.work}}
	}
	return found
}

// elementSource is one complex value.
type elementSource struct {
	defined []Attribute
	values  map[string]any
	work    *int // of the resource
}

// Lookup returns a sub-attribute; its path is relative to the element.
func (e elementSource) Lookup(path filter.AttrPath) filter.Attribute {
	a := find(e.defined, path.Name)
	if a == nil || path.URN != "" || path.Sub != "" || hidden(a) {
		return filter.Attribute{}
	}
	found := countedValues(e.values[a.Name], a, e.work)
	*e.work += 1 + len(found)
	return a.comparing(found)
}

// valuesOf is countedValues without a count.
func valuesOf(v any, a *Attribute) []any { return countedValues(v, a, new(int)) }

// countedValues returns a value as the list of its values, complex ones as sources that count the
// values that are read.
func countedValues(v any, a *Attribute, work *int) []any {
	switch v := v.(type) {
	case nil:
		return nil
	case map[string]any:
		return []any{elementSource{defined: a.Sub, values: v, work: work}}
	case []any:
		values := make([]any, 0, len(v))
		for _, e := range v {
			values = append(values, countedValues(e, a, work)...)
		}
		return values
	default:
		return []any{v}
	}
}

// hidden reports whether an attribute is never shown.
func hidden(a *Attribute) bool {
	return a.Returned == ReturnedNever || a.Mutability == WriteOnly
}
