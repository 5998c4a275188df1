package scim

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
)

// secretText stands for the value of an attribute that is never returned.
const secretText = "<secret>"

// Describe returns the operations of a patch, one line each, such as
//
//	replace active = false
//
// Values of attributes that are never returned (RFC 7643 section 7) are not shown; others may be
// personal data.
func (p Patch) Describe(t *ResourceType) []string {
	lines := make([]string, 0, len(p.Ops))
	for _, op := range p.Ops {
		line := op.Kind.String() + " " + op.Path.String()
		if op.Value != nil {
			line += " = " + describe(t, op.Path, op.Value)
		}
		lines = append(lines, line)
	}
	return lines
}

// Describe returns the attributes of a resource, one line each, as [Patch.Describe] does.
func (a Attributes) Describe(t *ResourceType) []string {
	var lines []string
	for _, key := range slices.Sorted(maps.Keys(a)) {
		extension, ok := a[key].(Attributes)
		if !ok {
			if tree, isMap := a[key].(map[string]any); isMap {
				extension = tree
			}
		}
		if _, known := t.Extension(key); !known {
			lines = append(lines, key+" = "+describe(t, Path{Attr: key}, a[key]))
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(extension)) {
			path := Path{Schema: key, Attr: name}
			lines = append(lines, path.String()+" = "+describe(t, path, extension[name]))
		}
	}
	return lines
}

// describe returns a value as JSON, without secrets.
func describe(t *ResourceType, path Path, value any) string {
	if found, ok := path.resolve(t); ok && found.Attr != nil && found.Attr.Returned == ReturnedNever {
		return secretText
	}
	if tree, ok := value.(map[string]any); ok && path.Attr == "" { // a whole extension
		value = secretless(t, path, tree)
	}
	if truth, ok := value.(bool); ok { // the most frequent value, without the encoder
		return strconv.FormatBool(truth)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return "?"
	}
	return string(text)
}

// secretless returns the attributes of an extension without secrets.
func secretless(t *ResourceType, path Path, tree map[string]any) map[string]any {
	shown := make(map[string]any, len(tree))
	for name, value := range tree {
		inner := path
		inner.Attr = name
		if found, ok := inner.resolve(t); ok && found.Attr != nil && found.Attr.Returned == ReturnedNever {
			value = secretText
		}
		shown[name] = value
	}
	return shown
}
