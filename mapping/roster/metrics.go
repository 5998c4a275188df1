package roster

import (
	"cmp"
	"errors"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// The kinds of pictures, as metrics and errors name them.
const (
	users  = "users"
	groups = "usergroups"
)

// outcome is how a load ended.
type outcome int

const (
	loaded outcome = iota
	empty
	failed
	outcomes // how many there are
)

// outcomeNames are the values of the label outcome.
var outcomeNames = [outcomes]string{"loaded", "empty", "failed"}

func outcomeOf(err error) outcome {
	switch {
	case err == nil:
		return loaded
	case errors.Is(err, errEmpty):
		return empty
	default:
		return failed
	}
}

// loadCounters counts the loads of one kind by outcome.
type loadCounters [outcomes]atomic.Int64

func (c *loadCounters) count(o outcome) { c[o].Add(1) }

// descriptions are the metrics of a Roster. What can be read off the pictures is read when somebody asks.
type descriptions struct {
	objects, age, took, loads *prometheus.Desc
}

func newDescriptions() descriptions {
	describe := func(name, help string, more ...string) *prometheus.Desc {
		name = prometheus.BuildFQName("tvscim", "picture", name)
		return prometheus.NewDesc(name, help, append([]string{"kind"}, more...), nil)
	}
	return descriptions{
		objects: describe("objects", "Number of objects that TeamViewer holds by the newest picture."),
		age:     describe("age_seconds", "Time since the load of the newest picture began."),
		took:    describe("load_seconds", "Duration of the load of the newest picture."),
		loads:   describe("loads_total", "Loads of a picture, by outcome.", "outcome"),
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
	collect(to, r.metrics, r.users)
	collect(to, r.metrics, r.groups)
}

func collect[ID cmp.Ordered, V any](to chan<- prometheus.Metric, d descriptions, k *keeper[ID, V]) {
	send := func(desc *prometheus.Desc, kind prometheus.ValueType, value float64, labels ...string) {
		to <- prometheus.MustNewConstMetric(desc, kind, value, append([]string{k.kind.plural}, labels...)...)
	}
	for o, name := range outcomeNames {
		send(d.loads, prometheus.CounterValue, float64(k.loads[o].Load()), name)
	}
	v, took := k.measure()
	if v.picture == nil {
		return // an age or a size of nothing would be a lie
	}
	send(d.objects, prometheus.GaugeValue, float64(v.Len()))
	send(d.age, prometheus.GaugeValue, v.Age().Seconds())
	send(d.took, prometheus.GaugeValue, took.Seconds())
}

// measure returns a view of the picture, and how long its load took.
func (k *keeper[ID, V]) measure() (view[ID, V], time.Duration) {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.look(), k.took
}

var _ prometheus.Collector = (*Roster)(nil)
