package plan

import (
	"strings"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// ShowUser puts together what TeamViewer shows of a user and what we remember: the user as the client sees it. What
// TeamViewer cannot hold exactly is shown as it was asked for, until TeamViewer shows something newer.
func ShowUser(t tvapi.User, rec idmap.Record) scim.User {
	a := scim.Attributes{KeyUserName: t.Email, KeyDisplayName: t.Name}
	for key := range rec.Asked {
		if !StandsInPlace(t, rec, key) {
			continue
		}
		if value, ok := requested(rec, key); ok && value != nil {
			a[key] = value
		} else {
			delete(a, key)
		}
	}
	u := scim.UserOf(a)
	u.ID = t.ID.String()
	u.Active = &t.Active
	u.Meta = scim.Meta{Created: rec.Created, LastModified: rec.LastModified}
	if _, said := rec.Asked[KeyName]; !said {
		u.Name = splitName(t.Name)
	}
	if _, said := rec.Asked[KeyEmails]; !said {
		primary := true
		u.Emails = []scim.Email{{Value: u.UserName, Type: "work", Primary: &primary}}
	}
	return u
}

// StandsInPlace reports whether what was asked for still stands for what TeamViewer shows. Attributes that TeamViewer lacks always
// do. The others do while TeamViewer shows what we sent in their place, or, of an address, what it showed before and
// may go on showing until the user confirms the change.
func StandsInPlace(t tvapi.User, rec idmap.Record, key string) bool {
	switch key {
	case KeyUserName:
		now, was := tvapi.FoldEmail(t.Email), rec.Before[key]
		return now == tvapi.FoldEmail(rec.Sent[key]) || was != "" && now == tvapi.FoldEmail(was)
	case KeyDisplayName:
		return t.Name == rec.Sent[key]
	default:
		return true
	}
}

// splitName makes the parts of a name that TeamViewer does not have: what stands before the first space is the given
// name, the rest the family name, as in TeamViewer's own SCIM service.
func splitName(full string) scim.Name {
	given, family, found := strings.Cut(full, " ")
	if !found {
		return scim.Name{Formatted: full}
	}
	return scim.Name{Formatted: full, GivenName: given, FamilyName: strings.TrimSpace(family)}
}

// Tombstoned tells whether a user was deleted by a client while the policy only deactivates. Such a user is unknown to
// clients, as long as TeamViewer shows it inactive: whoever activates it in the console brings it back.
func Tombstoned(t tvapi.User, rec idmap.Record) bool {
	return !rec.Tombstone.IsZero() && !t.Active
}

// SoftDeleted tells whether the remembered userName is one that Entra gave to a user in its recycle bin.
func SoftDeleted(rec idmap.Record) bool {
	_, ok := softDeletedName(RequestedText(rec, KeyUserName))
	return ok
}
