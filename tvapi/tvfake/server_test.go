package tvfake_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

func TestNewHoldsTheOwnerAlone(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{})
	users := s.Users()
	if len(users) != 1 || users[0].ID != s.OwnerID() {
		t.Fatalf("users %v, want the owner %s alone", users, s.OwnerID())
	}
	owner := users[0]
	if !owner.Active || !owner.Administrator || !owner.HasPassword || owner.Email == "" {
		t.Errorf("owner %+v, want an active administrator with an address", owner)
	}
	same(t, "groups", s.Groups(), []tvfake.Group{})
	same(t, "calls", s.TotalCalls(), 0)
}

func TestNewOptions(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{Token: "t-1", OwnerID: "u77", PageSize: 9, Variant: tvfake.Variant{ListLag: 5}})
	same(t, "token", s.Token(), "t-1")
	same(t, "owner", s.OwnerID(), "u77")
	v := s.Variant()
	same(t, "page size", v.PageSize, 9)
	same(t, "status left at zero", v.EmailInUse, http.StatusBadRequest)
	same(t, "name left empty", v.Name, "default")
}

func TestNewRefusesNoOwnerID(t *testing.T) {
	t.Parallel()
	for _, id := range []string{"77", "u0", "u007", "u2147483648", "owner", "u-1"} {
		s := tvfake.New(tvfake.Options{OwnerID: id})
		if s.OwnerID() == id || len(s.Users()) != 1 {
			t.Errorf("OwnerID %q: owner %s, want one of the emulator's choice", id, s.OwnerID())
		}
	}
}

func TestNewTokensDiffer(t *testing.T) {
	t.Parallel()
	a, b := tvfake.New(tvfake.Options{}), tvfake.New(tvfake.Options{})
	if a.Token() == b.Token() || len(a.Token()) < 20 {
		t.Errorf("tokens %q and %q, want two long ones that differ", a.Token(), b.Token())
	}
}

func TestSeedFixesIDs(t *testing.T) {
	t.Parallel()
	ids := func(seed uint64) []string {
		s := tvfake.New(tvfake.Options{Seed: seed})
		return []string{s.OwnerID(), s.AddUser(tvfake.User{}).ID, s.AddUser(tvfake.User{}).ID}
	}
	same(t, "ids of one seed", ids(7), ids(7))
	if slices.Equal(ids(7), ids(8)) {
		t.Error("seeds 7 and 8 give the same ids")
	}
}

func TestGroupIDsNeed64Bits(t *testing.T) {
	t.Parallel()
	if id := tvfake.New(tvfake.Options{}).AddGroup("A").ID; id < 1<<32 {
		t.Errorf("group id %d fits 32 bits: a client that narrows ids would not be seen", id)
	}
}

func TestAnswersAreMarked(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	for _, path := range []string{"/ping", "/users", "/nowhere"} {
		if got := c.do("GET", path, "").header.Get("Server"); got != "tvfake" {
			t.Errorf("GET %s: Server %q, want the emulator's mark", path, got)
		}
	}
}

func TestAddCompany(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	other := c.server.AddCompany("second")
	if other.OwnerID() == c.server.OwnerID() {
		t.Fatal("two companies share an owner")
	}
	if c.server.AddCompany("second") != other {
		t.Error("a known token got another company")
	}
	mine := c.server.AddUser(tvfake.User{Email: "mine@example.com"})
	theirs := other.AddUser(tvfake.User{Email: "theirs@example.com"})

	second := &client{t: t, server: c.server, token: "second"}
	if got := c.listed(""); got[theirs.ID] != nil || got[mine.ID] == nil {
		t.Errorf("the first token lists %v", got)
	}
	if got := second.listed(""); got[mine.ID] != nil || got[theirs.ID] == nil {
		t.Errorf("the second token lists %v", got)
	}
	second.want(http.StatusNotFound, "GET", "/users/"+mine.ID, "")
	second.want(http.StatusNotFound, "PUT", "/users/"+mine.ID, `{"active":false}`)
	second.want(http.StatusNotFound, "DELETE", "/users/"+mine.ID, "")
	same(t, "userid of the second token", second.do("GET", "/account", "").object()["userid"], any(other.OwnerID()))

	g := c.server.AddGroup("Mine")
	other.AddGroup("Mine") // names are unique within a company only
	second.want(http.StatusNotFound, "GET", "/usergroups/"+id(g), "")
	if _, ok := other.User(mine.ID); ok {
		t.Error("the second company knows a user of the first")
	}
	if _, ok := other.UserByEmail("mine@example.com"); ok {
		t.Error("the second company finds the address of a user of the first")
	}
}

func TestAddressesAreUniqueEverywhere(t *testing.T) {
	t.Parallel()
	s := tvfake.New(tvfake.Options{})
	other := s.AddCompany("second")
	s.AddUser(tvfake.User{Email: "a@example.com"})
	s.AddOutsider("out@example.com")
	for _, email := range []string{"a@example.com", "A@Example.com", "OUT@example.com"} {
		if u := other.AddUser(tvfake.User{Email: email}); u.ID != "" {
			t.Errorf("AddUser %s: %+v, want none", email, u)
		}
	}
	s.AddOutsider("A@EXAMPLE.COM")
	same(t, "outsiders", s.Outsiders(), []string{"out@example.com"})
}

func TestReset(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{Token: "first"})
	s := c.server
	other := s.AddCompany("second")
	s.AddUser(tvfake.User{Email: "a@example.com"})
	s.AddOutsider("out@example.com")
	s.AddGroup("A")
	s.AddRole("R")
	other.AddUser(tvfake.User{})
	s.SetRights()
	s.SetLicensed(false)
	s.SetTokenState(tvfake.TokenExpired)
	s.Fail(tvfake.Fault{Status: 500})
	_, release := s.Hold("GET /ping")
	defer release()
	owner := s.OwnerID()

	s.Reset()
	if len(s.Users()) != 1 || len(other.Users()) != 1 || len(s.Groups()) != 0 || len(s.Outsiders()) != 0 || len(s.Roles()) != 0 {
		t.Error("something was left after Reset")
	}
	same(t, "owner", s.OwnerID(), owner)
	same(t, "calls", s.TotalCalls(), 0)
	same(t, "token valid", c.want(http.StatusOK, "GET", "/ping", "").object(), map[string]any{"token_valid": true})
	c.want(http.StatusOK, "GET", "/usergroups", "")
	if u := s.AddUser(tvfake.User{Email: "out@example.com"}); u.ID == "" {
		t.Error("an address is still taken after Reset")
	}
}

func TestDeleteCompany(t *testing.T) {
	t.Parallel()
	// What a client may build out of an empty or odd id: all of it is DELETE /users.
	for _, path := range []string{
		"/users", "/users/", "/users//", "/users/%20", "/users/%09", "/users/.", "/users/u1/..", "/users/%2F", "//users",
		"/users/%2e%2e/users",
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			c := newClient(t, tvfake.Options{})
			c.server.AddUser(tvfake.User{})
			c.server.AddGroup("A")
			if c.server.CompanyDeleted() {
				t.Fatal("deleted before the call")
			}
			c.want(http.StatusNoContent, "DELETE", path, "")
			if !c.server.CompanyDeleted() {
				t.Error("the company is still there")
			}
			same(t, "count", c.server.Count("DELETE /users"), 1)
			same(t, "users left", len(c.server.Users()), 0)
			same(t, "groups left", len(c.server.Groups()), 0)
			c.server.SetTokenState(tvfake.TokenValid)
			same(t, "error afterwards", c.want(http.StatusUnauthorized, "GET", "/account", "").category(), "invalid_token")
		})
	}
}

func TestDeleteCompanyLeavesOthers(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	other := c.server.AddCompany("second")
	c.want(http.StatusNoContent, "DELETE", "/users", "")
	if other.CompanyDeleted() || len(other.Users()) != 1 {
		t.Error("deleting one company touched the other")
	}
}

func TestUnknownPaths(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	for _, call := range []string{
		"GET /", "GET /nowhere", "PATCH /users/u1", "POST /ping", "PUT /users", "DELETE /account", "DELETE /company/u1",
		"GET /users/u1/tfa", "GET /usergroups/1/members/2", "HEAD /users", "POST /users/u1", "GET /groups",
	} {
		method, path, _ := strings.Cut(call, " ")
		r := c.want(http.StatusNotFound, method, path, "")
		if r.category() != "" || !strings.HasPrefix(r.header.Get("Content-Type"), "text/html") {
			t.Errorf("%s: answer %s, want the front's page", call, r.body)
		}
	}
	same(t, "calls", c.server.Calls(), map[string]int{tvfake.UnknownFunction: 12})
}

func TestOnlyBelowPrefix(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	r := c.request(t.Context(), "GET", "/users", "")
	r.URL.Path = "/api/v2/users"
	res, err := c.server.Transport().RoundTrip(r)
	if err != nil || res.StatusCode != http.StatusNotFound {
		t.Fatalf("GET /api/v2/users: %v %v, want 404", res, err)
	}
}

func TestFrontTurnsDefaultAgentsAway(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.header = http.Header{"User-Agent": {"Python-urllib/3.12"}}
	r := c.want(http.StatusForbidden, "GET", "/users", "")
	if r.category() != "" || !strings.Contains(r.body, "<html>") {
		t.Errorf("answer %s, want a page", r.body)
	}
}
