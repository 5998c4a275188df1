package scim

import (
	"errors"
	"fmt"
	"strings"

	"tvscim/scim/filter"
)

// Patch is a PATCH request in its canonical form. See [DecodePatch].
type Patch struct {
	Ops []Op
	// Refused is the reason why the request as a whole is refused, nil if it is not. Ops then hold
	// nothing but what ends access ([Patch.Ending]); a [Store] carries it out and answers with this
	// error ([Patch.Done]).
	Refused *Error
	// Ignored names what has no effect.
	Ignored *Ignored
}

// Op is one canonical operation: it has a path always, its value is spelled and typed as the schema
// says, and an empty value ("" or null) has become a removal. Value of a removal is nil, or the
// list of elements to remove ([]any of map[string]any with "value"): exactly those elements of a
// multi-valued attribute whose value is listed.
type Op struct {
	Kind  OpKind
	Path  Path
	Value any
}

// OpKind is the kind of a PATCH operation.
type OpKind int

// The operations of RFC 7644 section 3.5.2.
const (
	OpAdd OpKind = iota + 1
	OpReplace
	OpRemove
)

// String returns the name of the operation as RFC 7644 writes it.
func (k OpKind) String() string {
	switch k {
	case OpAdd:
		return "add"
	case OpReplace:
		return "replace"
	case OpRemove:
		return "remove"
	default:
		return "unknown operation"
	}
}

// Path is a resolved path: Schema is "" for a core attribute, else the extension's URN; Attr is ""
// when the path is the whole extension; names are spelled as in the schema.
type Path struct {
	Schema string
	Attr   string
	Filter filter.Expr
	Sub    string
}

// String returns the path as a client may write it (RFC 7644 section 3.5.2, figure 7). It holds
// what the filter compares with, and so may hold personal data.
func (p Path) String() string {
	return p.text(true)
}

// name returns the path without its filter, which may hold personal data.
func (p Path) name() string {
	return p.text(false)
}

// text writes the path, with or without its filter.
func (p Path) text(filtered bool) string {
	var b strings.Builder
	b.WriteString(p.Schema)
	if p.Schema != "" && p.Attr != "" {
		b.WriteByte(':')
	}
	b.WriteString(p.Attr)
	if filtered && p.Filter != nil {
		b.WriteString("[" + p.Filter.String() + "]")
	}
	if p.Sub != "" {
		b.WriteString("." + p.Sub)
	}
	return b.String()
}

// key returns the key of [Attributes] that the path leads into.
func (p Path) key() string {
	if p.Schema != "" {
		return p.Schema
	}
	return p.Attr
}

// is reports whether the path is that core attribute or part of it.
func (p Path) is(attr string) bool {
	return p.Schema == "" && p.Attr == attr
}

// resolve returns the definitions that the path names; false when t has none such.
func (p Path) resolve(t *ResourceType) (Resolved, bool) {
	if p.Schema == "" {
		return t.Resolve(filter.AttrPath{URN: t.Schema.ID, Name: p.Attr, Sub: p.Sub})
	}
	if p.Attr == "" {
		s, ok := t.Extension(p.Schema)
		if !ok {
			return Resolved{}, false
		}
		return Resolved{Schema: s.ID}, true
	}
	return t.Resolve(filter.AttrPath{URN: p.Schema, Name: p.Attr, Sub: p.Sub})
}

// within prefixes the detail of an error with its place.
func within(where string, err error) error {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return fmt.Errorf("%s: %w", where, err)
	}
	c := *e
	c.Detail = where + ": " + e.Detail
	return &c
}
