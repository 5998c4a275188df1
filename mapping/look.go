package mapping

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/tvapi"
)

// Look is a user or group for a person who looks into it: what TeamViewer shows in the latest
// snapshot, of any age, and what is remembered of it.
type Look struct {
	Kind       plan.Kind
	ID         string
	Name       string // of the user or group at TeamViewer
	Email      string // of the user at TeamViewer
	Inactive   bool
	Attributes []plan.Held
	Notes      []string
	Began      time.Time // of the load of the snapshot
	Stale      bool      // the snapshot is past its age
}

// LookAt returns the user or group of an id, and false if the latest snapshot does not have it. It
// makes no call.
func (c *Company) LookAt(id string) (Look, bool) {
	if uid, err := tvapi.ParseUserID(id); err == nil {
		if view := c.roster.Users.Latest(); view != nil {
			t, here := view.ByID(uid)
			return c.lookAtUser(view, t), here
		}
	}
	if gid, err := tvapi.ParseGroupID(id); err == nil {
		if view := c.roster.Groups.Latest(); view != nil {
			g, here := view.ByID(gid)
			return c.lookAtGroup(view, g), here
		}
	}
	return Look{}, false
}

// LookFor returns users and groups, at most count, that have a text in their id or name, address or
// externalId, in any case, at TeamViewer or as clients see them. more reports whether there are
// others. It makes no call.
func (c *Company) LookFor(text string, count int) (found []Look, more bool) {
	text = strings.ToLower(text)
	if users := c.roster.Users.Latest(); users != nil {
		for t := range users.All() {
			rec := c.remembered(t.ID.String())
			if !mentions(text, rec, t.ID.String(), t.Name, t.Email) {
				continue
			}
			if len(found) == count {
				return found, true
			}
			found = append(found, c.lookAtUser(users, t))
		}
	}
	if groups := c.roster.Groups.Latest(); groups != nil {
		for g := range groups.All() {
			if !mentions(text, c.remembered(g.ID.String()), g.ID.String(), g.Name) {
				continue
			}
			if len(found) == count {
				return found, true
			}
			found = append(found, c.lookAtGroup(groups, g))
		}
	}
	return found, false
}

// mentions reports whether one of the values, or what clients asked for, has a text in lower case.
func mentions(text string, rec idmap.Record, values ...string) bool {
	for _, key := range []string{plan.KeyUserName, plan.KeyDisplayName, plan.KeyExternalID} {
		values = append(values, plan.RequestedText(rec, key))
	}
	return slices.ContainsFunc(values, func(value string) bool { return strings.Contains(strings.ToLower(value), text) })
}

// remembered returns the record of an id, without counting it as used; the zero record if the
// memory may be another company's.
func (c *Company) remembered(id string) idmap.Record {
	if !c.mayRemember() || c.Foreign() {
		return idmap.Record{}
	}
	rec, _ := c.links.Peek(id)
	return rec
}

func (c *Company) lookAtUser(view *roster.UserView, t tvapi.User) Look {
	rec := c.changes().undisplaced(t, c.remembered(t.ID.String()))
	return Look{
		Kind: plan.KindUser, ID: t.ID.String(), Name: t.Name, Email: t.Email, Inactive: !t.Active,
		Attributes: plan.HeldUser(t, rec), Notes: plan.Notes(t, rec), Began: view.Began(), Stale: view.StaleErr() != nil,
	}
}

func (c *Company) lookAtGroup(view *roster.GroupView, g tvapi.Group) Look {
	rec := c.remembered(g.ID.String())
	return Look{Kind: plan.KindGroup, ID: g.ID.String(), Name: g.Name, Attributes: plan.HeldGroup(g, rec), Began: view.Began(), Stale: view.StaleErr() != nil}
}

// maxGroupReads is the number of groups whose members are read to find those of a user.
const maxGroupReads = 50

// ErrManyGroups is the error of [Company.MembershipsOf] for a user of a company with more than
// maxGroupReads groups.
var ErrManyGroups = fmt.Errorf("the company has more than %d groups, and TeamViewer has no list of a user's groups: look at the members of a group instead", maxGroupReads)

// MembershipsOf returns the members of a group, or the groups of a user. Members that were read
// within the age of groups are not read again. The error contains no text of TeamViewer.
//
// TeamViewer Web API: GET /usergroups/{id}/members
func (c *Company) MembershipsOf(ctx context.Context, id string) ([]Look, error) {
	users, groups := c.roster.Users.Latest(), c.roster.Groups.Latest()
	if gid, err := tvapi.ParseGroupID(id); err == nil {
		members, err := c.roster.Members.Read(ctx, gid, time.Time{})
		if err != nil {
			return nil, inBrief(err)
		}
		var found []Look
		for _, uid := range members {
			look := Look{Kind: plan.KindUser, ID: uid.String(), Name: uid.String()}
			if users != nil {
				if t, here := users.ByID(uid); here {
					look = c.lookAtUser(users, t)
				}
			}
			found = append(found, look)
		}
		return found, nil
	}
	uid, err := tvapi.ParseUserID(id)
	switch {
	case err != nil:
		return nil, errors.New("no user or group has this id")
	case groups == nil:
		if groups, err = c.roster.Groups.View(ctx); err != nil {
			return nil, inBrief(err)
		}
	}
	if groups.Len() > maxGroupReads {
		return nil, ErrManyGroups
	}
	var found []Look
	for g := range groups.All() {
		members, err := c.roster.Members.Read(ctx, g.ID, time.Time{})
		if err != nil {
			return nil, inBrief(err)
		}
		if slices.Contains(members, uid) {
			found = append(found, c.lookAtGroup(groups, g))
		}
	}
	return found, nil
}
