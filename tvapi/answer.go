package tvapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

var (
	errForeign = errors.New("the answer is not from TeamViewer")
	errHTML    = errors.New("the answer is HTML, not from TeamViewer")
	errEmpty   = errors.New("the answer has no body")
	errShape   = errors.New("the answer does not have the documented form")
)

// refusal turns a status that is no success, and its body, into an error.
func (c *Client) refusal(ctx context.Context, k call, answer *http.Response) *Error {
	text, lost, err := readRefusal(answer)
	body, ok := parseErrorBody(text)
	e := k.fail(classify(answer.StatusCode, body.Category, ok, len(bytes.TrimSpace(text)) == 0), answer.StatusCode, nil)
	e.RetryAfter = retryAfter(answer.Header, time.Now())
	e.Signature = body.signature()
	secrets := append([]string{k.token}, k.secrets...)
	e.Category = clean(body.Category, maxCategory, secrets)
	e.Description = clean(body.Description, maxDescription, secrets)
	switch {
	case lost != nil:
		e.cause = c.cause(ctx, k, lost)
		if e.Kind != KindServer && e.Kind != KindThrottled { // known from the status alone
			e.Kind = KindLost
			e = c.missing(ctx, k, e, lost)
		}
	case err != nil:
		e.cause = err
	case e.Kind == KindForeign:
		e.cause = errForeign
	}
	return e
}

// readRefusal reads the body of an answer that is no success. lost is the reason why the rest of it
// did not arrive; err is the reason why what arrived cannot be used.
func readRefusal(answer *http.Response) (text []byte, lost, err error) {
	if isHTML(answer.Header) {
		return []byte("<html>"), nil, errForeign // no function of the Web API answers HTML
	}
	body, err := bodyOf(answer, errorLimit)
	if err != nil {
		return []byte("?"), nil, err
	}
	text, err = io.ReadAll(body)
	return text, body.lost, err
}

// errorBody is the error body of the Web API (manual, "Errors"). error_code is not read: none of
// its values is documented.
type errorBody struct {
	Category    string          `json:"error"`
	Description string          `json:"error_description"`
	Signature   json.RawMessage `json:"error_signature"`
}

// parseErrorBody reads an error body; a body without a category is none.
func parseErrorBody(text []byte) (errorBody, bool) {
	var b errorBody
	if err := json.Unmarshal(text, &b); err != nil || b.Category == "" {
		return errorBody{}, false
	}
	return b, true
}

// signature is the number, 0 when there is none that fits.
func (b errorBody) signature() int64 {
	n, err := strconv.ParseInt(string(b.Signature), 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// categories are the categories that determine the Kind whatever the status, which the manual does
// not give for most of them.
var categories = map[string]Kind{
	"rate_limit_reached": KindThrottled,
	"too_many_retries":   KindThrottled,
	"invalid_token":      KindToken,
	"token_expired":      KindToken,
	"invalid_client":     KindToken,
	"invalid_permission": KindPermission,
	"license_required":   KindLicense,
	"blocked":            KindBlocked,
	"not_found":          KindNotFound,
	"email_in_use":       KindConflict,
	"internal_error":     KindServer,
}

// classify returns the kind of a refusal. errorBody reports whether the body is an error body of
// the Web API, empty whether there is no body at all. A 404 that does not say not_found is
// KindInvalid: it may be about something other than the id.
func classify(status int, category string, errorBody, empty bool) Kind {
	switch {
	case status >= 500:
		return KindServer
	case status == http.StatusTooManyRequests:
		// A proxy in front of the Web API may send it too; it means the same.
		return KindThrottled
	case status < 400:
		return KindForeign
	case status == http.StatusUnauthorized && empty:
		return KindToken
	case status == http.StatusConflict && empty:
		return KindConflict
	case !errorBody:
		return KindForeign
	}
	if kind, ok := categories[category]; ok {
		return kind
	}
	switch status {
	case http.StatusUnauthorized:
		return KindToken
	case http.StatusForbidden:
		return KindPermission
	case http.StatusConflict:
		return KindConflict
	default:
		return KindInvalid
	}
}

// maxRetryAfter is the longest wait that an answer can ask for. After that time one call is made as
// a probe. The limits of the Web API are per day, but a limit that was raised in the meantime, or a
// wrong date, must not delay deactivations for longer.
const maxRetryAfter = 15 * time.Minute

// retryAfter reads the header Retry-After (RFC 9110 section 10.2.3), seconds or a date; 0 when it
// is missing, in the past or malformed. A date is relative to the server's clock, which the header
// Date shows (section 6.6.1); the local clock may be wrong by hours. now is used where there is no
// Date.
func retryAfter(h http.Header, now time.Time) time.Duration {
	value := strings.TrimSpace(h.Get("Retry-After"))
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	if value != "" && strings.Trim(value, "0123456789") == "" {
		return maxRetryAfter // more digits than fit
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	if date, err := http.ParseTime(h.Get("Date")); err == nil {
		now = date
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// isHTML reports whether the media type of an answer is HTML. No function of the Web API answers
// HTML; portals and proxies do, with any status.
func isHTML(h http.Header) bool {
	return strings.Contains(strings.ToLower(h.Get("Content-Type")), "html")
}

// readNothing reads the success of a call that answers nothing: no body, or JSON that is not an
// error body.
func readNothing(r io.Reader) error {
	text, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	text = bytes.TrimSpace(text)
	if len(text) == 0 {
		return nil
	}
	if _, failed := parseErrorBody(text); failed || !json.Valid(text) {
		return errShape
	}
	return nil
}

// readObject returns a reader of one JSON object into v; check reports whether it has the members
// that the manual documents. v is reset first, so that nothing of an earlier attempt's answer
// remains.
func readObject[T any](v *T, check func() bool) func(io.Reader) error {
	return func(r io.Reader) error {
		*v = *new(T)
		text, err := io.ReadAll(r)
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(text)) == 0 {
			return errEmpty
		}
		if err := json.Unmarshal(text, v); err != nil {
			return shapeError(err)
		}
		if object, ok := any(*v).(bounded); ok {
			if err := object.fit(); err != nil {
				return err
			}
		}
		if !check() {
			return errShape
		}
		return nil
	}
}

// shapeError returns where JSON differs from the documented form, without quoting any of it:
// answers contain names and addresses.
func shapeError(err error) error {
	if over, ok := errors.AsType[*BoundError](err); ok {
		return over
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Errorf("%w: %s at %q, byte %d", errShape, e.Value, e.Field, e.Offset)
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Errorf("%w: not JSON at byte %d", errShape, e.Offset)
	}
	return errShape
}

// Bounds of what an Error repeats, in bytes.
const (
	maxCategory    = 64
	maxDescription = 500
)
