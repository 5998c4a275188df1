package tvfake_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"testing"

	"tvscim/tvapi/tvfake"
)

// TestShortLists: a short list is valid and answered 200, but holds a part of what there is.
func TestShortLists(t *testing.T) {
	t.Parallel()
	for keep, want := range map[int]struct {
		users           []string
		groups, members int
	}{
		0:  {[]string{"u50"}, 0, 0},
		2:  {[]string{"u1", "u2", "u50"}, 2, 2},
		99: {[]string{"u1", "u2", "u3", "u50"}, 8, 3},
	} {
		t.Run(fmt.Sprint("keep ", keep), func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, tvfake.Default())
			manyGroups(c)
			c.server.ChangeGroup(c.group.ID, func(g *tvfake.Group) { g.Members = []string{"u1", "u2", "u3"} })
			disarm := c.server.Fail(tvfake.Fault{Short: true, Keep: keep})
			same(t, "users", slices.Sorted(maps.Keys(c.listed("?full_list=true"))), want.users)
			same(t, "groups", c.walk("/usergroups"), want.groups)
			same(t, "members", c.walk(c.path()), want.members)
			c.want(http.StatusOK, "GET", "/users/u3", "") // a single read is not a list
			disarm()
			same(t, "users later", len(c.listed("")), 4)
			same(t, "groups later", c.walk("/usergroups"), 8)
		})
	}
}

// walk counts the objects on all pages of a list.
func (c *company) walk(path string) int {
	total, token := 0, ""
	for {
		page := decode[struct {
			Resources []any
			Next      *string `json:"nextPaginationToken"`
		}](c.want(http.StatusOK, "GET", path+"?limit=3&paginationToken="+token, ""))
		total += len(page.Resources)
		if page.Next == nil {
			return total
		}
		token = *page.Next
	}
}

// TestShortListCounted: the fault of a first page lasts for the walk that began with it, and for no
// other.
func TestShortListCounted(t *testing.T) {
	t.Parallel()
	c := newCompany(t, tvfake.Default())
	manyGroups(c)
	c.server.Fail(tvfake.Fault{Function: "GET /usergroups", Short: true, Keep: 4, Times: 1})
	same(t, "groups", c.walk("/usergroups"), 4)
	same(t, "the next walk", c.walk("/usergroups"), 8)
	same(t, "users", len(c.listed("")), 4)
	same(t, "fault in the log", c.server.Log()[0].Fault, "short")
}
