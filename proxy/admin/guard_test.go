package admin_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"tvscim/proxy/admin"
)

// releases records what it was asked to release.
type releases struct {
	within time.Duration
	count  int
	n      int
	err    error
}

func (r *releases) Status() any { return map[string]int{"releases": r.n} }

func (r *releases) Release(_ *http.Request, within time.Duration, count int) error {
	if r.err != nil {
		return r.err
	}
	r.within, r.count, r.n = within, count, r.n+1
	return nil
}

// TestGuardPath: /guard shows the guard, and releases it for a request that comes from the machine
// itself, is not that of a page in a browser, and says for how long.
func TestGuardPath(t *testing.T) {
	t.Parallel()
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	from := func(address string) func(*http.Request) {
		return func(r *http.Request) { r.RemoteAddr = address }
	}
	host := func(name string) func(*http.Request) {
		return func(r *http.Request) { r.Host = name }
	}
	const hour = `{"for":"1h"}`
	for _, tt := range []struct {
		name, method, body string
		change             func(*http.Request)
		status             int
		within             time.Duration // that was released; 0: nothing was
		count              int
	}{
		{"shown", "GET", "", nil, 200, 0, 0},
		{"shown to HEAD", "HEAD", "", nil, 200, 0, 0},
		{"shown without the header", "GET", "", func(r *http.Request) { r.Header.Del(admin.GuardHeader) }, 200, 0, 0},
		{"released", "POST", hour, nil, 200, time.Hour, 0},
		{"released for a number", "POST", `{"for":"90m","count":7}`, nil, 200, 90 * time.Minute, 7},
		{"the longest time", "POST", `{"for":"168h"}`, nil, 200, admin.MaxRelease, 0},
		{"IPv6", "POST", hour, func(r *http.Request) { r.RemoteAddr, r.Host = "[::1]:40000", "[::1]:9090" }, 200, time.Hour, 0},
		{"IPv4 in IPv6", "POST", hour, from("[::ffff:127.0.0.1]:40000"), 200, time.Hour, 0},
		{"localhost", "POST", hour, host("localhost:9090"), 200, time.Hour, 0},
		{"localhost without a port", "POST", hour, host("localhost"), 200, time.Hour, 0},

		{"too long", "POST", `{"for":"168h1s"}`, nil, 400, 0, 0},
		{"no time", "POST", `{}`, nil, 400, 0, 0},
		{"zero", "POST", `{"for":"0s"}`, nil, 400, 0, 0},
		{"negative", "POST", `{"for":"-1h"}`, nil, 400, 0, 0},
		{"negative count", "POST", `{"for":"1h","count":-1}`, nil, 400, 0, 0},
		{"count that is no number", "POST", `{"for":"1h","count":"7"}`, nil, 400, 0, 0},
		{"no JSON", "POST", `for=1h`, nil, 400, 0, 0},
		{"no body", "POST", ``, nil, 400, 0, 0},
		{"long body", "POST", `{"x":"` + strings.Repeat("x", 5000) + `","for":"1h"}`, nil, 400, 0, 0},
		{"no header", "POST", hour, func(r *http.Request) { r.Header.Del(admin.GuardHeader) }, 403, 0, 0},
		{"another header", "POST", hour, set(admin.GuardHeader, "status"), 403, 0, 0},
		{"another machine", "POST", hour, from("192.0.2.7:40000"), 403, 0, 0},
		{"another machine looks", "GET", "", from("192.0.2.7:40000"), 403, 0, 0},
		{"no address", "POST", hour, from("@"), 403, 0, 0},
		{"a page", "POST", hour, set("Origin", "null"), 403, 0, 0},
		{"a page of the machine", "POST", hour, set("Origin", "http://127.0.0.1:8000"), 403, 0, 0},
		{"a proxy", "POST", hour, set("X-Forwarded-For", "127.0.0.1"), 403, 0, 0},
		{"a proxy by RFC 7239", "POST", hour, set("Forwarded", "for=127.0.0.1"), 403, 0, 0},
		{"a name that leads here", "POST", hour, host("127.0.0.1.example.com:9090"), 403, 0, 0},
		{"a name that begins like it", "POST", hour, host("localhost.example.com"), 403, 0, 0},
		{"an address of the network", "POST", hour, host("192.0.2.1:9090"), 403, 0, 0},
		{"no name", "POST", hour, host(""), 403, 0, 0},
		{"PUT", "PUT", hour, nil, 405, 0, 0},
		{"DELETE", "DELETE", "", nil, 405, 0, 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			g := &releases{}
			a := askGuard(t, g, tt.method, tt.body, tt.change)
			if a.Code != tt.status || g.within != tt.within || g.count != tt.count || (g.n > 0) != (tt.within > 0) {
				t.Errorf("status %d, want %d; released %d times, for %v and %d; %s", a.Code, tt.status, g.n, g.within, g.count, a.Body)
			}
			if shown := strings.Contains(a.Body.String(), `"releases"`); tt.method != "HEAD" && shown != (tt.status == 200) {
				t.Errorf("body %s", a.Body)
			}
		})
	}
}

// TestGuardSaysWhyNot: the error of a release is the answer.
func TestGuardSaysWhyNot(t *testing.T) {
	t.Parallel()
	a := askGuard(t, &releases{err: errors.New("nothing is held back")}, "POST", `{"for":"1h"}`, nil)
	if a.Code != http.StatusConflict || strings.TrimSpace(a.Body.String()) != "nothing is held back" {
		t.Errorf("%d %s", a.Code, a.Body)
	}
	if a := askGuard(t, nil, "GET", "", nil); a.Code != http.StatusNotFound {
		t.Errorf("without a guard: %d", a.Code)
	}
}

// askGuard sends a request to /guard as from the same machine, with the header of the command.
func askGuard(t *testing.T, g *releases, method, body string, change func(*http.Request)) *httptest.ResponseRecorder {
	t.Helper()
	options := admin.Options{Gatherer: prometheus.NewRegistry(), Version: "1.2.3", Ready: func() bool { return true }}
	if g != nil {
		options.Guard = g
	}
	h, err := admin.New(options)
	if err != nil {
		t.Fatal(err)
	}
	r := httptest.NewRequestWithContext(t.Context(), method, "http://127.0.0.1:9090/guard", strings.NewReader(body))
	r.RemoteAddr = "127.0.0.1:40000"
	r.Header.Set(admin.GuardHeader, "release")
	if change != nil {
		change(r)
	}
	recorder := httptest.NewRecorder()
	h.ServeHTTP(recorder, r)
	return recorder
}
