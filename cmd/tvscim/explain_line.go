package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strings"

	"tvscim/mapping/changelog"
)

// requestOf returns a request that would make the change of a line of the change log. The log has
// no bodies, so it is made of the values before and after.
func requestOf(l changelog.Line) (scimRequest, error) {
	endpoint := map[string]string{changelog.KindUser: "/Users", changelog.KindGroup: "/Groups"}[l.Kind]
	switch {
	case endpoint == "" || !l.ByRequest():
		return scimRequest{}, errors.New("line: not that of a request about a user or group")
	case l.Shortened:
		return scimRequest{}, errors.New("line: it was too long for the change log and does not tell what was changed")
	}
	if l.ID != url.PathEscape(l.ID) {
		return scimRequest{}, errors.New("line: its id is not that of a user or group")
	}
	r := scimRequest{note: "made of the values before and after in the change log, which holds no bodies"}
	switch {
	case l.Method == http.MethodDelete:
		r.Method, r.Path = http.MethodDelete, endpoint+"/"+l.ID
	case l.Before == nil && l.After != nil:
		return r.with(http.MethodPost, endpoint, withMembers(withoutMeta(l.After), l.Added))
	default:
		operations := changedValues(l)
		if len(operations) == 0 && l.Reason != "" {
			return scimRequest{}, fmt.Errorf("line: the request was refused with %d: %s The change log holds no bodies; give the request as JSON",
				l.Status, cell(strings.TrimSuffix(l.Reason, ".")+"."))
		}
		if len(operations) == 0 {
			return scimRequest{}, errors.New("line: nothing was changed, and the change log holds no bodies; give the request as JSON")
		}
		return r.with(http.MethodPatch, endpoint+"/"+l.ID, map[string]any{
			"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": operations,
		})
	}
	return r, nil
}

// with completes a request.
func (r scimRequest) with(method, path string, body map[string]any) (scimRequest, error) {
	text, err := json.Marshal(body)
	r.Method, r.Path, r.Body = method, path, text
	return r, err
}

// withoutMeta returns attributes without those that a client does not send.
func withoutMeta(attributes map[string]any) map[string]any {
	sent := map[string]any{}
	for name, value := range attributes {
		if name != "meta" && name != "id" {
			sent[name] = value
		}
	}
	return sent
}

// withMembers adds members to the attributes of a group.
func withMembers(attributes map[string]any, ids []string) map[string]any {
	if len(ids) > 0 {
		attributes["members"] = members(ids)
	}
	return attributes
}

func members(ids []string) []map[string]any {
	list := make([]map[string]any, 0, len(ids))
	for _, id := range ids {
		list = append(list, map[string]any{"value": id})
	}
	return list
}

// changedValues returns the operations that change what a line changed, in the order of the names:
// the same line is explained in the same words each time.
func changedValues(l changelog.Line) []map[string]any {
	var operations []map[string]any
	add := func(op, path string, value any) {
		operations = append(operations, map[string]any{"op": op, "path": path, "value": value})
	}
	before, after := withoutMeta(l.Before), withoutMeta(l.After)
	for _, name := range slices.Sorted(maps.Keys(before)) {
		value := before[name]
		switch is, there := after[name]; {
		case !there && l.After != nil:
			operations = append(operations, map[string]any{"op": "remove", "path": name})
		case there && !reflect.DeepEqual(value, is):
			add("replace", name, is)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		if _, there := before[name]; !there && l.Before != nil {
			add("add", name, after[name])
		}
	}
	if len(l.Added) > 0 {
		add("add", "members", members(l.Added))
	}
	if len(l.Removed) > 0 {
		add("remove", "members", members(l.Removed))
	}
	return operations
}
