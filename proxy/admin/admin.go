package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Status is the status of a component: working, failing, or not used yet. Since is when the status
// began, zero if unknown. Detail is one sentence for the operator, without secrets and personal
// data. The zero Status is that of a failing component.
type Status struct {
	OK      bool // it works, as far as known
	Unknown bool // with OK: it was not used yet
	Since   time.Time
	Detail  string
}

// State is the word for a status in the body of /readyz and /health.
type State string

// The states of a component.
const (
	StateOK      State = "ok"
	StateUnknown State = "unknown" // not tried yet
	StateFailing State = "failing"
)

// State returns the word for the status.
func (s Status) State() State {
	switch {
	case !s.OK:
		return StateFailing
	case s.Unknown:
		return StateUnknown
	}
	return StateOK
}

// Component is a part whose state is shown by /readyz and /health. Check must return at once,
// without a network call: probes call it often. It is called from several goroutines.
type Component struct {
	Name  string
	Check func() Status
}

// Options configures the admin handler.
type Options struct {
	Gatherer   prometheus.Gatherer // required: what /metrics shows
	Components []Component         // shown in this order
	Version    string              // shown by the index
	// Ready reports whether SCIM requests are accepted: after the start and before the stop.
	// Required.
	Ready func() bool
	Guard Guard // shown and released at /guard; nil: there is no such path
	// Plan returns what /plan shows of a dry run, as a value for package json; nil: there is no
	// such path.
	Plan func() any
	// Users returns what /users shows of the users that are remembered, as a value for package
	// json; nil: there is no such path.
	Users func() any
	Page  http.Handler // the status page, at /status and what is below it; nil: there is none
}

// handler serves the admin endpoints.
type handler struct {
	components []Component
	version    string
	ready      func() bool
}

// New returns the handler of the admin listener. Paths and methods are exact: GET and HEAD, POST
// for /guard, and nothing below a path but the status page.
func New(o Options) (http.Handler, error) {
	switch {
	case o.Gatherer == nil:
		return nil, errors.New("admin: gatherer: missing")
	case o.Ready == nil:
		return nil, errors.New("admin: ready: missing")
	}
	for i, c := range o.Components {
		if c.Name == "" || c.Check == nil {
			return nil, fmt.Errorf("admin: component %d: missing name or check", i+1)
		}
	}
	h := &handler{components: o.Components, version: o.Version, ready: o.Ready}
	metrics := promhttp.HandlerFor(o.Gatherer, promhttp.HandlerOpts{
		ErrorHandling: promhttp.ContinueOnError, // a failing collector must not hide the others
	})
	paths := map[string]http.Handler{
		"/":        http.HandlerFunc(h.index),
		"/livez":   http.HandlerFunc(h.livez),
		"/readyz":  http.HandlerFunc(h.readyz),
		"/health":  http.HandlerFunc(h.health),
		"/metrics": metrics,
	}
	if o.Guard != nil {
		paths["/guard"] = guardHandler{o.Guard}
	}
	if o.Plan != nil {
		paths["/plan"] = localHandler{"tvscim plan", o.Plan}
	}
	if o.Users != nil {
		paths["/users"] = localHandler{"tvscim report", o.Users}
	}
	return secured(paths, o.Page), nil
}

// isPage reports whether a path is one of the status page.
func isPage(path string) bool { return path == "/status" || strings.HasPrefix(path, "/status/") }

// secured serves exact paths, with headers that prevent a browser from interpreting the responses.
// It is not an http.ServeMux, which redirects to a cleaned path.
func secured(paths map[string]http.Handler, page http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next, ok := paths[r.URL.Path]
		switch {
		case page != nil && isPage(r.URL.Path):
			page.ServeHTTP(w, r)
		case page != nil && r.URL.Path == "/" && r.Method == http.MethodGet && strings.Contains(r.Header.Get("Accept"), "text/html"):
			http.Redirect(w, r, "/status", http.StatusSeeOther) // a person
		case !ok:
			http.Error(w, "not found", http.StatusNotFound)
		case r.Method != http.MethodGet && r.Method != http.MethodHead && !acts(next, r.Method):
			h.Set("Allow", "GET, HEAD")
			http.Error(w, "method not allowed", http.StatusMethodNotAllowed)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// index names the endpoints.
func (h *handler) index(w http.ResponseWriter, _ *http.Request) {
	text(w, strings.TrimSpace("tvscim "+h.version)+`

/livez    200 while the process serves: for restarts
/readyz   200 while SCIM requests are taken: for routing; the state of every component
/health   503 while a component fails: for monitoring; the same body as /readyz
/metrics  counters for Prometheus
/status   the status page, for a browser
/guard    the guard of removals: for callers on this machine, by "tvscim guard"
/plan     what a dry run would change: for callers on this machine, by "tvscim plan"
/users    the users that are remembered: for callers on this machine, by "tvscim report"
`)
}

// livez reports that the process serves. It checks no component, since a restart does not help.
func (h *handler) livez(w http.ResponseWriter, _ *http.Request) { text(w, "ok\n") }

// report is the body of /readyz and /health.
type report struct {
	Ready      bool        `json:"ready"`
	Components []component `json:"components"`
}

// component is one component in a report.
type component struct {
	Name   string    `json:"name"`
	State  State     `json:"state"`
	Since  time.Time `json:"since,omitzero"`
	Detail string    `json:"detail,omitempty"`
}

// report asks every component.
func (h *handler) report() report {
	body := report{Ready: h.ready(), Components: make([]component, 0, len(h.components))}
	for _, c := range h.components {
		s := c.Check()
		since := s.Since
		if !since.IsZero() {
			since = since.UTC().Truncate(time.Millisecond)
		}
		body.Components = append(body.Components, component{Name: c.Name, State: s.State(), Since: since, Detail: s.Detail})
	}
	return body
}

// failing reports whether monitoring should raise an alert.
func (r report) failing() bool {
	return !r.Ready || slices.ContainsFunc(r.Components, func(c component) bool { return c.State == StateFailing })
}

// readyz is 200 while SCIM requests are answered, even if by 503: a failing component is in the
// body only, so that the only instance is not taken out of service. It is 503 before the start is
// complete and after the stop begins.
func (h *handler) readyz(w http.ResponseWriter, _ *http.Request) {
	body := h.report()
	body.write(w, !body.Ready)
}

// health is 503 while a component fails, and while /readyz is. What was not used yet does not fail.
func (h *handler) health(w http.ResponseWriter, _ *http.Request) {
	body := h.report()
	body.write(w, body.failing())
}

// write answers with the report.
func (r report) write(w http.ResponseWriter, unavailable bool) {
	encoded, err := json.MarshalIndent(r, "", "  ")
	if err != nil { // a time that RFC 3339 cannot write
		http.Error(w, "a component's state cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if unavailable {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(append(encoded, '\n')) // the probe may be gone
}

// text writes a body of plain text.
func text(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(body)) // the client may be gone
}
