package certificate

import (
	"github.com/prometheus/client_golang/prometheus"
)

var (
	expiryDesc = prometheus.NewDesc("tvscim_tls_certificate_expiry_timestamp_seconds",
		"When the TLS certificate of the gateway expires, in seconds since 1970, by where it comes from (file, acme) and its first name.",
		[]string{"source", "domain"}, nil)
	failingDesc = prometheus.NewDesc("tvscim_tls_failing",
		"1 while the TLS files cannot be used, an ACME certificate is missing, or a certificate has expired or expires soon, else 0.",
		nil, nil)
)

var _ prometheus.Collector = (*Source)(nil)

// newReloads returns the counter of loads.
func newReloads() *prometheus.CounterVec {
	reloads := prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tvscim_tls_reloads_total",
		Help: "Changes of the TLS files since the start, by outcome: loaded, failed.",
	}, []string{"outcome"})
	for _, outcome := range []string{"loaded", "failed"} {
		reloads.WithLabelValues(outcome)
	}
	return reloads
}

// Describe sends the descriptions of all metrics.
func (s *Source) Describe(ch chan<- *prometheus.Desc) {
	ch <- expiryDesc
	ch <- failingDesc
	s.reloads.Describe(ch)
}

// Collect sends the current values of all metrics.
func (s *Source) Collect(ch chan<- prometheus.Metric) {
	for _, h := range s.held() {
		if h.leaf == nil {
			continue
		}
		source, domain := "file", nameOf(h.leaf)
		if h.domain != "" {
			source, domain = "acme", h.domain
		}
		ch <- prometheus.MustNewConstMetric(expiryDesc, prometheus.GaugeValue, float64(h.leaf.NotAfter.Unix()), source, domain)
	}
	failing := 1.0
	if s.Status().OK {
		failing = 0
	}
	ch <- prometheus.MustNewConstMetric(failingDesc, prometheus.GaugeValue, failing)
	s.reloads.Collect(ch)
}
