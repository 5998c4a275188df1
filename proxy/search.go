package proxy

import (
	"context"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"tvscim/scim"
)

// search answers POST on .search at the root (RFC 7644 sections 3.4.2.1 and 3.4.3): one list of the users and then the
// groups, or of both as sortBy puts them. A filter on what a type does not have selects none of that type.
//
// Both stores are asked, whatever the filter. Pages by index that do not begin at 1 ask each of them twice, since only
// both together know where the page begins; pages by cursor do not. Where members are named and the list is sorted,
// members are read of as many groups as a page holds.
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
		locate, work := s.locate(x.Request()), new(int)
		all := union{query: q, cursors: s.cursors, scope: cursorScope(searchPath, x.caller), parts: []part{
			{s.users.Name, listPart(s.users, users, q, locate, work)},
			{s.groups.Name, listPart(s.groups, groups, ofGroups, locate, work)},
		}}
		return all.page(ctx)
	})
}

// union is one list made of those of several resource types. It is ordered by sort key, then by type as the parts
// stand, then by id.
type union struct {
	query   scim.Query // of the first part; the paging is that of all
	cursors *scim.Cursors
	scope   string
	parts   []part
}

// part is the share of one resource type in a union.
type part struct {
	name string // of the type
	list listFunc
}

// listFunc returns the first resources of one type behind a position, count at most. Without show their attributes are
// not needed.
type listFunc func(ctx context.Context, after *scim.Position, count int, show bool) (share, error)

// share is what one type has of a page.
type share struct {
	entries []entry
	total   int // of the whole list
	more    bool
}

// entry is one resource of a union.
type entry struct {
	part    int
	key, id string
	encode  func() ([]byte, error)
}

// listPart returns the listFunc of a store. The parts of a list share their work.
func listPart[R scim.Resource](t *scim.Type, store scim.Store[R], q scim.Query, locate scim.Locator, work *int) listFunc {
	order := scim.NewOrder(t, q.Sort)
	return func(ctx context.Context, after *scim.Position, count int, show bool) (share, error) {
		req := q.Request(after)
		req.StartIndex, req.Count, req.Work = 1, count, work
		if !show {
			req.Want = scim.Nothing()
		}
		page, err := store.List(ctx, req)
		if err != nil {
			return share{}, err
		}
		found := share{total: page.Total, more: page.Next != nil, entries: make([]entry, len(page.Items))}
		for i, r := range page.Items {
			head := r.Common()
			found.entries[i] = entry{
				key: order.Key(r.Attributes(), head), id: head.ID,
				encode: func() ([]byte, error) { return scim.Encode(t, r, q.Want, locate) },
			}
		}
		return found, nil
	}
}

// page answers the query with a page, by index or by cursor (RFC 9865).
func (u union) page(ctx context.Context) (answer, error) {
	after, err := u.cursors.Open(u.scope, u.query)
	if err != nil {
		return answer{}, err
	}
	found, err := u.from(ctx, u.placeOf(after))
	if err != nil {
		return answer{}, err
	}
	head := scim.ListHead{Total: found.total, StartIndex: u.query.StartIndex}
	if u.query.Cursor != nil {
		head.StartIndex = 0
		if found.more {
			head.NextCursor = u.cursors.Seal(u.scope, u.query, u.positionOf(found.entries[len(found.entries)-1]))
		}
	}
	return answer{status: http.StatusOK, stream: func(w io.Writer) error {
		return scim.WriteList(w, head, len(found.entries), u.encoded(found.entries))
	}}, nil
}

// encoded yields the entries as JSON.
func (u union) encoded(entries []entry) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for _, e := range entries {
			text, err := e.encode()
			if err != nil {
				err = fmt.Errorf("%s %s: encode: %w", u.parts[e.part].name, e.id, err)
			}
			if !yield(text, err) {
				return
			}
		}
	}
}

// from returns the page behind an entry, or, where there is none, the one that begins at StartIndex.
func (u union) from(ctx context.Context, after *entry) (share, error) {
	if skip := u.query.StartIndex - 1; after == nil && skip > 0 && u.query.Cursor == nil {
		before, err := u.first(ctx, nil, skip, false)
		if err != nil || len(before.entries) < skip {
			return share{total: before.total}, err
		}
		after = &before.entries[skip-1]
	}
	return u.first(ctx, after, u.query.Count, true)
}

// first returns the first entries behind one of them, count at most. While the list is in the order of types, a type is
// asked for no more than those in front of it have left; one entry is always asked for, to know whether more follow.
func (u union) first(ctx context.Context, after *entry, count int, show bool) (share, error) {
	var all share
	for i, p := range u.parts {
		room := count
		if u.query.Sort.IsZero() {
			room = max(count-len(all.entries), 0)
		}
		found, err := p.list(ctx, after.in(i), max(room, 1), show && room > 0)
		if err != nil {
			return share{}, err
		}
		for _, e := range found.entries {
			e.part = i
			all.entries = append(all.entries, e)
		}
		all.total += found.total
		all.more = all.more || found.more
	}
	slices.SortStableFunc(all.entries, func(a, b entry) int { return u.query.Sort.CompareKeys(a.key, b.key) })
	if len(all.entries) > count {
		all.entries, all.more = all.entries[:count], true
	}
	all.more = all.more && count > 0
	return all, nil
}

// in returns where an entry stands in the list of one part: that part's resources with the same key are behind it, in
// front of it, or on both sides when it is one of them.
func (e *entry) in(part int) *scim.Position {
	switch {
	case e == nil:
		return nil
	case part == e.part:
		return &scim.Position{Key: e.key, ID: e.id}
	default:
		return &scim.Position{Key: e.key, End: part < e.part}
	}
}

// positionOf returns the position behind an entry. An id alone names no resource here: its type is put in front.
func (u union) positionOf(e entry) scim.Position {
	return scim.Position{Key: e.key, ID: u.parts[e.part].name + "/" + e.id}
}

// placeOf is the inverse of positionOf, and nil for nil.
func (u union) placeOf(p *scim.Position) *entry {
	if p == nil {
		return nil
	}
	name, id, _ := strings.Cut(p.ID, "/")
	part := slices.IndexFunc(u.parts, func(p part) bool { return p.name == name })
	return &entry{part: part, key: p.Key, id: id}
}
