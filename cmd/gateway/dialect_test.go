package gateway_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"strings"
)

// dialect is one of the two ways in which Entra writes the same change.
type dialect string

const (
	legacy    dialect = "legacy"    // the default for apps outside the gallery
	compliant dialect = "compliant" // with the flag aadOptscim062020
)

var dialects = []dialect{legacy, compliant}

// attr is one attribute with its new value.
type attr struct{ path, value string }

// change is a PATCH of a user or group that sets attributes, and active unless it is nil. Legacy:
// one operation an attribute, booleans as text. Compliant: several attributes in one value without
// a path, but those with a value path.
func (d dialect) change(active *bool, attrs ...attr) string {
	var operations []string
	together := map[string]string{}
	for _, a := range attrs {
		if d == compliant && len(attrs) > 1 && !strings.Contains(a.path, "[") {
			together[a.path] = a.value
			continue
		}
		operations = append(operations, operation(d.op("Replace"), a.path, a.value))
	}
	if len(together) > 0 {
		operations = append(operations, fmt.Sprintf(`{"op":"replace","value":%s}`, jsonOf(together)))
	}
	if active != nil {
		var value any = *active
		if d == legacy {
			value = map[bool]string{true: "True", false: "False"}[*active]
		}
		operations = append(operations, operation(d.op("Replace"), "active", value))
	}
	return patchOf(operations...)
}

// addMembers is a PATCH that makes users members of a group.
func (d dialect) addMembers(ids ...string) string {
	return patchOf(operation(d.op("Add"), "members", references(ids)))
}

// removeMembers is a PATCH that ends memberships. Legacy: one operation with a list of values,
// which RFC 7644 would take for the removal of all members. Compliant: one operation a member.
func (d dialect) removeMembers(ids ...string) string {
	if d == legacy {
		return patchOf(operation("Remove", "members", references(ids)))
	}
	var operations []string
	for _, id := range ids {
		operations = append(operations, fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, id))
	}
	return patchOf(operations...)
}

// replaceMembers is a PATCH that sets all members of a group.
func (d dialect) replaceMembers(ids ...string) string {
	return patchOf(operation(d.op("Replace"), "members", references(ids)))
}

// op is the name of an operation as the dialect spells it.
func (d dialect) op(name string) string {
	if d == compliant {
		return strings.ToLower(name)
	}
	return name
}

func operation(op, path string, value any) string {
	return fmt.Sprintf(`{"op":%q,"path":%s,"value":%s}`, op, jsonOf(path), jsonOf(value))
}

// references are members as Entra names them.
func references(ids []string) []map[string]any {
	members := make([]map[string]any, len(ids))
	for i, id := range ids {
		members[i] = map[string]any{"$ref": nil, "value": id}
	}
	return members
}

// jsonOf writes a value of the tests' own making, which can always be written.
func jsonOf(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// query writes a filter into a URL.
func query(filter string) string { return url.QueryEscape(filter) }
