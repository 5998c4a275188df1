package plan

import (
	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// ShowUser returns the user as clients see it, from what TeamViewer shows and what is remembered. A
// value that TeamViewer does not store exactly is shown as requested, until TeamViewer shows a
// newer one.
func ShowUser(t tvapi.User, rec idmap.Record) scim.User {
	a := make(scim.Attributes)
	for key := range rec.Asked {
		if value, ok := requested(rec, key); ok && value != nil {
			a[key] = value
		}
	}
	u := scim.UserOf(a)
	u.Meta = scim.Meta{Created: rec.Created, LastModified: rec.LastModified}
	for i := range UserAttributes {
		if show := UserAttributes[i].show; show != nil {
			show(&u, t, rec)
		}
	}
	return u
}

// Tombstoned reports whether a client deleted the user and the account stays, deactivated. Such a
// user is unknown to clients while TeamViewer shows the account as inactive; an activation in the
// console ends that.
func Tombstoned(t tvapi.User, rec idmap.Record) bool {
	return !rec.Tombstone.IsZero() && !t.Active
}

// SoftDeleted reports whether the requested userName is one that Entra gives to a user in its
// recycle bin.
func SoftDeleted(rec idmap.Record) bool {
	_, ok := softDeletedName(RequestedText(rec, KeyUserName))
	return ok
}
