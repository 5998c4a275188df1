package proxy

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"
)

// writeTimeout is how long a client may take to read a response. It begins with the response and
// not with the request, so that slow requests have the full time.
const writeTimeout = 30 * time.Second

// unreadTimeout is how long net/http may read the rest of an unread body.
const unreadTimeout = 5 * time.Second

// unprovenTimeout is the same for a caller without a valid token, who must not hold a connection by
// a slow body. net/http waits for the body before it sends the response, and half a second after
// it.
const unprovenTimeout = 250 * time.Millisecond

// firstPiece is how many bytes of a list are buffered before the response begins. A shorter list is
// sent with its length, and an error until then is sent as an error response.
const firstPiece = 32 << 10

// write sends a body with the SCIM media type. Its length is set, also for HEAD.
func (x *exchange) write(status int, body []byte) error {
	x.begin(status, len(body))
	x.answered = body
	_, err := x.Response().Write(body)
	return err
}

// begin sends the header of a response; a length below 0 is unknown.
func (x *exchange) begin(status, length int) {
	h := x.Response().Header()
	h.Set("Content-Type", mediaType)
	if (status == http.StatusUnauthorized || status == http.StatusTooManyRequests) && x.unread() {
		h.Set("Connection", "close")
		x.patience = unprovenTimeout
	}
	if length >= 0 {
		h.Set("Content-Length", strconv.Itoa(length))
	}
	x.setDeadlines()
	x.Response().WriteHeader(status)
}

// stream sends a body while it is encoded. If that fails after the response has begun, the
// connection is closed, so that the client detects the incomplete response.
func (x *exchange) stream(status int, body func(io.Writer) error) error {
	w := &bodyWriter{x: x, ctx: x.Request().Context(), status: status}
	err := body(w)
	switch {
	case err == nil && w.begun:
		return nil
	case err == nil:
		return x.write(status, w.held)
	case w.begun:
		x.broken = true
	}
	return err
}

// bodyWriter writes the body of a response of unknown length. It stops if the client closes the
// connection.
type bodyWriter struct {
	x      *exchange
	ctx    context.Context
	status int
	held   []byte // until the response begins
	begun  bool
}

// Write buffers p, or sends it if it exceeds the first piece.
func (w *bodyWriter) Write(p []byte) (int, error) {
	if err := w.ctx.Err(); err != nil {
		return 0, err
	}
	if !w.begun {
		if len(w.held)+len(p) <= firstPiece {
			w.held = append(w.held, p...)
			return len(p), nil
		}
		w.begun = true
		w.x.begin(w.status, -1)
		if _, err := w.x.Response().Write(w.held); err != nil {
			return 0, err
		}
		w.held = nil
	}
	return w.x.Response().Write(p)
}

// setDeadlines sets the write deadline of the response, and the read deadline of an unread body,
// which net/http reads to its end before the next request of the connection. Without a connection,
// as in a test, there is no deadline.
func (x *exchange) setDeadlines() {
	_ = http.NewResponseController(x.Response().Writer).SetWriteDeadline(time.Now().Add(writeTimeout))
	if x.unread() {
		x.setReadDeadline(time.Now().Add(orDefault(x.patience, unreadTimeout)))
		stalls(x.Request()) // until the request ends
	}
}

// unread reports whether the request has a body that was not read.
func (x *exchange) unread() bool { return !x.bodyTaken && x.Request().Body != http.NoBody }

// setReadDeadline sets the deadline for the rest of the body. After the body, net/http reads
// without a deadline, to detect that the client closes the connection.
func (x *exchange) setReadDeadline(t time.Time) {
	_ = http.NewResponseController(x.Response().Writer).SetReadDeadline(t)
}
