package proxy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/proxy"
	"tvscim/scim"
	"tvscim/scim/scimtest"
)

const nora = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"userName":"nora@contoso.example","displayName":"Nora","active":true,"password":"hunter2hunter2","emails":[{"value":"nora@contoso.example","type":"work","primary":true}]}`

func TestUserLifecycle(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.send("GET", "/Users?filter=userName+eq+%22nora@contoso.example%22", "")
	c.send("POST", "/Users", nora)
	c.send("POST", "/Users", strings.Replace(nora, `"nora@`, `"NORA@`, 1))
	c.send("GET", "/Users?filter=userName+eq+%22NORA@contoso.example%22&aadOptscim062020", "")
	c.send("GET", "/Users/user-1", "")
	c.send("GET", "/Users/user-1?attributes=displayName", "")
	c.send("GET", "/Users/user-1?excludedAttributes=emails,meta", "")
	c.send("PATCH", "/Users/user-1", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"displayName","value":"Nora H."}]}`)
	c.send("PATCH", "/Users/user-1?attributes=active", `{"Operations":[{"op":"Replace","path":"active","value":"False"}]}`)
	c.send("PUT", "/Users/user-1", `{"userName":"nora.h@contoso.example","active":true}`)
	c.send("GET", "/Users/user-1", "")
	c.send("DELETE", "/Users/user-1", "")
	c.send("GET", "/Users/user-1", "")
	c.send("DELETE", "/Users/user-1", "")
	c.send("GET", "/Users", "")
	c.golden("user.txt")
}

func TestGroupLifecycle(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.send("POST", "/Groups", `{"displayName":"Sales","externalId":"ext-1","members":[{"value":"user-1","display":"Nora"}]}`)
	c.send("POST", "/Groups", `{"displayName":"SALES"}`)
	c.send("GET", "/Groups?filter=displayName+eq+%22sales%22&excludedAttributes=members", "")
	c.send("PATCH", "/Groups/group-1", `{"Operations":[{"op":"Add","path":"members","value":[{"value":"user-2"}]}]}`)
	c.send("PATCH", "/Groups/group-1?attributes=members", `{"Operations":[{"op":"Remove","path":"members","value":[{"value":"user-1"}]}]}`)
	c.send("PATCH", "/Groups/group-1?excludedAttributes=members", `{"Operations":[{"op":"Replace","path":"displayName","value":"Sales EMEA"}]}`)
	c.send("GET", "/Groups/group-1", "")
	c.send("PUT", "/Groups/group-1", `{"displayName":"Sales","members":[]}`)
	c.send("DELETE", "/Groups/group-1", "")
	c.send("GET", "/Groups/group-1", "")
	c.golden("group.txt")
}

// fill creates users 1 to n.
func fill(c *client, n int) {
	c.t.Helper()
	for i := range n {
		if a := c.send("POST", "/Users", fmt.Sprintf(`{"userName":"user%d@contoso.example"}`, i+1)); a.status != http.StatusCreated {
			c.t.Fatalf("user %d: status %d: %s", i+1, a.status, a.body)
		}
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	c := serve(t)
	fill(c, 7)
	tests := map[string]struct {
		query        string
		total, start int
		ids          []string
	}{
		"as many as a page":            {"", 7, 1, []string{"user-1", "user-2", "user-3"}},
		"as many as asked":             {"?count=4", 7, 1, []string{"user-1", "user-2", "user-3", "user-4"}},
		"no more than the largest":     {"?count=1000", 7, 1, []string{"user-1", "user-2", "user-3", "user-4", "user-5"}},
		"from an index":                {"?startIndex=6&count=5", 7, 6, []string{"user-6", "user-7"}},
		"parameters in any case":       {"?startindex=7&COUNT=1", 7, 7, []string{"user-7"}},
		"behind the end":               {"?startIndex=8", 7, 8, []string{}},
		"none, only the total":         {"?count=0", 7, 1, []string{}},
		"index below one":              {"?startIndex=-3&count=1", 7, 1, []string{"user-1"}},
		"filter":                       {"?filter=userName+eq+%22USER5@contoso.example%22", 1, 1, []string{"user-5"}},
		"filter that matches nothing":  {"?filter=userName+eq+%22nobody%22", 0, 1, []string{}},
		"flag of a client":             {"?aadOptscim062020&count=1", 7, 1, []string{"user-1"}},
		"slash and flag":               {"/?aadOptscim062020&count=1", 7, 1, []string{"user-1"}},
		"doubled slash":                {"//?count=1", 7, 1, []string{"user-1"}},
		"unknown parameter with value": {"?count=1&x=y", 7, 1, []string{"user-1"}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			a := c.send("GET", "/Users"+test.query, "")
			var list struct {
				TotalResults, StartIndex, ItemsPerPage int
				Resources                              []struct{ ID string }
			}
			if err := json.Unmarshal([]byte(a.body), &list); err != nil {
				t.Fatalf("status %d: %v: %s", a.status, err, a.body)
			}
			ids := make([]string, 0, len(list.Resources))
			for _, r := range list.Resources {
				ids = append(ids, r.ID)
			}
			got := []any{a.status, list.TotalResults, list.StartIndex, list.ItemsPerPage, ids}
			want := []any{http.StatusOK, test.total, test.start, len(test.ids), test.ids}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("status, total, start, items per page, ids (-want +got):\n%s", diff)
			}
		})
	}
}

func TestHeadSaysWhatGetSays(t *testing.T) {
	t.Parallel()
	c := serve(t)
	fill(c, 5)
	for _, path := range []string{"/Users", "/Users/user-1", "/Users/nobody", "/Schemas", "/ServiceProviderConfig"} {
		get, head := c.send("GET", path, ""), c.send("HEAD", path, "")
		if head.body != "" {
			t.Errorf("HEAD %s: a body: %s", path, head.body)
		}
		for _, name := range []string{"Content-Type", "Content-Length"} {
			if g, h := get.header.Get(name), head.header.Get(name); g != h || g == "" {
				t.Errorf("%s of %s: GET %q, HEAD %q", name, path, g, h)
			}
		}
		if get.status != head.status {
			t.Errorf("%s: GET %d, HEAD %d", path, get.status, head.status)
		}
	}
}

func TestOptionsNamesTheMethods(t *testing.T) {
	t.Parallel()
	c := serve(t)
	a := c.send("OPTIONS", "/Users/user-1", "")
	if got, want := a.header.Get("Allow"), "OPTIONS, DELETE, GET, HEAD, PATCH, PUT"; a.status != http.StatusNoContent || got != want {
		t.Errorf("status %d, Allow %q; want 204, %q", a.status, got, want)
	}
	if a := c.do(request{method: "OPTIONS", path: "/Users", header: http.Header{}}); a.status != http.StatusUnauthorized {
		t.Errorf("without a token: status %d, want 401", a.status)
	}
}

// TestConcurrentClients has twenty clients create, change and list at once; everyone must find the
// own work done.
func TestConcurrentClients(t *testing.T) {
	t.Parallel()
	users := scimtest.NewMemory[scim.User](userType())
	c := serve(t, func(o *proxy.Options) {
		o.Directory.(*directory).users = users
	})
	const clients = 20
	statuses := make([][]int, clients)
	var wg sync.WaitGroup
	for i := range clients {
		wg.Go(func() {
			one := client{t: c.t, url: c.url, http: c.http} // a transcript of its own
			made := one.send("POST", "/Users", fmt.Sprintf(`{"userName":"user%d@contoso.example"}`, i))
			path := strings.TrimPrefix(made.header.Get("Location"), "https://scim.example.test/scim/v2")
			statuses[i] = []int{
				made.status,
				one.send("PATCH", path, `{"Operations":[{"op":"replace","path":"active","value":false}]}`).status,
				one.send("GET", "/Users?count=5", "").status,
				one.send("GET", path, "").status,
				one.send("POST", "/Users", `{"userName":"same@contoso.example"}`).status,
			}
		})
	}
	wg.Wait()
	same := map[int]int{}
	for i, got := range statuses {
		if diff := cmp.Diff([]int{201, 200, 200, 200}, got[:4]); diff != "" {
			t.Errorf("client %d (-want +got):\n%s", i, diff)
		}
		same[got[4]]++
	}
	if diff := cmp.Diff(map[int]int{201: 1, 409: clients - 1}, same); diff != "" {
		t.Errorf("the same userName twenty times (-want +got):\n%s", diff)
	}
	if got := users.Len(); got != clients+1 {
		t.Errorf("%d users, want %d", got, clients+1)
	}
}
