package page

import (
	"bytes"
	"encoding/json"
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

// Find returns the newest entries of a filter, newest first, after so many others, and whether there are more.
func (r *Ring) Find(f Filter, skip, count int) (found []Entry, more bool) {
	needle := newNeedle(f.Text)
	all := r.newest(func(e *held) bool {
		return (f.Class == "" || e.class == f.Class) && (f.Operation == "" || e.operation() == f.Operation) &&
			(f.Object == "" || slices.Contains(e.objects, f.Object) || e.request != nil && e.request.Object == f.Object)
	})
	for _, e := range all {
		if !needle.in(e) {
			continue
		}
		if skip--; skip >= 0 {
			continue
		}
		if len(found) == count {
			return found, true
		}
		found = append(found, e.entry())
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

// needle is a text that is looked for, in lower case: as it is, and as JSON writes it.
type needle struct{ text, encoded string }

func newNeedle(text string) needle {
	text = strings.ToLower(strings.TrimSpace(text))
	var encoded bytes.Buffer
	e := json.NewEncoder(&encoded)
	e.SetEscapeHTML(false)
	_ = e.Encode(text) // a string can be encoded
	return needle{text, strings.Trim(encoded.String(), "\"\n")}
}

// in reports whether an entry has the text. The names of JSON's members do not count where that can be told cheaply.
func (n needle) in(e held) bool {
	if n.text == "" {
		return true
	}
	if q := e.request; q != nil {
		for _, s := range []string{q.ID, q.Activity, q.Caller, q.Address, q.Object, q.Path, q.Query, q.Detail, q.Sent} {
			if strings.Contains(strings.ToLower(s), n.text) {
				return true
			}
		}
	}
	if !slices.ContainsFunc(e.lines, func(line []byte) bool { return strings.Contains(strings.ToLower(string(line)), n.encoded) }) {
		return e.id == n.text
	}
	return slices.ContainsFunc(changesOf(e.lines), n.inChange)
}

func (n needle) inChange(c Change) bool {
	texts := append([]string{c.ID, c.Name, c.Reason, c.Caller}, slices.Concat(c.Steps, c.Added, c.Removed)...)
	return slices.ContainsFunc(texts, func(s string) bool { return strings.Contains(strings.ToLower(s), n.text) }) ||
		n.inValue(c.Before) || n.inValue(c.After)
}

func (n needle) inValue(v any) bool {
	switch v := v.(type) {
	case string:
		return strings.Contains(strings.ToLower(v), n.text)
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
