package tvapi_test

import (
	"cmp"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"tvscim/tvapi"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// token is what every output of these tests is searched for.
const token = "12345678-SecretTokenOfTheTests"

// sent is one request as it arrived.
type sent struct {
	Method, Path, Query, Body string
}

// reply is one answer. The zero status breaks the connection without one.
type reply struct {
	status int
	body   string
	kind   string // Content-Type; empty = JSON when there is a body
	header map[string]string
}

func ok(body string) reply { return reply{status: http.StatusOK, body: body} }

func refused(status int, category string) reply {
	return reply{status: status, body: `{"error":"` + category + `","error_description":"told by TeamViewer","error_code":7,"error_signature":42}`}
}

// service is an HTTP server that gives the replies in order and remembers what came. A request
// after the last reply fails the test.
type service struct {
	t       *testing.T
	server  *httptest.Server
	mu      sync.Mutex
	replies []reply
	got     []sent
	headers []http.Header
	events  []tvapi.CallEvent
}

// serve starts a service and returns it with a client of it.
func serve(t *testing.T, replies ...reply) (*service, *tvapi.Client) {
	t.Helper()
	s := &service{t: t, replies: replies}
	s.server = httptest.NewServer(s)
	t.Cleanup(s.server.Close)
	return s, s.client(tvapi.Options{})
}

// client returns a client of the service that reports to it.
func (s *service) client(o tvapi.Options) *tvapi.Client {
	s.t.Helper()
	o.BaseURL = s.server.URL
	o.Token = token
	o.Observe = func(e tvapi.CallEvent) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
	}
	return newClient(s.t, o)
}

// newClient returns a client that is closed with the test. Unless the options say otherwise, a call
// is one attempt and waits for nothing, so that each answer is seen.
func newClient(t *testing.T, o tvapi.Options) *tvapi.Client {
	t.Helper()
	o.Attempts = cmp.Or(o.Attempts, 1)
	o.MaxWait = cmp.Or(o.MaxWait, 1)
	c, err := tvapi.New(o)
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	t.Cleanup(c.Close)
	return c
}

// ServeHTTP implements http.Handler.
func (s *service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		s.t.Errorf("request body: %v", err)
	}
	next, ok := s.record(r, string(body))
	if !ok {
		w.WriteHeader(http.StatusTeapot)
		return
	}
	if next.status == 0 {
		panic(http.ErrAbortHandler)
	}
	kind := next.kind
	if kind == "" && next.body != "" {
		kind = "application/json; charset=utf-8"
	}
	// Without this the server would guess a type, and call an empty answer text.
	w.Header()["Content-Type"] = []string{kind}
	for name, value := range next.header {
		w.Header().Set(name, value)
	}
	w.WriteHeader(next.status)
	_, _ = io.WriteString(w, next.body)
}

func (s *service) record(r *http.Request, body string) (reply, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, sent{Method: r.Method, Path: r.URL.EscapedPath(), Query: r.URL.RawQuery, Body: body})
	s.headers = append(s.headers, r.Header.Clone())
	if len(s.replies) == 0 {
		s.t.Errorf("one request too many: %s %s", r.Method, r.URL)
		return reply{}, false
	}
	next := s.replies[0]
	s.replies = s.replies[1:]
	return next, true
}

// requests returns what has come so far.
func (s *service) requests() []sent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]sent(nil), s.got...)
}

// observed returns the events of the calls made so far.
func (s *service) observed() []tvapi.CallEvent {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]tvapi.CallEvent(nil), s.events...)
}

// transport is a RoundTripper made of a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// ptr returns a pointer to a copy of v.
func ptr[T any](v T) *T { return &v }
