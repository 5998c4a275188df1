package proxy_test

import (
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"tvscim/proxy"
	"tvscim/scim"
)

// TestHandled: every request is reported once, also one that never reached a store, with what a
// person needs to find out why it failed, and without secrets.
func TestHandled(t *testing.T) {
	t.Parallel()
	const secret = "S3cret-of-a-user"
	long := `{"userName":"long@x.example","displayName":"` + strings.Repeat("x", 20<<10) + `"}`
	for name, test := range map[string]struct {
		request request
		want    proxy.Handled
	}{
		"created": {
			request{method: "POST", path: "/Users", body: `{"userName":"new@x.example"}`},
			proxy.Handled{Type: "User", Path: "/Users", Status: 201, Sent: []byte(`{"userName":"new@x.example"}`)},
		},
		"secret": {
			request{method: "POST", path: "/Users", body: `{"userName":"s@x.example","password":"` + secret + `"}`},
			proxy.Handled{Type: "User", Path: "/Users", Status: 201, Sent: []byte(`{"password":"<secret>","userName":"s@x.example"}`)},
		},
		"secret in a malformed body": {
			request{method: "POST", path: "/Users", body: `{"password":"` + secret},
			proxy.Handled{Type: "User", Path: "/Users", Status: 400},
		},
		"malformed": {
			request{method: "PATCH", path: "/Users/u1", body: `{"x`},
			proxy.Handled{Type: "User", Path: "/Users/u1", ID: "u1", Status: 400, Sent: []byte(`{"x`)},
		},
		"an address as an id": {
			request{method: "GET", path: "/Users/nora@x.example"},
			proxy.Handled{Type: "User", Path: "/Users/:id", Status: 404},
		},
		"search": {
			request{method: "GET", path: "/Users?filter=userName%20eq%20%22a%22"},
			proxy.Handled{Type: "User", Path: "/Users", Status: 200, Query: `filter=userName eq "a"`},
		},
		"no token": {
			request{method: "POST", path: "/Users?x=" + secret, body: secret, header: http.Header{}},
			proxy.Handled{Type: "User", Path: "/Users", Status: 401},
		},
		"no path": {
			request{method: "GET", path: "/" + secret},
			proxy.Handled{Path: "unmatched", Status: 404},
		},
		"long": {
			request{method: "POST", path: "/Users", body: long},
			proxy.Handled{Type: "User", Path: "/Users", Status: 201},
		},
		"bulk": {
			request{method: "POST", path: "/Bulk", body: `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"DELETE","path":"/Users/u404"}]}`},
			proxy.Handled{
				Path: "/Bulk", Status: 200, Failed: 1,
				Sent: []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[{"method":"DELETE","path":"/Users/u404"}]}`),
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var mu sync.Mutex
			var all []proxy.Handled
			done := make(chan struct{}, 2)
			c := serve(t, func(o *proxy.Options) {
				o.MaxBody = 1 << 20
				o.OnHandled = func(h proxy.Handled) {
					mu.Lock()
					defer mu.Unlock()
					all = append(all, h)
					done <- struct{}{}
				}
			})
			answer := c.do(test.request)
			<-done
			mu.Lock()
			defer mu.Unlock()
			if len(all) != 1 {
				t.Fatalf("reported %d times", len(all))
			}
			got := all[0]
			ignored := cmpopts.IgnoreFields(proxy.Handled{}, "Request", "Began", "Duration", "Detail", "Answered", "SentN", "AnsweredN")
			if diff := cmp.Diff(test.want, got, ignored); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
			want := scim.Request{ID: answer.header.Get("X-Request-Id"), Caller: "entra", Address: "127.0.0.1", Method: test.request.method}
			if test.want.Status == 401 {
				want.Caller, want.Address = "", ""
			}
			if diff := cmp.Diff(want, got.Request); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
			if test.want.Status != 401 && got.SentN != len(test.request.body) {
				t.Errorf("%d bytes sent, want %d", got.SentN, len(test.request.body))
			}
			if len(answer.body) < 16<<10 && string(got.Answered) != answer.body {
				t.Errorf("answered %s, want %s", got.Answered, answer.body)
			}
			if failed := test.want.Status >= 400; failed != strings.Contains(got.Detail, got.Request.ID) {
				t.Errorf("detail: %q", got.Detail)
			}
			if strings.Contains(string(got.Sent)+got.Query+got.Path+got.Detail+string(got.Answered), secret) {
				t.Errorf("a secret is reported: %+v", got)
			}
		})
	}
}
