package proxy

import (
	"crypto/rand"
	"fmt"
	"net/http"
	"runtime/debug"
	"time"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"
)

// mediaType is the type of every body that is sent (RFC 7644 section 3.1).
const mediaType = "application/scim+json"

// unmatched is the route label of a request that no route took.
const unmatched = "unmatched"

// exchange is one request on its way through the room: what is learnt of it, for the handlers, the error writer and the
// log line. The caller stands here and not in a context.Context, since contexts are handed on to other rooms.
type exchange struct {
	echo.Context
	id        string // the request id
	route     string // the label of the route
	caller    Caller
	presented bool          // a bearer token was presented, right or wrong
	bodyTaken bool          // the body was read, as far as it came
	patience  time.Duration // how long the rest of an unread body is waited for; 0: unreadTimeout
	failure   error         // what the error answer was written for
	gone      bool          // the client went away before the answer
	broken    bool          // the answer ends in its middle
}

// handler answers one exchange.
type handler func(x *exchange) error

// echo makes a handler one of Echo's. It is the one place that relies on observe being the first middleware.
func (h handler) echo() echo.HandlerFunc {
	return func(c echo.Context) error { return h(c.(*exchange)) }
}

// observe is the outermost middleware: it names the request, writes the error of whatever is inside, counts and logs.
// The request id is ours alone; nothing that a client sends can become one.
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
		if x.broken {
			panic(http.ErrAbortHandler) // ends the connection: net/http ends the answer as a whole one otherwise
		}
		return nil
	}
}

// recoverPanic turns a panic into an error. The stack goes to the log alone.
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

// authenticate lets nothing through without a caller: unknown paths and wrong methods neither.
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
		x.caller.Address = addressOf(x.Request().RemoteAddr)
		return next(x)
	}).echo()
}
