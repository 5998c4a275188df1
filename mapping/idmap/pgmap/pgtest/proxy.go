package pgtest

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
)

// Proxy is a network between a client and a server, which a test can cut.
type Proxy struct {
	listener net.Listener
	server   *Server

	mu      sync.Mutex
	changed *sync.Cond
	cut     bool
	closed  bool
	open    map[net.Conn]bool
}

// Proxy returns a network to the server. Its connections are as those of a firewall that drops
// packets while it is cut: neither side is told.
func (s *Server) Proxy(t testing.TB) *Proxy {
	t.Helper()
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := &Proxy{listener: listener, server: s, open: make(map[net.Conn]bool)}
	p.changed = sync.NewCond(&p.mu)
	var work sync.WaitGroup
	work.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			work.Go(func() { p.serve(conn) })
		}
	})
	t.Cleanup(func() {
		_ = listener.Close()
		p.mu.Lock()
		p.closed = true
		for conn := range p.open {
			_ = conn.Close()
		}
		p.changed.Broadcast()
		p.mu.Unlock()
		work.Wait()
	})
	return p
}

// URL returns a URL of the server as one that leads through the network.
func (p *Proxy) URL(url string) string {
	host, port, _ := net.SplitHostPort(p.listener.Addr().String()) // it is an address
	url = strings.Replace(url, "@/", "@"+host+":"+port+"/", 1)
	before, after, _ := strings.Cut(url, "?host=")
	_, after, _ = strings.Cut(after, "&port=5432")
	return before + "?" + strings.TrimPrefix(after, "&")
}

// Cut has the network lose everything, or work again.
func (p *Proxy) Cut(cut bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cut = cut
	p.changed.Broadcast()
}

func (p *Proxy) serve(client net.Conn) {
	if !p.track(client) {
		return
	}
	defer p.untrack(client)
	if !p.passes() {
		return
	}
	server, err := (&net.Dialer{}).DialContext(context.Background(), "unix", p.server.Socket())
	if err != nil || !p.track(server) {
		return
	}
	defer p.untrack(server)
	var both sync.WaitGroup
	both.Go(func() { p.copy(server, client) })
	both.Go(func() { p.copy(client, server) })
	both.Wait()
}

func (p *Proxy) copy(to, from net.Conn) {
	buffer := make([]byte, 32<<10)
	for {
		n, err := from.Read(buffer)
		if !p.passes() {
			return
		}
		if _, failed := to.Write(buffer[:n]); failed != nil || err != nil {
			if c, ok := to.(interface{ CloseWrite() error }); ok && errors.Is(err, io.EOF) {
				_ = c.CloseWrite() // the other side may be closed
			}
			_ = from.Close()
			_ = to.Close()
			return
		}
	}
}

// passes waits while the network is cut, and reports whether it still exists.
func (p *Proxy) passes() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	for p.cut && !p.closed {
		p.changed.Wait()
	}
	return !p.closed
}

func (p *Proxy) track(conn net.Conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = conn.Close()
		return false
	}
	p.open[conn] = true
	return true
}

func (p *Proxy) untrack(conn net.Conn) {
	_ = conn.Close()
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.open, conn)
}
