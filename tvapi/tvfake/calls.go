package tvfake

import (
	"maps"
	"regexp"
	"slices"
	"sync"
)

const (
	maxLog  = 10_000 // calls that the log holds
	maxText = 4096   // bytes of a body that a Call shows
)

// A Call is one request and its answer. It never contains the token; values of password and
// sso_customer_id are redacted.
type Call struct {
	Method   string `json:"method"`
	Path     string `json:"path"`             // as it came, escaped
	Query    string `json:"query,omitempty"`  // as it came
	Function string `json:"function"`         // as TeamViewer counts it: "PUT /users/{id}"; [UnknownFunction]
	Owner    string `json:"owner,omitempty"`  // id of the token's owner; "" = the token opens no company
	Body     string `json:"body,omitempty"`   // its first 4,096 bytes
	Status   int    `json:"status"`           // 0 = no answer was given
	Answer   string `json:"answer,omitempty"` // its first 4,096 bytes
	Fault    string `json:"fault,omitempty"`  // the fault that was applied; "" = none
}

// UnknownFunction is the function of calls that are not part of the Web API.
const UnknownFunction = "unknown"

// calls counts and logs the requests.
type calls struct {
	mu        sync.Mutex
	counts    map[string]int
	ring      []Call
	oldest    int // in ring, once it is full
	observers []func(Call)
}

func newCalls() *calls { return &calls{counts: map[string]int{}} }

func (c *calls) count(function string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.counts[function]++
}

// record logs a call and notifies the observers.
func (c *calls) record(call Call) {
	call.Body, call.Answer = blank(call.Body), blank(call.Answer)
	c.mu.Lock()
	if len(c.ring) < maxLog {
		c.ring = append(c.ring, call)
	} else {
		c.ring[c.oldest] = call
		c.oldest = (c.oldest + 1) % maxLog
	}
	observers := c.observers
	c.mu.Unlock()
	for _, observe := range observers {
		observe(call)
	}
}

func (c *calls) reset() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.counts)
	c.ring, c.oldest = nil, 0
}

// Calls returns how often each function was called, answered or not.
func (s *Server) Calls() map[string]int {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return maps.Clone(s.calls.counts)
}

// Count returns how often one function was called, e.g. "GET /users".
func (s *Server) Count(function string) int {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return s.calls.counts[function]
}

// TotalCalls returns the number of calls of all functions.
func (s *Server) TotalCalls() int {
	total := 0
	for _, n := range s.Calls() {
		total += n
	}
	return total
}

// ResetCalls resets the counts and the log.
func (s *Server) ResetCalls() { s.calls.reset() }

// Log returns the last 10,000 calls in the order of their answers.
func (s *Server) Log() []Call {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	return slices.Concat(s.calls.ring[s.calls.oldest:], s.calls.ring[:s.calls.oldest])
}

// OnCall registers observe, which is called with each later call just before its answer is sent. It
// runs in the goroutine of the call and may use the server.
func (s *Server) OnCall(observe func(Call)) {
	s.calls.mu.Lock()
	defer s.calls.mu.Unlock()
	s.calls.observers = append(slices.Clip(s.calls.observers), observe)
}

// secretValue matches the values that are never shown, also in a truncated text.
var secretValue = regexp.MustCompile(`(?i)("(?:password|sso_customer_id)"\s*:\s*)"(?:[^"\\]|\\.)*(?:"|\\?$)`)

func blank(body string) string { return secretValue.ReplaceAllString(body, `$1"<secret>"`) }

// head is the beginning of a body, as a Call shows it.
func head(body []byte) string { return string(body[:min(len(body), maxText)]) }
