package mapping

import (
	"context"
	"iter"

	"tvscim/mapping/roster"
	"tvscim/scim"
)

// List returns a page of the users that fulfil a filter. A page costs what the picture costs, however the list is sorted
// and paged: it is sorted anew for each page.
func (s userStore) List(ctx context.Context, req scim.ListRequest) (scim.Page[scim.User], error) {
	c := s.c
	view, err := c.roster.Users(ctx)
	if err != nil {
		return scim.Page[scim.User]{}, c.sayError(err, "The users of the company cannot be listed")
	}
	page, narrowed, err := c.selectUsers(ctx, view, req)
	if err != nil {
		return scim.Page[scim.User]{}, err
	}
	if view.Absent() == nil || narrowed && page.Total > 0 && certain(req.Filter) {
		return page, nil
	}
	// An old picture may say who is there, but not that nobody else is.
	if view, err = c.roster.CompleteUsers(ctx); err != nil {
		return scim.Page[scim.User]{}, c.sayError(err, "The users of the company cannot be listed")
	}
	page, _, err = c.selectUsers(ctx, view, req)
	return page, err
}

// selectUsers evaluates a query on one view of the picture; narrowed tells that an index answered it.
func (c *Company) selectUsers(
	ctx context.Context, view *roster.UserView, req scim.ListRequest,
) (page scim.Page[scim.User], narrowed bool, err error) {
	all := c.shownUsers(view)
	if !c.noPushDown {
		if ids, ok := narrow(c.users, req.Filter, c.userLookUp(view)); ok {
			narrowed = true
			all = func(yield func(scim.User) bool) {
				for _, id := range ids {
					t, _ := view.ByID(id)
					rec, _ := c.links.Get(id.String())
					if !buried(t, rec) && !yield(showUser(t, rec)) {
						return
					}
				}
			}
		}
	}
	page, err = scim.SelectPage(ctx, c.users, all, req)
	return page, narrowed, err
}

// shownUsers yields every user that clients know. A listing does not count as use of what is remembered, or it would
// push out what is in use.
func (c *Company) shownUsers(view *roster.UserView) iter.Seq[scim.User] {
	return func(yield func(scim.User) bool) {
		for t := range view.All() {
			rec, _ := c.links.Peek(t.ID.String())
			if !buried(t, rec) && !yield(showUser(t, rec)) {
				return
			}
		}
	}
}
