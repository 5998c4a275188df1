package page

import (
	"regexp"
	"slices"
	"strings"
)

// Filter selects entries. Empty fields select all.
type Filter struct {
	Class     Class
	Operation string // "create", "change", "delete", "find", "bulk", "other"
	Text      string // in ids, names, addresses, bodies and texts; in any case
	Object    string // id of a user or group
}

// requestID is the form of the ids of requests.
var requestID = regexp.MustCompile(`\b[A-Z2-7]{26}\b`)

// idIn returns the id of a request in a text, such as that of an error; "" if there is none.
func idIn(text string) string { return requestID.FindString(text) }

// Find returns the newest entries of a filter, newest first, after so many others, and whether
// there are more.
func (r *Ring) Find(f Filter, skip, count int) (found []Entry, more bool) {
	needle := needle(strings.ToLower(strings.TrimSpace(f.Text)))
	all := r.newest(func(e *held) bool {
		return (f.Class == "" || e.class == f.Class) && (f.Operation == "" || e.operation() == f.Operation) &&
			(f.Object == "" || slices.Contains(e.objects, f.Object) || e.request != nil && e.request.Object == f.Object)
	})
	for _, e := range all {
		if needle != "" && !needle.in(e.request) && !slices.ContainsFunc(r.changes(e), needle.inChange) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if len(found) == count {
			return found, true
		}
		found = append(found, r.open(e))
	}
	return found, false
}

// operation is what a request is for.
func (e *held) operation() string {
	if e.request == nil {
		return "other"
	}
	return e.request.operation()
}

func (q *Request) operation() string {
	switch {
	case q.Kind == "" && strings.HasSuffix(q.Path, "/Bulk"):
		return "bulk"
	case q.Method == "GET" || q.Method == "HEAD" || strings.HasSuffix(q.Path, "/.search"):
		return "find"
	case q.Kind == "":
		return "other"
	}
	switch q.Method {
	case "POST":
		return "create"
	case "PUT", "PATCH":
		return "change"
	case "DELETE":
		return "delete"
	}
	return "other"
}

// needle is a text that is looked for, in lower case.
type needle string

// in reports whether a request has the text.
func (n needle) in(q *Request) bool {
	return q != nil && slices.ContainsFunc([]string{q.ID, q.Activity, q.Caller, q.Address, q.Object, q.Path, q.Query, q.Detail, string(q.Sent)}, n.within)
}

func (n needle) within(text string) bool { return strings.Contains(strings.ToLower(text), string(n)) }

func (n needle) inChange(c Change) bool {
	texts := append([]string{c.ID, c.Name, c.Reason, c.Caller}, slices.Concat(c.Steps, c.Added, c.Removed)...)
	return slices.ContainsFunc(texts, n.within) ||
		n.inValue(c.Before) || n.inValue(c.After)
}

func (n needle) inValue(v any) bool {
	switch v := v.(type) {
	case string:
		return n.within(v)
	case map[string]any:
		for _, each := range v {
			if n.inValue(each) {
				return true
			}
		}
	case []any:
		return slices.ContainsFunc(v, n.inValue)
	}
	return false
}
