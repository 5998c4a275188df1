package scim

import "maps"

// Get returns an attribute's value, nil when it is absent: of the extension with the URN schema, or
// of the resource itself when schema is "". Both names are spelled as in the schema.
func (a Attributes) Get(schema, attr string) any {
	if schema == "" {
		return a[attr]
	}
	extension, _ := a[schema].(map[string]any)
	return extension[attr]
}

// Clone returns a copy that shares nothing with a. The copy of nil is empty, not nil.
func (a Attributes) Clone() Attributes {
	c := make(Attributes, len(a))
	for name, v := range a {
		c[name] = cloneValue(v)
	}
	return c
}

// cloneValue copies a value of a tree.
func cloneValue(v any) any {
	switch v := v.(type) {
	case map[string]any:
		c := make(map[string]any, len(v))
		for name, e := range v {
			c[name] = cloneValue(e)
		}
		return c
	case []any:
		c := make([]any, len(v))
		for i, e := range v {
			c[i] = cloneValue(e)
		}
		return c
	default:
		return v
	}
}

// setString sets an attribute unless the string is empty, which means that the attribute is absent.
func (a Attributes) setString(name, value string) {
	if value != "" {
		a[name] = value
	}
}

// setBool sets an attribute unless nothing was said about it.
func (a Attributes) setBool(name string, value *bool) {
	if value != nil {
		a[name] = *value
	}
}

// takeString removes an attribute and returns it as a string, "" when it is absent or none.
func (a Attributes) takeString(name string) string {
	s, _ := a[name].(string)
	delete(a, name)
	return s
}

// takeBool removes an attribute and returns it as a boolean, nil when it is absent or none.
func (a Attributes) takeBool(name string) *bool {
	b, ok := a[name].(bool)
	delete(a, name)
	if !ok {
		return nil
	}
	return &b
}

// takeElements removes a multi-valued complex attribute and returns its elements; said is false
// when it is absent.
func (a Attributes) takeElements(name string) (elements []Attributes, said bool) {
	list, said := a[name].([]any)
	delete(a, name)
	for _, e := range list {
		if m, ok := e.(map[string]any); ok {
			elements = append(elements, Attributes(m))
		}
	}
	return elements, said
}

// takeHead removes the common attributes and returns those that a tree has.
func (a Attributes) takeHead() Head {
	delete(a, "meta")
	delete(a, "schemas")
	return Head{ID: a.takeString("id"), ExternalID: a.takeString("externalId")}
}

// rest returns the attributes that are left, nil if there are none: an attribute whose list is
// empty is absent.
func (a Attributes) rest() Attributes {
	maps.DeleteFunc(a, func(_ string, v any) bool { return isEmpty(v) })
	if len(a) == 0 {
		return nil
	}
	return a
}

// isEmpty reports whether a value means that the attribute is absent (RFC 7643 section 2.5).
func isEmpty(v any) bool {
	switch v := v.(type) {
	case nil:
		return true
	case string:
		return v == ""
	case []any:
		return len(v) == 0
	case map[string]any:
		return len(v) == 0
	default:
		return false
	}
}
