package gateway_test

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/proxy/certificate/certificatetest"
	"tvscim/tvapi/tvfake"
)

// serveTLS serves a stage with the certificate of an authority. The stage's client trusts it.
func serveTLS(t *testing.T, authority *certificatetest.Authority, settings func(*config.Config)) *stage {
	t.Helper()
	s := newStage(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) { settings(c) }})
	var lc net.ListenConfig
	public, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	private, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.gateway.Serve(ctx, public, private) }()
	t.Cleanup(func() {
		s.client.CloseIdleConnections()
		stop()
		if err := <-ended; err != nil {
			t.Errorf("serve: %v", err)
		}
	})
	s.url = "https://" + public.Addr().String() + "/scim/v2"
	s.client = &http.Client{Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 100,
	}}
	return s
}

// TestTLSChangesUnderLoad: 10,000 requests, some of them on new connections, while the certificate
// changes again and again. None fails, and all certificates are seen.
func TestTLSChangesUnderLoad(t *testing.T) {
	if testing.Short() {
		t.Skip("10,000 requests")
	}
	t.Parallel()
	const requests, clients, changes = 10_000, 8, 12
	authority, dir := certificatetest.New(t), t.TempDir()
	cert, key := authority.Issue("127.0.0.1").Write(t, dir)
	s := serveTLS(t, authority, func(c *config.Config) { c.TLS.CertFile, c.TLS.KeyFile = cert, key })
	var done atomic.Int64
	var seen sync.Map
	var group sync.WaitGroup
	for range clients {
		group.Go(func() {
			for done.Add(1) <= requests {
				serial, err := askOnce(t.Context(), s, done.Load()%20 == 0)
				if err != nil {
					t.Error(err)
					return
				}
				seen.Store(serial, true)
			}
		})
	}
	for change := range changes {
		for done.Load() < int64(requests*(change+1)/(changes+1)) && !t.Failed() {
			time.Sleep(time.Millisecond) // until the share of requests is reached
		}
		authority.Issue("127.0.0.1").Write(t, dir)
		if err := s.gateway.ReloadTLS(); err != nil {
			t.Error(err)
		}
	}
	group.Wait()
	certificates := 0
	seen.Range(func(any, any) bool { certificates++; return true })
	if certificates <= changes/2 && !t.Failed() { // the next change may come before a handshake
		t.Errorf("%d certificates were seen, want most of %d", certificates, changes+1)
	}
}

// TestTenantURL: what the log says is to be pasted, by what is known of it.
func TestTenantURL(t *testing.T) {
	t.Parallel()
	for want, settings := range map[string]config.Config{
		"https://tv.example.com/scim": {PublicURL: "https://tv.example.com", TLS: config.TLS{CertFile: "cert.pem"}},
		"https://a.example.com/scim":  {TLS: config.TLS{ACME: config.ACME{Domains: []string{"a.example.com", "b.example.com"}}}},
		"https://<host of the certificate>/scim (set public_url to see the whole address)":    {TLS: config.TLS{CertFile: "cert.pem"}},
		"https://<host of the proxy with TLS>/scim (set public_url to see the whole address)": {},
	} {
		settings.BasePath = "/scim"
		if got := gateway.TenantURL(settings); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}

// askOnce sends one request, and returns the serial number of the certificate. last ends the
// connection.
func askOnce(ctx context.Context, s *stage, last bool) (string, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.url+"/ServiceProviderConfig", nil)
	if err != nil {
		return "", err
	}
	req.Header.Set("Authorization", "Bearer "+s.token)
	req.Close = last
	resp, err := s.client.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	if _, err := io.Copy(io.Discard, resp.Body); err != nil || resp.StatusCode != http.StatusOK {
		return "", fmt.Errorf("%s: %w", resp.Status, errors.Join(err, errors.New("not answered")))
	}
	return resp.TLS.PeerCertificates[0].SerialNumber.String(), nil
}

// TestTLSOfAGateway: a client certificate is asked for, locations are https, /readyz and /metrics
// show the certificate, and its trouble until it is mended.
func TestTLSOfAGateway(t *testing.T) {
	t.Parallel()
	authority, dir := certificatetest.New(t), t.TempDir()
	pair := authority.Issue("127.0.0.1")
	cert, key := pair.Write(t, dir)
	ca := dir + "/ca.pem"
	certificatetest.Replace(t, ca, authority.PEM)
	s := serveTLS(t, authority, func(c *config.Config) { c.TLS = config.TLS{CertFile: cert, KeyFile: key, ClientCAFile: ca} })
	if _, err := s.try(t.Context(), s.token, "GET", "/Users", ""); err == nil {
		t.Error("a client without a certificate is served")
	}
	s.client.Transport.(*http.Transport).TLSClientConfig.Certificates = []tls.Certificate{authority.Issue("proxy").TLS(t)}
	id := s.user("ada@contoso.example")
	if location := get(s.do("GET", "/Users/"+id, "").json(t), "meta", "location"); location != s.url+"/Users/"+id {
		t.Errorf("meta.location %v", location)
	}
	component := func() string {
		state, detail := s.component("tls")
		return string(state) + ": " + detail
	}
	if got := component(); got != "ok: " {
		t.Errorf("tls is %s", got)
	}
	certificatetest.Replace(t, key, authority.Issue("127.0.0.1").Key)
	if err := s.gateway.ReloadTLS(); err == nil {
		t.Error("a key that does not fit is no error")
	}
	if got, want := component(), "failing: the files on disk cannot be used, those loaded before are served: key_file: "+key+" is not the private key"; len(got) < len(want) || got[:len(want)] != want {
		t.Errorf("tls is %s", got)
	}
	if a := s.do("GET", "/Users/"+id, ""); a.status != http.StatusOK {
		t.Errorf("with files that do not fit: %d", a.status)
	}
	certificatetest.Replace(t, key, pair.Key)
	if err := s.gateway.ReloadTLS(); err != nil || component() != "ok: " {
		t.Errorf("mended: %v, %s", err, component())
	}
}
