package proxy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/proxy"
	"tvscim/scim"
	"tvscim/scim/scimtest"
)

// bulk sends a bulk request of these operations.
func (c *client) bulk(operations ...string) reply {
	c.t.Helper()
	return c.send("POST", "/Bulk", bulkBody(operations...))
}

// bulkBody is the body of a bulk request.
func bulkBody(operations ...string) string {
	return `{"schemas":["` + scim.BulkRequestURN + `"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

// roomy makes bodies of any size possible.
func roomy(o *proxy.Options) { o.MaxBody = 1 << 20 }

// bulkResult is one operation of a bulk answer.
type bulkResult struct {
	Location, Method, BulkID, Version, Status string
	Response                                  struct{ Status, ScimType, Detail string }
}

// results reads a bulk answer.
func (a reply) results(t testing.TB) []bulkResult {
	t.Helper()
	var answer struct {
		Schemas    []string
		Operations []bulkResult
	}
	if err := json.Unmarshal([]byte(a.body), &answer); err != nil || a.status != http.StatusOK {
		t.Fatalf("status %d, %v: %s", a.status, err, a.body)
	}
	if diff := cmp.Diff([]string{scim.BulkResponseURN}, answer.Schemas); diff != "" {
		t.Errorf("schemas (-want +got):\n%s", diff)
	}
	return answer.Operations
}

// statuses are those of the operations.
func (a reply) statuses(t testing.TB) string {
	t.Helper()
	results := a.results(t)
	all := make([]string, len(results))
	for i, r := range results {
		all[i] = r.Status
	}
	return strings.Join(all, " ")
}

// TestBulkTranscript is a bulk request with something of everything.
func TestBulkTranscript(t *testing.T) {
	t.Parallel()
	c := serve(t, roomy)
	c.send("POST", "/Users", nora)
	c.bulk(
		`{"method":"POST","bulkId":"staff","path":"/Groups","data":{"displayName":"Staff","members":[{"value":"bulkId:ola"},{"value":"user-1"}]}}`,
		`{"method":"POST","bulkId":"ola","path":"/Users","data":{"userName":"ola@contoso.example"}}`,
		`{"method":"POST","bulkId":"again","path":"/Users","data":{"userName":"OLA@contoso.example"}}`,
		`{"method":"PATCH","path":"/Users/user-1","data":{"Operations":[{"op":"Replace","path":"active","value":"False"}]}}`,
		`{"method":"PUT","path":"/Users/bulkId:ola","data":{"userName":"ola@contoso.example","displayName":"Ola"}}`,
		`{"method":"PATCH","path":"/Groups/bulkId:staff","data":{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:ola\"]"}]}}`,
		`{"method":"DELETE","path":"/Users/user-7"}`,
		`{"method":"DELETE","path":"/Users/user-1","version":"W/\"x\""}`,
		`{"method":"GET","path":"/Users/user-1"}`,
		`{"method":"POST","bulkId":"me","path":"/Me","data":{}}`,
		`{"method":"POST","bulkId":"lost","path":"/Groups","data":{"displayName":"Lost","members":[{"value":"bulkId:again"}]}}`,
	)
	c.send("GET", "/Users/user-1?attributes=active", "")
	c.send("GET", "/Users/user-2?attributes=displayName", "")
	c.send("GET", "/Groups", "")
	c.golden("bulk.txt")
}

// TestBulkPaths sends operations to paths right and wrong.
func TestBulkPaths(t *testing.T) {
	t.Parallel()
	post, put := `"method":"POST","bulkId":"b","data":{"userName":"ola@contoso.example"}`, `"method":"PUT","data":{"userName":"ola@contoso.example"}`
	tests := []struct{ name, operation, want string }{
		{"plain", `{"path":"/Users",` + post + `}`, "201"},
		{"without slash", `{"path":"Users",` + post + `}`, "201"},
		{"with slashes to spare", `{"path":"//Users/",` + post + `}`, "201"},
		{"one", `{"path":"/Users/user-1",` + put + `}`, "200"},
		{"unknown id", `{"path":"/Users/user-9",` + put + `}`, "404"},
		{"id in another case", `{"path":"/Users/USER-1",` + put + `}`, "404"},
		{"impossible id", `{"path":"/Users/..",` + put + `}`, "400"},
		{"endpoint in another case", `{"path":"/users/user-1",` + put + `}`, "400"},
		{"POST to one", `{"path":"/Users/user-1",` + post + `}`, "400"},
		{"PUT to all", `{"path":"/Users",` + put + `}`, "400"},
		{"DELETE of all", `{"path":"/Users","method":"DELETE"}`, "400"},
		{"DELETE of all, with a slash", `{"path":"/Users/","method":"DELETE"}`, "400"},
		{"DELETE of what is not made", `{"path":"/Users/bulkId:x","method":"DELETE"}`, "409"},
		{"whole address", `{"path":"https://scim.example.test/scim/v2/Users",` + post + `}`, "400"},
		{"with base path", `{"path":"/scim/v2/Users",` + post + `}`, "400"},
		{"below one", `{"path":"/Users/user-1/x",` + put + `}`, "400"},
		{"query", `{"path":"/Users?attributes=id",` + post + `}`, "400"},
		{"root", `{"path":"/",` + post + `}`, "400"},
		{"discovery", `{"path":"/Schemas",` + post + `}`, "400"},
		{"bulk in bulk", `{"path":"/Bulk",` + post + `}`, "400"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t)
			c.send("POST", "/Users", nora)
			a := c.bulk(tt.operation)
			if got := a.statuses(t); got != tt.want {
				t.Errorf("status %s, want %s: %s", got, tt.want, a.body)
			}
			if left := c.send("GET", "/Users/user-1", ""); left.status != http.StatusOK {
				t.Errorf("the user is gone: %s", a.body)
			}
		})
	}
}

// TestBulkLocations: every result has the location of its resource and its method, whatever became
// of the operation; only a POST that has failed has no location (RFC 7644 section 3.7.3).
func TestBulkLocations(t *testing.T) {
	t.Parallel()
	const user, group = "https://scim.example.test/scim/v2/Users/user-1", "https://scim.example.test/scim/v2/Groups/group-7"
	tests := []struct{ name, operation, status, method, location string }{
		{"done", `{"method":"PATCH","path":"/Users/user-1","data":{"Operations":[{"op":"add","path":"title","value":"x"}]}}`, "204", "PATCH", user},
		{"unknown id", `{"method":"DELETE","path":"/Groups/group-7"}`, "404", "DELETE", group},
		{"malformed version", `{"method":"DELETE","path":"/Users/user-1","version":"bad"}`, "400", "DELETE", user},
		{"no data", `{"method":"PUT","path":"/Users/user-1"}`, "400", "PUT", user},
		{"data of the wrong type", `{"method":"PATCH","path":"Groups/group-7/","data":[]}`, "400", "PATCH", group},
		{"reference that leads nowhere", `{"method":"PUT","path":"/Users/user-1","data":{"userName":"bulkId:x"}}`, "409", "PUT", user},
		{"another method", `{"method":"GET","path":"/Users/user-1"}`, "400", "GET", user},
		{"no method", `{"path":"/Users/user-1"}`, "400", "", user},
		{"path of all", `{"method":"DELETE","path":"/Users"}`, "400", "DELETE", ""},
		{"path of nothing", `{"method":"DELETE","path":"/Devices/1"}`, "400", "DELETE", ""},
		{"no path", `{"method":"DELETE"}`, "400", "DELETE", ""},
		{"path of what is not made", `{"method":"DELETE","path":"/Users/bulkId:x"}`, "409", "DELETE", ""},
		{"POST that fails", `{"method":"POST","bulkId":"b","path":"/Users","data":{"displayName":"Nobody"}}`, "400", "POST", ""},
		{"POST to one", `{"method":"POST","bulkId":"b","path":"/Users/user-1","data":{}}`, "400", "POST", ""},
		{"POST without bulkId", `{"method":"POST","path":"/Users","data":{}}`, "400", "POST", ""},
		{"no object", `7`, "400", "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := serve(t)
			c.send("POST", "/Users", nora)
			r := c.bulk(tt.operation).results(t)[0]
			if r.Status != tt.status || r.Method != tt.method || r.Location != tt.location {
				t.Errorf("status %s, method %q, location %q; want %s, %q, %q", r.Status, r.Method, r.Location, tt.status, tt.method, tt.location)
			}
		})
	}
}

// post makes a user.
func post(bulkID, userName string) string {
	return fmt.Sprintf(`{"method":"POST","bulkId":%q,"path":"/Users","data":{"userName":%q}}`, bulkID, userName)
}

// TestFailOnErrors stops at the error that the request names, and not before.
func TestFailOnErrors(t *testing.T) {
	t.Parallel()
	const bad = `{"method":"DELETE","path":"/Users/nobody"}`
	tests := map[string]struct {
		most int
		want string
	}{
		"not said": {0, "404 201 404 404 201"}, "one": {1, "404"}, "two": {2, "404 201 404"},
		"three": {3, "404 201 404 404"}, "four": {4, "404 201 404 404 201"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			users := scimtest.NewMemory[scim.User](userType())
			c := serve(t, roomy, func(o *proxy.Options) { o.Directory.(*directory).users = users })
			body := bulkBody(bad, post("a", "a@contoso.example"), bad, bad, post("b", "b@contoso.example"))
			a := c.send("POST", "/Bulk", fmt.Sprintf(`{"failOnErrors":%d,%s`, tt.most, body[1:]))
			if got := a.statuses(t); got != tt.want {
				t.Errorf("statuses %s, want %s", got, tt.want)
			}
			if got, want := users.Len(), strings.Count(tt.want, "201"); got != want {
				t.Errorf("%d users were made, want %d", got, want)
			}
		})
	}
}

func TestBulkLimits(t *testing.T) {
	t.Parallel()
	c := serve(t, func(o *proxy.Options) { o.BulkOperations = 2 })
	tests := map[string]struct {
		body   string
		status int
		detail string
	}{
		"as many as may be":  {bulkBody(post("a", "a@contoso.example"), post("b", "b@contoso.example")), 200, ""},
		"one more":           {bulkBody(post("a", "c@contoso.example"), post("b", "d@contoso.example"), post("c", "e@contoso.example")), 413, "maxOperations is 2"},
		"too large":          {bulkBody(post("a", strings.Repeat("x", 5<<10))), 413, "4096 bytes"},
		"no operations":      {`{"schemas":["` + scim.BulkRequestURN + `"]}`, 400, "Operations"},
		"an empty list":      {bulkBody(), 200, ""},
		"another message":    {`{"schemas":["` + scim.PatchURN + `"],"Operations":[]}`, 400, "BulkRequest"},
		"no JSON":            {`{"Operations":[`, 400, "JSON"},
		"nested without end": {strings.Repeat(`{"a":`, 800), 400, "nests deeper"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			a := c.send("POST", "/Bulk", tt.body)
			if a.status != tt.status || !strings.Contains(a.body, tt.detail) {
				t.Errorf("status %d, want %d with %q: %s", a.status, tt.status, tt.detail, a.body)
			}
		})
	}
	var config struct {
		Bulk struct {
			Supported                     bool
			MaxOperations, MaxPayloadSize int
		}
	}
	if err := json.Unmarshal([]byte(c.send("GET", "/ServiceProviderConfig", "").body), &config); err != nil {
		t.Fatal(err)
	}
	if b := config.Bulk; !b.Supported || b.MaxOperations != 2 || b.MaxPayloadSize != 4<<10 {
		t.Errorf("advertised %+v", b)
	}
}

// TestCircularReferences is the example of RFC 7644 section 3.7.1: two groups, each a member of the
// other.
func TestCircularReferences(t *testing.T) {
	t.Parallel()
	c := serve(t, roomy)
	group := func(id, member string) string {
		return fmt.Sprintf(`{"method":"POST","bulkId":%q,"path":"/Groups","data":{"displayName":%q,"members":[{"value":%q}]}}`, id, id, member)
	}
	a := c.bulk(group("A", "bulkId:B"), group("B", "bulkId:A"))
	if got := a.statuses(t); got != "201 201" {
		t.Fatalf("statuses %s: %s", got, a.body)
	}
	for id, other := range map[string]string{"group-1": "group-2", "group-2": "group-1"} {
		if g := c.send("GET", "/Groups/"+id+"?attributes=members.value", ""); !strings.Contains(g.body, `"members":[{"value":"`+other+`"}]`) {
			t.Errorf("%s: %s", id, g.body)
		}
	}
	manager := func(id, of string) string {
		return fmt.Sprintf(`{"method":"POST","bulkId":%q,"path":"/Users","data":{"userName":%q,%q:{"manager":{"value":%q}}}}`, id, id, scim.EnterpriseURN, of)
	}
	a = c.bulk(manager("x", "bulkId:y"), manager("y", "bulkId:x"), post("z", "z"))
	if got := a.statuses(t); got != "409 409 201" {
		t.Errorf("users in a circle: %s: %s", got, a.body)
	}
}

// TestHalfOfAGroup: where the second half of a group in a circle fails, its answer says what is
// there.
func TestHalfOfAGroup(t *testing.T) {
	t.Parallel()
	c := serve(t, roomy)
	c.send("POST", "/Users", nora)
	a := c.bulk(`{"method":"POST","bulkId":"g","path":"/Groups","data":{"displayName":"G","members":[{"value":"bulkId:u"}]}}`,
		`{"method":"POST","bulkId":"u","path":"/Users","data":{"userName":"nora@contoso.example","title":"bulkId:g"}}`)
	results := a.results(t)
	if got := a.statuses(t); got != "409 409" || !strings.HasSuffix(results[0].Location, "/Groups/group-1") ||
		!strings.Contains(results[0].Response.Detail, "The group was created") || results[0].Version != "" {
		t.Errorf("answer: %s", a.body)
	}
	if g := c.send("GET", "/Groups/group-1", ""); !strings.Contains(g.body, `"members":[]`) {
		t.Errorf("group: %s", g.body)
	}
}

// TestThousandOperations makes as many users as a bulk request may, and a group of all of them in
// front.
func TestThousandOperations(t *testing.T) {
	t.Parallel()
	users := scimtest.NewMemory[scim.User](userType())
	c := serve(t, roomy, func(o *proxy.Options) { o.Directory.(*directory).users = users })
	const n = proxy.DefaultBulkOperations
	operations, members := make([]string, 1, n), make([]string, 0, n)
	for i := range n - 1 {
		id := fmt.Sprintf("u%d", i)
		operations = append(operations, post(id, id+"@contoso.example"))
		members = append(members, `{"value":"bulkId:`+id+`"}`)
	}
	operations[0] = `{"method":"POST","bulkId":"g","path":"/Groups","data":{"displayName":"all","members":[` + strings.Join(members, ",") + `]}}`
	a := c.bulk(operations...)
	if got := strings.Count(a.statuses(t), "201"); got != n || users.Len() != n-1 {
		t.Errorf("%d of %d operations were done, %d users", got, n, users.Len())
	}
	if g := c.send("GET", "/Groups/group-1", ""); strings.Count(g.body, `"value":"user-`) != n-1 {
		t.Errorf("the group has %d members", strings.Count(g.body, `"value":"user-`))
	}
}

// TestBulkVersions: an operation answers with the version that its resource has then, and heeds the
// one it is given.
func TestBulkVersions(t *testing.T) {
	t.Parallel()
	c := serve(t, roomy)
	made := c.bulk(post("a", "nora@contoso.example")).results(t)[0]
	if now := c.send("GET", "/Users/user-1", "").header.Get("ETag"); made.Version != now || now == "" {
		t.Errorf("version %s, and ETag %s", made.Version, now)
	}
	patch := func(version, name string) string {
		return fmt.Sprintf(`{"method":"PATCH","path":"/Users/user-1","version":%q,"data":{"Operations":[{"op":"replace","path":"displayName","value":%q}]}}`, version, name)
	}
	a := c.bulk(patch(made.Version, "one"), patch(made.Version, "two"))
	if got := a.statuses(t); got != "204 412" {
		t.Errorf("statuses %s: %s", got, a.body)
	}
	if now := c.send("GET", "/Users/user-1", "").header.Get("ETag"); a.results(t)[0].Version != now {
		t.Errorf("version %s, and ETag %s", a.results(t)[0].Version, now)
	}
}

// TestBulkIsOpenedOnce: the caller is authenticated once; if that fails, the whole request is
// refused.
func TestBulkIsOpenedOnce(t *testing.T) {
	t.Parallel()
	for _, refused := range []error{nil, scim.Unauthorized("no"), scim.Unavailable(0, "not now")} {
		opened := 0
		c := serve(t, roomy, func(o *proxy.Options) {
			o.Directory.(*directory).open = func(context.Context, proxy.Caller) error { opened++; return refused }
		})
		a := c.bulk(post("a", "a@contoso.example"), `{"method":"DELETE","path":"/Groups/group-1"}`)
		want := http.StatusOK
		if e, ok := errors.AsType[*scim.Error](refused); ok {
			want = e.Status
		}
		if a.status != want || opened != 1 {
			t.Errorf("%v: status %d, opened %d times", refused, a.status, opened)
		}
	}
}

// FuzzBulkRequest sends anything to /Bulk: it is answered, in JSON, with no more answers than
// operations, and no operation is our fault.
func FuzzBulkRequest(f *testing.F) {
	for _, seed := range []string{
		bulkBody(post("a", "ola@contoso.example"), member("add", "group-1", "bulkId:a"), member("add", "group-1", "x")),
		bulkBody(`{"method":"DELETE","path":"/Users/user-1"}`, `{"method":"PUT","path":"/Groups/group-1","data":{"displayName":"x","members":null}}`),
		bulkBody(`7`, `{"method":"POST","bulkId":"g","path":"/Groups","data":{"displayName":"g","members":[{"value":"bulkId:g"}]}}`),
		`{"failOnErrors":1,"Operations":[{},{}]}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		h := newServer(t).Handler()
		send := func(path, body string) reply {
			r := httptest.NewRequest(http.MethodPost, "/scim/v2"+path, strings.NewReader(body))
			r.Header.Set("Authorization", "Bearer "+bearer)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return reply{status: w.Code, body: w.Body.String()}
		}
		send("/Users", nora)
		send("/Groups", `{"displayName":"one"}`)
		a := send("/Bulk", body)
		if a.status != http.StatusOK {
			if a.status >= http.StatusInternalServerError {
				t.Fatalf("status %d: %s", a.status, a.body)
			}
			return
		}
		results := a.results(t)
		if most := strings.Count(body, "{"); len(results) > most && strings.Count(body, ",")+1 < len(results) {
			t.Fatalf("%d answers", len(results))
		}
		for _, r := range results {
			if r.Status < "200" || r.Status >= "500" || (r.Status >= "400") != (r.Response.Status == r.Status) {
				t.Fatalf("answer %+v", r)
			}
		}
	})
}
