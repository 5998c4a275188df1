package certificate_test

import (
	"crypto/tls"
	"path/filepath"
	"testing"

	"tvscim/proxy/certificate"
	"tvscim/proxy/certificate/certificatetest"
)

// TestClientAuthority: with tls.client_ca_file, clients without a certificate of it are refused, in
// TLS 1.2 and 1.3; a session of before a change of the file is not resumed.
func TestClientAuthority(t *testing.T) {
	t.Parallel()
	server, trusted, other := certificatetest.New(t), certificatetest.New(t), certificatetest.New(t)
	dir := t.TempDir()
	cert, key := server.Issue(name).Write(t, dir)
	ca := filepath.Join(dir, "ca.pem")
	certificatetest.Replace(t, ca, trusted.PEM)
	s := open(t, certificate.Options{CertFile: cert, KeyFile: key, ClientCAFile: ca})
	for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
		client := &tls.Config{RootCAs: server.Pool(), ServerName: name, MaxVersion: version, ClientSessionCache: tls.NewLRUClientSessionCache(8)}
		if state, serverErr, _ := served(t, s, client); serverErr == nil {
			t.Errorf("%x: a client without a certificate is accepted", state.Version)
		}
		client.Certificates = []tls.Certificate{other.Issue("client").TLS(t)}
		if state, serverErr, _ := served(t, s, client); serverErr == nil {
			t.Errorf("%x: a client of another authority is accepted", state.Version)
		}
		client.Certificates = []tls.Certificate{trusted.Issue("client").TLS(t)}
		for i := range 2 {
			if state, serverErr, clientErr := served(t, s, client); serverErr != nil || clientErr != nil || state.Version != version || state.DidResume != (i == 1) {
				t.Errorf("%x: %v, %v", version, serverErr, clientErr)
			}
		}
		certificatetest.Replace(t, ca, other.PEM)
		if err := s.Reload(); err != nil {
			t.Fatal(err)
		}
		if state, serverErr, _ := served(t, s, client); serverErr == nil {
			t.Errorf("%x: a client of the former authority is accepted (resumed: %t)", state.Version, state.DidResume)
		}
		certificatetest.Replace(t, ca, trusted.PEM)
		if err := s.Reload(); err != nil {
			t.Fatal(err)
		}
	}
}
