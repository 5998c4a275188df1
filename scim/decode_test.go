package scim_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

func TestDecodeUser(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       scim.User
	}{
		{
			name: "as identity providers send it",
			body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],
				"externalId":"nora.vale","userName":"nora.vale@contoso.example","active":true,"displayName":"Nora Vale",
				"emails":[{"primary":true,"type":"work","value":"nora.vale@contoso.example"}],
				"meta":{"resourceType":"User"},"name":{"formatted":"Nora Vale","familyName":"Vale","givenName":"Nora"},
				"preferredLanguage":"de-DE","roles":[]}`,
			want: scim.User{
				Head:              scim.Head{ExternalID: "nora.vale"},
				UserName:          "nora.vale@contoso.example",
				DisplayName:       "Nora Vale",
				Active:            new(true),
				Name:              scim.Name{Formatted: "Nora Vale", FamilyName: "Vale", GivenName: "Nora"},
				Emails:            []scim.Email{{Value: "nora.vale@contoso.example", Type: "work", Primary: new(true)}},
				PreferredLanguage: "de-DE",
			},
		},
		{
			name: "nulls",
			body: `{"userName":"ola","preferredLanguage":null,"addresses":null,"phoneNumbers":null,"title":null,
				"department":null,"manager":null,"active":null,"emails":null,"name":null,
				"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":null}`,
			want: scim.User{UserName: "ola"},
		},
		{
			name: "empty texts",
			body: `{"userName":"ola","displayName":"","active":"","name":{"givenName":""},"emails":[{"value":""}],
				"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":""}`,
			want: scim.User{UserName: "ola"},
		},
		{
			name: "nothing but the name",
			body: `{"userName":"ola"}`,
			want: scim.User{UserName: "ola"},
		},
		{
			name: "names in any case",
			body: `{"USERNAME":"ola","Active":"False","EMAILS":[{"Primary":"True","VALUE":"o@v.example"}],"ExternalID":"7"}`,
			want: scim.User{
				Head: scim.Head{ExternalID: "7"}, UserName: "ola", Active: new(false),
				Emails: []scim.Email{{Value: "o@v.example", Primary: new(true)}},
			},
		},
		{
			name: "what is readOnly is ignored",
			body: `{"id":"u1","userName":"ola","groups":[{"value":"g"}],"meta":{"location":"x"},"schemas":"anything"}`,
			want: scim.User{UserName: "ola"},
		},
		{
			name: "what is unknown is ignored",
			body: `{"userName":"ola","adreses":[{"country":"DE"}],"urn:example:none":{"a":1},"urn:example:none:b":2,"":3,"a b":4,
				"emails[type eq \"work\"].value":"x"}`,
			want: scim.User{UserName: "ola"},
		},
		{
			name: "password",
			body: `{"userName":"ola","password":"hunter2"}`,
			want: scim.User{UserName: "ola", Password: "hunter2"},
		},
		{
			name: "extension object, URN in another case",
			body: `{"userName":"ola","URN:ietf:params:SCIM:schemas:extension:ENTERPRISE:2.0:user":{"Department":"R","manager":"7","x":1}}`,
			want: scim.User{UserName: "ola", Other: scim.Attributes{scim.EnterpriseURN: map[string]any{
				"department": "R", "manager": map[string]any{"value": "7"}}}},
		},
		{
			name: "flat keys with URN",
			body: `{"urn:ietf:params:scim:schemas:core:2.0:User:userName":"ola",
				"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department":"R",
				"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager.value":"7"}`,
			want: scim.User{UserName: "ola", Other: scim.Attributes{scim.EnterpriseURN: map[string]any{
				"department": "R", "manager": map[string]any{"value": "7"}}}},
		},
		{
			name: "extension attributes without URN",
			body: `{"userName":"ola","department":"R","manager":"7"}`,
			want: scim.User{UserName: "ola", Other: scim.Attributes{scim.EnterpriseURN: map[string]any{
				"department": "R", "manager": map[string]any{"value": "7"}}}},
		},
		{
			name: "dotted keys within an extension",
			body: `{"userName":"ola","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager.value":"7"}}`,
			want: scim.User{UserName: "ola", Other: scim.Attributes{scim.EnterpriseURN: map[string]any{
				"manager": map[string]any{"value": "7"}}}},
		},
		{
			name: "core attributes under their URN",
			body: `{"urn:ietf:params:scim:schemas:core:2.0:User":{"userName":"ola","name":{"givenName":"Ola"}}}`,
			want: scim.User{UserName: "ola", Name: scim.Name{GivenName: "Ola"}},
		},
		{
			name: "dotted keys are put together",
			body: `{"userName":"ola","name.givenName":"Ola","name":{"formatted":"Ola Lind"},"name.familyName":"Lind"}`,
			want: scim.User{UserName: "ola", Name: scim.Name{Formatted: "Ola Lind", GivenName: "Ola", FamilyName: "Lind"}},
		},
		{
			name: "dotted keys of a list make one element",
			body: `{"userName":"ola","emails.value":"o@v.example","emails.type":"work"}`,
			want: scim.User{UserName: "ola", Emails: []scim.Email{{Value: "o@v.example", Type: "work"}}},
		},
		{
			name: "other attributes as sent",
			body: `{"userName":"ola","title":"Dr.","phoneNumbers":[{"type":"work","value":"55555555555"},{"type":"fax","value":"+49 30 000"}],
				"addresses":[{"type":"work","formatted":"HQ / 3.14","country":"DE","primary":"true"}]}`,
			want: scim.User{UserName: "ola", Other: scim.Attributes{
				"title": "Dr.",
				"phoneNumbers": []any{
					map[string]any{"type": "work", "value": "55555555555"},
					map[string]any{"type": "fax", "value": "+49 30 000"},
				},
				"addresses": []any{map[string]any{"type": "work", "formatted": "HQ / 3.14", "country": "DE", "primary": true}},
			}},
		},
		{
			name: "numbers keep their digits",
			body: `{"userName":"ola","urn:example:params:scim:schemas:extension:badge:2.0":{"number":7,"weight":1.50}}`,
			want: scim.User{UserName: "ola", Other: scim.Attributes{badgeURN: map[string]any{
				"number": json.Number("7"), "weight": json.Number("1.50")}}},
		},
		{
			name: "an extension of nothing requires nothing",
			body: `{"userName":"ola","urn:example:params:scim:schemas:extension:badge:2.0:Owner":{"deposit":""}}`,
			want: scim.User{UserName: "ola"},
		},
		{
			name: "byte order mark and blanks",
			body: "\ufeff \n{\"userName\":\"ola\"}\n\t",
			want: scim.User{UserName: "ola"},
		},
		{
			name: "escapes",
			body: `{"user\u004eame":"a\u00fc\n\"\\\ud83d\ude00"}`,
			want: scim.User{UserName: "aü\n\"\\😀"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := scim.Decode[scim.User](userType(), []byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("user differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeGroup(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		want       scim.Group
	}{
		{
			name: "as identity providers send it",
			body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],
				"externalId":"7e0d","displayName":"Field Service","meta":{"resourceType":"Group"}}`,
			want: scim.Group{Head: scim.Head{ExternalID: "7e0d"}, DisplayName: "Field Service"},
		},
		{
			name: "members not said",
			body: `{"displayName":"Lab"}`,
			want: scim.Group{DisplayName: "Lab"},
		},
		{
			name: "members null",
			body: `{"displayName":"Lab","members":null}`,
			want: scim.Group{DisplayName: "Lab", Members: []scim.Member{}},
		},
		{
			name: "members empty",
			body: `{"displayName":"Lab","Members":[]}`,
			want: scim.Group{DisplayName: "Lab", Members: []scim.Member{}},
		},
		{
			name: "members",
			body: `{"displayName":"Lab","members":[{"value":"u1","display":"Nora","$ref":null,"type":"User"},{"value":"u2"}]}`,
			want: scim.Group{DisplayName: "Lab", Members: []scim.Member{{Value: "u1", Display: "Nora"}, {Value: "u2"}}},
		},
		{
			name: "name kept as it is",
			body: `{"displayName":"Test'Group-(a1b2) & Ü"}`,
			want: scim.Group{DisplayName: "Test'Group-(a1b2) & Ü"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := scim.Decode[scim.Group](groupType(), []byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("group differs (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodeErrors(t *testing.T) {
	t.Parallel()
	const syntax, value = scim.TypeInvalidSyntax, scim.TypeInvalidValue
	tests := []struct {
		name, body string
		typ        scim.ErrorType
		want       string
	}{
		{"empty", "", syntax, "the body is empty: expected a JSON object"},
		{"blank", " \r\n", syntax, "the body is empty: expected a JSON object"},
		{"list", `[{"userName":"ola"}]`, syntax, "the body is a list: expected a JSON object"},
		{"text", `"ola"`, syntax, "the body is a string: expected a JSON object"},
		{"null", `null`, syntax, "the body is null: expected a JSON object"},
		{"not UTF-8", "{\"userName\":\"\xff\"}", syntax, "the body is not text in UTF-8"},
		{"named twice", `{"userName":"a","userName":"b"}`, syntax, "userName: given twice; send it once"},
		{"named twice in two cases", `{"active":false,"Active":true,"userName":"b"}`, syntax, "Active: given twice; send it once"},
		{"named twice, with URN", `{"userName":"a","urn:ietf:params:scim:schemas:core:2.0:User:userName":"b"}`, syntax,
			"urn:ietf:params:scim:schemas:core:2.0:User:userName: given twice; send it once"},
		{"named twice, in the extension", `{"userName":"a","department":"x","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"y"}}`,
			syntax, "department: given twice; send it once"},
		{"no userName", `{"userame":"typo","active":false}`, value, "userName: required, but missing or empty; map a value to it"},
		{"null userName", `{"userName":null}`, value, "userName: required, but missing or empty; map a value to it"},
		{"empty userName", `{"userName":""}`, value, "userName: required, but missing or empty; map a value to it"},
		{"blank userName", `{"userName":" \t"}`, value, "userName: required, but missing or empty; map a value to it"},
		{"wrong type", `{"userName":12}`, value, "userName: expected a string, got a number"},
		{"wrong type in a list", `{"userName":"a","emails":[{"primary":3}]}`, value, "emails.primary: expected true or false, got a number"},
		{"wrong type by a dotted key", `{"userName":"a","name.givenName":{"x":1}}`, value, "name.givenName: expected a string, got an object"},
		{"extension that is no object", `{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":[1]}`, value,
			"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User: expected an object, got a list"},
		{"wrong type in an extension", `{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":1}}`, value,
			"department: expected a string, got a number"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := scim.Decode[scim.User](userType(), []byte(tt.body))
			wantError(t, err, 400, tt.typ, tt.want)
			if diff := cmp.Diff(scim.User{}, got); diff != "" {
				t.Errorf("user beside an error (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("group without name", func(t *testing.T) {
		t.Parallel()
		_, err := scim.Decode[scim.Group](groupType(), []byte(`{"members":[]}`))
		wantError(t, err, 400, value, "displayName: required, but missing or empty; map a value to it")
	})
}

// Bodies that are not JSON say where.
func TestDecodeMalformed(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body, want string
	}{
		{"misspelt literal", `{"acve": tre}`, "invalid character 'e' in literal true"},
		{"cut off", `{"userName":"a"`, "it ends too early, at byte 15"},
		{"something behind", `{"userName":"a"} {}`, "unexpected data after its end"},
		{"comma at the end", `{"userName":"a",}`, "at byte 16"},
		{"no value", `{"userName":}`, "at byte"},
		{"form data", `userName=ola`, "invalid character 'u'"},
		{"too deep", strings.Repeat(`{"name":`, 40) + "1" + strings.Repeat("}", 40), "nests deeper than 32 levels"},
		{"too deep, lists", `{"x":` + strings.Repeat("[", 100_000), "nests deeper than 32 levels"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := scim.Decode[scim.User](userType(), []byte(tt.body))
			if err == nil {
				t.Fatal("no error")
			}
			wantError(t, err, 400, scim.TypeInvalidSyntax, err.Error())
			if !strings.Contains(err.Error(), tt.want) {
				t.Errorf("error = %q, want it to say %q", err, tt.want)
			}
		})
	}
}

func TestRequire(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		tree scim.Attributes
		want string // "" for no error
	}{
		{"all there", scim.Attributes{"userName": "a"}, ""},
		{"none there", scim.Attributes{}, "userName: required, but missing or empty; map a value to it"},
		{"blank", scim.Attributes{"userName": "  "}, "userName: required, but missing or empty; map a value to it"},
		{"extension present without what it requires",
			scim.Attributes{"userName": "a", badgeOwnerURN: map[string]any{}}, "deposit: required, but missing or empty; map a value to it"},
		{"extension present with it",
			scim.Attributes{"userName": "a", badgeOwnerURN: map[string]any{"deposit": json.Number("5")}}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			err := userType().Require(tt.tree)
			if tt.want == "" {
				if err != nil {
					t.Errorf("error = %v, want none", err)
				}
				return
			}
			wantError(t, err, 400, scim.TypeInvalidValue, tt.want)
		})
	}
}

// FuzzDecode: no body makes the decoder panic or answer anything but a 400, and what it understood
// it understands again in its own words.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{
		`{"userName":"nora","active":"False","name.givenName":"N","emails":[{"primary":true,"value":"n@v.example"}]}`,
		`{"displayName":"Lab","members":[{"value":"u1","$ref":null}]}`,
		`{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"manager":"7"}}`,
		`{"userName":"a","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User.manager.value":"7"}`,
		`{"userName":"a","roles":[{"value":"{\"value\":\"x\"}"}]}`,
		`{"acve": tre}`, `[]`, "\ufeff{}", `{"userName":"a","a":[[[[]]]]}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		fuzzDecode[scim.User](t, userType(), body)
		fuzzDecode[scim.Group](t, groupType(), body)
	})
}

func fuzzDecode[R scim.Resource](t *testing.T, typ *scim.ResourceType, body []byte) {
	t.Helper()
	r, err := scim.Decode[R](typ, body)
	if err != nil {
		e, ok := errors.AsType[*scim.Error](err)
		if !ok || e.Status != 400 {
			t.Fatalf("error = %v (%T), want a 400", err, err)
		}
		return
	}
	text, err := scim.Encode(typ, r, scim.Projection{}, nil)
	if err != nil {
		t.Fatalf("Encode: %v", err)
	}
	again, err := scim.Decode[R](typ, text)
	if err != nil {
		t.Fatalf("Decode(%s): %v", text, err)
	}
	if diff := cmp.Diff(shown(r), shown(again)); diff != "" {
		t.Errorf("decoded again differs (-first +second):\n%s", diff)
	}
}

// shown returns the attributes of a resource that an answer shows.
func shown[R scim.Resource](r R) scim.Attributes {
	a := r.Attributes()
	delete(a, "password")
	if badge, ok := a[badgeURN].(map[string]any); ok {
		delete(badge, "pin")
		delete(badge, "history")
		if len(badge) == 0 {
			delete(a, badgeURN)
		}
	}
	return a
}

// TestMembersThatAreNone: only null and the empty list say that a group is empty; a value that
// names nobody is a mistake.
func TestMembersThatAreNone(t *testing.T) {
	t.Parallel()
	for _, members := range []string{`""`, `{}`, `[{}]`, `[""]`} {
		_, err := scim.Decode[scim.Group](groupType(), []byte(`{"displayName":"g","members":`+members+`}`))
		wantError(t, err, 400, scim.TypeInvalidValue, "members.value: required, but missing or empty; map a value to it")
	}
	for _, members := range []string{`null`, `[]`} {
		g, err := scim.Decode[scim.Group](groupType(), []byte(`{"displayName":"g","members":`+members+`}`))
		if err != nil || g.Members == nil || len(g.Members) > 0 {
			t.Errorf("members %s: %v, %v; want none", members, g.Members, err)
		}
	}
}
