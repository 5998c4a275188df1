package proxy_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"tvscim/proxy"
	"tvscim/proxy/certificate"
	"tvscim/proxy/certificate/certificatetest"
)

// secured is listening with TLS, and returns what a client needs as well.
func secured(t *testing.T, h http.Handler, most int) (address string, client *tls.Config) {
	t.Helper()
	authority := certificatetest.New(t)
	cert, key := authority.Issue("127.0.0.1").Write(t, t.TempDir())
	source, err := certificate.New(certificate.Options{CertFile: cert, KeyFile: key})
	if err != nil {
		t.Fatal(err)
	}
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := proxy.HTTPServer(h, time.Minute, nil)
	server.TLSConfig = source.Config()
	ended := make(chan error, 1)
	bounded := proxy.Bounded(l, server, most, nil)
	go func() { ended <- server.Serve(bounded) }()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
	return l.Addr().String(), &tls.Config{RootCAs: authority.Pool(), ServerName: "127.0.0.1"}
}

// ask opens a TLS connection, sends a request and reads the head of its answer.
func ask(t *testing.T, address string, client *tls.Config, request string) (*tls.Conn, *http.Response, error) {
	t.Helper()
	dialled, err := (&tls.Dialer{Config: client}).DialContext(t.Context(), "tcp", address)
	if err != nil {
		return nil, nil, err
	}
	conn := dialled.(*tls.Conn)
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		return conn, nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
	return conn, resp, err
}

// TestTLS: HTTP/1.1 over TLS 1.2 and 1.3, and nothing else.
func TestTLS(t *testing.T) {
	t.Parallel()
	address, client := secured(t, newServer(t).Handler(), 16)
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		with := client.Clone()
		with.MinVersion, with.MaxVersion, with.NextProtos = version, version, []string{"h2", "http/1.1"}
		conn, resp, err := ask(t, address, with, honest)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%x: %v %v", version, resp, err)
		}
		if state := conn.ConnectionState(); state.NegotiatedProtocol != "http/1.1" || state.Version != version {
			t.Errorf("%x: %x %s", version, state.Version, state.NegotiatedProtocol)
		}
	}
	for name, change := range map[string]func(*tls.Config){
		"TLS 1.1":       func(c *tls.Config) { c.MinVersion, c.MaxVersion = tls.VersionTLS10, tls.VersionTLS11 },
		"HTTP/2 alone":  func(c *tls.Config) { c.NextProtos = []string{"h2"} },
		"TLS challenge": func(c *tls.Config) { c.NextProtos = []string{"acme-tls/1"} },
	} {
		with := client.Clone()
		change(with)
		if _, resp, err := ask(t, address, with, honest); err == nil {
			t.Errorf("%s: %v", name, resp)
		}
	}
	if _, resp, err := talk(t, address, honest); err != nil || resp.StatusCode != http.StatusBadRequest {
		t.Errorf("plain HTTP on the port of TLS: %v %v", resp, err)
	}
}

// TestTLSHandshakesAreBounded: clients that stall before, in and after the handshake do not block
// others out.
func TestTLSHandshakesAreBounded(t *testing.T) {
	t.Parallel()
	address, client := secured(t, newServer(t).Handler(), 10)
	began := time.Now()
	for i := range 30 {
		switch i % 3 {
		case 0, 1: // nothing, or the beginning of a handshake
			conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			_, _ = io.WriteString(conn, strings.Repeat("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", i%3))
		case 2: // a handshake without a request, and one with half of it
			conn, err := (&tls.Dialer{Config: client}).DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { _ = conn.Close() })
			_, _ = io.WriteString(conn, honest[:i])
		}
	}
	if _, resp, err := ask(t, address, client, honest); err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("an honest client: %v %v", resp, err)
	}
	if took := time.Since(began); took > 9*time.Second {
		t.Errorf("it waited for %v: for the deadline of the others", took)
	}
}

// TestTLSHandshakeHasADeadline: a handshake that stalls is ended by the deadline of headers. It is
// set to little here.
func TestTLSHandshakeHasADeadline(t *testing.T) {
	t.Parallel()
	near, far := net.Pipe()
	defer near.Close()
	server := proxy.HTTPServer(http.NotFoundHandler(), time.Minute, nil)
	if server.ReadHeaderTimeout != 10*time.Second {
		t.Errorf("the deadline of headers is %v", server.ReadHeaderTimeout)
	}
	server.ReadHeaderTimeout = 20 * time.Millisecond
	server.TLSConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	listener := oneConn{far, make(chan net.Conn, 1)}
	listener.next <- far
	bounded := proxy.Bounded(listener, server, 4, nil)
	go func() { _ = server.Serve(bounded) }()
	if n, err := near.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes", n)
	}
	_ = server.Close()
}

// oneConn is a listener with one connection.
type oneConn struct {
	net.Conn
	next chan net.Conn
}

func (c oneConn) Addr() net.Addr { return c.LocalAddr() }

func (c oneConn) Accept() (net.Conn, error) {
	if conn, ok := <-c.next; ok {
		return conn, nil
	}
	return nil, net.ErrClosed
}

func (c oneConn) Close() error {
	close(c.next)
	return c.Conn.Close()
}

// TestTLSHeadersAreBounded: 16 KiB, and what net/http adds to it.
func TestTLSHeadersAreBounded(t *testing.T) {
	t.Parallel()
	address, client := secured(t, newServer(t).Handler(), 4)
	for size, status := range map[int]int{12 << 10: http.StatusOK, 21 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		request := strings.Replace(honest, "\r\n\r\n", "\r\nX-Filler: "+strings.Repeat("x", size)+"\r\n\r\n", 1)
		if _, resp, err := ask(t, address, client, request); err != nil || resp.StatusCode != status {
			t.Errorf("%d bytes: %v %v, want %d", size, resp, err, status)
		}
	}
}
