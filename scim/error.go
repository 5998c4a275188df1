package scim

import (
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
	"time"
)

// ErrorType is the scimType of an error (RFC 7644 section 3.12, table 9).
type ErrorType string

// The detail error keywords of RFC 7644 section 3.12.
const (
	TypeInvalidFilter ErrorType = "invalidFilter"
	TypeTooMany       ErrorType = "tooMany"
	TypeUniqueness    ErrorType = "uniqueness"
	TypeMutability    ErrorType = "mutability"
	TypeInvalidSyntax ErrorType = "invalidSyntax"
	TypeInvalidPath   ErrorType = "invalidPath"
	TypeNoTarget      ErrorType = "noTarget"
	TypeInvalidValue  ErrorType = "invalidValue"
	TypeInvalidVers   ErrorType = "invalidVers"
	TypeSensitive     ErrorType = "sensitive"
)

// The keywords that RFC 9865 section 2.1 adds.
const (
	TypeInvalidCursor ErrorType = "invalidCursor"
	TypeExpiredCursor ErrorType = "expiredCursor"
	TypeInvalidCount  ErrorType = "invalidCount"
)

// Error is the one error whose text may reach a SCIM client (RFC 7644 section 3.12). Detail is what
// an admin reads in the provisioning log of the identity provider: it names the thing, the reason,
// and what to do. Status is the HTTP status in the sense of that section. RetryAfter is how long
// the client should wait, 0 when it need not.
//
// The cause is for our own log only; it is reachable by errors.Is and errors.As, and never printed
// by Error.
type Error struct {
	Status     int
	Type       ErrorType
	Detail     string
	RetryAfter time.Duration
	reason     string // Detail without what came with the request
	cause      error
	recorded   bool // see Recorded
}

// Error returns the detail.
func (e *Error) Error() string { return e.Detail }

// Unwrap returns the cause, nil when there is none.
func (e *Error) Unwrap() error { return e.cause }

// Reason returns the detail for the log, with "…" in place of names, addresses and other arguments
// that may come from the request. Numbers, ids that are numbers, texts that are [Safe] and the
// names of RFC 7643's attributes are shown. It is "" for an error that is not made by [Errorf].
func (e *Error) Reason() string { return e.reason }

// Safe is a string without personal data: an argument of [Errorf] that [Error.Reason] shows.
type Safe string

// attributeWords returns the names of RFC 7643's resources, attributes and sub-attributes.
var attributeWords = sync.OnceValue(func() map[string]bool {
	words := map[string]bool{"User": true, "user": true, "Group": true, "group": true, "schemas": true, "id": true, "externalId": true, "meta": true}
	for _, s := range []Schema{UserSchema(), GroupSchema(), EnterpriseSchema()} {
		for _, a := range s.Attributes {
			words[a.Name] = true
			for _, sub := range a.Sub {
				words[sub.Name] = true
			}
		}
	}
	return words
})

// isAttributePath reports whether a text is the name of an attribute, or several with dots between
// them.
func isAttributePath(text string) bool {
	for word := range strings.SplitSeq(text, ".") {
		if !attributeWords()[word] {
			return false
		}
	}
	return true
}

// masked is printed in the reason in place of an argument that is not shown.
type masked struct{}

// Format writes the same for every verb.
func (masked) Format(s fmt.State, _ rune) { _, _ = io.WriteString(s, "…") }

// mask returns the arguments as they are logged.
func mask(args []any) []any {
	shown := make([]any, len(args))
	for i, a := range args {
		_, safe := a.(Safe)
		if text, ok := a.(string); ok {
			safe = isAttributePath(text)
		}
		if k := reflect.ValueOf(a).Kind(); safe || k >= reflect.Bool && k <= reflect.Float64 {
			shown[i] = a
		} else {
			shown[i] = masked{}
		}
	}
	return shown
}

// Because returns a copy of e with a cause, for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// Record returns a copy of e of which [Error.Recorded] is true.
func (e *Error) Record() *Error {
	c := *e
	c.recorded = true
	return &c
}

// Recorded reports whether the store has recorded the error with the change that it ended, so that
// no other record of the refusal is needed.
func (e *Error) Recorded() bool { return e.recorded }

// Errorf returns an error of the given status, type and detail.
func Errorf(status int, typ ErrorType, format string, args ...any) *Error {
	return &Error{Status: status, Type: typ, Detail: fmt.Sprintf(format, args...), reason: fmt.Sprintf(format, mask(args)...)}
}

// InvalidSyntax returns a 400 invalidSyntax error: the body is not what the protocol allows.
func InvalidSyntax(format string, args ...any) *Error {
	return Errorf(400, TypeInvalidSyntax, format, args...)
}

// InvalidValue returns a 400 invalidValue error: a value is missing, of the wrong type or refused.
func InvalidValue(format string, args ...any) *Error {
	return Errorf(400, TypeInvalidValue, format, args...)
}

// InvalidPath returns a 400 invalidPath error: the path of a PATCH operation cannot be read.
func InvalidPath(format string, args ...any) *Error {
	return Errorf(400, TypeInvalidPath, format, args...)
}

// InvalidFilter returns a 400 invalidFilter error: a filter cannot be read.
func InvalidFilter(format string, args ...any) *Error {
	return Errorf(400, TypeInvalidFilter, format, args...)
}

// InvalidCursor returns a 400 invalidCursor error: a cursor is not valid for the query.
func InvalidCursor(format string, args ...any) *Error {
	return Errorf(400, TypeInvalidCursor, format, args...)
}

// ExpiredCursor returns a 400 expiredCursor error: a cursor is too old.
func ExpiredCursor(format string, args ...any) *Error {
	return Errorf(400, TypeExpiredCursor, format, args...)
}

// InvalidCount returns a 400 invalidCount error: the count is invalid with a cursor, or differs
// from that of the previous pages.
func InvalidCount(format string, args ...any) *Error {
	return Errorf(400, TypeInvalidCount, format, args...)
}

// NoTarget returns a 400 noTarget error: the path of a PATCH operation selects nothing.
func NoTarget(format string, args ...any) *Error {
	return Errorf(400, TypeNoTarget, format, args...)
}

// NotMutable returns a 400 mutability error: an attribute may not be changed.
func NotMutable(format string, args ...any) *Error {
	return Errorf(400, TypeMutability, format, args...)
}

// Uniqueness returns a 409 uniqueness error: a value is already in use.
func Uniqueness(format string, args ...any) *Error {
	return Errorf(409, TypeUniqueness, format, args...)
}

// NotFound returns a 404 error: there is no such resource.
func NotFound(format string, args ...any) *Error {
	return Errorf(404, "", format, args...)
}

// PreconditionFailed returns a 412 error: the resource is not in the state that the request asks
// for.
func PreconditionFailed(format string, args ...any) *Error {
	return Errorf(412, "", format, args...)
}

// Unauthorized returns a 401 error: the bearer token of the caller is not accepted.
func Unauthorized(format string, args ...any) *Error {
	return Errorf(401, "", format, args...)
}

// TooManyRequests returns a 429 error, to be retried after the given time: a limit of calls is used
// up.
func TooManyRequests(retry time.Duration, format string, args ...any) *Error {
	e := Errorf(429, "", format, args...)
	e.RetryAfter = retry
	return e
}

// Unavailable returns a 503 error, to be retried after the given time: no answer can be given now.
func Unavailable(retry time.Duration, format string, args ...any) *Error {
	e := Errorf(503, "", format, args...)
	e.RetryAfter = retry
	return e
}
