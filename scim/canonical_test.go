package scim_test

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// attribute returns the definition that a path leads to.
func attribute(t testing.TB, typ *scim.ResourceType, path string) *scim.Attribute {
	t.Helper()
	p, err := filter.ParsePath(path)
	if err != nil {
		t.Fatal(err)
	}
	r, ok := typ.Resolve(p.Attr())
	if !ok {
		t.Fatalf("no attribute %q", path)
	}
	return r.Definition()
}

// fromJSON decodes a value as Canonical takes it.
func fromJSON(t testing.TB, text string) any {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

func TestCanonical(t *testing.T) {
	t.Parallel()
	const absent = "null"
	tests := []struct {
		name, attr, sent, want string
	}{
		{"string", "displayName", `"Nora Vale"`, `"Nora Vale"`},
		{"string with blanks stays as it is", "displayName", `"  Nora  "`, `"  Nora  "`},
		{"string that looks like a number", "phoneNumbers.value", `"55555555555"`, `"55555555555"`},
		{"empty string", "displayName", `""`, absent},
		{"null", "displayName", `null`, absent},
		{"list of one", "displayName", `["Nora"]`, `"Nora"`},
		{"list of an empty string", "displayName", `[""]`, absent},
		{"empty list for one value", "displayName", `[]`, absent},
		{"wrapped", "displayName", `{"value":"Nora"}`, `"Nora"`},
		{"wrapped in a list", "active", `[{"Value":"False"}]`, `false`},
		{"wrapped null", "displayName", `{"value":null}`, absent},
		{"wrapped beside null", "active", `[{"$ref":null,"value":"False"}]`, `false`},
		{"wrapped beside what is empty", "displayName", `{"type":"","value":"Nora","display":null,"x":[],"y":{}}`, `"Nora"`},
		{"wrapped twice", "displayName", `{"value":{"value":"Nora","$ref":null}}`, `"Nora"`},
		{"wrapped sub-attribute", "name", `{"givenName":[{"$ref":null,"value":"Nora"}]}`, `{"givenName":"Nora"}`},
		{"wrapped complex value", "name", `[{"$ref":null,"value":{"givenName":"Nora"}}]`, `{"givenName":"Nora"}`},
		{"manager beside null", "manager", `[{"$ref":null,"value":"7","type":null}]`, `{"value":"7"}`},
		{"address with a value of its own", "addresses", `[{"value":"x"}]`, absent},

		{"boolean", "active", `false`, `false`},
		{"boolean as text", "active", `"False"`, `false`},
		{"boolean as text in capitals", "active", `"TRUE"`, `true`},
		{"boolean as empty text", "active", `""`, absent},

		{"integer", "number", `12`, `12`},
		{"integer as text", "number", `"-12"`, `-12`},
		{"integer beyond 64 bits", "number", `123456789012345678901234567890`, `123456789012345678901234567890`},
		{"decimal keeps its digits", "weight", `1.50`, `1.50`},
		{"decimal without a point", "weight", `3`, `3`},
		{"decimal as text", "weight", `"2.5e-3"`, `2.5e-3`},
		{"date stays text", "issued", `"2026-01-02T03:04:05+01:00"`, `"2026-01-02T03:04:05+01:00"`},
		{"list of strings", "doors", `["north","south"]`, `["north","south"]`},
		{"one string for a list", "doors", `"north"`, `["north"]`},
		{"list with empty elements", "doors", `["",null,"south"]`, `["south"]`},

		{"complex", "name", `{"givenName":"Nora","familyName":"Vale"}`, `{"givenName":"Nora","familyName":"Vale"}`},
		{"complex, other case", "name", `{"GIVENNAME":"Nora"}`, `{"givenName":"Nora"}`},
		{"complex, unknown sub-attributes", "name", `{"givenName":"Nora","x":{"y":1}}`, `{"givenName":"Nora"}`},
		{"complex, empty sub-attributes", "name", `{"givenName":"","familyName":null,"formatted":"N"}`, `{"formatted":"N"}`},
		{"complex of nothing", "name", `{"givenName":"","familyName":null}`, absent},
		{"complex, empty", "name", `{}`, absent},
		{"two spellings, the schema's own wins", "name", `{"GivenName":"A","givenName":"B","givenname":"C"}`, `{"givenName":"B"}`},
		{"two foreign spellings, the first in the alphabet wins", "name", `{"Givenname":"B","GIVENNAME":"A"}`, `{"givenName":"A"}`},

		{"manager as text", "manager", `"26118915"`, `{"value":"26118915"}`},
		{"manager as empty text", "manager", `""`, absent},
		{"manager of empty value", "manager", `{"value":""}`, absent},
		{"manager in a list", "manager", `[{"$ref":"https://example.com/Users/7","value":"7"}]`, `{"$ref":"https://example.com/Users/7","value":"7"}`},
		{"manager with null reference", "manager", `{"$ref":null,"value":"7"}`, `{"value":"7"}`},
		{"manager's readOnly name is dropped", "manager", `{"value":"7","displayName":"Max"}`, `{"value":"7"}`},

		{"e-mails", "emails", `[{"Primary":"True","type":"work","value":"n@v.example"}]`, `[{"primary":true,"type":"work","value":"n@v.example"}]`},
		{"one e-mail", "emails", `{"value":"n@v.example"}`, `[{"value":"n@v.example"}]`},
		{"e-mail as text", "emails", `"n@v.example"`, `[{"value":"n@v.example"}]`},
		{"e-mails as list of text", "emails", `["n@v.example",""]`, `[{"value":"n@v.example"}]`},
		{"e-mails of nothing", "emails", `[null,"",{},{"value":""}]`, absent},
		{"no e-mails", "emails", `[]`, absent},

		{"two primary e-mails", "emails", `[{"value":"a","primary":true},{"value":"b"},{"value":"c","primary":"True"}]`,
			`[{"primary":false,"value":"a"},{"value":"b"},{"primary":true,"value":"c"}]`},
		{"role", "roles", `[{"primary":true,"type":"t","value":"operator"}]`, `[{"primary":true,"type":"t","value":"operator"}]`},
		{"role packed as JSON in value", "roles", `[{"value":"{\"id\":\"1\",\"value\":\"operator\",\"displayName\":\"Op\"}"}]`, `[{"value":"operator","display":"Op"}]`},
		{"role packed as JSON in a string", "roles", `"{\"value\":\"operator\"}"`, `[{"value":"operator"}]`},
		{"role packed, with type", "roles", `{"type":"t","value":"{\"value\":\"operator\"}"}`, `[{"type":"t","value":"operator"}]`},
		{"role packed, names in another case", "roles", `{"Value":"{\"VALUE\":\"operator\",\"DisplayName\":\"Op\"}"}`, `[{"value":"operator","display":"Op"}]`},
		{"role packed twice", "roles", `"{\"value\":\"{\\\"value\\\":\\\"operator\\\"}\"}"`, `[{"value":"operator"}]`},
		{"role packed that is none", "roles", `[{"value":"{\"id\":7}"}]`, `[{"value":"{\"id\":7}"}]`},
		{"role packed of the wrong type", "roles", `[{"value":"{\"value\":7}"}]`, `[{"value":"{\"value\":7}"}]`},
		{"role with displayName", "roles", `[{"value":"operator","displayName":"Op"}]`, `[{"value":"operator","display":"Op"}]`},
		{"role with display and displayName", "roles", `[{"value":"o","display":"Op","displayName":"Other"}]`, `[{"value":"o","display":"Op"}]`},
		{"role whose value only begins like JSON", "roles", `[{"value":"{operator"}]`, `[{"value":"{operator"}]`},
		{"entitlement is never unpacked", "entitlements", `[{"value":"{\"value\":\"x\"}"}]`, `[{"value":"{\"value\":\"x\"}"}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := attribute(t, userType(), tt.attr).Canonical(fromJSON(t, tt.sent))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fromJSON(t, tt.want), got); diff != "" {
				t.Errorf("Canonical(%s) differs (-want +got):\n%s", tt.sent, diff)
			}
		})
	}
}

func TestCanonicalMembers(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, sent, want string
	}{
		{"reference null", `[{"$ref":null,"value":"u1"}]`, `[{"value":"u1"}]`},
		{"bare id", `"u1"`, `[{"value":"u1"}]`},
		{"bare ids", `["u1","u2"]`, `[{"value":"u1"},{"value":"u2"}]`},
		{"one object", `{"value":"u1","display":"Nora"}`, `[{"value":"u1","display":"Nora"}]`},
		{"ids keep their case", `[{"VALUE":"U1"}]`, `[{"value":"U1"}]`},
		{"twice the same stays", `["u1","u1"]`, `[{"value":"u1"},{"value":"u1"}]`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := attribute(t, groupType(), "members").Canonical(fromJSON(t, tt.sent))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(fromJSON(t, tt.want), got); diff != "" {
				t.Errorf("Canonical(%s) differs (-want +got):\n%s", tt.sent, diff)
			}
		})
	}
}

func TestCanonicalErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, attr, sent, want string
	}{
		{"string", "displayName", `5`, "displayName: expected a string, got a number"},
		{"string, object", "displayName", `{"text":"x"}`, "displayName: expected a string, got an object"},
		{"string, several", "displayName", `["a","b"]`, "displayName: expected one value, got a list of 2"},
		{"string, list in a list", "displayName", `[["a"]]`, "displayName: expected a string, got a list"},
		{"string, boolean", "title", `true`, "title: expected a string, got true or false"},
		{"boolean", "active", `1`, "active: expected true or false, got a number"},
		{"boolean, another word", "active", `"yes"`, "active: expected true or false, got a string"},
		{"sub-attribute", "emails", `[{"value":"a"},{"primary":3}]`, "emails.primary: expected true or false, got a number"},
		{"integer with a point", "number", `1.0`, "number: expected a whole number, got a number"},
		{"integer with an exponent", "number", `1e3`, "number: expected a whole number, got a number"},
		{"integer, words", "number", `"many"`, "number: expected a whole number, got a string"},
		{"integer, hexadecimal", "number", `"0x10"`, "number: expected a whole number, got a string"},
		{"integer, blanks", "number", `" 1 "`, "number: expected a whole number, got a string"},
		{"decimal, not a number", "weight", `"NaN"`, "weight: expected a number, got a string"},
		{"decimal, sign only", "weight", `"-"`, "weight: expected a number, got a string"},
		{"decimal, boolean", "weight", `true`, "weight: expected a number, got true or false"},
		{"complex without value", "name", `"Nora Vale"`, "name: expected an object, got a string"},
		{"complex, number", "manager", `7`, "manager: expected an object, got a number"},
		{"complex, several", "manager", `[{"value":"1"},{"value":"2"}]`, "manager: expected one value, got a list of 2"},
		{"complex, list in a list", "emails", `[["a"]]`, "emails: expected an object, got a list"},
		{"role, number", "roles", `7`, "roles: expected an object, got a number"},
		{"date", "issued", `20260101`, "issued: expected a string, got a number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := attribute(t, userType(), tt.attr).Canonical(fromJSON(t, tt.sent))
			if got != nil {
				t.Errorf("Canonical(%s) = %v, want nil", tt.sent, got)
			}
			wantError(t, err, 400, scim.TypeInvalidValue, tt.want)
		})
	}
	t.Run("member without id", func(t *testing.T) {
		t.Parallel()
		_, err := attribute(t, groupType(), "members").Canonical(fromJSON(t, `[{"display":"Nora"}]`))
		wantError(t, err, 400, scim.TypeInvalidValue, "members.value: required, but missing or empty; map a value to it")
	})
}

// An error never repeats the value, which may be a password or an address.
func TestCanonicalErrorsKeepValuesToThemselves(t *testing.T) {
	t.Parallel()
	for _, attr := range []string{"active", "name", "number", "weight"} {
		_, err := attribute(t, userType(), attr).Canonical("hunter2")
		if err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: error = %v", attr, err)
		}
	}
}

// jsonValue generates what a client could send: known and unknown names, right and wrong types.
func jsonValue(depth int) *rapid.Generator[any] {
	scalar := rapid.OneOf(
		rapid.Just[any](nil),
		rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		rapid.Map(rapid.SampledFrom([]string{"", "a", "True", "7", `{"value":"r"}`}), func(s string) any { return s }),
		rapid.Map(rapid.SampledFrom([]string{"0", "-1", "2.50", "1e9"}), func(s string) any { return json.Number(s) }),
	)
	if depth == 0 {
		return scalar
	}
	name := rapid.SampledFrom([]string{"value", "Value", "type", "primary", "display", "givenName", "GIVENNAME", "$ref", "x"})
	list := rapid.Map(rapid.SliceOfN(jsonValue(depth-1), 0, 3), func(l []any) any { return l })
	obj := rapid.Map(rapid.MapOfN(name, jsonValue(depth-1), 0, 3), func(m map[string]any) any { return m })
	return rapid.OneOf(scalar, list, obj)
}

// What is canonical stays as it is, and the value that came in is left alone.
func TestCanonicalTwiceIsOnce(t *testing.T) {
	t.Parallel()
	names := []string{"userName", "active", "name", "emails", "roles", "manager", "number", "weight", "doors", "photos"}
	rapid.Check(t, func(rt *rapid.T) {
		a := attribute(t, userType(), rapid.SampledFrom(names).Draw(rt, "attribute"))
		sent := jsonValue(3).Draw(rt, "value")
		before, err := json.Marshal(sent)
		if err != nil {
			rt.Fatal(err)
		}
		once, err := a.Canonical(sent)
		if after, _ := json.Marshal(sent); string(after) != string(before) {
			rt.Fatalf("Canonical changed its argument from %s to %s", before, after)
		}
		if err != nil {
			return
		}
		twice, err := a.Canonical(once)
		if err != nil {
			rt.Fatalf("Canonical(%v): %v", once, err)
		}
		if diff := cmp.Diff(once, twice); diff != "" {
			rt.Fatalf("second Canonical differs (-once +twice):\n%s", diff)
		}
	})
}
