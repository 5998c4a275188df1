package tvapi_test

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/tvapi"
)

func quiet() *log.Logger { return log.New(io.Discard, "", 0) }

func TestNewChecksTheAddress(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		base string
		want string // of the address used, or of the error
		ok   bool
	}{
		"default":         {"", "https://webapi.teamviewer.com", true},
		"https":           {"https://tv.example.com", "https://tv.example.com", true},
		"trailing slash":  {"https://tv.example.com/", "https://tv.example.com", true},
		"port":            {"https://tv.example.com:8443", "https://tv.example.com:8443", true},
		"loopback name":   {"http://localhost:9", "http://localhost:9", true},
		"loopback v4":     {"http://127.0.0.1:9", "http://127.0.0.1:9", true},
		"loopback v6":     {"http://[::1]:9", "http://[::1]:9", true},
		"upper scheme":    {"HTTPS://tv.example.com", "https://tv.example.com", true},
		"http abroad":     {"http://tv.example.com", "must be https", false},
		"http private":    {"http://10.0.0.1", "must be https", false},
		"http lookalike":  {"http://localhost.example.com", "must be https", false},
		"with root":       {"https://tv.example.com/api/v1", "must not end in /api/v1", false},
		"with root slash": {"https://tv.example.com/api/v1/", "must not end in /api/v1", false},
		"with a path":     {"https://tv.example.com/tv", "must not contain a path", false},
		"two slashes":     {"https://tv.example.com//", "must not contain a path", false},
		"dot segment":     {"https://tv.example.com/..", "must not contain a path", false},
		"encoded slash":   {"https://tv.example.com/%2F", "must not contain a path", false},
		"the users path":  {"https://tv.example.com/api/v1/users", "must not contain a path", false},
		"query":           {"https://tv.example.com?x=1", "query or a fragment", false},
		"bare query":      {"https://tv.example.com?", "query or a fragment", false},
		"fragment":        {"https://tv.example.com#x", "query or a fragment", false},
		"password":        {"https://joe:hush@tv.example.com", "user name or password", false},
		"no scheme":       {"tv.example.com", "https://host", false},
		"other scheme":    {"ftp://tv.example.com", "https://host", false},
		"no host":         {"https://", "https://host", false},
		"port alone":      {"https://:443", "https://host", false},
		"opaque":          {"https:tv.example.com", "https://host", false},
		"unreadable":      {"https://tv.example.com:port", "not an address", false},
		"control":         {"https://tv.example.com/\x7f", "not an address", false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := tvapi.New(tvapi.Options{BaseURL: test.base, Token: token})
			if !test.ok {
				if err == nil || !strings.Contains(err.Error(), test.want) {
					t.Errorf("error = %v, want one with %q", err, test.want)
				}
				if err != nil && strings.Contains(err.Error(), "hush") {
					t.Errorf("error %v holds the password", err)
				}
				return
			}
			if err != nil {
				t.Fatalf("New: %v", err)
			}
			if got, want := c.String(), "tvapi.Client{"+test.want+"}"; got != want {
				t.Errorf("client = %s, want %s", got, want)
			}
		})
	}
}

func TestNewChecksTheRest(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		options tvapi.Options
		want    string
	}{
		"no token":          {tvapi.Options{}, "token: missing"},
		"token with space":  {tvapi.Options{Token: "a b"}, "printable ASCII"},
		"token with line":   {tvapi.Options{Token: "a\r\nX-Evil: 1"}, "printable ASCII"},
		"token not ASCII":   {tvapi.Options{Token: "tökén"}, "printable ASCII"},
		"agent with line":   {tvapi.Options{Token: token, UserAgent: "a\nb"}, "user agent"},
		"negative timeout":  {tvapi.Options{Token: token, Timeout: -1}, "timeout"},
		"token with delete": {tvapi.Options{Token: "a\x7f"}, "printable ASCII"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, err := tvapi.New(test.options)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error = %v, want one with %q", err, test.want)
			}
			if c != nil {
				t.Errorf("client = %v beside an error", c)
			}
		})
	}
}

func TestUserAgentIsSent(t *testing.T) {
	t.Parallel()
	s, _ := serve(t, ok(`{"token_valid":true}`))
	c := s.client(tvapi.Options{UserAgent: "tvscim/1.2.3 (test)"})
	if _, err := c.Ping(t.Context()); err != nil {
		t.Fatalf("Ping: %v", err)
	}
	if got := s.headers[0].Get("User-Agent"); got != "tvscim/1.2.3 (test)" {
		t.Errorf("User-Agent = %q", got)
	}
}

// TestPrintingHidesTheToken prints what holds a token with every verb there is.
func TestPrintingHidesTheToken(t *testing.T) {
	t.Parallel()
	options := tvapi.Options{Token: token, BaseURL: "https://tv.example.com"}
	withPassword := tvapi.Options{Token: token, BaseURL: "https://joe:" + token + "@tv.example.com"}
	c := newClient(t, options)
	values := map[string]any{
		"options": options, "*options": &options, "client": c, "*client": *c, "zero client": tvapi.Client{},
		"nested":   struct{ O tvapi.Options }{options},
		"in a map": map[string]tvapi.Options{"a": options}, "password in the address": withPassword,
	}
	for name, value := range values {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t", "%10.3v"} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, token) {
				t.Errorf("%s with %s shows the token: %s", name, verb, text)
			}
		}
	}
	if got, want := options.String(), "tvapi.Options{https://tv.example.com}"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
	if got, want := withPassword.String(), "tvapi.Options{invalid address}"; got != want {
		t.Errorf("String = %q, want %q", got, want)
	}
}

// TestLogsHideSecretsAndPeople looks at every field of every log line, at the lowest level, of
// calls that succeed and fail.
func TestLogsHideSecretsAndPeople(t *testing.T) {
	t.Parallel()
	core, lines := observer.New(zapcore.DebugLevel)
	logger := zap.New(core)
	options := tvapi.Options{Token: token, Logger: logger, UserAgent: "test"}
	logger.Info("settings", zap.Any("options", options), zap.Object("again", options))
	for _, m := range methods() {
		s, _ := serve(t, m.answer, refused(403, "invalid_permission"), reply{}, reply{})
		c := s.client(options)
		for range 3 {
			_ = m.call(t.Context(), c)
		}
	}
	if lines.Len() < 3*len(methods()) {
		t.Errorf("%d log lines for %d calls", lines.Len(), 3*len(methods()))
	}
	encoder := zapcore.NewJSONEncoder(zapcore.EncoderConfig{MessageKey: "msg"})
	for _, line := range lines.All() {
		text, err := encoder.EncodeEntry(line.Entry, line.Context)
		if err != nil {
			t.Fatalf("encode: %v", err)
		}
		for _, hidden := range []string{token, "Ada", "ada@example.com", "Sales"} {
			if strings.Contains(text.String(), hidden) {
				t.Errorf("log line holds %q: %s", hidden, text)
			}
		}
	}
}

func TestTransportWantsTLS12(t *testing.T) {
	t.Parallel()
	for version, want := range map[uint16]tvapi.Kind{
		tls.VersionTLS11: tvapi.KindUnsent,
		tls.VersionTLS12: 0,
		tls.VersionTLS13: 0,
	} {
		t.Run(tls.VersionName(version), func(t *testing.T) {
			t.Parallel()
			s := &service{t: t, replies: []reply{ok(`{"token_valid":true}`)}}
			server := httptest.NewUnstartedServer(s)
			server.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: version}
			server.Config.ErrorLog = quiet()
			server.StartTLS()
			t.Cleanup(server.Close)
			own := tvapi.NewTransport()
			t.Cleanup(own.CloseIdleConnections)
			own.TLSClientConfig.RootCAs = x509.NewCertPool()
			own.TLSClientConfig.RootCAs.AddCert(server.Certificate())
			c := newClient(t, tvapi.Options{Token: token, BaseURL: server.URL, Transport: own})
			if _, err := c.Ping(t.Context()); tvapi.KindOf(err) != want {
				t.Errorf("error = %v, want %v", err, want)
			}
		})
	}
}

func TestTransportKeepsConnectionsAndSpeaksHTTP2(t *testing.T) {
	t.Parallel()
	own := tvapi.NewTransport()
	if own.MaxIdleConnsPerHost < 64 || own.MaxIdleConns < own.MaxIdleConnsPerHost {
		t.Errorf("idle connections: %d a host of %d", own.MaxIdleConnsPerHost, own.MaxIdleConns)
	}
	protocol := make(chan string, 1)
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protocol <- r.Proto
		_, _ = io.WriteString(w, `{"token_valid":true}`)
	}))
	server.EnableHTTP2 = true
	server.StartTLS()
	t.Cleanup(server.Close)
	t.Cleanup(own.CloseIdleConnections)
	own.TLSClientConfig.RootCAs = x509.NewCertPool()
	own.TLSClientConfig.RootCAs.AddCert(server.Certificate())
	c := newClient(t, tvapi.Options{Token: token, BaseURL: server.URL, Transport: own})
	if valid, err := c.Ping(t.Context()); err != nil || !valid {
		t.Fatalf("Ping = %v, %v", valid, err)
	}
	if got := <-protocol; got != "HTTP/2.0" {
		t.Errorf("protocol = %s, want HTTP/2.0", got)
	}
}

// TestConnectionsAreUsedAgain makes calls one after the other: each answer must be read to its end,
// or each call would open a connection.
func TestConnectionsAreUsedAgain(t *testing.T) {
	t.Parallel()
	all := methods()
	var replies []reply
	for _, m := range all {
		replies = append(replies, m.answer, refused(400, "invalid_request"))
	}
	s := &service{t: t, replies: replies}
	s.server = httptest.NewUnstartedServer(s)
	opened := make(chan struct{}, 2*len(replies))
	s.server.Config.ConnState = countNew(opened)
	s.server.Start()
	t.Cleanup(s.server.Close)
	c := s.client(tvapi.Options{})
	for _, m := range all {
		_ = m.call(t.Context(), c)
		_ = m.call(t.Context(), c)
	}
	if n := len(opened); n != 1 {
		t.Errorf("%d connections for %d calls, want 1", n, len(replies))
	}
}

func countNew(opened chan<- struct{}) func(net.Conn, http.ConnState) {
	return func(_ net.Conn, state http.ConnState) {
		if state == http.StateNew {
			opened <- struct{}{}
		}
	}
}
