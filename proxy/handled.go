package proxy

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"tvscim/scim"
)

// The lengths in bytes of the largest body and query that [Handled] holds.
const (
	maxHandledBody  = 16 << 10
	maxHandledQuery = 2 << 10
)

// Handled is a request that was answered, for a person who looks into it. It holds no secret, but
// personal data.
type Handled struct {
	Request  scim.Request // its Caller is "" if no token was accepted
	Began    time.Time
	Duration time.Duration
	Type     string // name of the resource type; "" if the path has none
	ID       string // of the resource, if it has the form of the ids of stores
	Path     string // as the route, with the id: no personal data
	Query    string // decoded; "" if it is longer than 2 KiB, or no token was accepted
	Status   int    // as in the log: 499 if the client closed the connection before the response
	Failed   int    // how many operations of a bulk request failed
	Detail   string // of the error, as the client gets it, with the id of the request
	// Sent is the body that was received. Without secrets, it may differ in spacing and in the
	// order of names.
	Sent, Answered   []byte
	SentN, AnsweredN int // their lengths; what is longer than 16 KiB, or was not read, is not held
}

// handled reports a request that was answered.
func (s *Server) handled(x *exchange, began time.Time, took time.Duration) {
	if s.onHandled == nil {
		return
	}
	r := x.Request()
	h := Handled{Request: x.describe(), Began: began, Duration: took, Path: x.route, Status: x.status(), Failed: x.failedOperations, SentN: len(x.sent), AnsweredN: int(x.Response().Size)}
	for _, t := range []*scim.ResourceType{s.users, s.groups} {
		if below, ok := strings.CutPrefix(x.route, t.Endpoint); ok && (below == "" || below[0] == '/') {
			h.Type = t.Name
		}
	}
	if id := x.Param("id"); id != "" && x.route != unmatched && loggedID.MatchString(id) {
		h.ID, h.Path = id, strings.Replace(x.route, ":id", id, 1)
	}
	if query, err := url.QueryUnescape(r.URL.RawQuery); err == nil && query != "" && len(query) <= maxHandledQuery && h.Status != http.StatusUnauthorized {
		h.Query = s.redactor.Text(query)
	}
	if x.failure != nil {
		h.Detail = x.named(s.problem(x, x.failure)).Detail
	}
	if body, ok := s.redactor.Body(held(x.sent)); ok {
		h.Sent = body
	}
	h.Answered = held(x.answered)
	s.onHandled(h)
}

// held returns a body that is short enough to be held.
func held(body []byte) []byte {
	if len(body) > maxHandledBody {
		return nil
	}
	return body
}
