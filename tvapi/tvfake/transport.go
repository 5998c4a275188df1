package tvfake

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptrace"
)

// Transport reaches the Web API without a socket, whatever host a request names. It works in the
// caller's goroutine and waits on channels and timers only, so it may be used in a bubble of
// testing/synctest. A lost connection is an error that wraps io.EOF, as net/http has it; unlike
// net/http it never sends a request again.
func (s *Server) Transport() http.RoundTripper { return transport{s.Handler()} }

type transport struct{ handler http.Handler }

var _ http.RoundTripper = transport{}

// RoundTrip serves one request.
func (t transport) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx := r.Context()
	if r.Body != nil {
		defer func() { _ = r.Body.Close() }()
	}
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	in := r.Clone(ctx)
	in.RequestURI = r.URL.RequestURI()
	if in.Body == nil {
		in.Body = http.NoBody
	}
	traceSent(ctx)
	w := &memory{header: http.Header{}}
	broken := t.serve(w, in)
	switch {
	case broken && ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case broken && w.status == 0:
		return nil, fmt.Errorf("emulator: connection lost: %w", io.EOF)
	}
	return w.response(r, broken), nil
}

// serve runs the handler. broken is true when it broke the connection.
func (t transport) serve(w http.ResponseWriter, r *http.Request) (broken bool) {
	defer func() {
		switch err := recover(); {
		case err == nil:
		case err == any(http.ErrAbortHandler): // what was thrown, not an error that wraps it
			broken = true
		default:
			panic(err)
		}
	}()
	t.handler.ServeHTTP(w, r)
	return false
}

// traceSent notifies the tracer of a request that the request was sent: from here on the client
// cannot know whether it was done.
func traceSent(ctx context.Context) {
	trace := httptrace.ContextClientTrace(ctx)
	if trace == nil {
		return
	}
	if trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Reused: true})
	}
	if trace.WroteHeaders != nil {
		trace.WroteHeaders()
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// memory is an answer kept in memory.
type memory struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header returns the header of the answer.
func (m *memory) Header() http.Header { return m.header }

// WriteHeader begins the answer.
func (m *memory) WriteHeader(status int) {
	if m.status == 0 {
		m.status = status
	}
}

// Write adds to the body.
func (m *memory) Write(p []byte) (int, error) {
	m.WriteHeader(http.StatusOK)
	return m.body.Write(p)
}

// response is the answer as a client sees it. The body of a broken one ends too early.
func (m *memory) response(r *http.Request, broken bool) *http.Response {
	var body io.Reader = &m.body
	length := int64(m.body.Len())
	if broken {
		body, length = io.MultiReader(&m.body, brokenReader{}), -1
	}
	return &http.Response{
		Status:        fmt.Sprintf("%d %s", m.status, http.StatusText(m.status)),
		StatusCode:    m.status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        m.header,
		Body:          io.NopCloser(body),
		ContentLength: length,
		Request:       r,
	}
}

// brokenReader is where a broken connection ends.
type brokenReader struct{}

// Read always returns io.ErrUnexpectedEOF.
func (brokenReader) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }
