package tvfake_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// company is an emulator with users a, b and c, and a group that holds a.
type company struct {
	*client
	a, b, c string // ids
	group   tvfake.Group
}

func newCompany(t testing.TB, v tvfake.Variant) *company {
	t.Helper()
	c := newClient(t, tvfake.Options{Variant: v, OwnerID: "u50"})
	for _, id := range []string{"u1", "u2", "u3"} {
		c.server.AddUser(tvfake.User{ID: id, Email: id + "@example.com", Name: "User " + id, Active: true})
	}
	c.server.AddOutsider("out@example.com")
	return &company{c, "u1", "u2", "u3", c.server.AddGroup("Sales", "u1")}
}

func (c *company) members() []string {
	g, _ := c.server.Group(c.group.ID)
	return g.Members
}

func (c *company) path() string { return "/usergroups/" + id(c.group) + "/members" }

func TestMembers(t *testing.T) {
	t.Parallel()
	c := newCompany(t, tvfake.Default())
	same(t, "POST", c.want(http.StatusCreated, "POST", c.path(), "[2,3]").body,
		`[{"accountId":2,"name":"User u2"},{"accountId":3,"name":"User u3"}]`)
	same(t, "after POST", c.members(), []string{"u1", "u2", "u3"})
	c.want(http.StatusNoContent, "DELETE", c.path(), "[1,3]")
	same(t, "after DELETE", c.members(), []string{"u2"})
	same(t, "GET", c.want(http.StatusOK, "GET", c.path(), "").body,
		`{"currentPaginationToken":null,"nextPaginationToken":null,"resources":[{"accountId":2,"name":"User u2"}]}`)
	c.want(http.StatusNoContent, "DELETE", c.path()+"/2", "")
	same(t, "after DELETE of one", c.members(), []string{})
	same(t, "users stay", len(c.server.Users()), 4)
}

func TestMembersRepeated(t *testing.T) {
	t.Parallel()
	c := newCompany(t, tvfake.Default())
	c.want(http.StatusCreated, "POST", c.path(), "[1,2,2]")
	same(t, "members", c.members(), []string{"u1", "u2"})
	c.want(http.StatusNoContent, "DELETE", c.path(), "[3,2,2]")
	same(t, "members", c.members(), []string{"u1"})
	c.want(http.StatusNoContent, "DELETE", c.path()+"/2147483647", "")
}

func TestMembersRefused(t *testing.T) {
	t.Parallel()
	many := strings.TrimSuffix(strings.Repeat("2,", 101), ",")
	tests := []struct {
		name, body string
		add, drop  int
	}{
		{"no body", "", 400, 400},
		{"malformed", "[2", 400, 400},
		{"an object", `{"members":[2]}`, 400, 400},
		{"texts", `["u2"]`, 400, 400},
		{"fractions", `[2.5]`, 400, 400},
		{"beyond 32 bits", `[2147483648]`, 400, 400},
		{"empty", `[]`, 400, 400},
		{"null", `null`, 400, 400},
		{"101 accounts", "[" + many + "]", 400, 400},
		{"100 accounts", "[" + many[2:] + "]", 201, 204},
		{"a foreign account", "[2,999]", 400, 204},
		{"account zero", "[2,0]", 400, 204},
		{"a negative account", "[2,-1]", 400, 204},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, tvfake.Default())
			r := c.want(tt.add, "POST", c.path(), tt.body)
			if tt.add == http.StatusBadRequest {
				same(t, "error", r.category(), "invalid_request")
				same(t, "members", c.members(), []string{"u1"})
			}
			c.want(tt.drop, "DELETE", c.path(), tt.body)
			same(t, "u1 stays", c.members(), []string{"u1"})
		})
	}
}

func TestOutsidersAreNoMembers(t *testing.T) {
	t.Parallel()
	c := newCompany(t, tvfake.Default())
	c.server.DropUser("u3") // lives on outside
	other := c.server.AddCompany("second").AddUser(tvfake.User{})
	for _, id := range []string{"u3", other.ID} {
		c.want(http.StatusBadRequest, "POST", c.path(), accounts(id))
	}
	same(t, "members", c.members(), []string{"u1"})
}

func TestRemoveMemberPath(t *testing.T) {
	t.Parallel()
	c := newCompany(t, tvfake.Default())
	for _, number := range []string{"u1", "x", "0", "-1", "2147483648", "01"} {
		if got := c.want(http.StatusBadRequest, "DELETE", c.path()+"/"+number, "").category(); got != "invalid_request" {
			t.Errorf("%s: %s, want invalid_request", number, got)
		}
	}
	same(t, "members", c.members(), []string{"u1"})
}

func TestInactiveUsersAreMembers(t *testing.T) {
	t.Parallel()
	c := newCompany(t, tvfake.Default())
	c.want(http.StatusNoContent, "PUT", "/users/u1", `{"active":false}`)
	c.want(http.StatusNoContent, "PUT", "/users/u2", `{"active":false}`)
	c.want(http.StatusCreated, "POST", c.path(), "[2]")
	same(t, "members", c.members(), []string{"u1", "u2"})
}

// TestDeactivationLeavesGroups: where deactivated users leave their groups, it is the change from
// active to inactive that takes them out, over the Web API and in the console, and no other write
// to an inactive user.
func TestDeactivationLeavesGroups(t *testing.T) {
	t.Parallel()
	v, _ := tvfake.VariantByName("deactivated-leaves-groups")
	c := newCompany(t, v)
	c.want(http.StatusNoContent, "PUT", "/users/u1", `{"active":false}`)
	same(t, "after the deactivation", c.members(), []string{})
	c.want(http.StatusCreated, "POST", c.path(), "[1,2,3]")
	c.want(http.StatusNoContent, "PUT", "/users/u1", `{"active":false}`)
	c.want(http.StatusNoContent, "PUT", "/users/u1", `{"name":"Another Name"}`)
	same(t, "after writes to an inactive user", c.members(), []string{"u1", "u2", "u3"})
	c.server.ChangeUser("u2", func(u *tvfake.User) { u.Active = false })
	same(t, "after a deactivation in the console", c.members(), []string{"u1", "u3"})
}

// TestMemberOutcomes has, for each variant of member calls, what adding a member again with a new
// one, the removal of a non-member with a member, a foreign account among good ones, and the
// removal of an unknown account answer and do.
func TestMemberOutcomes(t *testing.T) {
	t.Parallel()
	type outcome struct {
		status  int
		members string
	}
	const none, added, both = "[u1]", "[u1 u2]", "[]"
	accepted := map[string]outcome{"again": {201, added}, "non-member": {204, both}, "foreign": {400, none}, "unknown": {204, both}}
	tests := map[string]map[string]outcome{
		"default":                {},
		"member-again-400":       {"again": {400, none}},
		"member-again-404":       {"again": {404, none}},
		"member-again-409":       {"again": {409, none}},
		"non-member-removed-400": {"non-member": {400, none}, "unknown": {400, none}},
		"non-member-removed-404": {"non-member": {404, none}, "unknown": {404, none}},
		"unknown-removed-400":    {"unknown": {400, none}},
		"unknown-removed-404":    {"unknown": {404, none}},
		"bad-member-partial-400": {"foreign": {400, added}},
		"bad-member-partial-201": {"foreign": {201, added}},
	}
	calls := map[string][2]string{
		"again": {"POST", "[1,2]"}, "non-member": {"DELETE", "[3,1]"}, "foreign": {"POST", "[999,2]"}, "unknown": {"DELETE", "[3,999,1]"},
	}
	for name, special := range tests {
		for what, call := range calls {
			t.Run(name+"/"+what, func(t *testing.T) {
				t.Parallel()
				v, ok := tvfake.VariantByName(name)
				if !ok {
					t.Fatal("no such variant")
				}
				want, ok := special[what]
				if !ok {
					want = accepted[what]
				}
				c := newCompany(t, v)
				r := c.want(want.status, call[0], c.path(), call[1])
				same(t, "members", fmt.Sprint(c.members()), want.members)
				if want.status >= 400 && r.category() == "" {
					t.Errorf("answer %s, want TeamViewer's error body", r.body)
				}
			})
		}
	}
}

// TestPartialNonMembers joins two variants: the removal of a non-member is refused, and the good
// ones beside it are still removed.
func TestPartialNonMembers(t *testing.T) {
	t.Parallel()
	for way, status := range map[tvfake.BadMember]int{
		tvfake.BadMemberRefuses: 404, tvfake.BadMemberPartialRefused: 404, tvfake.BadMemberPartialAccepted: 204,
	} {
		v := tvfake.Default()
		v.NonMemberRemoved, v.BadMember = http.StatusNotFound, way
		c := newCompany(t, v)
		c.want(status, "DELETE", c.path(), "[3,1]")
		same(t, "u1 is left", len(c.members()) == 1, way == tvfake.BadMemberRefuses)
	}
}

func TestMemberOfDeletedGroup(t *testing.T) {
	t.Parallel()
	c := newCompany(t, tvfake.Default())
	c.want(http.StatusNoContent, "DELETE", "/usergroups/"+id(c.group), "")
	c.want(http.StatusNotFound, "POST", c.path(), "[2]")
	if again := c.server.AddGroup("Sales"); again.ID == c.group.ID || len(again.Members) != 0 {
		t.Errorf("group %+v, want a new and empty one", again)
	}
}
