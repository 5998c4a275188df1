package proxy

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"tvscim/scim"
)

// maxHost is the longest host that is echoed, in bytes: a DNS name and a port.
const maxHost = 253 + len(":65535")

// locator builds the addresses of resources.
type locator struct {
	public string // scheme, host and path in front of the base path; "" to derive them from the request
	base   string
}

// newLocator checks the public URL.
func newLocator(public, base string) (locator, error) {
	if public == "" {
		return locator{base: base}, nil
	}
	u, err := url.Parse(public)
	switch {
	case err != nil:
		return locator{}, errors.New("public URL: not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return locator{}, errors.New("public URL: must begin with https:// or http://")
	case !isHost(u.Host):
		return locator{}, errors.New("public URL: missing or malformed host")
	case u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return locator{}, errors.New("public URL: must be scheme, host and path alone")
	}
	return locator{public: strings.TrimRight(u.String(), "/"), base: base}, nil
}

// root returns the address of the base path: from the public URL, else from the scheme and host of
// the request. If the host is not a host name, the address has none, so that the host is not
// echoed.
func (l locator) root(scheme, host string) string {
	switch {
	case l.public != "":
		return l.public + l.base
	case !isHost(host):
		return l.base
	}
	return scheme + "://" + host + l.base
}

// locate returns the function that returns the address of a resource, for one request. An id is
// escaped as one segment.
func (s *Server) locate(r *http.Request) scim.Locator {
	root := s.locator.root(s.trusted.origin(r))
	return func(resourceType, id string) string {
		switch resourceType {
		case s.users.Name:
			return root + s.users.Endpoint + "/" + url.PathEscape(id)
		case s.groups.Name:
			return root + s.groups.Endpoint + "/" + url.PathEscape(id)
		case "Schema", "ResourceType":
			return root + "/" + resourceType + "s/" + url.PathEscape(id)
		case "ServiceProviderConfig":
			return root + "/" + resourceType
		default:
			return ""
		}
	}
}

// isHost reports whether s is a host name or IP address, with or without a port.
func isHost(s string) bool {
	u, err := url.Parse("//" + s)
	if err != nil || u.Host != s || strings.HasSuffix(s, ":") || len(s) > maxHost {
		return false
	}
	if _, err := strconv.ParseUint(cmp.Or(u.Port(), "0"), 10, 16); err != nil {
		return false
	}
	if strings.HasPrefix(s, "[") {
		address, err := netip.ParseAddr(u.Hostname())
		return err == nil && address.Zone() == ""
	}
	return u.Hostname() != "" && !strings.ContainsFunc(u.Hostname(), func(r rune) bool { return notInSegment(r) || r == '~' })
}

// cleanBase checks a base path and returns it without a slash at its end: "" for the root.
func cleanBase(path string) (string, error) {
	switch {
	case path == "":
		return DefaultBasePath, nil
	case path == "/":
		return "", nil
	case !strings.HasPrefix(path, "/"):
		return "", fmt.Errorf("base path %q: must begin with a slash", path)
	}
	clean := strings.TrimSuffix(path, "/")
	for segment := range strings.SplitSeq(clean[1:], "/") {
		if segment == "" || segment == "." || segment == ".." || strings.ContainsFunc(segment, notInSegment) {
			return "", fmt.Errorf("base path %q: only letters, digits and -._~ between single slashes", path)
		}
	}
	return clean, nil
}

// notInSegment reports whether a character is not unreserved (RFC 3986 section 2.3): it would need
// escaping, or have a meaning for the router.
func notInSegment(r rune) bool {
	return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("-._~", r)
}
