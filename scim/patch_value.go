package scim

import (
	"strings"

	"tvscim/scim/filter"
)

// The core attributes that PATCH treats in a way of their own.
const (
	attrActive  = "active"
	attrMembers = "members"
)

// attribute decodes a request for one attribute, or for a sub-attribute of it, by its kind.
func (d *patchDecoder) attribute(r request) error {
	def := r.to.Definition()
	switch {
	case r.kind == OpRemove:
		return d.remove(r)
	case r.to.Sub == nil && def.MultiValued:
		return d.elements(r)
	case r.value == nil || r.value == "":
		return d.clear(r)
	case def.Type == filter.TypeComplex:
		return d.complex(r)
	default:
		return d.simple(r)
	}
}

// simple decodes a value for an attribute or sub-attribute that is neither complex nor
// multi-valued.
func (d *patchDecoder) simple(r request) error {
	v, err := r.to.Definition().Canonical(plain(r.value))
	if err != nil {
		return d.refuse(err)
	}
	text, isText := v.(string)
	if v == nil || (r.to.Definition().Required && isText && strings.TrimSpace(text) == "") {
		return d.clear(r)
	}
	return d.push(r.kind, r.path, v)
}

// complex decodes a value for a single-valued complex attribute. It is merged, not put in place
// (RFC 7644 section 3.5.2.3), so an empty sub-attribute is a removal of its own.
func (d *patchDecoder) complex(r request) error {
	if list, ok := r.value.([]any); ok && len(list) == 1 {
		r.value = list[0]
	}
	v, err := r.to.Attr.Canonical(plain(r.value))
	if err != nil {
		return d.refuse(err)
	}
	o, _ := r.value.(object)
	for _, f := range o {
		if f.value != nil && f.value != "" {
			continue
		}
		sub := find(r.to.Attr.Sub, f.name)
		if sub == nil || sub.Mutability == ReadOnly {
			continue
		}
		cleared := r
		cleared.to.Sub, cleared.path.Sub = sub, sub.Name
		if err := d.clear(cleared); err != nil {
			return err
		}
		if cleared.whole() == r.path {
			return nil // the whole attribute is removed
		}
	}
	if v == nil {
		return nil
	}
	return d.push(r.kind, r.path, v)
}

// elements decodes a value for a multi-valued attribute, or for those of its elements that a filter
// selects.
func (d *patchDecoder) elements(r request) error {
	v, err := r.to.Attr.Canonical(plain(r.value))
	if err != nil {
		return d.refuse(err)
	}
	list, _ := v.([]any)
	// Neither null nor an empty list, which empty the group, but members without their ids.
	nameless := !isEmpty(r.value) || r.value == "" && r.kind == OpReplace
	switch {
	case r.path.is(attrMembers) && (len(list) == 0 && nameless || anyNameless(plain(r.value), len(list))):
		return d.refuse(noMemberID())
	case len(list) == 0 && r.kind == OpAdd:
		return nil // nothing is added
	case len(list) == 0:
		return d.clear(r)
	case r.path.Filter == nil:
		return d.push(r.kind, r.path, list)
	case len(list) > 1:
		return d.refuse(InvalidValue("a path with a filter takes one value, got a list of %d", len(list)))
	default:
		return d.push(r.kind, r.path, list[0])
	}
}

// anyNameless reports whether a list of members of which so many have a value holds another that
// has none. To leave that one out could remove a member whom the client meant to keep. Null and ""
// are no members.
func anyNameless(value any, withValue int) bool {
	elements, _ := value.([]any)
	given := 0
	for _, e := range elements {
		if e != nil && e != "" {
			given++
		}
	}
	return withValue > 0 && given > withValue
}

// noMemberID refuses members without their ids.
func noMemberID() error {
	return InvalidValue("members.value: required, but missing or empty; map a value to it")
}

// clear decodes an empty value in place of a removal.
func (d *patchDecoder) clear(r request) error {
	if r.to.Definition().Required {
		return d.refuse(InvalidValue("%s is required and cannot be empty", r.path.name()))
	}
	return d.removal(r)
}

// remove decodes a removal. A value beside it means something only where it lists elements: then
// exactly those are removed, since the path alone (RFC 7644) would remove all. Null is no value
// (RFC 7643 section 2.5), but beside the path members it removes nobody.
func (d *patchDecoder) remove(r request) error {
	switch {
	case r.to.Definition().Required && r.path.Filter == nil:
		// RFC 7644 section 3.5.2.2
		return d.refuse(NotMutable("%s is required and cannot be removed", r.path.name()))
	case r.value == nil && r.given && r.path == Path{Attr: attrMembers}:
		return nil // more likely a list that a client has lost than a group to be emptied
	case r.value == nil || !r.to.Attr.MultiValued || r.path.Sub != "" || r.path.Filter != nil:
		return d.removal(r)
	}
	v, err := r.to.Attr.Canonical(plain(r.value))
	if err != nil {
		d.removeValid(r)
		return d.refuse(err)
	}
	list, _ := v.([]any)
	if len(list) == 0 {
		return nil // an empty list removes nothing
	}
	return d.push(OpRemove, r.path, list)
}

// removeValid appends the removal of the members in a list that is refused for other elements.
func (d *patchDecoder) removeValid(r request) {
	elements, _ := r.value.([]any)
	if !r.path.is(attrMembers) {
		return
	}
	for _, e := range elements {
		v, err := r.to.Attr.Canonical(plain([]any{e}))
		if list, _ := v.([]any); err == nil && len(list) > 0 {
			_ = d.push(OpRemove, r.path, list) // the operation is refused already
		}
	}
}

// removal appends the removal of what the path names.
func (d *patchDecoder) removal(r request) error {
	if r.path.is(attrActive) {
		d.ignored.Add(attrActive)
		return nil // the value is neither true nor false, and a guess could activate or deactivate an account
	}
	if ids, ok := memberIDs(r.path); ok {
		if len(ids) == 0 {
			return nil // no member has an empty id
		}
		return d.push(OpRemove, Path{Attr: attrMembers}, ids)
	}
	return d.push(OpRemove, r.whole(), nil)
}

// whole returns the path to remove: a single complex value without its "value" (a manager without
// id) says nothing, and is removed as a whole.
func (r request) whole() Path {
	path := r.path
	if path.Sub == "value" && !r.to.Attr.MultiValued {
		path.Sub = ""
	}
	return path
}

// memberIDs returns the members that members[value eq "…"], or several such comparisons joined by
// or, selects. Unlike those of any other filter, they can be removed without reading the members.
func memberIDs(path Path) ([]any, bool) {
	if !path.is(attrMembers) || path.Filter == nil || path.Sub != "" {
		return nil, false
	}
	var ids []any
	var collect func(e filter.Expr) bool
	collect = func(e filter.Expr) bool {
		switch e := e.(type) {
		case filter.Or:
			return collect(e.Left) && collect(e.Right)
		case filter.Compare:
			if e.Op != filter.Equal || e.Path != (filter.AttrPath{Name: "value"}) || e.Value.Kind == filter.Null {
				return false
			}
			if e.Value.Text != "" {
				ids = append(ids, map[string]any{"value": e.Value.Text})
			}
			return true
		default:
			return false
		}
	}
	return ids, collect(path.Filter)
}

// canonicalFilter spells a value filter as the schema does: the names of sub-attributes, and
// booleans that were written as strings (primary eq "True"). A name that the attribute does not
// have is unchanged, and matches nothing; see [checkMemberFilter].
func canonicalFilter(e filter.Expr, attr *Attribute) filter.Expr {
	switch e := e.(type) {
	case filter.And:
		return filter.And{Left: canonicalFilter(e.Left, attr), Right: canonicalFilter(e.Right, attr)}
	case filter.Or:
		return filter.Or{Left: canonicalFilter(e.Left, attr), Right: canonicalFilter(e.Right, attr)}
	case filter.Not:
		return filter.Not{X: canonicalFilter(e.X, attr)}
	case filter.Present:
		e.Path, _ = canonicalName(e.Path, attr)
		return e
	case filter.Compare:
		path, sub := canonicalName(e.Path, attr)
		e.Path = path
		text := strings.ToLower(e.Value.Text)
		if sub != nil && sub.Type == filter.TypeBoolean && (text == "true" || text == "false") {
			e.Value = filter.Value{Kind: filter.Bool, Text: text}
		}
		return e
	default:
		return e
	}
}

// checkMemberFilter refuses a filter on a sub-attribute that no member has here: one that does not
// exist, or the URI, which only responses have (see [ResourceType.withoutURIs]). All members would
// match members[$ref ne "…"], and its removal would empty the group.
func checkMemberFilter(r request) error {
	if !r.path.is(attrMembers) {
		return nil
	}
	for path := range filter.Paths(r.path.Filter) {
		if _, sub := canonicalName(path, r.to.Attr); sub == nil || sub.Name == "$ref" {
			return InvalidFilter("members cannot be filtered by %.60q; use value, the id of the member", path)
		}
	}
	return nil
}

// canonicalName spells the name of a sub-attribute; nil when the attribute has none such.
func canonicalName(p filter.AttrPath, attr *Attribute) (filter.AttrPath, *Attribute) {
	sub := find(attr.Sub, p.Name)
	if sub == nil || p.URN != "" || p.Sub != "" {
		return p, nil
	}
	return filter.AttrPath{Name: sub.Name}, sub
}
