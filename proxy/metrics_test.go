package proxy_test

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus"

	"tvscim/proxy"
)

// samples gathers what a collector has counted: the name with its labels to the value, of
// histograms to the count.
func samples(t *testing.T, c prometheus.Collector) map[string]float64 {
	t.Helper()
	registry := prometheus.NewPedanticRegistry()
	if err := registry.Register(c); err != nil {
		t.Fatal(err)
	}
	families, err := registry.Gather()
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]float64{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			var labels []string
			for _, l := range m.GetLabel() {
				labels = append(labels, l.GetValue())
			}
			all[family.GetName()+" "+strings.Join(labels, " ")] = m.GetCounter().GetValue() + m.GetGauge().GetValue() +
				float64(m.GetHistogram().GetSampleCount())
		}
	}
	return all
}

func TestCounters(t *testing.T) {
	t.Parallel()
	s := newServer(t)
	c := dial(t, s.Handler())
	c.send("POST", "/Users", nora)
	c.send("POST", "/Users", nora)
	c.send("GET", "/Users", "")
	c.send("GET", "//Users/", "")
	for i := range 20 {
		c.send("GET", fmt.Sprintf("/Users/nobody-%d", i), "")
		c.send("GET", fmt.Sprintf("/nothing-%d", i), "")
		c.send("GET", fmt.Sprintf("/Users/1/%d", i), "")
		c.send(fmt.Sprintf("M%d", i), "/Users", "")
	}
	want := map[string]float64{
		"tvscim_http_requests_total POST /Users 201":          1,
		"tvscim_http_requests_total POST /Users 409":          1,
		"tvscim_http_requests_total GET /Users 200":           2,
		"tvscim_http_requests_total GET /Users/:id 404":       20,
		"tvscim_http_requests_total GET unmatched 404":        40,
		"tvscim_http_requests_total other /Users 405":         20,
		"tvscim_http_request_duration_seconds POST /Users":    2,
		"tvscim_http_request_duration_seconds GET /Users":     2,
		"tvscim_http_request_duration_seconds GET /Users/:id": 20,
		"tvscim_http_request_duration_seconds GET unmatched":  40,
		"tvscim_http_request_duration_seconds other /Users":   20,
		"tvscim_http_requests_in_flight ":                     0,
	}
	if diff := cmp.Diff(want, samples(t, s.Collector())); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}

// TestCountersOfFailures counts requests without a response: a panic and a client that closes the
// connection.
func TestCountersOfFailures(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var s *proxy.Server
	calls := 0
	s = newServer(t, failing(func(ctx context.Context) error {
		if got := samples(t, s.Collector())["tvscim_http_requests_in_flight "]; got != 1 {
			t.Errorf("%v requests in flight, want 1", got)
		}
		if calls++; calls == 1 {
			panic("boom")
		}
		cancel()
		return ctx.Err()
	}))
	for range 2 {
		r := httptest.NewRequestWithContext(ctx, "GET", "/scim/v2/Users/user-1", nil)
		r.Header.Set("Authorization", "Bearer "+bearer)
		s.Handler().ServeHTTP(httptest.NewRecorder(), r)
	}
	want := map[string]float64{
		"tvscim_http_requests_total GET /Users/:id 500":       1,
		"tvscim_http_requests_total GET /Users/:id 499":       1,
		"tvscim_http_request_duration_seconds GET /Users/:id": 2,
		"tvscim_http_requests_in_flight ":                     0,
	}
	if diff := cmp.Diff(want, samples(t, s.Collector())); diff != "" {
		t.Errorf("samples (-want +got):\n%s", diff)
	}
}
