package certificate_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"tvscim/proxy/certificate"
	"tvscim/proxy/certificate/certificatetest"
)

// outcomes are the messages of a log about certificates.
type outcomes chan string

func (o outcomes) logger() *zap.Logger {
	core := zapcore.NewCore(zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig()), zapcore.AddSync(o), zapcore.InfoLevel)
	return zap.New(core)
}

func (o outcomes) Write(line []byte) (int, error) {
	o <- string(line)
	return len(line), nil
}

// await waits for a message.
func (o outcomes) await(t *testing.T, text string) {
	t.Helper()
	for {
		select {
		case line := <-o:
			if strings.Contains(line, text) {
				return
			}
			t.Log(line)
		case <-time.After(time.Minute):
			t.Fatalf("the log does not say %q", text)
		}
	}
}

// serve serves a handler with the certificates of a source until the test ends.
func serve(t *testing.T, l net.Listener, s *certificate.Source) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "served")
	})}
	ended := make(chan struct{}, 2)
	go func() { _ = server.Serve(tls.NewListener(l, s.Config())); ended <- struct{}{} }()
	go func() { s.Run(ctx); ended <- struct{}{} }()
	t.Cleanup(func() {
		cancel()
		_ = server.Close()
		<-ended
		<-ended
	})
}

// TestPebble obtains a certificate from a real ACME server. A restart takes it from the cache.
func TestPebble(t *testing.T) {
	t.Parallel()
	l := loopback(t)
	pebble := certificatetest.StartPebble(t, l.Addr())
	log, cache := make(outcomes, 10), filepath.Join(t.TempDir(), "acme")
	options := certificate.Options{Logger: log.logger(), ACME: &certificate.ACME{
		Domains: []string{name}, Email: "admin@example.com", Cache: cache, DirectoryURL: pebble.DirectoryURL, Client: pebble.Client,
	}}
	s := open(t, options)
	if info, err := os.Stat(cache); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the cache: %v, %v", info, err)
	}
	if status := s.Status(); status.OK || !strings.Contains(status.Detail, "is being obtained") {
		t.Errorf("before: %+v", status)
	}
	serve(t, l, s)
	log.await(t, "certificate obtained by ACME")
	good := &tls.Config{RootCAs: pebble.Roots(t), ServerName: name}
	state, serverErr, clientErr := served(t, s, good)
	if serverErr != nil || clientErr != nil || state.PeerCertificates[0].DNSNames[0] != name {
		t.Fatalf("%v, %v", serverErr, clientErr)
	}
	if !s.Status().OK || testutil.ToFloat64(only{s, "tvscim_tls_certificate_expiry_timestamp_seconds"}) != float64(state.PeerCertificates[0].NotAfter.Unix()) {
		t.Errorf("%+v", s.Status())
	}
	for test, client := range map[string]*tls.Config{
		"other name": {InsecureSkipVerify: true, ServerName: "other.example.com"},
		"no name":    {InsecureSkipVerify: true},
		"TLS 1.1":    {InsecureSkipVerify: true, ServerName: name, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11},
	} {
		if _, serverErr, _ := served(t, s, client); serverErr == nil {
			t.Errorf("%s: no error", test)
		}
	}
	again := open(t, options)
	serve(t, loopback(t), again)
	log.await(t, "certificate obtained by ACME")
	second, _, clientErr := served(t, again, good)
	if clientErr != nil || second.PeerCertificates[0].SerialNumber.Cmp(state.PeerCertificates[0].SerialNumber) != 0 {
		t.Errorf("a restart has obtained another certificate: %v", clientErr)
	}
}

// TestPebbleCannotConnect: the reason of the ACME server is shown, and the time of the next
// attempt. A handshake does not wait.
func TestPebbleCannotConnect(t *testing.T) {
	t.Parallel()
	closed := loopback(t)
	pebble := certificatetest.StartPebble(t, closed.Addr())
	if err := closed.Close(); err != nil {
		t.Fatal(err)
	}
	log := make(outcomes, 10)
	s := open(t, certificate.Options{Logger: log.logger(), ACME: &certificate.ACME{
		Domains: []string{name}, Cache: t.TempDir(), DirectoryURL: pebble.DirectoryURL, Client: pebble.Client,
	}})
	serve(t, loopback(t), s)
	log.await(t, "no certificate by ACME")
	status := s.Status()
	if status.OK || !strings.Contains(status.Detail, "could not validate the domain") || !strings.Contains(status.Detail, "Failed to connect") ||
		!strings.Contains(status.Detail, "next attempt at") || status.Since.IsZero() {
		t.Errorf("%+v", status)
	}
	if _, serverErr, _ := served(t, s, &tls.Config{InsecureSkipVerify: true, ServerName: name}); serverErr == nil {
		t.Error("a handshake without a certificate has no error")
	}
}

// TestHandshakeDoesNotWait: while the ACME server does not answer, a handshake is refused at once.
func TestHandshakeDoesNotWait(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}, 1), make(chan struct{})
	server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	s := open(t, certificate.Options{ACME: &certificate.ACME{
		Domains: []string{name}, Cache: t.TempDir(), DirectoryURL: server.URL, Client: server.Client(),
	}})
	serve(t, loopback(t), s)
	<-asked
	refused := make(chan error, 1)
	go func() {
		_, serverErr, _ := served(t, s, &tls.Config{InsecureSkipVerify: true, ServerName: name})
		refused <- serverErr
	}()
	select {
	case err := <-refused:
		if err == nil || !strings.Contains(err.Error(), "no certificate for the name") {
			t.Errorf("%v", err)
		}
	case <-time.After(20 * time.Second):
		t.Error("the handshake waits for the ACME server")
	}
}

// TestChallengeIsNoWayIn: a handshake of the kind that ACME servers make needs no certificate of a
// client, and no request can follow it.
func TestChallengeIsNoWayIn(t *testing.T) {
	t.Parallel()
	authority, dir := certificatetest.New(t), t.TempDir()
	ca := filepath.Join(dir, "ca.pem")
	certificatetest.Replace(t, ca, authority.PEM)
	s := open(t, certificate.Options{ClientCAFile: ca, ACME: &certificate.ACME{
		Domains: []string{name}, Cache: t.TempDir(), DirectoryURL: "https://127.0.0.1:1/dir",
	}})
	for test, protocols := range map[string][]string{"challenge": {"acme-tls/1"}, "both": {"acme-tls/1", "http/1.1"}} {
		_, serverErr, clientErr := served(t, s, &tls.Config{InsecureSkipVerify: true, ServerName: name, NextProtos: protocols})
		if serverErr == nil || clientErr == nil {
			t.Errorf("%s: %v, %v", test, serverErr, clientErr)
		}
	}
}

// TestCache: a directory that cannot be used is refused at start, and a rehearsal makes none.
func TestCache(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	certificatetest.Replace(t, file, nil)
	for test, with := range map[string]struct {
		path string
		want string
	}{
		"a file":        {file, "acme.cache: " + file + " is a file; name a directory"},
		"below a file":  {filepath.Join(file, "x"), "acme.cache: " + filepath.Join(file, "x") + " does not exist"},
		"nothing above": {filepath.Join(dir, "x", "y"), "acme.cache: " + filepath.Join(dir, "x", "y") + " cannot be created: there is no directory " + filepath.Join(dir, "x")},
		"new":           {filepath.Join(dir, "new"), ""},
		"exists":        {dir, ""},
	} {
		for _, rehearsal := range []bool{true, false} {
			_, err := certificate.New(certificate.Options{Rehearsal: rehearsal, ACME: &certificate.ACME{Domains: []string{name}, Cache: with.path}})
			problems, _ := errors.AsType[certificate.Problems](err)
			if with.want == "" && err != nil || with.want != "" && (len(problems) != 1 || !strings.HasPrefix(problems[0].Error(), with.want)) {
				t.Errorf("%s: %v, want %s", test, err, with.want)
			}
			if _, err := os.Stat(filepath.Join(dir, "new")); rehearsal && err == nil && test == "new" {
				t.Error("a rehearsal makes the directory")
			}
		}
	}
}

func loopback(t *testing.T) net.Listener {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}
