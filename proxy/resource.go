package proxy

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/labstack/echo/v4"

	"tvscim/scim"
)

// collection serves one resource type: the six operations of RFC 7644 section 3, for users and
// groups.
type collection[R scim.Resource] struct {
	server *Server
	typ    *scim.ResourceType
	open   func(context.Context, Caller) (scim.Store[R], error)
	// quietPatch answers a PATCH with 204 unless attributes are asked for (RFC 7644 section 3.5.2):
	// for groups, whose members would have to be read.
	quietPatch bool
}

// request is what every verb gets from the HTTP request.
type request[R scim.Resource] struct {
	store     scim.Store[R]
	caller    Caller
	requestID string // of the HTTP request, for the log
	id        string // "" on the collection
	query     url.Values
	body      []byte // of POST, PUT and PATCH
	when      scim.Precondition
	locate    scim.Locator
	bulk      *scim.Body // of an operation in a bulk request, in place of body; nil: a single request
}

// verb is one operation. The steps that all of them share are in collection.serve.
type verb[R scim.Resource] func(ctx context.Context, req request[R]) (answer, error)

// openUsers returns the caller's users.
func (s *Server) openUsers(ctx context.Context, c Caller) (scim.Store[scim.User], error) {
	users, _, err := s.directory.Open(ctx, c)
	return users, err
}

// openGroups returns the caller's groups.
func (s *Server) openGroups(ctx context.Context, c Caller) (scim.Store[scim.Group], error) {
	_, groups, err := s.directory.Open(ctx, c)
	return groups, err
}

// mount registers the verbs at the endpoint of the type.
func (c *collection[R]) mount(e *echo.Echo) {
	all, one := c.typ.Endpoint, c.typ.Endpoint+"/:id"
	c.server.get(e, all, c.all(c.list))
	c.server.route(e, all, c.all(c.create), http.MethodPost)
	c.server.route(e, all+searchPath, c.all(c.search), http.MethodPost)
	c.server.get(e, one, c.one(c.get))
	c.server.route(e, one, c.one(c.replace), http.MethodPut)
	c.server.route(e, one, c.one(c.patch), http.MethodPatch)
	c.server.route(e, one, c.one(c.delete), http.MethodDelete)
	c.server.leaf(e, one)
}

// all makes a verb of the collection a handler.
func (c *collection[R]) all(do verb[R]) handler {
	return func(x *exchange) error { return c.serve(x, "", do) }
}

// one makes a verb of a single resource a handler. An id that no resource can have is refused.
func (c *collection[R]) one(do verb[R]) handler {
	return func(x *exchange) error {
		id, ok := resourceID(x.Param("id"))
		if !ok {
			return scim.NotFound("%s: no resource has this id; list %s to find the ids", c.typ.Name, c.typ.Endpoint)
		}
		return c.serve(x, id, do)
	}
}

// serve carries out the steps that all verbs share.
func (c *collection[R]) serve(x *exchange, id string, do verb[R]) error {
	req := request[R]{caller: x.caller, requestID: x.id, id: id, locate: c.server.locate(x.Request())}
	var err error
	if req.when, err = precondition(x.Request(), id); err != nil {
		return err
	}
	open := func(ctx context.Context) (err error) {
		req.store, err = c.open(ctx, x.caller)
		return err
	}
	return c.server.serve(x, c.server.timeout, open, func(ctx context.Context, query url.Values, body []byte) (answer, error) {
		req.query, req.body = query, body
		ans, err := do(ctx, req)
		return c.about(ans, id, err), err
	})
}

// about adds to the answer of a request that failed what the request is about.
func (c *collection[R]) about(ans answer, id string, err error) answer {
	if err != nil {
		ans.typ, ans.id = c.typ.Name, id
	}
	return ans
}

// create answers POST on the collection (RFC 7644 section 3.3).
func (c *collection[R]) create(ctx context.Context, req request[R]) (answer, error) {
	want, body, err := c.read(req)
	if err != nil {
		return answer{}, err
	}
	create, err := scim.DecodeCreate[R](c.typ, body)
	if err != nil {
		return answer{}, err
	}
	create.Want = want
	defer c.server.noteIgnored(req.requestID, create.Ignored)
	created, err := req.store.Create(ctx, create)
	if err != nil {
		return answer{name: nameOf(create.Resource)}, err
	}
	return c.show(http.StatusCreated, created, want, req)
}

// get answers GET on a resource (RFC 7644 section 3.4.1).
func (c *collection[R]) get(ctx context.Context, req request[R]) (answer, error) {
	want, err := c.projection(req.query)
	if err != nil {
		return answer{}, err
	}
	found, err := req.store.Get(ctx, scim.GetRequest{ID: req.id, If: req.when, Want: want})
	if err != nil {
		return answer{}, err
	}
	version := scim.VersionOf(c.typ, found)
	unchanged, err := req.when.Read(version)
	if err != nil {
		return answer{}, err
	}
	if unchanged {
		return answer{status: http.StatusNotModified, version: version}, nil
	}
	return c.show(http.StatusOK, found, want, req)
}

// replace answers PUT on a resource (RFC 7644 section 3.5.1).
func (c *collection[R]) replace(ctx context.Context, req request[R]) (answer, error) {
	want, body, err := c.read(req)
	if err != nil {
		return answer{}, err
	}
	replace, err := scim.DecodeReplace[R](c.typ, body)
	if err != nil {
		return answer{}, err
	}
	replace.ID, replace.If, replace.Want = req.id, req.when, want
	defer c.server.noteIgnored(req.requestID, replace.Ignored)
	replaced, err := req.store.Replace(ctx, replace)
	if err != nil {
		return answer{name: nameOf(replace.Resource)}, err
	}
	return c.show(http.StatusOK, replaced, want, req)
}

// patch answers PATCH on a resource (RFC 7644 section 3.5.2).
func (c *collection[R]) patch(ctx context.Context, req request[R]) (answer, error) {
	want, body, err := c.read(req)
	if err != nil {
		return answer{}, err
	}
	if c.quietPatch && !asked(req.query, "attributes") {
		want = scim.Nothing()
	}
	patch, err := scim.DecodePatchBody(c.typ, req.id, body)
	if err != nil {
		return answer{}, err
	}
	defer c.server.noteIgnored(req.requestID, patch.Ignored)
	return c.apply(ctx, req, patch, want)
}

// apply answers a decoded PATCH.
func (c *collection[R]) apply(ctx context.Context, req request[R], patch scim.Patch, want scim.Projection) (answer, error) {
	patched, err := req.store.Patch(ctx, scim.PatchRequest{ID: req.id, Patch: patch, If: req.when, Want: want})
	if err != nil {
		return answer{}, err
	}
	if want.IsNothing() {
		return c.describe(http.StatusNoContent, patched, req), nil
	}
	return c.show(http.StatusOK, patched, want, req)
}

// delete answers DELETE on a resource (RFC 7644 section 3.6).
func (c *collection[R]) delete(ctx context.Context, req request[R]) (answer, error) {
	if err := req.store.Delete(ctx, scim.DeleteRequest{ID: req.id, If: req.when}); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, nil
}

// show returns the answer for one resource, with the resource itself unless the client wants
// nothing back.
func (c *collection[R]) show(status int, r R, want scim.Projection, req request[R]) (answer, error) {
	ans := c.describe(status, r, req)
	if want.IsNothing() {
		return ans, nil
	}
	var err error
	if ans.body, err = scim.Encode(c.typ, r, want, req.locate); err != nil {
		return answer{}, fmt.Errorf("%s %s: encode: %w", c.typ.Name, ans.id, err)
	}
	return ans, nil
}

// describe returns the answer for a resource without the resource itself. A store may return the
// zero resource.
func (c *collection[R]) describe(status int, r R, req request[R]) answer {
	id := r.Common().ID
	if id == "" {
		return answer{status: status}
	}
	return answer{status: status, id: id, location: req.locate(c.typ.Name, id), version: scim.VersionOf(c.typ, r)}
}

// read returns the projection and the body of a write; an operation of a bulk request has no
// projection. A malformed query refuses the request, but the body is decoded first, see
// [scim.Body.Refuse].
func (c *collection[R]) read(req request[R]) (scim.Projection, scim.Body, error) {
	if req.bulk != nil {
		return scim.Nothing(), *req.bulk, nil
	}
	want, wrong := c.projection(req.query)
	body, err := scim.ParseBody(req.body)
	return want, body.Refuse(wrong), err
}

// projection reads what a client wants back (RFC 7644 section 3.9). The parameters of a list are
// ignored here, even if they are malformed.
func (c *collection[R]) projection(query url.Values) (scim.Projection, error) {
	picked := url.Values{}
	for name, values := range query {
		if strings.EqualFold(name, "attributes") || strings.EqualFold(name, "excludedAttributes") {
			picked[name] = values
		}
	}
	q, err := scim.ParseQuery(c.typ, picked, c.server.limits)
	return q.Want, err
}
