package proxy_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// conditional sends a request with the usual headers and one more.
func (c *client) conditional(method, path, header, value, body string) reply {
	c.t.Helper()
	h := http.Header{"Authorization": {"Bearer " + bearer}, header: {value}}
	if body != "" {
		h.Set("Content-Type", "application/scim+json")
	}
	return c.do(request{method: method, path: path, body: body, header: h})
}

// TestVersions is the life of a resource whose client uses versions (RFC 7644 section 3.14).
func TestVersions(t *testing.T) {
	t.Parallel()
	c := serve(t)
	first := c.send("POST", "/Users", nora).header.Get("ETag")
	c.conditional("GET", "/Users/user-1", "If-None-Match", first, "")
	c.conditional("GET", "/Users/user-1", "If-None-Match", `"x", `+first, "")
	c.conditional("GET", "/Users/user-1?attributes=userName", "If-None-Match", `W/"x"`, "")
	const rename = `{"Operations":[{"op":"replace","path":"displayName","value":"N."}]}`
	c.conditional("PATCH", "/Users/user-1", "If-Match", `W/"x"`, rename)
	second := c.conditional("PATCH", "/Users/user-1", "If-Match", first, rename).header.Get("ETag")
	c.conditional("PATCH", "/Users/user-1", "If-Match", first, rename)
	c.conditional("GET", "/Users/user-1", "If-None-Match", first, "")
	c.conditional("GET", "/Users/user-1", "If-Match", first, "")
	c.conditional("PUT", "/Users/user-1", "If-Match", first, `{"userName":"nora@contoso.example"}`)
	c.conditional("PUT", "/Users/user-1", "If-None-Match", "*", `{"userName":"nora@contoso.example"}`)
	third := c.conditional("PUT", "/Users/user-1", "If-Match", second, `{"userName":"nora@contoso.example"}`).header.Get("ETag")
	c.conditional("DELETE", "/Users/user-1", "If-Match", second, "")
	c.conditional("DELETE", "/Users/user-1", "If-None-Match", third, "")
	c.conditional("DELETE", "/Users/user-1", "If-Match", `W/"x", `+third, "")
	c.conditional("DELETE", "/Users/user-1", "If-Match", "*", "")
	c.conditional("GET", "/Users/user-1", "If-None-Match", third, "")
	c.golden("version.txt")
}

// TestVersionOfQuietPatch: a 204 shows nothing, but what the version is now, if it is known.
func TestVersionOfQuietPatch(t *testing.T) {
	t.Parallel()
	c := serve(t)
	made := c.send("POST", "/Groups", `{"displayName":"Sales"}`).header.Get("ETag")
	a := c.conditional("PATCH", "/Groups/group-1", "If-Match", made, `{"Operations":[{"op":"add","path":"members","value":[{"value":"user-1"}]}]}`)
	if now := c.send("GET", "/Groups/group-1", "").header.Get("ETag"); a.status != http.StatusNoContent || a.header.Get("ETag") != now || now == made {
		t.Errorf("status %d, ETag %s; at first %s, now %s", a.status, a.header.Get("ETag"), made, now)
	}
}

// TestMalformedConditions: what cannot be read is refused before anything is asked or done.
func TestMalformedConditions(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.send("POST", "/Users", nora)
	for _, method := range []string{"GET", "PATCH", "DELETE"} {
		for _, header := range []string{"If-Match", "If-None-Match"} {
			body := ""
			if method == "PATCH" {
				body = `{"Operations":[{"op":"replace","path":"displayName","value":"N."}]}`
			}
			for _, value := range []string{"abc", "", ","} {
				if a := c.conditional(method, "/Users/user-1", header, value, body); a.status != http.StatusBadRequest {
					t.Errorf("%s with %s: %s: status %d, want 400", method, header, value, a.status)
				}
			}
		}
	}
	if a := c.send("GET", "/Users/user-1", ""); a.status != http.StatusOK {
		t.Errorf("the user is gone: status %d", a.status)
	}
}

// TestCollectionsHaveNoVersion: conditions on a list, or on the creation of something, mean
// nothing.
func TestCollectionsHaveNoVersion(t *testing.T) {
	t.Parallel()
	c := serve(t)
	if a := c.conditional("POST", "/Users", "If-None-Match", "*", nora); a.status != http.StatusCreated {
		t.Errorf("POST: status %d: %s", a.status, a.body)
	}
	if a := c.conditional("GET", "/Users", "If-None-Match", "abc", ""); a.status != http.StatusOK || a.header.Get("ETag") != "" {
		t.Errorf("GET: status %d, ETag %q", a.status, a.header.Get("ETag"))
	}
}

// TestOneOfManyWins has twenty clients change what they have all read: one may, the others are
// told.
func TestOneOfManyWins(t *testing.T) {
	t.Parallel()
	c := serve(t)
	version := c.send("POST", "/Users", nora).header.Get("ETag")
	statuses := make([]int, 20)
	var wg sync.WaitGroup
	for i := range statuses {
		wg.Go(func() {
			one := client{t: c.t, url: c.url, http: c.http}
			statuses[i] = one.conditional("PATCH", "/Users/user-1", "If-Match", version,
				fmt.Sprintf(`{"Operations":[{"op":"replace","path":"displayName","value":"Nora %d"}]}`, i)).status
		})
	}
	wg.Wait()
	got := map[int]int{}
	for _, status := range statuses {
		got[status]++
	}
	if diff := cmp.Diff(map[int]int{200: 1, 412: 19}, got); diff != "" {
		t.Errorf("statuses (-want +got):\n%s", diff)
	}
}
