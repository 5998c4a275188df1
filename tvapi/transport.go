package tvapi

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// NewTransport returns the transport of a client whose Options.Transport is nil: at least TLS 1.2,
// the proxy settings of the environment, and enough idle connections for a burst of calls. Several
// clients may share one, and so its connections.
func NewTransport() *http.Transport {
	dialer := &net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}
	return &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		OnProxyConnectResponse: onProxyConnect,
		DialContext:            dialer.DialContext,
		// Setting a TLS configuration disables HTTP/2 unless it is forced.
		TLSClientConfig:     &tls.Config{MinVersion: tls.VersionTLS12},
		ForceAttemptHTTP2:   true,
		TLSHandshakeTimeout: 10 * time.Second,
		// All calls go to one host. By default net/http keeps two idle connections per host, and
		// under load opens and closes one for nearly every call.
		MaxIdleConns:        64,
		MaxIdleConnsPerHost: 64,
		IdleConnTimeout:     90 * time.Second,
		// Per answer, in bytes; the default is 10 MiB.
		MaxResponseHeaderBytes: 64 << 10,
	}
}

// The addresses of the Web API, without /api/v1: TeamViewer runs it in two data centres (source of
// TeamViewer's own AD connector, release of January 2026), and a token belongs to one of them.
const (
	DefaultBaseURL = "https://webapi.teamviewer.com"
	USBaseURL      = "https://webapi.us.teamviewer.com"
)

// OtherBaseURL returns the address of the other data centre; "" when host is not TeamViewer's.
func OtherBaseURL(host string) string {
	switch strings.ToLower(strings.TrimSuffix(host, ":443")) {
	case strings.TrimPrefix(DefaultBaseURL, "https://"):
		return USBaseURL
	case strings.TrimPrefix(USBaseURL, "https://"):
		return DefaultBaseURL
	default:
		return ""
	}
}

// apiRoot is the path prefix of every function.
const apiRoot = "/api/v1"

// parseBase checks the address of the Web API and returns scheme and host alone. The token is sent
// to this address, so it must be https, except on this machine.
func parseBase(raw string) (*url.URL, error) {
	u, err := url.Parse(raw)
	if err != nil {
		return nil, errors.New("not an address")
	}
	switch {
	case u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.Hostname() == "":
		return nil, errors.New("not an address of the form https://host")
	case u.User != nil:
		return nil, errors.New("must not contain a user name or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("must not contain a query or a fragment")
	case u.Scheme == "http" && !loopback(u.Hostname()):
		return nil, errors.New("must be https: the token must not be sent unencrypted")
	}
	switch path := strings.TrimSuffix(u.EscapedPath(), "/"); {
	case path == "":
		return &url.URL{Scheme: u.Scheme, Host: u.Host}, nil
	case path == apiRoot:
		return nil, fmt.Errorf("must not end in %s, which is added to every call", apiRoot)
	default:
		return nil, fmt.Errorf("must not contain a path (%.40q)", path)
	}
}

// loopback reports whether a host name can only mean this machine.
func loopback(host string) bool {
	if host == "localhost" {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && ip.IsLoopback()
}
