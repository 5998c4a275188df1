package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"tvscim/scim"
	"tvscim/tvapi"
)

// planMembership turns the ids of a request into accounts to add and to remove. Unknown ids cannot be added; removing one
// is done already. Those who are members already, if that is known, need not be added and may be unknown: TeamViewer may
// keep members who have left the company.
func (c *Company) planMembership(ctx context.Context, wanted scim.MemberChange, change *groupChange) error {
	if wanted.Exact {
		if err := c.readBefore(ctx, change); err != nil {
			return err
		}
	}
	all, others := parseUsers(wanted.Add)
	add := less(all, change.known)
	if err := c.checkNewMembers(ctx, add, others); err != nil {
		return err
	}
	remove := less(change.known, all)
	if !wanted.Exact {
		remove = c.membersToRemove(ctx, wanted.Remove)
	}
	change.members = members{add: add, remove: remove}
	if change.known != nil {
		change.final = less(distinct(slices.Concat([]tvapi.UserID{}, change.known, add)), remove)
	}
	return nil
}

// membersToAdd returns the accounts of users who may become members, or an error that names all ids that may not.
func (c *Company) membersToAdd(ctx context.Context, ids []string) ([]tvapi.UserID, error) {
	add, others := parseUsers(ids)
	return add, c.checkNewMembers(ctx, add, others)
}

// checkNewMembers returns an error that names those who may not become members: unknown users, those who were deleted, and
// strangers, who are no ids at all.
func (c *Company) checkNewMembers(ctx context.Context, add []tvapi.UserID, strangers []string) error {
	if len(add) > 0 {
		unknown, err := c.roster.UnknownUsers(ctx, add)
		if err != nil {
			return c.sayError(err, "The members cannot be looked up")
		}
		for _, id := range add {
			if t, ok := c.roster.UsersNow().ByID(id); ok {
				if rec, _ := c.links.Peek(id.String()); buried(t, rec) {
					unknown = append(unknown, id)
				}
			}
		}
		for _, id := range unknown {
			strangers = append(strangers, id.String())
		}
	}
	if len(strangers) > 0 {
		return scim.InvalidValue("members: no user of this TeamViewer company is known as %s. The change was refused as a whole. "+
			"Provision these users first.", list(strangers))
	}
	return nil
}

// membersToRemove returns the accounts that may be members. Where it cannot be known whether there is such an account, its
// removal is tried: it removes nobody but whom the client names.
func (c *Company) membersToRemove(ctx context.Context, ids []string) []tvapi.UserID {
	remove, _ := parseUsers(ids)
	if len(remove) == 0 {
		return nil
	}
	nobody, err := c.roster.UnknownUsers(ctx, remove)
	if err != nil {
		return remove
	}
	return less(remove, nobody)
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

// readMembers returns the accounts in a group as TeamViewer says now. A 404 there may mean the group or something about
// its members, so the group itself is asked for.
func (c *Company) readMembers(ctx context.Context, g tvapi.GroupID) ([]tvapi.UserID, error) {
	ids := []tvapi.UserID{} // never nil: from here on they are known
	for m, err := range c.client.Members(ctx, g) {
		if err != nil {
			return nil, c.sayMemberError(ctx, g, err)
		}
		ids = append(ids, m.Account)
	}
	return distinct(ids), nil
}

// sayMemberError says why a call about the members of a group failed.
func (c *Company) sayMemberError(ctx context.Context, g tvapi.GroupID, err error) error {
	kind := tvapi.KindOf(err)
	if kind == tvapi.KindNotFound || kind == tvapi.KindInvalid {
		if _, look := c.client.Group(ctx, g); tvapi.KindOf(look) == tvapi.KindNotFound {
			return c.groupIsGone(g)
		}
	}
	if e, ok := errors.AsType[*tvapi.Error](err); ok && e.Kind == tvapi.KindNotFound && !reads(e) {
		return scim.InvalidValue("members of group %s: TeamViewer does not know one of them. Look which of these users was removed.", g).Because(err)
	}
	return c.sayError(err, fmt.Sprintf("The members of group %s were not changed or read", g))
}

func (c *Company) groupIsGone(g tvapi.GroupID) error {
	c.roster.GroupGone(g)
	c.forget(g.String())
	return unknown("group", g.String())
}

// shownMembers returns the members of a group as clients see them.
func (c *Company) shownMembers(ctx context.Context, g tvapi.GroupID) ([]scim.Member, error) {
	ids, err := c.readMembers(ctx, g)
	if err != nil {
		return nil, err
	}
	if _, err := c.roster.Users(ctx); err != nil {
		return nil, c.sayError(err, "The members cannot be looked up")
	}
	return c.showAccounts(ids), nil
}

// showAccounts names accounts as clients know them. Deleted ones are left out. The list is never nil: its members are
// known, even if there are none.
func (c *Company) showAccounts(ids []tvapi.UserID) []scim.Member {
	shown := make([]scim.Member, 0, len(ids))
	view := c.roster.UsersNow()
	for _, id := range ids {
		m := scim.Member{Value: id.String()}
		if t, ok := view.ByID(id); ok {
			rec, _ := c.links.Peek(id.String())
			if buried(t, rec) {
				continue
			}
			m.Display = t.Name
		}
		shown = append(shown, m)
	}
	return shown
}

// memberCall is one of the two calls that change members.
type memberCall int

const (
	addition memberCall = iota
	removal
)

// memberCall is the function of the Web API for a kind of change.
func (c *Company) memberCall(kind memberCall) func(context.Context, tvapi.GroupID, []tvapi.UserID) (int, error) {
	if kind == removal {
		return c.client.RemoveMembers
	}
	return c.client.AddMembers
}

// undecided tells whether the members themselves have to be looked at to know what a refusal means.
func undecided(err error) bool {
	switch tvapi.KindOf(err) {
	case tvapi.KindInvalid, tvapi.KindNotFound, tvapi.KindConflict:
		return true
	}
	return false
}

// doMembers makes the call of each request, and answers the request once it is known how that call ended. Where TeamViewer
// refuses, the reason may be that some are in the wished state already, which the contract leaves open: then the members
// are read, once for all whom it refused, and only the difference is sent again, as often as there is less of it, since
// an attempt whose answer was lost may have done it.
func (c *Company) doMembers(ctx context.Context, g tvapi.GroupID, requests []*memberRequest, answer func(*memberRequest, error)) {
	for len(requests) > 0 {
		var refused []*memberRequest
		for _, r := range requests {
			if r.refused = c.tryMembers(ctx, g, r, answer); r.refused != nil {
				refused = append(refused, r)
			}
		}
		requests = c.lessOf(ctx, g, refused, answer)
	}
}

// tryMembers makes the call of one request. It answers the request, or returns the refusal that leaves open what to answer.
func (c *Company) tryMembers(ctx context.Context, g tvapi.GroupID, r *memberRequest, answer func(*memberRequest, error)) error {
	ctx, cancel := context.WithTimeout(ctx, c.writeTimeout)
	defer cancel()
	_, err := c.memberCall(r.kind)(ctx, g, r.users)
	switch {
	case undecided(err):
		return err
	case err != nil:
		err = c.sayMemberError(ctx, g, err)
	}
	answer(r, err)
	return nil
}

// lessOf reads the members on behalf of requests that TeamViewer refused. It answers those whose wish is fulfilled and those
// who were refused for another reason, and returns the others, who have less to wish for now.
func (c *Company) lessOf(ctx context.Context, g tvapi.GroupID, refused []*memberRequest, answer func(*memberRequest, error)) (again []*memberRequest) {
	if len(refused) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, c.writeTimeout)
	defer cancel()
	now, look := c.readMembers(ctx, g)
	for _, r := range refused {
		still := less(r.users, now)
		if r.kind == removal {
			still = less(r.users, still)
		}
		switch {
		case look != nil:
			answer(r, look)
		case len(still) == 0:
			answer(r, nil)
		case len(still) == len(r.users):
			answer(r, c.sayMemberError(ctx, g, r.refused))
		default:
			r.users = still
			again = append(again, r)
		}
	}
	return again
}

// less returns the ids that are not in without.
func less(ids, without []tvapi.UserID) []tvapi.UserID {
	not := make(map[tvapi.UserID]bool, len(without))
	for _, id := range without {
		not[id] = true
	}
	return slices.DeleteFunc(slices.Clone(ids), func(id tvapi.UserID) bool { return not[id] })
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
