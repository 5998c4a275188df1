package proxy

import (
	"errors"
	"net/http"
	"regexp"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"tvscim/scim"
)

// statusGone is what is counted and logged for a client that went away before its answer; nobody
// receives it.
const statusGone = 499

// status returns the status to count and log.
func (x *exchange) status() int {
	if x.gone {
		return statusGone
	}
	return x.Response().Status
}

// log writes the one line of a request. It holds no path, query or detail, since these carry
// addresses and names; they are a second line, at debug level. Of an error it shows the reason
// ([scim.Error.Reason]), and the cause only where it is ours (5xx).
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
		entry.Write(zap.String("request_id", x.id), zap.String("path", x.Request().URL.Path),
			zap.String("query", x.Request().URL.RawQuery), zap.NamedError("failure", x.failure))
	}
}

// loggedID is the form of the ids that stores give: a number, with a word before it. A client may
// put anything into its path, an address also, and only an id may stand in the log.
var loggedID = regexp.MustCompile(`^[A-Za-z]{0,16}-?[0-9]{1,20}$`)

// failureFields are what the log says of an error, beside what the client is told of it.
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

// cause returns what is behind an error whose own text is for the client, nil when there is
// nothing.
func cause(err error) error {
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return e.Unwrap()
	}
	return err
}

// activityID returns the id under which the client logs the request: Entra's provisioning log shows
// it. It is a UUID, and cut and cleaned down to the characters of one, since it is the client's
// text.
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
