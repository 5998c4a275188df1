package proxy

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"tvscim/scim"
)

// searchPath is the suffix of the path of a list whose query is sent as a body (RFC 7644 section
// 3.4.3).
const searchPath = "/.search"

// list answers GET on the collection (RFC 7644 section 3.4.2).
func (c *collection[R]) list(ctx context.Context, req request[R]) (answer, error) {
	q, err := scim.ParseQuery(c.typ, req.query, c.server.limits)
	if err != nil {
		return answer{}, err
	}
	return c.page(ctx, req, q)
}

// search answers POST on .search below the collection (RFC 7644 section 3.4.3): a list whose query
// is the body.
func (c *collection[R]) search(ctx context.Context, req request[R]) (answer, error) {
	q, err := scim.DecodeSearch(c.typ, req.body, c.server.limits)
	if err != nil {
		return answer{}, err
	}
	return c.page(ctx, req, q)
}

// page answers a query with a page, by index or by cursor (RFC 9865).
func (c *collection[R]) page(ctx context.Context, req request[R], q scim.Query) (answer, error) {
	scope := cursorScope(c.typ.Endpoint, req.caller)
	after, err := c.server.cursors.Open(scope, q)
	if err != nil {
		return answer{}, err
	}
	wanted := q.Request(after)
	wanted.Work = new(int)
	page, err := req.store.List(ctx, wanted)
	if err != nil {
		return answer{}, err
	}
	next := ""
	if q.Cursor != nil {
		page.StartIndex = 0
		if page.Next != nil {
			next = c.server.cursors.Seal(scope, q, *page.Next)
		}
	}
	return answer{status: http.StatusOK, stream: func(w io.Writer) error {
		if err := scim.WritePage(w, c.typ, page, q.Want, req.locate, next); err != nil {
			return fmt.Errorf("%s list: encode: %w", c.typ.Name, err)
		}
		return nil
	}}, nil
}

// cursorScope returns the scope of a cursor besides its query: a list, and the caller's own token
// in passthrough. All callers with a token of this service see the same resources, and their tokens
// may be rotated between pages.
func cursorScope(list string, c Caller) string { return list + " " + c.Bearer }
