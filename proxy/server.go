package proxy

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/labstack/echo/v4"
	"github.com/prometheus/client_golang/prometheus"
	"go.uber.org/zap"

	"tvscim/scim"
)

// Directory returns the stores of a caller. Open is called once per request. If the caller is not
// yet authenticated ([Caller.Bearer] is set), Open checks the token: it returns an
// [scim.Unauthorized] error if the token is not accepted. Its errors are written to the client
// under the same rules as those of a [scim.Store].
type Directory interface {
	Open(ctx context.Context, c Caller) (users scim.Store[scim.User], groups scim.Store[scim.Group], err error)
}

// The defaults of [Options].
const (
	DefaultBasePath       = "/scim/v2"
	DefaultMaxBody        = 1 << 20 // bytes
	DefaultRequestTimeout = time.Minute
	DefaultPage           = 100
	DefaultMaxPage        = 1000
	DefaultBulkOperations = 1000
)

// cursorTimeout is how long a client may take from one page to the next (RFC 9865 section 4).
const cursorTimeout = time.Hour

// Options configures a [Server].
type Options struct {
	Directory Directory          // required
	Users     *scim.ResourceType // required
	Groups    *scim.ResourceType // required
	Auth      Auth               // required: [Passthrough] or [Tokens]

	BasePath       string        // where the routes begin, as "/scim/v2"; "/" for the root; "" is [DefaultBasePath]
	PublicURL      string        // the address of the service without BasePath, for locations; "" is derived from Host
	TrustedProxies Networks      // whose X-Forwarded headers are believed; none: nobody's
	MaxBody        int64         // the largest body, in bytes; 0 is [DefaultMaxBody]
	RequestTimeout time.Duration // how long a store may take; 0 is [DefaultRequestTimeout]
	BulkOperations int           // how many operations a bulk request may hold; 0 is [DefaultBulkOperations]
	Limits         scim.Limits   // the sizes of a page; a zero is [DefaultPage] or [DefaultMaxPage]
	Features       scim.Features // for /ServiceProviderConfig; MaxResults 0 is the largest page; paging and bulk are set by the server
	Logger         *zap.Logger   // nil is none
	// OnRefusal is called for each change that ends with an error, before the client is answered;
	// nil: never. Errors that the store has recorded are among them, see [scim.Error.Recorded].
	OnRefusal func(Refusal)
	// OnHandled is called for each request after its answer was written; nil: never.
	OnHandled func(Handled)
}

// Server is the SCIM service provider of RFC 7644 over one [Directory]. It is safe for concurrent
// use.
type Server struct {
	directory Directory
	users     *scim.ResourceType
	groups    *scim.ResourceType
	auth      Auth
	base      string // "" for the root
	locator   locator
	trusted   Networks
	maxBody   int64
	timeout   time.Duration
	limits    scim.Limits
	cursors   *scim.Cursors
	features  scim.Features
	logger    *zap.Logger
	metrics   *metrics
	routes    map[string]string // pattern of a route as echo knows it → its label
	endpoints []string          // the first segments of all routes, each with its slash, in alphabetical order
	echo      *echo.Echo
	stop      *stop
	onRefusal func(Refusal)
	onHandled func(Handled)
	redactor  *scim.Redactor // for onHandled
}

// New returns a server. It reports all errors in the options at once.
func New(o Options) (*Server, error) {
	base, baseErr := cleanBase(o.BasePath)
	locator, urlErr := newLocator(o.PublicURL, base)
	cursors, cursorErr := scim.NewCursors(cursorTimeout)
	if err := errors.Join(o.validate(), baseErr, urlErr, cursorErr); err != nil {
		return nil, fmt.Errorf("proxy: %w", err)
	}
	s := &Server{
		directory: o.Directory,
		users:     o.Users,
		groups:    o.Groups,
		auth:      o.Auth,
		base:      base,
		locator:   locator,
		trusted:   o.TrustedProxies,
		maxBody:   orDefault(o.MaxBody, DefaultMaxBody),
		timeout:   orDefault(o.RequestTimeout, DefaultRequestTimeout),
		limits: scim.Limits{
			Page:    orDefault(o.Limits.Page, DefaultPage),
			MaxPage: orDefault(o.Limits.MaxPage, DefaultMaxPage),
		},
		cursors:  cursors,
		features: o.Features,
		logger:   orDefault(o.Logger, zap.NewNop()),
		metrics:  newMetrics(),
		routes:   map[string]string{},
		stop:     newStop(),

		onRefusal: o.OnRefusal,
		onHandled: o.OnHandled,
		redactor:  scim.NewRedactor(o.Users, o.Groups),
	}
	s.features.MaxResults = orDefault(s.features.MaxResults, s.limits.MaxPage)
	s.features.PageSize = min(s.limits.Page, s.limits.MaxPage)
	s.features.CursorTimeout = cursors.Timeout()
	s.features.Bulk = scim.BulkLimits{
		MaxOperations: orDefault(o.BulkOperations, DefaultBulkOperations), MaxPayloadSize: int(s.maxBody),
	}
	s.echo = s.newEcho()
	return s, nil
}

// Renewed returns a server with other options that takes the place of s for the requests that begin
// from now on; those that have begun stay with s. Both share the counters, the cursors of lists and
// the stop, so that [Server.Collector] and [Server.Stop] of s are those of both.
func (s *Server) Renewed(o Options) (*Server, error) {
	next, err := New(o)
	if err != nil {
		return nil, err
	}
	next.cursors, next.metrics, next.stop = s.cursors, s.metrics, s.stop
	return next, nil
}

// orDefault returns v, or the default where v is the zero value.
func orDefault[T comparable](v, fallback T) T {
	var zero T
	if v == zero {
		return fallback
	}
	return v
}

// validate reports what is missing or out of range.
func (o Options) validate() error {
	var errs []error
	for _, check := range []struct {
		bad     bool
		message string
	}{
		{o.Directory == nil, "directory: missing"},
		{o.Users == nil || !strings.HasPrefix(o.Users.Endpoint, "/"), "users: missing resource type or endpoint"},
		{o.Groups == nil || !strings.HasPrefix(o.Groups.Endpoint, "/"), "groups: missing resource type or endpoint"},
		{o.Auth == nil, "auth: missing; without it everybody would be let in"},
		{o.MaxBody < 0, "max body: negative"},
		{o.RequestTimeout < 0, "request timeout: negative"},
		{o.BulkOperations < 0, "bulk operations: negative"},
		{o.Limits.Page < 0 || o.Limits.MaxPage < 0, "limits: negative page"},
	} {
		if check.bad {
			errs = append(errs, errors.New(check.message))
		}
	}
	return errors.Join(errs...)
}

// Handler returns the service as a handler. It serves only the base path; all other paths are 404.
func (s *Server) Handler() http.Handler {
	return canonicalPaths(s.echo)
}

// Collector returns the counters of the server: requests by route, method and status, and how long
// they took. Routes are patterns, so ids are no labels.
func (s *Server) Collector() prometheus.Collector { return s.metrics }
