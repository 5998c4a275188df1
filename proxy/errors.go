package proxy

import (
	"context"
	"errors"
	"math"
	"net/http"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/labstack/echo/v4"

	"tvscim/scim"
)

// retryAfterTimeout is how long a client should wait after a request that ran out of time.
const retryAfterTimeout = 30 * time.Second

// writeError writes any error as the SCIM error that it is to the client (RFC 7644 section 3.12).
// It is the only place that does: handlers, the router and panics all end here.
func (s *Server) writeError(x *exchange, err error) {
	x.failure = err
	// A read that ran out of time ends the context too, but its client is there.
	x.gone = x.Request().Context().Err() != nil && !errors.Is(err, os.ErrDeadlineExceeded)
	if x.Response().Committed {
		return // the answer was under way; the log line has the error
	}
	e := s.problem(x, err)
	h := x.Response().Header()
	if e.Status == http.StatusUnauthorized {
		h.Set("WWW-Authenticate", challenge(x.presented))
	}
	if e.RetryAfter > 0 {
		h.Set("Retry-After", strconv.Itoa(retrySeconds(e.RetryAfter)))
	}
	if writeErr := x.write(e.Status, scim.EncodeError(x.named(e))); writeErr != nil {
		x.failure = errors.Join(err, writeErr)
	}
}

// named returns the error with the request id at the end of its detail: the log of the client shows
// the detail alone, and the id leads from there to the line in the log of this service.
func (x *exchange) named(e *scim.Error) *scim.Error {
	named := *e
	named.Detail += " (request " + x.id + ")"
	return &named
}

// problem returns the error that is written for any error. Only the text of a [scim.Error] is sent
// to clients. Any other text is replaced, since it may contain internal details.
func (s *Server) problem(x *exchange, err error) *scim.Error {
	if e, ok := errors.AsType[*scim.Error](err); ok && e.Status >= 400 && e.Status <= 599 {
		return e
	}
	if e, ok := errors.AsType[*echo.HTTPError](err); ok {
		return s.routing(x, e)
	}
	if x.gone {
		// It is written although the client is gone, since net/http sends a 200 if nothing is
		// written.
		return scim.Unavailable(0, "the client closed the connection before the response")
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return scim.Unavailable(retryAfterTimeout, "the request took too long; send it again later")
	}
	return scim.Errorf(http.StatusInternalServerError, "",
		"internal error; the log of this service has the reason under the id of this request")
}

// routing returns the error for a request that the router refuses.
func (s *Server) routing(x *exchange, e *echo.HTTPError) *scim.Error {
	switch e.Code {
	case http.StatusNotFound:
		if path := s.otherCase(x.Request().URL.Path); path != "" {
			return scim.NotFound("no such path: paths are case-sensitive: use %s", scim.Safe(path))
		}
		return scim.NotFound("no such path: SCIM is served under %s/, for example %s%s; check the Tenant URL of the client",
			scim.Safe(s.base), scim.Safe(s.base), scim.Safe(s.users.Endpoint))
	case http.StatusMethodNotAllowed:
		return scim.Errorf(http.StatusMethodNotAllowed, "", "the method is not allowed on this path; allowed methods: %s",
			scim.Safe(x.Response().Header().Get("Allow")))
	default:
		return scim.Errorf(e.Code, "", "%s", http.StatusText(e.Code))
	}
}

// otherCase returns the endpoint, with the base path, that a path differs from only in letter case;
// "" if there is none.
func (s *Server) otherCase(path string) string {
	for _, endpoint := range s.endpoints {
		whole := s.base + endpoint
		if len(path) >= len(whole) && strings.EqualFold(path[:len(whole)], whole) && (len(path) == len(whole) || path[len(whole)] == '/') &&
			path[:len(whole)] != whole {
			return whole
		}
	}
	return ""
}

// challenge is the WWW-Authenticate header of a 401 (RFC 6750 section 3).
func challenge(presented bool) string {
	const bearer = `Bearer realm="tvscim"`
	if presented {
		return bearer + `, error="invalid_token"`
	}
	return bearer
}

// retrySeconds rounds up to whole seconds, the unit of Retry-After (RFC 9110 section 10.2.3).
func retrySeconds(d time.Duration) int {
	return int(math.Ceil(d.Seconds()))
}
