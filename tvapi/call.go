package tvapi

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"

	"go.uber.org/zap"
)

// call is one request to the Web API: what is sent, and how a success is read.
type call struct {
	function Function
	subject  string     // what the error is about, e.g. "user u123"
	id       string     // stands for {id} in the path; from a typed id only
	query    url.Values // nil = none
	body     any        // marshalled as JSON; nil = none
	secrets  []string   // of the body: no error may contain them
	token    string     // of this attempt; set when it is made

	// read reads the body of a success. nil: the function answers nothing, so a success without a
	// body is one too. Its errors mean a wrong form. It may be called again, for the answer to
	// another attempt, unless begun reports that a part of it was already yielded.
	read  func(io.Reader) error
	begun func() bool // nil = never

	limit int64 // bytes of a success's body that are read; 0 = bodyLimit
	long  bool  // only the context limits its time
}

// path puts the id into the function's path. A function that needs an id never gets an address
// without one.
func (k call) path() (string, error) {
	_, path := k.function.split()
	if strings.Contains(path, placeholder) != (k.id != "") {
		return "", errors.New("id missing, or not part of the address")
	}
	return apiRoot + strings.Replace(path, placeholder, k.id, 1), nil
}

// once makes one attempt at a call that was admitted.
func (c *Client) once(ctx context.Context, k call, t *turn) (failed *Error) {
	v := inconclusive // if a reader of the answer panics
	defer func() { c.pace.leave(k.function, t, failed, v) }()
	start := time.Now()
	status, failed := c.attempt(ctx, k)
	if v = judge(ctx, failed); failed != nil && failed.Kind == KindToken &&
		(c.credential.refused != nil || c.outdated(failed, k.token)) {
		v = inconclusive // credential.refused decides about the token, or it is used no more
	}
	event := CallEvent{Function: k.function, Status: status, Duration: time.Since(start), Trial: isTrial(ctx)}
	if failed != nil {
		failed.token = sha256.Sum256([]byte(k.token))
		event.Outcome = failed.Kind
	}
	c.log.Debug("TeamViewer call",
		zap.String("function", string(event.Function)),
		zap.Stringer("outcome", event.Outcome),
		zap.Int("status", event.Status),
		zap.Duration("duration", event.Duration))
	if c.observe != nil {
		c.observe(event)
	}
	if observe, ok := ctx.Value(observerKey{}).(func(CallEvent)); ok {
		observe(event)
	}
	return failed
}

// attempt makes one exchange and evaluates the answer.
func (c *Client) attempt(ctx context.Context, k call) (status int, failed *Error) {
	if !k.long {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, c.timeout)
		defer cancel()
	}
	var seen trace
	answer, err := c.exchange(seen.watch(ctx), k)
	if err != nil {
		return 0, c.missing(ctx, k, k.fail(seen.kind(err), 0, nil), err)
	}
	defer func() { _ = answer.Body.Close() }()
	if failed = c.evaluate(ctx, k, answer); failed != nil {
		failed.Host = c.host
	}
	return answer.StatusCode, failed
}

// missing completes the error of a call that got no complete answer from the network.
func (c *Client) missing(ctx context.Context, k call, failed *Error, err error) *Error {
	failed.Host, failed.Network, failed.cause = c.host, reasonOf(ctx, err), c.cause(ctx, k, err)
	return failed
}

// exchange sends the call with resty and returns the answer with its body unread.
func (c *Client) exchange(ctx context.Context, k call) (*http.Response, error) {
	path, err := k.path()
	if err != nil {
		return nil, &guardError{reason: err.Error()}
	}
	request := c.rest.R().SetContext(ctx).SetAuthToken(k.token)
	if k.query != nil {
		request.SetQueryParamsFromValues(k.query)
	}
	if k.body != nil {
		body, err := json.Marshal(k.body)
		if err != nil {
			return nil, &guardError{reason: "body: " + err.Error()}
		}
		request.SetHeader("Content-Type", "application/json; charset=utf-8").SetBody(body)
	}
	method, _ := k.function.split()
	response, err := request.Execute(method, path)
	if response == nil { // resty could not build a request
		return nil, &guardError{reason: "not a request"}
	}
	if err != nil {
		return nil, err
	}
	return response.RawResponse, nil
}

// evaluate reads the answer: a success into the call, anything else into an error.
func (c *Client) evaluate(ctx context.Context, k call, answer *http.Response) *Error {
	success := answer.StatusCode >= 200 && answer.StatusCode < 300
	if !success {
		return c.refusal(ctx, k, answer)
	}
	if isHTML(answer.Header) {
		return k.fail(KindForeign, answer.StatusCode, errHTML)
	}
	body, err := bodyOf(answer, cmp.Or(k.limit, bodyLimit))
	if err != nil {
		return k.fail(KindForeign, answer.StatusCode, err)
	}
	read := k.read
	if read == nil {
		read = readNothing
	}
	if err := read(body); err != nil {
		if body.lost != nil {
			return c.missing(ctx, k, k.fail(KindLost, answer.StatusCode, nil), body.lost)
		}
		return k.fail(KindForeign, answer.StatusCode, err)
	}
	return nil
}

// cause returns the cause of a transport's error: without the address, and the error of the context
// where that is the reason, whatever the transport returns.
func (c *Client) cause(ctx context.Context, k call, err error) error {
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	if at, ok := errors.AsType[*url.Error](err); ok {
		err = at.Err
	}
	if shown := redact(err.Error(), k.token); shown != err.Error() {
		return errors.New(shown)
	}
	return err
}

// fail returns the error of a call.
func (k call) fail(kind Kind, status int, cause error) *Error {
	return &Error{Function: k.function, Subject: k.subject, Kind: kind, Status: status, cause: cause}
}

// invented reports whether the call is about a user or group that a dry run invented.
func (k call) invented() bool {
	if id, err := ParseUserID(k.id); err == nil {
		return id.Invented()
	}
	id, err := ParseGroupID(k.id)
	return err == nil && id.Invented()
}

// unknownID returns the error of a call about an object that certainly does not exist.
func (k call) unknownID() *Error {
	failed := k.fail(KindNotFound, http.StatusNotFound, nil)
	failed.Category, failed.Description = "not_found", "The id is one that a dry run invented."
	return failed
}

// refuse returns the error of a call that is not made.
func refuse(function Function, subject, reason string) *Error {
	return call{function: function, subject: subject}.fail(KindUnsent, 0, errors.New(reason))
}

// trace records how far a request got, to distinguish what certainly never reached TeamViewer from
// what may have reached it.
type trace struct{ dialled, connected atomic.Bool }

// watch returns a context whose request is traced.
func (t *trace) watch(ctx context.Context) context.Context {
	return httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { t.dialled.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { t.connected.Store(true) },
	})
}

// kind is KindUnsent when the request was refused here, or when the transport requested a
// connection and never got one. It is KindLost when the transport reports nothing, or had a
// connection: what was written to it before the failure cannot be known without a race.
func (t *trace) kind(err error) Kind {
	if _, ok := errors.AsType[*guardError](err); ok {
		return KindUnsent
	}
	if t.dialled.Load() && !t.connected.Load() {
		return KindUnsent
	}
	return KindLost
}
