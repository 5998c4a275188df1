package proxy_test

import (
	"bufio"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"tvscim/proxy"
)

// TestStalledConnectionsGiveWay: all connections that the listener allows are held by clients that
// wait, each in its own way. An honest client is served within seconds beside them, and again when
// as many come anew.
func TestStalledConnectionsGiveWay(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("waits in real time for connections to stall")
	}
	const (
		most    = 16
		patient = 25 * time.Second // the grace of a stalled connection is 2 s; the time-out of a body is 30 s
		post    = "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer " + bearer + "\r\nContent-Length: 1000\r\n\r\n{"
	)
	// All wait at once, however many tests may run in parallel.
	var waiting sync.WaitGroup
	defer waiting.Wait()
	hold := func(name, send string, drips bool, on func(net.Conn) net.Conn, address string) {
		waiting.Go(func() {
			for range 2 {
				for range most {
					conn, err := reach(t, address)
					if err != nil {
						t.Errorf("%s: %v", name, err)
						return
					}
					conn = on(conn)
					_, _ = io.WriteString(conn, send)
					if drips {
						go drip(t, conn)
					}
				}
				conn, err := reach(t, address)
				if err != nil {
					t.Errorf("%s: %v", name, err)
					return
				}
				conn = on(conn)
				_ = conn.SetDeadline(time.Now().Add(patient))
				if status := statusOf(conn); status != http.StatusOK {
					t.Errorf("%s: an honest client: status %d", name, status)
				}
			}
		})
	}
	for name, test := range map[string]struct {
		send string
		drip bool // one byte a second follows
	}{
		"nothing sent":              {},
		"stalled header":            {send: honest[:40]},
		"dripping header":           {send: honest[:len(honest)-2] + "X: ", drip: true},
		"idle after a request":      {send: honest},
		"stalled body":              {send: post},
		"dripping body":             {send: post, drip: true},
		"stalled body, no token":    {send: strings.Replace(post, "Bearer", "None", 1)},
		"unread body, unknown path": {send: strings.Replace(post, "/Users", "/Unknown", 1)},
		"response not read":         {send: strings.Replace(honest, "/scim/v2/Users", "/large", 1)},
	} {
		address := listening(t, withLarge(newServer(t).Handler()), most, nil)
		hold(name, test.send, test.drip, func(conn net.Conn) net.Conn { return conn }, address)
		address, client := secured(t, withLarge(newServer(t).Handler()), most)
		hold(name+", TLS", test.send, test.drip, func(conn net.Conn) net.Conn { return tls.Client(conn, client) }, address)
	}
}

// TestSlowBodyOfAnUncrowdedServer: below the limit, a body may take longer than a stalled
// connection is kept at it.
func TestSlowBodyOfAnUncrowdedServer(t *testing.T) {
	if testing.Short() {
		t.Skip("waits in real time; not in short mode")
	}
	t.Parallel()
	address := listening(t, newServer(t).Handler(), proxy.DefaultConnections, nil)
	conn := connect(t, address)
	body := `{"userName":"slow@contoso.example"}`
	_, _ = io.WriteString(conn, "POST /scim/v2/Users HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer "+bearer+"\r\nContent-Length: 35\r\n\r\n")
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for i := range body { // for 3.5 s, since net/http has no clock of its own
		_, _ = io.WriteString(conn, body[i:i+1])
		<-tick.C
	}
	if status := answered(conn); status != http.StatusCreated {
		t.Errorf("status %d", status)
	}
}

// withLarge adds a path whose response exceeds every buffer of a connection.
func withLarge(h http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/large" {
			h.ServeHTTP(w, r)
			return
		}
		piece := make([]byte, 1<<20)
		for range 64 {
			if _, err := w.Write(piece); err != nil {
				return
			}
		}
	})
}

// statusOf sends an honest request and returns the status of its answer, 0 when there is none.
func statusOf(conn net.Conn) int {
	_, _ = io.WriteString(conn, honest)
	return answered(conn)
}

func answered(conn net.Conn) int {
	resp, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		return 0
	}
	return resp.StatusCode
}

func connect(t *testing.T, address string) net.Conn {
	t.Helper()
	conn, err := reach(t, address)
	if err != nil {
		t.Fatal(err)
	}
	return conn
}

// reach opens a connection that the test closes.
func reach(t *testing.T, address string) (net.Conn, error) {
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err == nil {
		t.Cleanup(func() { _ = conn.Close() })
	}
	return conn, err
}

// drip sends a byte each second until the connection or the test ends.
func drip(t *testing.T, conn net.Conn) {
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if _, err := io.WriteString(conn, " "); err != nil {
				return
			}
		case <-t.Context().Done():
			return
		}
	}
}
