package proxy

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"tvscim/scim"
)

// statusGone is what is counted and logged for a client that went away before its answer; nobody receives it.
const statusGone = 499

// status returns the status to count and log.
func (x *exchange) status() int {
	if x.gone {
		return statusGone
	}
	return x.Response().Status
}

// log writes the one line of a request. It holds no path, query or detail, since these carry addresses and names; they
// are a second line, at debug level. Of an error it shows the cause, and only where it is ours (5xx).
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
		if e, ok := errors.AsType[*scim.Error](x.failure); ok && e.Type != "" {
			fields = append(fields, zap.String("scim_type", string(e.Type)))
		}
		if x.status() >= http.StatusInternalServerError {
			level = zapcore.WarnLevel
			fields = append(fields, zap.NamedError("cause", cause(x.failure)))
		}
	}
	s.logger.Log(level, "request", fields...)
	if entry := s.logger.Check(zapcore.DebugLevel, "request details"); entry != nil {
		entry.Write(zap.String("request_id", x.id), zap.String("path", x.Request().URL.Path),
			zap.String("query", x.Request().URL.RawQuery), zap.NamedError("failure", x.failure))
	}
}

// cause returns what is behind an error whose own text is for the client, nil when there is nothing.
func cause(err error) error {
	if e, ok := errors.AsType[*scim.Error](err); ok {
		return e.Unwrap()
	}
	return err
}

// activityID returns the id under which the client logs the request: Entra's provisioning log shows it. It is a
// UUID, and cut and cleaned down to the characters of one, since it is the client's text.
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
