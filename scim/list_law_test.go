package scim_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// company is a list of users that changes while it is paged.
type company struct {
	users []scim.User // in the order of ids
	made  int
}

// add makes a user with a few values that many share, so that sort keys are often equal or missing.
func (c *company) add(t *rapid.T) {
	c.made++
	u := scim.User{
		Head:     scim.Head{ID: fmt.Sprintf("u%d", c.made)},
		UserName: fmt.Sprintf("user%d@x.example", c.made),
		// Drawn from few: half of them differ by case alone, and one is none.
		DisplayName: rapid.SampledFrom([]string{"", "ann", "Ann", "BOB", "bob", "Cid"}).Draw(t, "displayName"),
		Name:        scim.Name{FamilyName: rapid.StringMatching(`[a-c]?`).Draw(t, "familyName")},
	}
	if rapid.Bool().Draw(t, "said") {
		u.Active = new(rapid.Bool().Draw(t, "active"))
	}
	c.users = append(c.users, u)
}

// remove takes away any user.
func (c *company) remove(t *rapid.T) {
	if len(c.users) > 0 {
		i := rapid.IntRange(0, len(c.users)-1).Draw(t, "removed")
		c.users = slices.Delete(c.users, i, i+1)
	}
}

// query draws a filter and an order.
func (c *company) query(t *rapid.T) scim.ListRequest {
	req := scim.ListRequest{StartIndex: 1, Count: rapid.IntRange(1, 7).Draw(t, "count")}
	by := rapid.SampledFrom([]string{"", "displayName", "name.familyName", "active", "userName", "id", "shoeSize"}).Draw(t, "sortBy")
	if by != "" {
		path, err := filter.ParseAttrPath(by)
		if err != nil {
			t.Fatal(err)
		}
		req.Sort = scim.Sort{By: path, Descending: rapid.Bool().Draw(t, "descending")}
	}
	if text := rapid.SampledFrom([]string{"", "displayName pr", `not (displayName eq "bob")`}).Draw(t, "filter"); text != "" {
		var err error
		if req.Filter, err = filter.Parse(text); err != nil {
			t.Fatal(err)
		}
	}
	return req
}

// page asks for one page and checks what every page must be.
func (c *company) page(t *rapid.T, req scim.ListRequest) scim.Page[scim.User] {
	page, _ := scim.SelectPage(t.Context(), userType(), slices.Values(c.users), req)
	total := 0
	for _, u := range c.users {
		if scim.Match(userType(), u, req.Filter) {
			total++
		}
	}
	if page.Total != total || len(page.Items) > req.Count {
		t.Fatalf("total, items = %d, %d, want %d and at most %d", page.Total, len(page.Items), total, req.Count)
	}
	if page.Next != nil && len(page.Items) < req.Count {
		t.Fatalf("another page follows one of %d items that may have %d", len(page.Items), req.Count)
	}
	return page
}

// Pages by index and pages by cursor are the same list, each resource once and in one order.
func TestPagesPartition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var c company
		for range rapid.IntRange(0, 25).Draw(rt, "users") {
			c.add(rt)
		}
		req := c.query(rt)
		whole := req
		whole.Count = 1000
		want := userIDs(c.page(rt, whole).Items)

		byIndex := []string{}
		for at := req; ; at.StartIndex += req.Count {
			page := c.page(rt, at)
			byIndex = append(byIndex, userIDs(page.Items)...)
			if (page.Next == nil) != (at.StartIndex-1+req.Count >= page.Total) {
				rt.Fatalf("the page from %d says %v of the next, of %d", at.StartIndex, page.Next, page.Total)
			}
			if len(page.Items) == 0 {
				break
			}
		}
		byCursor := []string{}
		for at := req; ; {
			page := c.page(rt, at)
			byCursor = append(byCursor, userIDs(page.Items)...)
			if page.Next == nil {
				break
			}
			at.After = page.Next
		}
		if diff := cmp.Diff(want, byIndex); diff != "" {
			rt.Errorf("pages by index differ from the list (-list +pages):\n%s", diff)
		}
		if diff := cmp.Diff(want, byCursor); diff != "" {
			rt.Errorf("pages by cursor differ from the list (-list +pages):\n%s", diff)
		}
	})
}

// If resources are added and removed between the pages of a cursor, a resource that exists
// throughout is on exactly one page, and none is on two.
func TestCursorPagesAreStable(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		var c company
		for range rapid.IntRange(0, 25).Draw(rt, "users") {
			c.add(rt)
		}
		req := c.query(rt)
		throughout := map[string]bool{}
		for _, u := range c.users {
			throughout[u.ID] = scim.Match(userType(), u, req.Filter)
		}
		seen := map[string]int{}
		for pages := 0; ; pages++ {
			page := c.page(rt, req)
			for _, u := range page.Items {
				seen[u.ID]++
			}
			if page.Next == nil {
				break
			}
			req.After = page.Next
			for range rapid.IntRange(0, 3).Draw(rt, "changes") {
				if rapid.Bool().Draw(rt, "remove") || pages > 50 {
					c.remove(rt)
				} else {
					c.add(rt)
				}
			}
			there := map[string]bool{}
			for _, u := range c.users {
				there[u.ID] = true
			}
			for id := range throughout {
				throughout[id] = throughout[id] && there[id]
			}
		}
		for id, n := range seen {
			if n > 1 {
				rt.Errorf("%s is on %d pages", id, n)
			}
		}
		for id, stayed := range throughout {
			if stayed && seen[id] != 1 {
				rt.Errorf("%s was there throughout and is on %d pages", id, seen[id])
			}
		}
	})
}
