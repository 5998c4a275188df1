package scim

import (
	"fmt"
	"maps"
	"reflect"
	"slices"

	"tvscim/scim/filter"
)

// Apply returns the resource as the patch makes it (RFC 7644 section 3.5.2): the operations in
// order, each on the result of the one before. It is pure: before and the patch stay as they are,
// and nothing of them is shared with the result. With an error nothing is applied. An [*Error] is
// the client's fault: noTarget where a value filter selects nothing, mutability where a value is
// required or set for good.
//
// It departs from the RFC for Entra ID in two points: a value filter that selects nothing may
// create the element (see [edit.created]), and removing a value that does not exist succeeds, since
// Entra ID retries after a noTarget.
//
// Members that are nil are not known. A patch that needs them ([Patch.Needs]) is then refused with
// an error that is not for the client, since it is an error of the caller.
func Apply[R Resource](t *ResourceType, before R, p Patch) (R, error) {
	var none R
	tree := before.Attributes()
	group, isGroup := any(before).(Group)
	if change, ok := p.Members(); isGroup && group.Members == nil && p.Touches(attrMembers) && !(ok && change.Exact) {
		return none, fmt.Errorf("%s %s: apply: the members are not known", t.Name, before.Common().ID)
	}
	work := 0
	for _, op := range p.Ops {
		if work > maxApplyWork {
			return none, Errorf(400, TypeTooMany, "%s %s: the operations before it processed %d values; send the operations in several requests",
				op.Kind, op.Path.name(), work)
		}
		work += op.work(tree)
		if err := applyOp(t, tree, op); err != nil {
			return none, within(op.Kind.String()+" "+op.Path.name(), err)
		}
	}
	if _, some := tree[attrMembers]; isGroup && !some && p.Touches(attrMembers) {
		tree[attrMembers] = []any{} // known to be none
	}
	after := Of[R](tree)
	switch r := any(&after).(type) {
	case *User:
		r.Meta = before.Common().Meta
	case *Group:
		r.Meta = before.Common().Meta
		if p.Refused != nil {
			r.Members = remaining(group.Members, r.Members)
		}
	}
	return after, nil
}

// remaining returns the members before a patch that are members after it: a refused patch adds
// nobody.
func remaining(before, after []Member) []Member {
	in := make(map[string]bool, len(after))
	for _, m := range after {
		in[m.Value] = true
	}
	left := make([]Member, 0, len(before))
	for _, m := range before {
		if in[m.Value] {
			left = append(left, m)
		}
	}
	return left
}

// maxApplyWork is the maximum number of values that the operations of a PATCH before the last one
// may process, which takes some seconds. A single operation is never refused.
const maxApplyWork = 2_000_000

// work returns how many values an operation processes.
func (op Op) work(tree Attributes) int {
	before, _ := tree.Get(op.Path.Schema, op.Path.Attr).([]any)
	added, _ := op.Value.([]any)
	return len(before) + len(added)
}

// applyOp applies one operation to a tree, which is changed in place.
func applyOp(t *ResourceType, tree Attributes, op Op) error {
	to, ok := op.Path.resolve(t)
	switch {
	case !ok:
		return fmt.Errorf("a %s has no such attribute", t.Name)
	case to.Attr == nil && op.Kind == OpRemove:
		delete(tree, to.Schema)
		return nil
	case to.Attr == nil:
		return applyExtension(t, tree, op)
	}
	box := map[string]any(tree)
	if to.Schema != "" {
		extension, ok := tree[to.Schema].(map[string]any)
		if !ok {
			extension = make(map[string]any)
		}
		box = extension
	}
	e := edit{kind: op.Kind, attr: to.Attr, sub: to.Sub, filter: op.Path.Filter, value: cloneValue(op.Value)}
	if err := e.apply(box); err != nil {
		return err
	}
	if to.Schema != "" {
		put(tree, to.Schema, box)
	}
	return nil
}

// applyExtension merges an object of attributes into an extension.
func applyExtension(t *ResourceType, tree Attributes, op Op) error {
	attributes, ok := op.Value.(map[string]any)
	if !ok {
		return fmt.Errorf("the value is %T, not an object", op.Value)
	}
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		one := Op{Kind: op.Kind, Path: Path{Schema: op.Path.Schema, Attr: name}, Value: attributes[name]}
		if err := applyOp(t, tree, one); err != nil {
			return within(name, err)
		}
	}
	return nil
}

// put sets a value, or removes the key if the value is empty.
func put(box map[string]any, key string, v any) {
	if isEmpty(v) {
		delete(box, key)
		return
	}
	box[key] = v
}

// edit is the effect of an operation on one attribute. It owns its value.
type edit struct {
	kind   OpKind
	attr   *Attribute
	sub    *Attribute // nil: the attribute itself
	filter filter.Expr
	value  any
}

// apply changes the attribute in the object that holds it.
func (e edit) apply(box map[string]any) error {
	old, had := box[e.attr.Name]
	if e.attr.Mutability == Immutable {
		old = cloneValue(old)
	}
	var v any
	var err error
	if e.attr.MultiValued {
		list, _ := box[e.attr.Name].([]any)
		before := len(list)
		if list, err = e.elements(list); err == nil && len(list) > before {
			err = e.attr.tooMany(e.attr.Name, len(list))
		}
		v = list
	} else {
		v, err = e.single(box[e.attr.Name])
	}
	if err != nil {
		return err
	}
	put(box, e.attr.Name, v)
	switch _, has := box[e.attr.Name]; {
	case e.attr.Required && !has:
		return NotMutable("%s is required and cannot be removed", e.attr.Name)
	case e.attr.Mutability == Immutable && had && !reflect.DeepEqual(old, box[e.attr.Name]):
		return NotMutable("%s cannot be changed once it is set", e.attr.Name)
	default:
		return nil
	}
}

// single returns the new value of a single-valued attribute. A complex value is merged:
// sub-attributes that the operation does not name are unchanged (RFC 7644 section 3.5.2.3).
func (e edit) single(v any) (any, error) {
	if e.sub == nil && e.kind == OpRemove {
		return nil, nil
	}
	if e.attr.Type != filter.TypeComplex {
		return e.value, nil
	}
	m, ok := v.(map[string]any)
	if !ok {
		m = make(map[string]any)
	}
	return m, e.into(m)
}

// into applies the operation to one complex value, in place: to its sub-attribute, or to all that
// the value names.
func (e edit) into(m map[string]any) error {
	if e.sub != nil {
		return e.assign(m, e.sub, e.value)
	}
	values, ok := e.value.(map[string]any)
	if !ok {
		return fmt.Errorf("the value is %T, not an object", e.value)
	}
	for i := range e.attr.Sub {
		sub := &e.attr.Sub[i]
		if v, named := values[sub.Name]; named {
			if err := e.assign(m, sub, v); err != nil {
				return err
			}
		}
	}
	return nil
}

// assign sets or removes one sub-attribute.
func (e edit) assign(m map[string]any, sub *Attribute, v any) error {
	if e.kind == OpRemove {
		v = nil
	}
	old, had := m[sub.Name]
	if sub.Mutability == Immutable && had && !reflect.DeepEqual(old, v) {
		return NotMutable("%s.%s cannot be changed once it is set", e.attr.Name, sub.Name)
	}
	put(m, sub.Name, cloneValue(v))
	return nil
}
