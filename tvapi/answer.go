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
	errForeign = errors.New("the answer is not TeamViewer's")
	errHTML    = errors.New("the answer is HTML, not TeamViewer's")
	errEmpty   = errors.New("the answer has no body")
	errShape   = errors.New("the answer is not of the documented shape")
)

// refusal turns a status that is no success, and its body, into an error.
func (c *Client) refusal(ctx context.Context, k call, answer *http.Response, body *answerBody) *Error {
	text, _ := io.ReadAll(body)
	if isHTML(answer.Header) {
		text = []byte("<html>") // whatever it holds, it is not TeamViewer's
	}
	said, ours := parseErrorBody(text)
	e := k.fail(classify(answer.StatusCode, said.Category, ours, len(bytes.TrimSpace(text)) == 0), answer.StatusCode, nil)
	e.RetryAfter = retryAfter(answer.Header.Get("Retry-After"), time.Now())
	e.Signature = said.signature()
	secrets := append([]string{k.token}, k.secrets...)
	e.Category = clean(said.Category, maxCategory, secrets)
	e.Description = clean(said.Description, maxDescription, secrets)
	switch {
	case body.lost != nil:
		e.cause = c.cause(ctx, k, body.lost)
		if e.Kind != KindServer && e.Kind != KindThrottled { // these need no body
			e.Kind = KindLost
		}
	case e.Kind == KindForeign:
		e.cause = errForeign
	}
	return e
}

// errorBody is the error body of the Web API (manual, "Errors"). error_code is not
// read: none of its values is documented.
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

// categories are the categories that say more than the status they come with,
// which the manual leaves open for most of them.
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

// classify decides the kind of a refusal. said: the body is an error body of the
// Web API; empty: there is no body at all.
func classify(status int, category string, said, empty bool) Kind {
	switch {
	case status >= 500:
		return KindServer
	case status == http.StatusTooManyRequests:
		// Perhaps the edge in front of TeamViewer says it: it is true all the same.
		return KindThrottled
	case status < 400:
		return KindForeign
	case status == http.StatusUnauthorized && empty:
		return KindToken
	case status == http.StatusConflict && empty:
		return KindConflict
	case !said:
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
	case http.StatusNotFound:
		return KindNotFound
	case http.StatusConflict:
		return KindConflict
	default:
		return KindInvalid
	}
}

// maxRetryAfter bounds what an answer may ask us to wait: the limits of the Web
// API are counted by the day.
const maxRetryAfter = 24 * time.Hour

// retryAfter reads the header Retry-After (RFC 9110 section 10.2.3), seconds or a
// date; 0 when it is missing, past or neither.
func retryAfter(value string, now time.Time) time.Duration {
	value = strings.TrimSpace(value)
	if seconds, err := strconv.ParseUint(value, 10, 64); err == nil {
		return time.Duration(min(seconds, uint64(maxRetryAfter/time.Second))) * time.Second
	}
	at, err := http.ParseTime(value)
	if err != nil {
		return 0
	}
	return min(max(at.Sub(now), 0), maxRetryAfter)
}

// answerBody is the body of an answer, read up to a limit. It tells a body that
// broke on its way from one that is whole and wrong.
type answerBody struct {
	next io.Reader
	left int64
	lost error // why the rest of the body did not arrive
}

// errTooLong is a body over the limit of its call.
var errTooLong = errors.New("the answer is longer than any of TeamViewer's")

// Read implements io.Reader.
func (b *answerBody) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return b.probe()
	}
	n, err := b.next.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	if err != nil && err != io.EOF {
		b.lost = err
	}
	return n, err
}

// probe tells a body that ends at the limit from one that goes on.
func (b *answerBody) probe() (int, error) {
	var one [1]byte
	switch n, err := io.ReadFull(b.next, one[:]); {
	case n == 1:
		return 0, errTooLong
	case err == io.EOF:
		return 0, io.EOF
	default:
		b.lost = err
		return 0, err
	}
}

// isHTML says whether an answer calls itself HTML. No function of the Web API
// answers it; portals and proxies on the way do, with any status.
func isHTML(h http.Header) bool {
	return strings.Contains(strings.ToLower(h.Get("Content-Type")), "html")
}

// readNothing takes the success of a call that answers nothing: no body, or JSON
// that is not an error body.
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

// readObject returns a reader of one JSON object into v, of which check says
// whether it has what the manual promises. Nothing of what v held before stays: an
// answer that was no good must not show through the next.
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
		if !check() {
			return errShape
		}
		return nil
	}
}

// shapeError says where JSON is not what it should be, without repeating any of
// it: answers hold names and addresses.
func shapeError(err error) error {
	if errors.Is(err, errTooLong) {
		return err
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
