package proxy_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap/zapcore"

	"tvscim/proxy"
	"tvscim/scim"
)

const putNora = `{"method":"PUT","path":"/Users/user-1","data":{"userName":"nora@contoso.example"}}`

// serveBulk sends a bulk request in process.
func serveBulk(s *proxy.Server, w http.ResponseWriter, operations ...string) {
	r := httptest.NewRequest(http.MethodPost, "/scim/v2/Bulk", strings.NewReader(bulkBody(operations...)))
	r.Header.Set("Authorization", "Bearer "+bearer)
	s.Handler().ServeHTTP(w, r)
}

// TestBulkTimeouts has a store that never answers: each operation has the time of a request, all
// together ten times that, and those that were not begun say so.
func TestBulkTimeouts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, func(o *proxy.Options) { o.RequestTimeout = 5 * time.Second },
			failing(func(ctx context.Context) error {
				<-ctx.Done()
				return ctx.Err()
			}))
		operations := make([]string, 12)
		for i := range operations {
			operations[i] = putNora
		}
		started := time.Now()
		w := httptest.NewRecorder()
		serveBulk(s, w, operations...)
		if took := time.Since(started); took != 50*time.Second {
			t.Errorf("answered after %s, want 50s", took)
		}
		late := 0
		for i, r := range (reply{status: w.Code, body: w.Body.String()}).results(t) {
			if r.Status != "503" {
				t.Errorf("operation %d: status %s", i, r.Status)
			}
			if strings.HasPrefix(r.Response.Detail, "not done:") {
				late++
			}
		}
		if late < 1 || late > 2 { // the eleventh begins, or does not, at the very moment when the time is over
			t.Errorf("%d operations were not begun, want the last two", late)
		}
	})
}

// deadlines is a connection that records its write deadline.
type deadlines struct {
	*httptest.ResponseRecorder
	write time.Time
}

// SetWriteDeadline is what http.ResponseController looks for.
func (d *deadlines) SetWriteDeadline(t time.Time) error {
	d.write = t
	return nil
}

// TestAnswerHasItsOwnTime: whatever a request takes, and a bulk request may take long, its client
// has time to read the answer from when it begins.
func TestAnswerHasItsOwnTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, func(o *proxy.Options) { o.RequestTimeout = 10 * time.Minute },
			failing(func(context.Context) error {
				time.Sleep(9 * time.Minute)
				return nil
			}))
		w := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		serveBulk(s, w, putNora, putNora, putNora)
		if got := time.Until(w.write); w.Code != http.StatusOK || got != 30*time.Second {
			t.Errorf("status %d, and %s to write the answer, want 30 seconds", w.Code, got)
		}
	})
}

// TestBulkFailureIsLogged: the log line of the request has status 200, so an operation that fails
// with 5xx has its own line, with the cause and without personal data.
func TestBulkFailureIsLogged(t *testing.T) {
	t.Parallel()
	l := serveLogged(t, zapcore.InfoLevel, failing(func(context.Context) error { return errors.New("disk full") }))
	w := l.do(t.Context(), "POST", "/Bulk", bulkBody(`{"method":"DELETE","path":"/Nothing"}`, putNora), nil)
	a := reply{status: w.Code, body: w.Body.String()}
	if got := a.statuses(t); got != "400 500" || strings.Contains(a.body, "disk") {
		t.Errorf("answer %s", a.body)
	}
	level, fields := l.line("bulk operation failed")
	if id := fields["request_id"]; id == nil || id == "" || !strings.Contains(a.body, id.(string)) {
		t.Errorf("request id %v, answer %s", id, a.body)
	}
	delete(fields, "request_id")
	want := map[string]any{"operation": int64(2), "method": "PUT", "status": int64(500), "cause": "disk full", "id": "user-1",
		"reason": "internal error; the log of this service has the reason under the id of this request"}
	if diff := cmp.Diff(want, fields); diff != "" || level != zapcore.WarnLevel {
		t.Errorf("level %s, fields (-want +got):\n%s", level, diff)
	}
}

// TestBulkTokenRefusedOnTheWay: a store that refuses the caller's token in the middle says so in
// the place of each operation.
func TestBulkTokenRefusedOnTheWay(t *testing.T) {
	t.Parallel()
	c := serve(t, failing(func(context.Context) error { return scim.Unauthorized("not any more") }))
	a := c.bulk(post("a", "a@contoso.example"), putNora, `{"method":"POST","bulkId":"g","path":"/Groups","data":{"displayName":"g"}}`)
	if got := a.statuses(t); got != "201 401 201" {
		t.Errorf("statuses %s: %s", got, a.body)
	}
}

// TestBulkOfAClientThatLeft: after the client closes the connection, no operation is started, and
// one log line records it.
func TestBulkOfAClientThatLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	begun := 0
	l := serveLogged(t, zapcore.InfoLevel, failing(func(ctx context.Context) error {
		if begun++; begun == 2 {
			cancel()
			return ctx.Err()
		}
		return scim.Uniqueness("taken")
	}))
	l.do(ctx, "POST", "/Bulk", bulkBody(putNora, putNora, putNora, putNora, putNora), nil)
	if begun != 2 {
		t.Errorf("%d operations were begun, want 2", begun)
	}
	if n := l.logs.FilterMessage("bulk operation failed").Len(); n != 1 {
		t.Errorf("%d lines about single operations, want that of the first", n)
	}
	level, fields := l.line("client closed the connection of a bulk request")
	delete(fields, "request_id")
	want := map[string]any{"operations": int64(5), "not_begun": int64(3)}
	if diff := cmp.Diff(want, fields); diff != "" || level != zapcore.InfoLevel {
		t.Errorf("level %s, fields (-want +got):\n%s", level, diff)
	}
	if _, fields := l.line("request"); fields["status"] != int64(499) {
		t.Errorf("status %v, want 499", fields["status"])
	}
}
