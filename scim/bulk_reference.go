package scim

import (
	"net/url"
	"strings"
)

// bulkPrefix begins a reference to a resource that a POST of the same bulk request makes (RFC 7644 section 3.7.2).
const bulkPrefix = "bulkId:"

// Resolve returns the operation with every reference replaced by the id of what it refers to: ids holds the ids of the
// resources made so far by their bulkIds. A reference is a text in the data that is nothing but "bulkId:…", one in
// quotes in the path of a PATCH operation, or a segment of the operation's own path. One in the path that ids does not
// hold is a 409. So is one in the data, but only when the data is decoded: an attribute that is ignored refuses nothing.
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

// unresolved is a bulkId in the place of an id, in data that is not decoded yet: there is no resource behind it.
type unresolved string

// err says so to the client.
func (u unresolved) err() *Error {
	return Errorf(409, "", "bulkId %.100q: there is no resource behind it: no operation makes it, "+
		"the one that should have has failed, or the two wait for each other.", string(u))
}

// path returns the path of the operation with its reference replaced: what stands behind the endpoint, all of it, since
// a bulkId may be any text.
func (op BulkOperation) path(id func(ref string) string) string {
	endpoint, ref, ok := strings.Cut(op.Path, "/"+bulkPrefix)
	if !ok {
		return op.Path
	}
	return endpoint + "/" + url.PathEscape(id(ref))
}

// trim takes the slashes off the end of a path with a reference, unless they are part of the bulkId that an operation has.
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

// replacedInPath replaces the references in the value filter of a path: members[value eq "bulkId:ola"]. Where one has no
// id, it takes the place of the path.
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

// isMembers tells whether a member of the data holds the members of a group, which may be added later.
func isMembers(f field) bool { return strings.EqualFold(f.name, attrMembers) }

// references calls found for every reference of the operation; member tells that it is one of a new group's members.
func (op BulkOperation) references(found func(ref string, member bool)) {
	hard := func(ref string) any { found(ref, false); return "" }
	soft := func(ref string) any { found(ref, true); return "" }
	op.path(func(ref string) string { found(ref, false); return "" })
	for _, f := range op.Data.object {
		id := hard
		if op.Method == "POST" && isMembers(f) {
			id = soft
		}
		replaced(f.name, f.value, id)
	}
}

// halves splits the POST of a group: one without the members that refer to a resource which must come later, and the
// PATCH that adds those once they are there.
func (op BulkOperation) halves(later func(ref string) bool) (first, rest BulkOperation) {
	first, rest = op, BulkOperation{Method: "PATCH", Path: strings.TrimRight(op.Path, "/") + "/" + bulkPrefix + op.BulkID}
	first.Data.object = make(object, 0, len(op.Data.object))
	var put []any
	for _, f := range op.Data.object {
		members, ok := f.value.([]any)
		if !isMembers(f) || !ok {
			first.Data.object = append(first.Data.object, f)
			continue
		}
		now := []any{}
		for _, m := range members {
			late := false
			replaced("", m, func(ref string) any { late = late || later(ref); return "" })
			if late {
				put = append(put, m)
			} else {
				now = append(now, m)
			}
		}
		first.Data.object = append(first.Data.object, field{f.name, now})
	}
	add := object{{"op", "add"}, {"path", attrMembers}, {"value", put}}
	rest.Data.object = object{{"Operations", []any{add}}}
	return first, rest
}
