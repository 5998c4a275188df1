package scim

import (
	"encoding/json"
	"slices"
	"strings"
)

// union returns the list with the elements added that are not there yet (RFC 7644 section 3.5.2.1).
// An element that exists is merged with the added one. Adding a list is the same as adding its
// elements one by one, in that order.
func (e edit) union(list, added []any) []any {
	known := make(places, 2*(len(list)+len(added)))
	for i, v := range list {
		known.note(e.identity(v), e.typeOf(v), i)
	}
	primary := primariesOf(list)
	for _, v := range added {
		identity, typ := e.identity(v), e.typeOf(v)
		i, ok := known[place{identity, typ}]
		if ok {
			e.merge(list[i], v)
		} else {
			i = len(list)
			list = append(list, v)
			known.note(identity, typ, i)
		}
		if isPrimary(v) {
			primary.become(list, i)
		}
	}
	return list
}

// place identifies an element: a list holds a value once for each type (RFC 7643 section 2.4).
type place struct {
	identity string
	typ      string // "" of any type
}

// places maps each kind of element to the index of the first one in a list.
type places map[place]int

// note records the index of an element, also for elements with its value and no type.
func (p places) note(identity, typ string, i int) {
	for _, key := range []place{{identity, ""}, {identity, typ}} {
		if _, taken := p[key]; !taken {
			p[key] = i
		}
	}
}

// typeOf returns the type that distinguishes elements with the same value, "" for none. The type of
// a member does not: it follows from the value.
func (e edit) typeOf(v any) string {
	m, _ := v.(map[string]any)
	typ, _ := m["type"].(string)
	if sub := find(e.attr.Sub, "type"); sub == nil || sub.Mutability == Immutable {
		return ""
	}
	return strings.ToLower(typ)
}

// merge adds the sub-attributes of another element with the same identity; immutable ones are
// unchanged.
func (e edit) merge(into, from any) {
	m, ok := into.(map[string]any)
	values, isMap := from.(map[string]any)
	if !ok || !isMap {
		return
	}
	for i := range e.attr.Sub {
		sub := &e.attr.Sub[i]
		v, named := values[sub.Name]
		if _, had := m[sub.Name]; named && !(had && sub.Mutability == Immutable) {
			m[sub.Name] = v
		}
	}
}

// without returns the list without the listed elements.
func (e edit) without(list, listed []any) []any {
	gone := make(map[string]bool, len(listed))
	for _, v := range listed {
		gone[e.identity(v)] = true
	}
	return slices.DeleteFunc(list, func(v any) bool { return gone[e.identity(v)] })
}

// identity returns the same text for elements that are the same: those of the same "value", or,
// where they have none, those that are equal altogether. As a string it keeps the cost of long
// lists linear.
func (e edit) identity(v any) string {
	def := e.attr
	if m, ok := v.(map[string]any); ok {
		value, ok := m["value"].(string)
		sub := find(e.attr.Sub, "value")
		if !ok || sub == nil {
			text, _ := json.Marshal(m) // a decoded value always has a JSON form; keys come sorted
			return "object " + string(text)
		}
		v, def = value, sub
	}
	s, ok := v.(string)
	if !ok {
		text, _ := json.Marshal(v)
		return "simple " + string(text)
	}
	if !def.CaseExact {
		s = strings.ToLower(s)
	}
	return "value " + s
}
