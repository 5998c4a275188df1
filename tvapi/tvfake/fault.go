package tvfake

import (
	"bytes"
	"cmp"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Truncation is how an answer's body is truncated.
type Truncation int

// The truncations of an answer's body.
const (
	TruncateNone   Truncation = iota
	TruncateEmpty             // the status, and no body
	TruncateObject            // `{}`
	TruncateHalf              // the first half, as a complete HTTP answer
	TruncateBroken            // the first half, then the connection breaks
)

// A Fault makes calls fail. It is applied before all checks, also that of the token. Its fields can
// be combined: a Delay comes before the answer, which Status, Limit, Lost or Truncate may replace.
//
// Late separates the work from the answer, as a queue behind a gateway does. With Status, Limit or
// Lost that answer is sent at once and the work follows; without them the answer is sent after the
// work, which is done even if the client has disconnected. Late takes the place of Delay and After.
// [Server.DoLate] does not wait.
type Fault struct {
	Function string // the function that it applies to, e.g. "GET /users"; "" = every function
	Token    string // the token that it applies to; "" = every token

	Status      int           // what is answered instead; 0 = what the work answers
	Body        string        // of that answer; "" = an error body that fits the status, none below 400
	ContentType string        // of Body; "" = derived from its first character
	RetryAfter  string        // value of the header Retry-After; "" = none
	Limit       bool          // the call limit is used up: answered as the variant defines
	Lost        bool          // the connection breaks without an answer
	Truncate    Truncation    // the work is done, its answer is cut
	Delay       time.Duration // before the work, or with After between work and answer
	After       bool          // the work is done first
	Late        time.Duration // the work is done this long after the call arrived, whether or not the client still waits
	Short       bool          // a list is valid, but shows Keep objects only: of users, the token's owner and Keep others
	Keep        int           // the ones with the least ids; for a list of several pages, the fault of its first page decides

	Skip  int           // the number of calls before it applies
	Times int           // the number of calls that it applies to; 0 = until cleared
	Rate  float64       // its probability; 0 = certain
	For   time.Duration // once applied, it also applies to every call of that function within this time
}

// replaces reports whether the fault replaces the answer of the work.
func (f *Fault) replaces() bool { return f.Status != 0 || f.Limit || f.Lost }

// works reports whether the call's work is done at all.
func (f *Fault) works() bool { return f.After || !f.replaces() }

// label names the fault in a Call.
func (f *Fault) label() string {
	var parts []string
	if f.Delay > 0 {
		parts = append(parts, "delay "+f.Delay.String())
	}
	if f.Status != 0 {
		parts = append(parts, strconv.Itoa(f.Status))
	}
	if f.Limit {
		parts = append(parts, "limit")
	}
	if f.Lost {
		parts = append(parts, "lost")
	}
	if f.Truncate != TruncateNone {
		parts = append(parts, "truncated")
	}
	if f.Late > 0 {
		parts = append(parts, "late "+f.Late.String())
	}
	if f.Short {
		parts = append(parts, "short")
	}
	if f.After {
		parts = append(parts, "after the work")
	}
	return strings.Join(parts, ", ")
}

// apply returns the answer to send instead of the work's answer.
func (f *Fault) apply(v Variant, a answer) (answer, error) {
	switch {
	case f.Limit:
		a = v.limitAnswer()
	case f.Status != 0:
		a = f.instead(v)
	}
	if f.RetryAfter != "" {
		a.retryAfter = f.RetryAfter
	}
	return a.truncate(f.Truncate)
}

// instead is the answer of a fault with a status.
func (f *Fault) instead(v Variant) answer {
	edge := f.Status >= 500 || f.Status == http.StatusForbidden || f.Status == http.StatusTooManyRequests
	switch {
	case f.Body == "" && f.Status < 400:
		return answer{status: f.Status}
	case f.Body != "":
		guess := typeHTML
		if strings.HasPrefix(f.Body, "{") || strings.HasPrefix(f.Body, "[") {
			guess = typeJSON
		}
		return textAnswer(f.Status, cmp.Or(f.ContentType, guess), f.Body)
	case v.HTMLErrors && edge:
		return htmlAnswer(f.Status)
	default:
		return v.refused(refuse(f.Status, categoryOf(f.Status), "the emulator was told to answer %d", f.Status), 1)
	}
}

// limitAnswer is what a used-up call limit answers (manual, section on limits: 403 with
// rate_limit_reached).
func (v Variant) limitAnswer() answer {
	a := v.refused(refuse(v.LimitStatus, "rate_limit_reached", "the limit of calls of this function is reached"), 1)
	if v.HTMLErrors && v.LimitStatus == http.StatusTooManyRequests {
		a = htmlAnswer(v.LimitStatus)
	}
	a.retryAfter = v.LimitRetryAfter
	return a
}

func categoryOf(status int) string {
	switch status {
	case http.StatusUnauthorized:
		return "invalid_token"
	case http.StatusForbidden:
		return "blocked"
	case http.StatusNotFound:
		return "not_found"
	case http.StatusTooManyRequests:
		return "rate_limit_reached"
	}
	if status >= 500 {
		return "internal_error"
	}
	return "invalid_request"
}

// truncate cuts an answer's body.
func (a answer) truncate(how Truncation) (answer, error) {
	if how == TruncateNone || a.write == nil {
		return a, nil
	}
	var whole bytes.Buffer
	if err := a.write(&whole); err != nil {
		return a, fmt.Errorf("answer: %w", err)
	}
	half := whole.String()[:whole.Len()/2]
	switch how {
	case TruncateEmpty:
		a.write, a.contentType = nil, ""
	case TruncateObject:
		return textAnswer(a.status, a.contentType, "{}"), nil
	case TruncateHalf:
		return textAnswer(a.status, a.contentType, half), nil
	case TruncateBroken:
		a = textAnswer(a.status, a.contentType, half)
		a.announced = whole.Len()
	case TruncateNone:
	}
	return a, nil
}

// faults has the armed faults.
type faults struct {
	mu   sync.Mutex
	dice *rand.Rand
	last int
	all  []*armed
}

// armed is an armed fault and its state.
type armed struct {
	Fault
	number  int
	passed  int
	strikes int
	until   map[string]time.Time // by function: the end of For
}

func newFaults(seed uint64) *faults {
	return &faults{dice: rand.New(rand.NewPCG(seed, 0xfa))}
}

// Fail arms a fault. At most one fault applies to a call: the first armed one that matches. disarm
// removes it.
func (s *Server) Fail(f Fault) (disarm func()) {
	number := s.faults.arm(f)
	return func() { s.faults.disarm(number) }
}

func (fs *faults) arm(f Fault) int {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.last++
	fs.all = append(fs.all, &armed{Fault: f, number: fs.last, until: map[string]time.Time{}})
	return fs.last
}

func (fs *faults) disarm(number int) bool {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	before := len(fs.all)
	fs.all = slices.DeleteFunc(fs.all, func(a *armed) bool { return a.number == number })
	return len(fs.all) < before
}

func (fs *faults) clear() {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.all = nil
}

// draw returns the fault that applies to a call, or nil.
func (fs *faults) draw(function, token string) *Fault {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for _, a := range fs.all {
		if a.Function != "" && a.Function != function || a.Token != "" && a.Token != token {
			continue
		}
		if a.strike(function, fs.dice) {
			return &a.Fault
		}
	}
	return nil
}

// strike reports whether the fault applies to a call that matches it.
func (a *armed) strike(function string, dice *rand.Rand) bool {
	now := time.Now()
	if now.Before(a.until[function]) {
		return true
	}
	if a.passed < a.Skip {
		a.passed++
		return false
	}
	if a.Times > 0 && a.strikes >= a.Times {
		return false
	}
	if a.Rate > 0 && dice.Float64() >= a.Rate {
		return false
	}
	a.strikes++
	if a.For > 0 {
		a.until[function] = now.Add(a.For)
	}
	return true
}
