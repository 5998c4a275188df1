package tvapi_test

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

// closedPort returns an address without a listener.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	return l.Addr().String()
}

// nameServer answers every question with the response code, and returns a resolver that asks it.
func nameServer(t *testing.T, code byte) *net.Resolver {
	t.Helper()
	l, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for buffer := make([]byte, 1500); ; {
			n, from, err := l.ReadFrom(buffer)
			if err != nil {
				return
			}
			buffer[2], buffer[3] = 0x81, 0x80|code // a response (RFC 1035 section 4.1.1)
			_, _ = l.WriteTo(buffer[:n], from)
		}
	}()
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		var d net.Dialer
		return d.DialContext(ctx, "udp", l.LocalAddr().String())
	}}
}

// hijacked is a server that does what it likes with each connection on which a request came.
func hijacked(t *testing.T, do func(*net.TCPConn)) string {
	t.Helper()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		do(c.(*net.TCPConn))
		_ = c.Close()
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestNetworkReasons makes calls over real sockets that go wrong in each way.
func TestNetworkReasons(t *testing.T) {
	t.Parallel()
	plain := func(h http.HandlerFunc) func(*testing.T, *http.Transport) string {
		return func(t *testing.T, _ *http.Transport) string {
			s := httptest.NewServer(h)
			t.Cleanup(s.Close)
			return s.URL
		}
	}
	through := func(proxy string, transport *http.Transport) string {
		at := &url.URL{Scheme: "http", Host: proxy}
		transport.Proxy = http.ProxyURL(at)
		return "https://webapi.teamviewer.com"
	}
	resolved := func(code byte) func(*testing.T, *http.Transport) string {
		return func(t *testing.T, transport *http.Transport) string {
			d := net.Dialer{Resolver: nameServer(t, code)}
			transport.DialContext = d.DialContext
			return "https://webapi.teamviewer.invalid"
		}
	}
	tests := map[string]struct {
		serve func(*testing.T, *http.Transport) (base string)
		want  tvapi.NetworkReason
		kind  tvapi.Kind
		says  string // %s is the host
	}{
		"closed port": {func(t *testing.T, _ *http.Transport) string { return "http://" + closedPort(t) },
			tvapi.NetworkRefused, tvapi.KindUnsent, "%s refuses connections"},
		"name not found":   {resolved(3), tvapi.NetworkName, tvapi.KindUnsent, "the name %s is not found"},
		"name server down": {resolved(2), tvapi.NetworkName, tvapi.KindUnsent, "the name %s is not found"},
		"unknown authority": {func(t *testing.T, _ *http.Transport) string {
			s := httptest.NewUnstartedServer(http.NotFoundHandler())
			s.Config.ErrorLog = zap.NewStdLog(zap.NewNop())
			s.StartTLS()
			t.Cleanup(s.Close)
			return s.URL
		}, tvapi.NetworkUntrusted, tvapi.KindUnsent, "the TLS certificate of %s is not trusted"},
		"HTTP answered to HTTPS": {func(t *testing.T, transport *http.Transport) string {
			return strings.Replace(plain(func(http.ResponseWriter, *http.Request) {})(t, transport), "http:", "https:", 1)
		}, tvapi.NetworkNoTLS, tvapi.KindUnsent, "%s does not answer in TLS"},
		"connection reset": {func(t *testing.T, _ *http.Transport) string {
			return hijacked(t, func(c *net.TCPConn) { _ = c.SetLinger(0) })
		}, tvapi.NetworkBroken, tvapi.KindLost, "the connection to %s broke"},
		"connection closed": {func(t *testing.T, _ *http.Transport) string {
			return hijacked(t, func(*net.TCPConn) {})
		}, tvapi.NetworkBroken, tvapi.KindLost, "the connection to %s broke"},
		"answer cut": {func(t *testing.T, _ *http.Transport) string {
			return hijacked(t, func(c *net.TCPConn) {
				_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"token")
			})
		}, tvapi.NetworkBroken, tvapi.KindLost, "the connection to %s broke"},
		"refusal cut": {func(t *testing.T, _ *http.Transport) string {
			return hijacked(t, func(c *net.TCPConn) {
				_, _ = io.WriteString(c, "HTTP/1.1 400 Bad Request\r\nContent-Length: 100\r\n\r\n{\"error")
			})
		}, tvapi.NetworkBroken, tvapi.KindLost, "the connection to %s broke"},
		"time-out": {plain(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }),
			tvapi.NetworkTimeout, tvapi.KindLost, "%s did not answer in time"},
		"time-out within the answer": {plain(func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.WriteString(w, `{"token_`)
			_ = http.NewResponseController(w).Flush()
			<-r.Context().Done()
		}), tvapi.NetworkTimeout, tvapi.KindLost, "%s did not answer in time"},
		"proxy that is not there": {func(t *testing.T, transport *http.Transport) string { return through(closedPort(t), transport) },
			tvapi.NetworkProxy, tvapi.KindUnsent, "the proxy for %s cannot be used"},
		"proxy that wants a password": {func(t *testing.T, transport *http.Transport) string {
			s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusProxyAuthRequired) }))
			t.Cleanup(s.Close)
			return through(s.Listener.Addr().String(), transport)
		}, tvapi.NetworkProxy, tvapi.KindUnsent, "the proxy for %s cannot be used"},
		"HTML page": {plain(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>sign in</html>")
		}), 0, tvapi.KindForeign, "the answer is HTML"},
		"fault": {plain(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }),
			0, tvapi.KindServer, "500 server"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			transport := tvapi.NewTransport()
			transport.Proxy = nil
			t.Cleanup(transport.CloseIdleConnections)
			base := test.serve(t, transport)
			timeout := time.Minute
			if strings.HasPrefix(name, "time-out") {
				timeout = 50 * time.Millisecond
			}
			c := newClient(t, tvapi.Options{Token: token, BaseURL: base, Transport: transport, Timeout: timeout})
			_, err := c.Ping(t.Context())
			e, ok := errors.AsType[*tvapi.Error](err)
			if !ok {
				t.Fatalf("error = %v", err)
			}
			_, host, _ := strings.Cut(base, "://")
			if e.Network != test.want || e.Kind != test.kind || e.Host != host {
				t.Errorf("network %d, kind %v, host %q, want %d, %v, %q: %v", e.Network, e.Kind, e.Host, test.want, test.kind, host, err)
			}
			if says := strings.Replace(test.says, "%s", host, 1); !strings.Contains(err.Error(), says) {
				t.Errorf("error = %v, want %q", err, says)
			}
		})
	}
}

// TestNetworkOfAClientThatIsGone: a cancelled request is not a failure of the network.
func TestNetworkOfAClientThatIsGone(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := newClient(t, tvapi.Options{Token: token, Transport: transport(func(r *http.Request) (*http.Response, error) {
		cancel()
		return nil, r.Context().Err()
	})})
	_, err := c.Ping(ctx)
	if e, ok := errors.AsType[*tvapi.Error](err); !ok || e.Network != 0 || !isCanceled(err) {
		t.Errorf("error = %#v", err)
	}
}

// TestNetworkReasonsOfTheSystem are those that loopback does not have, and that the breaker hands
// on.
func TestNetworkReasonsOfTheSystem(t *testing.T) {
	t.Parallel()
	for failure, want := range map[error]tvapi.NetworkReason{
		syscall.ENETUNREACH: tvapi.NetworkUnreachable, syscall.EHOSTUNREACH: tvapi.NetworkUnreachable, syscall.EPERM: tvapi.NetworkUnreachable,
		syscall.ETIMEDOUT: tvapi.NetworkTimeout, errors.New("odd"): tvapi.NetworkUnreachable,
	} {
		c := newClient(t, tvapi.Options{Token: token, Transport: transport(func(*http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", failure)}
		})})
		for n := range 6 {
			_, err := c.Ping(t.Context())
			e, ok := errors.AsType[*tvapi.Error](err)
			if !ok || e.Network != want || e.Host != "webapi.teamviewer.com" || e.Withheld != (n == 5) {
				t.Errorf("%v, call %d: %#v, want %d", failure, n, err, want)
			}
		}
	}
}

// TestNetworkReasonsHaveATextEach, and no other number has one.
func TestNetworkReasonsHaveATextEach(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for n := tvapi.NetworkName; n <= tvapi.NetworkProxy; n++ {
		text := n.Describe("host")
		if !strings.Contains(text, "host") || seen[text] {
			t.Errorf("%d: %q", n, text)
		}
		seen[text] = true
	}
	for _, n := range []tvapi.NetworkReason{-1, 0, tvapi.NetworkProxy + 1} {
		if text := n.Describe("host"); text != "" {
			t.Errorf("%d: %q", n, text)
		}
	}
}

func TestOtherBaseURL(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"webapi.teamviewer.com": tvapi.USBaseURL, "webapi.us.teamviewer.com": tvapi.DefaultBaseURL, "WebAPI.TeamViewer.com:443": tvapi.USBaseURL,
		"127.0.0.1:8080": "", "": "", "webapi.teamviewer.com.example.com": "",
	} {
		if got := tvapi.OtherBaseURL(host); got != want {
			t.Errorf("%s: %q, want %q", host, got, want)
		}
	}
}
