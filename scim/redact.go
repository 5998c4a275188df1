package scim

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// redacted stands where a secret was.
const redacted = "<secret>"

// Redactor removes secrets from what a client sent, so that a person can be shown the rest. Secrets
// are the values of attributes that are never returned (RFC 7643 section 7, "writeOnly"), such as
// password. It removes too much rather than too little. It is safe for concurrent use.
type Redactor struct {
	names []string // folded
	keys  []string // names, and keys under which secrets are sent by mistake
}

// mistakenKeys are keys that no attribute has and whose values are secrets: clients and people send
// them by mistake.
var mistakenKeys = []string{"authorization", "secret", "token", "apikey", "api_key", "passwd", "pwd", "sso_customer_id"}

// NewRedactor returns a redactor for the attributes of resource types.
func NewRedactor(types ...*ResourceType) *Redactor {
	r := &Redactor{}
	var add func(attributes []Attribute)
	add = func(attributes []Attribute) {
		for _, a := range attributes {
			if a.Mutability == WriteOnly || a.Returned == ReturnedNever {
				r.names = append(r.names, foldName(a.Name))
			}
			add(a.Sub)
		}
	}
	for _, t := range types {
		for s := range t.schemas() {
			add(s.Attributes)
		}
	}
	slices.Sort(r.names)
	r.names = slices.Compact(r.names)
	r.keys = slices.Concat(r.names, mistakenKeys)
	return r
}

// Body returns the body of a request without secrets, and false if nothing of it can be shown: it
// names a secret and is not well-formed JSON, or it is not UTF-8. A body that names no secret is
// returned as it is, well-formed or not.
func (r *Redactor) Body(body []byte) ([]byte, bool) {
	if bytes.IndexByte(body, 0) >= 0 || !utf8.Valid(body) { // such as UTF-16, in which names are not found
		return nil, false
	}
	if bytes.IndexByte(body, '\\') < 0 && !r.mayMention(body) {
		return body, true
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, false
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, false
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(r.value(tree)); err != nil {
		return nil, false
	}
	return bytes.TrimRight(out.Bytes(), "\n"), true
}

// Text returns a text such as a filter without secrets: all of it is replaced if it names one.
func (r *Redactor) Text(text string) string {
	if r.mentions(text) {
		return redacted
	}
	return text
}

// mayMention is mentions for a body, with all keys. It is called for each request.
func (r *Redactor) mayMention(body []byte) bool {
	if slices.ContainsFunc(body, func(b byte) bool { return b >= utf8.RuneSelf }) {
		return mentions(r.keys, string(body))
	}
	lower := bytes.ToLower(body)
	return slices.ContainsFunc(r.keys, func(key string) bool { return bytes.Contains(lower, []byte(key)) })
}

// mentions reports whether a text has the name of a secret in it, in any case.
func (r *Redactor) mentions(text string) bool { return mentions(r.names, text) }

// mentions reports whether a text has one of the folded names in it, in any case.
func mentions(names []string, text string) bool {
	text = foldName(text)
	return slices.ContainsFunc(names, func(name string) bool { return strings.Contains(text, name) })
}

// value returns a JSON value without secrets.
func (r *Redactor) value(v any) any {
	switch v := v.(type) {
	case map[string]any:
		return r.object(v)
	case []any:
		for i := range v {
			v[i] = r.value(v[i])
		}
	case string:
		// JSON in a string, or a filter in a path; a name such as "Password team" is no secret
		if strings.ContainsAny(v, `{"`) && r.mentions(v) {
			return redacted
		}
	}
	return v
}

// object returns an object without secrets: under their names, and the value of a PATCH operation
// whose path names one.
func (r *Redactor) object(o map[string]any) any {
	aimed := false
	for name, v := range o {
		path, ok := v.(string)
		aimed = aimed || ok && foldName(name) == "path" && r.mentions(path)
	}
	for name, v := range o {
		if mentions(r.keys, name) || aimed && foldName(name) == "value" {
			o[name] = redacted
		} else {
			o[name] = r.value(v)
		}
	}
	return o
}

// foldName folds letter case as strings.EqualFold does for the letters of names.
func foldName(name string) string {
	return strings.ReplaceAll(strings.ToLower(name), "ſ", "s") // ToLower folds the Kelvin sign
}
