package proxy_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/proxy"
	"tvscim/scim"
)

// list is a ListResponse as a client reads it.
type list struct {
	TotalResults, StartIndex, ItemsPerPage int
	NextCursor                             string
	Resources                              []struct {
		ID   string
		Meta struct{ ResourceType string }
	}
}

// ids are the ids of the resources, in their order.
func (l list) ids() []string {
	ids := make([]string, 0, len(l.Resources))
	for _, r := range l.Resources {
		ids = append(ids, r.ID)
	}
	return ids
}

// listOf reads an answer that must be a list.
func listOf(t rapid.TB, status int, body string) list {
	t.Helper()
	var l list
	if err := json.Unmarshal([]byte(body), &l); err != nil || status != http.StatusOK {
		t.Fatalf("status %d, %v: %s", status, err, body)
	}
	if l.ItemsPerPage != len(l.Resources) {
		t.Fatalf("itemsPerPage = %d with %d resources", l.ItemsPerPage, len(l.Resources))
	}
	return l
}

// cursorOf returns the cursor that an answer leads on with.
func cursorOf(t *testing.T, a reply) string {
	t.Helper()
	l := listOf(t, a.status, a.body)
	if l.NextCursor == "" {
		t.Fatalf("no next cursor: %s", a.body)
	}
	return l.NextCursor
}

func TestCursorPages(t *testing.T) {
	t.Parallel()
	c := serve(t)
	fill(c, 5)
	c.transcript.Reset()
	const query = "/Users?attributes=userName&sortBy=userName&sortOrder=descending&count=2&cursor="
	first := c.send("GET", query, "")
	second := c.send("GET", query+cursorOf(t, first), "")
	c.send("DELETE", "/Users/user-2", "") // the last one of the page before
	c.send("GET", query+cursorOf(t, second), "")
	c.send("GET", "/Users?attributes=id&cursor&count=5", "")
	c.send("GET", query+"not-one-of-ours", "")
	c.send("GET", strings.Replace(query, "count=2", "count=3", 1)+cursorOf(t, second), "")
	c.send("GET", strings.Replace(query, "descending", "ascending", 1)+cursorOf(t, second), "")
	c.send("GET", query+cursorOf(t, second)+"&filter=userName+pr", "")
	c.send("GET", query+"&startIndex=3", "")
	c.send("GET", strings.Replace(query, "count=2", "count=0", 1), "")
	c.send("GET", strings.Replace(query, "/Users", "/Groups", 1)+cursorOf(t, second), "")
	c.golden("cursor.txt")
}

func TestSortedPages(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.send("POST", "/Users", `{"userName":"a@contoso.example","displayName":"bob","name":{"familyName":"Young"}}`)
	c.send("POST", "/Users", `{"userName":"b@contoso.example","displayName":"Ann"}`)
	c.send("POST", "/Users", `{"userName":"c@contoso.example","displayName":"Bob","name":{"familyName":"adams"}}`)
	for query, want := range map[string][]string{
		"":                   {"user-1", "user-2", "user-3"},
		"sortBy=displayName": {"user-2", "user-1", "user-3"},
		"sortBy=displayName&sortOrder=descending":              {"user-1", "user-3", "user-2"},
		"sortBy=name.familyName":                               {"user-3", "user-1", "user-2"},
		"sortBy=NAME.familyname&sortorder=DESCENDING":          {"user-2", "user-1", "user-3"},
		"sortBy=displayName&startIndex=2&count=1":              {"user-1"},
		"sortBy=displayName&attributes=id":                     {"user-2", "user-1", "user-3"},
		"sortBy=displayName&filter=name.familyName+pr":         {"user-1", "user-3"},
		"sortBy=shoeSize":                                      {"user-1", "user-2", "user-3"},
		"sortBy=" + scim.UserURN + ":displayName&startIndex=4": {},
	} {
		a := c.send("GET", "/Users?"+query, "")
		if diff := cmp.Diff(want, listOf(t, a.status, a.body).ids()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", query, diff)
		}
	}
}

// A cursor is valid for its caller only.
func TestCursorOfAnotherCaller(t *testing.T) {
	t.Parallel()
	c := serve(t, func(o *proxy.Options) { o.Auth = proxy.Passthrough() })
	as := func(token, path string) reply {
		return c.do(request{method: "GET", path: path, header: http.Header{"Authorization": {"Bearer " + token}}})
	}
	for i := range 3 {
		header := http.Header{"Authorization": {"Bearer one"}, "Content-Type": {"application/json"}}
		c.do(request{method: "POST", path: "/Users", header: header, body: fmt.Sprintf(`{"userName":"user%d"}`, i)})
	}
	const query = "/Users?count=1&cursor="
	cursor := cursorOf(t, as("one", query))
	if a := as("one", query+cursor); a.status != http.StatusOK {
		t.Errorf("its own caller: status %d: %s", a.status, a.body)
	}
	if a := as("other", query+cursor); a.status != http.StatusBadRequest || !strings.Contains(a.body, `"invalidCursor"`) {
		t.Errorf("another caller: status %d: %s, want invalidCursor", a.status, a.body)
	}
}
