package certificatetest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// Pebble is an ACME server, the one that Let's Encrypt provides for tests. All names lead to
// 127.0.0.1.
type Pebble struct {
	DirectoryURL  string
	AuthorityFile string       // of its own certificate
	Client        *http.Client // trusts it
	management    string
}

// StartPebble starts the programs pebble and pebble-challtestsrv, which validate domains by
// connecting to the port of listener. It skips the test if they are not installed.
func StartPebble(t testing.TB, listener net.Addr) *Pebble {
	t.Helper()
	pebble, err := exec.LookPath("pebble")
	names, errNames := exec.LookPath("pebble-challtestsrv")
	if err != nil || errNames != nil {
		t.Skip("pebble and pebble-challtestsrv are not in PATH: \".ci/run acme\" builds them and runs this test")
	}
	_, port, err := net.SplitHostPort(listener.String())
	if err != nil {
		t.Fatal(err)
	}
	dir, authority := t.TempDir(), New(t)
	cert, key := authority.Issue("127.0.0.1").Write(t, dir)
	p := &Pebble{AuthorityFile: filepath.Join(dir, "authority.pem")}
	Replace(t, p.AuthorityFile, authority.PEM)
	p.Client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: authority.Pool(), MinVersion: tls.VersionTLS12},
	}}
	t.Cleanup(p.Client.CloseIdleConnections)
	api, management, dns := freeAddress(t), freeAddress(t), freeAddress(t)
	p.DirectoryURL, p.management = "https://"+api+"/dir", "https://"+management
	settings, err := json.Marshal(map[string]any{"pebble": map[string]any{
		"listenAddress": api, "managementListenAddress": management, "certificate": cert, "privateKey": key,
		"tlsPort": json.Number(port), "httpPort": 1, "keyAlgorithm": "ecdsa",
		"profiles": map[string]any{"default": map[string]any{"description": "90 days", "validityPeriod": 7776000}},
	}})
	if err != nil {
		t.Fatal(err)
	}
	Replace(t, filepath.Join(dir, "pebble.json"), settings)
	start(t, names, "-defaultIPv4", "127.0.0.1", "-defaultIPv6", "", "-dnsserver", dns, "-http01", "", "-https01", "", "-tlsalpn01", "",
		"-doh", "", "-management", freeAddress(t))
	start(t, pebble, "-config", filepath.Join(dir, "pebble.json"), "-dnsserver", dns)
	p.await(t)
	return p
}

// await waits until pebble answers.
func (p *Pebble) await(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	for {
		_, err := p.get(ctx, p.DirectoryURL)
		if err == nil {
			return
		}
		select {
		case <-ctx.Done():
			t.Fatalf("pebble does not answer: %v", err)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// Roots returns the authority of the certificates that pebble issues.
func (p *Pebble) Roots(t testing.TB) *x509.CertPool {
	t.Helper()
	root, err := p.get(t.Context(), p.management+"/roots/0")
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(root) {
		t.Fatalf("no root: %s", root)
	}
	return pool
}

func (p *Pebble) get(ctx context.Context, url string) ([]byte, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := p.Client.Do(req)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	body, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, resp.Status)
	}
	return body, err
}

// start starts a program that the test ends.
func start(t testing.TB, program string, arguments ...string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, arguments...) //nolint:gosec // A program of LookPath.
	cmd.Env = []string{"PEBBLE_VA_NOSLEEP=1", "PEBBLE_WFE_NONCEREJECT=0"}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
}

// freeAddress returns an address of loopback that was free a moment ago.
func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return l.Addr().String()
}
