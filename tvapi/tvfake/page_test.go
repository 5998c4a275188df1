package tvfake_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"tvscim/tvapi/tvfake"
)

// pageOfGroups is one page of GET /usergroups.
type pageOfGroups struct {
	CurrentPaginationToken, NextPaginationToken *string
	Resources                                   []struct {
		ID   int64
		Name string
	}
}

// walkGroups follows the pages of GET /usergroups to the end.
func walkGroups(c *client, limit string) (ids []int64, sizes []int, tokens []string) {
	c.t.Helper()
	query := url.Values{}
	if limit != "" {
		query.Set("limit", limit)
	}
	for {
		p := decode[pageOfGroups](c.want(http.StatusOK, "GET", "/usergroups?"+query.Encode(), ""))
		for _, g := range p.Resources {
			ids = append(ids, g.ID)
		}
		sizes = append(sizes, len(p.Resources))
		if p.NextPaginationToken == nil || *p.NextPaginationToken == "" {
			return ids, sizes, tokens
		}
		tokens = append(tokens, *p.NextPaginationToken)
		query.Set("paginationToken", *p.NextPaginationToken)
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	tests := []struct {
		groups, pageSize int
		limit            string
		sizes            []int
	}{
		{0, 3, "", []int{0}},
		{1, 3, "", []int{1}},
		{3, 3, "", []int{3}},
		{4, 3, "", []int{3, 1}},
		{7, 3, "", []int{3, 3, 1}},
		{7, 100, "", []int{7}},
		{7, 3, "2", []int{2, 2, 2, 1}},
		{7, 3, "100", []int{3, 3, 1}}, // cut to the page size
	}
	for _, tt := range tests {
		c := newClient(t, tvfake.Options{PageSize: tt.pageSize})
		var want []int64
		for i := range tt.groups {
			want = append(want, c.server.AddGroup(fmt.Sprint("Group ", i)).ID)
		}
		ids, sizes, _ := walkGroups(c, tt.limit)
		slices.Sort(ids)
		same(t, "groups", ids, want)
		same(t, "page sizes", sizes, tt.sizes)
	}
}

// TestPagesPartition is the law of paging: whatever the sizes, the pages hold each member once.
func TestPagesPartition(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(0, 30).Draw(rt, "members")
		size := rapid.IntRange(1, 12).Draw(rt, "page size")
		v := rapid.SampledFrom(tvfake.Variants()).Draw(rt, "variant")
		v.UnknownGroupHTML = false
		c := newClient(t, tvfake.Options{PageSize: size, Variant: v, Seed: rapid.Uint64().Draw(rt, "seed")})
		var want []string
		for range n {
			want = append(want, c.server.AddUser(tvfake.User{}).ID)
		}
		g := c.server.AddGroup("G", want...)
		var got []string
		token := ""
		for {
			r := c.do("GET", "/usergroups/"+id(g)+"/members?paginationToken="+token, "")
			p := decode[struct {
				Resources           []struct{ AccountID int }
				NextPaginationToken string
			}](r)
			for _, m := range p.Resources {
				got = append(got, fmt.Sprint("u", m.AccountID))
			}
			if token = p.NextPaginationToken; token == "" {
				break
			}
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			rt.Fatalf("members %v, want %v", got, want)
		}
	})
}

func TestPageTokensAreOpaque(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	for i := range 9 {
		c.server.AddGroup(fmt.Sprint("Group ", i))
	}
	_, _, first := walkGroups(c, "")
	_, _, second := walkGroups(c, "")
	all := slices.Concat(first, second)
	slices.Sort(all)
	same(t, "tokens that differ", len(slices.Compact(all)), 4)
	for _, g := range c.server.Groups() {
		if slices.ContainsFunc(all, func(token string) bool { return strings.Contains(token, id(g)) }) {
			t.Errorf("a token tells the id %d", g.ID)
		}
	}
}

func TestPageTokenAgain(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	for i := range 5 {
		c.server.AddGroup(fmt.Sprint("Group ", i))
	}
	_, _, tokens := walkGroups(c, "")
	path := "/usergroups?paginationToken=" + tokens[0]
	a, b := decode[pageOfGroups](c.do("GET", path, "")), decode[pageOfGroups](c.do("GET", path, ""))
	same(t, "the page asked for again", a, b)
	same(t, "its token", *a.CurrentPaginationToken, tokens[0])
}

func TestPageTokensOfOthers(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	second := &client{t: t, server: c.server, token: "second"}
	c.server.AddCompany("second")
	var users []string
	for i := range 5 {
		c.server.AddGroup(fmt.Sprint("Group ", i))
		users = append(users, c.server.AddUser(tvfake.User{}).ID)
	}
	g, h := c.server.AddGroup("G", users...), c.server.AddGroup("H", users...)
	_, _, tokens := walkGroups(c, "")
	members := decode[pageOfGroups](c.do("GET", "/usergroups/"+id(g)+"/members", "")).NextPaginationToken
	for name, r := range map[string]reply{
		"made up":            c.do("GET", "/usergroups?paginationToken=x", ""),
		"of another company": second.do("GET", "/usergroups?paginationToken="+tokens[0], ""),
		"of another list":    c.do("GET", "/usergroups/"+id(g)+"/members?paginationToken="+tokens[0], ""),
		"of another group":   c.do("GET", "/usergroups/"+id(h)+"/members?paginationToken="+*members, ""),
		"of members, groups": c.do("GET", "/usergroups?paginationToken="+*members, ""),
		"in another place":   c.do("GET", "/usergroups?limit="+tokens[0], ""),
	} {
		if r.status != http.StatusBadRequest || r.category() != "invalid_request" {
			t.Errorf("a token %s: %d %s, want 400", name, r.status, r.body)
		}
	}
	c.want(http.StatusOK, "GET", "/usergroups/"+id(g)+"/members?paginationToken="+*members, "")
}

func TestPageLimits(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	for _, limit := range []string{"0", "-1", "x", "1.5", "2147483648"} {
		same(t, limit, c.want(http.StatusBadRequest, "GET", "/usergroups?limit="+limit, "").category(), "invalid_request")
	}
}

func TestPagesWhileGroupsGo(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	for i := range 6 {
		c.server.AddGroup(fmt.Sprint("Group ", i))
	}
	first := decode[pageOfGroups](c.do("GET", "/usergroups", ""))
	seen := map[int64]bool{}
	for _, g := range first.Resources {
		seen[g.ID] = true
	}
	for _, g := range c.server.Groups() {
		if !seen[g.ID] {
			c.server.DropGroup(g.ID)
			break
		}
	}
	next := decode[pageOfGroups](c.do("GET", "/usergroups?paginationToken="+*first.NextPaginationToken, ""))
	same(t, "groups of the second page", len(next.Resources), 2)
}

func TestPageTokenLife(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		v := tvfake.Default()
		v.PageTokenLife = time.Minute
		c := newClient(t, tvfake.Options{Variant: v})
		for i := range 4 {
			c.server.AddGroup(fmt.Sprint("Group ", i))
		}
		_, _, tokens := walkGroups(c, "")
		time.Sleep(time.Minute - 1)
		c.want(http.StatusOK, "GET", "/usergroups?paginationToken="+tokens[0], "")
		time.Sleep(time.Nanosecond)
		c.want(http.StatusBadRequest, "GET", "/usergroups?paginationToken="+tokens[0], "")
	})
}

func TestPageTokensAreBounded(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{PageSize: 1})
	c.server.AddGroup("A")
	c.server.AddGroup("B")
	_, _, first := walkGroups(c, "")
	for range 1000 {
		c.do("GET", "/usergroups", "")
	}
	c.want(http.StatusBadRequest, "GET", "/usergroups?paginationToken="+first[0], "")
}
