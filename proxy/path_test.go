package proxy_test

import (
	"bufio"
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/proxy"
	"tvscim/scim"
	"tvscim/scim/scimtest"
)

// recorder is a store of users that writes down which ids it is asked for.
type recorder struct {
	*scimtest.Memory[scim.User]
	asked []string
}

func (r *recorder) Get(ctx context.Context, req scim.GetRequest) (scim.User, error) {
	r.asked = append(r.asked, req.ID)
	return r.Memory.Get(ctx, req)
}

func (r *recorder) Delete(ctx context.Context, req scim.DeleteRequest) error {
	r.asked = append(r.asked, req.ID)
	return r.Memory.Delete(ctx, req)
}

// raw sends a request target as it is, which no HTTP client would do, and returns the status.
func raw(t *testing.T, address, method, target string) int {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := fmt.Fprintf(conn, "%s %s HTTP/1.1\r\nHost: scim.example.test\r\nAuthorization: Bearer %s\r\nConnection: close\r\n\r\n",
		method, target, bearer); err != nil {
		t.Fatal(err)
	}
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// base is the base path of the servers under test.
const base = "/scim/v2"

// oddPaths are request targets of every odd shape.
var oddPaths = map[string]struct {
	target      string
	get, delete int
	asked       string // the id that the store is asked for; "" for none
}{
	"collection":                     {base + "/Users", 200, 405, ""},
	"slash at the end":               {base + "/Users/", 200, 405, ""},
	"two slashes at the end":         {base + "/Users//", 200, 405, ""},
	"slashes everywhere":             {"//scim//v2///Users//", 200, 405, ""},
	"plain id":                       {base + "/Users/user-1", 200, 204, "user-1"},
	"slash behind the id":            {base + "/Users/user-1/", 200, 204, "user-1"},
	"two slashes before the id":      {base + "//Users//user-1", 200, 204, "user-1"},
	"escaped letter":                 {base + "/Users/%75ser-1", 200, 204, "user-1"},
	"query":                          {base + "/Users/user-1?aadOptscim062020", 200, 204, "user-1"},
	"absolute form":                  {"http://elsewhere.example" + base + "/Users/user-1", 200, 204, "user-1"},
	"space":                          {base + "/Users/%20", 404, 404, " "},
	"escaped slash":                  {base + "/Users/a%2Fb", 404, 404, "a/b"},
	"escaped slash in front":         {base + "/Users/%2Fuser-1", 404, 404, "/user-1"},
	"escaped slash alone":            {base + "/Users/%2F", 404, 404, "/"},
	"escaped way up":                 {base + "/Users/..%2FGroups", 404, 404, "../Groups"},
	"escaped percent":                {base + "/Users/%2575ser-1", 404, 404, "%75ser-1"},
	"escaped percent, dots":          {base + "/Users/%252e%252e", 404, 404, "%2e%2e"},
	"escaped question mark":          {base + "/Users/user-1%3Fx", 404, 404, "user-1?x"},
	"parameter of a segment":         {base + "/Users/user-1;x", 404, 404, "user-1;x"},
	"the router's own words":         {base + "/Users/:id", 404, 404, ":id"},
	"the router's star":              {base + "/Users/*", 404, 404, "*"},
	"three dots":                     {base + "/Users/...", 404, 404, "..."},
	"other letters":                  {base + "/Users/%C3%BC", 404, 404, "ü"},
	"prefix of an id":                {base + "/Users/u", 404, 404, "u"},
	"id of 1000":                     {base + "/Users/" + strings.Repeat("x", 1000), 404, 404, strings.Repeat("x", 1000)},
	"id of 1001":                     {base + "/Users/" + strings.Repeat("x", 1001), 404, 404, ""},
	"id of 10000":                    {base + "/Users/" + strings.Repeat("x", 10_000), 404, 404, ""},
	"dot":                            {base + "/Users/.", 404, 404, ""},
	"dots":                           {base + "/Users/..", 404, 404, ""},
	"escaped dots":                   {base + "/Users/%2e%2E", 404, 404, ""},
	"half escaped dots":              {base + "/Users/.%2e", 404, 404, ""},
	"dot before the id":              {base + "/Users/./user-1", 404, 404, ""},
	"up and down again":              {base + "/Groups/../Users/user-1", 404, 404, ""},
	"up from the id":                 {base + "/Users/user-1/..", 404, 404, ""},
	"below the id":                   {base + "/Users/user-1/x", 404, 404, ""},
	"far below the id":               {base + "/Users/user-1/x/y/z", 404, 404, ""},
	"zero byte":                      {base + "/Users/user-1%00", 404, 404, ""},
	"line break":                     {base + "/Users/user-1%0a", 404, 404, ""},
	"not UTF-8":                      {base + "/Users/%ff", 404, 404, ""},
	"endpoint in other case":         {base + "/users/user-1", 404, 404, ""},
	"base path in other case":        {"/SCIM/v2/Users/user-1", 404, 404, ""},
	"endpoint with an escape":        {base + "/%55sers/user-1", 404, 404, ""},
	"escaped slash for the endpoint": {base + "%2FUsers/user-1", 404, 404, ""},
	"without the base path":          {"/Users/user-1", 404, 404, ""},
	"star":                           {"*", 404, 404, ""},
	"malformed escape":               {base + "/Users/%", 400, 400, ""},
}

// TestOddPaths sends them by GET and by DELETE: an id reaches the store as the text that it is, or
// not at all; nothing is cleaned into another path.
func TestOddPaths(t *testing.T) {
	t.Parallel()
	for name, test := range oddPaths {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for method, status := range map[string]int{"GET": test.get, "DELETE": test.delete} {
				users := &recorder{Memory: scimtest.NewMemory[scim.User](userType())}
				if _, err := users.Create(t.Context(), scim.CreateRequest[scim.User]{Resource: scim.User{UserName: "nora@contoso.example"}}); err != nil {
					t.Fatal(err)
				}
				s := newServer(t, func(o *proxy.Options) { o.Directory.(*directory).users = users })
				ts := httptest.NewServer(s.Handler())
				got := raw(t, ts.Listener.Addr().String(), method, test.target)
				ts.Close() // and with it every read and write of the store is over
				if got != status {
					t.Errorf("%s: status %d, want %d", method, got, status)
				}
				var want []string
				if test.asked != "" {
					want = []string{test.asked}
				}
				if diff := cmp.Diff(want, users.asked); diff != "" {
					t.Errorf("%s: ids asked for (-want +got):\n%s", method, diff)
				}
				if left := users.Len(); (left == 0) != (status == http.StatusNoContent) {
					t.Errorf("%s: status %d, %d users left", method, got, left)
				}
			}
		})
	}
}

// TestBasePath serves elsewhere than usual.
func TestBasePath(t *testing.T) {
	t.Parallel()
	for base, tests := range map[string]map[string]int{
		"":          {"/scim/v2/Users": 200, "/Users": 404},
		"/":         {"/Users": 200, "//Users/": 200, "/scim/v2/Users": 404, "/": 200, "/Users/x/y": 404},
		"/x":        {"/x/Users": 200, "/X/Users": 404, "/x": 200, "/x/": 200, "/": 404, "/xUsers": 404},
		"/t-1/a.b/": {"/t-1/a.b/Users": 200, "/t-1//a.b//Users/": 200, "/t-1/aXb/Users": 404},
	} {
		ts := httptest.NewServer(newServer(t, func(o *proxy.Options) { o.BasePath = base }).Handler())
		for target, want := range tests {
			if got := raw(t, ts.Listener.Addr().String(), "GET", target); got != want {
				t.Errorf("base %q: GET %s: status %d, want %d", base, target, got, want)
			}
		}
		ts.Close()
	}
}
