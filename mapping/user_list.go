package mapping

import (
	"context"
	"errors"
	"iter"
	"slices"

	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/scim/filter"
	"tvscim/tvapi"
)

// List returns a page of the users that match a filter. It costs no calls beyond the load of the
// snapshot, however it is sorted; the list is sorted for each page.
func (c userStore) List(ctx context.Context, req scim.ListRequest) (scim.Page[scim.User], error) {
	view, err := c.roster.Users.View(ctx)
	if err != nil {
		return scim.Page[scim.User]{}, c.toSCIMError(err, "The users of the company cannot be listed")
	}
	if ids, narrowed := c.userCandidates(view, req.Filter); narrowed && (view.StaleErr() == nil || len(ids) <= maxConfirmed) {
		page, err := c.selectConfirmed(ctx, ids, req)
		if err != nil || view.StaleErr() == nil || page.Total > 0 && conclusive(req.Filter) {
			return page, err
		}
	}
	// A snapshot past its age may have matches, but it does not prove that there are no others.
	if view.StaleErr() != nil {
		if view, err = c.roster.Users.CompleteView(ctx); err != nil {
			return scim.Page[scim.User]{}, c.toSCIMError(err, "The users of the company cannot be listed")
		}
	}
	if ids, narrowed := c.userCandidates(view, req.Filter); narrowed {
		return c.selectConfirmed(ctx, ids, req)
	}
	leave, err := c.lists.enter(ctx)
	if err != nil {
		return scim.Page[scim.User]{}, err
	}
	defer leave()
	return scim.SelectPage(ctx, c.UserType(), c.shownUsers(view), req)
}

// maxConfirmed is up to how many matches of a snapshot past its age are read one by one.
const maxConfirmed = 20

// userCandidates returns the ids of the users that may match a filter, if an index applies.
func (c userReader) userCandidates(view *roster.UserView, e filter.Expr) (ids []tvapi.UserID, narrowed bool) {
	if c.noPushDown || e == nil {
		return nil, false
	}
	return narrow(c.UserType(), e, c.userLookUp(view))
}

// selectConfirmed evaluates a query on some users, each read by evidence within the age: a match
// must not be out of date, since the client changes what it finds.
func (c userReader) selectConfirmed(
	ctx context.Context, ids []tvapi.UserID, req scim.ListRequest,
) (scim.Page[scim.User], error) {
	shown := make([]scim.User, 0, len(ids))
	for _, id := range ids {
		t, err := c.roster.Users.Get(ctx, id)
		if errors.Is(err, roster.ErrUnknown) {
			c.forgetIfGone(ctx, "user", id.String(), err)
			continue
		}
		if err != nil {
			return scim.Page[scim.User]{}, c.toSCIMError(err, "The users of the company cannot be searched")
		}
		if rec := c.recall(t); !plan.Tombstoned(t, rec) {
			shown = append(shown, plan.ShowUser(t, rec))
		}
	}
	return scim.SelectPage(ctx, c.UserType(), slices.Values(shown), req)
}

// shownUsers iterates over the users that clients see. It does not count as use of their records.
func (c userReader) shownUsers(view *roster.UserView) iter.Seq[scim.User] {
	return func(yield func(scim.User) bool) {
		for t := range view.All() {
			rec := c.peek(t)
			if !plan.Tombstoned(t, rec) && !yield(plan.ShowUser(t, rec)) {
				return
			}
		}
	}
}
