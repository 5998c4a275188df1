package scim

import (
	"bytes"
	"maps"
	"strings"
	"unicode/utf8"
)

// DecodeUser reads the body of a POST or PUT of a user; see [Decode].
func DecodeUser(t *Type, body []byte) (User, error) { return Decode[User](t, body) }

// DecodeGroup reads the body of a POST or PUT of a group; see [Decode].
func DecodeGroup(t *Type, body []byte) (Group, error) { return Decode[Group](t, body) }

// Decode reads the body of a POST or PUT (RFC 7644 sections 3.3 and 3.5.1). A body that is no JSON object, or names an
// attribute twice, is invalidSyntax; a value of the wrong type and a required attribute that is missing are
// invalidValue.
//
// It takes what clients are known to send: names and URNs in any case, dotted and URN-qualified names as keys, a body
// without schemas or with unknown ones. Attributes that are unknown or readOnly are ignored, null and "" mean absent. A
// list that is null or empty means that there are no values: for the members of a group, and only there, that is told
// apart from not being said.
func Decode[R Resource](t *Type, body []byte) (R, error) {
	parsed, err := ParseBody(body)
	if err != nil {
		var none R
		return none, err
	}
	return DecodeBody[R](t, parsed)
}

// DecodeBody is [Decode] for a body that is parsed already.
func DecodeBody[R Resource](t *Type, body Body) (R, error) {
	var none R
	o := body.object
	d := decoder{typ: t, tree: make(Attributes, len(o)), seen: make(map[Resolved]bool, len(o))}
	if err := d.members(o); err != nil {
		return none, err
	}
	if err := t.Require(d.tree); err != nil {
		return none, err
	}
	return Of[R](d.tree), nil
}

// Body is the JSON object that a request carries, parsed and not yet understood: what it means depends on the resource
// type and the method. The zero Body is an object without members.
type Body struct{ object object }

// ParseBody parses the body of a request: one JSON object in UTF-8, or an invalidSyntax [*Error].
func ParseBody(body []byte) (Body, error) {
	o, err := bodyObject(body)
	return Body{object: o}, err
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

// Require checks that the required attributes have a value (RFC 7643 section 2.2); an invalidValue [*Error] names the
// first that has none.
func (t *Type) Require(a Attributes) error {
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

// decoder builds the tree of one body.
type decoder struct {
	typ  *Type
	tree Attributes
	seen map[Resolved]bool // what the body has named so far
}

// members reads the members of the body.
func (d *decoder) members(o object) error {
	for _, m := range o {
		r, ok := d.typ.resolveName(m.name)
		if !ok {
			continue
		}
		if err := d.member(r, m); err != nil {
			return err
		}
	}
	return nil
}

// member reads one member that is known. An attribute that is named twice, in whatever two spellings, is refused:
// whichever of the two were taken, the client may have meant the other.
func (d *decoder) member(r Resolved, m field) error {
	if d.seen[r] {
		return InvalidSyntax("%s: the body names it twice", m.name)
	}
	d.seen[r] = true
	if r.Attr == nil {
		return d.schema(r.Schema, m)
	}
	return d.attribute(r, plain(m.value))
}

// schema reads the attributes of one schema, which stand together in an object under its URN.
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
		if !ok {
			continue
		}
		if err := d.member(r, m); err != nil {
			return err
		}
	}
	return nil
}

// attribute sets an attribute or sub-attribute in the tree. Parts of one complex attribute may come under several keys
// ("name" and "name.givenName"): they are put together.
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

// join puts the later of two values of one attribute over the earlier one. Complex values are merged; so are the single
// elements of a list when the later is a part of one ("emails.type" behind "emails.value").
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
