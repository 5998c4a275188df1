package scim

import (
	"maps"
	"slices"

	"tvscim/scim/filter"
)

// elements returns the new elements of a multi-valued attribute. The list is changed in place.
func (e edit) elements(list []any) ([]any, error) {
	switch {
	case e.filter != nil:
		return e.selected(list)
	case e.sub != nil:
		return e.each(list)
	case e.kind == OpRemove && e.value == nil:
		return nil, nil
	}
	value, ok := e.value.([]any)
	if !ok {
		value = []any{e.value}
	}
	switch e.kind {
	case OpRemove:
		return e.without(list, value), nil
	case OpReplace:
		return e.union(nil, value), nil
	default:
		return e.union(list, value), nil
	}
}

// each applies the operation to a sub-attribute of every element. If there is no element, one is
// created.
func (e edit) each(list []any) ([]any, error) {
	if len(list) == 0 && e.kind != OpRemove {
		m := map[string]any{e.sub.Name: e.value}
		if !e.complete(m) {
			return nil, NoTarget("the attribute has no value yet; add one first")
		}
		return []any{m}, nil
	}
	touched := make([]int, len(list))
	for i := range list {
		touched[i] = i
	}
	return e.change(list, touched)
}

// selected applies the operation to the elements that the filter selects.
func (e edit) selected(list []any) ([]any, error) {
	var touched []int
	for i, v := range list {
		if e.selects(v) {
			touched = append(touched, i)
		}
	}
	if len(touched) > 0 {
		return e.change(list, touched)
	}
	if e.kind == OpRemove {
		return list, nil // gone already; see [Apply]
	}
	created, ok := e.created()
	if !ok {
		return nil, NoTarget("no value matches the filter in brackets; filter on a value that the resource has, " +
			"or add the value first")
	}
	list = append(list, created)
	onePrimary(list, []int{len(list) - 1})
	return list, nil
}

// created returns the element that an add or replace makes where its filter selects nothing. RFC
// 7644 section 3.5.2.3 answers noTarget; but Entra ID sets emails[type eq "work"].value this way,
// whether the element exists or not. This is the only departure from the RFC, and as small as
// possible: the filter must be a conjunction of "eq" that the new element matches, a replacement
// must be of a sub-attribute, and a filter on "value" creates nothing, since it selects an existing
// element.
func (e edit) created() (map[string]any, bool) {
	if e.attr.Type != filter.TypeComplex || (e.sub == nil && e.kind != OpAdd) {
		return nil, false
	}
	m := make(map[string]any)
	if !asserted(e.filter, e.attr, m) {
		return nil, false
	}
	if err := e.into(m); err != nil {
		return nil, false
	}
	return m, e.complete(m) && e.selects(m)
}

// complete reports whether an element has all required sub-attributes.
func (e edit) complete(m map[string]any) bool {
	for _, sub := range e.attr.Sub {
		if _, ok := m[sub.Name]; sub.Required && !ok {
			return false
		}
	}
	return true
}

// asserted adds the values of a conjunction of "eq" to m; it reports false for any other filter.
func asserted(expr filter.Expr, attr *Attribute, m map[string]any) bool {
	switch expr := expr.(type) {
	case filter.And:
		return asserted(expr.Left, attr, m) && asserted(expr.Right, attr, m)
	case filter.Compare:
		path, sub := canonicalName(expr.Path, attr)
		if sub == nil || expr.Op != filter.Equal || path.Name == "value" || expr.Value.Kind == filter.Null {
			return false
		}
		v, err := sub.Canonical(expr.Value.Text)
		if err != nil || v == nil {
			return false
		}
		m[path.Name] = v
		return true
	default:
		return false
	}
}

// change applies the operation to the elements at those indexes.
func (e edit) change(list []any, touched []int) ([]any, error) {
	for _, i := range touched {
		v, err := e.changed(list[i])
		if err != nil {
			return nil, err
		}
		list[i] = v
	}
	if e.kind != OpRemove {
		onePrimary(list, touched)
	}
	return slices.DeleteFunc(list, isEmpty), nil
}

// changed returns the element after the operation; nil if it is removed.
func (e edit) changed(v any) (any, error) {
	m, isComplex := v.(map[string]any)
	switch {
	case e.sub == nil && e.kind == OpRemove:
		return nil, nil
	case !isComplex:
		return e.value, nil
	case e.sub == nil && e.kind == OpReplace:
		return e.replacement(), nil
	default:
		return m, e.into(m)
	}
}

// replacement returns the element that replaces a selected one (RFC 7644 section 3.5.2.3). Unless
// the client sets them, it has the values of the filter: a new work e-mail is a work e-mail.
func (e edit) replacement() any {
	value, ok := cloneValue(e.value).(map[string]any)
	if !ok {
		return e.value
	}
	m := make(map[string]any)
	if !asserted(e.filter, e.attr, m) {
		return value
	}
	maps.Copy(m, value)
	return m
}

// onePrimary leaves at most one element primary: the last primary one of those that changed, else
// the one that was primary before (RFC 7644 section 3.5.2).
func onePrimary(list []any, touched []int) {
	primary := -1
	for _, i := range touched {
		if isPrimary(list[i]) {
			primary = i
		}
	}
	if primary < 0 {
		return
	}
	for i, v := range list {
		if i != primary && isPrimary(v) {
			v.(map[string]any)["primary"] = false
		}
	}
}

// primaries holds the indexes of the primary elements of a list.
type primaries []int

// primariesOf finds the primary elements.
func primariesOf(list []any) primaries {
	var p primaries
	for i, v := range list {
		if isPrimary(v) {
			p = append(p, i)
		}
	}
	return p
}

// become makes an element the only primary one, if it is primary.
func (p *primaries) become(list []any, i int) {
	for _, old := range *p {
		if old != i {
			list[old].(map[string]any)["primary"] = false
		}
	}
	*p = append((*p)[:0], i)
}

// isPrimary reports whether an element is the primary one.
func isPrimary(v any) bool {
	m, _ := v.(map[string]any)
	return m["primary"] == true
}

// selects reports whether the filter selects an element.
func (e edit) selects(v any) bool {
	return filter.Eval(filter.ValuePath{Inner: e.filter}, element{attr: e.attr, value: v})
}

// element is one value of a multi-valued attribute, as the only one that the attribute has.
type element struct {
	attr  *Attribute
	value any
}

var _ filter.Source = element{}

// Lookup returns the attribute; the path to it is known.
func (e element) Lookup(filter.AttrPath) filter.Attribute {
	return e.attr.comparing(valuesOf(e.value, e.attr))
}
