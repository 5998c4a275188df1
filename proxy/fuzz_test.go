package proxy

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tvscim/scim"
	"tvscim/scim/scimtest"
)

// FuzzCanonicalPath checks what the router relies on: no empty segment, no other segment lost or
// changed, and nothing left to do.
func FuzzCanonicalPath(f *testing.F) {
	for _, seed := range []string{"", "/", "*", "//Users", "/scim/v2//Users/", "/Users/..", "/Users/%2F", "Users//1", "///"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, path string) {
		got := canonicalPath(path)
		if !strings.HasPrefix(path, "/") {
			if got != path {
				t.Fatalf("%q, which is no absolute path, became %q", path, got)
			}
			return
		}
		if canonicalPath(got) != got || strings.Contains(got, "//") || (len(got) > 1 && strings.HasSuffix(got, "/")) {
			t.Fatalf("%q became %q, which is not canonical", path, got)
		}
		if strings.ReplaceAll(path, "/", "") != strings.ReplaceAll(got, "/", "") {
			t.Fatalf("%q became %q: text was lost", path, got)
		}
	})
}

// FuzzBearer checks that an accepted token is one visible word of the header, of bounded length.
func FuzzBearer(f *testing.F) {
	for _, seed := range []string{"", "Bearer x", "bearer  x ", "Bearer Bearer x", "Basic x", "Bearer x y", "Bearer\tx", "Bearer \x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, value string) {
		token, presented, err := bearerOf(http.Header{"Authorization": {value}})
		if err != nil {
			if token != "" {
				t.Fatalf("%q: token %q beside the error %v", value, token, err)
			}
			return
		}
		if !presented || token == "" || len(token) > maxBearer || len(strings.Fields(token)) != 1 || !strings.Contains(value, token) {
			t.Fatalf("%q: token %q", value, token)
		}
	})
}

// FuzzHost checks that an accepted host is unchanged in a URL, and is only its host.
func FuzzHost(f *testing.F) {
	for _, seed := range []string{"", "a", "a.example:80", "[::1]:80", "::1", "a b", "a/b", "a@b", "[::1", "a:", "a\"", "[a]:1"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, host string) {
		if !isHost(host) {
			return
		}
		u, err := url.Parse("http://" + host + "/scim/v2")
		if err != nil || u.Host != host || u.Path != "/scim/v2" || u.User != nil || u.RawQuery != "" {
			t.Fatalf("%q: %v, %+v", host, err, u)
		}
	})
}

// TestResourceIDRoundTrip escapes ids as locations do and reads them back.
func TestResourceIDRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		id := rapid.StringMatching(`[ -~ü€😀]{1,40}`).Filter(func(s string) bool { return s != "." && s != ".." }).Draw(t, "id")
		if got, ok := resourceID(url.PathEscape(id)); !ok || got != id {
			t.Fatalf("%q became %q, %t", id, got, ok)
		}
	})
}

// fuzzServer is a server that accepts every token, with two small stores.
func fuzzServer(tb testing.TB) *Server {
	tb.Helper()
	users := &scim.ResourceType{Name: "User", Endpoint: "/Users", Schema: scim.UserSchema(), Extensions: []scim.Schema{scim.EnterpriseSchema()}}
	groups := &scim.ResourceType{Name: "Group", Endpoint: "/Groups", Schema: scim.GroupSchema()}
	s, err := New(Options{
		Directory: memory{users: scimtest.NewMemory[scim.User](users), groups: scimtest.NewMemory[scim.Group](groups)},
		Users:     users, Groups: groups, Auth: Passthrough(), MaxBody: 1 << 10,
	})
	if err != nil {
		tb.Fatal(err)
	}
	return s
}

// FuzzRequest sends whole requests. Every response is one of this service: never 500, a SCIM body
// or none.
func FuzzRequest(f *testing.F) {
	seeds := [][3]string{
		{"GET", "/scim/v2/Users?filter=userName+eq+%22a%22&count=1", ""},
		{"GET", "/scim/v2/Users/user-1?attributes=emails[type%20eq%20%22work%22]", ""},
		{"POST", "/scim/v2/Users", `{"userName":"a@b.example","emails":[{"value":"a@b.example","type":"work"}]}`},
		{"PUT", "/scim/v2/Users/user-1", `{"userName":"b@b.example"}`},
		{"PATCH", "/scim/v2/Users/user-1", `{"Operations":[{"op":"Replace","path":"emails[type eq \"work\"].value","value":"c@b.example"}]}`},
		{"PATCH", "/scim/v2/Groups/group-1", `{"Operations":[{"op":"Remove","path":"members","value":[{"value":"1"}]}]}`},
		{"DELETE", "/scim/v2/Users/%2e%2e", ""},
		{"GET", "/scim/v2/Users?cursor&count=1&sortBy=name.familyName&sortOrder=descending", ""},
		{"POST", "/scim/v2/Users/.search", `{"filter":"userName pr","startIndex":2,"count":1}`},
		{"POST", "/scim/v2/.search", `{"attributes":["id"],"sortBy":"displayName","cursor":"","count":1}`},
		{"GET", "/scim/v2/Schemas", ""},
	}
	for _, s := range seeds {
		f.Add(s[0], s[1], s[2])
	}
	f.Fuzz(func(t *testing.T, method, target, body string) {
		u, err := url.ParseRequestURI(target)
		if err != nil {
			return
		}
		s := fuzzServer(t)
		for _, setup := range []string{"/Users", "/Groups"} { // something to read and change
			serveFuzz(s, http.MethodPost, &url.URL{Path: "/scim/v2" + setup}, `{"userName":"a@a.example","displayName":"a"}`)
		}
		w := serveFuzz(s, method, u, body)
		if w.Code == http.StatusInternalServerError || w.Code < 200 || w.Code > 599 {
			t.Fatalf("%s %s %q: status %d: %s", method, target, body, w.Code, w.Body)
		}
		if w.Body.Len() > 0 && w.Header().Get("Content-Type") != mediaType {
			t.Fatalf("%s %s: Content-Type %q", method, target, w.Header().Get("Content-Type"))
		}
	})
}

// serveFuzz sends one request in process, without a parser in between.
func serveFuzz(s *Server, method string, u *url.URL, body string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
	r.Method, r.URL = method, u
	r.Header.Set("Authorization", "Bearer x")
	w := httptest.NewRecorder()
	s.Handler().ServeHTTP(w, r)
	return w
}

// memory is a directory of two stores for all callers.
type memory struct {
	users  scim.Store[scim.User]
	groups scim.Store[scim.Group]
}

func (m memory) Open(context.Context, Caller) (scim.Store[scim.User], scim.Store[scim.Group], error) {
	return m.users, m.groups, nil
}
