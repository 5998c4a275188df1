package proxy

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// metrics counts requests. The counters of a series are cached, since a look-up by labels costs
// more than counting.
type metrics struct {
	requests *prometheus.CounterVec
	duration *prometheus.HistogramVec
	inFlight prometheus.Gauge
	ignored  *ignored
	series   sync.Map // seriesKey → series
}

var _ prometheus.Collector = (*metrics)(nil)

// seriesKey names one label set.
type seriesKey struct {
	route, method string
	status        int
}

// series holds the resolved counters of one label set.
type series struct {
	requests prometheus.Counter
	duration prometheus.Observer
}

// newMetrics returns metrics at zero.
func newMetrics() *metrics {
	return &metrics{
		requests: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tvscim_http_requests_total",
			Help: "SCIM requests answered, by route, method and status. 499: the client went away.",
		}, []string{"route", "method", "status"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "tvscim_http_request_duration_seconds",
			Help:    "How long SCIM requests took, by route and method.",
			Buckets: []float64{.001, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60},
		}, []string{"route", "method"}),
		inFlight: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: "tvscim_http_requests_in_flight",
			Help: "SCIM requests being answered now.",
		}),
		ignored: newIgnored(),
	}
}

// Describe sends the descriptions of all metrics.
func (m *metrics) Describe(ch chan<- *prometheus.Desc) {
	m.requests.Describe(ch)
	m.duration.Describe(ch)
	m.inFlight.Describe(ch)
	m.ignored.total.Describe(ch)
}

// Collect sends the current values of all metrics.
func (m *metrics) Collect(ch chan<- prometheus.Metric) {
	m.requests.Collect(ch)
	m.duration.Collect(ch)
	m.inFlight.Collect(ch)
	m.ignored.total.Collect(ch)
}

// done counts one answered request.
func (m *metrics) done(route, method string, status int, took time.Duration) {
	key := seriesKey{route: route, method: methodLabel(method), status: status}
	known, ok := m.series.Load(key)
	if !ok {
		known, _ = m.series.LoadOrStore(key, series{
			requests: m.requests.WithLabelValues(key.route, key.method, strconv.Itoa(status)),
			duration: m.duration.WithLabelValues(key.route, key.method),
		})
	}
	s := known.(series)
	s.requests.Inc()
	s.duration.Observe(took.Seconds())
}

// methodLabel returns "other" for an unknown method, so that clients cannot create labels.
func methodLabel(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return method
	default:
		return "other"
	}
}
