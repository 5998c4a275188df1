package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// endMemberships removes a deleted user from every group before the account is activated again: the
// user returns with the memberships that the client gives after the return. TeamViewer does not
// list the groups of a user, so the members of each group are read, unless they were read after the
// deletion and within cache.groups_max_age. After an error, the user must not be activated.
func (c memberships) endMemberships(ctx context.Context, id tvapi.UserID, deleted time.Time) error {
	view, err := c.roster.Groups.ViewSince(ctx, deleted)
	if tvapi.KindOf(err) == tvapi.KindLicense {
		c.log.Warn("a deleted user returns, and the licence does not allow to list the groups", zap.Stringer("user", id))
		return nil // there are no members without the licence
	}
	if err != nil {
		return stillInactive(c.toSCIMError(err, "The groups of the company cannot be listed"), id)
	}
	groups := c.allKnownGroups(view)
	err = inParallel(ctx, len(groups), func(ctx context.Context, i int) error {
		if err := c.endMembership(ctx, groups[i], id, deleted); !errors.Is(err, errUnknown) {
			return err
		}
		return nil // a group that is gone has no members
	})
	if err != nil {
		return stillInactive(c.toSCIMError(err, "The members of the groups cannot be read"), id)
	}
	return nil
}

// allKnownGroups returns the groups of a list and those with a record, since a list may lack some.
func (c memberships) allKnownGroups(view *roster.GroupView) []tvapi.GroupID {
	var groups []tvapi.GroupID
	for g := range view.All() {
		groups = append(groups, g.ID)
	}
	for link := range c.links.All() {
		if g, err := tvapi.ParseGroupID(link); err == nil {
			groups = append(groups, g)
		}
	}
	return distinct(groups)
}

// endMembership removes a user from a group. The removal may share a call with other changes of the
// group's members.
func (c memberships) endMembership(
	ctx context.Context, g tvapi.GroupID, id tvapi.UserID, deleted time.Time,
) error {
	since, err := c.awaitMembers(ctx, g, id, deleted)
	if err != nil {
		return err
	}
	ids, err := c.roster.Members.Read(ctx, g, since)
	if err != nil {
		return c.membersError(ctx, g, err)
	}
	if _, in := slices.BinarySearch(ids, id); !in {
		return nil
	}
	users := []tvapi.UserID{id}
	return c.act(ctx, Event{Cause: CauseRequest, Kind: "group", ID: g.String(),
		Steps: []string{stepOf(g, removal, users).String()}}, func(a action, _ *Event) error {
		return c.shareMembers(a, g, users, removal)
	})
}

// awaitMembers waits until no change of the group's members from before the deletion is under way. It
// returns since when members that are read show the results of all of them, or an error if one may
// still add the user.
func (c memberships) awaitMembers(
	ctx context.Context, g tvapi.GroupID, id tvapi.UserID, deleted time.Time,
) (since time.Time, err error) {
	if c.mayFollow(deleted) { // later, no call from before can be under way
		release, err := c.locks.acquire(ctx, groupKey(g.String()))
		if err != nil {
			return since, c.toSCIMError(err, "Group "+g.String()+": a change of its members is under way, which may add the user")
		}
		release()
		if c.late.othersUnlocked() {
			return since, scim.Unavailable(retryTrouble, "User %s was deleted a moment ago, and a call of a replica of the gateway that died or was cut off from the "+
				"database of store.url may still add it to a group. Retry the request.", id)
		}
	}
	since = c.late.changesUntil(g, id)
	if left := time.Until(since); left > 0 {
		return since, scim.Unavailable(left, "Group %s: TeamViewer did not answer a recent change of "+
			"its members, which may still take effect. Retry the request.", g)
	}
	if since.Before(deleted) {
		since = deleted
	}
	return since, nil
}

// stillInactive adds to an error that the user is not active.
func stillInactive(err error, id tvapi.UserID) error {
	return withSentence(err, fmt.Sprintf("User %s stays inactive until it is removed from the "+
		"groups that it was in when it was deleted.", id))
}
