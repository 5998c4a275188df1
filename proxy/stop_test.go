package proxy_test

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/proxy"
)

// TestBulkEndsWithTheGateway: what was done until the gateway is stopped is answered as done, the
// rest as not done.
func TestBulkEndsWithTheGateway(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.InfoLevel)
	var s *proxy.Server
	begun := 0
	s = newServer(t, func(o *proxy.Options) { o.Logger = zap.New(core) }, failing(func(context.Context) error {
		if begun++; begun == 2 {
			s.Stop(time.Minute)
			s.Stop(time.Hour) // a second signal
		}
		return nil
	}))
	w := httptest.NewRecorder()
	serveBulk(s, w, post("a", "nora@contoso.example"), putNora, putNora, putNora, post("b", "ola@contoso.example"))
	a := reply{status: w.Code, body: w.Body.String()}
	if got := a.statuses(t); got != "201 200 200 503 503" {
		t.Errorf("statuses %s: %s", got, a.body)
	}
	for _, r := range a.results(t)[3:] {
		if !strings.HasPrefix(r.Response.Detail, "not done: the gateway is stopping") {
			t.Errorf("detail %q", r.Response.Detail)
		}
	}
	if lines := logs.FilterMessageSnippet("ended by the stop").All(); len(lines) != 1 || lines[0].ContextMap()["not_begun"] != int64(2) {
		t.Errorf("lines %v", lines)
	}
}

// TestBulkIsNotHeldByOneOperation: an operation that does not end in time is answered as what it
// is, not known.
func TestBulkIsNotHeldByOneOperation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var s *proxy.Server
		s = newServer(t, func(o *proxy.Options) { o.RequestTimeout = time.Minute }, failing(func(context.Context) error {
			s.Stop(20 * time.Second)
			time.Sleep(40 * time.Second) // as a change does that was sent already
			return nil
		}))
		started := time.Now()
		w := httptest.NewRecorder()
		serveBulk(s, w, post("a", "nora@contoso.example"), putNora, putNora)
		if took := time.Since(started); took != 20*time.Second {
			t.Errorf("answered after %s, want 20s", took)
		}
		a := reply{status: w.Code, body: w.Body.String()}
		if got := a.statuses(t); got != "201 503 503" {
			t.Fatalf("statuses %s: %s", got, a.body)
		}
		if detail := a.results(t)[1].Response.Detail; !strings.Contains(detail, "before the outcome was known") {
			t.Errorf("detail %q", detail)
		}
		time.Sleep(time.Minute) // until the operation ends too
	})
}

// TestBulkPanicStaysOne: an operation that panics ends as before, as an error of the request.
func TestBulkPanicStaysOne(t *testing.T) {
	t.Parallel()
	w := httptest.NewRecorder()
	serveBulk(newServer(t, failing(func(context.Context) error { panic("boom") })), w, putNora)
	if w.Code != 500 || strings.Contains(w.Body.String(), "boom") {
		t.Errorf("status %d: %s", w.Code, w.Body)
	}
}
