package gateway_test

import (
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// callsOfRequests finds calls to TeamViewer that were made twice for one request: of a request that
// was answered with success, TeamViewer answered one call with the same content twice while the
// request lasted. A call without an answer may be repeated.
type callsOfRequests struct {
	next http.RoundTripper

	mu        sync.Mutex
	calls     []timedCall
	succeeded int
	twice     []string
}

type timedCall struct {
	at      time.Time
	content string
}

// watchCalls has the client send its requests by way of the result.
func watchCalls(client *http.Client, fake *tvfake.Server) *callsOfRequests {
	c := &callsOfRequests{next: client.Transport}
	client.Transport = c
	fake.OnCall(func(call tvfake.Call) {
		if call.Method == http.MethodGet || call.Status >= http.StatusMultipleChoices || call.Status == 0 {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		c.calls = append(c.calls, timedCall{time.Now(), call.Method + " " + call.Path + " " + call.Body})
	})
	return c
}

// RoundTrip sends one request and looks at the calls made meanwhile. Other requests about the same
// object have other content.
func (c *callsOfRequests) RoundTrip(r *http.Request) (*http.Response, error) {
	began := time.Now()
	a, err := c.next.RoundTrip(r)
	if err != nil || a.StatusCode >= http.StatusMultipleChoices || r.Method == http.MethodGet {
		return a, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.succeeded++
	var seen []string
	for _, call := range c.calls {
		if call.at.Before(began) {
			continue
		}
		if slices.Contains(seen, call.content) {
			c.twice = append(c.twice, r.Method+" "+r.URL.Path+": "+call.content)
		}
		seen = append(seen, call.content)
	}
	return a, err
}

// report reports what was made twice.
func (c *callsOfRequests) report(t *testing.T) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	t.Logf("%d changes succeeded with %d calls", c.succeeded, len(c.calls))
	for _, call := range c.twice {
		t.Errorf("twice for one request: %s", call)
	}
}
