package tvapi

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"syscall"
)

// NetworkReason is the reason why a call got no answer from the network. The zero NetworkReason is
// a failure of another kind.
type NetworkReason int

// The reasons.
const (
	NetworkName        NetworkReason = iota + 1 // the name of the host is not found
	NetworkRefused                              // the host refuses connections
	NetworkUnreachable                          // there is no route to the host
	NetworkTimeout                              // no complete answer came in time
	NetworkUntrusted                            // the TLS certificate of the host is not trusted
	NetworkNoTLS                                // the host does not use TLS, or no version that both sides support
	NetworkBroken                               // the connection broke before the answer was complete
	NetworkProxy                                // the proxy cannot be reached, or refuses the connection
)

// networkTexts are the texts of the reasons; %s is the host.
var networkTexts = [...]string{
	NetworkName:        "the name %s is not found",
	NetworkRefused:     "%s refuses connections",
	NetworkUnreachable: "%s cannot be reached",
	NetworkTimeout:     "%s did not answer in time",
	NetworkUntrusted:   "the TLS certificate of %s is not trusted",
	NetworkNoTLS:       "%s does not answer in TLS",
	NetworkBroken:      "the connection to %s broke before the answer was complete",
	NetworkProxy:       "the proxy for %s cannot be used",
}

// Describe returns the text of the reason for a host, e.g. "webapi.teamviewer.com refuses
// connections"; "" for the zero NetworkReason.
func (n NetworkReason) Describe(host string) string {
	if n <= 0 || int(n) >= len(networkTexts) {
		return ""
	}
	return fmt.Sprintf(networkTexts[n], host)
}

// proxyError is the refusal of a proxy to make a connection (RFC 9110 section 9.3.6).
type proxyError struct{ status int }

// Error implements error.
func (e *proxyError) Error() string {
	return fmt.Sprintf("the proxy answered %d %s", e.status, http.StatusText(e.status))
}

// onProxyConnect returns an error for a proxy that refused the connection. net/http would return
// the text of the status only, which cannot be distinguished from other errors.
func onProxyConnect(_ context.Context, _ *url.URL, _ *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &proxyError{answer.StatusCode}
	}
	return nil
}

// reasonOf returns why a transport failed; ctx is that of the attempt. A cancelled request is not a
// failure of the network.
func reasonOf(ctx context.Context, err error) NetworkReason {
	if _, refused := errors.AsType[*guardError](err); refused || errors.Is(ctx.Err(), context.Canceled) {
		return 0
	}
	for _, test := range networkTests {
		if test.is(err) {
			return test.reason
		}
	}
	if ctx.Err() != nil {
		return NetworkTimeout
	}
	if at, ok := errors.AsType[*net.OpError](err); ok && at.Op == "dial" {
		return NetworkUnreachable
	}
	return NetworkBroken
}

// networkTests are tried in order: the first that matches is the reason.
var networkTests = []struct {
	is     func(error) bool
	reason NetworkReason
}{
	{byProxy, NetworkProxy},
	{func(err error) bool { return isA[*net.DNSError](err) }, NetworkName},
	{untrusted, NetworkUntrusted},
	{timedOut, NetworkTimeout},
	{noTLS, NetworkNoTLS},
	{isOne(syscall.ECONNREFUSED), NetworkRefused},
	{isOne(syscall.ECONNRESET, syscall.EPIPE, syscall.ECONNABORTED, io.EOF, io.ErrUnexpectedEOF), NetworkBroken},
	{isOne(syscall.ENETUNREACH, syscall.EHOSTUNREACH, syscall.ENETDOWN, syscall.EADDRNOTAVAIL, syscall.EACCES, syscall.EPERM), NetworkUnreachable},
}

// isA reports whether err's chain holds an E.
func isA[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// isOne returns a function that reports whether an error is one of several.
func isOne(those ...error) func(error) bool {
	return func(err error) bool {
		for _, that := range those {
			if errors.Is(err, that) {
				return true
			}
		}
		return false
	}
}

func byProxy(err error) bool {
	at, ok := errors.AsType[*net.OpError](err)
	return isA[*proxyError](err) || ok && (at.Op == "proxyconnect" || at.Op == "socks connect")
}

func untrusted(err error) bool {
	return isA[*tls.CertificateVerificationError](err) || isA[x509.UnknownAuthorityError](err) ||
		isA[x509.HostnameError](err) || isA[x509.CertificateInvalidError](err)
}

func timedOut(err error) bool {
	e, ok := errors.AsType[net.Error](err)
	return errors.Is(err, context.DeadlineExceeded) || ok && e.Timeout()
}

func noTLS(err error) bool {
	return errors.Is(err, http.ErrSchemeMismatch) || isA[tls.RecordHeaderError](err) || isA[tls.AlertError](err)
}
