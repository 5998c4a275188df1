package roster

import (
	"cmp"
	"time"

	"tvscim/tvapi"
)

// Write is something that one process has done at TeamViewer, or found out, and that the rosters of
// other processes should know. It has a JSON form.
type Write struct {
	What   what           `json:"what"`
	Kind   string         `json:"kind,omitempty"` // of the object or list: users or groups
	User   tvapi.User     `json:"user,omitzero"`
	Group  tvapi.Group    `json:"group,omitzero"`
	Email  *string        `json:"email,omitempty"` // of an update
	Name   *string        `json:"name,omitempty"`
	Active *bool          `json:"active,omitempty"`
	Users  []tvapi.UserID `json:"users,omitempty"` // members
}

// what names the method of the roster that a Write belongs to.
type what string

// A Write of an object has the user or the group.
const (
	objectCreated   what = "created"
	objectRemoved   what = "removed"
	objectDoubtful  what = "doubtful"
	objectChanged   what = "changed" // in a way that is not told
	listExpired     what = "expired"
	userUpdated     what = "user updated"
	addressSent     what = "address sent"
	addressShown    what = "address shown"
	groupRenamed    what = "group renamed"
	membersAdded    what = "members added"
	membersRemoved  what = "members removed"
	membersRefused  what = "members refused"
	membersDoubtful what = "members doubtful"
)

// Brief returns a Write without details, for when they are too long: that what is known of the
// object may be wrong.
func (w Write) Brief() Write {
	switch w.What { //nolint:exhaustive // the others are doubts
	case membersAdded, membersRemoved:
		return Write{What: membersRefused, Group: tvapi.Group{ID: w.Group.ID}} // which members there are must be read
	case listExpired:
		return w
	}
	kind, what := groups, objectDoubtful
	if w.User.ID.Valid() {
		kind = users
	}
	if w.Changes() {
		what = objectChanged
	}
	return Write{What: what, Kind: kind, User: tvapi.User{ID: w.User.ID}, Group: tvapi.Group{ID: w.Group.ID}}
}

// Update returns the change of a user that TeamViewer has acknowledged, without what it never shows;
// false if the Write is none.
func (w Write) Update() (up tvapi.UserUpdate, ok bool) {
	return tvapi.UserUpdate{Email: w.Email, Name: w.Name, Active: w.Active}, w.What == userUpdated || w.What == addressSent
}

// Changes reports whether the Write is an acknowledged change of a user, or of the name of a group.
func (w Write) Changes() bool {
	switch w.What {
	case userUpdated, addressSent, groupRenamed, objectChanged:
		return true
	default:
		return false
	}
}

// Renamed returns the name of a group that TeamViewer has acknowledged; false if the Write is none.
func (w Write) Renamed() (name string, ok bool) { return w.Group.Name, w.What == groupRenamed }

// Members returns the users whose addition to a group, or removal from it, TeamViewer has
// acknowledged.
func (w Write) Members() (added, removed []tvapi.UserID) {
	if w.What == membersAdded {
		added = w.Users
	}
	if w.What == membersRemoved {
		removed = w.Users
	}
	return added, removed
}

// announce hands a Write to other processes, if there are any.
func (r *Roster) announce(w Write) {
	if r.wrote != nil {
		r.wrote(w)
	}
}

// Learn records a Write of another process as if it were one of this process and of now.
func (r *Roster) Learn(w Write) {
	switch w.What {
	case userUpdated:
		up, _ := w.Update()
		r.userUpdated(w.User.ID, up)
	case addressSent:
		r.Users.invalidate(w.User.ID)
	case addressShown:
		r.Users.shown(w.User.ID, updated(func(u *tvapi.User) { set(&u.Email, w.Email) }))
	case groupRenamed:
		r.groupRenamed(w.Group.ID, w.Group.Name)
	case membersAdded, membersRemoved:
		r.Members.wrote(w.Group.ID, memberWrite{w.Users, w.What == membersAdded})
	case membersRefused:
		r.Members.refused(w.Group.ID)
	case membersDoubtful:
		r.Members.invalidate(w.Group.ID)
	default:
		if w.Kind == users {
			learn(r.Users, w.What, w.User.ID, w.User)
		} else {
			learn(r.Groups, w.What, w.Group.ID, w.Group)
		}
	}
}

func learn[ID cmp.Ordered, V any](c *Cache[ID, V], what what, id ID, o V) {
	switch what { //nolint:exhaustive // the others are not of an object
	case objectCreated:
		c.created(o)
	case objectRemoved:
		c.removed(id)
	case objectDoubtful, objectChanged:
		c.invalidate(id)
	case listExpired:
		c.expire()
	}
}

// Forget records that writes of other processes may be unknown: the snapshots, all members and
// answers about single objects count as older than their age, and so do lists that may lack the
// latest of these writes.
func (r *Roster) Forget() {
	r.Users.forget()
	r.Groups.forget()
	r.Members.forget()
}

func (c *Cache[ID, V]) forget() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expired, c.forgotten = c.started, time.Now()
	c.trailUntil = c.forgotten.Add(c.journal.lag)
}
