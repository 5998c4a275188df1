package scim

import (
	"io"
	"iter"
	"time"
)

// Locator returns the URI of a resource from its resource type ("User", "Group", "Schema",
// "ResourceType" or "ServiceProviderConfig") and its id, or "" when it has none. A nil Locator
// knows no URI.
type Locator = func(resourceType, id string) string

// Encode writes a resource as JSON, with the attributes that the projection and the schemas'
// "returned" rules allow: those that are always returned are in every response, those that are
// never returned or write-only are in none. The attributes are in the order of the schemas. There
// is no null and no empty value, except for the members of a group without members. The only error
// is a value in Other that is not one of those of [Attributes].
func Encode[R Resource](t *ResourceType, r R, p Projection, loc Locator) ([]byte, error) {
	e := encoder{typ: t, want: p, locate: loc, writer: writer{buf: make([]byte, 0, 1024)}}
	e.resource(r.Attributes(), r.Common())
	return e.buf, e.err
}

// ListHead is the head of a ListResponse (RFC 7644 section 3.4.2, RFC 9865 section 2).
type ListHead struct {
	Total      int
	StartIndex int    // 0: not said, as for a page by cursor
	NextCursor string // "": no page follows, or pages are by index
}

// WritePage writes a page of resources as ListResponse, in pieces, so that only one piece is in
// memory; see [Encode]. nextCursor is the cursor of the next page, if there is one and pages are by
// cursor. The first error of w ends it; the output is then incomplete.
func WritePage[R Resource](w io.Writer, t *ResourceType, page Page[R], p Projection, loc Locator, nextCursor string) error {
	e := encoder{typ: t, want: p, locate: loc, writer: writer{to: w}}
	e.listHead(ListHead{Total: page.Total, StartIndex: page.StartIndex, NextCursor: nextCursor}, len(page.Items))
	for i, r := range page.Items {
		if i > 0 {
			e.raw(",")
		}
		e.resource(r.Attributes(), r.Common())
		if !e.hand(pieceSize) {
			return e.err
		}
	}
	e.raw("]}")
	e.hand(0)
	return e.err
}

// WriteList writes resources of any types, each as [Encode] has written it, as ListResponse of so
// many items; see [WritePage]. An error of theirs ends it too.
func WriteList(w io.Writer, h ListHead, items int, resources iter.Seq2[[]byte, error]) error {
	to := writer{to: w}
	to.listHead(h, items)
	first := true
	for r, err := range resources {
		if err != nil {
			return err
		}
		if !first {
			to.raw(",")
		}
		first = false
		to.buf = append(to.buf, r...)
		if !to.hand(pieceSize) {
			return to.err
		}
	}
	to.raw("]}")
	to.hand(0)
	return to.err
}

// EncodeError writes an error as RFC 7644 section 3.12 shapes it. The cause is not written.
func EncodeError(err *Error) []byte {
	var e encoder
	e.raw(`{"schemas":["` + ErrorURN + `"],"status":"`)
	e.integer(err.Status)
	e.raw(`"`)
	if err.Type != "" {
		e.raw(`,"scimType":`)
		e.text(string(err.Type))
	}
	if err.Detail != "" {
		e.raw(`,"detail":`)
		e.text(err.Detail)
	}
	e.raw("}")
	return e.buf
}

// encoder writes resources of one type, as one client wants them.
type encoder struct {
	writer
	typ    *ResourceType
	want   Projection
	locate Locator
}

// resource writes one resource. The tree is the encoder's own.
func (e *encoder) resource(a Attributes, h Head) {
	e.complete(a, h)
	e.raw(`{"schemas":[`)
	e.text(e.typ.Schema.ID)
	extensions := e.extensions(a)
	e.raw("]")
	e.attributes("", nil, identity, a, false)
	e.attributes("", nil, e.typ.Schema.Attributes, a, false)
	e.raw(extensions)
	e.attributes("", nil, metadata, a, false)
	e.raw("}")
}

// extensions writes the URN of each extension that has something to show into the list of schemas,
// and returns the members that show it, which belong further behind.
func (e *encoder) extensions(a Attributes) string {
	behind := encoder{typ: e.typ, want: e.want}
	for _, s := range e.typ.Extensions {
		values, _ := a[s.ID].(map[string]any)
		before := len(behind.buf)
		behind.raw(",")
		behind.text(s.ID)
		behind.raw(":{")
		if !behind.attributes(s.ID, nil, s.Attributes, values, true) {
			behind.buf = behind.buf[:before]
			continue
		}
		behind.raw("}")
		e.raw(",")
		e.text(s.ID)
	}
	e.fail(behind.err)
	return string(behind.buf)
}

// complete adds the metadata and the URIs of members to a tree.
func (e *encoder) complete(a Attributes, h Head) {
	meta := Attributes{"resourceType": e.typ.Name}
	meta.setString("created", timestamp(h.Meta.Created))
	meta.setString("lastModified", timestamp(h.Meta.LastModified))
	meta.setString("location", e.location(e.typ.Name, h.ID))
	if e.want.Wants("meta") {
		meta.setString("version", string(versionOf(e.typ, a)))
	}
	a["meta"] = map[string]any(meta)
	if e.typ.Schema.ID != GroupURN {
		return
	}
	members, _ := a["members"].([]any)
	for _, m := range members {
		if m, ok := m.(map[string]any); ok {
			id, _ := m["value"].(string)
			Attributes(m).setString("$ref", e.location("User", id))
		}
	}
}

// location returns the URI of a resource, "" when it is not known.
func (e *encoder) location(resourceType, id string) string {
	if e.locate == nil || id == "" {
		return ""
	}
	return e.locate(resourceType, id)
}

// attributes writes those of the defined attributes that have a value and are wanted, each with a
// comma in front unless it is the first of an object. It reports whether it has written any.
func (e *encoder) attributes(
	schema string, parent *Attribute, defined []Attribute, values map[string]any, first bool,
) bool {
	start := len(e.buf)
	for i := range defined {
		a := &defined[i]
		v, ok := values[a.Name]
		if !ok || !e.want.shows(schema, parent, a) {
			continue
		}
		before := len(e.buf)
		if !first || before > start {
			e.raw(",")
		}
		e.text(a.Name)
		e.raw(":")
		if !e.value(schema, a, v) {
			e.buf = e.buf[:before]
		}
	}
	return len(e.buf) > start
}

// value writes the value of an attribute. It reports false when the projection leaves nothing of
// it.
func (e *encoder) value(schema string, a *Attribute, v any) bool {
	switch v := v.(type) {
	case map[string]any:
		e.raw("{")
		shown := e.attributes(schema, a, a.Sub, v, true)
		e.raw("}")
		return shown
	case []any:
		return e.list(schema, a, v)
	default:
		e.simple(v)
		return true
	}
}

// list writes the elements of a multi-valued attribute. One that has elements, but none that shows
// anything, is left out; one that has none is shown as such.
func (e *encoder) list(schema string, a *Attribute, elements []any) bool {
	e.raw("[")
	start := len(e.buf)
	for _, v := range elements {
		before := len(e.buf)
		if before > start {
			e.raw(",")
		}
		if !e.value(schema, a, v) {
			e.buf = e.buf[:before]
		}
	}
	shown := len(e.buf) > start || len(elements) == 0
	e.raw("]")
	return shown
}

// timestamp writes a time as RFC 7643 section 2.3.5 wants it, in milliseconds; "" for the zero
// time.
func timestamp(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000Z")
}
