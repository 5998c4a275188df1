package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// askSingly is up to how many users that the picture lacks are asked of TeamViewer one by one. For more, one new picture
// is cheaper.
const askSingly = 3

// recent is how old a picture may be and still tell which of many ids are nobody's: else every request that names the same
// unknown ids would cost a list of all users.
const recent = 10 * time.Second

// planMembership turns the ids of a request into accounts to add and to remove. Unknown ids cannot be added; removing one
// is done already.
func (c *Company) planMembership(ctx context.Context, wanted scim.MemberChange, change *groupChange) error {
	add, err := c.membersToAdd(ctx, wanted.Add)
	if err != nil {
		return err
	}
	if wanted.Exact {
		if err := c.readBefore(ctx, change); err != nil {
			return err
		}
		change.members = members{add: less(add, change.known), remove: less(change.known, add)}
		change.final = append([]tvapi.UserID{}, add...)
		return nil
	}
	remove, _, err := c.accounts(ctx, wanted.Remove)
	if err != nil {
		return err
	}
	change.members = members{add: add, remove: remove}
	if change.known != nil {
		change.final = less(distinct(slices.Concat(change.known, add)), remove)
	}
	return nil
}

// membersToAdd returns the accounts of users who may become members, or an error that names all ids that may not.
func (c *Company) membersToAdd(ctx context.Context, ids []string) ([]tvapi.UserID, error) {
	add, strangers, err := c.accounts(ctx, ids)
	if err != nil {
		return nil, err
	}
	for _, id := range add {
		if t, ok := c.roster.UsersNow().ByID(id); ok {
			if rec, _ := c.links.Peek(id.String()); buried(t, rec) {
				strangers = append(strangers, id.String())
			}
		}
	}
	if len(strangers) > 0 {
		return nil, scim.InvalidValue("members: no user of this TeamViewer company is known as %s. Nothing was changed. "+
			"Provision these users first.", list(strangers))
	}
	return add, nil
}

// accounts tells which ids are users of the company and which are not. The picture answers for those it holds; the others
// may be new, so TeamViewer is asked.
func (c *Company) accounts(ctx context.Context, ids []string) (known []tvapi.UserID, strangers []string, err error) {
	if len(ids) == 0 {
		return nil, nil, nil
	}
	view, err := c.roster.Users(ctx)
	if err != nil {
		return nil, nil, c.sayError(err, "The members cannot be looked up")
	}
	var missing []tvapi.UserID
	for _, text := range ids {
		id, err := tvapi.ParseUserID(text)
		if err != nil {
			strangers = append(strangers, text)
		} else if _, ok := view.ByID(id); ok {
			known = append(known, id)
		} else {
			missing = append(missing, id)
		}
	}
	found, lost, err := c.lookAgain(ctx, missing)
	return distinct(append(known, found...)), append(strangers, lost...), err
}

// lookAgain asks TeamViewer for users that the picture lacks.
func (c *Company) lookAgain(ctx context.Context, missing []tvapi.UserID) (known []tvapi.UserID, strangers []string, err error) {
	has := func(id tvapi.UserID) (bool, error) {
		_, err := c.roster.User(ctx, id)
		if errors.Is(err, roster.ErrUnknown) {
			return false, nil
		}
		return err == nil, err
	}
	if len(missing) > askSingly {
		view, err := c.roster.UsersSince(ctx, time.Now().Add(-recent))
		if err != nil {
			return nil, nil, c.sayError(err, "The members cannot be looked up")
		}
		has = func(id tvapi.UserID) (bool, error) { _, ok := view.ByID(id); return ok, nil }
	}
	for _, id := range missing {
		switch ok, err := has(id); {
		case err != nil:
			return nil, nil, c.sayError(err, "The members cannot be looked up")
		case ok:
			known = append(known, id)
		default:
			strangers = append(strangers, id.String())
		}
	}
	return known, strangers, nil
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
