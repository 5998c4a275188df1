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

// When posts are made. A receiver that fails is tried again after a pause that doubles; the others wait meanwhile.
const (
	lookEvery     = 10 * time.Second
	perKind       = time.Minute // between two posts of one kind
	minRetryPause = time.Minute
	maxRetryPause = 15 * time.Minute
)

// Condition is something that somebody must know now. Its texts hold nothing secret and no personal data.
type Condition struct {
	Kind    string    // one word of a few, such as "teamviewer_away"
	Name    string    // which of several of the kind, such as the name of a token; "" where there is one
	Since   time.Time // zero: since it was first seen
	Summary string    // what is wrong, one sentence
	Remedy  string    // what to do
}

// Options are what a [Watcher] needs.
type Options struct {
	// Conditions returns what is true now. It is called by one goroutine, often, and must not wait.
	Conditions func(now time.Time) []Condition
	Instance   string            // which process speaks
	Version    string            // of the program
	Network    http.RoundTripper // sends the posts; nil: a transport of the watcher's own
	Logger     *zap.Logger       // required
}

// Watcher looks at conditions and posts their beginnings and ends. What it has told is forgotten with the process. It also
// collects its metrics. It is safe for concurrent use.
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

// key tells alerts apart.
type key struct{ kind, name string }

// alert is one condition that holds, or that the receiver was told to hold.
type alert struct {
	Condition
	firing bool // it holds
	told   bool // the receiver was told that it holds
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

// SetURL changes the address that alerts are posted to, "" for none. It may hold a secret and is never shown. Another
// address is told of what holds then. It returns at once.
func (w *Watcher) SetURL(url string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.wanted = url
}

// Run looks every ten seconds until ctx ends.
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

// Look takes in what is true now and posts what the receiver does not know yet, as far as it may be posted now.
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

// address begins anew if the address has changed.
func (w *Watcher) address() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.url == w.wanted && w.alerts != nil {
		return
	}
	w.url, w.alerts, w.next = w.wanted, make(map[key]*alert), make(map[string]time.Time)
	w.failures, w.retryAt = 0, time.Time{}
}

// compare takes in what is true now. What has begun and ended without the receiver's having been told is forgotten.
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

// post makes one post and takes note of how it went. It reports whether it succeeded.
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
