package proxy

import (
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"

	"tvscim/scim"
)

const (
	// bulkPath is the endpoint of RFC 7644 section 3.7.
	bulkPath = "/Bulk"
	// bulkPatience is how many times longer than a single request a bulk request may take. Each
	// operation has the time of a single request at most; what was not begun when the whole time is
	// over is answered as not done.
	bulkPatience = 10
)

// mountBulk registers the endpoint.
func (s *Server) mountBulk(e *echo.Echo, users *collection[scim.User], groups *collection[scim.Group]) {
	s.route(e, bulkPath, func(x *exchange) error { return s.bulk(x, users, groups) }, http.MethodPost)
}

// bulk answers a bulk request: 200 with what became of each operation. Only what concerns all of it
// (the caller, the size, a body that is no bulk request) is an error of the request itself.
func (s *Server) bulk(x *exchange, users *collection[scim.User], groups *collection[scim.Group]) error {
	run := bulkRun{exchange: x, server: s, ids: make(map[string]string)}
	locate := s.locate(x.Request())
	open := func(ctx context.Context) error {
		u, g, err := s.directory.Open(ctx, x.caller)
		run.users = &opened[scim.User]{collection: users, store: u, requestID: x.id, locate: locate}
		run.groups = &opened[scim.Group]{collection: groups, store: g, requestID: x.id, locate: locate}
		return err
	}
	return s.serve(x, bulkPatience*s.timeout, open, func(ctx context.Context, _ url.Values, body []byte) (answer, error) {
		request, err := scim.DecodeBulk(body, s.features.Bulk.MaxOperations)
		if err != nil {
			return answer{}, err
		}
		return answer{status: http.StatusOK, body: scim.EncodeBulk(run.all(ctx, request))}, nil
	})
}

// opened is a collection with the caller's store.
type opened[R scim.Resource] struct {
	*collection[R]
	store     scim.Store[R]
	requestID string // of the bulk request
	locate    scim.Locator
}

// request is an operation as a verb gets it.
func (o *opened[R]) request(id string, op scim.BulkOperation) request[R] {
	return request[R]{store: o.store, requestID: o.requestID, id: id, when: op.If, locate: o.locate, bulk: &op.Data}
}

// operate carries out an operation by the verb that a single request has.
func (o *opened[R]) operate(ctx context.Context, id string, op scim.BulkOperation) (answer, error) {
	req := o.request(id, op)
	switch {
	case (op.Method == http.MethodPost) != (id == ""):
		return answer{}, scim.InvalidSyntax("path: a POST needs %s, and the other methods need %s/{id}",
			o.typ.Endpoint, o.typ.Endpoint)
	case op.Method == http.MethodPost:
		return o.create(ctx, req)
	case op.Method == http.MethodPut:
		return o.replace(ctx, req)
	case op.Method == http.MethodPatch:
		return o.patch(ctx, req)
	default:
		return o.delete(ctx, req)
	}
}

// operable is an opened collection of either type.
type operable interface {
	operate(ctx context.Context, id string, op scim.BulkOperation) (answer, error)
}

// bulkRun is a bulk request while it is carried out.
type bulkRun struct {
	*exchange
	server  *Server
	users   *opened[scim.User]
	groups  *opened[scim.Group]
	ids     map[string]string // of the resources made so far, by bulkId
	results []*scim.BulkResult
	failed  int
	alone   int // how many of the next steps must not share their calls
}

// all goes through the steps until all are done or too many have failed, and returns what became of
// the operations that were tried, in the order of the request. It ends early when the client has
// left, and when the gateway is stopped.
func (b *bulkRun) all(ctx context.Context, request scim.Bulk) []scim.BulkResult {
	b.results = make([]*scim.BulkResult, len(request.Operations))
	steps := request.Steps()
	for len(steps) > 0 && !b.left() && (request.FailOnErrors == 0 || b.failed < request.FailOnErrors) {
		if b.server.stop.hasBegun() {
			b.stopped(steps)
			break
		}
		steps = steps[b.next(ctx, steps):]
	}
	tried := make([]scim.BulkResult, 0, len(b.results))
	for _, r := range b.results {
		if r != nil {
			tried = append(tried, *r)
		}
	}
	if b.left() {
		b.gone = true
		b.server.logger.Info("bulk request whose client has left", zap.String("request_id", b.id),
			zap.Int("operations", len(request.Operations)), zap.Int("not_begun", len(request.Operations)-len(tried)))
	}
	return tried
}

// stopped answers the steps that a stop has come before. One line in the log is for all of them.
func (b *bulkRun) stopped(steps []scim.BulkStep) {
	for _, step := range steps {
		b.refuse(step, errNotBegun)
	}
	b.server.logger.Warn("bulk request ended by the stop of the gateway", zap.String("request_id", b.id), zap.Int("not_begun", len(steps)))
}

// left tells whether the client has gone away: nobody would read what becomes of the rest.
func (b *bulkRun) left() bool { return b.Request().Context().Err() != nil }

// next carries out the next step, or several that share their calls, and returns how many.
func (b *bulkRun) next(ctx context.Context, steps []scim.BulkStep) int {
	if b.alone == 0 {
		if n := b.share(ctx, steps); n > 0 {
			return n
		}
	}
	b.alone = max(b.alone-1, 0)
	b.step(ctx, steps[0])
	return 1
}

// step carries out one step and notes its result.
func (b *bulkRun) step(ctx context.Context, step scim.BulkStep) {
	result := b.result(step)
	if step.Late && result.Error != nil {
		return // there is no group to add members to
	}
	ans, err := b.carryOut(ctx, step, result)
	b.finish(step, ans, err)
}

// finish records the outcome of a step.
func (b *bulkRun) finish(step scim.BulkStep, ans answer, err error) {
	if err != nil {
		b.fail(step, err)
		return
	}
	result := b.result(step)
	result.Version = ans.version
	if step.Late {
		return
	}
	result.Status = ans.status
	if step.Method == http.MethodPost {
		result.Location = ans.location
		b.ids[step.BulkID] = ans.id
	}
}

// carryOut does what the step says. The result has the location also of what is refused, but for a
// POST, which has failed to make anything (RFC 7644 section 3.7.3).
func (b *bulkRun) carryOut(ctx context.Context, step scim.BulkStep, result *scim.BulkResult) (answer, error) {
	op, missing := step.Resolve(b.ids)
	in, id, err := b.target(op.Path)
	if id != "" && step.Method != http.MethodPost {
		result.Location = b.location(in, id)
	}
	if step.Refused != nil {
		return answer{}, step.Refused
	}
	if err := cmp.Or(missing, err); err != nil {
		return answer{}, err
	}
	if ctx.Err() != nil {
		return answer{}, scim.Unavailable(retryAfterTimeout, "not done: the time limit of the whole bulk request was reached; send the operation again in a smaller request")
	}
	ctx, cancel := context.WithTimeout(ctx, b.server.timeout)
	defer cancel()
	return b.server.stop.await(func() (answer, error) { return in.operate(ctx, id, op) })
}

// target finds the collection that a path leads to, and the id in it, "" for the collection itself.
func (b *bulkRun) target(path string) (operable, string, error) {
	endpoint, id, single := strings.Cut(strings.TrimPrefix(canonicalPath("/"+path), "/"), "/")
	var in operable
	switch "/" + endpoint {
	case b.server.users.Endpoint:
		in = b.users
	case b.server.groups.Endpoint:
		in = b.groups
	default:
		return nil, "", b.noPath()
	}
	if !single {
		return in, "", nil
	}
	id, ok := resourceID(id)
	if !ok || strings.Contains(id, "/") {
		return nil, "", b.noPath()
	}
	return in, id, nil
}

// noPath refuses a path.
func (b *bulkRun) noPath() error {
	users, groups := b.server.users.Endpoint, b.server.groups.Endpoint
	return scim.InvalidSyntax("path: expected %s, %s/{id}, %s or %s/{id}, relative to the base path", users, users, groups, groups)
}

// location returns the address of a resource.
func (b *bulkRun) location(in operable, id string) string {
	if in == operable(b.users) {
		return b.users.locate(b.server.users.Name, id)
	}
	return b.groups.locate(b.server.groups.Name, id)
}

// result returns the result of a step's operation, to be written to. Halves of an operation have
// one.
func (b *bulkRun) result(step scim.BulkStep) *scim.BulkResult {
	r := b.results[step.Index]
	if r == nil {
		r = &scim.BulkResult{Method: step.Method, BulkID: step.BulkID}
		b.results[step.Index] = r
	}
	return r
}

// fail notes that a step has failed, in the answer and in the log, since the line of the request
// says 200; that the client has left is not logged.
func (b *bulkRun) fail(step scim.BulkStep, err error) {
	e := b.refuse(step, err)
	if b.left() {
		return
	}
	level := zapcore.InfoLevel
	if e.Status >= http.StatusInternalServerError {
		level = zapcore.WarnLevel
	}
	fields := []zap.Field{zap.String("request_id", b.id), zap.Int("operation", step.Index+1),
		zap.String("method", methodLabel(step.Method)), zap.Int("status", e.Status)}
	if _, id, _ := b.target(step.Path); loggedID.MatchString(id) {
		fields = append(fields, zap.String("id", id))
	}
	b.server.logger.Log(level, "operation of a bulk request", append(fields, failureFields(e, err)...)...)
	b.server.logger.Debug("operation details", zap.String("request_id", b.id), zap.Int("operation", step.Index+1),
		zap.String("path", step.Path), zap.NamedError("failure", err))
}

// refuse notes in the answer that a step has failed, and returns the error that says it.
func (b *bulkRun) refuse(step scim.BulkStep, err error) *scim.Error {
	b.failed++
	e := b.server.problem(b.exchange, err)
	r := b.result(step)
	if step.Late {
		if r.Error != nil {
			return r.Error // there is no group to add members to
		}
		made := *e
		made.Detail = "The group was created without the members that this bulk request creates: " + e.Detail
		e = &made
	}
	r.Status, r.Version, r.Error = e.Status, "", b.named(e)
	return e
}
