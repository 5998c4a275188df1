package scim

import (
	"encoding/json"
	"strings"
)

// DecodeSearch reads the body of a POST to /.search (RFC 7644 section 3.4.3, RFC 9865 section 3): a
// query whose parameters are members of a SearchRequest. It means what [ParseQuery] reads from the
// same parameters.
//
// A body that is no JSON object, names another schema, or has a member of the wrong JSON type is
// invalidSyntax; null means absent, and unknown members are ignored. As in [Decode], a body without
// schemas is taken for what it must be.
func DecodeSearch(t *ResourceType, body []byte, l Limits) (Query, error) {
	o, err := bodyObject(body)
	if err != nil {
		return Query{}, err
	}
	if err := o.requireSchema(SearchURN); err != nil {
		return Query{}, err
	}
	values := make(map[string][]string, len(searchMembers))
	for _, m := range searchMembers {
		v, _, err := o.get(m.name)
		if err != nil {
			return Query{}, err
		}
		if v == nil {
			continue
		}
		texts, ok := m.read(v)
		if !ok {
			return Query{}, InvalidSyntax("%s: expected %s, got %s", m.name, m.expected, kindOf(v))
		}
		values[m.name] = texts
	}
	return ParseQuery(t, values, l)
}

// searchMembers are the members of a SearchRequest, which are named like the parameters of a URL.
var searchMembers = []struct {
	name     string
	expected string
	read     func(any) ([]string, bool)
}{
	{"attributes", "a list of names", textList},
	{"excludedAttributes", "a list of names", textList},
	{"filter", "a string", oneText},
	{"sortBy", "a string", oneText},
	{"sortOrder", "a string", oneText},
	{"startIndex", "a number", numberText},
	{"count", "a number", numberText},
	{"cursor", "a string", oneText},
}

// oneText reads a member that is one text.
func oneText(v any) ([]string, bool) {
	s, ok := v.(string)
	return []string{s}, ok
}

// textList reads a list of texts. A single string is a comma-separated list, as in a URL.
func textList(v any) ([]string, bool) {
	list, ok := v.([]any)
	if !ok {
		return oneText(v)
	}
	all := make([]string, len(list))
	for i, e := range list {
		if all[i], ok = e.(string); !ok {
			return nil, false
		}
	}
	return all, true
}

// numberText reads a number, which clients may send as a text.
func numberText(v any) ([]string, bool) {
	if n, ok := v.(json.Number); ok {
		return []string{n.String()}, true
	}
	return oneText(v)
}

// requireSchema refuses a message with the URN of another message.
func (o object) requireSchema(urn string) error {
	v, ok, err := o.get("schemas")
	if !ok || v == nil || err != nil {
		return err
	}
	urns, isList := textList(v)
	for _, u := range urns {
		if strings.EqualFold(u, urn) {
			return nil
		}
	}
	if !isList {
		return InvalidSyntax("schemas: expected a list of URNs, got %s", kindOf(v))
	}
	return InvalidSyntax("schemas: the body must be a %s", urn)
}
