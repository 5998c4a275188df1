package tvapi

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// guard is the last check before the network. It does not rely on the code above it: it passes
// requests to the configured address with a plain path only, and a DELETE only to an address of one
// object. DELETE /api/v1/users removes the company, as does DELETE /api/v1/company.
type guard struct {
	base *url.URL
	next http.RoundTripper
}

// guardError is the error of a request that is not sent.
type guardError struct{ reason string }

func (e *guardError) Error() string { return "refused before sending: " + e.reason }

// plainPath has segments that are not empty and need no escaping: no dot segments, no encoded
// slashes, nothing that a proxy could normalise to another path.
var plainPath = regexp.MustCompile(`^/api/v1(/[A-Za-z0-9-]+)+$`)

// ofCompany matches the addresses at which a DELETE removes the whole company, in any spelling that
// a server could accept. They are refused separately, so that a change of deletable cannot allow
// them.
var ofCompany = regexp.MustCompile(`(?i)^/api/v1/+(users|company)/*$`)

// deletable matches the addresses that a DELETE may be sent to.
var deletable = regexp.MustCompile(`^/api/v1/(users/u[1-9][0-9]{0,9}|usergroups/[1-9][0-9]{0,18}(/members(/[1-9][0-9]{0,9})?)?)$`)

// RoundTrip implements http.RoundTripper. It closes the body of a request that it refuses.
func (g *guard) RoundTrip(r *http.Request) (*http.Response, error) {
	if reason := g.refuse(r); reason != "" {
		if r.Body != nil {
			_ = r.Body.Close()
		}
		return nil, &guardError{reason: reason}
	}
	return g.next.RoundTrip(r)
}

// refuse returns why the request must not be sent, or "". It checks the escaped path, which is what
// is sent, and not the decoded one.
func (g *guard) refuse(r *http.Request) string {
	if r.URL == nil {
		return "no address"
	}
	path := r.URL.EscapedPath()
	switch {
	case r.URL.Scheme != g.base.Scheme || r.URL.Host != g.base.Host || r.URL.User != nil,
		r.Host != "" && r.Host != g.base.Host:
		return "not the configured address"
	case r.Method == http.MethodDelete && ofCompany.MatchString(path):
		return "DELETE of the whole company"
	case r.URL.Opaque != "" || !plainPath.MatchString(path):
		return "not a plain path of the Web API"
	}
	switch r.Method {
	case http.MethodGet, http.MethodPost, http.MethodPut:
		return ""
	case http.MethodDelete:
		return refuseDelete(r, path)
	default:
		return "method not used by the Web API"
	}
}

// refuseDelete is refuse for a DELETE. What a DELETE of members without a body removes is not
// documented.
func refuseDelete(r *http.Request, path string) string {
	switch {
	case !deletable.MatchString(path):
		return "DELETE of an address that does not name one object"
	case strings.HasSuffix(path, "/members") && (r.Body == nil || r.ContentLength <= 0):
		return "DELETE of members that names none"
	default:
		return ""
	}
}
