package tvapi

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/go-resty/resty/v2"
	"pgregory.net/rapid"
)

// network is the transport behind a guard in these tests: it notes what leaves.
type network struct{ left []string }

func (n *network) RoundTrip(r *http.Request) (*http.Response, error) {
	n.left = append(n.left, r.Method+" "+r.URL.String())
	return &http.Response{StatusCode: http.StatusNoContent, Header: http.Header{}, Body: http.NoBody, Request: r}, nil
}

// guarded returns a guard of the default address and what is behind it.
func guarded() (*guard, *network) {
	n := &network{}
	return &guard{base: &url.URL{Scheme: "https", Host: "webapi.teamviewer.com"}, next: n}, n
}

func TestGuardLetsPass(t *testing.T) {
	t.Parallel()
	tests := []struct{ method, path, body string }{
		{"GET", "/api/v1/ping", ""},
		{"GET", "/api/v1/users?full_list=true", ""},
		{"POST", "/api/v1/users", "{}"},
		{"PUT", "/api/v1/users/u1", "{}"},
		{"POST", "/api/v1/usergroups/1/members", "[1]"},
		{"DELETE", "/api/v1/users/u1", ""},
		{"DELETE", "/api/v1/users/u2147483647?isPermanentDelete=false", ""},
		{"DELETE", "/api/v1/usergroups/1", ""},
		{"DELETE", "/api/v1/usergroups/9223372036854775807", ""},
		{"DELETE", "/api/v1/usergroups/1/members", "[1]"},
		{"DELETE", "/api/v1/usergroups/1/members/2", ""},
	}
	for _, test := range tests {
		t.Run(test.method+" "+test.path, func(t *testing.T) {
			t.Parallel()
			g, n := guarded()
			r, err := http.NewRequest(test.method, g.base.String()+test.path, strings.NewReader(test.body))
			if err != nil {
				t.Fatalf("request: %v", err)
			}
			answer, err := g.RoundTrip(r)
			if err != nil {
				t.Fatalf("refused: %v", err)
			}
			_ = answer.Body.Close()
			if len(n.left) != 1 {
				t.Errorf("left: %q", n.left)
			}
		})
	}
}

// dangerous are addresses below the host that no DELETE may go to.
var dangerous = []string{
	"", "/", "/api", "/api/v1", "/api/v1/",
	"/api/v1/users", "/api/v1/users/", "/api/v1/users//", "/api/v1/users///", "//api/v1/users", "/api/v1//users",
	"/api/v1/users?isPermanentDelete=true", "/api/v1/users/?id=u1", "/api/v1/users#u1", "/api/v1/users?",
	"/api/v1/users/u", "/api/v1/users/u0", "/api/v1/users/u01", "/api/v1/users/u-1", "/api/v1/users/u+1",
	"/api/v1/users/1", "/api/v1/users/U1", "/api/v1/users/u1/", "/api/v1/users/u1//", "/api/v1/users/u1/tfa",
	"/api/v1/users/u12345678901", "/api/v1/users/u1 ", "/api/v1/users/%20", "/api/v1/users/u1%20", "/api/v1/users/%75%31",
	"/api/v1/users/.", "/api/v1/users/..", "/api/v1/users/./", "/api/v1/users/../users", "/api/v1/users/u1/..",
	"/api/v1/users/%2e", "/api/v1/users/%2E%2E", "/api/v1/users/%2F", "/api/v1/users/u1%2F..", "/api/v1/users%2Fu1",
	"/api/v1/users;u1", "/api/v1/users/;u1", "/api/v1/users/u1;x", "/api/v1/users/u1,u2", "/api/v1/users/*",
	"/api/v1/users/%00", "/api/v1/users/u1%0a", "/api/v1/users/u1%0d%0aX:1", "/api/v1/users/ù1", "/api/v1/users/u١",
	"/api/v1/users/effectivepermissions", "/api/v1/Users", "/api/v1/USERS/u1", "/API/v1/users/u1", "/api/v2/users/u1",
	"/api/v1/company", "/api/v1/company/", "/api/v1//company", "/api/v1/company//", "/api/v1/company?x=u1", "/api/v1/company#u1",
	"/api/v1/Company", "/api/v1/COMPANY", "/api/v1/%63ompany", "/api/v1/company;u1", "/api/v1/company/u1", "/api/v1/company/license",
	"/api/v1/company/../company", "/api/v1/users/u1/../company", "/api/v1/companies/u1", "/api/v1/account", "/api/v1/account/u1",
	"/api/v1/usergroups", "/api/v1/usergroups/", "/api/v1/usergroups//", "/api/v1/usergroups/0", "/api/v1/usergroups/-1",
	"/api/v1/usergroups/01", "/api/v1/usergroups/g1", "/api/v1/usergroups/1/", "/api/v1/usergroups//members",
	"/api/v1/usergroups/0/members", "/api/v1/usergroups/1/members/", "/api/v1/usergroups/1/members/0",
	"/api/v1/usergroups/1/members/u2", "/api/v1/usergroups/1/members/2/3", "/api/v1/usergroups/1/userroles",
	"/api/v1/usergroups/1/members", // names no members: it has no body
	"/api/v1/userroles", "/api/v1/userroles?userRoleId=1", "/api/v1/userroles/predefined",
	"/api/v1/users/u1/../../company", "/x/api/v1/users/u1", "/api/v1/users/u1\\..",
}

func TestGuardRefusesDelete(t *testing.T) {
	t.Parallel()
	for _, path := range dangerous {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			g, n := guarded()
			r, err := http.NewRequest(http.MethodDelete, g.base.String()+path, nil)
			if err != nil {
				return // there is no such request
			}
			if answer, err := g.RoundTrip(r); err == nil {
				_ = answer.Body.Close()
				t.Errorf("passed: %q", n.left)
			}
			if len(n.left) != 0 {
				t.Errorf("left: %q", n.left)
			}
		})
	}
}

// TestGuardNamesTheCompany: the two addresses at which a DELETE removes the whole company are
// refused as such, before and apart from the list of what may be deleted.
func TestGuardNamesTheCompany(t *testing.T) {
	t.Parallel()
	for _, path := range []string{
		"/users", "/users/", "/users?isPermanentDelete=true", "/Users", "/users#u1", "//users",
		"/company", "/company/", "/company//", "/company?x=u1", "/Company", "/company#u1", "//company",
	} {
		g, n := guarded()
		r, err := http.NewRequest(http.MethodDelete, g.base.String()+"/api/v1"+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := g.RoundTrip(r)
		if err == nil {
			_ = answer.Body.Close()
		}
		if err == nil || !strings.Contains(err.Error(), "DELETE of the whole company") || len(n.left) != 0 {
			t.Errorf("%s: %v, left %q", path, err, n.left)
		}
	}
}

// TestGuardBehindResty asks resty itself for every dangerous DELETE, as an address and as a path
// parameter, which it does not escape when it is dots.
func TestGuardBehindResty(t *testing.T) {
	t.Parallel()
	var ids []string
	for _, path := range dangerous {
		if id, found := strings.CutPrefix(path, "/api/v1/users/"); found && !strings.ContainsAny(id, "?#") {
			ids = append(ids, id)
		}
	}
	c, n := clientOf(t)
	for _, id := range append(ids, "", "/", "//", "..", "../users", "\x00") {
		for _, template := range []string{"/api/v1/users/{id}", "/api/v1/users/{id}/", "/api/v1/{id}", "{id}", "/api/v1/company/{id}"} {
			_, _ = c.rest.R().SetPathParam("id", id).Delete(template)
			_, _ = c.rest.R().SetRawPathParam("id", id).Delete(template)
		}
	}
	for _, path := range dangerous {
		_, _ = c.rest.R().Delete(path)
	}
	if len(n.left) != 0 {
		t.Errorf("left: %q", n.left)
	}
}

// clientOf returns a client whose network is noted.
func clientOf(t *testing.T) (*Client, *network) {
	t.Helper()
	n := &network{}
	c, err := New(Options{Token: "token", Transport: n})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	return c, n
}

// TestGuardBehindOddBase lets resty join the addresses with bases that New would refuse: the guard
// does not rely on New.
func TestGuardBehindOddBase(t *testing.T) {
	t.Parallel()
	for _, suffix := range []string{"/", "//", "/x", "/api/v1", "/api/v1/", "/api/v1/users", "/..", "/%2e%2e", "?", "?x=", "#", "/.", ";x", ":443"} {
		t.Run(suffix, func(t *testing.T) {
			t.Parallel()
			g, n := guarded()
			rest := resty.NewWithClient(&http.Client{Transport: g}).SetBaseURL(g.base.String() + suffix)
			for _, path := range []string{"/api/v1/users", "/api/v1/users/", "/users", "/users/", "/", "/company"} {
				_, _ = rest.R().Delete(path)
			}
			if len(n.left) != 0 {
				t.Errorf("left: %q", n.left)
			}
		})
	}
}

// TestGuardRefusesOtherRequests changes one thing about a request that would pass.
func TestGuardRefusesOtherRequests(t *testing.T) {
	t.Parallel()
	tests := map[string]func(*http.Request){
		"another host":        func(r *http.Request) { r.URL.Host = "example.com" },
		"another port":        func(r *http.Request) { r.URL.Host += ":8443" },
		"unencrypted":         func(r *http.Request) { r.URL.Scheme = "http" },
		"another Host header": func(r *http.Request) { r.Host = "example.com" },
		"a user in the URL":   func(r *http.Request) { r.URL.User = url.User("joe") },
		"opaque":              func(r *http.Request) { r.URL.Opaque = "//webapi.teamviewer.com/api/v1/users" },
		"no address":          func(r *http.Request) { r.URL = nil },
		"raw path":            func(r *http.Request) { r.URL.RawPath = "/api/v1/users%2Fu1"; r.URL.Path = "/api/v1/users/u1" },
		"lower case method":   func(r *http.Request) { r.Method = "delete" },
		"no method":           func(r *http.Request) { r.Method = "" },
		"PATCH":               func(r *http.Request) { r.Method = http.MethodPatch },
		"HEAD":                func(r *http.Request) { r.Method = http.MethodHead },
		"dot segment":         func(r *http.Request) { r.URL.Path = "/api/v1/users/../company" },
		"line break":          func(r *http.Request) { r.URL.Path = "/api/v1/users/u1\n" },
		"empty body":          func(r *http.Request) { r.URL.Path = "/api/v1/usergroups/1/members"; r.Body = http.NoBody },
		"GET of odd path":     func(r *http.Request) { r.Method = http.MethodGet; r.URL.Path = "/api/v1/users//" },
		"POST out of the API": func(r *http.Request) { r.Method = http.MethodPost; r.URL.Path = "/api/v2/users" },
	}
	for name, change := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g, n := guarded()
			r, err := http.NewRequest(http.MethodDelete, g.base.String()+"/api/v1/users/u1", nil)
			if err != nil {
				t.Fatalf("request: %v", err)
			}
			change(r)
			if answer, err := g.RoundTrip(r); err == nil {
				_ = answer.Body.Close()
				t.Errorf("passed: %q", n.left)
			}
		})
	}
}

// closing is a body that notes its end.
type closing struct {
	io.Reader
	closed bool
}

func (c *closing) Close() error {
	c.closed = true
	return nil
}

func TestGuardClosesTheBodyItRefuses(t *testing.T) {
	t.Parallel()
	g, _ := guarded()
	body := &closing{Reader: strings.NewReader("{}")}
	r, err := http.NewRequest(http.MethodDelete, g.base.String()+"/api/v1/users", body)
	if err != nil {
		t.Fatalf("request: %v", err)
	}
	if _, err := g.RoundTrip(r); err == nil {
		t.Fatal("passed")
	}
	if !body.closed {
		t.Error("body left open")
	}
}

// TestNoIDReachesAnAddressByChance calls every deleting method with any numbers: what leaves names
// exactly the thing that was asked for, or nothing leaves.
func TestNoIDReachesAnAddressByChance(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		c, n := clientOf(t)
		user := UserID(rapid.Int32().Draw(rt, "user"))
		group := GroupID(rapid.Int64().Draw(rt, "group"))
		if user.Invented() || group.Invented() {
			rt.Skip("no call is made with such an id")
		}
		ctx := context.Background()
		_ = c.RemoveUser(ctx, user)
		_ = c.DeleteUser(ctx, user)
		_ = c.DeleteGroup(ctx, group)
		_, _ = c.RemoveMembers(ctx, group, []UserID{user})
		const base = "DELETE https://webapi.teamviewer.com/api/v1"
		var want []string
		if user > 0 {
			path := base + "/users/" + user.String() + "?isPermanentDelete="
			want = append(want, path+"false", path+"true")
		}
		if group > 0 {
			want = append(want, base+"/usergroups/"+group.String())
		}
		if user > 0 && group > 0 {
			want = append(want, base+"/usergroups/"+group.String()+"/members")
		}
		if got := strings.Join(n.left, "\n"); got != strings.Join(want, "\n") {
			rt.Errorf("left: %q, want %q", n.left, want)
		}
	})
}

// FuzzGuard looks for an address that a DELETE may go to and that is not one of ours under the
// loosest reading: decoded, cleaned and in lower case.
func FuzzGuard(f *testing.F) {
	for _, path := range dangerous {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		g, n := guarded()
		u, err := g.base.Parse(path)
		if err != nil {
			return
		}
		r := &http.Request{Method: http.MethodDelete, URL: u, Header: http.Header{}}
		if answer, err := g.RoundTrip(r); err == nil {
			_ = answer.Body.Close()
		}
		if len(n.left) == 0 {
			return
		}
		segments := strings.Split(strings.ToLower(u.Path), "/")
		if len(segments) < 5 || strings.Trim(segments[4], "u0") == "" || strings.Contains(u.Path, "company") {
			t.Errorf("left: %q", n.left)
		}
	})
}
