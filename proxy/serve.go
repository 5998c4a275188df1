package proxy

import (
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"tvscim/scim"
)

// maxID is the longest id, in characters, that a store is asked for.
const maxID = 1000

// answer is the response of a verb.
type answer struct {
	status   int
	body     []byte                // nil: none, or see stream
	stream   func(io.Writer) error // writes a body in pieces; nil: see body
	id       string                // of the resource of the answer, or of the request if it failed; "" if there is none
	typ      string                // name of the resource type, if the request failed
	name     string                // of the resource that was sent, if the request failed; "" if it is not known
	location string                // of that resource
	version  scim.Version
}

// serve carries out the steps that all requests share. It checks the query and the headers, opens
// the caller's stores, and then reads the body. The request has one deadline, which begins here and
// includes the body.
func (s *Server) serve(
	x *exchange, timeout time.Duration, open func(context.Context) error,
	do func(ctx context.Context, query url.Values, body []byte) (answer, error),
) error {
	r := x.Request()
	writes := r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch
	query, err := parseQuery(r)
	if err != nil && !writes { // a write is defined by its body
		return err
	}
	if writes {
		if err := checkBody(r, s.maxBody); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(scim.WithRequest(r.Context(), x.describe()), timeout)
	defer cancel()
	if err := open(ctx); err != nil {
		return err
	}
	var body []byte
	if writes {
		x.bodyTaken = true
		if by, _ := ctx.Deadline(); timeout < readTimeout && r.Body != http.NoBody {
			x.setReadDeadline(by)
		}
		arrived := stalls(r)
		body, err = readBody(x.Response().Writer, r, s.maxBody)
		arrived()
		x.sent = body
	}
	var ans answer
	if err == nil {
		ans, err = do(ctx, query, body)
	}
	if err != nil {
		if x.changes() {
			s.refused(x, 0, "", ans, err)
		}
		return err
	}
	return ans.send(x)
}

// send writes the answer. Content-Location equals meta.location, and ETag meta.version (RFC 7643
// section 3.1).
func (a answer) send(x *exchange) error {
	h := x.Response().Header()
	if a.version != "" {
		h.Set("ETag", string(a.version))
	}
	if a.stream != nil {
		return x.stream(a.status, a.stream)
	}
	if a.body == nil {
		x.setDeadlines()
		return x.NoContent(a.status)
	}
	if a.location != "" {
		h.Set("Content-Location", a.location)
		if a.status == http.StatusCreated {
			h.Set("Location", a.location)
		}
	}
	return x.write(a.status, a.body)
}

// resourceID decodes an id. It reports false for one that is too long, consists of dots or contains
// control characters.
func resourceID(escaped string) (string, bool) {
	id, err := url.PathUnescape(escaped)
	ok := err == nil && id != "" && id != "." && id != ".." && utf8.ValidString(id) &&
		utf8.RuneCountInString(id) <= maxID && !strings.ContainsFunc(id, unicode.IsControl)
	return id, ok
}

// precondition reads the conditional headers (RFC 7644 section 3.14). They are ignored for
// collections, which have no version.
func precondition(r *http.Request, id string) (scim.Precondition, error) {
	if id == "" {
		return scim.Precondition{}, nil
	}
	return scim.ParsePrecondition(r.Header.Values("If-Match"), r.Header.Values("If-None-Match"))
}

// asked reports whether a parameter has a value. Names are compared in any case.
func asked(query url.Values, parameter string) bool {
	for name, values := range query {
		if strings.EqualFold(name, parameter) && strings.TrimSpace(strings.Join(values, "")) != "" {
			return true
		}
	}
	return false
}
