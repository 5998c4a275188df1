package scim_test

import (
	"errors"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

// A SearchRequest means what the same parameters mean in a URL.
func TestDecodeSearch(t *testing.T) {
	t.Parallel()
	const schemas = `"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],`
	tests := []struct{ name, body, query string }{
		{"nothing", `{}`, ""},
		{"the schema alone", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"]}`, ""},
		{"the schema in another case", `{"schemas":["URN:ietf:params:scim:api:messages:2.0:searchrequest"]}`, ""},
		{"everything", `{` + schemas + `"attributes":["displayName","userName"],"excludedAttributes":["emails"],"filter":"displayName sw \"smith\"",` +
			`"sortBy":"userName","sortOrder":"descending","startIndex":11,"count":10}`,
			"attributes=displayName,userName&excludedAttributes=emails&filter=displayName+sw+%22smith%22&sortBy=userName&sortOrder=descending&startIndex=11&count=10"},
		{"names in any case", `{` + schemas + `"STARTINDEX":3,"Count":2}`, "startIndex=3&count=2"},
		{"a value path among the names", `{"attributes":["emails[type eq \"a,b\"].value","id"]}`, `attributes=emails[type eq "a,b"].value,id`},
		{"one text for a list", `{"attributes":"id,userName"}`, "attributes=id,userName"},
		{"numbers as texts", `{"startIndex":"3","count":"2"}`, "startIndex=3&count=2"},
		{"null is absent", `{"schemas":null,"attributes":null,"filter":null,"startIndex":null,"cursor":null}`, ""},
		{"empty", `{"attributes":[],"filter":"","sortBy":""}`, ""},
		{"first page by cursor", `{"cursor":"","count":10}`, "cursor&count=10"},
		{"next page by cursor", `{"cursor":"abc","count":10}`, "cursor=abc&count=10"},
		{"unknown members", `{"shoeSize":{"eu":43},"aadOptscim062020":""}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			values := url.Values{}
			for name, list := range mustParse(t, tt.query) {
				values[name] = list
			}
			want, err := scim.ParseQuery(userType(), values, limits)
			if err != nil {
				t.Fatal(err)
			}
			got, err := scim.DecodeSearch(userType(), []byte(tt.body), limits)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got, cmp.Exporter(exported)); diff != "" {
				t.Errorf("query differs (-want +got):\n%s", diff)
			}
		})
	}
}

func mustParse(t testing.TB, query string) url.Values {
	t.Helper()
	values, err := url.ParseQuery(query)
	if err != nil {
		t.Fatal(err)
	}
	return values
}

func TestDecodeSearchErrors(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body string
		typ        scim.ErrorType
		detail     string
	}{
		{"a list", `[]`, scim.TypeInvalidSyntax, "the body is a list: expected a JSON object"},
		{"another schema", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`, scim.TypeInvalidSyntax,
			"schemas: the body must be a urn:ietf:params:scim:api:messages:2.0:SearchRequest"},
		{"schemas that are none", `{"schemas":7}`, scim.TypeInvalidSyntax, "schemas: expected a list of URNs, got a number"},
		{"filter", `{"filter":true}`, scim.TypeInvalidSyntax, "filter: expected a string, got true or false"},
		{"sortBy", `{"sortBy":["userName"]}`, scim.TypeInvalidSyntax, "sortBy: expected a string, got a list"},
		{"attributes", `{"attributes":{"id":true}}`, scim.TypeInvalidSyntax, "attributes: expected a list of names, got an object"},
		{"an attribute", `{"attributes":["id",7]}`, scim.TypeInvalidSyntax, "attributes: expected a list of names, got a list"},
		{"startIndex", `{"startIndex":true}`, scim.TypeInvalidSyntax, "startIndex: expected a number, got true or false"},
		{"cursor", `{"cursor":7}`, scim.TypeInvalidSyntax, "cursor: expected a string, got a number"},
		{"twice", `{"filter":"id pr","Filter":"id pr"}`, scim.TypeInvalidSyntax, `"filter" is given twice; send it once`},
		{"count is no whole number", `{"count":1.5}`, scim.TypeInvalidValue, "count: expected a whole number"},
		{"sortOrder", `{"sortOrder":"up"}`, scim.TypeInvalidValue, "sortOrder: expected ascending or descending"},
		{"both kinds of pages", `{"cursor":"","startIndex":1}`, scim.TypeInvalidValue,
			"startIndex: cannot be combined with cursor; send one of the two"},
		{"no page", `{"cursor":"","count":0}`, scim.TypeInvalidCount, "count: with a cursor, expected a whole number from 1 to 1000"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := scim.DecodeSearch(userType(), []byte(tt.body), limits)
			wantError(t, err, 400, tt.typ, tt.detail)
		})
	}
}

// FuzzDecodeSearch: no body makes it panic or answer anything but a 400.
func FuzzDecodeSearch(f *testing.F) {
	f.Add([]byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],"attributes":["displayName"],"filter":"userName pr","count":10}`))
	f.Add([]byte(`{"cursor":"","sortBy":"name.familyName","sortOrder":"descending","count":1}`))
	f.Add([]byte(`{"startIndex":-99999999999999999999,"count":1e9,"attributes":"a,b[c pr].d"}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		q, err := scim.DecodeSearch(userType(), body, limits)
		if err != nil {
			if e, ok := errors.AsType[*scim.Error](err); !ok || e.Status != 400 {
				t.Fatalf("error = %v (%T), want a 400", err, err)
			}
			return
		}
		if q.StartIndex < 1 || q.Count < 0 || q.Count > limits.MaxPage || q.Cursor != nil && q.Count < 1 {
			t.Errorf("startIndex, count, cursor = %d, %d, %v", q.StartIndex, q.Count, q.Cursor)
		}
	})
}
