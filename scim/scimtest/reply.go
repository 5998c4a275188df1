package scimtest

import (
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

// reply is a complete response, with methods that compare it. The zero reply is used after the end
// of a check; nothing is compared then.
type reply struct {
	probe   *Probe
	request string // for messages
	path    string // of the created resource
	status  int
	header  http.Header
	text    string
	tree    any // the body as JSON, nil if it is not JSON
}

// failf records that the response is not as expected.
func (r *reply) failf(format string, args ...any) *reply {
	r.probe.failf("%s: %s\nanswer: %d %s", r.request, fmt.Sprintf(format, args...), r.status, abridged(r.text))
	return r
}

// want expects one of some statuses.
func (r *reply) want(statuses ...int) *reply {
	if !slices.Contains(statuses, r.status) {
		words := make([]string, len(statuses))
		for i, s := range statuses {
			words[i] = strconv.Itoa(s)
		}
		return r.failf("status %d, want %s", r.status, strings.Join(words, " or "))
	}
	return r
}

// wantError expects an error with one of some scimTypes, any if none is given.
func (r *reply) wantError(status int, types ...string) *reply {
	r.want(status)
	if got, _ := r.at("scimType").(string); len(types) > 0 && !slices.Contains(types, got) {
		return r.failf("scimType %q, want %s", got, strings.Join(types, " or "))
	}
	return r
}

// refused expects any 4xx error.
func (r *reply) refused() {
	if r.status < 400 || r.status > 499 {
		r.failf("status %d, want a refusal (4xx)", r.status)
	}
}

// is expects a value at a path of keys.
func (r *reply) is(want any, path ...string) *reply {
	if diff := cmp.Diff(want, r.at(path...)); diff != "" {
		return r.failf("%s is %v, want %v", strings.Join(path, "."), r.at(path...), want)
	}
	return r
}

// lacks expects nothing at a path of keys: absent, null or empty (RFC 7643 section 2.5).
func (r *reply) lacks(path ...string) *reply {
	switch v := r.at(path...).(type) {
	case nil:
		return r
	case list:
		if len(v) == 0 {
			return r
		}
	}
	return r.failf("%s is %v, want it absent", strings.Join(path, "."), r.at(path...))
}

// holds expects a list of objects to have exactly these values of a sub-attribute, in any order.
func (r *reply) holds(sub string, want []string, path ...string) *reply {
	got := texts(r.at(path...), sub)
	slices.Sort(got)
	want = slices.Sorted(slices.Values(want))
	if !slices.Equal(got, want) {
		return r.failf("%s.%s are %q, want %q", strings.Join(path, "."), sub, got, want)
	}
	return r
}

// hasSchema expects a URN among the schemas.
func (r *reply) hasSchema(urn string) *reply {
	if schemas, _ := r.at("schemas").(list); !slices.Contains(schemas, any(urn)) {
		return r.failf("schemas are %v, want %s among them", schemas, urn)
	}
	return r
}

// finds expects a list of exactly these resources, in any order.
func (r *reply) finds(ids ...string) *reply {
	r.want(http.StatusOK).is(float64(len(ids)), "totalResults")
	got := slices.Sorted(slices.Values(r.ids()))
	if want := slices.Sorted(slices.Values(ids)); !slices.Equal(got, want) {
		return r.failf("found %q, want %q", got, want)
	}
	return r
}

// orders expects a list of exactly these resources in this order.
func (r *reply) orders(ids ...string) *reply {
	if got := r.want(http.StatusOK).ids(); !slices.Equal(got, ids) {
		return r.failf("the order is %q, want %q", got, ids)
	}
	return r
}

// at returns the value at a path of keys, nil if there is none.
func (r *reply) at(path ...string) any { return at(r.tree, path...) }

// id returns the id of the resource.
func (r *reply) id() string {
	id, _ := r.at("id").(string)
	return id
}

// string returns the text at a path of keys, "" when there is none.
func (r *reply) string(path ...string) string {
	s, _ := r.at(path...).(string)
	return s
}

// resources returns the resources of a list.
func (r *reply) resources() list {
	all, _ := r.at("Resources").(list)
	return all
}

// some returns the resources of a list that must not be empty.
func (r *reply) some() list {
	r.want(http.StatusOK)
	if len(r.resources()) == 0 {
		r.failf("there are no resources")
	}
	return r.resources()
}

// ids returns the ids of the resources of a list.
func (r *reply) ids() []string { return texts(r.at("Resources"), "id") }

// again reads the created resource again.
func (r *reply) again() *reply {
	return r.probe.get(r.path).want(http.StatusOK)
}

// patched changes the created resource, which must succeed, and reads it again.
func (r *reply) patched(ops ...object) *reply {
	r.probe.patch(r.path, ops...).want(http.StatusOK, http.StatusNoContent)
	return r.again()
}

// at returns the value at a path of keys in a tree, nil if there is none. A key that is a number is
// an index.
func at(tree any, path ...string) any {
	for _, key := range path {
		switch t := tree.(type) {
		case object:
			tree = t[key]
		case list:
			i, err := strconv.Atoi(key)
			if err != nil || i < 0 || i >= len(t) {
				return nil
			}
			tree = t[i]
		default:
			return nil
		}
	}
	return tree
}

// texts returns the texts under one key of the objects of a list.
func texts(tree any, key string) []string {
	elements, _ := tree.(list)
	all := make([]string, 0, len(elements))
	for _, e := range elements {
		if s, ok := at(e, key).(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// abridged shortens a text for a message.
func abridged(text string) string {
	const longest = 600
	if utf8.RuneCountInString(text) <= longest {
		return text
	}
	return string([]rune(text)[:longest]) + "…"
}
