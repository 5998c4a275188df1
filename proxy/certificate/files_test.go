package certificate_test

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"tvscim/proxy/certificate"
	"tvscim/proxy/certificate/certificatetest"
)

const name = "tv.example.com"

// open returns a source of files that must be good.
func open(t *testing.T, o certificate.Options) *certificate.Source {
	t.Helper()
	s, err := certificate.New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// served makes a handshake over a socket, and returns what the server and the client say of it.
func served(t *testing.T, s *certificate.Source, client *tls.Config) (state tls.ConnectionState, serverErr, clientErr error) {
	t.Helper()
	l := loopback(t)
	defer l.Close()
	near, err := new(net.Dialer).DialContext(t.Context(), "tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	far, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	return handshake(near, far, s, client)
}

// handshake makes a handshake over a connection. The client waits for the end of the connection: a
// server that refuses it in TLS 1.3 says so after the handshake.
func handshake(near, far net.Conn, s *certificate.Source, client *tls.Config) (state tls.ConnectionState, serverErr, clientErr error) {
	ended := make(chan error, 1)
	go func() {
		defer far.Close()
		ended <- tls.Server(far, s.Config()).Handshake()
	}()
	conn := tls.Client(near, client)
	if clientErr = conn.Handshake(); clientErr == nil {
		if _, clientErr = conn.Read(make([]byte, 1)); errors.Is(clientErr, io.EOF) {
			clientErr = nil
		}
	}
	return conn.ConnectionState(), <-ended, clientErr
}

// serial is the serial number of the certificate that is served. It needs no socket.
func serial(t *testing.T, s *certificate.Source, a *certificatetest.Authority) string {
	t.Helper()
	near, far := net.Pipe()
	defer near.Close()
	state, serverErr, clientErr := handshake(near, far, s, &tls.Config{RootCAs: a.Pool(), ServerName: name})
	if serverErr != nil {
		t.Fatalf("%v, %v", serverErr, clientErr)
	}
	return state.PeerCertificates[0].SerialNumber.String()
}

func serialOf(t *testing.T, p certificatetest.Pair) string {
	t.Helper()
	return p.TLS(t).Leaf.SerialNumber.String()
}

// TestBadFiles: each file that cannot be used is named, with the reason and the remedy, and no part
// of a key is shown.
func TestBadFiles(t *testing.T) {
	t.Parallel()
	authority := certificatetest.New(t)
	good, other := authority.Issue(name), authority.Issue(name)
	encrypted := []byte("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n")
	broken := []byte("-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n")
	for test, with := range map[string]struct {
		cert, key, ca []byte // nil: there is no such file
		want          []string
	}{
		"missing":         {nil, nil, nil, []string{"cert_file: DIR/cert.pem does not exist; create it", "key_file: DIR/key.pem does not exist; create it", "client_ca_file: DIR/ca.pem does not exist"}},
		"does not fit":    {good.Cert, other.Key, authority.PEM, []string{"key_file: DIR/key.pem is not the private key of the certificate in DIR/cert.pem; name the key"}},
		"swapped":         {good.Key, good.Cert, authority.PEM, []string{"cert_file: DIR/cert.pem contains no certificate in PEM form", "key_file: DIR/key.pem contains no private key in PEM form"}},
		"empty":           {[]byte{}, good.Key, authority.PEM, []string{"cert_file: DIR/cert.pem contains no certificate in PEM form"}},
		"broken":          {broken, good.Key, authority.PEM, []string{"cert_file: DIR/cert.pem contains a certificate that cannot be read; issue it again"}},
		"no key":          {good.Cert, good.Cert, authority.PEM, []string{"key_file: DIR/key.pem contains no private key in PEM form"}},
		"with a password": {good.Cert, encrypted, authority.PEM, []string{"key_file: DIR/key.pem contains a private key that is protected by a password; store it without one"}},
		"broken key":      {good.Cert, []byte("-----BEGIN PRIVATE KEY-----\nMIIB\n-----END PRIVATE KEY-----\n"), authority.PEM, []string{"key_file: DIR/key.pem contains a private key that cannot be read"}},
		"large":           {make([]byte, 1<<20+1), good.Key, authority.PEM, []string{"cert_file: DIR/cert.pem is larger than 1MiB; correct the path"}},
		"no authority":    {good.Cert, good.Key, good.Key, []string{"client_ca_file: DIR/ca.pem contains no certificate in PEM form"}},
	} {
		t.Run(test, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			o := certificate.Options{CertFile: filepath.Join(dir, "cert.pem"), KeyFile: filepath.Join(dir, "key.pem"), ClientCAFile: filepath.Join(dir, "ca.pem")}
			for path, data := range map[string][]byte{o.CertFile: with.cert, o.KeyFile: with.key, o.ClientCAFile: with.ca} {
				if data != nil {
					certificatetest.Replace(t, path, data)
				}
			}
			_, err := certificate.New(o)
			problems, _ := errors.AsType[certificate.Problems](err)
			if len(problems) != len(with.want) {
				t.Fatalf("%v, want %q", err, with.want)
			}
			for i, want := range with.want {
				if got := strings.ReplaceAll(problems[i].Error(), dir, "DIR"); !strings.HasPrefix(got, want) {
					t.Errorf("%s, want %s", got, want)
				}
			}
		})
	}
}

// TestFilesChange replaces the files in the ways of certbot and of Kubernetes. What is served
// changes within two looks at the files, without a log line about the moment in which certificate
// and key do not fit.
func TestFilesChange(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		authority, dir := certificatetest.New(t), t.TempDir()
		first, second, third := authority.Issue(name), authority.Issue(name), authority.Issue(name)
		cert, key := first.Write(t, dir)
		core, lines := observer.New(zapcore.InfoLevel)
		s := open(t, certificate.Options{CertFile: cert, KeyFile: key, Logger: zap.New(core)})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go s.Run(ctx)

		certificatetest.Replace(t, cert, second.Cert) // its key comes a moment later
		time.Sleep(11 * time.Second)
		if got := serial(t, s, authority); got != serialOf(t, first) {
			t.Error("a certificate without its key is served")
		}
		certificatetest.Replace(t, key, second.Key)
		time.Sleep(11 * time.Second)
		if got := serial(t, s, authority); got != serialOf(t, second) {
			t.Error("the second certificate is not served")
		}

		// A mounted Secret: the files are links into a folder whose link is swapped.
		third.Write(t, mkdir(t, dir, "third"))
		for link, target := range map[string]string{cert: "third/cert.pem", key: "third/key.pem"} {
			if err := errors.Join(os.Remove(link), os.Symlink(target, link)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(11 * time.Second)
		if got := serial(t, s, authority); got != serialOf(t, third) {
			t.Error("the third certificate is not served")
		}
		if n := lines.FilterMessage("TLS files loaded").Len(); n != 2 || lines.FilterLevelExact(zapcore.WarnLevel).Len() != 0 {
			t.Errorf("%v", lines.All())
		}
	})
}

// TestFilesInTrouble: a pair that does not fit keeps the old one; log, status and metric say so,
// once, until it is mended.
func TestFilesInTrouble(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		authority := certificatetest.New(t)
		first, second := authority.Issue(name), authority.Issue(name)
		cert, key := first.Write(t, t.TempDir())
		core, lines := observer.New(zapcore.InfoLevel)
		s := open(t, certificate.Options{CertFile: cert, KeyFile: key, Logger: zap.New(core)})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go s.Run(ctx)
		certificatetest.Replace(t, key, second.Key)
		time.Sleep(2 * time.Minute)
		if got := serial(t, s, authority); got != serialOf(t, first) {
			t.Error("the old certificate is no longer served")
		}
		status := s.Status()
		if age := time.Since(status.Since); status.OK || age < time.Minute || age > 2*time.Minute || !strings.Contains(status.Detail, "key_file: "+key+" is not the private key") {
			t.Errorf("%+v", status)
		}
		if n := lines.FilterMessage("TLS files cannot be used; those in use stay in use").Len(); n != 1 {
			t.Errorf("%d lines in the log", n)
		}
		if got := testutil.ToFloat64(only{s, "tvscim_tls_failing"}); got != 1 {
			t.Errorf("tvscim_tls_failing %v", got)
		}
		if err := s.Reload(); err == nil || !strings.Contains(err.Error(), "is not the private key") {
			t.Errorf("Reload: %v", err)
		}
		certificatetest.Replace(t, cert, second.Cert)
		if err := s.Reload(); err != nil {
			t.Error(err)
		}
		if got := serial(t, s, authority); got != serialOf(t, second) || !s.Status().OK || testutil.ToFloat64(only{s, "tvscim_tls_failing"}) != 0 {
			t.Errorf("mended, but %+v", s.Status())
		}
		// The files in use come back after a broken one.
		certificatetest.Replace(t, cert, nil)
		if s.Reload() == nil || s.Status().OK {
			t.Error("an empty file is not reported")
		}
		certificatetest.Replace(t, cert, second.Cert)
		time.Sleep(11 * time.Second)
		if !s.Status().OK || lines.FilterMessage("TLS files are again those in use").Len() != 1 {
			t.Errorf("%+v\n%v", s.Status(), lines.All())
		}
	})
}

// TestExpiry: what has expired or expires soon is served and reported, and logged once a day.
func TestExpiry(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for test, with := range map[string]struct {
		age, left time.Duration
		want      string
	}{
		"expired":           {90 * day, -time.Hour, "expired on"},
		"soon":              {80 * day, 13 * day, "expires on"},
		"not soon":          {70 * day, 15 * day, ""},
		"of few days":       {3 * day, 3 * day, ""},
		"of few days, soon": {5 * day, 20 * time.Hour, "expires on"},
		"not valid yet":     {-time.Hour, 90 * day, "is not valid before"},
		"good for long":     {day, 89 * day, ""},
	} {
		t.Run(test, func(t *testing.T) {
			t.Parallel()
			authority := certificatetest.New(t)
			cert, key := authority.IssueBetween(time.Now().Add(-with.age), time.Now().Add(with.left), name).Write(t, t.TempDir())
			s := open(t, certificate.Options{CertFile: cert, KeyFile: key})
			text := strings.Join(s.Warnings(), "\n")
			if with.want == "" && text != "" || !strings.Contains(text, with.want) || s.Status().OK != (with.want == "") {
				t.Errorf("%q, %+v, want %q", text, s.Status(), with.want)
			}
			if with.want != "" && !strings.HasPrefix(text, "tls.cert_file: the certificate of "+name) {
				t.Errorf("%q does not begin with its key", text)
			}
		})
	}
}

// only is the one metric of a collector that a test looks at.
type only struct {
	prometheus.Collector
	name string
}

func (o only) Collect(ch chan<- prometheus.Metric) {
	all := make(chan prometheus.Metric)
	go func() {
		defer close(all)
		o.Collector.Collect(all)
	}()
	for m := range all {
		if strings.Contains(m.Desc().String(), `"`+o.name+`"`) {
			ch <- m
		}
	}
}

func mkdir(t *testing.T, dir, name string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}
