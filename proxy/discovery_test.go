package proxy_test

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/proxy"
	"tvscim/scim"
)

func TestDiscovery(t *testing.T) {
	t.Parallel()
	c := serve(t, func(o *proxy.Options) {
		o.Features = scim.Features{DocumentationURI: "https://docs.example.test"}
	})
	c.send("GET", "/ResourceTypes", "")
	c.send("GET", "/ResourceTypes/Group", "")
	c.send("GET", "/ServiceProviderConfig", "")
	c.send("GET", "/ServiceProviderConfig?aadOptscim062020&startIndex=x", "")
	c.golden("discovery.txt")
}

// described is what the tests look at in a document.
type described struct {
	Schemas []string
	ID      string
	Meta    struct{ ResourceType, Location string }
}

// TestDocumentsAreWhereTheySay follows the location of every document: it has the document alone,
// equal to the list's.
func TestDocumentsAreWhereTheySay(t *testing.T) {
	t.Parallel()
	c := serve(t)
	for path, want := range map[string][]string{
		"/Schemas":       {scim.UserURN, scim.EnterpriseURN, scim.GroupURN},
		"/ResourceTypes": {"User", "Group"},
	} {
		a := c.send("GET", path, "")
		var list struct {
			Schemas                                []string
			TotalResults, StartIndex, ItemsPerPage int
			Resources                              []json.RawMessage
		}
		if err := json.Unmarshal([]byte(a.body), &list); err != nil {
			t.Fatalf("%s: %v: %s", path, err, a.body)
		}
		head := []any{a.status, list.Schemas, list.TotalResults, list.StartIndex, list.ItemsPerPage, len(list.Resources)}
		if diff := cmp.Diff([]any{200, []string{scim.ListURN}, len(want), 1, len(want), len(want)}, head); diff != "" {
			t.Errorf("%s (-want +got):\n%s", path, diff)
		}
		var ids []string
		for _, raw := range list.Resources {
			var d described
			if err := json.Unmarshal(raw, &d); err != nil {
				t.Fatal(err)
			}
			ids = append(ids, d.ID)
			below, ok := strings.CutPrefix(d.Meta.Location, "https://scim.example.test/scim/v2")
			if !ok {
				t.Fatalf("%s: location %q", d.ID, d.Meta.Location)
			}
			for _, path := range []string{below, strings.ToUpper(d.ID)} {
				if path != below {
					path = below[:strings.LastIndex(below, "/")+1] + path
				}
				if one := c.send("GET", path, ""); one.status != http.StatusOK || one.body != string(raw) {
					t.Errorf("GET %s: status %d: %s", path, one.status, one.body)
				}
			}
		}
		if diff := cmp.Diff(want, ids); diff != "" {
			t.Errorf("%s: ids (-want +got):\n%s", path, diff)
		}
	}
}

// TestDiscoveryOpensNothing has a directory that fails: a token of our own is proven without it.
func TestDiscoveryOpensNothing(t *testing.T) {
	t.Parallel()
	c := serve(t, func(o *proxy.Options) {
		o.Directory.(*directory).open = func(context.Context, proxy.Caller) error {
			t.Error("the directory was opened")
			return nil
		}
	})
	for _, path := range []string{"/Schemas", "/Schemas/" + scim.UserURN, "/ResourceTypes", "/ServiceProviderConfig"} {
		if a := c.send("GET", path, ""); a.status != http.StatusOK {
			t.Errorf("GET %s: status %d", path, a.status)
		}
	}
}

func TestHeadersOfEveryAnswer(t *testing.T) {
	t.Parallel()
	c := serve(t)
	for _, path := range endpoints {
		for _, method := range []string{"GET", "POST", "DELETE", "OPTIONS"} {
			a := c.send(method, path, "")
			got := []string{a.header.Get("X-Content-Type-Options"), a.header.Get("Cache-Control"), a.header.Get("Server")}
			if diff := cmp.Diff([]string{"nosniff", "no-store", ""}, got); diff != "" {
				t.Errorf("%s %s: nosniff, no-store, server (-want +got):\n%s", method, path, diff)
			}
			if (a.header.Get("Content-Type") == "application/scim+json") != (a.body != "") {
				t.Errorf("%s %s: Content-Type %q of %q", method, path, a.header.Get("Content-Type"), a.body)
			}
			if a.header.Get("X-Request-Id") == "" {
				t.Errorf("%s %s: no X-Request-Id", method, path)
			}
		}
	}
}

func TestLocations(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		public, base, host string
		tls                bool
		header             map[string]string
		want               string
	}{
		"public URL":            {public: "https://tv.example.com", host: "10.0.0.1:8080", want: "https://tv.example.com/scim/v2/Users/user-1"},
		"public URL, slash":     {public: "https://tv.example.com/", host: "x", want: "https://tv.example.com/scim/v2/Users/user-1"},
		"public URL, path":      {public: "https://tv.example.com/gw", base: "/s", host: "x", want: "https://tv.example.com/gw/s/Users/user-1"},
		"public URL, odd host":  {public: "https://tv.example.com", host: "evil\"", want: "https://tv.example.com/scim/v2/Users/user-1"},
		"host":                  {host: "scim.internal", want: "http://scim.internal/scim/v2/Users/user-1"},
		"host and port":         {host: "scim.internal:8080", want: "http://scim.internal:8080/scim/v2/Users/user-1"},
		"IPv6":                  {host: "[::1]:8080", want: "http://[::1]:8080/scim/v2/Users/user-1"},
		"TLS":                   {host: "scim.internal", tls: true, want: "https://scim.internal/scim/v2/Users/user-1"},
		"base path":             {base: "/", host: "scim.internal", want: "http://scim.internal/Users/user-1"},
		"no host":               {host: "", want: "/scim/v2/Users/user-1"},
		"host that is none":     {host: "a b", want: "/scim/v2/Users/user-1"},
		"host with a path":      {host: "evil.example/x", want: "/scim/v2/Users/user-1"},
		"host with a user":      {host: "a@evil.example", want: "/scim/v2/Users/user-1"},
		"host with a script":    {host: "<script>", want: "/scim/v2/Users/user-1"},
		"port that is none":     {host: "scim.internal:http", want: "/scim/v2/Users/user-1"},
		"port too large":        {host: "scim.internal:65536", want: "/scim/v2/Users/user-1"},
		"empty port":            {host: "scim.internal:", want: "/scim/v2/Users/user-1"},
		"IPv6 without brackets": {host: "::1", want: "/scim/v2/Users/user-1"},
		"brackets, no address":  {host: "[scim]:80", want: "/scim/v2/Users/user-1"},
		"bracket not closed":    {host: "[::1", want: "/scim/v2/Users/user-1"},
		"very long host":        {host: strings.Repeat("a", 260), want: "/scim/v2/Users/user-1"},
		"forwarded headers lie": {host: "scim.internal", want: "http://scim.internal/scim/v2/Users/user-1", header: map[string]string{
			"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "https", "Forwarded": "host=evil.example;proto=https",
			"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Prefix": "/evil",
		}},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newServer(t, func(o *proxy.Options) { o.PublicURL, o.BasePath = test.public, test.base })
			base := map[string]string{"": "/scim/v2", "/": ""}
			prefix, ok := base[test.base]
			if !ok {
				prefix = test.base
			}
			target := prefix + "/Users"
			if test.tls {
				target = "https://x" + target // makes httptest say that there is TLS
			}
			r := httptest.NewRequest(http.MethodPost, target, strings.NewReader(`{"userName":"nora@contoso.example"}`))
			r.Host = test.host
			r.Header.Set("Authorization", "Bearer "+bearer)
			for name, value := range test.header {
				r.Header.Set(name, value)
			}
			w := httptest.NewRecorder()
			s.Handler().ServeHTTP(w, r)
			var user described
			if err := json.Unmarshal(w.Body.Bytes(), &user); err != nil {
				t.Fatalf("status %d: %v: %s", w.Code, err, w.Body)
			}
			got := []string{w.Header().Get("Location"), w.Header().Get("Content-Location"), user.Meta.Location}
			if diff := cmp.Diff([]string{test.want, test.want, test.want}, got); diff != "" {
				t.Errorf("Location, Content-Location, meta.location (-want +got):\n%s", diff)
			}
		})
	}
}
