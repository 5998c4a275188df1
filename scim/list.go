package scim

import (
	"cmp"
	"context"
	"iter"
	"slices"
)

// SelectPage returns the page that the request asks for of all resources, which must come in the
// order of [CompareIDs]: those that match the filter are counted, and are its items from StartIndex
// or, where there is one, from behind req.After on, Count at most (RFC 7644 section 3.4.2.4, RFC
// 9865 section 2). A page after the end has no items and the true total.
//
// Only the page is held in memory. With req.Sort, the keys of all resources that match the filter
// are sorted for every page, equal ones in the order of ids, and all resources are read a second
// time for the page; a resource that is gone by then is left out.
//
// It returns the context's error if that ends, and 400 tooMany if the filter takes too much work;
// see [MostWork].
func SelectPage[R Resource](ctx context.Context, t *ResourceType, all iter.Seq[R], req ListRequest) (Page[R], error) {
	order := newOrdering(t, req.Sort)
	matcher := NewMatcher(ctx, t, req.Filter, req.Work)
	s := selection[R]{order: order, req: req, page: Page[R]{StartIndex: max(req.StartIndex, 1)}}
	if req.After != nil {
		s.page.StartIndex = 0
	}
	ranked := matching(matcher, all, order)
	if order.by.Attr != nil {
		ranked = sorted(matcher, ranked, order)
	}
	for r := range ranked {
		s.add(r)
	}
	if order.by.Attr != nil {
		s.fetch(matcher, all)
	}
	if err := matcher.Err(); err != nil {
		return Page[R]{}, err
	}
	return s.page, nil
}

// ranked is a resource with its place in the order.
type ranked[R Resource] struct {
	resource R
	key, id  string
}

// matching yields the resources that match the filter of m.
func matching[R Resource](m *Matcher, all iter.Seq[R], order ordering) iter.Seq[ranked[R]] {
	return func(yield func(ranked[R]) bool) {
		for r := range all {
			head := r.Common()
			entry := ranked[R]{resource: r, key: withoutValue, id: head.ID}
			var matches bool
			if m.filter != nil || order.by.Attr != nil {
				s := &source{typ: m.typ, tree: r.Attributes(), head: head}
				if matches = m.matches(s); matches {
					entry.key = order.key(s)
				}
			} else {
				matches = m.goesOn()
			}
			if m.Err() != nil || matches && !yield(entry) {
				return
			}
		}
	}
}

// comparisons is the number of comparisons after which a sort checks its context: a check costs
// more than a comparison.
const comparisons = 1024

// sorted yields the same entries in their order, without the resources, which may be too many to
// hold. If m has stopped, it ends soon, in any order.
func sorted[R Resource](m *Matcher, all iter.Seq[ranked[R]], order ordering) iter.Seq[ranked[R]] {
	var list []ranked[R]
	var none R
	for r := range all {
		r.resource = none
		list = append(list, r)
	}
	n := 0
	slices.SortFunc(list, func(a, b ranked[R]) int {
		if n++; n%comparisons == 0 && m.stopped() || m.err != nil {
			return 0 // from now on all are equal, which ends the sort soon
		}
		return cmp.Or(order.sort.compareKeys(a.key, b.key), CompareIDs(a.id, b.id))
	})
	return slices.Values(list)
}

// selection fills a page with resources that are added in their order.
type selection[R Resource] struct {
	order ordering
	req   ListRequest
	page  Page[R]
	ids   []string  // of the items of the page
	last  ranked[R] // the last item of the page
}

// fetch adds the resources to a page whose ids are known.
func (s *selection[R]) fetch(m *Matcher, all iter.Seq[R]) {
	wanted := make(map[string]int, len(s.ids))
	for i, id := range s.ids {
		wanted[id] = i
	}
	if len(wanted) == 0 {
		return
	}
	for r := range all {
		if !m.goesOn() {
			return
		}
		id := r.Common().ID
		if i, ok := wanted[id]; ok {
			s.page.Items[i] = r
			if delete(wanted, id); len(wanted) == 0 {
				return
			}
		}
	}
	s.page.Items = slices.DeleteFunc(s.page.Items, func(r R) bool { return r.Common().ID == "" })
}

// add counts a resource and adds it to the page if it belongs there. The first one after a full
// page shows that there is another page.
func (s *selection[R]) add(r ranked[R]) {
	s.page.Total++
	if s.req.After != nil {
		if !s.order.isBehind(r.key, r.id, *s.req.After) {
			return
		}
	} else if s.page.Total < s.page.StartIndex {
		return
	}
	switch {
	case len(s.page.Items) < s.req.Count:
		s.page.Items = append(s.page.Items, r.resource)
		s.ids = append(s.ids, r.id)
		s.last = r
	case s.page.Next == nil && s.req.Count > 0:
		s.page.Next = &Position{Key: s.last.key, ID: s.last.id}
	}
}
