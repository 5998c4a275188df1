package plan

import (
	"strings"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// showUserName shows the requested userName in place of TeamViewer's address, or the address.
func showUserName(u *scim.User, t tvapi.User, rec idmap.Record) {
	if !ShowsRequestedUserName(t, rec) {
		u.UserName = t.Email
	}
}

// ShowsRequestedUserName reports whether clients see the requested userName instead of TeamViewer's
// address: while TeamViewer shows what was sent instead, or what it showed before and may show
// until the user confirms the change. The userName of Entra's recycle bin is shown while the
// account is inactive: an activation in the console ends it.
func ShowsRequestedUserName(t tvapi.User, rec idmap.Record) bool {
	if SoftDeleted(rec) && t.Active {
		return false
	}
	now, was := tvapi.FoldEmail(t.Email), rec.Before[KeyUserName]
	return isRequested(rec, KeyUserName) &&
		(now == tvapi.FoldEmail(rec.Sent[KeyUserName]) || was != "" && now == tvapi.FoldEmail(was))
}

// carryUserName plans a change of userName.
func carryUserName(c UserChange, d *draft) {
	userName, m := c.After.UserName, &d.memo
	unanswered := c.Record.Sent[KeyUnansweredAddress]
	// Another address may be pending confirmation.
	another := unanswered != "" && tvapi.FoldEmail(unanswered) != tvapi.FoldEmail(userName)
	switch {
	case c.New:
		carryNewUserName(c, d)
	case !c.Touches(KeyUserName), userName == c.Before.UserName && (!another || SoftDeleted(c.Record)):
	case isSoftDelete(c, userName):
		m.SetRequested(KeyUserName, userName)
		m.SetSent(KeyUserName, c.TV.Email, "")
	case tvapi.FoldEmail(userName) == tvapi.FoldEmail(c.TV.Email):
		if addressPending(c.Record) || another { // only another call ends a pending change
			d.update.Email = &userName
		}
		m.Clear(KeyUserName)
		m.Clear(KeyUnansweredAddress)
		if userName != c.TV.Email {
			m.SetRequested(KeyUserName, userName)
			m.SetSent(KeyUserName, c.TV.Email, "")
		}
	default:
		if reason := CheckAddress(userName); reason != "" {
			d.refused = RefusedAddress(userName, reason)
			return
		}
		d.update.Email = &userName
		m.SetRequested(KeyUserName, userName)
		m.SetSent(KeyUserName, userName, c.TV.Email)
		m.Clear(KeyUnansweredAddress)
	}
}

// addressPending reports whether a change of address may be pending confirmation.
func addressPending(rec idmap.Record) bool {
	was := rec.Before[KeyUserName]
	return was != "" && tvapi.FoldEmail(was) != tvapi.FoldEmail(rec.Sent[KeyUserName])
}

// AddressChange returns the address before and after a change that may be pending confirmation; ""
// if there is none. It is pending while TeamViewer shows the old address.
func AddressChange(rec idmap.Record) (was, is string) {
	if !addressPending(rec) {
		return "", ""
	}
	return rec.Before[KeyUserName], rec.Sent[KeyUserName]
}

// carryNewUserName plans the address of an account that is created, or of a deleted user who
// returns. TeamViewer may store it in lower case. It may show the old address of a user who returns
// until the user has confirmed the new one. Another letter case alone is not sent to such a user.
func carryNewUserName(c UserChange, d *draft) {
	userName, exists := c.After.UserName, c.TV.ID.Valid()
	sent, was := c.TV.Email, ""
	if !exists || tvapi.FoldEmail(userName) != tvapi.FoldEmail(sent) || addressPending(c.Record) ||
		c.Record.Sent[KeyUnansweredAddress] != "" { // the address shown may be replaced
		d.update.Email = &userName
		sent, was = userName, c.TV.Email
	}
	if exists && d.update.Email != nil || userName != sent || userName != tvapi.FoldEmail(userName) {
		d.memo.SetRequested(KeyUserName, userName)
		d.memo.SetSent(KeyUserName, sent, was)
	}
}

// isSoftDelete reports whether Entra gives that userName to a user in its recycle bin. It is not an
// address, so it is recorded as requested and never sent.
func isSoftDelete(c UserChange, userName string) bool {
	old, ok := softDeletedName(userName)
	if !ok {
		return false
	}
	inactive := !c.TV.Active
	if c.Active != nil {
		inactive = !*c.Active
	}
	return inactive || strings.EqualFold(old, c.Before.UserName) || strings.EqualFold(old, c.TV.Email)
}

// RefusedAddress returns the error for a userName that no TeamViewer account can have.
func RefusedAddress(userName, reason string) *scim.Error {
	return scim.InvalidValue("userName %q cannot be the address of a TeamViewer account: %s. "+
		"Map userName to an attribute with such an address, for example mail.",
		userName, scim.Safe(reason))
}
