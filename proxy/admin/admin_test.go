package admin_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"tvscim/proxy/admin"
)

// fixture is an admin listener whose states a test can set.
type fixture struct {
	ready, upstreamOK, untried atomic.Bool
	server                     *httptest.Server
}

// start serves two components and one counter on loopback.
func start(t *testing.T) *fixture {
	t.Helper()
	f := &fixture{}
	counter := prometheus.NewCounter(prometheus.CounterOpts{Name: "things_total", Help: "Things."})
	counter.Add(3)
	registry := prometheus.NewRegistry()
	registry.MustRegister(counter)
	since := time.Date(2026, 11, 21, 10, 0, 0, 123456789, time.FixedZone("CET", 3600))
	h, err := admin.New(admin.Options{
		Gatherer: registry,
		Version:  "1.2.3",
		Ready:    f.ready.Load,
		Components: []admin.Component{
			{Name: "upstream", Check: func() admin.Status {
				if f.upstreamOK.Load() {
					return admin.Status{OK: true}
				}
				return admin.Status{Since: since, Detail: "answers 503"}
			}},
			{Name: "memory", Check: func() admin.Status { return admin.Status{OK: true, Unknown: f.untried.Load()} }},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	f.server = httptest.NewServer(h)
	t.Cleanup(f.server.Close)
	return f
}

// do sends one request with the path as it is written.
func (f *fixture) do(t *testing.T, method, path string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, f.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultTransport.RoundTrip(req) // follows no redirect
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(body)
}

func TestPaths(t *testing.T) {
	t.Parallel()
	f := start(t)
	f.ready.Store(true)
	tests := map[string]struct {
		method, path string
		status       int
		allow, typ   string
		body         string // a part of it
	}{
		"index":                      {"GET", "/", 200, "", "text/plain; charset=utf-8", "tvscim 1.2.3\n"},
		"index names the endpoints":  {"GET", "/", 200, "", "text/plain; charset=utf-8", "/readyz"},
		"live":                       {"GET", "/livez", 200, "", "text/plain; charset=utf-8", "ok"},
		"ready":                      {"GET", "/readyz", 200, "", "application/json", `"ready": true`},
		"metrics":                    {"GET", "/metrics", 200, "", "text/plain; version=0.0.4; charset=utf-8; escaping=underscores", "things_total 3"},
		"head":                       {"HEAD", "/livez", 200, "", "text/plain; charset=utf-8", ""},
		"query is ignored":           {"GET", "/livez?x=1", 200, "", "text/plain; charset=utf-8", "ok"},
		"unknown path":               {"GET", "/debug/pprof/", 404, "", "text/plain; charset=utf-8", "not found"},
		"health":                     {"GET", "/health", 503, "", "application/json", `"state": "failing"`},
		"below a path":               {"GET", "/livez/x", 404, "", "text/plain; charset=utf-8", "not found"},
		"slash at the end":           {"GET", "/metrics/", 404, "", "text/plain; charset=utf-8", "not found"},
		"doubled slash":              {"GET", "//livez", 404, "", "text/plain; charset=utf-8", "not found"},
		"dots":                       {"GET", "/metrics/../livez", 404, "", "text/plain; charset=utf-8", "not found"},
		"other case":                 {"GET", "/Livez", 404, "", "text/plain; charset=utf-8", "not found"},
		"unknown path, other method": {"POST", "/x", 404, "", "text/plain; charset=utf-8", "not found"},
		"post":                       {"POST", "/livez", 405, "GET, HEAD", "text/plain; charset=utf-8", "method not allowed"},
		"delete":                     {"DELETE", "/metrics", 405, "GET, HEAD", "text/plain; charset=utf-8", "method not allowed"},
		"post on the index":          {"POST", "/", 405, "GET, HEAD", "text/plain; charset=utf-8", "method not allowed"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			resp, body := f.do(t, test.method, test.path)
			got := []any{resp.StatusCode, resp.Header.Get("Allow"), resp.Header.Get("Content-Type")}
			if diff := cmp.Diff([]any{test.status, test.allow, test.typ}, got); diff != "" {
				t.Errorf("status, Allow, Content-Type (-want +got):\n%s", diff)
			}
			if !strings.Contains(body, test.body) {
				t.Errorf("body lacks %q:\n%s", test.body, body)
			}
			if test.method == http.MethodHead && body != "" {
				t.Errorf("HEAD has a body: %q", body)
			}
			for header, want := range map[string]string{
				"X-Content-Type-Options":  "nosniff",
				"X-Frame-Options":         "DENY",
				"Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
				"Referrer-Policy":         "no-referrer",
				"Cache-Control":           "no-store",
			} {
				if got := resp.Header.Get(header); got != want {
					t.Errorf("%s: %q, want %q", header, got, want)
				}
			}
		})
	}
}

func TestReadyzAndHealth(t *testing.T) {
	t.Parallel()
	const (
		healthy = `{
  "ready": %READY%,
  "components": [
    {
      "name": "upstream",
      "state": "ok"
    },
    {
      "name": "memory",
      "state": "ok"
    }
  ]
}
`
		troubled = `{
  "ready": %READY%,
  "components": [
    {
      "name": "upstream",
      "state": "failing",
      "since": "2026-11-21T09:00:00.123Z",
      "detail": "answers 503"
    },
    {
      "name": "memory",
      "state": "ok"
    }
  ]
}
`
		untried = `{
  "ready": %READY%,
  "components": [
    {
      "name": "upstream",
      "state": "ok"
    },
    {
      "name": "memory",
      "state": "unknown"
    }
  ]
}
`
	)
	tests := map[string]struct {
		ready, upstreamOK, untried bool
		readyz, health             int // status
		body                       string
	}{
		"before the start is done":         {false, true, false, 503, 503, strings.Replace(healthy, "%READY%", "false", 1)},
		"serving":                          {true, true, false, 200, 200, strings.Replace(healthy, "%READY%", "true", 1)},
		"serving, a component not tried":   {true, true, true, 200, 200, strings.Replace(untried, "%READY%", "true", 1)},
		"serving, a component in trouble":  {true, false, false, 200, 503, strings.Replace(troubled, "%READY%", "true", 1)},
		"stopping, a component in trouble": {false, false, false, 503, 503, strings.Replace(troubled, "%READY%", "false", 1)},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := start(t)
			f.ready.Store(test.ready)
			f.upstreamOK.Store(test.upstreamOK)
			f.untried.Store(test.untried)
			for path, status := range map[string]int{"/readyz": test.readyz, "/health": test.health} {
				resp, body := f.do(t, http.MethodGet, path)
				if resp.StatusCode != status {
					t.Errorf("%s: status %d, want %d", path, resp.StatusCode, status)
				}
				if diff := cmp.Diff(test.body, body); diff != "" {
					t.Errorf("%s: body (-want +got):\n%s", path, diff)
				}
			}
			if resp, _ := f.do(t, http.MethodGet, "/livez"); resp.StatusCode != http.StatusOK {
				t.Errorf("/livez: status %d: a process in trouble is alive all the same", resp.StatusCode)
			}
		})
	}
}

func TestReadyzWithoutComponents(t *testing.T) {
	t.Parallel()
	h, err := admin.New(admin.Options{Gatherer: prometheus.NewRegistry(), Ready: func() bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if diff := cmp.Diff("{\n  \"ready\": true,\n  \"components\": []\n}\n", w.Body.String()); diff != "" {
		t.Errorf("body (-want +got):\n%s", diff)
	}
}

func TestReadyzRefusesATimeItCannotWrite(t *testing.T) {
	t.Parallel()
	h, err := admin.New(admin.Options{
		Gatherer: prometheus.NewRegistry(),
		Ready:    func() bool { return true },
		Components: []admin.Component{{Name: "clock", Check: func() admin.Status {
			return admin.Status{Since: time.Date(12026, 1, 1, 0, 0, 0, 0, time.UTC)}
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/readyz", nil))
	if w.Code != http.StatusInternalServerError {
		t.Errorf("status %d, want 500:\n%s", w.Code, w.Body)
	}
}

func TestMetricsSurviveABrokenCollector(t *testing.T) {
	t.Parallel()
	registry := prometheus.NewRegistry()
	good := prometheus.NewGauge(prometheus.GaugeOpts{Name: "good", Help: "Good."})
	desc := prometheus.NewDesc("bad", "Bad.", nil, nil)
	registry.MustRegister(good, invalid{desc})
	h, err := admin.New(admin.Options{Gatherer: registry, Ready: func() bool { return true }})
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "good 0") {
		t.Errorf("status %d, want 200 with the good metric:\n%s", w.Code, w.Body)
	}
}

// invalid is a collector whose every collection fails.
type invalid struct{ desc *prometheus.Desc }

func (c invalid) Describe(ch chan<- *prometheus.Desc) { ch <- c.desc }

func (c invalid) Collect(ch chan<- prometheus.Metric) {
	ch <- prometheus.NewInvalidMetric(c.desc, io.ErrUnexpectedEOF)
}

func TestNewRefuses(t *testing.T) {
	t.Parallel()
	ready := func() bool { return true }
	check := func() admin.Status { return admin.Status{} }
	registry := prometheus.NewRegistry()
	tests := map[string]struct {
		options admin.Options
		want    string
	}{
		"no gatherer": {admin.Options{Ready: ready}, "admin: gatherer: missing"},
		"no ready":    {admin.Options{Gatherer: registry}, "admin: ready: missing"},
		"nameless component": {
			admin.Options{Gatherer: registry, Ready: ready, Components: []admin.Component{{Check: check}}},
			"admin: component 1: missing name or check",
		},
		"component without check": {
			admin.Options{Gatherer: registry, Ready: ready, Components: []admin.Component{{Name: "a", Check: check}, {Name: "b"}}},
			"admin: component 2: missing name or check",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h, err := admin.New(test.options)
			if err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %s", err, test.want)
			}
			if h != nil {
				t.Error("a handler beside the error")
			}
		})
	}
}
