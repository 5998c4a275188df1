package tvfake_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"testing"

	"tvscim/tvapi/tvfake"
)

func TestListUsersMembers(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	u := c.server.AddUser(tvfake.User{Email: "a@example.com"})
	short := []string{"email", "id", "name"}
	full := []string{
		"active", "email", "id", "log_sessions", "name", "online_state", "permissions", "show_comment_window",
		"sso_status", "tfa_enforcement",
	}
	for query, want := range map[string][]string{
		"": short, "?full_list=false": short, "?full_list=true": full, "?full_list=True": full,
	} {
		same(t, query, keys(c.listed(query)[u.ID]), want)
	}
	c.want(http.StatusBadRequest, "GET", "/users?full_list=1", "")
}

func TestListUsersFilters(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{OwnerID: "u9"})
	c.server.AddUser(tvfake.User{ID: "u1", Email: "Ann@example.com", Name: "Ann Lee"})
	c.server.AddUser(tvfake.User{ID: "u2", Email: "bob@example.com", Name: "Bob Leeds"})
	c.server.AddUser(tvfake.User{ID: "u3", Email: "annie@example.com", Name: "Cy, \"C\" <x>"})
	c.server.AddOutsider("out@example.com")
	tests := []struct {
		email, name string
		want        []string
	}{
		{"", "", []string{"u1", "u2", "u3", "u9"}},
		{"ann@example.com", "", []string{"u1"}},
		{"ANN@EXAMPLE.COM", "", []string{"u1"}},
		{"ann@example", "", nil},
		{"out@example.com", "", nil},
		{"ann@example.com,bob@example.com", "", []string{"u1", "u2"}},
		{"ann@example.com, bob@example.com", "", []string{"u1", "u2"}},
		{"", "Lee", []string{"u1", "u2"}},
		{"", "lEE", []string{"u1", "u2"}},
		{"", "\"C\" <", []string{"u3"}},
		{"ann@example.com", "Lee", []string{"u1"}},
		{"ann@example.com", "Bob", nil},
	}
	for _, tt := range tests {
		query := url.Values{"email": {tt.email}, "name": {tt.name}}.Encode()
		got := slices.Sorted(maps.Keys(c.listed("?" + query)))
		same(t, query, got, tt.want)
	}
}

func TestListUsersEmpty(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	same(t, "answer", c.do("GET", "/users?email=nobody@example.com", "").body, `{"users":[]}`)
}

// TestListUsersShuffled needs an order that differs between calls: of 30 users it is the same by
// chance once in 10^32.
func TestListUsersShuffled(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	for range 29 {
		c.server.AddUser(tvfake.User{})
	}
	if a, b := c.do("GET", "/users", "").body, c.do("GET", "/users", "").body; a == b {
		t.Error("two lists have the same order")
	}
	same(t, "users", len(c.listed("")), 30)
}

// TestListUsersLarge also shows that a list is not built from look-ups that walk the company:
// 100,000 users would not come within the time of the tests.
func TestListUsersLarge(t *testing.T) {
	t.Parallel()
	const n = 100_000
	c := newClient(t, tvfake.Options{})
	for range n {
		c.server.AddUser(tvfake.User{Active: true})
	}
	r := c.want(http.StatusOK, "GET", "/users?full_list=true", "")
	got := decode[struct{ Users []struct{ ID string } }](r)
	same(t, "users", len(got.Users), n+1)
	if call := c.server.Log()[0]; len(call.Answer) != 4096 || r.body[:4096] != call.Answer {
		t.Errorf("the log holds %d bytes of the answer, want its first 4096", len(call.Answer))
	}
}

func BenchmarkListUsers(b *testing.B) {
	c := newClient(b, tvfake.Options{})
	for range 100_000 {
		c.server.AddUser(tvfake.User{Active: true})
	}
	for b.Loop() {
		c.do("GET", "/users?full_list=true", "")
	}
}

func BenchmarkCreateUser(b *testing.B) {
	s := tvfake.New(tvfake.Options{})
	for b.Loop() {
		s.AddUser(tvfake.User{})
	}
}
