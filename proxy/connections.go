package proxy

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"
)

// DefaultConnections is the default maximum of open connections.
const DefaultConnections = 512

// tlsWarning is the minimum time between two warnings about a client that uses TLS.
const tlsWarning = 10 * time.Minute

// How long a connection must wait for its client before it can be closed for another one.
const (
	idleGrace  = 250 * time.Millisecond // without a request: it may be in transit
	stallGrace = 2 * time.Second        // for the whole body, or for one write of the response
)

// Bounded returns a listener for a server with at most limit open connections. For a further
// connection, one that waits for its client is closed: the one that has been idle for longest, or
// else the one that has been stalled for longest, in the body of its request or in the response. So
// neither unused nor slow connections can block clients. While every connection has a request that
// is carried out, the further one waits. Bounded sets the server's ConnState and ConnContext, and
// must be the server's only listener.
//
// If the server has a TLSConfig, the connections are TLS. A handshake has the deadline of the
// headers of a request, and its connection counts as idle until it has sent a request. If it has
// none, a warning is logged if a client uses TLS: net/http reports only a malformed request.
func Bounded(l net.Listener, server *http.Server, limit int, logger *zap.Logger) net.Listener {
	b := &bounded{
		Listener: l, config: server.TLSConfig, limit: limit, logger: orDefault(logger, zap.NewNop()),
		open: make(map[net.Conn]waiting), changed: make(chan struct{}, 1), done: make(chan struct{}),
	}
	server.ConnState = b.state
	server.ConnContext = func(ctx context.Context, conn net.Conn) context.Context {
		return context.WithValue(ctx, connKey{}, func() func() { return b.stalls(conn) })
	}
	return b
}

// connKey is the context key of the function that notes that a request's connection waits for its
// client.
type connKey struct{}

// stalls notes that a request waits for its client, and returns a function that notes the end of
// that.
func stalls(r *http.Request) (end func()) {
	if stalls, ok := r.Context().Value(connKey{}).(func() func()); ok {
		return stalls()
	}
	return func() {}
}

// bounded is a listener with a limit.
type bounded struct {
	net.Listener
	config *tls.Config // nil: plain HTTP
	limit  int
	logger *zap.Logger

	mu      sync.Mutex
	open    map[net.Conn]waiting
	idle    list.List     // connections without a request (*waitingConn), the longest idle first
	stalled list.List     // those whose request waits for the client, the longest stalled first
	changed chan struct{} // a connection has ended, or waits for its client
	once    sync.Once
	done    chan struct{} // the listener is closed
	warned  time.Time     // time of the last warning about TLS
}

// waiting is the place of a connection in a list of those that wait for their clients; the zero
// value is that of a connection that does not.
type waiting struct {
	in    *list.List
	place *list.Element
}

// waitingConn is an element of such a list.
type waitingConn struct {
	conn  net.Conn
	since time.Time
}

// Accept returns the next connection as soon as the limit allows it.
func (b *bounded) Accept() (net.Conn, error) {
	accepted, err := b.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := b.wrap(accepted)
	for {
		wait, ok := b.admit(conn)
		if ok {
			return conn, nil
		}
		select {
		case <-b.changed:
		case <-time.After(wait):
		case <-b.done:
			_ = accepted.Close() // nothing was read from it
			return nil, net.ErrClosed
		}
	}
}

// wrap returns the connection that the server gets. net/http makes the handshake, in the goroutine
// of the connection.
func (b *bounded) wrap(accepted net.Conn) net.Conn {
	conn := &boundedConn{Conn: accepted, listener: b}
	if b.config == nil {
		conn.served = conn
		return conn
	}
	secure := tls.Server(conn, b.config)
	conn.served = secure
	return secure
}

// drop closes a connection at once: closing TLS would wait for a client that does not read.
func drop(conn net.Conn) {
	if secure, ok := conn.(*tls.Conn); ok {
		conn = secure.NetConn()
	}
	_ = conn.Close() // its goroutine then ends
}

// Close closes the listener, and a connection that waits in Accept.
func (b *bounded) Close() error {
	b.once.Do(func() { close(b.done) })
	return b.Listener.Close()
}

// admit counts a connection. At the limit, it closes one that waits for its client. If there is
// none, it reports false, and after what time to retry if no connection changes before.
func (b *bounded) admit(conn net.Conn) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.open) >= b.limit {
		wait, ok = b.closeFirst(&b.idle, idleGrace)
		if !ok {
			var left time.Duration
			left, ok = b.closeFirst(&b.stalled, stallGrace)
			wait = min(wait, left)
		}
		if !ok {
			return wait, false
		}
	}
	b.put(conn, &b.idle)
	return 0, true
}

// closeFirst closes the connection that has waited for longest, if it has waited for the grace.
// Otherwise it returns the rest of that.
func (b *bounded) closeFirst(in *list.List, grace time.Duration) (wait time.Duration, ok bool) {
	front := in.Front()
	if front == nil {
		return time.Minute, false
	}
	longest := front.Value.(*waitingConn)
	if left := grace - time.Since(longest.since); left > 0 {
		return left, false
	}
	in.Remove(front)
	delete(b.open, longest.conn)
	drop(longest.conn)
	return 0, true
}

// put moves a connection to a list; nil is none. The lock is held.
func (b *bounded) put(conn net.Conn, in *list.List) {
	if w := b.open[conn]; w.in != nil {
		w.in.Remove(w.place)
	}
	w := waiting{in: in}
	if in != nil {
		w.place = in.PushBack(&waitingConn{conn: conn, since: time.Now()})
	}
	b.open[conn] = w
}

// state is the server's ConnState. A connection is idle until all headers of a request are read.
func (b *bounded) state(conn net.Conn, state http.ConnState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if _, known := b.open[conn]; !known {
		return // closed for another connection
	}
	switch state {
	case http.StateActive:
		b.put(conn, nil)
		return
	case http.StateNew, http.StateIdle:
		b.put(conn, &b.idle)
	default:
		b.put(conn, nil)
		delete(b.open, conn)
	}
	b.notify()
}

// stalls notes that the request of a connection waits for its client. A connection that waits
// already is not changed, neither now nor at the end.
func (b *bounded) stalls(conn net.Conn) (end func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if w, known := b.open[conn]; !known || w.in != nil {
		return func() {}
	}
	b.put(conn, &b.stalled)
	if b.stalled.Len() == 1 {
		b.notify()
	}
	return func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		if b.open[conn].in == &b.stalled {
			b.put(conn, nil)
		}
	}
}

// notify has Accept look again. The lock is held.
func (b *bounded) notify() {
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// tls logs that a client uses TLS, at most once per tlsWarning.
func (b *bounded) tls() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now(); b.warned.IsZero() || now.Sub(b.warned) >= tlsWarning {
		b.warned = now
		b.logger.Warn("a client uses TLS (https), but the address is plain HTTP: set tls.cert_file or tls.acme, or use http://",
			zap.Stringer("listen", b.Addr()))
	}
}

// boundedConn is a connection of the listener. Its first byte is checked where TLS is not expected,
// and writes that take long are noted.
type boundedConn struct {
	net.Conn
	listener *bounded
	served   net.Conn // the connection that the server gets: this one, or the TLS on it
	seen     bool
}

// Read detects a TLS handshake by its first byte, the record type of RFC 8446 section 5.1.
func (c *boundedConn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if c.listener.config == nil && !c.seen && n > 0 {
		c.seen = true
		if p[0] == 22 {
			c.listener.tls()
		}
	}
	return n, err
}

// Write waits for a client that does not read.
func (c *boundedConn) Write(p []byte) (int, error) {
	defer c.listener.stalls(c.served)()
	return c.Conn.Write(p)
}
