package proxy

import (
	"container/list"
	"net"
	"net/http"
	"sync"
	"time"

	"go.uber.org/zap"
)

// DefaultConnections is how many connections are open at once where nothing else is set.
const DefaultConnections = 512

// tlsWarning is how long the log says no more than once that a client speaks TLS.
const tlsWarning = 10 * time.Minute

// idleGrace is how long a connection is without a request before another may take its place: its
// request may be on the way.
const idleGrace = 250 * time.Millisecond

// Bounded returns a listener for a server of which at most so many connections are open at once. A
// further one takes the place of that which has been without a request for longest, so that unused
// connections do not keep clients out; while all have a request under way, it waits. It takes the
// server's ConnState, and must be the server's only listener.
//
// It also says in the log that a client speaks TLS, which the server does not: to that client, and
// in the log of net/http, it is but a malformed request.
func Bounded(l net.Listener, server *http.Server, most int, logger *zap.Logger) net.Listener {
	b := &bounded{
		Listener: l, most: most, logger: orDefault(logger, zap.NewNop()),
		open: make(map[net.Conn]*list.Element), changed: make(chan struct{}, 1), done: make(chan struct{}),
	}
	server.ConnState = b.state
	return b
}

// bounded is a listener with a limit.
type bounded struct {
	net.Listener
	most   int
	logger *zap.Logger

	mu      sync.Mutex
	open    map[net.Conn]*list.Element // its place among the idle ones, nil while a request is under way
	idle    list.List                  // of connections without a request (*idler), longest first
	changed chan struct{}              // a connection has ended or become idle
	once    sync.Once
	done    chan struct{} // the listener is closed
	warned  time.Time     // when the log said last that a client speaks TLS
}

// idler is a connection without a request.
type idler struct {
	conn  net.Conn
	since time.Time
}

// Accept returns the next connection once there is room for it.
func (b *bounded) Accept() (net.Conn, error) {
	accepted, err := b.Listener.Accept()
	if err != nil {
		return nil, err
	}
	conn := &firstByte{Conn: accepted, isTLS: b.tls}
	for {
		wait, ok := b.admit(conn)
		if ok {
			return conn, nil
		}
		select {
		case <-b.changed:
		case <-time.After(wait):
		case <-b.done:
			_ = accepted.Close() // nothing was read of it
			return nil, net.ErrClosed
		}
	}
}

// Close ends the listener, and a connection that waits for room.
func (b *bounded) Close() error {
	b.once.Do(func() { close(b.done) })
	return b.Listener.Close()
}

// admit counts a connection, in the place of an idle one if there is no room. While there is
// neither it reports false, and after what time to try again, if nothing happens before.
func (b *bounded) admit(conn net.Conn) (wait time.Duration, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.open) >= b.most {
		front := b.idle.Front()
		if front == nil {
			return time.Minute, false
		}
		longest := front.Value.(*idler)
		if left := idleGrace - time.Since(longest.since); left > 0 {
			return left, false
		}
		b.idle.Remove(front)
		delete(b.open, longest.conn)
		_ = longest.conn.Close() // its goroutine finds out and ends
	}
	b.open[conn] = b.becomesIdle(conn)
	return 0, true
}

// becomesIdle puts a connection behind the idle ones.
func (b *bounded) becomesIdle(conn net.Conn) *list.Element {
	return b.idle.PushBack(&idler{conn: conn, since: time.Now()})
}

// state is told by the server what becomes of its connections. One is without a request until the
// headers of a request are read to their end.
func (b *bounded) state(conn net.Conn, state http.ConnState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	place, known := b.open[conn]
	if !known {
		return // another has its place
	}
	if place != nil {
		b.idle.Remove(place)
	}
	switch state {
	case http.StateActive:
		b.open[conn] = nil
		return
	case http.StateNew, http.StateIdle:
		b.open[conn] = b.becomesIdle(conn)
	default:
		delete(b.open, conn)
	}
	select {
	case b.changed <- struct{}{}:
	default:
	}
}

// tls says that a client speaks TLS, once in a while.
func (b *bounded) tls() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if now := time.Now(); b.warned.IsZero() || now.Sub(b.warned) >= tlsWarning {
		b.warned = now
		b.logger.Warn("a client speaks TLS (https) to an address that is plain HTTP: let it use http://, or put a reverse proxy "+
			"that ends TLS in front of the gateway", zap.Stringer("listen", b.Addr()))
	}
}

// firstByte is a connection that looks at what it reads first.
type firstByte struct {
	net.Conn
	seen  bool
	isTLS func()
}

// Read reads, and tells a TLS handshake by its first byte, the record type of RFC 8446 section 5.1.
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
