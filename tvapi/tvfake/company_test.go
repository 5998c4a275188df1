package tvfake_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"tvscim/tvapi/tvfake"
)

func TestCompaniesAreIndependent(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	other := c.server.AddCompany("second")
	second := &client{t: t, server: c.server, token: "second"}
	other.SetRights(tvfake.AllRights()...)
	other.SetLicensed(false)
	role := other.AddRole("R")
	second.want(http.StatusNoContent, "PUT", "/userroles/"+role.ID+"/predefined", "")
	second.create("second@example.com")

	c.want(http.StatusOK, "GET", "/usergroups", "")
	c.want(http.StatusForbidden, "DELETE", "/userroles/predefined", "")
	same(t, "roles", len(c.server.Roles()), 0)
	same(t, "predefined", c.server.PredefinedRole(), "")
	same(t, "mails of the first", c.server.Mails(), tvfake.Mails{})
	same(t, "mails of the second", other.Mails(), tvfake.Mails{Welcome: 1})
	second.want(http.StatusForbidden, "GET", "/usergroups", "")

	owners := []string{c.server.Log()[0].Owner, c.server.Log()[2].Owner}
	same(t, "owners in the log", owners, []string{other.OwnerID(), c.server.OwnerID()})
	other.SetTokenState(tvfake.TokenRevoked)
	second.want(http.StatusUnauthorized, "GET", "/users", "")
	c.want(http.StatusOK, "GET", "/users", "")
}

func TestRightsAreReplaced(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.server.SetRights(tvfake.RightUsersRead)
	c.want(http.StatusOK, "GET", "/users", "")
	c.server.SetRights(tvfake.RightGroupsRead)
	c.want(http.StatusForbidden, "GET", "/users", "")
	c.want(http.StatusOK, "GET", "/usergroups", "")
	for _, right := range tvfake.DefaultRights() {
		if !slices.Contains(tvfake.AllRights(), right) {
			t.Errorf("AllRights lacks %s", right)
		}
	}
}

// TestRemovedAccounts follows an account out of the company.
func TestRemovedAccounts(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	role := c.server.AddRole("R")
	u := c.server.AddUser(tvfake.User{Email: "Jo@example.com", PendingEmail: "new@example.com", Roles: []string{role.ID}})
	c.want(http.StatusNoContent, "DELETE", "/users/"+u.ID, "")
	same(t, "outsiders", c.server.Outsiders(), []string{"Jo@example.com"})
	if back := c.server.AddUser(tvfake.User{ID: u.ID}); back.ID != "" {
		t.Errorf("the number of an account that lives on was given to %+v", back)
	}
	c.create("new@example.com") // what it waited for is free
	same(t, "users of the role", len(usersOfRole(c, role.ID)), 0)
}

func TestDeletedAccounts(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	u := c.server.AddUser(tvfake.User{Email: "jo@example.com", PendingEmail: "new@example.com"})
	c.want(http.StatusNoContent, "DELETE", "/users/"+u.ID+"?isPermanentDelete=true", "")
	again := c.create("jo@example.com")
	if again == u.ID {
		t.Errorf("the new account has the old number %s", again)
	}
	c.create("new@example.com")
}

func TestLowerCaseAddresses(t *testing.T) {
	t.Parallel()
	v := tvfake.Default()
	v.EmailLower, v.EmailPending = true, true
	c := newClient(t, tvfake.Options{Variant: v})
	same(t, "seeded", c.server.AddUser(tvfake.User{Email: "Ann@Example.com"}).Email, "ann@example.com")
	u := c.create("Jo@Example.com")
	c.want(http.StatusNoContent, "PUT", "/users/"+u, `{"email":"NEW@example.com"}`)
	got, _ := c.server.User(u)
	same(t, "addresses", []string{got.Email, got.PendingEmail}, []string{"jo@example.com", "new@example.com"})
}

// TestZeroVariantFields: what a variant leaves at zero is as in the default, so a test may name the
// one point it is about.
func TestZeroVariantFields(t *testing.T) {
	t.Parallel()
	got := tvfake.New(tvfake.Options{Variant: tvfake.Variant{Name: "mine", EmailPending: true, PageSize: -1}}).Variant()
	want := tvfake.Default()
	want.Name, want.EmailPending = "mine", true
	same(t, "variant", got, want)
}

// TestCompanyTokens: the level of the token matters in two variants only.
func TestCompanyTokens(t *testing.T) {
	t.Parallel()
	v := tvfake.Default()
	v.SSOUserTokenOnly, v.AccountWithoutUserID = true, true
	c := newClient(t, tvfake.Options{Variant: v})
	body := newUser(map[string]any{"sso_customer_id": "x"})
	same(t, "userid of a user token", c.do("GET", "/account", "").object()["userid"], any(c.server.OwnerID()))
	c.server.SetCompanyToken(true)
	same(t, "userid of a company token", c.do("GET", "/account", "").object()["userid"], nil)
	c.want(http.StatusBadRequest, "POST", "/users", body)
	c.server.SetCompanyToken(false)
	c.want(http.StatusOK, "POST", "/users", body)
}

// TestPasswordOrSSO: where a password is required, an SSO user needs none.
func TestPasswordOrSSO(t *testing.T) {
	t.Parallel()
	v, _ := tvfake.VariantByName("password-required")
	c := newClient(t, tvfake.Options{Variant: v})
	c.want(http.StatusOK, "POST", "/users", newUser(map[string]any{"sso_customer_id": "x"}))
	c.want(http.StatusOK, "POST", "/users", newUser(map[string]any{"email": "b@example.com", "password": "Secret-1"}))
	refused(t, c.do("POST", "/users", newUser(map[string]any{"email": "c@example.com"})))
}

// TestPasswordAny still refuses an empty one.
func TestPasswordAny(t *testing.T) {
	t.Parallel()
	v, _ := tvfake.VariantByName("password-any")
	c := newClient(t, tvfake.Options{Variant: v})
	refused(t, c.do("POST", "/users", newUser(map[string]any{"password": ""})))
	c.want(http.StatusOK, "POST", "/users", newUser(map[string]any{"password": "x"}))
}

// TestReadingAListThatChanges: a list is of one moment, however long its reading takes.
func TestReadingAListThatChanges(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		c := newClient(t, tvfake.Options{})
		u := c.server.AddUser(tvfake.User{Name: "Before"})
		arrived, release := c.server.HoldAfter("GET /users")
		body := make(chan string, 1)
		go func() {
			r, _ := c.try(t.Context(), "GET", "/users", "")
			body <- r.body
		}()
		<-arrived
		c.want(http.StatusNoContent, "PUT", "/users/"+u.ID, `{"name":"After"}`)
		c.create("new@example.com")
		release()
		got := <-body
		if !strings.Contains(got, "Before") || strings.Contains(got, "After") || strings.Contains(got, "new@example.com") {
			t.Errorf("list %s, want the moment before the writes", got)
		}
	})
}

// TestClientLeavesDuringAList: the call is in the log, and the server goes on.
func TestClientLeavesDuringAList(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	for range 20_000 {
		c.server.AddUser(tvfake.User{})
	}
	server := httptest.NewServer(c.server.Handler())
	defer server.Close()
	r := c.request(t.Context(), "GET", "/users", "")
	r.URL.Scheme, r.URL.Host = "http", server.Listener.Addr().String()
	res, err := server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := res.Body.Close(); err != nil { // most of it unread
		t.Fatal(err)
	}
	same(t, "status in the log", c.server.Log()[0].Status, http.StatusOK)
	c.want(http.StatusOK, "GET", "/ping", "")
}
