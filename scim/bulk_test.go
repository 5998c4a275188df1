package scim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

// bulk reads a bulk request of these operations.
func bulk(t testing.TB, operations ...string) scim.Bulk {
	t.Helper()
	b, err := scim.DecodeBulk([]byte(`{"schemas":["`+scim.BulkRequestURN+`"],"Operations":[`+strings.Join(operations, ",")+`]}`), 5000)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestDecodeBulkOperations(t *testing.T) {
	t.Parallel()
	const user = `{"userName":"nora@contoso.example"}`
	tests := []struct{ name, operation, method, refused string }{
		{"POST", `{"method":"POST","bulkId":"a","path":"/Users","data":` + user + `}`, "POST", ""},
		{"PUT", `{"method":"PUT","path":"/Users/1","version":"W/\"v\"","data":` + user + `}`, "PUT", ""},
		{"PATCH", `{"method":"PATCH","path":"/Users/1","data":{"Operations":[]}}`, "PATCH", ""},
		{"DELETE", `{"method":"DELETE","path":"/Users/1"}`, "DELETE", ""},
		{"DELETE with data", `{"method":"DELETE","path":"/Users/1","data":7}`, "DELETE", ""},
		{"names and methods in any case", `{"METHOD":"post","bulkid":"a","Path":"/Users","DATA":` + user + `}`, "POST", ""},
		{"unknown members", `{"method":"DELETE","path":"/Users/1","comment":"bye"}`, "DELETE", ""},
		{"null for what is absent", `{"method":"DELETE","path":"/Users/1","bulkId":null,"version":null,"data":null}`, "DELETE", ""},
		{"no object", `7`, "", "expected an object with method, path and data"},
		{"no method", `{"path":"/Users/1"}`, "", "method: expected POST, PUT, PATCH or DELETE"},
		{"another method is echoed", `{"method":"Get","path":"/Users/1"}`, "Get", "method: expected POST, PUT, PATCH or DELETE"},
		{"but not without end", `{"method":"` + strings.Repeat("é", 50) + `","path":"/Users/1"}`, strings.Repeat("é", 20), "method: expected POST, PUT, PATCH or DELETE"},
		{"method that is no text", `{"method":1,"path":"/Users/1"}`, "", "method: expected a string, got a number"},
		{"POST without bulkId", `{"method":"POST","path":"/Users","data":` + user + `}`, "POST", "bulkId: required for a POST (RFC 7644 section 3.7)"},
		{"bulkId that is no text", `{"method":"POST","bulkId":1,"path":"/Users","data":` + user + `}`, "POST", "bulkId: expected a string, got a number"},
		{"no path", `{"method":"DELETE"}`, "DELETE", "path: expected the path of a resource, such as /Users/1"},
		{"path that is no text", `{"method":"DELETE","path":[]}`, "DELETE", "path: expected a string, got a list"},
		{"POST without data", `{"method":"POST","bulkId":"a","path":"/Users"}`, "POST", "data: expected an object"},
		{"data that is no object", `{"method":"PUT","path":"/Users/1","data":"{}"}`, "PUT", "data: expected an object"},
		{"data twice", `{"method":"PUT","path":"/Users/1","data":{},"Data":{}}`, "PUT", `"data" is given twice; send it once`},
		{"version that is empty", `{"method":"DELETE","path":"/Users/1","version":""}`, "DELETE", `version: expected the version of a resource, such as W/"a1b2"`},
		{"version without a tag", `{"method":"DELETE","path":"/Users/1","version":","}`, "DELETE", `version: expected the version of a resource, such as W/"a1b2"`},
		{"version without quotes", `{"method":"DELETE","path":"/Users/1","version":"v"}`, "DELETE", `version: expected the version of a resource, such as W/"a1b2"`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			op := bulk(t, tt.operation).Operations[0]
			if op.Method != tt.method {
				t.Errorf("method %q, want %q", op.Method, tt.method)
			}
			switch {
			case tt.refused == "" && op.Refused != nil:
				t.Errorf("refused: %v", op.Refused)
			case tt.refused != "" && op.Refused == nil:
				t.Errorf("accepted, want %q", tt.refused)
			case tt.refused != "":
				wantError(t, op.Refused, 400, op.Refused.Type, tt.refused)
			}
		})
	}
}

// TestDecodeBulkParts looks at what else an operation has.
func TestDecodeBulkParts(t *testing.T) {
	t.Parallel()
	b := bulk(t, `{"method":"PUT","path":"/Users/1","bulkId":"x","version":"W/\"v\"","data":{"userName":"nora"}}`)
	op := b.Operations[0]
	if op.BulkID != "x" || op.Path != "/Users/1" || op.If.Check(`W/"v"`) != nil || op.If.Check(`W/"w"`) == nil {
		t.Errorf("operation %+v", op)
	}
	u, err := scim.DecodeBody[scim.User](userType(), op.Data)
	if err != nil || u.UserName != "nora" {
		t.Errorf("data %+v, %v", u, err)
	}
	if !bulk(t, `{"method":"DELETE","path":"/Users/1"}`).Operations[0].If.Empty() {
		t.Error("without a version something is expected")
	}
}

func TestDecodeBulkRequests(t *testing.T) {
	t.Parallel()
	const op = `{"method":"DELETE","path":"/Users/1"}`
	tests := []struct {
		name, body   string
		status, want int // want: failOnErrors where there is no error
		detail       string
	}{
		{"plain", `{"Operations":[` + op + `]}`, 0, 0, ""},
		{"schemas", `{"schemas":["URN:ietf:params:scim:api:messages:2.0:bulkrequest"],"operations":[` + op + `],"FailOnErrors":3}`, 0, 3, ""},
		{"as many as may be", `{"Operations":[` + op + `,` + op + `]}`, 0, 0, ""},
		{"failOnErrors 0", `{"failOnErrors":0,"Operations":[]}`, 0, 0, ""},
		{"failOnErrors below 0", `{"failOnErrors":-1,"Operations":[]}`, 0, 0, ""},
		{"failOnErrors null", `{"failOnErrors":null,"Operations":[]}`, 0, 0, ""},
		{"failOnErrors that is huge", `{"failOnErrors":9007199254740993,"Operations":[]}`, 0, 1 << 30, ""},
		{"failOnErrors as text", `{"failOnErrors":"1","Operations":[]}`, 400, 0, "failOnErrors: expected a whole number, got a string"},
		{"failOnErrors 1.5", `{"failOnErrors":1.5,"Operations":[]}`, 400, 0, "failOnErrors: expected a whole number"},
		{"another message", `{"schemas":["` + scim.PatchURN + `"],"Operations":[]}`, 400, 0, "schemas: the body must be a " + scim.BulkRequestURN},
		{"no operations", `{}`, 400, 0, "Operations: expected a list of operations, got null"},
		{"operations that are no list", `{"Operations":` + op + `}`, 400, 0, "Operations: expected a list of operations, got an object"},
		{"operations twice", `{"Operations":[],"operations":[]}`, 400, 0, `"Operations" is given twice; send it once`},
		{"no object", `[]`, 400, 0, "the body is a list: expected a JSON object"},
		{"too many", `{"Operations":[` + op + `,` + op + `,` + op + `]}`, 413, 0, "the bulk request has 3 operations, but maxOperations is 2; send several smaller requests"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			b, err := scim.DecodeBulk([]byte(tt.body), 2)
			if tt.status != 0 {
				typ := scim.TypeInvalidSyntax
				if tt.status == 413 {
					typ = ""
				}
				wantError(t, err, tt.status, typ, tt.detail)
			} else if err != nil || b.FailOnErrors != tt.want {
				t.Errorf("failOnErrors %d, %v; want %d", b.FailOnErrors, err, tt.want)
			}
		})
	}
}

// TestBulkIDTwice: a reference could mean either of the two, so only the first makes anything.
func TestBulkIDTwice(t *testing.T) {
	t.Parallel()
	post := func(id string) string { return `{"method":"POST","bulkId":"` + id + `","path":"/Users","data":{}}` }
	b := bulk(t, post("a"), post("A"), post("a"), `{"method":"PUT","bulkId":"a","path":"/Users/1","data":{}}`)
	var refused []bool
	for _, op := range b.Operations {
		refused = append(refused, op.Refused != nil)
	}
	if diff := cmp.Diff([]bool{false, false, true, false}, refused); diff != "" {
		t.Errorf("refused (-want +got):\n%s", diff)
	}
}

func TestEncodeBulk(t *testing.T) {
	t.Parallel()
	got := scim.EncodeBulk([]scim.BulkResult{
		{Method: "POST", BulkID: `q"1`, Location: "https://tv.example/Users/1", Version: `W/"v"`, Status: 201},
		{Method: "DELETE", Location: "https://tv.example/Users/2", Status: 404, Error: scim.NotFound("gone")},
		{Status: 400, Error: scim.InvalidSyntax("what?")},
	})
	want := `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[` +
		`{"location":"https://tv.example/Users/1","method":"POST","bulkId":"q\"1","version":"W/\"v\"","status":"201"},` +
		`{"location":"https://tv.example/Users/2","method":"DELETE","status":"404","response":{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404","detail":"gone"}},` +
		`{"status":"400","response":{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"400","scimType":"invalidSyntax","detail":"what?"}}]}`
	if diff := cmp.Diff(want, string(got)); diff != "" {
		t.Errorf("JSON (-want +got):\n%s", diff)
	}
	if got := string(scim.EncodeBulk(nil)); got != `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkResponse"],"Operations":[]}` {
		t.Errorf("nothing: %s", got)
	}
}

// TestMembersOnly recognises the PATCHes that may share calls.
func TestMembersOnly(t *testing.T) {
	t.Parallel()
	const add, remove = `{"op":"add","path":"members","value":[{"value":"u1"}]}`, `{"op":"remove","path":"members","value":[{"value":"u1"}]}`
	tests := []struct {
		name, operations string
		want             bool
	}{
		{"add", add, true},
		{"add without path", `{"op":"add","value":{"members":[{"value":"u1"}]}}`, true},
		{"add twice", add + `,` + strings.Replace(add, "u1", "u2", 1), true},
		{"remove", remove, true},
		{"remove by id", `{"op":"remove","path":"members[value eq \"u1\"]"}`, true},
		{"add and remove", add + `,` + remove, false},
		{"remove all", `{"op":"remove","path":"members"}`, false},
		{"remove by name", `{"op":"remove","path":"members[display eq \"Nora\"]"}`, false},
		{"replace", `{"op":"replace","path":"members","value":[{"value":"u1"}]}`, false},
		{"rename", `{"op":"replace","path":"displayName","value":"Lab"}`, false},
		{"add and rename", add + `,{"op":"replace","path":"displayName","value":"Lab"}`, false},
		{"nothing known", `{"op":"add","path":"nonsense","value":"x"}`, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := scim.DecodePatch(groupType(), "7", fmt.Appendf(nil, `{"Operations":[%s]}`, tt.operations))
			if err != nil {
				t.Fatal(err)
			}
			if got := p.MembersOnly(); got != tt.want {
				t.Errorf("%t, want %t", got, tt.want)
			}
		})
	}
}
