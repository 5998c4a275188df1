package scim

import (
	"net/url"
	"slices"
	"strings"
)

// bulkPrefix begins a reference to a resource that a POST of the same bulk request creates (RFC
// 7644 section 3.7.2).
const bulkPrefix = "bulkId:"

// Resolve returns the operation with every reference replaced by the id of what it refers to: ids
// maps bulkIds to the ids of the resources created so far. A reference is a string in the data that
// starts with "bulkId:", one in quotes in the path of a PATCH operation, or a segment of the
// operation's own path. A reference in the path that ids does not have is a 409 error. One in the
// data is a 409 error when the data is decoded, so that an ignored attribute causes none.
func (op BulkOperation) Resolve(ids map[string]string) (BulkOperation, error) {
	var missing error
	op.Path = op.path(func(ref string) string {
		id, ok := ids[ref]
		if !ok {
			missing = unresolved(ref).err()
		}
		return id
	})
	op.Data.object, _ = replaced("", op.Data.object, func(ref string) any {
		if id, ok := ids[ref]; ok {
			return id
		}
		return unresolved(ref)
	}).(object)
	return op, missing
}

// unresolved is a bulkId without a resource, in the place of an id in data that is not yet decoded.
type unresolved string

// err returns the error for the client.
func (u unresolved) err() *Error {
	return Errorf(409, "", "bulkId %.100q cannot be resolved: no operation creates the resource, the operation that "+
		"creates it failed, or the reference is circular. Correct the reference and send the operation again.", string(u))
}

// path returns the path of the operation with its reference replaced: all that follows the
// endpoint, since a bulkId may be any string.
func (op BulkOperation) path(id func(ref string) string) string {
	endpoint, ref, ok := strings.Cut(op.Path, "/"+bulkPrefix)
	if !ok {
		return op.Path
	}
	return endpoint + "/" + url.PathEscape(id(ref))
}

// trim removes trailing slashes from a path with a reference, unless they are part of a bulkId.
func (op *BulkOperation) trim(made map[string]bool) {
	if _, ref, ok := strings.Cut(op.Path, "/"+bulkPrefix); ok && !made[ref] {
		op.Path = strings.TrimRight(op.Path, "/")
	}
}

// replaced returns a copy of the value of a member with its references replaced.
func replaced(name string, v any, id func(ref string) any) any {
	switch v := v.(type) {
	case object:
		o := make(object, len(v))
		for i, f := range v {
			o[i] = field{name: f.name, value: replaced(f.name, f.value, id)}
		}
		return o
	case []any:
		list := make([]any, len(v))
		for i, e := range v {
			list[i] = replaced(name, e, id)
		}
		return list
	case string:
		if ref, ok := strings.CutPrefix(v, bulkPrefix); ok {
			return id(ref)
		}
		if strings.EqualFold(name, "path") {
			return replacedInPath(v, id)
		}
		return v
	default:
		return v
	}
}

// replacedInPath replaces the references in the value filter of a path: members[value eq
// "bulkId:ola"]. If one has no id, it replaces the path.
func replacedInPath(path string, id func(ref string) any) any {
	var b strings.Builder
	for {
		before, after, ok := strings.Cut(path, `"`+bulkPrefix)
		ref, rest, closed := strings.Cut(after, `"`)
		if !ok || !closed {
			b.WriteString(path)
			return b.String()
		}
		made, ok := id(ref).(string)
		if !ok {
			return unresolved(ref)
		}
		b.WriteString(before + `"` + made + `"`)
		path = rest
	}
}

// references calls found for every reference of the operation. member reports whether it is an
// element of a new group's members, which can be added later.
func (op BulkOperation) references(found func(ref string, member bool)) {
	op.path(func(ref string) string { found(ref, false); return "" })
	for _, f := range op.Data.object {
		_, member := op.newMembers(f)
		replaced(f.name, f.value, func(ref string) any { found(ref, member); return "" })
	}
}

// newMembers returns the members of the group that the operation creates, if f holds them.
func (op BulkOperation) newMembers(f field) ([]any, bool) {
	members, ok := f.value.([]any)
	return members, ok && op.Method == "POST" && strings.EqualFold(f.name, attrMembers)
}

// split splits the POST of a group if some of its members refer to a resource that the request
// creates: first is the POST without these members, rest is the PATCH that adds them.
func (op BulkOperation) split(created func(ref string) bool) (first, rest BulkOperation, ok bool) {
	first = op
	first.Data.object = slices.Clone(op.Data.object)
	var put []any
	for i, f := range op.Data.object {
		members, ok := op.newMembers(f)
		if !ok {
			continue
		}
		now := []any{}
		for _, m := range members {
			late := false
			replaced("", m, func(ref string) any { late = late || created(ref); return "" })
			if late {
				put = append(put, m)
			} else {
				now = append(now, m)
			}
		}
		first.Data.object[i].value = now
	}
	if put == nil {
		return op, BulkOperation{}, false
	}
	add := object{{"op", "add"}, {"path", attrMembers}, {"value", put}}
	rest = BulkOperation{Method: "PATCH", Path: strings.TrimRight(op.Path, "/") + "/" + bulkPrefix + op.BulkID}
	rest.Data.object = object{{"Operations", []any{add}}}
	return first, rest, true
}
