package mapping

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"sync/atomic"

	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/scim/filter"
	"tvscim/tvapi"
)

// Bounds of a list request.
const (
	maxMemberReads   = 50      // groups whose members are read for a filter on members
	maxListedMembers = 100_000 // members on a page; RFC 7644 section 3.4.2.4 allows fewer groups
)

// List returns a page of the groups that match a filter, with their members unless the client
// excludes them (RFC 7643 section 7: returned by default). Only the members of the groups on the
// page are read, so the list cannot be sorted by members.
func (c groupStore) List(ctx context.Context, req scim.ListRequest) (scim.Page[scim.Group], error) {
	view, err := c.roster.Groups.View(ctx)
	if err != nil {
		return scim.Page[scim.Group]{}, c.toSCIMError(err, "The groups of the company cannot be listed")
	}
	page, narrowed, err := c.selectGroups(ctx, view, req)
	if err != nil {
		return scim.Page[scim.Group]{}, err
	}
	if view.StaleErr() != nil && (!narrowed || page.Total == 0 || !conclusive(req.Filter)) {
		if view, err = c.roster.Groups.CompleteView(ctx); err != nil {
			return scim.Page[scim.Group]{}, c.toSCIMError(err, "The groups of the company cannot be listed")
		}
		if page, _, err = c.selectGroups(ctx, view, req); err != nil {
			return scim.Page[scim.Group]{}, err
		}
	}
	if !req.Want.Wants(plan.KeyMembers) {
		return page, nil
	}
	shown, cut, err := c.withMembers(ctx, page)
	if !cut {
		return shown, err
	}
	req.Count = len(shown.Items) // the next page begins with another group
	if page, _, err = c.selectGroups(ctx, view, req); err != nil {
		return scim.Page[scim.Group]{}, err
	}
	shown, _, err = c.withMembers(ctx, page)
	return shown, err
}

// withMembers returns a page of groups with their members. If it has more than maxListedMembers, it
// ends early and cut is true. What was read is stored for a second attempt if the time limit is
// reached. A group that was deleted meanwhile is omitted.
func (c groupStore) withMembers(
	ctx context.Context, page scim.Page[scim.Group],
) (_ scim.Page[scim.Group], cut bool, err error) {
	items := slices.Clone(page.Items)
	gone := make([]bool, len(items))
	var members atomic.Int64
	err = inParallel(ctx, len(items), func(ctx context.Context, i int) error {
		g := &items[i]
		if i > 0 && members.Load() > maxListedMembers {
			return nil
		}
		if g.Members == nil {
			id, err := tvapi.ParseGroupID(g.ID)
			if err != nil {
				return err
			}
			g.Members, err = c.shownMembers(ctx, id)
			if gone[i] = errors.Is(err, errUnknown); err != nil && !gone[i] {
				return err
			}
		}
		members.Add(int64(len(g.Members)))
		return nil
	})
	if err != nil {
		return page, false, c.toSCIMError(err, "The members of the groups cannot be read")
	}
	page.Items = nil
	sum := 0
	for i, g := range items {
		sum += len(g.Members)
		switch {
		case gone[i]:
			page.Total--
		case len(page.Items) > 0 && (g.Members == nil || sum > maxListedMembers):
			return page, true, nil
		default:
			page.Items = append(page.Items, g)
		}
	}
	return page, false, nil
}

// parallelReads is for how many groups one request reads the members at the same time. It leaves
// calls of teamviewer.max_concurrent to other requests.
const parallelReads = 4

// inParallel calls do for each of n indexes, parallelReads at a time. It stops at the first error.
func inParallel(parent context.Context, n int, do func(ctx context.Context, i int) error) error {
	ctx, cancel := context.WithCancelCause(parent)
	defer cancel(nil)
	var next atomic.Int64
	var workers sync.WaitGroup
	for range min(parallelReads, n) {
		workers.Go(func() {
			for i := int(next.Add(1)) - 1; i < n && ctx.Err() == nil; i = int(next.Add(1)) - 1 {
				if err := do(ctx, i); err != nil {
					cancel(err)
				}
			}
		})
	}
	workers.Wait()
	return context.Cause(ctx)
}

// selectGroups evaluates a query on one view of the snapshot. narrowed reports whether an index was
// used. A condition on members is evaluated last, on the groups that match the rest of the filter.
func (c groupStore) selectGroups(
	ctx context.Context, view *roster.GroupView, req scim.ListRequest,
) (page scim.Page[scim.Group], narrowed bool, err error) {
	ids, narrowed := c.groupCandidates(view, req.Filter)
	rest, onMembers := c.splitMembers(req.Filter)
	var unread error
	matcher := scim.NewMatcher(ctx, c.groupType, rest, req.Work)
	groups := func(yield func(scim.Group) bool) {
		for id := range ids {
			g, _ := view.ByID(id)
			if narrowed { // a match must not be out of date: the client changes what it finds
				if g, unread = c.roster.Groups.Get(ctx, id); errors.Is(unread, roster.ErrUnknown) {
					unread = nil
					continue
				}
				if unread != nil {
					return
				}
			}
			rec, _ := c.links.Peek(id.String())
			shown := plan.ShowGroup(g, rec)
			matches := scim.Matches(matcher, shown)
			if matcher.Err() != nil || matches && !yield(shown) {
				return
			}
		}
	}
	leave := func() {}
	if !narrowed {
		if leave, err = c.lists.enter(ctx); err != nil {
			return page, narrowed, err
		}
		defer leave()
	}
	if !onMembers {
		page, err = scim.SelectPage(ctx, c.groupType, groups, req)
		return page, narrowed, cmp.Or(c.searchError(unread), matcher.Err(), err)
	}
	found := firstOf(groups, maxMemberReads+1)
	leave()
	if err := cmp.Or(c.searchError(unread), matcher.Err()); err != nil {
		return page, narrowed, err
	}
	if len(found) > maxMemberReads {
		return page, narrowed, scim.Errorf(400, scim.TypeTooMany, "filter: the members of more "+
			"than %d groups would have to be read, with a TeamViewer call for each. "+
			"Add a condition on the id, displayName or externalId of the group.", maxMemberReads)
	}
	var read []scim.Group
	for _, g := range found {
		id, err := tvapi.ParseGroupID(g.ID)
		if err != nil {
			return page, narrowed, err
		}
		g.Members, err = c.shownMembers(ctx, id)
		if errors.Is(err, errUnknown) { // deleted since the list was read
			continue
		}
		if err != nil {
			return page, narrowed, err
		}
		read = append(read, g)
	}
	page, err = scim.SelectPage(ctx, c.groupType, slices.Values(read), req)
	return page, narrowed, err
}

// firstOf returns the first n groups at most.
func firstOf(groups iter.Seq[scim.Group], n int) []scim.Group {
	var first []scim.Group
	for g := range groups {
		if first = append(first, g); len(first) == n {
			break
		}
	}
	return first
}

// searchError returns the error for a search in which a group could not be read; nil if err is nil.
func (c groupStore) searchError(err error) error {
	if err == nil {
		return nil
	}
	return c.toSCIMError(err, "The groups of the company cannot be searched")
}

// groupCandidates iterates over the ids of the groups that may match a filter, in ascending order.
func (c groupReader) groupCandidates(
	view *roster.GroupView, e filter.Expr,
) (ids iter.Seq[tvapi.GroupID], narrowed bool) {
	if !c.noPushDown {
		if found, ok := narrow(c.groupType, e, c.groupLookUp(view)); ok {
			return slices.Values(found), true
		}
	}
	return func(yield func(tvapi.GroupID) bool) {
		for g := range view.All() {
			if !yield(g.ID) {
				return
			}
		}
	}, false
}

// splitMembers returns the part of a filter that can be evaluated without members, and whether
// there is another part.
func (c groupReader) splitMembers(e filter.Expr) (rest filter.Expr, onMembers bool) {
	if e == nil {
		return nil, false
	}
	for _, part := range filter.Conjuncts(e) {
		switch {
		case c.readsMembers(part):
			onMembers = true
		case rest == nil:
			rest = part
		default:
			rest = filter.And{Left: rest, Right: part}
		}
	}
	return rest, onMembers
}

// readsMembers reports whether the result of an expression depends on the members of a group.
func (c groupReader) readsMembers(e filter.Expr) bool {
	about := func(p filter.AttrPath) bool {
		r, ok := c.groupType.Resolve(p)
		return ok && r.Key() == plan.KeyMembers
	}
	switch e := e.(type) {
	case filter.And:
		return c.readsMembers(e.Left) || c.readsMembers(e.Right)
	case filter.Or:
		return c.readsMembers(e.Left) || c.readsMembers(e.Right)
	case filter.Not:
		return c.readsMembers(e.X)
	case filter.Compare:
		return about(e.Path)
	case filter.Present:
		return about(e.Path)
	case filter.ValuePath:
		return about(e.Path)
	}
	return false
}
