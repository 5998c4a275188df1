package scim

import (
	"fmt"
	"slices"
	"strings"

	"tvscim/scim/filter"
)

// MaxPatchOps is the maximum number of canonical operations of a PATCH; an operation without path
// counts once for each attribute in its value. A list of members is one operation, however long it
// is.
const MaxPatchOps = 1000

// DecodePatch reads the body of PATCH requests for the resource with that id, and returns its
// canonical form (RFC 7644 section 3.5.2). These deviations of clients are accepted:
//
//   - the case of member names, operations, attributes and URNs; a lone object for the list of
//     Operations; a missing schemas;
//   - a pathless value, each key of which is a path: dotted, with URN, with value filter, or a
//     whole extension;
//   - values of the wrong shape, see [Attribute.Canonical];
//   - an empty value ("" or null) in place of a removal, except for active, whose state it never
//     changes;
//   - attributes, schemas and keys that are unknown, or that [ResourceType.Advertised] does not advertise:
//     their operations are dropped, whatever their values, and named in [Patch.Ignored];
//   - readOnly attributes in a pathless value; the id must be the resource's own, though;
//   - a removal that lists the elements of a multi-valued attribute; an empty such list removes
//     nothing.
//
// Every error is an [*Error] and names the operation, counted from 1, by its place in the body. If
// the request is refused but ends access, there is no error: the patch holds only that part, and
// Refused holds the reason. See [Patch.Ending].
func DecodePatch(t *ResourceType, id string, body []byte) (Patch, error) {
	parsed, err := ParseBody(body)
	if err != nil {
		return Patch{}, err
	}
	return DecodePatchBody(t, id, parsed)
}

// DecodePatchBody is [DecodePatch] for a body that is parsed already.
func DecodePatchBody(t *ResourceType, id string, body Body) (Patch, error) {
	d := patchDecoder{typ: t, id: id, refusal: refusal{refused: body.refused}}
	d.note(body.object.requirePatch())
	operations, err := patchOperations(body.object)
	d.note(err)
	for i, operation := range operations {
		d.number, d.at, d.elsewhere = i+1, fmt.Sprintf("operation %d", i+1), false
		d.note(d.operation(operation))
	}
	if d.refused == nil {
		return Patch{Ops: d.ops, Ignored: &d.ignored}, nil
	}
	return d.ending(d.ops, &d.ignored)
}

// requirePatch refuses the body of another message of the protocol, which was sent here by mistake.
// Any other value of schemas is accepted: clients omit it, or send the schema of the resource.
func (o object) requirePatch() error {
	other := ""
	for _, f := range o {
		if !strings.EqualFold(f.name, "schemas") {
			continue
		}
		urns, _ := textList(f.value)
		for _, urn := range urns {
			switch {
			case strings.EqualFold(urn, PatchURN):
				return nil
			case strings.HasPrefix(strings.ToLower(urn), messages):
				other = urn
			}
		}
	}
	if other == "" {
		return nil
	}
	return InvalidSyntax("schemas: %.100q is another message; expected %s", other, PatchURN)
}

// patchOperations returns the elements of Operations. Of a body that names them twice, which is
// refused, they are those of all.
func patchOperations(request object) ([]any, error) {
	operations, _, err := request.get("Operations")
	if err != nil {
		var all []any
		for _, f := range request {
			if list, ok := f.value.([]any); ok && strings.EqualFold(f.name, "Operations") {
				all = append(all, list...)
			}
		}
		return all, err
	}
	switch operations := operations.(type) {
	case object:
		return []any{operations}, nil
	case []any:
		if len(operations) > 0 {
			return operations, nil
		}
	case nil:
	default:
		return nil, InvalidSyntax("Operations: expected a list of operations, got %s", kindOf(operations))
	}
	return nil, InvalidSyntax("Operations: a PATCH needs at least one operation")
}

// patchDecoder collects the canonical operations of one request. It continues after an error, to
// find what ends access.
type patchDecoder struct {
	typ    *ResourceType
	id     string
	number int    // of the operation, from 1
	at     string // where in the request we are, for errors
	ops    []Op
	refusal
	ignored Ignored
}

// request is one thing that a client asks for: an operation with a path, or one key of a pathless
// one.
type request struct {
	kind     OpKind
	to       Resolved
	path     Path
	value    any  // ordered, see [decodeOrdered]
	explicit bool // the client wrote the path as a path, not as the key of an object
	given    bool // the client sent a value, which may be null
}

// operation decodes one element of Operations.
func (d *patchDecoder) operation(v any) error {
	o, ok := v.(object)
	if !ok {
		return d.refuse(InvalidSyntax("expected an object with op, path and value, got %s", kindOf(v)))
	}
	kind, err := opKind(o)
	if err != nil {
		return d.refuse(err)
	}
	path, _, err := o.get("path")
	if err != nil {
		return d.refuse(err)
	}
	value, given, err := o.get("value")
	if err != nil {
		return d.refuse(err)
	}
	if path == nil || path == "" {
		return d.pathless(kind, value)
	}
	if ref, ok := path.(unresolved); ok {
		return d.refuse(ref.err())
	}
	text, ok := path.(string)
	if !ok {
		return d.refuse(InvalidPath("path: expected a string, got %s", kindOf(plain(path))))
	}
	parsed, err := filter.ParsePath(text)
	switch {
	case err != nil && d.ignoresBroken(text):
		return nil
	case err != nil:
		return d.refuse(InvalidPath("path: %v", err).Because(err))
	}
	return d.request(kind, parsed, request{value: value, explicit: true, given: given})
}

// opKind reads the member op.
func opKind(o object) (OpKind, error) {
	v, _, err := o.get("op")
	if err != nil {
		return 0, err
	}
	text, ok := v.(string)
	if !ok {
		return 0, InvalidSyntax("op: expected add, replace or remove")
	}
	for _, kind := range []OpKind{OpAdd, OpReplace, OpRemove} {
		if strings.EqualFold(text, kind.String()) {
			return kind, nil
		}
	}
	return 0, InvalidSyntax("op: expected add, replace or remove, got %.40q", text)
}

// pathless decodes an operation without path: each key of its value is one.
func (d *patchDecoder) pathless(kind OpKind, value any) error {
	if kind == OpRemove {
		// RFC 7644 section 3.5.2.2
		return d.refuse(NoTarget("remove needs a path: name the attribute to remove"))
	}
	o, ok := value.(object)
	if !ok {
		return d.refuse(InvalidValue("%s without a path needs an object of attributes, got %s", kind, kindOf(value)))
	}
	d.keys(kind, "", o)
	return nil
}

// keys decodes the members of a pathless value, or of the object of the schema with that URN.
func (d *patchDecoder) keys(kind OpKind, urn string, o object) {
	for _, f := range o {
		d.at, d.elsewhere = fmt.Sprintf("operation %d (%s)", d.number, kind), false
		p, err := filter.ParsePath(f.name)
		switch {
		case err != nil && strings.Contains(f.name, "[") && !d.ignoresBroken(f.name):
			d.note(d.refuse(InvalidPath("a key of the value: %v", err).Because(err)))
			continue
		case err != nil:
			d.ignored.Add(f.name) // no attribute has such a name
			continue
		}
		if p.URN == "" {
			p.URN = urn
		}
		d.note(d.request(kind, p, request{value: f.value, given: true}))
	}
}

// request resolves one path and decodes the change. Attributes that the service does not support
// are ignored, whatever their values, so that they cannot make the request fail.
func (d *patchDecoder) request(kind OpKind, p filter.Path, r request) error {
	to, ok := d.typ.Resolve(p.Attr())
	if !ok || d.typ.ignores(to) {
		d.ignored.Add(ignoredName(p.Attr(), to))
		return nil
	}
	d.about(to)
	r.kind, r.to, r.path = kind, to, Path{Schema: to.Schema}
	if to.Attr != nil {
		r.path.Attr = to.Attr.Name
	}
	if to.Sub != nil {
		r.path.Sub = to.Sub.Name
	}
	d.at = fmt.Sprintf("operation %d (%s)", d.number, strings.TrimSpace(kind.String()+" "+r.path.name()))
	switch {
	case !r.given && kind != OpRemove:
		return d.refuse(InvalidValue("%s needs a value; to clear the attribute use remove", kind))
	case p.Filter != nil && (to.Attr == nil || !to.Attr.MultiValued):
		return d.refuse(InvalidPath("a filter in brackets needs a multi-valued attribute, and this attribute has a single value; leave the brackets out"))
	case to.Attr == nil:
		return d.schema(r)
	case to.Attr.Mutability == ReadOnly || to.Definition().Mutability == ReadOnly:
		return d.readOnly(r)
	}
	if p.Filter != nil {
		r.path.Filter = canonicalFilter(p.Filter, to.Attr)
		if err := checkMemberFilter(r); err != nil {
			return d.refuse(err)
		}
	}
	return d.attribute(r)
}

// schema decodes a request for a whole schema: the object holds its attributes.
func (d *patchDecoder) schema(r request) error {
	extension := r.path.Schema != ""
	if r.kind == OpRemove || (isEmpty(r.value) && r.kind == OpReplace) {
		if !extension {
			return d.refuse(NotMutable("the core schema cannot be removed"))
		}
		return d.push(OpRemove, r.path, nil)
	}
	if isEmpty(r.value) {
		return nil
	}
	o, ok := r.value.(object)
	if !ok {
		return d.refuse(InvalidValue("expected an object of attributes, got %s", kindOf(r.value)))
	}
	urn := r.path.Schema
	if !extension {
		urn = d.typ.Schema.ID
	}
	d.keys(r.kind, urn, o)
	return nil
}

// readOnly decodes a request for an attribute that the service sets. In a larger value it is
// ignored, since clients send back what they read, unless it would change the id. schemas follows
// from the content.
func (d *patchDecoder) readOnly(r request) error {
	switch {
	case r.path.is("schemas"):
		return nil
	case r.explicit:
		return d.refuse(NotMutable("the attribute is read-only and set by this service; leave it out"))
	case r.path.is("id") && !isEmpty(r.value) && r.value != d.id:
		return d.refuse(NotMutable("the id of a resource cannot be changed; leave it out"))
	default:
		return nil
	}
}

// push appends a canonical operation. Values of one attribute that are added, or removed, one by
// one become one operation: some clients send a group of thousands like that, and each operation
// costs as much as the list is long.
func (d *patchDecoder) push(kind OpKind, path Path, value any) error {
	if active, ok := value.(bool); ok && path.is(attrActive) {
		d.active = &active
	}
	// Two values that are primary stay in two operations: in one list only the last of them would
	// be.
	if list, ok := value.([]any); ok && kind != OpReplace && len(d.ops) > 0 && !slices.ContainsFunc(list, isPrimary) {
		last := &d.ops[len(d.ops)-1]
		if before, ok := last.Value.([]any); ok && last.Kind == kind && path.Filter == nil && last.Path == path {
			last.Value = append(before, list...) //nolint:gocritic // it is the same list, grown in place
			return nil
		}
	}
	if len(d.ops) >= MaxPatchOps {
		if path.is(attrMembers) {
			d.ops = append(d.ops, Op{Kind: kind, Path: path, Value: value}) // for what ends access
		}
		return d.refuse(Errorf(400, TypeTooMany, "a PATCH may have at most %d operations; send the others in another request", MaxPatchOps))
	}
	d.ops = append(d.ops, Op{Kind: kind, Path: path, Value: value})
	return nil
}

// refuse adds the operation to an error.
func (d *patchDecoder) refuse(err error) error { return within(d.at, err) }
