package scim

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"tvscim/scim/filter"
)

// MaxValues is the maximum number of values of a multi-valued attribute. The members of a group are
// limited by the size of the body alone.
const MaxValues = 200

// Canonical converts a JSON value that a client sent for the attribute to the form of [Attributes].
// v is as encoding/json decodes it with UseNumber. The result is nil if the value means that the
// attribute is absent: null, the empty string, a list or object of nothing else (RFC 7643 section
// 2.5).
//
// These deviations of clients are accepted: booleans and numbers as strings ("False"), a list of
// one where one value belongs and one value where a list belongs, a bare string for a complex
// value's "value" (the manager), a lone {"value": …} around a value that has no part of that name,
// also beside members that are null or empty, sub-attributes in any case. Sub-attributes that are
// unknown or readOnly are dropped. Of several values that are primary the last stays so (RFC 7643
// section 2.4 allows one). Everything else stays exactly as sent. A value of the wrong type, and a
// list of more than [MaxValues], is an invalidValue [*Error] that names the attribute.
func (a *Attribute) Canonical(v any) (any, error) {
	return a.canonical(a.Name, v)
}

// canonical does the work of Canonical; name is the path to show in errors.
func (a *Attribute) canonical(name string, v any) (any, error) {
	if !a.MultiValued {
		return a.single(name, v)
	}
	elements, ok := v.([]any)
	if !ok {
		elements = []any{v}
	}
	if err := a.tooMany(name, len(elements)); err != nil {
		return nil, err
	}
	list := make([]any, 0, len(elements))
	all := make([]int, 0, len(elements))
	for _, e := range elements {
		c, err := a.one(name, e)
		if err != nil {
			return nil, err
		}
		if c != nil {
			all = append(all, len(list))
			list = append(list, c)
		}
	}
	if len(list) == 0 {
		return nil, nil
	}
	onePrimary(list, all)
	return list, nil
}

// tooMany refuses a list of n values if they are more than the attribute takes.
func (a *Attribute) tooMany(name string, n int) error {
	if n <= MaxValues || a.Name == attrMembers {
		return nil
	}
	return InvalidValue("%s: has %d values, at most %d are accepted; send fewer", name, n, MaxValues)
}

// single canonicalises the value of a single-valued attribute.
func (a *Attribute) single(name string, v any) (any, error) {
	list, ok := v.([]any)
	switch {
	case !ok:
		return a.one(name, v)
	case len(list) == 0:
		return nil, nil
	case len(list) == 1:
		return a.one(name, list[0])
	default:
		return nil, InvalidValue("%s: expected one value, got a list of %d", name, len(list))
	}
}

// one canonicalises one value, or one element of a multi-valued attribute.
func (a *Attribute) one(name string, v any) (any, error) {
	if v == nil || v == "" {
		return nil, nil
	}
	if ref, ok := v.(unresolved); ok {
		return nil, ref.err()
	}
	if m, ok := v.(map[string]any); ok && find(a.Sub, "value") == nil {
		inner, lone := loneValue(m)
		if _, isObject := inner.(map[string]any); lone && (isObject || a.Type != filter.TypeComplex) {
			return a.one(name, inner)
		}
	}
	if a.Type == filter.TypeComplex {
		return a.complex(name, v)
	}
	return a.simple(name, v)
}

// simple canonicalises a value that is not complex.
func (a *Attribute) simple(name string, v any) (any, error) {
	switch a.Type {
	case filter.TypeBoolean:
		return boolean(name, v)
	case filter.TypeInteger, filter.TypeDecimal:
		return number(name, v, a.Type)
	default:
		s, ok := v.(string)
		if !ok {
			return nil, InvalidValue("%s: expected a string, got %s", name, kindOf(v))
		}
		return s, nil
	}
}

// complex canonicalises one complex value. Of two spellings of one sub-attribute the schema's own
// wins, then the first in alphabetical order, so that the result does not depend on the order of a
// map.
func (a *Attribute) complex(name string, v any) (any, error) {
	if s, ok := v.(string); ok && find(a.Sub, "value") != nil {
		v = map[string]any{"value": s}
	}
	m, ok := v.(map[string]any)
	if !ok {
		return nil, InvalidValue("%s: expected an object, got %s", name, kindOf(v))
	}
	out := make(map[string]any, len(m))
	for _, key := range slices.Sorted(maps.Keys(m)) {
		sub := a.subOf(key)
		if sub == nil || sub.Mutability == ReadOnly {
			continue
		}
		if _, taken := out[sub.Name]; taken && key != sub.Name {
			continue
		}
		c, err := sub.canonical(name+"."+sub.Name, m[key])
		if err != nil {
			return nil, err
		}
		if c != nil {
			out[sub.Name] = c
		}
	}
	if a.Name == rolesName {
		a.unpack(out)
	}
	if len(out) == 0 {
		return nil, nil
	}
	for _, sub := range a.Sub {
		if _, ok := out[sub.Name]; sub.Required && !ok {
			return nil, InvalidValue("%s.%s: required, but missing or empty; map a value to it", name, sub.Name)
		}
	}
	return out, nil
}

// boolean reads a boolean, also one that was sent as a string.
func boolean(name string, v any) (any, error) {
	switch b := v.(type) {
	case bool:
		return b, nil
	case string:
		switch {
		case strings.EqualFold(b, "true"):
			return true, nil
		case strings.EqualFold(b, "false"):
			return false, nil
		}
	}
	return nil, InvalidValue("%s: expected true or false, got %s", name, kindOf(v))
}

// number reads a number, also one that was sent as a string, and keeps its digits.
func number(name string, v any, typ filter.Type) (any, error) {
	var text string
	switch n := v.(type) {
	case json.Number:
		text = n.String()
	case string:
		text = n
	}
	digits := strings.TrimPrefix(text, "-")
	isNumber := digits != "" && digits[0] >= '0' && digits[0] <= '9' && json.Valid([]byte(text))
	if isNumber && (typ == filter.TypeDecimal || !strings.ContainsAny(text, ".eE")) {
		return json.Number(text), nil
	}
	if typ == filter.TypeInteger {
		return nil, InvalidValue("%s: expected a whole number, got %s", name, kindOf(v))
	}
	return nil, InvalidValue("%s: expected a number, got %s", name, kindOf(v))
}

// loneValue returns the value in {"value": …} if all other members are empty: older versions of
// Entra ID send this, with companions such as "$ref" that are null or empty.
func loneValue(m map[string]any) (value any, lone bool) {
	for key, v := range m {
		switch {
		case strings.EqualFold(key, "value") && !lone:
			value, lone = v, true
		case !isEmpty(v):
			return nil, false
		}
	}
	return value, lone
}

// rolesName is the attribute whose values some clients send in a form that no schema describes.
const rolesName = "roles"

// subOf returns the sub-attribute that a client means by a name, nil when there is none. Clients
// that map app roles to roles write "displayName" where the schema has "display".
func (a *Attribute) subOf(name string) *Attribute {
	sub := find(a.Sub, name)
	if sub == nil && a.Name == rolesName && strings.EqualFold(name, "displayName") {
		return find(a.Sub, "display")
	}
	return sub
}

// unpack decodes a role that a client sends as JSON text in "value" ({"value":
// "{\"id\":…,\"value\":\"operator\",\"displayName\":…}"}). Any other value is unchanged.
func (a *Attribute) unpack(role map[string]any) {
	text, _ := role["value"].(string)
	var packed map[string]any
	if !strings.HasPrefix(text, "{") || json.Unmarshal([]byte(text), &packed) != nil {
		return
	}
	inner, err := a.complex(a.Name, packed)
	if inner, ok := inner.(map[string]any); ok && err == nil {
		delete(role, "value")
		maps.Copy(role, inner)
	}
}

// kindOf describes the type of a decoded JSON value. It does not show the value, which may be
// personal data or a secret.
func kindOf(v any) string {
	switch v.(type) {
	case nil:
		return "null"
	case bool:
		return "true or false"
	case string:
		return "a string"
	case json.Number:
		return "a number"
	case []any:
		return "a list"
	case map[string]any, object:
		return "an object"
	default:
		return "something else"
	}
}
