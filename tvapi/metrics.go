package tvapi

import (
	"sync"

	"github.com/prometheus/client_golang/prometheus"
)

// Metrics counts the calls of any number of clients. Set its Observe in their Options, and register
// it.
//
//	tvscim_teamviewer_calls_total{function, outcome}
//	tvscim_teamviewer_call_duration_seconds{function}
type Metrics struct {
	calls    *prometheus.CounterVec
	duration *prometheus.HistogramVec
	series   sync.Map // Function to *functionSeries
}

var _ prometheus.Collector = (*Metrics)(nil)

// functionSeries are the series of one function, resolved once: a look-up by label costs more than
// counting.
type functionSeries struct {
	outcomes [kindCount]prometheus.Counter
	duration prometheus.Observer
}

// NewMetrics returns metrics without any counts.
func NewMetrics() *Metrics {
	return &Metrics{
		calls: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "tvscim_teamviewer_calls_total",
			Help: "Calls of the TeamViewer Web API by function and outcome.",
		}, []string{"function", "outcome"}),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name:    "tvscim_teamviewer_call_duration_seconds",
			Help:    "Time from sending a call of the TeamViewer Web API to the end of its answer.",
			Buckets: []float64{.05, .1, .25, .5, 1, 2.5, 5, 10, 20, 60, 300},
		}, []string{"function"}),
	}
}

// Observe counts one call, except a trial, which is not a call of the company.
func (m *Metrics) Observe(e CallEvent) {
	if e.Trial || e.Outcome < 0 || e.Outcome >= kindCount {
		return
	}
	s := m.of(e.Function)
	s.outcomes[e.Outcome].Inc()
	s.duration.Observe(e.Duration.Seconds())
}

// of returns the series of a function. All outcomes exist from its first call on, so that the first
// failure is an increase and not a new series.
func (m *Metrics) of(f Function) *functionSeries {
	if s, ok := m.series.Load(f); ok {
		return s.(*functionSeries)
	}
	s := &functionSeries{duration: m.duration.WithLabelValues(string(f))}
	for kind := range s.outcomes {
		s.outcomes[kind] = m.calls.WithLabelValues(string(f), Kind(kind).String())
	}
	// Two concurrent first calls resolve the same series twice, which is harmless.
	m.series.Store(f, s)
	return s
}

// Describe implements prometheus.Collector.
func (m *Metrics) Describe(ch chan<- *prometheus.Desc) {
	m.calls.Describe(ch)
	m.duration.Describe(ch)
}

// Collect implements prometheus.Collector.
func (m *Metrics) Collect(ch chan<- prometheus.Metric) {
	m.calls.Collect(ch)
	m.duration.Collect(ch)
}
