package proxy

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"time"
)

// writeTimeout is how long a client may take to read an answer. It begins when the answer does and not with the request,
// so that no answer is cut for the time that it took to find it.
const writeTimeout = 30 * time.Second

// unreadTimeout is how long the rest of a body that is not read is waited for.
const unreadTimeout = 5 * time.Second

// unprovenTimeout is the same for a caller without a valid token, who must not hold a connection by a slow body. net/http
// waits for the body before it sends the answer, and half a second after it.
const unprovenTimeout = 250 * time.Millisecond

// firstPiece is how much of a list is held before its answer begins, in bytes. What is not longer is sent with its length,
// and an error until then has an answer of its own.
const firstPiece = 32 << 10

// write sends a body of our media type. Its length is set, so that HEAD tells it too.
func (x *exchange) write(status int, body []byte) error {
	x.begin(status, len(body))
	_, err := x.Response().Write(body)
	return err
}

// begin sends the head of an answer; a length below 0 is not known.
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
	x.writeSoon()
	x.Response().WriteHeader(status)
}

// stream sends a body as it is made. Where that fails in the middle, the connection ends with the answer, so that no
// client takes it for a whole one.
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

// bodyWriter writes the body of an answer of unknown length. It ends when the client has gone away.
type bodyWriter struct {
	x      *exchange
	ctx    context.Context
	status int
	held   []byte // until the answer begins
	begun  bool
}

// Write holds what is written, or sends it once it is more than the first piece.
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

// writeSoon lets the time in which the answer must be read begin now, and that in which a body that was not read must end:
// net/http reads on to its end, for the next request of the connection. Without a connection, as in a test, there is no
// deadline to set.
func (x *exchange) writeSoon() {
	_ = http.NewResponseController(x.Response().Writer).SetWriteDeadline(time.Now().Add(writeTimeout))
	if x.unread() {
		x.readUntil(time.Now().Add(orDefault(x.patience, unreadTimeout)))
	}
}

// unread reports whether the request has a body that was not read.
func (x *exchange) unread() bool { return !x.bodyTaken && x.Request().Body != http.NoBody }

// readUntil sets until when the rest of the body must be there. Once it is, net/http sets no limit to its own reading, by
// which it learns that the client has left.
func (x *exchange) readUntil(t time.Time) {
	_ = http.NewResponseController(x.Response().Writer).SetReadDeadline(t)
}
