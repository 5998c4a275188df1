package config

import (
	"net"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
)

const mustBeListen = "must be host:port, such as 127.0.0.1:8080"

// listenAddress is a parsed host:port.
type listenAddress struct {
	host  string
	port  uint16
	valid bool
}

// hostName matches DNS names, strictly enough to reject a URL or a space.
var hostName = regexp.MustCompile(`^[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?$`)

// parseListen parses host:port, where an empty host means every address and port 0 any free port.
// Named ports are refused, since their numbers depend on the machine.
func parseListen(text string) listenAddress {
	host, portText, err := net.SplitHostPort(text)
	if err != nil {
		return listenAddress{}
	}
	port, err := strconv.ParseUint(portText, 10, 16)
	if err != nil {
		return listenAddress{}
	}
	_, err = netip.ParseAddr(host)
	known := host == "" || err == nil || hostName.MatchString(host)
	return listenAddress{host: host, port: uint16(port), valid: known}
}

// overlaps reports whether both use the same port of the same address. Names are not resolved.
func (a listenAddress) overlaps(b listenAddress) bool {
	if !a.valid || !b.valid || a.port == 0 || a.port != b.port {
		return false
	}
	return a.everywhere() || b.everywhere() || strings.EqualFold(a.host, b.host) ||
		a.isLocalhost() && isLoopback(b.host) || b.isLocalhost() && isLoopback(a.host)
}

// isLocalhost reports whether the host is the name localhost.
func (a listenAddress) isLocalhost() bool { return strings.EqualFold(a.host, "localhost") }

// everywhere reports whether the host means all addresses of the machine.
func (a listenAddress) everywhere() bool {
	ip, err := netip.ParseAddr(a.host)
	return a.host == "" || err == nil && ip.IsUnspecified()
}

// isLoopback reports whether host can only mean this machine.
func isLoopback(host string) bool {
	ip, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && ip.IsLoopback()
}

// checkOrigin checks that text is a URL with a scheme and a host only; example is a good one, added
// is the text about what the gateway appends. Tokens are sent to these addresses, so http is
// allowed for this machine only. The text is not shown: it may contain a password.
func checkOrigin(found *Problems, key, text, example, added string) {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https" && u.Scheme != "http":
		found.add(key, "must be a URL such as %s", example)
	case !validPort(u.Host):
		found.add(key, "must have a port from 1 to 65535, or none; %s has none", example)
	case u.User != nil:
		found.add(key, "must not contain a user name or password; remove them")
	case u.Path != "" || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasSuffix(text, "#"):
		found.add(key, "must end after the host and port, since %s; remove what follows", added)
	case u.Scheme == "http" && !isLoopback(u.Hostname()):
		found.add(key, "must begin with https, since tokens are sent to it; http is allowed for this machine only")
	}
}

// validPort reports whether the host of a URL has no port, or one that can be called.
func validPort(host string) bool {
	_, port, found := strings.Cut(host[strings.LastIndexByte(host, ']')+1:], ":")
	number, err := strconv.ParseUint(port, 10, 16)
	return !found || err == nil && number > 0
}
