package alert

import (
	"cmp"
	"context"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"
)

// When posts are made. After a failed post, all posts wait for a pause, which doubles with each
// failure.
const (
	lookEvery     = 10 * time.Second
	perKind       = time.Minute // between two posts of one kind
	minRetryPause = time.Minute
	maxRetryPause = 15 * time.Minute
)

// Condition is something that needs the attention of an operator. Its texts contain no secret and
// no personal data.
type Condition struct {
	Kind    string    // one of a few constants, such as "teamviewer_away"
	Name    string    // distinguishes conditions of one kind, such as the name of a token; "" if there is only one
	Since   time.Time // zero: since it was first seen
	Summary string    // what is wrong, one sentence
	Remedy  string    // what to do
}

// Options are the settings and dependencies of a [Watcher].
type Options struct {
	// Conditions returns the conditions that hold at now. It is called often, by one goroutine, and
	// must not block.
	Conditions func(now time.Time) []Condition
	Instance   string            // identifies the process
	Version    string            // of the program
	Network    http.RoundTripper // sends the posts; nil: a new transport
	Logger     *zap.Logger       // required
}

// Watcher reads conditions periodically and posts when one begins and when it ends. It stores its
// state in memory only. It collects its own metrics. It is safe for concurrent use.
type Watcher struct {
	options Options
	client  *http.Client
	posts   *prometheus.CounterVec

	mu     sync.Mutex
	wanted string // the address; "": none

	looking  sync.Mutex // guards what follows
	url      string     // the address in use
	alerts   map[key]*alert
	next     map[string]time.Time // when the next post of a kind may be made
	failures int                  // posts that failed in a row
	retryAt  time.Time
}

// key identifies an alert.
type key struct{ kind, name string }

// alert is one condition that holds, or that was posted as firing and not yet as resolved.
type alert struct {
	Condition
	firing bool // it holds
	told   bool // the latest post was that it holds
	until  time.Time
}

// New returns a Watcher without an address, which posts nothing.
func New(o Options) *Watcher {
	w := &Watcher{options: o, client: newClient(o.Network), posts: prometheus.NewCounterVec(prometheus.CounterOpts{
		Name: "tvscim_alert_posts_total", Help: "Posts of alerts to alert.webhook, by outcome: ok or failed.",
	}, []string{"outcome"})}
	w.posts.WithLabelValues("ok")
	w.posts.WithLabelValues("failed")
	return w
}

// Describe implements prometheus.Collector.
func (w *Watcher) Describe(to chan<- *prometheus.Desc) { w.posts.Describe(to) }

// Collect implements prometheus.Collector.
func (w *Watcher) Collect(to chan<- prometheus.Metric) { w.posts.Collect(to) }

// SetURL changes the address of the posts; "" means none. It may contain a secret and is never
// shown. A new address receives all conditions that hold then. SetURL returns at once.
func (w *Watcher) SetURL(url string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = url
}

// Run calls [Watcher.Look] every ten seconds until ctx ends.
func (w *Watcher) Run(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			w.Look(ctx, now)
		}
	}
}

// Look reads the conditions and posts what the receiver does not know yet, within the limits of
// posts.
func (w *Watcher) Look(ctx context.Context, now time.Time) {
	w.looking.Lock()
	defer w.looking.Unlock()
	w.address()
	if w.url == "" {
		return
	}
	w.compare(w.options.Conditions(now), now)
	if now.Before(w.retryAt) {
		return
	}
	for _, k := range slices.SortedFunc(maps.Keys(w.alerts), compareKeys) {
		a := w.alerts[k]
		if a.firing == a.told || now.Before(w.next[k.kind]) {
			continue
		}
		w.next[k.kind] = now.Add(perKind)
		if !w.post(ctx, a, now) {
			return
		}
		if a.told = a.firing; !a.firing {
			delete(w.alerts, k)
		}
	}
}

func compareKeys(a, b key) int {
	return cmp.Or(cmp.Compare(a.kind, b.kind), cmp.Compare(a.name, b.name))
}

// address discards the state if the address has changed.
func (w *Watcher) address() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.url == w.wanted && w.alerts != nil {
		return
	}
	w.url, w.alerts, w.next = w.wanted, make(map[key]*alert), make(map[string]time.Time)
	w.failures, w.retryAt = 0, time.Time{}
}

// compare updates the alerts. A condition that began and ended without a post is discarded.
func (w *Watcher) compare(conditions []Condition, now time.Time) {
	holds := make(map[key]bool, len(conditions))
	for _, c := range conditions {
		k := key{c.Kind, c.Name}
		holds[k] = true
		a := w.alerts[k]
		if a == nil {
			a = &alert{}
			w.alerts[k] = a
		}
		if !a.firing && !a.told {
			c.Since = cmp.Or(c.Since, now)
			a.Condition = c
		}
		a.firing = true
	}
	for k, a := range w.alerts {
		if holds[k] {
			continue
		}
		if a.firing {
			a.firing, a.until = false, now
		}
		if !a.told {
			delete(w.alerts, k)
		}
	}
}

// post makes one post and records the result. It reports whether the post succeeded.
func (w *Watcher) post(ctx context.Context, a *alert, now time.Time) bool {
	log := w.options.Logger.With(zap.String("kind", a.Kind), zap.String("state", string(a.state())))
	err := w.send(ctx, w.messageOf(a))
	switch {
	case err == nil:
		w.posts.WithLabelValues("ok").Inc()
		w.failures = 0
		log.Info("alert posted to alert.webhook")
		return true
	case ctx.Err() != nil: // the process ends
		return false
	}
	w.posts.WithLabelValues("failed").Inc()
	pause := min(minRetryPause<<min(w.failures, 8), maxRetryPause)
	w.failures++
	w.retryAt = now.Add(pause)
	log.Warn("alert not posted to alert.webhook; it is tried again", zap.Error(err), zap.Duration("after", pause))
	return false
}
