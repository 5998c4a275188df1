package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// Status is how a component is now. Since is when it came to be so, zero when that is not known. Detail is one sentence
// for the operator, without secrets and personal data.
type Status struct {
	OK     bool
	Since  time.Time
	Detail string
}

// Component is a part whose state is shown by /readyz. Check answers from memory, at once: probes call it often. It is
// called from several goroutines.
type Component struct {
	Name  string
	Check func() Status
}

// Options is what the admin handler shows.
type Options struct {
	Gatherer   prometheus.Gatherer // required: what /metrics shows
	Components []Component         // shown in this order
	Version    string              // shown by the index
	// Ready tells whether SCIM requests are taken: from the end of the start to the beginning of the stop. Required.
	Ready func() bool
}

// handler serves the admin endpoints.
type handler struct {
	components []Component
	version    string
	ready      func() bool
}

// New returns the handler of the admin listener. Paths and methods are exact: GET and HEAD, and nothing below a path.
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
		ErrorHandling: promhttp.ContinueOnError, // one collector in trouble must not hide the others
	})
	return secured(map[string]http.Handler{
		"/":        http.HandlerFunc(h.index),
		"/livez":   http.HandlerFunc(h.livez),
		"/readyz":  http.HandlerFunc(h.readyz),
		"/metrics": metrics,
	}), nil
}

// secured serves exact paths, with headers that keep a browser from making anything of the answers. It is no
// http.ServeMux, which would redirect a path that it has cleaned.
func secured(paths map[string]http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := w.Header()
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("X-Frame-Options", "DENY")
		h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
		h.Set("Referrer-Policy", "no-referrer")
		h.Set("Cache-Control", "no-store")
		next, ok := paths[r.URL.Path]
		switch {
		case !ok:
			http.Error(w, "not found", http.StatusNotFound)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
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

/livez    200 while the process serves
/readyz   200 while SCIM requests are taken; the state of every component
/metrics  counters for Prometheus
`)
}

// livez says that the process serves. It looks at nothing: a restart would help no component.
func (h *handler) livez(w http.ResponseWriter, _ *http.Request) { text(w, "ok\n") }

// readiness is the body of /readyz.
type readiness struct {
	Ready      bool        `json:"ready"`
	Components []component `json:"components"`
}

// component is one component in the body of /readyz.
type component struct {
	Name   string    `json:"name"`
	OK     bool      `json:"ok"`
	Since  time.Time `json:"since,omitzero"`
	Detail string    `json:"detail,omitempty"`
}

// readyz is 200 while SCIM requests are answered, be it by 503: a component in trouble stands in the body, so that
// nobody takes away the only instance because of it. It is 503 before the start is done and once the stop began.
func (h *handler) readyz(w http.ResponseWriter, _ *http.Request) {
	body := readiness{Ready: h.ready(), Components: make([]component, 0, len(h.components))}
	for _, c := range h.components {
		s := c.Check()
		since := s.Since
		if !since.IsZero() {
			since = since.UTC().Truncate(time.Millisecond)
		}
		body.Components = append(body.Components, component{Name: c.Name, OK: s.OK, Since: since, Detail: s.Detail})
	}
	encoded, err := json.MarshalIndent(body, "", "  ")
	if err != nil { // a time that RFC 3339 cannot write
		http.Error(w, "a component's state cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if !body.Ready {
		w.WriteHeader(http.StatusServiceUnavailable)
	}
	_, _ = w.Write(append(encoded, '\n')) // nobody to tell when the probe went away
}

// text writes a body of plain text.
func text(w http.ResponseWriter, body string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, _ = w.Write([]byte(body)) // nobody to tell when the client went away
}
