package scim

import (
	"strings"

	"tvscim/scim/filter"
)

// Resolved is the meaning of a path: names are spelled as the schema spells them, however the
// client spells them. The pointers point into the [ResourceType] and must not be written through.
type Resolved struct {
	// Schema is "" for a core or common attribute, else the URN of the extension.
	Schema string
	// Attr is the attribute; nil when the path is a bare schema URN and so means the whole schema.
	Attr *Attribute
	// Sub is the sub-attribute of Attr; nil when the path names none.
	Sub *Attribute
}

// Key returns the key of the path's value in [Attributes], or of the extension that holds it. It is
// "" when the path is the URN of the core schema itself.
func (r Resolved) Key() string {
	if r.Schema != "" || r.Attr == nil {
		return r.Schema
	}
	return r.Attr.Name
}

// Definition returns the innermost attribute that the path names, nil for a whole schema.
func (r Resolved) Definition() *Attribute {
	if r.Sub != nil {
		return r.Sub
	}
	return r.Attr
}

// Resolve returns the meaning of a path. It alone knows every spelling (RFC 7644 section 3.10):
// names and URNs in any case, the core URN or none in front of a core attribute, an extension's URN
// alone, with ":attribute", or in the notation of early drafts with ".attribute". An extension's
// attribute without its URN is accepted when the core schema has no such name, since clients send a
// bare "manager". It reports false for a path that no schema of t defines.
func (t *ResourceType) Resolve(p filter.AttrPath) (Resolved, bool) {
	if p.URN == "" {
		return t.resolveBare(p.Name, p.Sub)
	}
	text := p.URN + ":" + p.Name
	if p.Sub != "" {
		text += "." + p.Sub
	}
	schema, rest, ok := t.cutURN(text)
	if !ok {
		return Resolved{}, false
	}
	urn := t.keyOf(schema)
	if rest == "" {
		return Resolved{Schema: urn}, true
	}
	name, sub, _ := strings.Cut(rest, ".")
	if r, ok := resolveIn(schema.Attributes, urn, name, sub); ok {
		return r, true
	}
	if urn == "" {
		return resolveIn(commonAttributes, "", name, sub)
	}
	return Resolved{}, false
}

// resolveName resolves a path that is written as one text, such as a key of a JSON object.
func (t *ResourceType) resolveName(text string) (Resolved, bool) {
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		return t.Resolve(filter.AttrPath{URN: text[:i], Name: text[i+1:]})
	}
	name, sub, _ := strings.Cut(text, ".")
	return t.resolveBare(name, sub)
}

// resolveBare resolves a path without URN: the core schema, the common attributes, then the
// extensions in order.
func (t *ResourceType) resolveBare(name, sub string) (Resolved, bool) {
	if r, ok := resolveIn(t.Schema.Attributes, "", name, sub); ok {
		return r, true
	}
	if r, ok := resolveIn(commonAttributes, "", name, sub); ok {
		return r, true
	}
	for i := range t.Extensions {
		if r, ok := resolveIn(t.Extensions[i].Attributes, t.Extensions[i].ID, name, sub); ok {
			return r, true
		}
	}
	return Resolved{}, false
}

// cutURN splits a qualified path behind the schema URN it begins with. URNs contain dots and
// colons, so the path is compared with the known URNs; the longest match is taken.
func (t *ResourceType) cutURN(text string) (schema *Schema, rest string, ok bool) {
	for s := range t.schemas() {
		tail, fits := cutPrefixFold(text, s.ID)
		if !fits || (tail != "" && tail[0] != ':' && tail[0] != '.') {
			continue
		}
		if schema == nil || len(s.ID) > len(schema.ID) {
			schema, rest = s, strings.TrimLeft(tail, ":.")
		}
	}
	return schema, rest, schema != nil
}

// resolveIn resolves a path among the attributes of one schema.
func resolveIn(attrs []Attribute, urn, name, sub string) (Resolved, bool) {
	a := find(attrs, name)
	if a == nil {
		return Resolved{}, false
	}
	if sub == "" {
		return Resolved{Schema: urn, Attr: a}, true
	}
	if len(a.Sub) == 0 && !a.MultiValued && strings.EqualFold(sub, "value") {
		return Resolved{Schema: urn, Attr: a}, true // the value of a simple attribute is the attribute itself
	}
	s := find(a.Sub, sub)
	return Resolved{Schema: urn, Attr: a, Sub: s}, s != nil
}

// find returns the attribute of that name in any case, nil when there is none.
func find(attrs []Attribute, name string) *Attribute {
	for i := range attrs {
		if len(attrs[i].Name) == len(name) && strings.EqualFold(attrs[i].Name, name) {
			return &attrs[i]
		}
	}
	return nil
}

// cutPrefixFold is strings.CutPrefix without regard to the case of ASCII letters.
func cutPrefixFold(s, prefix string) (rest string, ok bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}
