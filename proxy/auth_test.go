package proxy_test

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/proxy"
	"tvscim/scim"
)

// authorization is a header with the given values.
func authorization(values ...string) http.Header {
	if len(values) == 0 {
		return http.Header{}
	}
	return http.Header{"Authorization": values}
}

// headers are all ways to send or not to send a token.
var headers = []struct {
	name   string
	header http.Header
	status int
}{
	{"the token", authorization("Bearer " + bearer), 200},
	{"scheme in lower case", authorization("bearer " + bearer), 200},
	{"scheme in upper case", authorization("BEARER " + bearer), 200},
	{"several spaces", authorization("Bearer   " + bearer), 200},
	{"space at the end", authorization("Bearer " + bearer + " "), 200},
	{"no header", authorization(), 401},
	{"empty header", authorization(""), 401},
	{"scheme alone", authorization("Bearer"), 401},
	{"scheme and spaces", authorization("Bearer   "), 401},
	{"other scheme", authorization("Basic dXNlcjpwYXNz"), 401},
	{"no scheme", authorization(bearer), 401},
	{"longer scheme", authorization("Bearers " + bearer), 401},
	{"two headers", authorization("Bearer "+bearer, "Bearer "+bearer), 401},
	{"the word twice", authorization("Bearer Bearer " + bearer), 401},
	{"the word twice, other case", authorization("Bearer bearer " + bearer), 401},
	{"the word twice, nothing else", authorization("Bearer Bearer"), 401},
	{"space inside", authorization("Bearer the token"), 401},
	{"tab in front", authorization("Bearer\t" + bearer), 401},
	{"beyond ASCII", authorization("Bearer tökén"), 401},
	{"too long", authorization("Bearer " + strings.Repeat("x", 8<<10+1)), 401},
	{"unknown", authorization("Bearer nobody-knows-this"), 401},
	{"part of the token", authorization("Bearer " + bearer[:len(bearer)-1]), 401},
	{"more than the token", authorization("Bearer " + bearer + "x"), 401},
	{"token in other case", authorization("Bearer " + strings.ToUpper(bearer)), 401},
	{"expired", authorization("Bearer expired"), 401},
}

func TestTokenMode(t *testing.T) {
	t.Parallel()
	opened := 0
	c := serve(t, func(o *proxy.Options) {
		o.Directory.(*directory).open = func(_ context.Context, caller proxy.Caller) error {
			opened++
			if diff := cmp.Diff(proxy.Caller{Name: "entra", Address: "127.0.0.1"}, caller); diff != "" {
				t.Errorf("caller (-want +got):\n%s", diff)
			}
			return nil
		}
	})
	let := 0
	for _, test := range headers {
		if test.status == http.StatusOK {
			let++
		}
		if a := c.do(request{method: "GET", path: "/Users", header: test.header}); a.status != test.status {
			t.Errorf("%s: status %d, want %d", test.name, a.status, test.status)
		}
	}
	if opened != let {
		t.Errorf("the directory was opened %d times for %d callers", opened, let)
	}
	c.golden("auth.txt")
}

// TestNothingWithoutToken requests every path without a token: the response must be the same for a
// path that exists and one that does not.
func TestNothingWithoutToken(t *testing.T) {
	t.Parallel()
	c := serve(t)
	bodies := map[string]int{}
	for _, path := range endpoints {
		for _, method := range []string{"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"} {
			a := c.do(request{method: method, path: path, header: http.Header{}})
			if a.status != http.StatusUnauthorized || a.header.Get("WWW-Authenticate") != `Bearer realm="tvscim"` {
				t.Errorf("%s %s: status %d, WWW-Authenticate %q", method, path, a.status, a.header.Get("WWW-Authenticate"))
			}
			if allow := a.header.Get("Allow"); allow != "" {
				t.Errorf("%s %s: Allow %q", method, path, allow)
			}
			bodies[steady(a.body)]++
		}
	}
	if len(bodies) != 1 {
		t.Errorf("%d different bodies, want one", len(bodies))
	}
}

func TestPassthrough(t *testing.T) {
	t.Parallel()
	const other = "the-token-of-a-stranger"
	var callers []proxy.Caller
	c := serve(t, func(o *proxy.Options) {
		o.Auth = proxy.Passthrough()
		o.Directory.(*directory).open = func(_ context.Context, caller proxy.Caller) error {
			callers = append(callers, caller)
			switch caller.Bearer {
			case bearer:
				return nil
			case "unlucky":
				return scim.Unavailable(90*time.Second, "the upstream does not answer")
			default:
				return scim.Unauthorized("the upstream does not accept this token")
			}
		}
	})
	tests := []struct {
		name, method, path, token string
		status                    int
		challenge                 string
		opened                    bool
	}{
		{"list", "GET", "/Users", bearer, 200, "", true},
		{"list, refused", "GET", "/Users", other, 401, `Bearer realm="tvscim", error="invalid_token"`, true},
		{"groups, refused", "GET", "/Groups", other, 401, `Bearer realm="tvscim", error="invalid_token"`, true},
		{"no answer", "GET", "/Users", "unlucky", 503, "", true},
		{"discovery is proven too", "GET", "/Schemas", bearer, 200, "", true},
		{"discovery, refused", "GET", "/Schemas", other, 401, `Bearer realm="tvscim", error="invalid_token"`, true},
		{"discovery of one, refused", "GET", "/ResourceTypes/User", other, 401, `Bearer realm="tvscim", error="invalid_token"`, true},
		{"provider, refused", "GET", "/ServiceProviderConfig", other, 401, `Bearer realm="tvscim", error="invalid_token"`, true},
		{"unknown path opens nothing", "GET", "/Nothing", other, 404, "", false},
		{"wrong method opens nothing", "DELETE", "/Users", other, 405, "", false},
		{"impossible id opens nothing", "DELETE", "/Users/%2e%2e", other, 404, "", false},
		{"malformed query opens nothing", "GET", "/Users?filter=%zz", other, 400, "", false},
	}
	for _, test := range tests {
		callers = nil
		a := c.do(request{method: test.method, path: test.path, header: authorization("Bearer " + test.token)})
		var want []proxy.Caller
		if test.opened {
			want = []proxy.Caller{{Bearer: test.token, Address: "127.0.0.1"}}
		}
		if diff := cmp.Diff(want, callers); diff != "" {
			t.Errorf("%s: opened for (-want +got):\n%s", test.name, diff)
		}
		got := []any{a.status, a.header.Get("WWW-Authenticate")}
		if diff := cmp.Diff([]any{test.status, test.challenge}, got); diff != "" {
			t.Errorf("%s: status, challenge (-want +got):\n%s", test.name, diff)
		}
	}
	callers = nil
	large := request{method: "POST", path: "/Users", body: strings.Repeat(" ", 5<<10), header: authorization("Bearer " + other)}
	if a := c.do(large); a.status != http.StatusRequestEntityTooLarge || callers != nil {
		t.Errorf("an announced body above the limit: status %d, want 413 and nobody asked", a.status)
	}
	form := request{method: "POST", path: "/Users", body: "a=b", header: authorization("Bearer " + other)}
	form.header.Set("Content-Type", "application/x-www-form-urlencoded")
	if a := c.do(form); a.status != http.StatusUnsupportedMediaType || callers != nil {
		t.Errorf("a form: status %d, want 415 and nobody asked", a.status)
	}
	for _, test := range headers {
		if test.status == http.StatusOK || strings.Contains(test.name, "token") || test.name == "unknown" || test.name == "expired" {
			continue // well formed: the directory's business
		}
		callers = nil
		if a := c.do(request{method: "GET", path: "/Users", header: test.header}); a.status != http.StatusUnauthorized || callers != nil {
			t.Errorf("%s: status %d, want 401 and nobody asked", test.name, a.status)
		}
	}
}

func TestTokenExpires(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		a, err := proxy.Tokens(proxy.Token{Name: "entra", SHA256: sha256.Sum256([]byte(bearer)), Expires: time.Now().Add(time.Hour)})
		if err != nil {
			t.Fatal(err)
		}
		h := newServer(t, func(o *proxy.Options) { o.Auth = a }).Handler()
		status := func() int {
			r := httptest.NewRequest(http.MethodGet, "/scim/v2/Users", nil)
			r.Header.Set("Authorization", "Bearer "+bearer)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			return w.Code
		}
		time.Sleep(time.Hour - time.Nanosecond)
		if got := status(); got != http.StatusOK {
			t.Errorf("just before: status %d", got)
		}
		time.Sleep(time.Nanosecond)
		if got := status(); got != http.StatusUnauthorized {
			t.Errorf("at the time: status %d", got)
		}
	})
}

func TestCallerHidesItsToken(t *testing.T) {
	t.Parallel()
	caller := proxy.Caller{Bearer: bearer}
	encoded, err := json.Marshal(caller)
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprint(caller), fmt.Sprintf("%v %+v %#v %s %q", caller, caller, caller, caller, caller),
		fmt.Sprintf("%v %+v %#v", &caller, &caller, &caller), fmt.Sprintf("%+v", struct{ C proxy.Caller }{caller}), string(encoded),
	} {
		if strings.Contains(text, bearer) {
			t.Errorf("the token is in %s", text)
		}
	}
	if got := fmt.Sprintf("%v %#v", proxy.Caller{Name: "entra"}, proxy.Caller{Name: "entra"}); got != "entra proxy.Caller(entra)" {
		t.Errorf("a named caller prints as %s", got)
	}
}

func TestTokensRefuses(t *testing.T) {
	t.Parallel()
	one, two := sha256.Sum256([]byte("1")), sha256.Sum256([]byte("2"))
	tests := map[string]struct {
		tokens []proxy.Token
		want   string
	}{
		"none":       {nil, "tokens: none given; nobody could call"},
		"no name":    {[]proxy.Token{{Name: "a", SHA256: one}, {SHA256: two}}, "token 2: missing name"},
		"same name":  {[]proxy.Token{{Name: "a", SHA256: one}, {Name: "a", SHA256: two}}, "token a: name given twice"},
		"no hash":    {[]proxy.Token{{Name: "a"}}, "token a: missing SHA-256"},
		"same token": {[]proxy.Token{{Name: "a", SHA256: one}, {Name: "b", SHA256: one}}, "token b: the same as token a"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := proxy.Tokens(test.tokens...); err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
		})
	}
}

// TestTokensOwnTheirList changes the list after it was given.
func TestTokensOwnTheirList(t *testing.T) {
	t.Parallel()
	list := []proxy.Token{{Name: "entra", SHA256: sha256.Sum256([]byte(bearer))}}
	a, err := proxy.Tokens(list...)
	if err != nil {
		t.Fatal(err)
	}
	list[0].SHA256 = sha256.Sum256([]byte("another"))
	if _, err := a.Caller(t.Context(), bearer); err != nil {
		t.Errorf("the token given at first: %v", err)
	}
	if _, err := a.Caller(t.Context(), "another"); err == nil {
		t.Error("the token put in later is accepted")
	}
}

// TestPassthroughOf: tokens that are not listed, or have expired, are not tried.
func TestPassthroughOf(t *testing.T) {
	t.Parallel()
	var callers []proxy.Caller
	auth, err := proxy.PassthroughOf(
		proxy.Token{Name: "entra", SHA256: sha256.Sum256([]byte(bearer))},
		proxy.Token{Name: "old", SHA256: sha256.Sum256([]byte("expired")), Expires: time.Now().Add(-time.Hour)},
	)
	if err != nil {
		t.Fatal(err)
	}
	c := serve(t, func(o *proxy.Options) {
		o.Auth = auth
		o.Directory.(*directory).open = func(_ context.Context, caller proxy.Caller) error {
			callers = append(callers, caller)
			return nil
		}
	})
	for token, status := range map[string]int{bearer: 200, "another": 401, "expired": 401} {
		callers = nil
		if a := c.do(request{method: "GET", path: "/Users", header: authorization("Bearer " + token)}); a.status != status {
			t.Errorf("%s: status %d, want %d", token, a.status, status)
		}
		var want []proxy.Caller
		if status == http.StatusOK {
			want = []proxy.Caller{{Name: "entra", Bearer: bearer, Address: "127.0.0.1"}}
		}
		if diff := cmp.Diff(want, callers); diff != "" {
			t.Errorf("%s: opened for (-want +got):\n%s", token, diff)
		}
	}
	if text := fmt.Sprintf("%v %+v %#v", proxy.Caller{Name: "entra", Bearer: bearer}, &proxy.Caller{Bearer: bearer}, proxy.Caller{Bearer: bearer}); strings.Contains(text, bearer) {
		t.Errorf("a caller prints its token: %s", text)
	}
}
