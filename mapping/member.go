package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/tvapi"
)

// planMembership turns the ids of a request into accounts to add and to remove. Unknown ids cannot be added. Every id that
// has TeamViewer's form is removed, whatever the snapshot says of it: no list decides that a removal is not needed.
// Those who are members already, if that is known, need not be added and may be unknown: TeamViewer may keep members who
// have left the company.
func (c memberships) planMembership(ctx context.Context, wanted scim.MemberChange, change *plan.GroupChange) error {
	if wanted.Exact {
		if err := c.readBefore(ctx, change); err != nil {
			return err
		}
	}
	all, others := parseUsers(wanted.Add)
	add := subtract(all, change.Known)
	if err := c.checkNewMembers(ctx, add, others); err != nil {
		return err
	}
	// Whoever may still be added by a call without an answer is removed too, so that the removal is restored.
	remove := distinct(slices.Concat(subtract(change.Known, all), subtract(c.late.lostAdditions(change.TV.ID), all)))
	if !wanted.Exact {
		remove, _ = parseUsers(wanted.Remove)
	}
	change.Members = plan.Members{Add: add, Remove: remove}
	if change.Known != nil {
		change.Final = subtract(distinct(slices.Concat([]tvapi.UserID{}, change.Known, add)), remove)
	}
	return nil
}

// membersToAdd returns the accounts of users who may become members, or an error that names all ids that may not.
func (c memberships) membersToAdd(ctx context.Context, ids []string) ([]tvapi.UserID, error) {
	add, others := parseUsers(ids)
	return add, c.checkNewMembers(ctx, add, others)
}

// checkNewMembers returns an error that names those who may not become members: unknown users, those who were deleted, and
// strangers, who are no ids at all.
func (c memberships) checkNewMembers(ctx context.Context, add []tvapi.UserID, strangers []string) error {
	if len(add) > 0 {
		unknown, err := c.roster.Users.Unknown(ctx, add)
		if err != nil {
			return c.toSCIMError(err, "The members cannot be looked up")
		}
		for _, id := range add {
			if t, ok := c.roster.Users.Latest().ByID(id); ok {
				if rec, _ := c.links.Peek(id.String()); plan.Tombstoned(t, rec) {
					unknown = append(unknown, id)
				}
			}
		}
		for _, id := range unknown {
			strangers = append(strangers, id.String())
		}
	}
	if len(strangers) > 0 {
		return scim.InvalidValue("members: these are not users of this TeamViewer company: %s. No member was changed. "+
			"Provision these users first.", list(strangers))
	}
	return nil
}

// parseUsers returns the accounts that ids name, each once, and what cannot be an id of TeamViewer.
func parseUsers(ids []string) (users []tvapi.UserID, others []string) {
	for _, text := range ids {
		if id, err := tvapi.ParseUserID(text); err == nil {
			users = append(users, id)
		} else {
			others = append(others, text)
		}
	}
	return distinct(users), others
}

// readMembers returns the accounts in a group as TeamViewer says now.
func (c memberships) readMembers(ctx context.Context, g tvapi.GroupID) ([]tvapi.UserID, error) {
	ids, err := c.roster.Members.ReadNow(ctx, g)
	if err != nil {
		return nil, c.membersError(ctx, g, err)
	}
	return ids, nil
}

// membersError says why a call about the members of a group failed.
func (c memberships) membersError(ctx context.Context, g tvapi.GroupID, err error) error {
	return c.membersErrorWith(ctx, g, err, fmt.Sprintf("The members of group %s could not be read or changed", g))
}

// membersErrorWith is membersError with other words: what is a sentence without its full stop. A 404 may mean the group
// or something about its members, so the group itself is asked for.
func (c memberships) membersErrorWith(ctx context.Context, g tvapi.GroupID, err error, what string) error {
	kind := tvapi.KindOf(err)
	if kind == tvapi.KindNotFound || kind == tvapi.KindInvalid {
		if _, look := c.client.Group(ctx, g); tvapi.KindOf(look) == tvapi.KindNotFound {
			return c.forgetGroup(ctx, g)
		}
	}
	return c.membersRefusedError(err, what)
}

// membersRefusedError is membersErrorWith for a group that is there.
func (c memberships) membersRefusedError(err error, what string) error {
	if e, ok := errors.AsType[*tvapi.Error](err); ok && e.Kind == tvapi.KindNotFound && !reads(e) {
		return scim.InvalidValue("%s: TeamViewer does not know one of the users. Check which of them was removed from the company.", scim.Safe(what)).Because(err)
	}
	return c.toSCIMError(err, what)
}

func (c groupReader) forgetGroup(ctx context.Context, g tvapi.GroupID) error {
	c.roster.Groups.Removed(g)
	c.forget(ctx, "group", g.String())
	return unknown("group", g.String())
}

// shownMembers returns the members of a group as clients see them, by a read that is not older than cache.groups_max_age
// and the own writes since.
func (c memberships) shownMembers(ctx context.Context, g tvapi.GroupID) ([]scim.Member, error) {
	ids, err := c.roster.Members.Read(ctx, g, time.Time{})
	if err != nil {
		return nil, c.membersError(ctx, g, err)
	}
	if _, err := c.roster.Users.View(ctx); err != nil {
		return nil, c.toSCIMError(err, "The members cannot be looked up")
	}
	return c.showAccounts(ids), nil
}

// showAccounts names accounts as clients know them. Deleted ones are left out. The list is never nil: its members are
// known, even if there are none.
func (c memberships) showAccounts(ids []tvapi.UserID) []scim.Member {
	shown := make([]scim.Member, 0, len(ids))
	view := c.roster.Users.Latest()
	for _, id := range ids {
		m := scim.Member{Value: id.String()}
		if t, ok := view.ByID(id); ok {
			rec, _ := c.links.Peek(id.String())
			if plan.Tombstoned(t, rec) {
				continue
			}
			m.Display = t.Name
		}
		shown = append(shown, m)
	}
	return shown
}

// list names ids in a sentence, the first twenty of them.
func list(ids []string) string {
	const most = 20
	more := ""
	if len(ids) > most {
		more = fmt.Sprintf(" and %d more", len(ids)-most)
		ids = ids[:most]
	}
	quoted := make([]string, len(ids))
	for i, id := range ids {
		quoted[i] = fmt.Sprintf("%q", clip(id))
	}
	return strings.Join(quoted, ", ") + more
}

// readBefore reads the members of a group that is to be changed, unless they are known.
func (c memberships) readBefore(ctx context.Context, change *plan.GroupChange) error {
	if change.Known != nil {
		return nil
	}
	ids, err := c.readMembers(ctx, change.TV.ID)
	if err != nil {
		return err
	}
	if _, err := c.roster.Users.View(ctx); err != nil {
		return c.toSCIMError(err, "The members cannot be looked up")
	}
	change.Known, change.Before.Members = ids, c.showAccounts(ids)
	return nil
}
