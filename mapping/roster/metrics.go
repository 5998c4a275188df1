package roster

import (
	"cmp"
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The kinds of snapshots, as metrics and errors name them.
const (
	users  = "users"
	groups = "usergroups"
)

// outcome is how a load ended.
type outcome int

const (
	loaded outcome = iota
	empty
	short
	failed
	outcomes // the number of outcomes
)

// outcomeNames are the values of the label outcome.
var outcomeNames = [outcomes]string{"loaded", "empty", "short", "failed"}

func outcomeOf(err error) outcome {
	switch {
	case err == nil:
		return loaded
	case errors.Is(err, errEmpty):
		return empty
	case errors.Is(err, ErrShort):
		return short
	default:
		return failed
	}
}

// loadCounters counts the loads of one kind by outcome.
type loadCounters [outcomes]atomic.Int64

func (c *loadCounters) count(o outcome) { c[o].Add(1) }

// descriptions are the metrics of a Roster. Values of the snapshots are read on collection.
type descriptions struct {
	objects, age, took, loads *prometheus.Desc
}

func newDescriptions() descriptions {
	describe := func(name, help string, more ...string) *prometheus.Desc {
		name = prometheus.BuildFQName("tvscim", "snapshot", name)
		return prometheus.NewDesc(name, help, append([]string{"kind"}, more...), nil)
	}
	return descriptions{
		objects: describe("objects", "Number of objects that TeamViewer holds by the newest snapshot."),
		age:     describe("age_seconds", "Time since the load of the newest snapshot began."),
		took:    describe("load_seconds", "Duration of the load of the newest snapshot."),
		loads:   describe("loads_total", "Loads of a snapshot, by outcome.", "outcome"),
	}
}

// Describe implements [prometheus.Collector].
func (r *Roster) Describe(to chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{r.metrics.objects, r.metrics.age, r.metrics.took, r.metrics.loads} {
		to <- d
	}
}

// Collect implements [prometheus.Collector].
func (r *Roster) Collect(to chan<- prometheus.Metric) {
	collect(to, r.metrics, r.Users)
	collect(to, r.metrics, r.Groups)
}

func collect[ID cmp.Ordered, V any](to chan<- prometheus.Metric, d descriptions, c *Cache[ID, V]) {
	send := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, kind, value, append([]string{c.kind.plural}, labels...)...)
	}
	for o, name := range outcomeNames {
		send(d.loads, prometheus.CounterValue, float64(c.loads[o].Load()), name)
	}
	v, took := c.measure()
	if v == nil {
		return // there is no age and no size
	}
	send(d.objects, prometheus.GaugeValue, float64(v.Len()))
	send(d.age, prometheus.GaugeValue, v.Age().Seconds())
	send(d.took, prometheus.GaugeValue, took.Seconds())
}

// measure returns a view of the snapshot and the duration of its load.
func (c *Cache[ID, V]) measure() (*View[ID, V], time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.view(), c.took[0]
}

var _ prometheus.Collector = (*Roster)(nil)
