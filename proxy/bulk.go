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
	// operation has the time limit of a single request; operations that are not started before the
	// limit of the whole request are answered as not done.
	bulkPatience = 10
)

// mountBulk registers the endpoint.
func (s *Server) mountBulk(e *echo.Echo, users *collection[scim.User], groups *collection[scim.Group]) {
	s.route(e, bulkPath, func(x *exchange) error { return s.bulk(x, users, groups) }, http.MethodPost)
}

// bulk answers a bulk request: 200 with the result of each operation. Only an error of the whole
// (the caller, the size, a body that is not a bulk request) is an error of the request itself.
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

// request returns an operation as the request of a verb.
func (o *opened[R]) request(id string, op scim.BulkOperation) request[R] {
	return request[R]{store: o.store, requestID: o.requestID, id: id, when: op.If, locate: o.locate, bulk: &op.Data}
}

// operate carries out an operation by the verb of a single request.
func (o *opened[R]) operate(ctx context.Context, id string, op scim.BulkOperation) (answer, error) {
	req := o.request(id, op)
	if (op.Method == http.MethodPost) != (id == "") {
		return answer{}, scim.InvalidSyntax("path: a POST needs %s, and the other methods need %s/{id}",
			o.typ.Endpoint, o.typ.Endpoint)
	}
	verb := o.delete
	switch op.Method {
	case http.MethodPost:
		verb = o.create
	case http.MethodPut:
		verb = o.replace
	case http.MethodPatch:
		verb = o.patch
	}
	ans, err := verb(ctx, req)
	return o.about(ans, id, err), err
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
	ids     map[string]string // of the resources created so far, by bulkId
	results []*scim.BulkResult
	failed  int
	alone   int // how many of the next steps must not share calls
}

// all carries out the steps until all are done or too many have failed, and returns the results of
// the operations that were tried, in the order of the request. It ends early if the client closes
// the connection or the gateway is stopped.
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
		b.server.logger.Info("client closed the connection of a bulk request", zap.String("request_id", b.id),
			zap.Int("operations", len(request.Operations)), zap.Int("not_begun", len(request.Operations)-len(tried)))
	}
	return tried
}

// stopped answers the steps that are not started before a stop. One log line covers all of them.
func (b *bulkRun) stopped(steps []scim.BulkStep) {
	for _, step := range steps {
		_ = b.refuse(step, answer{}, errNotBegun)
	}
	b.server.logger.Warn("bulk request ended by the stop of the gateway", zap.String("request_id", b.id), zap.Int("not_begun", len(steps)))
}

// left reports whether the client has closed the connection.
func (b *bulkRun) left() bool { return b.Request().Context().Err() != nil }

// next carries out the next step, or several that share calls, and returns how many.
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

// step carries out one step and records its result.
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
		b.fail(step, ans, err)
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

// carryOut carries out a step. The result of a failed operation has the location too, except for a
// POST, which has not created a resource (RFC 7644 section 3.7.3).
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
	ctx, cancel := context.WithTimeout(operationContext(ctx, step.Index+1, step.Method), b.server.timeout)
	defer cancel()
	return b.server.stop.await(func() (answer, error) { return in.operate(ctx, id, op) })
}

// target returns the collection of a path and the id in it, "" for the collection itself.
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

// noPath returns the error for an invalid path.
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

// result returns the result of a step's operation, to be filled in. Both steps of an operation have
// the same result.
func (b *bulkRun) result(step scim.BulkStep) *scim.BulkResult {
	r := b.results[step.Index]
	if r == nil {
		r = &scim.BulkResult{Method: step.Method, BulkID: step.BulkID}
		b.results[step.Index] = r
	}
	return r
}

// fail records the error of a step in the response and in the log, since the log line of the
// request has status 200. If the client has closed the connection, nothing is logged.
func (b *bulkRun) fail(step scim.BulkStep, ans answer, err error) {
	e := b.refuse(step, ans, err)
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
	b.server.logger.Log(level, "bulk operation failed", append(fields, failureFields(e, err)...)...)
	b.server.logger.Debug("operation details", zap.String("request_id", b.id), zap.Int("operation", step.Index+1),
		zap.String("path", step.Path), zap.NamedError("failure", err))
}

// refuse records the error of a step in the response, and returns it.
func (b *bulkRun) refuse(step scim.BulkStep, ans answer, err error) *scim.Error {
	b.failed++
	b.failedOperations++
	b.server.refused(b.exchange, step.Index+1, step.Method, ans, err)
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
