package proxy

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"tvscim/scim"
)

// statusGone is the status that is counted and logged if the client closes the connection before
// the response; it is never sent.
const statusGone = 499

// status returns the status to count and log.
func (x *exchange) status() int {
	if x.gone {
		return statusGone
	}
	return x.Response().Status
}

// log writes the log line of a request. It has no path, query or detail, since these may contain
// addresses and names; they are in a second line, at debug level. Of an error it shows the reason
// ([scim.Error.Reason]), and the cause only of a 5xx.
func (s *Server) log(x *exchange, took time.Duration) {
	fields := []zap.Field{
		zap.String("request_id", x.id),
		zap.String("method", methodLabel(x.Request().Method)),
		zap.String("route", x.route),
		zap.Int("status", x.status()),
		zap.Duration("duration", took),
		zap.Int64("bytes", x.Response().Size),
	}
	if x.caller.Name != "" {
		fields = append(fields, zap.String("caller", x.caller.Name))
	}
	if activity := activityID(x.Request().Header); activity != "" {
		fields = append(fields, zap.String("activity_id", activity))
	}
	level := zapcore.InfoLevel
	if x.failure != nil {
		if id := x.Param("id"); x.route != unmatched && loggedID.MatchString(id) {
			fields = append(fields, zap.String("id", id))
		}
		fields = append(fields, failureFields(s.problem(x, x.failure), x.failure)...)
		if x.status() >= http.StatusInternalServerError || x.broken && !x.gone {
			level = zapcore.WarnLevel
		}
	}
	if x.broken {
		fields = append(fields, zap.Bool("broken_off", true))
	}
	s.logger.Log(level, "request", fields...)
	if entry := s.logger.Check(zapcore.DebugLevel, "request details"); entry != nil {
		hide := hideBearer(x.Request().Header)
		failure := zap.Skip()
		if x.failure != nil {
			failure = zap.String("failure", hide(x.failure.Error()))
		}
		entry.Write(zap.String("request_id", x.id), zap.String("client", s.trusted.address(x.Request())), zap.String("path", hide(x.Request().URL.Path)),
			zap.String("query", hide(x.Request().URL.RawQuery)), failure)
	}
}

// leastBearer is the length in bytes of the shortest bearer token that is hidden. Hiding a shorter
// one wherever it occurs by chance would disclose it.
const leastBearer = 10

// hideBearer returns what replaces the bearer token of a request in texts of the same request.
func hideBearer(h http.Header) func(string) string {
	bearer, _, _ := bearerOf(h) // "" if there is none, or it cannot be one
	if len(bearer) < leastBearer {
		return func(s string) string { return s }
	}
	const hidden = "<secret>"
	return strings.NewReplacer(bearer, hidden, url.QueryEscape(bearer), hidden, url.PathEscape(bearer), hidden).Replace
}

// loggedID is the form of the ids of stores: a number, with letters before it. A client can send
// any text as an id, such as an address, which must not be logged.
var loggedID = regexp.MustCompile(`^[A-Za-z]{0,16}-?[0-9]{1,20}$`)

// failureFields returns the log fields of an error.
func failureFields(e *scim.Error, failure error) []zap.Field {
	var fields []zap.Field
	if e.Type != "" {
		fields = append(fields, zap.String("scim_type", string(e.Type)))
	}
	if reason := e.Reason(); reason != "" {
		fields = append(fields, zap.String("reason", reason))
	}
	if e.Status >= http.StatusInternalServerError {
		fields = append(fields, zap.NamedError("cause", cause(failure)))
	}
	return fields
}

// cause returns the cause of an error whose own text is for the client, nil if there is none.
func cause(err error) error {
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return e.Unwrap()
	}
	return err
}

// activityID returns the id under which the client logs the request: Entra's provisioning log shows
// it. It is a UUID; other characters are removed and the length is limited, since it comes from the
// client.
func activityID(h http.Header) string {
	const longest = 64
	for _, name := range []string{"ActivityId", "client-request-id"} {
		id := strings.Map(func(r rune) rune {
			if strings.ContainsRune("0123456789abcdefABCDEF-", r) {
				return r
			}
			return -1
		}, h.Get(name))
		if id != "" {
			return id[:min(len(id), longest)]
		}
	}
	return ""
}
