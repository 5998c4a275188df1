package proxy_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/proxy"
	"tvscim/scim"
)

// logged is a server whose log a test reads. Requests are made in process, so that a line is there
// when the answer is.
type logged struct {
	t       *testing.T
	handler http.Handler
	logs    *observer.ObservedLogs
}

// serveLogged builds a server that logs from the given level.
func serveLogged(t *testing.T, level zapcore.Level, change ...func(*proxy.Options)) *logged {
	t.Helper()
	core, logs := observer.New(level)
	s := newServer(t, append(change, func(o *proxy.Options) { o.Logger = zap.New(core) })...)
	return &logged{t: t, handler: s.Handler(), logs: logs}
}

// do sends one request with the given headers on top of the token.
func (l *logged) do(ctx context.Context, method, path, body string, header map[string]string) *httptest.ResponseRecorder {
	l.t.Helper()
	r := httptest.NewRequestWithContext(ctx, method, "/scim/v2"+path, strings.NewReader(body))
	r.Header.Set("Authorization", "Bearer "+bearer)
	for name, value := range header {
		r.Header.Set(name, value)
	}
	w := httptest.NewRecorder()
	l.handler.ServeHTTP(w, r)
	return w
}

// line returns the last line with the given message, without what differs from run to run.
func (l *logged) line(message string) (zapcore.Level, map[string]any) {
	l.t.Helper()
	lines := l.logs.FilterMessage(message).All()
	if len(lines) == 0 {
		l.t.Fatalf("no line %q", message)
	}
	line := lines[len(lines)-1]
	fields := line.ContextMap()
	if _, ok := fields["duration"]; !ok && message == "request" {
		l.t.Errorf("no duration: %v", fields)
	}
	delete(fields, "duration")
	return line.Level, fields
}

// requestLines are requests of every outcome, and the line that each leaves.
var requestLines = map[string]struct {
	method, path, body string
	header             map[string]string
	change             func(*proxy.Options)
	level              zapcore.Level
	fields             map[string]any // without request_id and bytes
}{
	"list": {
		method: "GET", path: "/Users?filter=userName+eq+%22nora@contoso.example%22", level: zapcore.InfoLevel,
		fields: map[string]any{"method": "GET", "route": "/Users", "status": int64(200), "caller": "entra"},
	},
	"activity of Entra": {
		method: "GET", path: "/Users", level: zapcore.InfoLevel,
		header: map[string]string{"ActivityId": "0b1c2d3e-aaaa-bbbb-cccc-0123456789ab"},
		fields: map[string]any{"method": "GET", "route": "/Users", "status": int64(200), "caller": "entra",
			"activity_id": "0b1c2d3e-aaaa-bbbb-cccc-0123456789ab"},
	},
	"other header, unclean and long": {
		method: "GET", path: "/Users", level: zapcore.InfoLevel,
		header: map[string]string{"client-request-id": "a\tb\"}{nor@y.k" + strings.Repeat("c", 100)},
		fields: map[string]any{"method": "GET", "route": "/Users", "status": int64(200), "caller": "entra",
			"activity_id": "ab" + strings.Repeat("c", 62)},
	},
	"nothing clean in it": {
		method: "GET", path: "/Users", level: zapcore.InfoLevel, header: map[string]string{"ActivityId": "\"\"{}"},
		fields: map[string]any{"method": "GET", "route": "/Users", "status": int64(200), "caller": "entra"},
	},
	"the client's own request id": {
		method: "GET", path: "/Users", level: zapcore.InfoLevel, header: map[string]string{"X-Request-Id": "mine"},
		fields: map[string]any{"method": "GET", "route": "/Users", "status": int64(200), "caller": "entra"},
	},
	"the client's mistake": {
		method: "POST", path: "/Users", body: `{"displayName":"Nora"}`, level: zapcore.InfoLevel,
		fields: map[string]any{"method": "POST", "route": "/Users", "status": int64(400), "caller": "entra", "scim_type": "invalidValue", "reason": "userName: required, but missing or empty; map a value to it"},
	},
	"unknown id": {
		method: "DELETE", path: "/Users/nora@contoso.example", level: zapcore.InfoLevel,
		fields: map[string]any{"method": "DELETE", "route": "/Users/:id", "status": int64(404), "caller": "entra", "reason": "User …: no resource has this id"},
	},
	"unknown path": {
		method: "GET", path: "/nora@contoso.example", level: zapcore.InfoLevel,
		fields: map[string]any{"method": "GET", "route": "unmatched", "status": int64(404), "caller": "entra", "reason": "no such path: SCIM is served under /scim/v2/, for example /scim/v2/Users; check the Tenant URL of the client"},
	},
	"below an id": {
		method: "GET", path: "/Users/1/nora@contoso.example", level: zapcore.InfoLevel,
		fields: map[string]any{"method": "GET", "route": "unmatched", "status": int64(404), "caller": "entra", "reason": "no such path: SCIM is served under /scim/v2/, for example /scim/v2/Users; check the Tenant URL of the client"},
	},
	"wrong method": {
		method: "DELETE", path: "/Users", level: zapcore.InfoLevel,
		fields: map[string]any{"method": "DELETE", "route": "/Users", "status": int64(405), "caller": "entra", "reason": "the method is not allowed on this path; allowed methods: OPTIONS, GET, HEAD, POST"},
	},
	"invented method": {
		method: "NORA", path: "/Users", level: zapcore.InfoLevel,
		fields: map[string]any{"method": "other", "route": "/Users", "status": int64(405), "caller": "entra", "reason": "the method is not allowed on this path; allowed methods: OPTIONS, GET, HEAD, POST"},
	},
	"no caller": {
		method: "GET", path: "/Users", header: map[string]string{"Authorization": "Bearer stranger"}, level: zapcore.InfoLevel,
		fields: map[string]any{"method": "GET", "route": "/Users", "status": int64(401), "reason": "the bearer token is none of those in the setting auth.tokens; give the client one of them, or list the SHA-256 hash of this one"},
	},
	"upstream down": {
		method: "GET", path: "/Users/user-1", level: zapcore.WarnLevel,
		change: failing(func(context.Context) error {
			return scim.Unavailable(0, "nora's upstream is down").Because(errors.New("connection refused"))
		}),
		fields: map[string]any{"method": "GET", "route": "/Users/:id", "status": int64(503), "caller": "entra", "cause": "connection refused", "id": "user-1", "reason": "nora's upstream is down"},
	},
	"upstream down, no cause known": {
		method: "GET", path: "/Users/user-1", level: zapcore.WarnLevel,
		change: failing(func(context.Context) error { return scim.Unavailable(0, "nora's upstream is down") }),
		fields: map[string]any{"method": "GET", "route": "/Users/:id", "status": int64(503), "caller": "entra", "id": "user-1", "reason": "nora's upstream is down"},
	},
	"our mistake": {
		method: "GET", path: "/Users/user-1", level: zapcore.WarnLevel,
		change: failing(func(context.Context) error { return errors.New("connection refused") }),
		fields: map[string]any{"method": "GET", "route": "/Users/:id", "status": int64(500), "caller": "entra", "cause": "connection refused", "id": "user-1", "reason": "internal error; the log of this service has the reason under the id of this request"},
	},
}

func TestRequestLine(t *testing.T) {
	t.Parallel()
	for name, test := range requestLines {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var changes []func(*proxy.Options)
			if test.change != nil {
				changes = append(changes, test.change)
			}
			l := serveLogged(t, zapcore.InfoLevel, changes...)
			w := l.do(t.Context(), test.method, test.path, test.body, test.header)
			level, fields := l.line("request")
			want := maps.Clone(test.fields)
			want["request_id"] = w.Header().Get("X-Request-Id")
			want["bytes"] = int64(w.Body.Len())
			if diff := cmp.Diff(want, fields); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			if level != test.level {
				t.Errorf("level %s, want %s", level, test.level)
			}
			if n := l.logs.Len(); n != 1 {
				t.Errorf("%d lines for one request: %v", n, l.logs.All())
			}
		})
	}
}

func TestRequestIDs(t *testing.T) {
	t.Parallel()
	l := serveLogged(t, zapcore.InfoLevel)
	form, seen := regexp.MustCompile(`^[A-Z2-7]{26}$`), map[string]bool{}
	for range 100 {
		id := l.do(t.Context(), "GET", "/Users", "", map[string]string{"X-Request-Id": "mine"}).Header().Get("X-Request-Id")
		if !form.MatchString(id) || seen[id] {
			t.Fatalf("request id %q", id)
		}
		seen[id] = true
	}
}

// TestPanicInTheLog looks for the stack, which has to be there, and nowhere else.
func TestPanicInTheLog(t *testing.T) {
	t.Parallel()
	l := serveLogged(t, zapcore.InfoLevel, failing(func(context.Context) error { panic("boom") }))
	w := l.do(t.Context(), "GET", "/Users/user-1", "", nil)
	level, fields := l.line("panic while answering")
	if level != zapcore.ErrorLevel || fields["panic"] != "boom" || fields["request_id"] != w.Header().Get("X-Request-Id") ||
		!strings.Contains(fmt.Sprint(fields["stack"]), "log_test.go") {
		t.Errorf("level %s: %v", level, fields)
	}
	if _, fields := l.line("request"); fields["status"] != int64(500) || fields["cause"] != "panic: boom" {
		t.Errorf("request line: %v", fields)
	}
}

// TestClientWentAway ends the client's context while the store works.
func TestClientWentAway(t *testing.T) {
	t.Parallel()
	for name, wrap := range map[string]func(error) error{
		"plain":   func(err error) error { return err },
		"wrapped": func(err error) error { return fmt.Errorf("user 7: %w", err) },
		"worded":  func(err error) error { return scim.Unavailable(0, "stopped").Because(err) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			l := serveLogged(t, zapcore.InfoLevel, failing(func(ctx context.Context) error {
				cancel()
				return wrap(ctx.Err())
			}))
			w := l.do(ctx, "GET", "/Users/user-1", "", nil)
			if level, fields := l.line("request"); level != zapcore.InfoLevel || fields["status"] != int64(499) {
				t.Errorf("level %s: %v", level, fields)
			}
			if w.Code != http.StatusServiceUnavailable {
				t.Errorf("status %d on the wire: half an answer must not look like success", w.Code)
			}
		})
	}
}

// TestPersonalDataAtDebugOnly has a client say a name wherever it can.
func TestPersonalDataAtDebugOnly(t *testing.T) {
	t.Parallel()
	say := func(l *logged) {
		for _, r := range [][3]string{
			{"POST", "/Users", `{"userName":"nora@contoso.example","displayName":"nora"}`},
			{"POST", "/Users", `{"userName":"nora@contoso.example"}`},
			{"GET", "/Users?filter=userName+eq+%22nora%22", ""},
			{"GET", "/Users?filter=nora+nora+nora", ""},
			{"GET", "/Users/nora", ""},
			{"GET", "/nora", ""},
			{"PATCH", "/Users/nora", `{"Operations":[{"op":"nora","path":"nora","value":"nora"}]}`},
			{"PUT", "/Users/user-1", `{"userName":"nora","active":"nora"}`},
			{"NORA", "/Users", ""},
		} {
			l.do(t.Context(), r[0], r[1], r[2], map[string]string{
				"User-Agent": "nora", "Referer": "nora", "X-Request-Id": "nora", "X-Forwarded-For": "nora", "Content-Type": "application/json",
			})
		}
	}
	text := func(l *logged) string {
		var b strings.Builder
		for _, line := range l.logs.All() {
			fmt.Fprintln(&b, line.Level, line.Message, line.ContextMap())
		}
		return strings.ToLower(b.String())
	}
	quiet := serveLogged(t, zapcore.InfoLevel)
	say(quiet)
	if got := text(quiet); strings.Contains(got, "nora") {
		t.Errorf("a name at info level:\n%s", got)
	}
	loud := serveLogged(t, zapcore.DebugLevel)
	say(loud)
	got := text(loud)
	if strings.Contains(got, bearer) {
		t.Errorf("the token is in the log:\n%s", got)
	}
	for _, want := range []string{"query:filter=username+eq+%22nora%22", "path:/scim/v2/users/nora", `failure:username "nora@contoso.example": user user-1 has it`} {
		if !strings.Contains(got, want) {
			t.Errorf("at debug level %q is missing:\n%s", want, got)
		}
	}
}

// TestOwnTokenIsNotLogged: the bearer token of a request that its client has put into the path, the
// query or the body is not in the log, at debug level either.
func TestOwnTokenIsNotLogged(t *testing.T) {
	t.Parallel()
	l := serveLogged(t, zapcore.DebugLevel)
	for _, token := range []string{bearer, "a-token-that-is-not-accepted/+"} {
		header := map[string]string{"Authorization": "Bearer " + token}
		l.do(t.Context(), "GET", "/Users?access_token="+url.QueryEscape(token), "", header)
		l.do(t.Context(), "GET", "/Users/"+url.PathEscape(token), "", header)
		l.do(t.Context(), "GET", "/Users?filter="+url.QueryEscape(`x `+token), "", header)
		l.do(t.Context(), "PATCH", "/Users/u1", `{"Operations":[{"op":"`+token+`"}]}`, header)
		for _, line := range l.logs.All() {
			if text := fmt.Sprint(line.Message, line.ContextMap()); strings.Contains(text, token) || strings.Contains(text, url.QueryEscape(token)) {
				t.Errorf("the token is in the log: %s", text)
			}
		}
	}
	if n := l.logs.FilterMessage("request details").Len(); n != 8 {
		t.Errorf("%d lines of details", n)
	}
}
