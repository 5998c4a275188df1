package tvfake_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

func TestAddGroup(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{OwnerID: "u50"})
	s.AddUser(tvfake.User{ID: "u9"})
	g := s.AddGroup("Sales", "u50", "u9", "u9", "u404", "nobody")
	same(t, "group", g, tvfake.Group{ID: g.ID, Name: "Sales", Members: []string{"u9", "u50"}})
	for _, name := range []string{"Sales", "SALES", "\u017fales"} { // ſ folds to s
		if other := s.AddGroup(name); other.ID != 0 {
			t.Errorf("AddGroup %q: %+v, want none", name, other)
		}
	}
	empty := s.AddGroup("Empty")
	same(t, "groups", s.Groups(), []tvfake.Group{g, {ID: empty.ID, Name: "Empty", Members: []string{}}})
}

func TestGroupLookups(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{})
	g := s.AddGroup("Sales")
	got, ok := s.Group(g.ID)
	same(t, "by id", got, g)
	same(t, "by id found", ok, true)
	got, ok = s.GroupByName("Sales")
	same(t, "by name", got, g)
	same(t, "by name found", ok, true)
	if _, ok := s.GroupByName("sales"); ok {
		t.Error("another case finds the group")
	}
	if _, ok := s.GroupByName("Nothing"); ok {
		t.Error("an unknown name finds a group")
	}
	if _, ok := s.Group(g.ID + 1); ok {
		t.Error("an unknown id finds a group")
	}
}

func TestChangeGroup(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{OwnerID: "u50"})
	g, other := s.AddGroup("Sales"), s.AddGroup("Other")
	if !s.ChangeGroup(g.ID, func(g *tvfake.Group) { g.ID, g.Name, g.Members = 1, "sales", []string{"u50", "u404"} }) {
		t.Fatal("the change was refused")
	}
	got, _ := s.Group(g.ID)
	same(t, "group", got, tvfake.Group{ID: g.ID, Name: "sales", Members: []string{"u50"}})
	if s.ChangeGroup(g.ID, func(g *tvfake.Group) { g.Name = "OTHER" }) || s.ChangeGroup(g.ID+1, func(*tvfake.Group) {}) {
		t.Error("a taken name or an unknown id was accepted")
	}
	if !s.DropGroup(other.ID) || s.DropGroup(other.ID) {
		t.Error("want the first drop to work and the second not")
	}
	if !s.ChangeGroup(g.ID, func(g *tvfake.Group) { g.Name = "OTHER" }) {
		t.Error("the name of a dropped group is still taken")
	}
	same(t, "calls", s.TotalCalls(), 0)
}

func TestGroupsOverTheWire(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	made := c.want(http.StatusCreated, "POST", "/usergroups", `{"name":"Sales"}`)
	g, _ := c.server.GroupByName("Sales")
	same(t, "POST", made.body, `{"id":`+id(g)+`,"name":"Sales","creationSourceType":1}`)
	same(t, "GET", c.want(http.StatusOK, "GET", "/usergroups/"+id(g), "").body, made.body)
	renamed := c.want(http.StatusOK, "PUT", "/usergroups/"+id(g), `{"Name":"Sales EU"}`)
	same(t, "PUT", renamed.body, `{"id":`+id(g)+`,"name":"Sales EU","creationSourceType":1}`)
	c.want(http.StatusNoContent, "DELETE", "/usergroups/"+id(g), "")
	c.want(http.StatusNotFound, "DELETE", "/usergroups/"+id(g), "")
	console := c.server.AddGroup("Sales")
	same(t, "GET of the console's", c.want(http.StatusOK, "GET", "/usergroups/"+id(console), "").object()["creationSourceType"], any(2.0))
}

func TestGroupNames(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, body   string
		create, move int // statuses of POST and PUT beside a group "Taken"
	}{
		{"free", `{"name":"Free"}`, 201, 200},
		{"one character", `{"name":"x"}`, 201, 200},
		{"100 characters", `{"name":"` + strings.Repeat("é", 100) + `"}`, 201, 200},
		{"its own in another case", `{"name":"MINE"}`, 409, 200},
		{"taken", `{"name":"Taken"}`, 409, 409},
		{"taken in another case", `{"name":"tAKEN"}`, 409, 409},
		{"empty", `{"name":""}`, 400, 400},
		{"101 characters", `{"name":"` + strings.Repeat("x", 101) + `"}`, 400, 400},
		{"102 in UTF-16", `{"name":"` + strings.Repeat("\U0001F600", 51) + `"}`, 400, 400},
		{"missing", `{}`, 400, 400},
		{"null", `{"name":null}`, 400, 400},
		{"a number", `{"name":1}`, 400, 400},
		{"another field", `{"name":"Free","description":"x"}`, 400, 400},
		{"malformed", `{"name"`, 400, 400},
		{"no body", "", 400, 400},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, tvfake.Options{})
			c.server.AddGroup("Taken")
			mine := c.server.AddGroup("Mine")
			r := c.want(tt.move, "PUT", "/usergroups/"+id(mine), tt.body)
			if tt.move != http.StatusOK {
				same(t, "error", r.category(), "invalid_request")
				got, _ := c.server.Group(mine.ID)
				same(t, "group after a refusal", got, mine)
			}
			c.server.ChangeGroup(mine.ID, func(g *tvfake.Group) { g.Name = "Mine" })
			c.want(tt.create, "POST", "/usergroups", tt.body)
			same(t, "groups", len(c.server.Groups()) == 3, tt.create == http.StatusCreated)
		})
	}
}

func TestUnknownGroup(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	g := c.server.AddGroup("A")
	for _, id := range []string{"1", strconv.FormatInt(g.ID+1, 10), "0", "-1", "x", "g" + id(g), "0" + id(g), "99999999999999999999", id(g) + "x"} {
		for _, call := range []struct{ method, path, body string }{
			{"GET", "", ""}, {"PUT", "", `{"name":"X"}`}, {"DELETE", "", ""}, {"GET", "/members", ""}, {"POST", "/members", "[1]"},
			{"DELETE", "/members", "[1]"}, {"DELETE", "/members/1", ""}, {"GET", "/userroles", ""},
		} {
			if got := c.want(http.StatusNotFound, call.method, "/usergroups/"+id+call.path, call.body).category(); got != "not_found" {
				t.Errorf("%s %s%s: %q, want not_found", call.method, id, call.path, got)
			}
		}
	}
	same(t, "groups", c.server.Groups(), []tvfake.Group{g})
}
