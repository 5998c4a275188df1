package plan

import (
	"strings"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// draft is the plan for one user while it is made.
type draft struct {
	policy   Policy
	update   tvapi.UserUpdate // the fields that TeamViewer is sent
	language string           // of a new account
	memo     Memo             // what is remembered
	refused  *scim.Error      // why TeamViewer would refuse the change; nil if no reason is known
}

// carry adds what a change comes to for each carried attribute.
func (d *draft) carry(c UserChange) {
	for _, row := range UserAttributes {
		switch {
		case row.carry != nil:
			row.carry(c, d)
		case row.secret != nil:
			row.carrySecret(c, d)
		}
	}
}

// showDisplayName shows the requested displayName while TeamViewer shows what was sent instead.
func showDisplayName(u *scim.User, t tvapi.User, rec idmap.Record) {
	if !isRequested(rec, KeyDisplayName) || t.Name != rec.Sent[KeyDisplayName] {
		u.DisplayName = t.Name
	}
}

// carryDisplayName plans a change of the one name that TeamViewer has. A name that the request
// contains, or that is derived from what it contains, is sent unless TeamViewer has just shown it:
// somebody may have changed the name in the console since the snapshot.
func carryDisplayName(c UserChange, d *draft) {
	after, displayName := c.After, c.After.DisplayName
	_, recycled := softDeletedName(after.UserName)
	derived := displayName == "" && (c.Touches(KeyName) || c.Touches(KeyUserName) && !recycled)
	if !c.Touches(KeyDisplayName) && !derived {
		return
	}
	if recycled && !c.New { // no name is derived from it
		after.UserName = c.TV.Email
	}
	name := tvUserName(after)
	if !c.Fresh || name != c.TV.Name {
		d.update.Name = &name
	}
	d.memo.Clear(KeyDisplayName)
	if displayName != name {
		d.memo.SetRequested(KeyDisplayName, orAbsent(displayName))
		d.memo.SetSent(KeyDisplayName, name, "")
	}
}

// carryLanguage plans the language of a new user. TeamViewer has no call that changes it.
func carryLanguage(c UserChange, d *draft) {
	d.language = tvLanguage(c.After.PreferredLanguage, d.policy.language())
}

// carryPassword plans the password of a new user, if the policy accepts it.
func carryPassword(c UserChange, d *draft) {
	if c.New && d.policy.AcceptPassword && c.After.Password != "" {
		d.update.Password = &c.After.Password
	}
}

// carrySecret plans a change of an attribute that TeamViewer never shows. It compares the value
// with the hash of the one that was sent last. An absent value is not sent: clients cannot read the
// attribute, so a PUT without it is not a request to clear it.
func (a Attribute) carrySecret(c UserChange, d *draft) {
	value, _ := c.After.Other.Get(a.Schema, a.Name).(string)
	if value == "" && c.New && a.fallback != nil {
		value = a.fallback(d.policy)
	}
	if value == "" || idmap.Matches(a.hash(d.memo.Record), value) {
		return
	}
	*a.secret(&d.update.UserSecrets) = &value
	d.memo.setHash(a, idmap.Digest(c.Salt, value))
}

// showName sets the parts of a name, which TeamViewer does not have, unless the client requested
// others: what precedes the first space is the given name, the rest the family name, as in
// TeamViewer's own SCIM service.
func showName(u *scim.User, t tvapi.User, rec idmap.Record) {
	if isRequested(rec, KeyName) {
		return
	}
	u.Name = scim.Name{Formatted: t.Name}
	if given, family, found := strings.Cut(t.Name, " "); found {
		u.Name.GivenName, u.Name.FamilyName = given, strings.TrimSpace(family)
	}
}

// showEmails shows the userName as the work address, unless the client requested other addresses.
func showEmails(u *scim.User, _ tvapi.User, rec idmap.Record) {
	if !isRequested(rec, KeyEmails) {
		primary := true
		u.Emails = []scim.Email{{Value: u.UserName, Type: "work", Primary: &primary}}
	}
}
