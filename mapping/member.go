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

// planMembership parses the ids of a request into users to add and to remove. Unknown users cannot
// be added: the request is refused then, but for its removals. Every valid id is removed, even if
// the snapshot lacks it: no list decides that a removal is not needed. Users who are known to be
// members need not be added and may be unknown: TeamViewer may list members who have left the
// company.
func (c memberships) planMembership(
	ctx context.Context, wanted scim.MemberChange, change *plan.GroupChange,
) error {
	if wanted.Exact {
		if err := c.readBefore(ctx, change); err != nil {
			return err
		}
	}
	all, others := parseUsers(wanted.Add)
	// An addition without an answer may have been overturned, or may still be.
	known := subtract(change.Known, c.late.lostAdditions(change.TV.ID))
	add := subtract(all, known)
	fit, err := c.checkNewMembers(ctx, add, others)
	if err != nil {
		refused, ok := errors.AsType[*scim.Error](err)
		if !ok {
			return err
		}
		change.Refuse(refused)
	}
	if change.Refused != nil {
		add = nil
	}
	switch {
	case !wanted.Exact:
		change.Members.Remove, _ = parseUsers(wanted.Remove)
	case len(others) > 0 || len(all) > 0 && fit == 0 && len(subtract(all, change.Known)) == len(all):
		// A list with an entry that is no id, or without anybody who is known, does not say who is
		// to stay.
	default:
		// Users whom a call without an answer may still add are removed too, so that their removal
		// is restored.
		change.Members.Remove = distinct(slices.Concat(subtract(change.Known, all), subtract(c.late.lostAdditions(change.TV.ID), all)))
	}
	change.Members.Add = add
	if change.Known != nil {
		change.Final = subtract(distinct(slices.Concat([]tvapi.UserID{}, change.Known, add)), change.Members.Remove)
	}
	if wanted.Exact && c.late.othersUnlocked() {
		change.Refuse(scim.Unavailable(retryTrouble, "Group %s: another replica of the gateway died or was cut off from the database of store.url a moment ago, and a call of it "+
			"may still add members, so it is not certain that the group has these members and no others. Members who are not among them were removed. Retry the request.", change.TV.ID))
	}
	return nil
}

// checkNewMembers returns how many of the users can be added, and an error that names those who
// cannot: unknown and deleted ones, and the invalid ids.
func (c memberships) checkNewMembers(ctx context.Context, add []tvapi.UserID, rejected []string) (fit int, err error) {
	fit = len(add)
	if len(add) > 0 {
		c.peers.follow(ctx) // the group's lock does not wait for what others did to its members
		unknown, err := c.roster.Users.Unknown(ctx, add)
		if err != nil {
			return 0, c.toSCIMError(err, "The members cannot be looked up")
		}
		for _, id := range add {
			if t, ok := c.roster.Users.Latest().ByID(id); ok {
				if rec, _ := c.links.Peek(id.String()); plan.Tombstoned(t, rec) {
					unknown = append(unknown, id)
				}
			}
		}
		for _, id := range unknown {
			rejected = append(rejected, id.String())
		}
		fit -= len(unknown)
	}
	if len(rejected) > 0 {
		return fit, scim.InvalidValue("members: these are not users of this TeamViewer company: %s. No member was added. "+
			"Provision these users first.", list(rejected))
	}
	return fit, nil
}

// parseUsers returns the users that ids name, without duplicates, and the texts that are no ids.
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

// readMembers returns the members of a group as TeamViewer shows them now.
func (c memberships) readMembers(ctx context.Context, g tvapi.GroupID) ([]tvapi.UserID, error) {
	ids, err := c.roster.Members.ReadNow(ctx, g)
	if err != nil {
		return nil, c.membersError(ctx, g, err)
	}
	return ids, nil
}

// membersError returns the error for a failed call about the members of a group.
func (c memberships) membersError(ctx context.Context, g tvapi.GroupID, err error) error {
	return c.membersErrorWith(ctx, g, err, fmt.Sprintf("The members of group %s could not be read or changed", g))
}

// membersErrorWith is membersError with another beginning: a sentence without its full stop. A 404
// may mean the group or one of its members, so the group is read.
func (c memberships) membersErrorWith(ctx context.Context, g tvapi.GroupID, err error, what string) error {
	kind := tvapi.KindOf(err)
	if kind == tvapi.KindNotFound || kind == tvapi.KindInvalid {
		if _, look := c.client.Group(ctx, g); tvapi.KindOf(look) == tvapi.KindNotFound {
			return c.forgetGroup(ctx, g)
		}
	}
	return c.membersRefusedError(err, what)
}

// membersRefusedError is membersErrorWith for a group that exists.
func (c memberships) membersRefusedError(err error, what string) error {
	if e, ok := errors.AsType[*tvapi.Error](err); ok && e.Kind == tvapi.KindNotFound && !reads(e) {
		return scim.InvalidValue("%s: TeamViewer does not know one of the users. Check which of "+
			"them was removed from the company.", scim.Safe(what)).Because(err)
	}
	return c.toSCIMError(err, what)
}

// forgetGroup removes a group that TeamViewer does not have any more, and its record. It returns
// the 404.
func (c groupReader) forgetGroup(ctx context.Context, g tvapi.GroupID) error {
	c.roster.Groups.Removed(g)
	c.forget(ctx, "group", g.String())
	return unknown("group", g.String())
}

// shownMembers returns the members of a group as clients see them: from a read within
// cache.groups_max_age, with the gateway's writes since.
func (c memberships) shownMembers(ctx context.Context, g tvapi.GroupID) ([]scim.Member, error) {
	ids, err := c.roster.Members.Read(ctx, g, time.Time{})
	if err != nil {
		return nil, c.membersError(ctx, g, err)
	}
	c.late.seenMembers(g, ids)
	if _, err := c.roster.Users.View(ctx); err != nil {
		return nil, c.toSCIMError(err, "The members cannot be looked up")
	}
	return c.showAccounts(ids), nil
}

// showAccounts returns users as members of a group, without deleted ones. The result is never nil,
// which would mean that the members are not known.
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

// list returns the first twenty ids, quoted, for an error.
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

// readBefore reads the members of a group before a change, unless they are known.
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
