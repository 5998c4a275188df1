package scim_test

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// accent writes a tree in a spelling that a client could use: names in some case, core attributes
// with or without URN, sub-attributes under dotted keys, extensions as objects or under flat keys,
// booleans as text.
func accent(t *rapid.T, a scim.Attributes) []byte {
	body := make(map[string]any)
	for _, key := range slices.Sorted(maps.Keys(a)) {
		extension, ok := a[key].(map[string]any)
		switch {
		case ok && strings.HasPrefix(key, "urn:") && rapid.Bool().Draw(t, "flat keys"):
			for _, name := range slices.Sorted(maps.Keys(extension)) {
				separator := rapid.SampledFrom([]string{":", "."}).Draw(t, "separator")
				body[letters(t, key)+separator+letters(t, name)] = shaped(t, extension[name])
			}
		case ok && !strings.HasPrefix(key, "urn:") && rapid.Bool().Draw(t, "dotted keys"):
			for _, name := range slices.Sorted(maps.Keys(extension)) {
				body[letters(t, key)+"."+letters(t, name)] = shaped(t, extension[name])
			}
		case !strings.HasPrefix(key, "urn:") && rapid.Bool().Draw(t, "core URN"):
			body[letters(t, scim.UserURN)+":"+letters(t, key)] = shaped(t, a[key])
		case strings.HasPrefix(key, "urn:"):
			body[letters(t, key)] = renamed(t, extension)
		default:
			body[letters(t, key)] = shaped(t, a[key])
		}
	}
	text, err := json.Marshal(body)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

// letters returns a name in some case.
func letters(t *rapid.T, name string) string {
	return rapid.SampledFrom([]string{name, strings.ToLower(name), strings.ToUpper(name)}).Draw(t, "case of "+name)
}

// shaped returns a value in some shape that means the same.
func shaped(t *rapid.T, v any) any {
	switch v := v.(type) {
	case bool:
		return rapid.SampledFrom([]any{v, map[bool]string{true: "True", false: "False"}[v]}).Draw(t, "boolean")
	case map[string]any:
		out := renamed(t, v)
		return rapid.SampledFrom([]any{out, []any{out}}).Draw(t, "complex")
	case []any:
		if len(v) == 1 && rapid.Bool().Draw(t, "lone element") {
			return shaped(t, v[0])
		}
		out := []any{nil}
		for _, e := range v {
			if m, ok := e.(map[string]any); ok {
				e = renamed(t, m)
			}
			out = append(out, e)
		}
		return out
	default:
		return v
	}
}

// renamed returns a complex value, or an extension, with its names in some case and its values in
// some shape.
func renamed(t *rapid.T, m map[string]any) map[string]any {
	out := make(map[string]any)
	for _, name := range slices.Sorted(maps.Keys(m)) {
		out[letters(t, name)] = shaped(t, m[name])
	}
	return out
}

// However a client spells a user, it is the same user.
func TestDecodeForgetsTheAccent(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		u := user().Draw(rt, "user")
		u.UserName = "x" + u.UserName
		u.Head.ID = "" // readOnly
		body := accent(rt, u.Attributes())
		got, err := scim.Decode[scim.User](userType(), body)
		if err != nil {
			rt.Fatalf("Decode(%s): %v", body, err)
		}
		if diff := cmp.Diff(u, got); diff != "" {
			rt.Fatalf("Decode(%s) differs (-want +got):\n%s", body, diff)
		}
	})
}

// answer returns what a client is shown under a query, as a map.
func answer(t *rapid.T, u scim.User, query map[string][]string) map[string]any {
	q, err := scim.ParseQuery(userType(), query, limits)
	if err != nil {
		t.Fatal(err)
	}
	text, err := scim.Encode(userType(), u, q.Want, locate)
	if err != nil {
		t.Fatal(err)
	}
	var shown map[string]any
	if err := json.Unmarshal(text, &shown); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return shown
}

// What a list of attributes selects and the same list excludes add up to the default, share nothing
// but what is always shown, and report it correctly beforehand.
func TestProjectionSplitsTheDefault(t *testing.T) {
	t.Parallel()
	keys := []string{"userName", "displayName", "active", "name", "emails", "preferredLanguage", "title", "roles",
		"externalId", "meta", scim.EnterpriseURN, badgeURN}
	rapid.Check(t, func(rt *rapid.T) {
		u := user().Draw(rt, "user")
		u.ID = "u1"
		list := rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 1, len(keys), rapid.ID).Draw(rt, "attributes")
		joined := strings.Join(list, ",")
		all := answer(rt, u, nil)
		in := answer(rt, u, map[string][]string{"attributes": {joined}})
		out := answer(rt, u, map[string][]string{"excludedAttributes": {joined}})
		for _, always := range []string{"id", "schemas"} {
			if in[always] == nil || out[always] == nil {
				rt.Fatalf("%s is missing in %v or %v", always, in, out)
			}
		}
		for _, shown := range []map[string]any{all, in, out} {
			delete(shown, "id")
			delete(shown, "schemas")
		}
		for key := range in {
			if _, both := out[key]; both || !slices.Contains(list, key) {
				rt.Fatalf("%s is shown by attributes=%s, and by excluding them: %v", key, joined, both)
			}
		}
		sum := maps.Clone(in)
		maps.Copy(sum, out)
		if diff := cmp.Diff(all, sum); diff != "" {
			rt.Fatalf("the parts differ from the whole (-whole +parts):\n%s", diff)
		}
		q, err := scim.ParseQuery(userType(), map[string][]string{"attributes": {joined}}, limits)
		if err != nil {
			rt.Fatal(err)
		}
		for _, key := range keys {
			if _, shown := in[key]; shown && !q.Want.Wants(key) {
				rt.Fatalf("Wants(%q) = false, but it is shown by attributes=%s", key, joined)
			}
		}
	})
}

// A user is found by each of its own values, in the case that the schema asks for.
func TestMatchFindsByOwnValues(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		u := user().Draw(rt, "user")
		for name, value := range map[string]string{
			"userName": u.UserName, "displayName": u.DisplayName, "name.givenName": u.Name.GivenName,
			"externalId": u.ExternalID, "id": u.ID, "preferredLanguage": u.PreferredLanguage,
		} {
			if value == "" {
				continue
			}
			attr, sub, _ := strings.Cut(name, ".")
			e := filter.Compare{Path: filter.AttrPath{Name: attr, Sub: sub}, Op: filter.Equal, Value: filter.Value{Text: value}}
			if !scim.Match(userType(), u, e) {
				rt.Errorf("not found by %s", e)
			}
			e.Value.Text = strings.ToUpper(value)
			exact := name == "id" || name == "externalId"
			if got, want := scim.Match(userType(), u, e), !exact || e.Value.Text == value; got != want {
				rt.Errorf("found by %s: %v, want %v", e, got, want)
			}
			if scim.Match(userType(), u, filter.Not{X: filter.Present{Path: e.Path}}) {
				rt.Errorf("%s is not present", name)
			}
		}
		for i, email := range u.Emails {
			e := filter.ValuePath{
				Path:  filter.AttrPath{Name: "emails"},
				Inner: filter.Compare{Path: filter.AttrPath{Name: "value"}, Op: filter.Equal, Value: filter.Value{Text: email.Value}},
			}
			if !scim.Match(userType(), u, e) {
				rt.Errorf("not found by e-mail %d: %s", i, e)
			}
		}
	})
}
