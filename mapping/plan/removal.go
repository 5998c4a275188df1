package plan

import (
	"time"

	"tvscim/tvapi"
)

// Guard has the settings of the guard, which holds back removals that are too many. The zero Guard
// holds back nothing.
type Guard struct {
	Enabled     bool
	MaxShare    int           // removals within Window, in percent of the company
	MaxRemovals int           // removals within Window; 0 = only MaxShare counts
	Window      time.Duration // in which removals are counted
}

// Free is the number of removals within the window that are never held back: in a small company a
// share of it is less than what happens on any day.
const Free = 5

// manyMembers is the number of members from which on the emptying of a group is a removal.
const manyMembers = 11

// Limit returns the number of removals that are allowed within the window, of a company of a size.
func (g Guard) Limit(size int) int {
	limit := size * g.MaxShare / 100
	if g.MaxRemovals > 0 {
		limit = min(limit, g.MaxRemovals)
	}
	return max(limit, Free)
}

// Kind is the kind of an object that a removal is about.
type Kind string

// The kinds of objects, which the guard counts one by one.
const (
	KindUser  Kind = "user"
	KindGroup Kind = "group"
)

// Removal is what the guard counts of a plan: a user loses access or the account, a group is
// deleted or loses all its members.
type Removal struct {
	Kind Kind
	ID   string
	// Ends reports whether the company has one active user or group less afterwards.
	Ends bool
	// Empties reports whether a group loses all its members, also for others, and stays.
	Empties bool
}

// Removal returns the removal of a plan for a user, who is the zero User in a plan for a group;
// false if there is none. The deactivation of an inactive user changes nothing and is none.
func (p Plan) Removal(before tvapi.User) (Removal, bool) {
	for _, step := range p.Steps {
		switch s := step.(type) {
		case UpdateUser:
			if s.ID.Valid() && s.Update.Active != nil && !*s.Update.Active && before.Active {
				return Removal{Kind: KindUser, ID: s.ID.String(), Ends: true}, true
			}
		case RemoveUser:
			return Removal{Kind: KindUser, ID: s.ID.String(), Ends: before.Active}, true
		case DeleteGroup:
			return Removal{Kind: KindGroup, ID: s.ID.String(), Ends: true}, true
		case RemoveMembers:
			if s.Empties {
				return Removal{Kind: KindGroup, ID: s.Group.String(), Empties: true}, true
			}
		}
	}
	return Removal{}, false
}
