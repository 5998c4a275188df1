package proxy

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/labstack/echo/v4"

	"tvscim/scim"
)

// maxID is the longest id, in characters, that a store is asked for.
const maxID = 1000

// collection serves one resource type: the six verbs of RFC 7644 section 3, written once for users and groups.
type collection[R scim.Resource] struct {
	server *Server
	typ    *scim.Type
	open   func(context.Context, Caller) (scim.Store[R], error)
	// quietPatch answers a PATCH with 204 unless attributes are asked for (RFC 7644 section 3.5.2): for groups, whose
	// members would cost a read.
	quietPatch bool
}

// request is what every verb gets: read from HTTP once, at the door.
type request[R scim.Resource] struct {
	store  scim.Store[R]
	id     string // "" on the collection
	query  url.Values
	body   []byte // of POST, PUT and PATCH
	locate scim.Locator
}

// answer is what a verb wants written.
type answer struct {
	status   int
	body     []byte // nil: none
	location string // of the one resource that the body shows; "" when it shows none
}

// verb is one operation. The steps that all of them share are the collection's, so that none can forget one.
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

// one makes a verb of a single resource a handler. An id that nobody can have is not asked for.
func (c *collection[R]) one(do verb[R]) handler {
	return func(x *exchange) error {
		id, ok := resourceID(x.Param("id"))
		if !ok {
			return scim.NotFound("%s: there is none with this id", c.typ.Name)
		}
		return c.serve(x, id, do)
	}
}

// serve takes a request through the steps of every verb. What can be refused without asking anybody comes first, then
// the caller's store is opened, and only then is a body read.
func (c *collection[R]) serve(x *exchange, id string, do verb[R]) error {
	r := x.Request()
	query, err := parseQuery(r)
	if err != nil {
		return err
	}
	writes := r.Method == http.MethodPost || r.Method == http.MethodPut || r.Method == http.MethodPatch
	if writes {
		if err := checkBody(r, c.server.maxBody); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(r.Context(), c.server.timeout)
	defer cancel()
	req := request[R]{id: id, query: query, locate: c.server.locate(r)}
	if req.store, err = c.open(ctx, x.caller); err != nil {
		return err
	}
	if writes {
		if req.body, err = readBody(x.Response().Writer, r, c.server.maxBody); err != nil {
			return err
		}
	}
	ans, err := do(ctx, req)
	if err != nil {
		return err
	}
	return ans.send(x)
}

// send writes the answer. Content-Location equals meta.location (RFC 7643 section 3.1).
func (a answer) send(x *exchange) error {
	if a.body == nil {
		return x.NoContent(a.status)
	}
	if a.location != "" {
		x.Response().Header().Set("Content-Location", a.location)
		if a.status == http.StatusCreated {
			x.Response().Header().Set("Location", a.location)
		}
	}
	return x.write(a.status, a.body)
}

// resourceID decodes an id, once. It tells false for what cannot be one: too long, dots alone, control characters.
func resourceID(escaped string) (string, bool) {
	id, err := url.PathUnescape(escaped)
	ok := err == nil && id != "" && id != "." && id != ".." && utf8.ValidString(id) &&
		utf8.RuneCountInString(id) <= maxID && !strings.ContainsFunc(id, unicode.IsControl)
	return id, ok
}

// list answers GET on the collection (RFC 7644 section 3.4.2).
func (c *collection[R]) list(ctx context.Context, req request[R]) (answer, error) {
	q, err := scim.ParseQuery(c.typ, req.query, c.server.limits)
	if err != nil {
		return answer{}, err
	}
	page, err := req.store.List(ctx, scim.ListRequest(q))
	if err != nil {
		return answer{}, err
	}
	body, err := scim.EncodePage(c.typ, page, q.Want, req.locate)
	if err != nil {
		return answer{}, fmt.Errorf("%s list: encode: %w", c.typ.Name, err)
	}
	return answer{status: http.StatusOK, body: body}, nil
}

// create answers POST on the collection (RFC 7644 section 3.3).
func (c *collection[R]) create(ctx context.Context, req request[R]) (answer, error) {
	want, err := c.projection(req.query)
	if err != nil {
		return answer{}, err
	}
	resource, err := scim.Decode[R](c.typ, req.body)
	if err != nil {
		return answer{}, err
	}
	created, err := req.store.Create(ctx, scim.CreateRequest[R]{Resource: resource, Want: want})
	if err != nil {
		return answer{}, err
	}
	return c.show(http.StatusCreated, created, want, req)
}

// get answers GET on a resource (RFC 7644 section 3.4.1).
func (c *collection[R]) get(ctx context.Context, req request[R]) (answer, error) {
	want, err := c.projection(req.query)
	if err != nil {
		return answer{}, err
	}
	found, err := req.store.Get(ctx, scim.GetRequest{ID: req.id, Want: want})
	if err != nil {
		return answer{}, err
	}
	return c.show(http.StatusOK, found, want, req)
}

// replace answers PUT on a resource (RFC 7644 section 3.5.1).
func (c *collection[R]) replace(ctx context.Context, req request[R]) (answer, error) {
	want, err := c.projection(req.query)
	if err != nil {
		return answer{}, err
	}
	resource, err := scim.Decode[R](c.typ, req.body)
	if err != nil {
		return answer{}, err
	}
	replaced, err := req.store.Replace(ctx, scim.ReplaceRequest[R]{ID: req.id, Resource: resource, Want: want})
	if err != nil {
		return answer{}, err
	}
	return c.show(http.StatusOK, replaced, want, req)
}

// patch answers PATCH on a resource (RFC 7644 section 3.5.2).
func (c *collection[R]) patch(ctx context.Context, req request[R]) (answer, error) {
	want, err := c.projection(req.query)
	if err != nil {
		return answer{}, err
	}
	if c.quietPatch && !asked(req.query, "attributes") {
		want = scim.Nothing()
	}
	patch, err := scim.DecodePatch(c.typ, req.id, req.body)
	if err != nil {
		return answer{}, err
	}
	patched, err := req.store.Patch(ctx, scim.PatchRequest{ID: req.id, Patch: patch, Want: want})
	if err != nil {
		return answer{}, err
	}
	if want.IsNothing() {
		return answer{status: http.StatusNoContent}, nil
	}
	return c.show(http.StatusOK, patched, want, req)
}

// delete answers DELETE on a resource (RFC 7644 section 3.6).
func (c *collection[R]) delete(ctx context.Context, req request[R]) (answer, error) {
	if err := req.store.Delete(ctx, scim.DeleteRequest{ID: req.id}); err != nil {
		return answer{}, err
	}
	return answer{status: http.StatusNoContent}, nil
}

// show makes an answer of one resource.
func (c *collection[R]) show(status int, r R, want scim.Projection, req request[R]) (answer, error) {
	id := r.Common().ID
	body, err := scim.Encode(c.typ, r, want, req.locate)
	if err != nil {
		return answer{}, fmt.Errorf("%s %s: encode: %w", c.typ.Name, id, err)
	}
	return answer{status: status, body: body, location: req.locate(c.typ.Name, id)}, nil
}

// projection reads what a client wants back (RFC 7644 section 3.9). The parameters of a list mean nothing here, so that
// a wrong one is no error either.
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

// parseQuery decodes the query. It is stricter than [url.URL.Query], which drops a pair that it cannot read: a list
// without its filter is everybody.
func parseQuery(r *http.Request) (url.Values, error) {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return nil, scim.InvalidValue("query: it cannot be read; is a character not percent-encoded?").Because(err)
	}
	return query, nil
}

// asked tells whether a parameter is there with a value. Names are compared in any case.
func asked(query url.Values, parameter string) bool {
	for name, values := range query {
		if strings.EqualFold(name, parameter) && strings.TrimSpace(strings.Join(values, "")) != "" {
			return true
		}
	}
	return false
}
