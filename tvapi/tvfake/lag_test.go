package tvfake_test

import (
	"maps"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// lagging runs a test in synthetic time with lists that lag a second behind.
func lagging(t *testing.T, test func(t *testing.T, c *client)) {
	t.Helper()
	t.Parallel()
	v, _ := tvfake.VariantByName("list-lag")
	synctest.Test(t, func(t *testing.T) { test(t, newClient(t, tvfake.Options{Variant: v, OwnerID: "u50"})) })
}

func TestUsersLag(t *testing.T) {
	lagging(t, func(t *testing.T, c *client) {
		u := c.create("jo@example.com")
		names := func() []string { return slices.Sorted(maps.Keys(c.listed(""))) }
		same(t, "list at once", names(), []string{"u50"})
		same(t, "list by address at once", len(c.listed("?email=jo@example.com")), 0)
		c.want(http.StatusOK, "GET", "/users/"+u, "") // a single read does not lag
		time.Sleep(time.Second - 1)
		same(t, "list just before", names(), []string{"u50"})
		time.Sleep(time.Nanosecond)
		same(t, "list a second later", len(names()), 2)

		c.want(http.StatusNoContent, "PUT", "/users/"+u, `{"name":"First"}`)
		time.Sleep(500 * time.Millisecond)
		c.want(http.StatusNoContent, "PUT", "/users/"+u, `{"name":"Second","active":false}`)
		same(t, "name", c.listed("")[u]["name"], any("Some One"))
		time.Sleep(500 * time.Millisecond)
		same(t, "name, of the first change", c.listed("")[u]["name"], any("First"))
		same(t, "active", c.listed("?full_list=true")[u]["active"], any(true))
		time.Sleep(500 * time.Millisecond)
		same(t, "name, of the second", c.listed("")[u]["name"], any("Second"))

		c.want(http.StatusNoContent, "DELETE", "/users/"+u, "")
		same(t, "users after DELETE", len(names()), 2)
		c.want(http.StatusNotFound, "GET", "/users/"+u, "")
		time.Sleep(time.Second)
		same(t, "users a second later", names(), []string{"u50"})
	})
}

func TestGroupsLag(t *testing.T) {
	lagging(t, func(t *testing.T, c *client) {
		names := func() string {
			all := ""
			for _, g := range decode[pageOfGroups](c.do("GET", "/usergroups", "")).Resources {
				all += g.Name + " "
			}
			return all
		}
		c.want(http.StatusCreated, "POST", "/usergroups", `{"name":"A"}`)
		g, _ := c.server.GroupByName("A")
		same(t, "at once", names(), "")
		c.want(http.StatusCreated, "POST", "/usergroups/"+id(g)+"/members", "[50]")
		r := c.do("GET", "/usergroups/"+id(g)+"/members", "")
		same(t, "members at once", len(decode[pageOfGroups](r).Resources), 1)
		time.Sleep(time.Second)
		same(t, "later", names(), "A ")
		c.want(http.StatusOK, "PUT", "/usergroups/"+id(g), `{"name":"B"}`)
		same(t, "renamed, at once", names(), "A ")
		time.Sleep(time.Second)
		same(t, "renamed, later", names(), "B ")
		c.want(http.StatusNoContent, "DELETE", "/usergroups/"+id(g), "")
		same(t, "deleted, at once", names(), "B ")
		time.Sleep(time.Second)
		same(t, "deleted, later", names(), "")
	})
}

// TestConsoleDoesNotLag: what a test seeds is in the next list.
func TestConsoleDoesNotLag(t *testing.T) {
	lagging(t, func(t *testing.T, c *client) {
		u := c.create("jo@example.com")
		c.server.ChangeUser(u, func(u *tvfake.User) { u.Name = "Console" })
		same(t, "changed", c.listed("")[u]["name"], any("Console"))
		seeded := c.server.AddUser(tvfake.User{})
		same(t, "added", c.listed("")[seeded.ID] != nil, true)
		c.server.DropUser(seeded.ID)
		same(t, "dropped", c.listed("")[seeded.ID] == nil, true)
		g := c.server.AddGroup("A")
		same(t, "group", len(decode[pageOfGroups](c.do("GET", "/usergroups", "")).Resources), 1)
		c.server.DropGroup(g.ID)
		same(t, "no group", len(decode[pageOfGroups](c.do("GET", "/usergroups", "")).Resources), 0)
	})
}
