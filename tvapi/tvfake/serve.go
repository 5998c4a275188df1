package tvfake

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"
)

const (
	maxBody      = 1 << 20         // bytes of a request that are read
	blockedAgent = "Python-urllib" // a default User-Agent that the front of TeamViewer turns away
)

// exchange is one call on its way through the server.
type exchange struct {
	server *Server
	http   *http.Request
	route  *route // nil: no function of the Web API
	token  string
	in     request
	call   Call
}

// serve answers one call: count, hold, fault, work, hold, log, send.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	x, err := s.receive(r)
	if err != nil { // the request did not arrive whole
		panic(http.ErrAbortHandler)
	}
	a, err := x.answer(r.Context())
	if err != nil {
		x.call.Status = 0
		s.calls.record(x.call)
		panic(http.ErrAbortHandler) // net/http's way to break a connection without an answer
	}
	x.send(w, a)
}

// receive reads a call and counts it. What a body has beyond the limit is cut off, and so no JSON
// any more.
func (s *Server) receive(r *http.Request) (*exchange, error) {
	body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
	if err != nil {
		return nil, err
	}
	x := &exchange{server: s, http: r}
	var params []string
	x.route, params = s.route(r)
	x.token = bearer(r)
	x.in = request{params: params, query: r.URL.Query(), contentType: r.Header.Get("Content-Type"), body: body}
	x.call = Call{
		Method:   r.Method,
		Path:     r.URL.EscapedPath(),
		Query:    r.URL.RawQuery,
		Function: UnknownFunction,
		Body:     head(body),
	}
	if x.route != nil {
		x.call.Function = x.route.function
	}
	s.mu.Lock()
	if c, ok := s.companies[x.token]; ok {
		x.call.Owner = c.OwnerID()
	}
	s.mu.Unlock()
	s.calls.count(x.call.Function)
	return x, nil
}

// errLost is a connection that breaks without an answer.
var errLost = errors.New("connection lost")

// answer does the work of a call, and what holds and faults make of it.
func (x *exchange) answer(ctx context.Context) (answer, error) {
	s, function := x.server, x.call.Function
	if err := s.holds.wait(ctx, function, false); err != nil {
		return answer{}, err
	}
	fault := s.faults.draw(function, x.token)
	if fault == nil {
		fault = &Fault{}
	}
	x.call.Fault = fault.label()
	x.in.short, x.in.keep = fault.Short, max(fault.Keep, 0)
	if fault.Late > 0 {
		return x.late(ctx, fault)
	}
	if !fault.After {
		if err := sleep(ctx, fault.Delay); err != nil {
			return answer{}, err
		}
	}
	var a answer
	if fault.works() {
		a = x.work()
	}
	if fault.After {
		if err := sleep(ctx, fault.Delay); err != nil {
			return answer{}, err
		}
	}
	if err := s.holds.wait(ctx, function, true); err != nil {
		return answer{}, err
	}
	if fault.Lost {
		return answer{}, errLost
	}
	return fault.apply(s.variant, a)
}

// sleep waits, but no longer than the client does.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// work does what the function is for.
func (x *exchange) work() answer {
	s := x.server
	s.mu.Lock()
	defer s.mu.Unlock()
	a, err := x.handle()
	if err != nil {
		return s.variant.refused(err, s.rng.Int64N(1<<40)+1)
	}
	return a
}

// handle checks the caller, then lets the function's handler work.
func (x *exchange) handle() (answer, error) {
	s := x.server
	if strings.HasPrefix(x.http.UserAgent(), blockedAgent) { // turned away by the front
		return htmlAnswer(http.StatusForbidden), nil
	}
	company, err := s.authorise(x.token)
	switch {
	case x.route == nil:
		return answer{}, errHTMLNotFound
	case x.route.function == pingFunction:
		return s.ping(x.token, err)
	case err != nil:
		return answer{}, err
	}
	if err := s.need(company, x.token, x.route.right); err != nil {
		return answer{}, err
	}
	if x.route.licensed && company.unlicensed {
		return answer{}, refuse(s.variant.LicenseRequired, "license_required", "a license is required to perform this action")
	}
	return x.route.handle(company, &x.in)
}

// bearer is the token of a call; "" = none.
func bearer(r *http.Request) string {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "Bearer") {
		return ""
	}
	return strings.TrimSpace(token)
}

// authorise finds the company that a token opens (manual, section on errors).
func (s *Server) authorise(token string) (*Company, error) {
	c, ok := s.companies[token]
	if !ok || c.deleted {
		return nil, refuse(http.StatusUnauthorized, "invalid_token", "the access token is not known")
	}
	switch s.state(c, token) {
	case TokenExpired:
		category := "token_expired"
		if s.variant.ExpiredIsInvalid {
			category = "invalid_token"
		}
		return c, refuse(http.StatusUnauthorized, category, "the access token has expired")
	case TokenRevoked:
		return c, refuse(http.StatusUnauthorized, "invalid_token", "the access token was revoked")
	case TokenBlocked:
		return c, refuse(http.StatusForbidden, "blocked", "calls from this address are blocked")
	case TokenValid:
	}
	return c, nil
}

// send logs a call and writes its answer. The call is in the log before the client has the end of
// its answer, or more of it than the log shows.
func (x *exchange) send(w http.ResponseWriter, a answer) {
	h := w.Header()
	h.Set("Server", "tvfake") // marks the answers of the emulator
	for name, value := range map[string]string{
		"Content-Type": a.contentType, "Location": a.location, "Retry-After": a.retryAfter,
	} {
		if value != "" {
			h.Set(name, value)
		}
	}
	if a.announced > 0 {
		h.Set("Content-Length", strconv.Itoa(a.announced))
	}
	x.call.Status = a.status
	out := &recorder{w: w, status: a.status, record: func(answer []byte) {
		x.call.Answer = head(answer)
		x.server.calls.record(x.call)
	}}
	var err error
	if a.write != nil {
		err = a.write(out)
	}
	out.flush()
	if a.announced > 0 {
		// What net/http still buffers must reach the client. A writer that buffers nothing has no
		// Flush, which is no error here.
		_ = http.NewResponseController(w).Flush()
	}
	if err != nil || a.announced > 0 {
		panic(http.ErrAbortHandler) // the client has disconnected, or a fault breaks the connection
	}
}

// recorder holds the beginning of an answer back until the call is in the log.
type recorder struct {
	w      http.ResponseWriter
	status int
	record func(answer []byte)
	held   bytes.Buffer
	begun  bool
}

// Write writes on, or holds the first bytes back.
func (r *recorder) Write(p []byte) (int, error) {
	if r.begun {
		return r.w.Write(p)
	}
	r.held.Write(p)
	if r.held.Len() > maxText {
		r.flush()
	}
	return len(p), nil
}

// flush logs the call and writes what was held back. Errors of the client are seen by the next
// Write.
func (r *recorder) flush() {
	if r.begun {
		return
	}
	r.begun = true
	r.record(r.held.Bytes())
	r.w.WriteHeader(r.status)
	if r.held.Len() > 0 {
		_, _ = r.held.WriteTo(r.w) // a client that went away
	}
	r.held = bytes.Buffer{}
}
