package scim

import (
	"bytes"
	"cmp"
	"maps"
	"strings"
	"unicode/utf8"

	"tvscim/scim/filter"
)

// Decode reads the body of a POST or PUT (RFC 7644 sections 3.3 and 3.5.1). A body that is no JSON
// object, or names an attribute twice, is invalidSyntax; a value of the wrong type and a required
// attribute that is missing are invalidValue.
//
// These deviations of clients are accepted: names and URNs in any case, dotted and URN-qualified
// names as keys, a body without schemas or with unknown ones. Attributes that are unknown, readOnly
// or not advertised ([ResourceType.Advertised]) are ignored, whatever their values; null and ""
// mean absent. A list that is null or empty means that there are no values: for the members of a
// group, this differs from an absent list.
func Decode[R Resource](t *ResourceType, body []byte) (R, error) {
	parsed, err := ParseBody(body)
	if err != nil {
		var none R
		return none, err
	}
	return DecodeBody[R](t, parsed)
}

// DecodeBody is [Decode] for a body that is parsed already.
func DecodeBody[R Resource](t *ResourceType, body Body) (R, error) {
	req, err := DecodeCreate[R](t, body)
	return req.Resource, err
}

// DecodeCreate reads the body of a POST; see [Decode].
func DecodeCreate[R Resource](t *ResourceType, body Body) (CreateRequest[R], error) {
	d := decode(t, body)
	if d.refused != nil {
		return CreateRequest[R]{}, d.refused
	}
	return CreateRequest[R]{Resource: Of[R](d.tree), Ignored: &d.ignored}, nil
}

// DecodeReplace reads the body of a PUT; see [Decode]. If it is refused but sets active to false,
// or lists the members of a group, there is no error: the resource has only that attribute, and
// Refused holds the reason. See [Patch.Ending].
func DecodeReplace[R Resource](t *ResourceType, body Body) (ReplaceRequest[R], error) {
	d := decode(t, body)
	if d.refused == nil {
		return ReplaceRequest[R]{Resource: Of[R](d.tree), Ignored: &d.ignored}, nil
	}
	var ops []Op
	if list, ok := d.tree[attrMembers].([]any); ok {
		ops = []Op{{Kind: OpReplace, Path: Path{Attr: attrMembers}, Value: list}}
	}
	ending, err := d.ending(ops, &d.ignored)
	if err != nil {
		return ReplaceRequest[R]{}, err
	}
	op := ending.Ops[0]
	return ReplaceRequest[R]{Resource: Of[R](Attributes{op.Path.Attr: op.Value}), Refused: ending.Refused, Ignored: &d.ignored}, nil
}

// decode reads a whole body and records the first error.
func decode(t *ResourceType, body Body) *decoder {
	o := body.object
	d := &decoder{typ: t, tree: make(Attributes, len(o)), seen: make(map[Resolved]bool, len(o)), refusal: refusal{refused: body.refused}}
	d.members(o)
	d.elsewhere = true // a group may have no members
	d.note(t.Require(d.tree))
	return d
}

// Body is the parsed JSON object of a request; its meaning depends on the resource type and the
// method. The zero Body is an object without members.
type Body struct {
	object  object
	refused error // why the request is refused; nil: it is not
}

// ParseBody parses the body of a request: one JSON object in UTF-8, or an invalidSyntax [*Error].
func ParseBody(body []byte) (Body, error) {
	o, err := bodyObject(body)
	return Body{object: o}, err
}

// Refuse returns the body of a request that is refused for a part outside of the body, such as its
// query, with an [*Error]; nil refuses nothing. Decoding it is an error, but still finds
// what ends access.
func (b Body) Refuse(reason error) Body {
	if b.refused == nil {
		b.refused = reason
	}
	return b
}

// bodyObject reads a body that must be one JSON object in UTF-8.
func bodyObject(body []byte) (object, error) {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if len(bytes.TrimSpace(body)) == 0 {
		return nil, InvalidSyntax("the body is empty: expected a JSON object")
	}
	if !utf8.Valid(body) {
		return nil, InvalidSyntax("the body is not text in UTF-8")
	}
	v, err := decodeOrdered(body)
	if err != nil {
		return nil, err
	}
	o, ok := v.(object)
	if !ok {
		return nil, InvalidSyntax("the body is %s: expected a JSON object", kindOf(v))
	}
	return o, nil
}

// Require checks that the required attributes have a value (RFC 7643 section 2.2); an invalidValue
// [*Error] names the first that has none.
func (t *ResourceType) Require(a Attributes) error {
	for s := range t.schemas() {
		urn := t.keyOf(s)
		if _, present := a[urn]; urn != "" && !present {
			continue
		}
		for _, attr := range s.Attributes {
			v := a.Get(urn, attr.Name)
			if text, ok := v.(string); ok {
				v = strings.TrimSpace(text)
			}
			if attr.Required && isEmpty(v) {
				return InvalidValue("%s: required, but missing or empty; map a value to it", attr.Name)
			}
		}
	}
	return nil
}

// decoder builds the tree of one body. It continues after an error, to find what ends access.
type decoder struct {
	typ  *ResourceType
	tree Attributes
	seen map[Resolved]bool // what the body has named so far
	refusal
	ignored Ignored
}

// members reads the members of the body.
func (d *decoder) members(o object) {
	for _, m := range o {
		r, ok := d.typ.resolveName(m.name)
		d.named(r, ok, m.name, m)
	}
}

// named reads one member, if its name is known. Attributes that the service does not support are
// ignored, whatever their values.
func (d *decoder) named(r Resolved, known bool, name string, m field) {
	switch {
	case !known:
		d.ignored.Add(name)
	case d.typ.ignores(r):
		d.ignored.Add(ignoredName(filter.AttrPath{Name: name}, r))
	default:
		d.note(d.member(r, m))
	}
}

// member reads one member that is known. An attribute that is named twice, in whatever two
// spellings, is refused, since either value may be the one that the client means.
func (d *decoder) member(r Resolved, m field) error {
	d.about(r)
	d.noteActive(r, m.value)
	if d.seen[r] {
		return InvalidSyntax("%s: given twice; send it once", m.name)
	}
	d.seen[r] = true
	if r.Attr == nil {
		return d.schema(r.Schema, m)
	}
	return d.attribute(r, plain(m.value))
}

// schema reads the attributes of one schema, which are an object under its URN.
func (d *decoder) schema(urn string, m field) error {
	if m.value == nil || m.value == "" {
		return nil
	}
	o, ok := m.value.(object)
	if !ok {
		return InvalidValue("%s: expected an object, got %s", m.name, kindOf(m.value))
	}
	attributes := d.typ.Schema.Attributes
	if extension, ok := d.typ.Extension(urn); ok {
		attributes = extension.Attributes
	}
	for _, m := range o {
		name, sub, _ := strings.Cut(m.name, ".")
		r, ok := resolveIn(attributes, urn, name, sub)
		d.named(r, ok, cmp.Or(urn, d.typ.Schema.ID)+":"+m.name, m)
	}
	return nil
}

// noteActive records the value of active in the body.
func (d *decoder) noteActive(r Resolved, value any) {
	if r.Attr == nil || r.Schema != "" || r.Attr.Name != attrActive {
		return
	}
	if v, err := r.Attr.Canonical(plain(value)); err == nil {
		if active, ok := v.(bool); ok {
			d.active = &active
		}
	}
}

// attribute sets an attribute or sub-attribute in the tree. Parts of one complex attribute may come
// under several keys ("name" and "name.givenName"): they are put together.
func (d *decoder) attribute(r Resolved, value any) error {
	if r.Attr.Mutability == ReadOnly {
		return nil
	}
	if r.Sub != nil {
		value = map[string]any{r.Sub.Name: value}
	}
	v, err := r.Attr.Canonical(value)
	if err != nil {
		return err
	}
	if list, _ := v.([]any); r.Schema == "" && r.Attr.Name == attrMembers && anyNameless(value, len(list)) {
		return noMemberID()
	}
	if v == nil && r.Attr.MultiValued && r.Sub == nil {
		if list, isList := value.([]any); r.Schema == "" && r.Attr.Name == attrMembers && value != nil && !(isList && len(list) == 0) {
			return noMemberID() // neither absent nor an empty list: to take it for one would empty the group
		}
		v = []any{}
	}
	if v == nil {
		return nil
	}
	at := d.tree
	if r.Schema != "" {
		extension, ok := at[r.Schema].(map[string]any)
		if !ok {
			extension = make(map[string]any)
			at[r.Schema] = extension
		}
		at = extension
	}
	at[r.Attr.Name] = join(at[r.Attr.Name], v, r.Sub != nil)
	return nil
}

// join puts the later of two values of one attribute over the earlier one. Complex values are
// merged; so are the single elements of a list when the later is a part of one ("emails.type"
// behind "emails.value").
func join(before, after any, part bool) any {
	switch after := after.(type) {
	case map[string]any:
		if before, ok := before.(map[string]any); ok {
			maps.Copy(before, after)
			return before
		}
	case []any:
		if before, ok := before.([]any); ok && part && len(before) == 1 {
			return []any{join(before[0], after[0], false)}
		}
	}
	return after
}
