package proxy_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/proxy"
	"tvscim/scim"
	"tvscim/scim/scimtest"
)

// searchBody is a SearchRequest with these members.
func searchBody(members string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:SearchRequest"],` + members + `}`
}

func TestSearch(t *testing.T) {
	t.Parallel()
	c := serve(t)
	c.send("POST", "/Users", `{"userName":"nora@contoso.example","displayName":"Nora Vale","active":false}`)
	c.send("POST", "/Users", `{"userName":"arp@contoso.example","displayName":"Jan Arp"}`)
	c.send("POST", "/Groups", `{"displayName":"Lab","members":[{"value":"user-1"}]}`)
	c.send("POST", "/Groups", `{"displayName":"Office"}`)
	c.transcript.Reset()
	for _, r := range []struct{ path, members string }{
		{"/Users/.search", `"attributes":["displayName","userName"],"filter":"displayName ew \"vale\"","startIndex":1,"count":2`},
		{"/Groups/.search", `"excludedAttributes":["meta","members"],"sortBy":"displayName","sortOrder":"descending"`},
		{"/Users/.search", `"filter":"userName eq \"nobody\""`},
		{"/.search", `"attributes":["displayName"]`},
		{"/.search", `"attributes":["displayName"],"sortBy":"displayName","sortOrder":"descending","startIndex":2,"count":2`},
		{"/.search", `"attributes":["id"],"filter":"userName pr or displayName eq \"lab\""`},
		{"/.search", `"attributes":["id"],"filter":"meta.resourceType eq \"Group\""`},
		{"/.search", `"attributes":["members.value"],"filter":"members.value eq \"user-1\""`},
		{"/.search", `"count":0`},
		{"/.search", `"startIndex":5`},
		{"/.search", `"filter":"active gt true"`},
		{"/.search", `"filter":"displayName eq"`},
		{"/.search", `"filter":"meta.location pr"`},
		{"/.search", `"filter":"members.$ref pr"`},
		{"/.search", `"cursor":"","startIndex":1`},
		{"/Users/.search", `"count":true`},
	} {
		c.send("POST", r.path, searchBody(r.members))
	}
	c.send("POST", "/Users/.search", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"]}`)
	c.send("POST", "/.search", `[]`)
	c.golden("search.txt")
}

func TestSearchByCursor(t *testing.T) {
	t.Parallel()
	c := serve(t)
	fill(c, 2)
	c.send("POST", "/Groups", `{"displayName":"Lab"}`)
	c.transcript.Reset()
	page := func(path, cursor string) reply {
		return c.send("POST", path, searchBody(`"attributes":["id"],"count":2,"cursor":"`+cursor+`"`))
	}
	cursor := cursorOf(t, page("/.search", ""))
	page("/.search", cursor)
	page("/Users/.search", cursor) // a cursor of the root is none of a type
	page("/.search", "not-one-of-ours")
	c.golden("search_cursor.txt")
}

// crowd is a server in process over two stores that come and go.
type crowd struct {
	handler http.Handler
	users   *scimtest.Memory[scim.User]
	groups  *scimtest.Memory[scim.Group]
	made    int
	there   []string // the ids
}

func newCrowd(t *testing.T) *crowd {
	t.Helper()
	c := &crowd{users: scimtest.NewMemory[scim.User](userType()), groups: scimtest.NewMemory[scim.Group](groupType())}
	c.handler = newServer(t, func(o *proxy.Options) {
		o.Directory = &directory{users: c.users, groups: c.groups}
		o.Limits = scim.Limits{Page: 100, MaxPage: 1000}
	}).Handler()
	return c
}

// add makes a user or a group. Their external ids are drawn from few, and one of these is none: so
// sort keys are often equal, within a type and across types.
func (c *crowd) add(t *rapid.T) {
	c.made++
	head := scim.Head{ExternalID: rapid.SampledFrom([]string{"", "a", "A", "b"}).Draw(t, "externalId")}
	name := fmt.Sprintf("%s %d", rapid.SampledFrom([]string{"ann", "Ann", "BOB"}).Draw(t, "name"), c.made)
	if rapid.Bool().Draw(t, "group") {
		g, err := c.groups.Create(context.Background(), scim.CreateRequest[scim.Group]{Resource: scim.Group{Head: head, DisplayName: name}})
		if err != nil {
			t.Fatal(err)
		}
		c.there = append(c.there, g.ID)
		return
	}
	u, err := c.users.Create(context.Background(), scim.CreateRequest[scim.User]{Resource: scim.User{Head: head, UserName: name}})
	if err != nil {
		t.Fatal(err)
	}
	c.there = append(c.there, u.ID)
}

// remove takes away any resource.
func (c *crowd) remove(t *rapid.T) {
	if len(c.there) == 0 {
		return
	}
	i := rapid.IntRange(0, len(c.there)-1).Draw(t, "removed")
	req := scim.DeleteRequest{ID: c.there[i]}
	err := c.users.Delete(context.Background(), req)
	if strings.HasPrefix(req.ID, "group-") {
		err = c.groups.Delete(context.Background(), req)
	}
	if err != nil {
		t.Fatal(err)
	}
	c.there = slices.Delete(c.there, i, i+1)
}

// search asks for a page.
func (c *crowd) search(t rapid.TB, path string, members map[string]any) list {
	t.Helper()
	body, err := json.Marshal(members)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequest(http.MethodPost, "/scim/v2"+path, strings.NewReader(string(body)))
	r.Header.Set("Authorization", "Bearer "+bearer)
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return listOf(t, w.Code, w.Body.String())
}

// anySearch draws a query without its paging.
func anySearch(t *rapid.T) (path string, members map[string]any) {
	members = map[string]any{"attributes": "id,meta"}
	if by := rapid.SampledFrom([]string{"", "externalId", "displayName", "userName", "meta.resourceType", "id"}).Draw(t, "sortBy"); by != "" {
		members["sortBy"] = by
		members["sortOrder"] = rapid.SampledFrom([]string{"ascending", "descending"}).Draw(t, "sortOrder")
	}
	members["filter"] = rapid.SampledFrom([]string{"", "externalId pr", `not (externalId eq "a")`, "userName pr"}).Draw(t, "filter")
	return rapid.SampledFrom([]string{"/.search", "/.search", "/Users/.search", "/Groups/.search"}).Draw(t, "path"), members
}

// Pages by index and pages by cursor are the whole list, of a type and of all types.
func TestSearchPagesPartition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := newCrowd(t)
		for range rapid.IntRange(0, 15).Draw(rt, "resources") {
			c.add(rt)
		}
		path, members := anySearch(rt)
		members["count"] = 1000
		whole := c.search(rt, path, members)
		if whole.TotalResults != len(whole.Resources) {
			rt.Fatalf("total = %d with %d resources", whole.TotalResults, len(whole.Resources))
		}
		count := rapid.IntRange(1, 6).Draw(rt, "count")
		members["count"] = count

		byIndex := []string{}
		for start := 1; start <= whole.TotalResults+1; start += count {
			members["startIndex"] = start
			page := c.search(rt, path, members)
			if page.StartIndex != start || page.TotalResults != whole.TotalResults || page.NextCursor != "" {
				rt.Fatalf("page from %d: start, total, cursor = %d, %d, %q", start, page.StartIndex, page.TotalResults, page.NextCursor)
			}
			byIndex = append(byIndex, page.ids()...)
		}
		if diff := gocmp.Diff(whole.ids(), byIndex); diff != "" {
			rt.Errorf("pages by index differ from the list (-list +pages):\n%s", diff)
		}

		delete(members, "startIndex")
		byCursor := []string{}
		for cursor, more := "", true; more; more = cursor != "" {
			members["cursor"] = cursor
			page := c.search(rt, path, members)
			if page.StartIndex != 0 || page.TotalResults != whole.TotalResults {
				rt.Fatalf("page by cursor: start, total = %d, %d", page.StartIndex, page.TotalResults)
			}
			byCursor = append(byCursor, page.ids()...)
			cursor = page.NextCursor
		}
		if diff := gocmp.Diff(whole.ids(), byCursor); diff != "" {
			rt.Errorf("pages by cursor differ from the list (-list +pages):\n%s", diff)
		}
	})
}

// The list of all types has the users before the groups. Of each type, what has no value is last,
// and the older of two with one value is first.
func TestSearchOrder(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := newCrowd(t)
		for range rapid.IntRange(0, 15).Draw(rt, "resources") {
			c.add(rt)
		}
		type row struct {
			externalID, id string
			section        int
		}
		var rows []row
		users, _ := c.users.List(t.Context(), scim.ListRequest{Count: 1000})
		for _, u := range users.Items {
			rows = append(rows, row{u.ExternalID, u.ID, 0})
		}
		groups, _ := c.groups.List(t.Context(), scim.ListRequest{Count: 1000})
		for _, g := range groups.Items {
			rows = append(rows, row{g.ExternalID, g.ID, 1})
		}
		sign, order := 1, "ascending"
		if rapid.Bool().Draw(rt, "descending") {
			sign, order = -1, "descending"
		}
		rank := func(r row) string { return cmp.Or(r.externalID, "~") } // behind every letter
		slices.SortStableFunc(rows, func(a, b row) int {
			return cmp.Or(cmp.Compare(a.section, b.section), sign*cmp.Compare(rank(a), rank(b)))
		})
		want := make([]string, len(rows))
		for i, r := range rows {
			want[i] = r.id
		}
		got := c.search(rt, "/.search", map[string]any{"sortBy": "externalId", "sortOrder": order, "count": 1000}).ids()
		if diff := gocmp.Diff(want, got); diff != "" {
			rt.Errorf("order differs (-want +got):\n%s", diff)
		}
	})
}

// While resources of both types come and go between the pages of a cursor, those that are there
// throughout are on exactly one page.
func TestSearchCursorIsStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c := newCrowd(t)
		for range rapid.IntRange(0, 15).Draw(rt, "resources") {
			c.add(rt)
		}
		path, members := anySearch(rt)
		members["count"] = 1000
		throughout := c.search(rt, path, members).ids()
		members["count"] = rapid.IntRange(1, 6).Draw(rt, "count")
		seen := map[string]int{}
		for pages, cursor, more := 0, "", true; more; more = cursor != "" {
			members["cursor"] = cursor
			page := c.search(rt, path, members)
			for _, id := range page.ids() {
				seen[id]++
			}
			cursor = page.NextCursor
			for range rapid.IntRange(0, 2).Draw(rt, "changes") {
				if rapid.Bool().Draw(rt, "remove") || pages > 30 {
					c.remove(rt)
				} else {
					c.add(rt)
				}
			}
			pages++
			throughout = slices.DeleteFunc(throughout, func(id string) bool { return cursor != "" && !slices.Contains(c.there, id) })
		}
		for id, n := range seen {
			if n > 1 {
				rt.Errorf("%s is on %d pages", id, n)
			}
		}
		for _, id := range throughout {
			if seen[id] != 1 {
				rt.Errorf("%s was there throughout and is on %d pages", id, seen[id])
			}
		}
	})
}

// asked is a store that writes down what it is asked for.
type asked[R scim.Resource] struct {
	*scimtest.Memory[R]
	lists *[]string
}

func (a asked[R]) List(ctx context.Context, req scim.ListRequest) (scim.Page[R], error) {
	*a.lists = append(*a.lists, fmt.Sprintf("count %d nothing %t members %t", req.Count, req.Want.IsNothing(), req.Want.Named("members")))
	return a.Memory.List(ctx, req)
}

// What a search at the root costs: one list of each type, and members only of groups that are on
// the page.
func TestSearchCost(t *testing.T) {
	t.Parallel()
	var ofUsers, ofGroups []string
	users := asked[scim.User]{scimtest.NewMemory[scim.User](userType()), &ofUsers}
	groups := asked[scim.Group]{scimtest.NewMemory[scim.Group](groupType()), &ofGroups}
	c := serve(t, func(o *proxy.Options) { o.Directory = &directory{users: users, groups: groups} })
	fill(c, 3)
	c.send("POST", "/Groups", `{"displayName":"Lab"}`)
	tests := []struct{ name, members, users, groups string }{
		{"the page is full of users", `"count":3`, "count 3 nothing false members false", "count 0 nothing true members false"},
		{"users leave room", `"count":5`, "count 5 nothing false members false", "count 2 nothing false members true"},
		{"only the total", `"count":0`, "count 0 nothing true members false", "count 0 nothing true members false"},
		{"sorted", `"count":2,"sortBy":"displayName"`, "count 2 nothing false members false", "count 0 nothing true members false"},
		{"by index", `"startIndex":4,"count":2`, "count 2 nothing false members false", "count 2 nothing false members true"},
		{"behind the end", `"startIndex":9,"count":2`, "count 2 nothing false members false", "count 2 nothing false members true"},
	}
	for _, tt := range tests {
		ofUsers, ofGroups = nil, nil
		if a := c.send("POST", "/.search", `{"attributes":["members"],`+tt.members+`}`); a.status != http.StatusOK {
			t.Errorf("%s: status %d: %s", tt.name, a.status, a.body)
		}
		got := []string{strings.Join(ofUsers, "; "), strings.Join(ofGroups, "; ")}
		if diff := gocmp.Diff([]string{tt.users, tt.groups}, got); diff != "" {
			t.Errorf("%s: lists of users, of groups (-want +got):\n%s", tt.name, diff)
		}
	}
}

// An error of either store is the answer.
func TestSearchStoreErrors(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/.search", "/Users/.search"} {
		c := serve(t, func(o *proxy.Options) {
			o.Directory.(*directory).users = broken[scim.User]{scimtest.NewMemory[scim.User](userType())}
		})
		for _, members := range []string{"{}", `{"startIndex":2}`, `{"cursor":""}`} {
			if a := c.send("POST", path, members); a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "TeamViewer is away") {
				t.Errorf("%s %s: status %d: %s", path, members, a.status, a.body)
			}
		}
	}
	c := serve(t, func(o *proxy.Options) {
		o.Directory.(*directory).open = func(context.Context, proxy.Caller) error { return scim.Unauthorized("a stranger") }
	})
	if a := c.send("POST", "/.search", "{}"); a.status != http.StatusUnauthorized {
		t.Errorf("a stranger: status %d: %s", a.status, a.body)
	}
}

// broken is a store whose lists fail.
type broken[R scim.Resource] struct{ *scimtest.Memory[R] }

func (broken[R]) List(context.Context, scim.ListRequest) (scim.Page[R], error) {
	return scim.Page[R]{}, scim.Unavailable(0, "TeamViewer is away")
}
