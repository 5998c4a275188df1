package proxy

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/labstack/echo/v4"

	"tvscim/scim"
)

// newEcho builds the router. Some defaults of Echo are switched off: its banner, its client
// addresses from X-Forwarded-For, its error bodies.
func (s *Server) newEcho() *echo.Echo {
	e := echo.New()
	e.HideBanner, e.HidePort = true, true
	e.IPExtractor = echo.ExtractIPDirect()
	// observe writes every error; this is for errors outside of it.
	e.HTTPErrorHandler = func(err error, c echo.Context) { s.writeError(&exchange{Context: c}, err) }
	e.Use(s.observe, s.recoverPanic, s.authenticate)

	users := &collection[scim.User]{server: s, typ: s.users, open: s.openUsers}
	users.mount(e)
	groups := &collection[scim.Group]{server: s, typ: s.groups, open: s.openGroups, quietPatch: true}
	groups.mount(e)
	s.route(e, searchPath, s.search, http.MethodPost)
	s.mountBulk(e, users, groups)
	s.mountDiscovery(e)
	s.mountMissing(e)
	for _, path := range s.routes {
		if first, _, _ := strings.Cut(strings.TrimPrefix(path, "/"), "/"); first != "" {
			s.endpoints = append(s.endpoints, "/"+first)
		}
	}
	slices.Sort(s.endpoints)
	s.endpoints = slices.Compact(s.endpoints)
	s.mountRoot(e)
	return e
}

// route registers a handler for one path below the base path.
func (s *Server) route(e *echo.Echo, path string, h handler, methods ...string) {
	pattern := s.base + path
	s.routes[pattern] = path
	e.Match(methods, pattern, h.echo())
}

// get registers a handler for GET and HEAD. A HEAD costs what its GET costs; net/http leaves the
// body out.
func (s *Server) get(e *echo.Echo, path string, h handler) {
	s.route(e, path, h, http.MethodGet, http.MethodHead)
}

// leaf limits the last parameter of a path to one segment: without a sibling, Echo matches slashes
// too, and /Users/1/x would be the user "1/x".
func (s *Server) leaf(e *echo.Echo, path string) {
	e.RouteNotFound(s.base+path+"/*", echo.NotFoundHandler)
}

// mountRoot registers the base path itself, for a person who checks the address.
func (s *Server) mountRoot(e *echo.Echo) {
	path := ""
	if s.base == "" {
		path = "/"
	}
	s.get(e, path, s.discover(func(x *exchange) ([]byte, error) {
		return json.Marshal(s.root(x.Request()))
	}))
	s.routes[s.base+path] = "/"
}

// root is the response at the base path, for which SCIM defines no resource.
type root struct {
	Service     string            `json:"service"`
	Description string            `json:"description"`
	Endpoints   map[string]string `json:"endpoints"` // name → address
}

// root describes the service to a caller.
func (s *Server) root(r *http.Request) root {
	doc := root{
		Service:     "tvscim",
		Description: "SCIM 2.0 service provider (RFC 7644). Give this address to an identity provider as its Tenant URL.",
		Endpoints:   make(map[string]string),
	}
	address := s.locator.root(s.trusted.origin(r))
	for _, endpoint := range s.endpoints {
		if endpoint != mePath {
			doc.Endpoints[endpoint[1:]] = address + endpoint
		}
	}
	return doc
}

// mePath is the endpoint of RFC 7644 section 3.11, which is not supported.
const mePath = "/Me"

// mountMissing registers the optional endpoint of RFC 7644 that this service does not have. It
// answers 501 (section 3.11) with a hint, so that a client can distinguish it from a wrong address.
func (s *Server) mountMissing(e *echo.Echo) {
	err := scim.Errorf(http.StatusNotImplemented, "", "/Me: not supported, because the client is a service and not a user; use %s/{id}", s.users.Endpoint)
	s.route(e, mePath, func(*exchange) error { return err },
		http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete)
}

// canonicalPaths drops empty path segments, so that a Tenant URL with a trailing slash works
// (//Users, /Users/), and makes the router always use the escaped path. Otherwise Echo routes by
// the decoded path for some requests and by the escaped one for others, and an id would be decoded
// twice. Dot segments are not resolved: they are ids that no resource has.
func canonicalPaths(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		canonical, u := new(http.Request), new(url.URL)
		*canonical, *u = *r, *r.URL
		canonical.URL = u
		u.RawPath = canonicalPath(r.URL.EscapedPath())
		next.ServeHTTP(w, canonical)
	})
}

// canonicalPath returns the escaped path without empty segments. A path that is not absolute ("*")
// stays as it is.
func canonicalPath(escaped string) string {
	if !strings.HasPrefix(escaped, "/") {
		return escaped
	}
	segments := slices.DeleteFunc(strings.Split(escaped, "/"), func(s string) bool { return s == "" })
	return "/" + strings.Join(segments, "/")
}
