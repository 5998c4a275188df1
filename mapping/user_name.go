package mapping

import (
	"context"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/scim"
	"tvscim/tvapi"
)

// userNameTaken returns the 409 if another user has the new userName; nil if none is known to have
// it, and TeamViewer decides. The snapshot only names the candidates, which are read.
func (c userReader) userNameTaken(ctx context.Context, change plan.UserChange) *scim.Error {
	view := c.roster.Users.Latest()
	if view == nil {
		return nil
	}
	for _, h := range c.usersNamed(view, change.After.UserName) {
		if h.tv.ID == change.TV.ID || !h.shown {
			continue
		}
		t, err := c.roster.Users.GetSince(ctx, h.tv.ID, time.Now())
		if err != nil {
			continue
		}
		if h, _ := c.matchUserName(t, change.After.UserName); h.shown {
			return userNameTakenError(change.After.UserName, h)
		}
	}
	return nil
}

// nameMatch is a user who has a userName, in TeamViewer or as shown to clients.
type nameMatch struct {
	tv    tvapi.User
	rec   idmap.Record
	shown bool // clients see the user with that name
}

// usersNamed returns the users who have a userName: in TeamViewer, or as shown to clients.
func (c userReader) usersNamed(view *roster.UserView, userName string) []nameMatch {
	var found []nameMatch
	for _, id := range c.idsByUserName(view, userName) {
		t, _ := view.ByID(id)
		if h, has := c.matchUserName(t, userName); has {
			found = append(found, h)
		}
	}
	return found
}

// matchUserName reports whether a user has a userName.
func (c userReader) matchUserName(t tvapi.User, userName string) (nameMatch, bool) {
	rec := c.peek(t)
	named := tvapi.FoldEmail(plan.ShowUser(t, rec).UserName) == tvapi.FoldEmail(userName)
	h := nameMatch{tv: t, rec: rec, shown: named && !plan.Tombstoned(t, rec)}
	return h, named || tvapi.FoldEmail(t.Email) == tvapi.FoldEmail(userName)
}

// userNameTakenError returns the 409 for a userName that a user has, with the remedy.
func userNameTakenError(userName string, h nameMatch) *scim.Error {
	switch {
	case plan.Tombstoned(h.tv, h.rec):
		return scim.Uniqueness("userName %q belongs to TeamViewer user %s, who was deleted by the client and is inactive in TeamViewer. "+
			"Give that account another address in the Management Console, or remove it from the company.", userName, h.tv.ID)
	case !h.shown && plan.SoftDeleted(h.rec):
		return scim.Uniqueness("userName %q is still the address of TeamViewer user %s, who is "+
			"in the recycle bin of the client's directory. "+
			"Restore that user there or delete it there for good, or give the account another "+
			"address in the Management Console.", userName, h.tv.ID)
	case !h.shown:
		return scim.Uniqueness("userName %q is still the address of TeamViewer user %s, who may not have confirmed "+
			"the new one yet. Ask that user to answer TeamViewer's confirmation mail, then retry the request.", userName, h.tv.ID)
	}
	return scim.Uniqueness("userName %q is taken by TeamViewer user %s. Match users by userName to link to that user, "+
		"or give one of the two another address.", userName, h.tv.ID)
}
