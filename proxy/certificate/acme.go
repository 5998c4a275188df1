package certificate

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"go.uber.org/zap"
	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// ACME configures certificates that are obtained from an ACME server with the challenge TLS-ALPN-01
// (RFC 8737), for which the server connects to port 443 of each domain.
type ACME struct {
	Domains      []string
	Email        string       // of the account, for the authority's messages; "" is none
	Cache        string       // directory of the account key, the certificates and their keys
	DirectoryURL string       // of the ACME server
	Client       *http.Client // nil is one with the authorities of the system
}

// A failed attempt is repeated after firstRetry, then after twice the time, up to lastRetry. Let's
// Encrypt refuses a domain for an hour after five failures in one.
const (
	firstRetry = 2 * time.Minute
	lastRetry  = time.Hour
)

// issuer obtains and renews certificates. Its manager renews by itself what was obtained.
type issuer struct {
	manager   *autocert.Manager
	challenge *tls.Config // for the handshakes of the ACME server
	reasons   *reasons
	log       *zap.Logger

	mu       sync.Mutex
	domains  []string
	attempts map[string]attempt
}

// attempt is the state of a domain without a certificate.
type attempt struct {
	obtained bool
	err      error     // of the latest attempt
	since    time.Time // time of the first failure
	next     time.Time // time of the next attempt
}

// newIssuer prepares the cache. In a rehearsal nothing is created.
func newIssuer(o ACME, log *zap.Logger, rehearsal bool) (*issuer, error) {
	if err := prepareCache(o.Cache, rehearsal); err != nil {
		return nil, err
	}
	client := o.Client
	if client == nil {
		client = &http.Client{Timeout: time.Minute, Transport: &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: time.Minute}}
	}
	i := &issuer{log: log, domains: o.Domains, attempts: make(map[string]attempt), reasons: newReasons(client.Transport)}
	i.manager = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Email: o.Email, Cache: autocert.DirCache(o.Cache), HostPolicy: autocert.HostWhitelist(o.Domains...),
		Client: &acme.Client{DirectoryURL: o.DirectoryURL, UserAgent: "tvscim", HTTPClient: &http.Client{Timeout: client.Timeout, Transport: i.reasons}},
	}
	i.challenge = &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{acme.ALPNProto}, GetCertificate: i.manager.GetCertificate}
	return i, nil
}

// isChallenge reports whether a handshake is the ACME server's: it offers acme-tls/1 alone (RFC
// 8737 section 3). No HTTP request follows it.
func isChallenge(hello *tls.ClientHelloInfo) bool {
	return slices.Equal(hello.SupportedProtos, []string{acme.ALPNProto})
}

// certificate returns the certificate of a handshake. It never waits: [issuer.obtain] obtains.
func (i *issuer) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	name := strings.ToLower(strings.TrimSuffix(hello.ServerName, "."))
	i.mu.Lock()
	a := i.attempts[name]
	i.mu.Unlock()
	if !a.obtained {
		return nil, fmt.Errorf("no certificate for the name %q", name)
	}
	return i.manager.GetCertificate(helloFor(name))
}

// helloFor returns the handshake for which a certificate is obtained. It is the same for all
// clients, so that a domain has one certificate, with an ECDSA key.
func helloFor(name string) *tls.ClientHelloInfo {
	return &tls.ClientHelloInfo{ServerName: name, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}}
}

// start obtains the certificates of all domains, each in a goroutine of its own.
func (i *issuer) start(ctx context.Context, group *sync.WaitGroup) {
	i.reasons.until(ctx)
	for _, domain := range i.domains {
		group.Go(func() { i.obtain(ctx, domain) })
	}
}

// obtain obtains the certificate of one domain, from the cache or by ACME, until it succeeds or the
// context ends.
func (i *issuer) obtain(ctx context.Context, domain string) {
	for wait := firstRetry; ; wait = min(2*wait, lastRetry) {
		began := time.Now()
		cert, err := i.attempt(ctx, domain)
		if ctx.Err() != nil {
			return
		}
		if err == nil {
			i.note(domain, attempt{obtained: true})
			i.log.Info("certificate obtained by ACME", zap.String("domain", domain), zap.Time("expires", cert.Leaf.NotAfter))
			return
		}
		err = i.reasons.explain(domain, err)
		next := time.Now().Add(wait)
		i.note(domain, attempt{err: err, since: began, next: next})
		i.log.Warn("no certificate by ACME", zap.String("domain", domain), zap.Error(err), zap.Time("next_attempt", next))
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// attempt is one attempt. It ends with the context; the manager's own work, which takes no context,
// then ends at its next request.
func (i *issuer) attempt(ctx context.Context, domain string) (*tls.Certificate, error) {
	type outcome struct {
		cert *tls.Certificate
		err  error
	}
	done := make(chan outcome, 1)
	go func() {
		cert, err := i.manager.GetCertificate(helloFor(domain))
		done <- outcome{cert, err}
	}()
	select {
	case o := <-done:
		return o.cert, o.err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// note records the outcome of an attempt.
func (i *issuer) note(domain string, a attempt) {
	i.mu.Lock()
	defer i.mu.Unlock()
	if before := i.attempts[domain]; a.err != nil && !before.since.IsZero() {
		a.since = before.since
	}
	i.attempts[domain] = a
}

// state returns the certificate of a domain, nil before it is obtained, and its latest attempt.
func (i *issuer) state(domain string) (*x509.Certificate, attempt) {
	i.mu.Lock()
	a := i.attempts[domain]
	i.mu.Unlock()
	if !a.obtained {
		return nil, a
	}
	cert, err := i.manager.GetCertificate(helloFor(domain))
	if err != nil {
		return nil, attempt{err: err}
	}
	return cert.Leaf, a
}
