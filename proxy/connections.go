package proxy

import (
	"container/list"
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

// idleGrace is how long a connection must be idle before it can be closed for another one: its
// request may be in transit.
const idleGrace = 250 * time.Millisecond

// Bounded returns a listener for a server with at most limit open connections. For a further
// connection, the one that has been idle for longest is closed, so that unused connections cannot
// block clients; while no connection is idle, the further one waits. It sets the server's
// ConnState, and must be the server's only listener.
//
// If the server has a TLSConfig, the connections are TLS. A handshake has the deadline of the
// headers of a request, and its connection counts as idle until it has sent a request. If it has
// none, a warning is logged if a client uses TLS: net/http reports only a malformed request.
func Bounded(l net.Listener, server *http.Server, limit int, logger *zap.Logger) net.Listener {
	b := &bounded{
		Listener: l, config: server.TLSConfig, limit: limit, logger: orDefault(logger, zap.NewNop()),
		open: make(map[net.Conn]*list.Element), changed: make(chan struct{}, 1), done: make(chan struct{}),
	}
	server.ConnState = b.state
	return b
}

// bounded is a listener with a limit.
type bounded struct {
	net.Listener
	config *tls.Config // nil: plain HTTP
	limit  int
	logger *zap.Logger

	mu      sync.Mutex
	open    map[net.Conn]*list.Element // its element in idle, nil while it has a request
	idle    list.List                  // connections without a request (*idleConn), the longest idle first
	changed chan struct{}              // a connection has ended or become idle
	once    sync.Once
	done    chan struct{} // the listener is closed
	warned  time.Time     // time of the last warning about TLS
}

// idleConn is an idle connection.
type idleConn struct {
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
	if b.config != nil {
		return tls.Server(accepted, b.config)
	}
	return &firstByte{Conn: accepted, isTLS: b.tls}
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

// admit counts a connection. At the limit, it closes an idle connection for it. If there is none,
// it reports false, and after what time to retry if no connection changes before.
func (b *bounded) admit(conn net.Conn) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.open) >= b.limit {
		front := b.idle.Front()
		if front == nil {
			return time.Minute, false
		}
		longest := front.Value.(*idleConn)
		if left := idleGrace - time.Since(longest.since); left > 0 {
			return left, false
		}
		b.idle.Remove(front)
		delete(b.open, longest.conn)
		drop(longest.conn)
	}
	b.open[conn] = b.addIdle(conn)
	return 0, true
}

// addIdle adds a connection to the idle ones.
func (b *bounded) addIdle(conn net.Conn) *list.Element {
	return b.idle.PushBack(&idleConn{conn: conn, since: time.Now()})
}

// state is the server's ConnState. A connection is idle until all headers of a request are read.
func (b *bounded) state(conn net.Conn, state http.ConnState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	place, known := b.open[conn]
	if !known {
		return // closed for another connection
	}
	if place != nil {
		b.idle.Remove(place)
	}
	switch state {
	case http.StateActive:
		b.open[conn] = nil
		return
	case http.StateNew, http.StateIdle:
		b.open[conn] = b.addIdle(conn)
	default:
		delete(b.open, conn)
	}
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

// firstByte is a connection that checks its first byte.
type firstByte struct {
	net.Conn
	seen  bool
	isTLS func()
}

// Read detects a TLS handshake by its first byte, the record type of RFC 8446 section 5.1.
func (c *firstByte) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.seen && n > 0 {
		c.seen = true
		if p[0] == 22 {
			c.isTLS()
		}
	}
	return n, err
}
