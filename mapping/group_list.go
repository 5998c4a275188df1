package mapping

import (
	"cmp"
	"context"
	"iter"
	"slices"

	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/scim/filter"
	"tvscim/tvapi"
)

// mostMemberReads bounds how many groups' members one list request may read: each costs a call.
const mostMemberReads = 50

// List returns a page of the groups that fulfil a filter. Their members are read only where the client names them, or
// where the filter selects a single group; so the list is not sorted by them.
func (s groupStore) List(ctx context.Context, req scim.ListRequest) (scim.Page[scim.Group], error) {
	c := s.c
	view, err := c.roster.Groups(ctx)
	if err != nil {
		return scim.Page[scim.Group]{}, c.sayError(err, "The groups of the company cannot be listed")
	}
	page, narrowed, err := c.selectGroups(ctx, view, req)
	if err != nil {
		return scim.Page[scim.Group]{}, err
	}
	if view.Absent() != nil && (!narrowed || page.Total == 0 || !certain(req.Filter)) {
		if view, err = c.roster.CompleteGroups(ctx); err != nil {
			return scim.Page[scim.Group]{}, c.sayError(err, "The groups of the company cannot be listed")
		}
		if page, _, err = c.selectGroups(ctx, view, req); err != nil {
			return scim.Page[scim.Group]{}, err
		}
	}
	return page, c.fillMembers(ctx, page, req)
}

// fillMembers reads the members of the groups on a page if the client is to see them.
func (c *Company) fillMembers(ctx context.Context, page scim.Page[scim.Group], req scim.ListRequest) error {
	single := req.Filter != nil && page.Total == 1 && req.Want.Wants(keyMembers)
	if !single && !req.Want.Named(keyMembers) {
		return nil
	}
	for i, g := range page.Items {
		if g.Members != nil {
			continue
		}
		id, err := tvapi.ParseGroupID(g.ID)
		if err != nil {
			return err
		}
		if page.Items[i].Members, err = c.shownMembers(ctx, id); err != nil {
			return err
		}
	}
	return nil
}

// selectGroups evaluates a query on one view of the picture; narrowed tells that an index answered it. A filter on
// members is evaluated last, on the groups that fulfil the rest of it.
func (c *Company) selectGroups(ctx context.Context, view *roster.GroupView, req scim.ListRequest) (page scim.Page[scim.Group], narrowed bool, err error) {
	ids, narrowed := c.groupCandidates(view, req.Filter)
	rest, onMembers := c.splitMembers(req.Filter)
	matcher := scim.NewMatcher(ctx, c.groups, rest, req.Work)
	groups := func(yield func(scim.Group) bool) {
		for id := range ids {
			g, _ := view.ByID(id)
			rec, _ := c.links.Peek(id.String())
			shown := showGroup(g, rec)
			matches := scim.Matches(matcher, shown)
			if matcher.Err() != nil || matches && !yield(shown) {
				return
			}
		}
	}
	if !onMembers {
		page, err = scim.SelectPage(ctx, c.groups, groups, req)
		return page, narrowed, cmp.Or(matcher.Err(), err)
	}
	var read []scim.Group
	for g := range groups {
		if len(read) == mostMemberReads {
			return page, narrowed, scim.Errorf(400, scim.TypeTooMany, "A filter on members needs a TeamViewer call for each group, and more than %d "+
				"groups would have to be read. Name the group as well, by id, displayName or externalId.", mostMemberReads)
		}
		id, err := tvapi.ParseGroupID(g.ID)
		if err != nil {
			return page, narrowed, err
		}
		if g.Members, err = c.shownMembers(ctx, id); err != nil {
			return page, narrowed, err
		}
		read = append(read, g)
	}
	if err := matcher.Err(); err != nil {
		return page, narrowed, err
	}
	page, err = scim.SelectPage(ctx, c.groups, slices.Values(read), req)
	return page, narrowed, err
}

// groupCandidates yields, in ascending order, the ids of the groups that may fulfil a filter.
func (c *Company) groupCandidates(view *roster.GroupView, e filter.Expr) (ids iter.Seq[tvapi.GroupID], narrowed bool) {
	if !c.noPushDown {
		if found, ok := narrow(c.groups, e, c.groupLookUp(view)); ok {
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

// splitMembers returns the part of a filter that can be evaluated without members, and whether there is another.
func (c *Company) splitMembers(e filter.Expr) (rest filter.Expr, onMembers bool) {
	if e == nil {
		return nil, false
	}
	for _, part := range filter.Conjuncts(e) {
		switch {
		case c.speaksOfMembers(part):
			onMembers = true
		case rest == nil:
			rest = part
		default:
			rest = filter.And{Left: rest, Right: part}
		}
	}
	return rest, onMembers
}

// speaksOfMembers tells whether an expression can be true or false by the members of a group.
func (c *Company) speaksOfMembers(e filter.Expr) bool {
	about := func(p filter.AttrPath) bool {
		r, ok := c.groups.Resolve(p)
		return ok && r.Key() == keyMembers
	}
	switch e := e.(type) {
	case filter.And:
		return c.speaksOfMembers(e.Left) || c.speaksOfMembers(e.Right)
	case filter.Or:
		return c.speaksOfMembers(e.Left) || c.speaksOfMembers(e.Right)
	case filter.Not:
		return c.speaksOfMembers(e.X)
	case filter.Compare:
		return about(e.Path)
	case filter.Present:
		return about(e.Path)
	case filter.ValuePath:
		return about(e.Path)
	}
	return false
}
