package admin_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/prometheus/client_golang/prometheus"

	"tvscim/proxy/admin"
)

// TestLocalPaths: what holds personal data is shown to callers on the same machine only, not to a
// page in a browser, and not at all where there is none.
func TestLocalPaths(t *testing.T) {
	t.Parallel()
	shown := func() any { return []string{"shown"} }
	base := admin.Options{Gatherer: prometheus.NewRegistry(), Ready: func() bool { return true }}
	with := base
	with.Plan, with.Users = shown, shown
	for name, test := range map[string]struct {
		options admin.Options
		method  string
		change  func(*http.Request)
		want    int
	}{
		"the same machine":  {with, http.MethodGet, func(*http.Request) {}, http.StatusOK},
		"another machine":   {with, http.MethodGet, func(r *http.Request) { r.RemoteAddr = "192.0.2.7:4000" }, http.StatusForbidden},
		"behind a proxy":    {with, http.MethodGet, func(r *http.Request) { r.Header.Set("X-Forwarded-For", "192.0.2.7") }, http.StatusForbidden},
		"a page":            {with, http.MethodGet, func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, http.StatusForbidden},
		"a name of a page":  {with, http.MethodGet, func(r *http.Request) { r.Host = "evil.example" }, http.StatusForbidden},
		"a change":          {with, http.MethodPost, func(*http.Request) {}, http.StatusMethodNotAllowed},
		"there is no value": {base, http.MethodGet, func(*http.Request) {}, http.StatusNotFound},
	} {
		for _, path := range []string{"/plan", "/users"} {
			t.Run(name+path, func(t *testing.T) {
				t.Parallel()
				h, err := admin.New(test.options)
				if err != nil {
					t.Fatal(err)
				}
				r := httptest.NewRequestWithContext(t.Context(), test.method, "http://127.0.0.1:9090"+path, nil)
				r.RemoteAddr = "127.0.0.1:4000"
				test.change(r)
				w := httptest.NewRecorder()
				h.ServeHTTP(w, r)
				if shows := w.Body.String() == "[\"shown\"]\n"; w.Code != test.want || shows != (test.want == http.StatusOK) {
					t.Errorf("%d: %s", w.Code, w.Body)
				}
			})
		}
	}
}
