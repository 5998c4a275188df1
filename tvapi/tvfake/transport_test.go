package tvfake_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// TestSocket: over a socket the emulator answers as it does without one.
func TestSocket(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	server := httptest.NewServer(c.server.Handler())
	defer server.Close()
	send := func(method, path, body string) (*http.Response, error) {
		r := c.request(t.Context(), method, path, body)
		r.URL.Scheme, r.URL.Host = "http", server.Listener.Addr().String()
		return server.Client().Do(r)
	}
	for _, call := range [][3]string{
		{"GET", "/users", ""}, {"POST", "/users", createBody}, {"DELETE", "/usergroups/1/members", "[1]"}, {"GET", "/nowhere", ""},
	} {
		inside := c.do(call[0], call[1], call[2])
		c.server.Reset()
		res, err := send(call[0], call[1], call[2])
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		same(t, "status", res.StatusCode, inside.status)
		same(t, "Content-Type", res.Header.Get("Content-Type"), inside.header.Get("Content-Type"))
		if len(inside.body) != len(body) { // ids differ
			t.Errorf("%v: body %s, without a socket %s", call, body, inside.body)
		}
	}
}

// TestSocketBreaks: lost and broken answers are seen by a client of net/http.
func TestSocketBreaks(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	server := httptest.NewServer(c.server.Handler())
	defer server.Close()
	post := func() (*http.Response, error) {
		r := c.request(t.Context(), "POST", "/users", createBody)
		r.URL.Scheme, r.URL.Host = "http", server.Listener.Addr().String()
		return server.Client().Do(r)
	}
	c.server.Fail(tvfake.Fault{Lost: true, After: true, Times: 1})
	if res, err := post(); !errors.Is(err, io.EOF) {
		t.Errorf("lost: %v %v, want io.EOF", res, err)
	}
	c.server.Fail(tvfake.Fault{Truncate: tvfake.TruncateBroken, Times: 1})
	res, err := post()
	if err != nil {
		t.Fatal(err)
	}
	if body, err := io.ReadAll(res.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("broken: %q %v, want io.ErrUnexpectedEOF", body, err)
	}
	same(t, "calls", c.server.Calls(), map[string]int{"POST /users": 2})
}

func TestTransportContext(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	cause := errors.New("the reason")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	if _, err := c.try(ctx, "GET", "/ping", ""); !errors.Is(err, cause) {
		t.Errorf("error %v, want the cause", err)
	}
	same(t, "calls", c.server.TotalCalls(), 0)
}

// closer notes that a body was closed.
type closer struct {
	io.Reader
	closed bool
}

// Close notes it.
func (c *closer) Close() error { c.closed = true; return nil }

func TestTransportKeepsRoundTripperRules(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	r := c.request(t.Context(), "POST", "/users", createBody)
	body := &closer{Reader: strings.NewReader(createBody)}
	r.Body = body
	header := r.Header.Clone()
	res, err := c.server.Transport().RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	same(t, "body closed", body.closed, true)
	same(t, "request header", r.Header, header)
	same(t, "Status", res.Status, "200 OK")
	if res.Request != r || res.ContentLength <= 0 || res.Body.Close() != nil {
		t.Errorf("response %+v, want one of this request with a length", res)
	}
	gone, cancel := context.WithCancel(t.Context())
	cancel()
	body.closed = false
	if _, err := c.server.Transport().RoundTrip(r.WithContext(gone)); err == nil || !body.closed {
		t.Errorf("cancelled: error %v, body closed %v, want both", err, body.closed)
	}
}

// TestTransportTrace: a client that asks net/http how far a request got is told here too, also for
// an answer that is lost.
func TestTransportTrace(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.server.Fail(tvfake.Fault{Lost: true})
	var steps []string
	ctx := httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{
		GotConn:      func(httptrace.GotConnInfo) { steps = append(steps, "connection") },
		WroteHeaders: func() { steps = append(steps, "headers") },
		WroteRequest: func(httptrace.WroteRequestInfo) { steps = append(steps, "request") },
	})
	_, _ = c.try(ctx, "POST", "/users", createBody)
	same(t, "steps", steps, []string{"connection", "headers", "request"})
	_, _ = c.try(httptrace.WithClientTrace(t.Context(), &httptrace.ClientTrace{}), "GET", "/ping", "")
}

// TestObserverPanics: only net/http's own way to abort is taken for a broken connection.
func TestObserverPanics(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	c.server.OnCall(func(tvfake.Call) { panic("of the test") })
	defer func() {
		if got := recover(); got != "of the test" {
			t.Errorf("recovered %v, want the observer's panic", got)
		}
	}()
	c.do("GET", "/ping", "")
}

// failing is a request body that breaks.
type failing struct{}

// Read fails.
func (failing) Read([]byte) (int, error) { return 0, errors.New("broken body") }

func TestBrokenRequestBody(t *testing.T) {
	t.Parallel()
	c := newClient(t, tvfake.Options{})
	r := c.request(t.Context(), "POST", "/users", createBody)
	r.Body = io.NopCloser(failing{})
	if res, err := c.server.Transport().RoundTrip(r); err == nil {
		t.Errorf("answer %v, want an error", res.Status)
	}
	same(t, "calls", c.server.TotalCalls(), 0)
}
