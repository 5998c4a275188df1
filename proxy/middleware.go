package proxy

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"

	"tvscim/scim"
)

// mediaType is the type of every body that is sent (RFC 7644 section 3.1).
const mediaType = "application/scim+json"

// unmatched is the route label of a request that no route took.
const unmatched = "unmatched"

// exchange is the state of one request, for the handlers, the error writer and the log line. The
// caller is here and not in a context.Context, since contexts are passed to other packages.
type exchange struct {
	echo.Context
	id        string // the request id
	route     string // the label of the route
	caller    Caller
	presented bool          // a bearer token was presented, valid or not
	bodyTaken bool          // the body was read, possibly in part
	patience  time.Duration // for the rest of an unread body; 0: unreadTimeout
	failure   error         // the error of the response
	gone      bool          // the client closed the connection before the response
	broken    bool          // the response is incomplete

	described        scim.Request // see describe
	sent, answered   []byte       // the bodies, as far as they were read and written in one piece
	failedOperations int          // of a bulk request
}

// handler answers one exchange.
type handler func(x *exchange) error

// echo returns the handler for Echo. It relies on observe being the first middleware.
func (h handler) echo() echo.HandlerFunc {
	return func(c echo.Context) error { return h(c.(*exchange)) }
}

// observe is the outermost middleware: it gives the request an id, writes its error, counts and
// logs. The request id never comes from the client.
func (s *Server) observe(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		started := time.Now()
		s.metrics.inFlight.Inc()
		defer s.metrics.inFlight.Dec()

		x := &exchange{Context: c, id: rand.Text(), route: unmatched}
		if label, ok := s.routes[c.Path()]; ok {
			x.route = label
		}
		h := c.Response().Header()
		h.Set("X-Request-Id", x.id)
		h.Set("X-Content-Type-Options", "nosniff")
		h.Set("Cache-Control", "no-store") // personal data
		if err := next(x); err != nil {
			s.writeError(x, err)
		}
		took := time.Since(started)
		s.metrics.done(x.route, c.Request().Method, x.status(), took)
		s.log(x, took)
		s.handled(x, started, took)
		if x.broken {
			panic(http.ErrAbortHandler) // closes the connection; otherwise net/http completes the response
		}
		return nil
	}
}

// recoverPanic turns a panic into an error. The stack is only logged.
func (s *Server) recoverPanic(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) (err error) {
		defer func() {
			switch p := recover(); p {
			case nil:
			case http.ErrAbortHandler: // means: end the connection without an answer
				panic(p)
			default:
				s.logger.Error("panic while answering", zap.String("request_id", c.(*exchange).id),
					zap.String("panic", fmt.Sprint(p)), zap.ByteString("stack", debug.Stack()))
				err = fmt.Errorf("panic: %v", p)
			}
		}()
		return next(c)
	}
}

// authenticate refuses every request without a caller, also to unknown paths and with wrong
// methods.
func (s *Server) authenticate(next echo.HandlerFunc) echo.HandlerFunc {
	return handler(func(x *exchange) error {
		bearer, presented, err := bearerOf(x.Request().Header)
		x.presented = presented
		if err != nil {
			return err
		}
		x.caller, err = s.auth.Caller(x.Request().Context(), bearer)
		if err != nil {
			return err
		}
		x.caller.Address = s.trusted.address(x.Request())
		return next(x)
	}).echo()
}
