package config

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// check checks the texts only. Errors of the files themselves are reported when they are read.
func (t TLS) check(found *Problems) {
	switch {
	case t.CertFile != "" && t.KeyFile == "":
		found.add("tls.key_file", "is missing; tls.cert_file needs the file of its private key")
	case t.KeyFile != "" && t.CertFile == "":
		found.add("tls.cert_file", "is missing; tls.key_file needs the file of its certificate")
	}
	if t.ACME.Enabled() && (t.CertFile != "" || t.KeyFile != "") {
		found.add("tls.acme", "is set in addition to tls.cert_file and tls.key_file; remove either the files or tls.acme.domains")
	}
	if t.ClientCAFile != "" && !t.Enabled() && t.KeyFile == "" {
		found.add("tls.client_ca_file", "needs TLS; set tls.cert_file and tls.key_file, or tls.acme")
	}
	t.ACME.check(found)
}

// check checks the settings of ACME.
func (a ACME) check(found *Problems) {
	for i, domain := range a.Domains {
		key := fmt.Sprintf("tls.acme.domains[%d]", i)
		same := func(other string) bool { return strings.EqualFold(domain, other) }
		if reason := domainProblem(domain); reason != "" {
			found.add(key, "%s", reason)
		} else if slices.ContainsFunc(a.Domains[:i], same) {
			found.add(key, "is a duplicate; remove it")
		}
	}
	switch {
	case a.Enabled() && a.Cache == "":
		found.add("tls.acme.cache", "is missing; name a directory for the account and the certificates, such as /var/lib/tvscim/acme: without it each start asks for new ones, which authorities limit")
	case !a.Enabled() && (a.Cache != "" || a.Email != ""):
		found.add("tls.acme.domains", "is missing; name the host of the Tenant URL, or remove the rest of tls.acme")
	}
	if strings.ContainsRune(a.Cache, 0) {
		found.add("tls.acme.cache", "must be the path of a directory, such as /var/lib/tvscim/acme")
	}
	if a.Email != "" && !email.MatchString(a.Email) {
		found.add("tls.acme.email", "must be one address, such as admin@example.com, or empty")
	}
	if reason := directoryProblem(a.DirectoryURL); reason != "" {
		found.add("tls.acme.directory_url", "%s", reason)
	}
}

var (
	// email matches one plain address.
	email = regexp.MustCompile(`^[^\s@<>,;:"]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$`)
	// domainName matches DNS names of at least two labels (RFC 1035 section 2.3.1, RFC 1123 section
	// 2.1).
	domainName = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$`)
)

// domainProblem returns why a domain can have no certificate by ACME with TLS-ALPN-01, "" when it
// can.
func domainProblem(domain string) string {
	bare := strings.Trim(domain, "[]")
	_, err := netip.ParseAddr(bare)
	_, errPort := netip.ParseAddrPort(domain)
	switch {
	case err == nil || errPort == nil:
		return "is an IP address, for which no certificate is obtained; write the DNS name of the Tenant URL, or set tls.cert_file and tls.key_file"
	case strings.Contains(domain, "*"):
		return "is a wildcard, which ACME gives by DNS only; write each name, or set tls.cert_file and tls.key_file"
	case len(domain) > 253 || !domainName.MatchString(domain):
		return "must be a DNS name such as tv.example.com, without https, port and path; write a name with other letters in its xn-- form"
	}
	return ""
}

// directoryProblem returns why an address is not one of an ACME directory. It may have a path.
func directoryProblem(text string) string {
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Hostname() == "" || u.Scheme != "https":
		return "must be an https URL such as https://acme-v02.api.letsencrypt.org/directory"
	case u.User != nil:
		return "must not contain a user name or password; remove them"
	}
	return ""
}

// checkTrustedProxies refuses text that is neither an address nor a network, and networks of all
// addresses.
func checkTrustedProxies(found *Problems, list []string) {
	for i, text := range list {
		key := fmt.Sprintf("trusted_proxies[%d]", i)
		network, err := parseNetwork(text)
		switch {
		case err != nil:
			found.add(key, "must be an address or a network, such as 192.0.2.7 or 10.0.0.0/8")
		case network.Bits() == 0:
			found.add(key, "contains every address, so that any client could name another one; write the addresses of your proxies")
		}
	}
}

// errMapped is the error of an IPv4 network in the form of IPv6: addresses of clients are compared
// in the form of IPv4.
var errMapped = errors.New("an IPv4 network in the form of IPv6")

// parseNetwork parses an address, which is a network of one, or a network. Bits beyond the prefix
// are ignored.
func parseNetwork(text string) (netip.Prefix, error) {
	if strings.Contains(text, "/") {
		network, err := netip.ParsePrefix(text)
		if network.Addr().Is4In6() {
			err = errMapped
		}
		return network.Masked(), err
	}
	address, err := netip.ParseAddr(text)
	if err != nil {
		return netip.Prefix{}, err
	}
	address = address.Unmap().WithZone("")
	return netip.PrefixFrom(address, address.BitLen()), nil
}

// TrustedNetworks returns [Config.TrustedProxies] as networks.
func (c Config) TrustedNetworks() []netip.Prefix {
	var networks []netip.Prefix
	for _, text := range c.TrustedProxies {
		if network, err := parseNetwork(text); err == nil { // the settings were checked before
			networks = append(networks, network)
		}
	}
	return networks
}
