package proxy

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"tvscim/scim"
)

// search answers POST on .search at the root (RFC 7644 sections 3.4.2.1 and 3.4.3): the users that
// match the query, followed by the groups, each in the order of sortBy. A filter on an attribute
// that a resource type does not have selects no resource of that type.
func (s *Server) search(x *exchange) error {
	var users scim.Store[scim.User]
	var groups scim.Store[scim.Group]
	open := func(ctx context.Context) (err error) {
		users, groups, err = s.directory.Open(ctx, x.caller)
		return err
	}
	return s.serve(x, s.timeout, open, func(ctx context.Context, _ url.Values, body []byte) (answer, error) {
		q, err := scim.DecodeSearch(s.users, body, s.limits)
		if err != nil {
			return answer{}, err
		}
		ofGroups, err := scim.DecodeSearch(s.groups, body, s.limits)
		if err != nil {
			return answer{}, err
		}
		scope := cursorScope(searchPath, x.caller)
		after, err := s.cursors.Open(scope, q)
		if err != nil {
			return answer{}, err
		}
		all := sections{after: after, work: new(int), locate: s.locate(x.Request())}
		if err := addSection(ctx, &all, s.users, users, q); err != nil {
			return answer{}, err
		}
		if err := addSection(ctx, &all, s.groups, groups, ofGroups); err != nil {
			return answer{}, err
		}
		head := scim.ListHead{Total: all.total, StartIndex: q.StartIndex}
		if q.Cursor != nil {
			head.StartIndex = 0
			if all.next != nil {
				head.NextCursor = s.cursors.Seal(scope, q, *all.next)
			}
		}
		return answer{status: http.StatusOK, stream: func(w io.Writer) error {
			return scim.WriteList(w, head, len(all.encode), all.encoded)
		}}, nil
	})
}

// sections is one page of a list that holds the resources of several types, type by type. The ID of
// a position in this list is an id with the name of the type in front; without an id, it is the
// start of that type.
type sections struct {
	after  *scim.Position // nil: the page begins at StartIndex, or in a section before the next one
	next   *scim.Position // nil: no page follows
	total  int
	encode []func() ([]byte, error) // for each resource
	work   *int
	locate scim.Locator
}

// addSection adds the resources of the next type as far as the page has room for them.
func addSection[R scim.Resource](
	ctx context.Context, s *sections, t *scim.ResourceType, store scim.Store[R], q scim.Query,
) error {
	req := q.Request(nil)
	req.Work, req.Count, req.StartIndex = s.work, q.Count-len(s.encode), max(q.StartIndex-s.total, 1)
	full := req.Count == 0
	if s.after != nil {
		if id, here := strings.CutPrefix(s.after.ID, t.Name+"/"); !here {
			req.Count = 0
		} else {
			if id != "" {
				req.After = &scim.Position{Key: s.after.Key, ID: id}
			}
			s.after = nil
		}
	}
	if req.Count == 0 {
		req.Want = scim.Nothing() // only the total
	}
	page, err := store.List(ctx, req)
	if err != nil {
		return err
	}
	s.total += page.Total
	for _, r := range page.Items {
		s.encode = append(s.encode, func() ([]byte, error) { return scim.Encode(t, r, q.Want, s.locate) })
	}
	switch {
	case page.Next != nil:
		s.next = &scim.Position{Key: page.Next.Key, ID: t.Name + "/" + page.Next.ID}
	case full && s.next == nil && page.Total > 0:
		s.next = &scim.Position{ID: t.Name + "/"}
	}
	return nil
}

// encoded yields the resources as JSON.
func (s *sections) encoded(yield func([]byte, error) bool) {
	for _, encode := range s.encode {
		b, err := encode()
		if err != nil {
			err = fmt.Errorf("search: encode: %w", err)
		}
		if !yield(b, err) {
			return
		}
	}
}
