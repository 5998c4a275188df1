package tvfake_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// state is what a company holds, as one text.
func (c *company) state() string {
	var b strings.Builder
	for _, u := range c.server.Users() {
		fmt.Fprintf(&b, "%s %s %s %v %v\n", u.Name, u.Email, u.SSOCustomerID, u.Active, len(u.Roles))
	}
	for _, g := range c.server.Groups() {
		fmt.Fprintf(&b, "%s %v %v\n", g.Name, g.Members, g.Role != "")
	}
	for _, r := range c.server.Roles() {
		fmt.Fprintf(&b, "role %s %v\n", r.Name, r.Permissions)
	}
	fmt.Fprintf(&b, "%v %v\n", c.server.PredefinedRole() != "", c.server.Mails())
	return b.String()
}

// TestFaultsAndWork makes each call that writes under a 503 and a lost answer, before and after the
// work: before, nothing has changed; after, exactly what the call does without a fault.
func TestFaultsAndWork(t *testing.T) {
	t.Parallel()
	writes := []struct{ method, path, body string }{
		{"POST", "/users", createBody},
		{"PUT", "/users/u1", `{"active":false}`},
		{"PUT", "/users/u1", `{"email":"new@example.com","sso_customer_id":"x"}`},
		{"DELETE", "/users/u1", ""},
		{"DELETE", "/users/u1?isPermanentDelete=true", ""},
		{"POST", "/usergroups", `{"name":"New"}`},
		{"PUT", "/usergroups/{g}", `{"name":"New"}`},
		{"DELETE", "/usergroups/{g}", ""},
		{"POST", "/usergroups/{g}/members", "[2,3]"},
		{"DELETE", "/usergroups/{g}/members", "[1]"},
		{"DELETE", "/usergroups/{g}/members/1", ""},
		{"POST", "/userroles", `{"Name":"New","Permissions":[]}`},
		{"PUT", "/userroles", `{"Name":"New","Permissions":[],"UserRoleId":"{r}"}`},
		{"DELETE", "/userroles?userRoleId={r}", ""},
		{"POST", "/userroles/assign/account", `{"UserIds":["u1"],"UserRoleId":"{r}"}`},
		{"POST", "/userroles/assign/usergroup", `{"UserGroupId":{g},"UserRoleId":"{r}"}`},
		{"PUT", "/userroles/{r}/predefined", ""},
	}
	faults := map[string]tvfake.Fault{
		"none":         {},
		"503":          {Status: http.StatusServiceUnavailable},
		"503 after":    {Status: http.StatusServiceUnavailable, After: true},
		"lost":         {Lost: true},
		"lost after":   {Lost: true, After: true},
		"limit":        {Limit: true},
		"broken body":  {Truncate: tvfake.TruncateBroken},
		"empty answer": {Truncate: tvfake.TruncateEmpty},
	}
	for _, w := range writes {
		t.Run(w.method+" "+w.path, func(t *testing.T) {
			t.Parallel()
			run := func(f tvfake.Fault) (before, after string) {
				c := newCompany(t, tvfake.Default())
				c.server.SetRights(tvfake.AllRights()...)
				fill := strings.NewReplacer("{g}", id(c.group), "{r}", c.server.AddRole("R").ID)
				c.server.Fail(f)
				before = c.state()
				_, _ = c.try(t.Context(), w.method, fill.Replace(w.path), fill.Replace(w.body))
				return before, c.state()
			}
			untouched, done := run(tvfake.Fault{})
			if untouched == done {
				t.Fatal("the call changes nothing")
			}
			for name, f := range faults {
				want := done
				if !f.After && (f.Status != 0 || f.Lost || f.Limit) {
					want = untouched
				}
				_, got := run(f)
				same(t, name, got, want)
			}
		})
	}
}

// TestFaultOfOneCompany: limits hold for a token, so a fault may too.
func TestFaultOfOneCompany(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.server.AddCompany("second")
	second := &client{t: t, server: c.server, token: "second"}
	c.server.Fail(tvfake.Fault{Token: "second", Limit: true})
	same(t, "second", second.want(http.StatusForbidden, "GET", "/users", "").category(), "rate_limit_reached")
	c.want(http.StatusOK, "GET", "/users", "")
}

// TestHeldThenStruck: a fault strikes when the hold lets the call go on.
func TestHeldThenStruck(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	arrived, release := c.server.Hold("POST /users")
	status := make(chan int, 1)
	go func() {
		r, _ := c.try(t.Context(), "POST", createPath, createBody)
		status <- r.status
	}()
	<-arrived
	c.server.Fail(tvfake.Fault{Status: http.StatusBadGateway})
	release()
	same(t, "status", <-status, http.StatusBadGateway)
}
