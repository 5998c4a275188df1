package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/proxy"
)

// listening serves a handler on loopback with a bound of connections, and returns its address.
func listening(t *testing.T, h http.Handler, most int, logger *zap.Logger) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := proxy.HTTPServer(h, time.Minute, logger)
	ended := make(chan error, 1)
	bounded := proxy.Bounded(l, server, most, logger)
	go func() { ended <- server.Serve(bounded) }()
	t.Cleanup(func() {
		server.Close()
		<-ended
	})
	return l.Addr().String()
}

// talk opens a connection, sends a request and reads the head of its answer.
func talk(t *testing.T, address, request string) (net.Conn, *http.Response, error) {
	t.Helper()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { conn.Close() })
	if _, err := io.WriteString(conn, request); err != nil {
		return conn, nil, err
	}
	resp, err := http.ReadResponse(bufio.NewReaderSize(conn, 512), nil)
	return conn, resp, err
}

const honest = "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + bearer + "\r\n\r\n"

// held returns how much memory the process holds, in bytes.
func held() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapInuse + m.StackInuse
}

// TestIdleConnectionsAreBounded opens 6,000 connections, each of which sends a large request and
// stays. Together they take little memory, and clients with a token are served meanwhile. Not
// parallel: it measures the process.
func TestIdleConnectionsAreBounded(t *testing.T) {
	if testing.Short() {
		t.Skip("opens thousands of connections; not in short mode")
	}
	const clients, mebibyte = 6000, 1 << 20
	address := listening(t, newServer(t).Handler(), proxy.DefaultConnections, nil)
	large := "GET /scim/v2/Users HTTP/1.1\r\nHost: x\r\nX-Filler: " + strings.Repeat("x", 14<<10) + "\r\n\r\n"
	before := held()
	var group sync.WaitGroup
	for range 8 {
		group.Go(func() {
			for range clients / 8 {
				if _, _, err := talk(t, address, large); err != nil {
					t.Errorf("a connection: %v", err)
					return
				}
			}
		})
	}
	group.Wait()
	if grown := int64(held()-before) / mebibyte; grown > 64 {
		t.Errorf("%d idle connections hold %d MiB, want 64 at most", clients, grown)
	} else {
		t.Logf("%d idle connections hold %d MiB", clients, grown)
	}
	for range 20 {
		_, resp, err := talk(t, address, honest)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("an honest client: %v %v", resp, err)
		}
	}
}

// TestConnectionsHalfOpen: clients that send half of a request, or nothing, do not block other
// clients out.
func TestConnectionsHalfOpen(t *testing.T) {
	t.Parallel()
	address := listening(t, newServer(t).Handler(), 10, nil)
	for i := range 40 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = io.WriteString(conn, honest[:i])
	}
	_, resp, err := talk(t, address, honest)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("an honest client: %v %v", resp, err)
	}
}

// TestConnectionsInUse: a connection whose request is under way is never ended for another one,
// which waits.
func TestConnectionsInUse(t *testing.T) {
	t.Parallel()
	arrived, goOn := make(chan struct{}, 3), make(chan struct{})
	address := listening(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		arrived <- struct{}{}
		<-goOn
		w.WriteHeader(http.StatusNoContent)
	}), 2, nil)
	statuses := make(chan string, 3)
	for range 3 { // all at once: one that was just opened is not ended before its request has come
		go func() {
			_, resp, err := talk(t, address, honest)
			statuses <- fmt.Sprint(resp != nil && resp.StatusCode == http.StatusNoContent, err)
		}()
	}
	<-arrived
	<-arrived
	select {
	case <-arrived:
		t.Error("three requests at once, and two connections are allowed")
	case <-time.After(50 * time.Millisecond):
	}
	close(goOn)
	for range 3 {
		if got := <-statuses; got != "true <nil>" {
			t.Errorf("an answer: %s", got)
		}
	}
}

// TestListenerEndsWhileFull: a server that ends while a connection waits for room does end.
func TestListenerEndsWhileFull(t *testing.T) {
	t.Parallel()
	arrived, goOn := make(chan struct{}, 2), make(chan struct{})
	defer close(goOn)
	address := listening(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		arrived <- struct{}{}
		<-goOn
	}), 1, nil)
	for range 2 {
		conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = conn.Close() })
		_, _ = io.WriteString(conn, honest)
	}
	<-arrived
}

// TestHeadersAreBounded: 16 KiB, and what net/http adds to it.
func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	address := listening(t, newServer(t).Handler(), 4, nil)
	for size, status := range map[int]int{12 << 10: http.StatusOK, 21 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		request := strings.Replace(honest, "\r\n\r\n", "\r\nX-Filler: "+strings.Repeat("x", size)+"\r\n\r\n", 1)
		_, resp, err := talk(t, address, request)
		if err != nil || resp.StatusCode != status {
			t.Errorf("%d bytes: %v %v, want %d", size, resp, err, status)
		}
	}
}

// TestTLSOnThePlainPort: the log says so, once for however many.
func TestTLSOnThePlainPort(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.InfoLevel)
	address := listening(t, newServer(t).Handler(), 4, zap.New(core))
	for range 5 {
		_, resp, err := talk(t, address, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 and so on\r\n\r\n")
		if err == nil && resp.StatusCode < 400 {
			t.Errorf("status %d", resp.StatusCode)
		}
	}
	lines := logs.All()
	if len(lines) != 1 || lines[0].Level != zapcore.WarnLevel || !strings.Contains(lines[0].Message, "TLS (https)") ||
		lines[0].ContextMap()["listen"] != address {
		t.Errorf("%d lines: %v", len(lines), lines)
	}
	if _, resp, err := talk(t, address, honest); err != nil || resp.StatusCode != http.StatusOK {
		t.Errorf("plain HTTP: %v %v", resp, err)
	}
}
