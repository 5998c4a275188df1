package scim

import (
	"cmp"
	"strings"

	"tvscim/scim/filter"
)

// Sort is the order that a client asks for (RFC 7644 section 3.4.2.3). The zero Sort is the order
// of ids.
type Sort struct {
	By         filter.AttrPath // no Name: not asked for
	Descending bool
}

// IsZero reports whether no order is requested.
func (s Sort) IsZero() bool { return s.By.Name == "" }

// String prints the order as one text; "" for the zero Sort.
func (s Sort) String() string {
	switch {
	case s.IsZero():
		return ""
	case s.Descending:
		return s.By.String() + " " + descending
	default:
		return s.By.String() + " " + ascending
	}
}

// compareKeys compares two sort keys in the direction of the order.
func (s Sort) compareKeys(a, b string) int {
	if s.Descending {
		a, b = b, a
	}
	return strings.Compare(a, b)
}

// The values of sortOrder.
const (
	ascending  = "ascending"
	descending = "descending"
)

// CompareIDs orders ids as lists have them: the shorter first, then by their bytes. Ids that are a
// number behind one prefix are so in the order of the numbers.
func CompareIDs(a, b string) int {
	return cmp.Or(cmp.Compare(len(a), len(b)), strings.Compare(a, b))
}

// Position is a place between two resources of an ordered list (RFC 9865 calls what names one a
// cursor). It is defined by the resource before it and not by a number, so that it stays valid when
// resources are added and removed.
type Position struct {
	Key string // the sort key of the resource before it
	ID  string // the id of that resource; "" is before all resources that have the key
}

// ordering is a [Sort] of the resources of one type. It gives each resource a key.
type ordering struct {
	sort Sort
	by   Resolved // no Attr: all have one key
}

// newOrdering returns the order of resources of a type. With an attribute that resources cannot be
// sorted by, all have the same key and are in the order of ids: one that no schema of t defines or
// that is never returned, a complex one without a sub-attribute "value", for which the client must
// name another (RFC 7644 section 3.4.2.3), and the members of a group, which a list does not read.
func newOrdering(t *ResourceType, s Sort) ordering {
	o := ordering{sort: s}
	r, ok := t.Resolve(s.By)
	if s.IsZero() || !ok || r.Attr == nil || hidden(r.Attr) || t.Schema.ID == GroupURN && r.Key() == attrMembers {
		return o
	}
	if r.Sub == nil && r.Attr.Type == filter.TypeComplex {
		r.Sub = find(r.Attr.Sub, "value")
	}
	if r.Definition().Type != filter.TypeComplex && !hidden(r.Definition()) {
		o.by = r
	}
	return o
}

// The first byte of a sort key: a resource without the value is last in ascending order, and so
// first in descending (RFC 7644 section 3.4.2.3).
const (
	withValue    = "0"
	withoutValue = "1"
)

// key returns the sort key of a resource; see [filter.OrderKey] for how values compare.
func (o ordering) key(s *source) string {
	if o.by.Attr == nil {
		return withoutValue
	}
	v := s.get(o.by)
	if list, ok := v.([]any); ok {
		v = preferred(list)
	}
	if o.by.Sub != nil {
		element, _ := v.(map[string]any)
		v = element[o.by.Sub.Name]
	}
	key, ok := filter.OrderKey(o.by.Definition().comparing(nil), v)
	if !ok {
		return withoutValue
	}
	return withValue + key
}

// preferred returns the element that a multi-valued attribute is sorted by: the primary one, else
// the first.
func preferred(list []any) any {
	for _, v := range list {
		if e, ok := v.(map[string]any); ok && e["primary"] == true {
			return e
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

// isBehind reports whether the resource with that key and id is after a position.
func (o ordering) isBehind(key, id string, p Position) bool {
	c := o.sort.compareKeys(key, p.Key)
	return c > 0 || c == 0 && CompareIDs(id, p.ID) > 0
}
