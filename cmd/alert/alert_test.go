package alert_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/cmd/alert"
)

// receiver is an address on the web that alerts are posted to.
type receiver struct {
	mu     sync.Mutex
	status int
	header http.Header
	got    []string // bodies of what was answered with 2xx
	asked  int

	url string
}

const secretPath = "/hook/s3cret-token"

func newReceiver(t *testing.T) *receiver {
	t.Helper()
	r := &receiver{status: http.StatusNoContent, header: http.Header{}}
	server := httptest.NewServer(http.HandlerFunc(r.serve))
	t.Cleanup(server.Close)
	r.url = server.URL + secretPath
	return r
}

func (r *receiver) serve(w http.ResponseWriter, request *http.Request) {
	body, err := io.ReadAll(request.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.asked++
	for name, values := range r.header {
		w.Header()[name] = values
	}
	if err == nil && r.status < 300 && request.Method == http.MethodPost && request.URL.Path == secretPath &&
		request.Header.Get("Content-Type") == "application/json" {
		r.got = append(r.got, string(body))
	}
	w.WriteHeader(r.status)
}

// answers changes the status of the answers.
func (r *receiver) answers(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// take returns what was received since the last call, each as kind, name and state, and how often
// the receiver was asked.
func (r *receiver) take(t *testing.T) (got []string, asked int) {
	t.Helper()
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, body := range r.got {
		var m struct{ Kind, Name, State string }
		if err := json.Unmarshal([]byte(body), &m); err != nil {
			t.Errorf("%v: %s", err, body)
		}
		got = append(got, strings.Join(strings.Fields(m.Kind+" "+m.Name+" "+m.State), " "))
	}
	asked = r.asked
	r.got, r.asked = nil, 0
	return got, asked
}

// watched is a watcher whose conditions and time a test sets.
type watched struct {
	*alert.Watcher
	t      *testing.T
	now    time.Time
	holds  []alert.Condition
	logged *observer.ObservedLogs
}

func watch(t *testing.T, url string, network http.RoundTripper) *watched {
	t.Helper()
	core, logged := observer.New(zap.DebugLevel)
	w := &watched{t: t, now: time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC), logged: logged}
	w.Watcher = alert.New(alert.Options{
		Conditions: func(time.Time) []alert.Condition { return w.holds },
		Instance:   "gw-1", Version: "1.2.3", Network: network, Logger: zap.New(core),
	})
	w.SetURL(url)
	t.Cleanup(func() {
		for _, entry := range logged.All() {
			if text := entry.Message + fmt.Sprint(entry.ContextMap()); strings.Contains(text, "s3cret") || strings.Contains(text, "127.0.0.1") {
				t.Errorf("the log shows the address: %s", text)
			}
		}
	})
	return w
}

// after has the watcher look once after some time.
func (w *watched) after(d time.Duration, holds ...alert.Condition) {
	w.t.Helper()
	w.now, w.holds = w.now.Add(d), holds
	w.Look(w.t.Context(), w.now)
}

// wants compares what the receiver got with what it should get.
func wants(t *testing.T, r *receiver, want ...string) {
	t.Helper()
	if got, _ := r.take(t); cmp.Diff(want, got) != "" {
		t.Errorf("posts (-want +got):\n%s", cmp.Diff(want, got))
	}
}

var (
	away    = alert.Condition{Kind: "away", Since: time.Date(2026, 7, 1, 11, 50, 0, 5, time.UTC), Summary: "it is away", Remedy: "Wait"}
	expires = alert.Condition{Kind: "expires", Name: "entra", Summary: "it ends"}
	ends    = alert.Condition{Kind: "expires", Name: "okta", Summary: "it ends"}
)

// TestBeginningAndEnd are posted once each, as the documented JSON.
func TestBeginningAndEnd(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	w := watch(t, r.url, nil)
	w.after(0)
	for range 20 {
		w.after(10*time.Second, away)
	}
	for range 20 {
		w.after(10 * time.Second)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	want := []string{
		`{"kind":"away","state":"firing","since":"2026-07-01T11:50:00Z","summary":"it is away","remedy":"Wait","instance":"gw-1","version":"1.2.3"}`,
		`{"kind":"away","state":"resolved","since":"2026-07-01T11:50:00Z","until":"2026-07-01T12:03:30Z","summary":"it is away","remedy":"Wait","instance":"gw-1","version":"1.2.3"}`,
	}
	if diff := cmp.Diff(want, r.got); diff != "" {
		t.Errorf("posts (-want +got):\n%s", diff)
	}
}

// TestNoFlood: of one kind there is at most one post a minute, however often the state changes, and
// the last one tells how it is.
func TestNoFlood(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	w := watch(t, r.url, nil)
	for i := range 360 { // an hour in which the state changes every ten seconds, and every seventh time does not
		if i%2 == 0 || i%7 == 0 {
			w.after(10*time.Second, away)
		} else {
			w.after(10 * time.Second)
		}
	}
	w.after(time.Minute)
	got, asked := r.take(t)
	if asked > 61 || asked < 10 || len(got) == 0 || got[len(got)-1] != "away resolved" {
		t.Errorf("%d posts in an hour, the last one %v", asked, got[max(0, len(got)-1):])
	}
	for i := 1; i < len(got); i++ {
		if got[i] == got[i-1] {
			t.Errorf("posts %d and %d are both %q", i-1, i, got[i])
		}
	}
}

// TestSeveralOfOneKind are told one a minute, and of several kinds at once.
func TestSeveralOfOneKind(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	w := watch(t, r.url, nil)
	w.after(0, away, expires, ends)
	wants(t, r, "away firing", "expires entra firing")
	w.after(50*time.Second, away, expires, ends)
	wants(t, r)
	w.after(10*time.Second, away, ends)
	wants(t, r, "expires entra resolved")
	w.after(time.Minute, away, ends)
	wants(t, r, "expires okta firing")
}

// TestFailingReceiver is tried again after a pause that doubles up to a quarter of an hour, by one
// post at a time, and told how it is when it works again. What has begun and ended meanwhile is not
// told.
func TestFailingReceiver(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusNotFound, http.StatusFound} {
		r := newReceiver(t)
		r.header.Set("Location", r.url) // a redirect is not followed
		r.answers(status)
		w := watch(t, r.url, nil)
		var tried []time.Duration
		start := w.now
		for range 6 * 60 { // an hour
			w.after(10*time.Second, away, expires)
			if _, asked := r.take(t); asked > 0 {
				tried = append(tried, w.now.Sub(start).Round(time.Minute))
				if asked != 1 {
					t.Errorf("%d: %d posts at once", status, asked)
				}
			}
		}
		if diff := cmp.Diff([]time.Duration{0, time.Minute, 3 * time.Minute, 7 * time.Minute, 15 * time.Minute, 30 * time.Minute, 45 * time.Minute}, tried[:7]); diff != "" || len(tried) > 8 {
			t.Errorf("%d: posts at %v", status, tried)
		}
		counts(t, w, 0, len(tried))
		lines := w.logged.FilterMessage("alert not posted to alert.webhook; it is tried again").All()
		if len(lines) != len(tried) || !strings.Contains(fmt.Sprint(lines[0].ContextMap()["error"]), fmt.Sprint(status)) {
			t.Errorf("%d: logged %v", status, lines)
		}
		r.answers(http.StatusOK)
		failed := len(tried)
		w.after(15*time.Minute, expires)
		wants(t, r, "expires entra firing")
		counts(t, w, 1, failed)
	}
}

// counts compares the metric of posts.
func counts(t *testing.T, w *watched, ok, failed int) {
	t.Helper()
	want := fmt.Sprintf("# HELP tvscim_alert_posts_total Posts of alerts to alert.webhook, by outcome: ok or failed.\n"+
		"# TYPE tvscim_alert_posts_total counter\n"+
		"tvscim_alert_posts_total{outcome=\"failed\"} %d\ntvscim_alert_posts_total{outcome=\"ok\"} %d\n", failed, ok)
	if err := testutil.CollectAndCompare(w, strings.NewReader(want)); err != nil {
		t.Error(err)
	}
}

// TestUnreachableReceiver is said in words of the watcher's own.
func TestUnreachableReceiver(t *testing.T) {
	t.Parallel()
	r := newReceiver(t)
	closed := httptest.NewServer(http.NotFoundHandler())
	closed.Close()
	secure := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(secure.Close)
	for url, want := range map[string]string{
		closed.URL + secretPath:                    "the receiver refuses connections",
		secure.URL + secretPath:                    "the certificate of the receiver is not trusted",
		strings.Replace(r.url, "http", "https", 1): "the receiver cannot be reached",
	} {
		w := watch(t, url, nil)
		w.after(0, away)
		lines := w.logged.FilterMessage("alert not posted to alert.webhook; it is tried again").All()
		if len(lines) != 1 || lines[0].ContextMap()["error"] != want {
			t.Errorf("logged %v, want %q", lines, want)
		}
	}
}

// TestAnotherAddress is told of what holds; without an address nothing is posted.
func TestAnotherAddress(t *testing.T) {
	t.Parallel()
	first, second := newReceiver(t), newReceiver(t)
	w := watch(t, first.url, nil)
	w.after(0, away)
	wants(t, first, "away firing")
	w.SetURL(second.url)
	w.after(time.Second, away)
	wants(t, second, "away firing")
	w.SetURL("")
	w.after(time.Hour)
	w.after(time.Hour, away)
	w.SetURL(first.url)
	w.after(time.Hour)
	wants(t, first)
	wants(t, second)
}

// silent is a network that never answers.
type silent struct{}

// RoundTrip waits until nobody does any more.
func (silent) RoundTrip(r *http.Request) (*http.Response, error) {
	<-r.Context().Done()
	return nil, r.Context().Err()
}

// TestRun looks every ten seconds, gives a receiver that does not answer ten seconds, and ends with
// its context.
func TestRun(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := watch(t, "https://alerts.example.com"+secretPath, silent{})
		w.holds = []alert.Condition{away}
		ctx, cancel := context.WithTimeout(t.Context(), 65*time.Second)
		defer cancel()
		start := time.Now()
		w.Run(ctx)
		if took := time.Since(start); took != 65*time.Second {
			t.Errorf("it ended after %v", took)
		}
		lines := w.logged.All()
		if len(lines) != 1 || lines[0].ContextMap()["error"] != "the receiver does not answer in time" || lines[0].Time.Sub(start) != 20*time.Second {
			t.Errorf("logged %v", lines)
		}
	})
}
