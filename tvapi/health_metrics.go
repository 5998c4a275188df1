package tvapi

import "github.com/prometheus/client_golang/prometheus"

// HealthMetrics shows the Health of any number of clients as metrics. It gets the clients anew at
// each scrape, since their number changes.
//
//	tvscim_teamviewer_calls_today{function}
//	tvscim_teamviewer_throttled{function}
//	tvscim_teamviewer_withheld
//
// Limits are per token, so the highest count of all clients is shown, and a function is throttled,
// or calls are withheld, when that is true for any client.
type HealthMetrics struct {
	clients                    func() []Health
	today, throttled, withheld *prometheus.Desc
}

var _ prometheus.Collector = (*HealthMetrics)(nil)

// NewHealthMetrics returns the metrics of the clients whose Health clients returns.
func NewHealthMetrics(clients func() []Health) *HealthMetrics {
	function := []string{"function"}
	return &HealthMetrics{
		clients: clients,
		today: prometheus.NewDesc("tvscim_teamviewer_calls_today",
			"Calls of the TeamViewer Web API since midnight UTC, of the token that made the most.", function, nil),
		throttled: prometheus.NewDesc("tvscim_teamviewer_throttled",
			"1 while TeamViewer's limit of calls of the function is used up, else 0.", function, nil),
		withheld: prometheus.NewDesc("tvscim_teamviewer_withheld",
			"1 while calls of the TeamViewer Web API are withheld because it is unavailable, else 0.", nil, nil),
	}
}

// Describe implements prometheus.Collector.
func (m *HealthMetrics) Describe(ch chan<- *prometheus.Desc) {
	ch <- m.today
	ch <- m.throttled
	ch <- m.withheld
}

// Collect implements prometheus.Collector.
func (m *HealthMetrics) Collect(ch chan<- prometheus.Metric) {
	today, throttled, withheld := map[Function]int{}, map[Function]float64{}, 0.0
	for _, h := range m.clients() {
		for _, u := range h.Usage {
			today[u.Function] = max(today[u.Function], u.Calls)
			throttled[u.Function] += 0 // 0 for each function that was called
		}
		for _, t := range h.Throttled {
			throttled[t.Function] = 1
		}
		if h.Trouble != nil && !h.Trouble.NextProbe.IsZero() {
			withheld = 1
		}
	}
	for f, n := range today {
		ch <- prometheus.MustNewConstMetric(m.today, prometheus.GaugeValue, float64(n), string(f))
	}
	for f, is := range throttled {
		ch <- prometheus.MustNewConstMetric(m.throttled, prometheus.GaugeValue, is, string(f))
	}
	ch <- prometheus.MustNewConstMetric(m.withheld, prometheus.GaugeValue, withheld)
}
