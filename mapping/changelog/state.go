package changelog

import (
	"maps"
	"slices"
	"time"
)

// State is what a change log says of a company: who is in it, and in which group. It knows nothing
// of what was there before the log and was never changed since. Lines are applied in the order of
// the file; those of requests that changed members of one group at once may stand there in another
// order than that of the calls, so the times of memberships are compared.
type State struct {
	Users  map[string]*User
	Groups map[string]*Group
	gone   map[string]time.Time // users and groups that do not exist any more
}

// User is a user as the log says.
type User struct {
	Attributes map[string]any // as SCIM clients see them; nil: not known
	Deleted    bool           // by a client, while the account stays in TeamViewer, inactive
	Open       bool           // the latest change may have been made or not
}

// Group is a group as the log says.
type Group struct {
	Attributes map[string]any // as SCIM clients see them; nil: not known
	Members    map[string]Membership
	Open       bool // the latest change may have been made or not
}

// Membership is what the log says of one user in one group.
type Membership struct {
	In   bool      // the user is a member
	Open bool      // the latest change may have been made or not
	At   time.Time // when that was
}

// NewState returns the state at the beginning of a log.
func NewState() *State {
	return &State{Users: make(map[string]*User), Groups: make(map[string]*Group), gone: make(map[string]time.Time)}
}

// Active reports whether the user is active. An absent active is true.
func (u *User) Active() bool {
	active, said := u.Attributes["active"].(bool)
	return active || !said
}

// Apply changes the state by a line.
func (s *State) Apply(l Line) {
	switch {
	case l.ID == "" || l.Shortened || s.ended(l.ID, l.Time):
	case l.Gone():
		s.end(l)
	case l.Outcome == Refused || l.Outcome == Failed: // nothing was changed, and what it shows may be old
	case l.Kind == KindUser:
		s.applyUser(l)
	case l.Kind == KindGroup:
		s.applyGroup(l)
	}
}

// Gone reports whether the line says that the object does not exist any more.
func (l Line) Gone() bool { return l.Memory == MemoryForgotten }

// ended reports whether an object did not exist any more at a time.
func (s *State) ended(id string, at time.Time) bool {
	end, gone := s.gone[id]
	return gone && !at.After(end)
}

// end takes an object out of the state.
func (s *State) end(l Line) {
	s.gone[l.ID] = l.Time
	if l.Kind == KindGroup {
		delete(s.Groups, l.ID)
		return
	}
	delete(s.Users, l.ID)
	for _, g := range s.Groups {
		delete(g.Members, l.ID)
	}
}

func (s *State) applyUser(l Line) {
	old := s.Users[l.ID]
	switch {
	case l.Outcome == Unknown && (l.After == nil || l.After["userName"] == nil):
		if old != nil {
			old.Open = true
		}
	case l.After != nil && l.After["userName"] == nil && old != nil: // nothing but active was known
		old.Attributes = maps.Clone(old.Attributes)
		old.Attributes["active"] = l.After["active"]
		old.Open = false
	case l.After != nil:
		s.Users[l.ID] = &User{Attributes: l.After, Deleted: l.Deleted, Open: l.Outcome == Unknown}
	}
}

func (s *State) applyGroup(l Line) {
	g := s.Groups[l.ID]
	if g == nil {
		if l.After == nil && len(l.Added)+len(l.Removed)+len(l.Open) == 0 {
			return // nothing was changed
		}
		if _, gone := s.gone[l.ID]; gone && l.Outcome == Unknown {
			return
		}
		g = &Group{Members: make(map[string]Membership)}
		s.Groups[l.ID] = g
	}
	g.Open = g.Open && l.After == nil || l.Outcome == Unknown && len(l.Open) == 0
	if l.After != nil {
		g.Attributes = l.After
	}
	s.changeMembers(g, l.Added, Membership{In: true, At: l.Time})
	s.changeMembers(g, l.Removed, Membership{At: l.Time})
	s.changeMembers(g, l.Open, Membership{Open: true, At: l.Time})
}

func (s *State) changeMembers(g *Group, users []string, m Membership) {
	for _, id := range users {
		if !m.At.Before(g.Members[id].At) && !s.ended(id, m.At) {
			g.Members[id] = m
		}
	}
}

// MemberIDs returns the ids of the users who are in a group, sorted.
func (g *Group) MemberIDs() []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(g.Members)) {
		if g.Members[id].In {
			ids = append(ids, id)
		}
	}
	return ids
}

// groupsOf returns the ids of the groups that a user is in, sorted.
func (s *State) groupsOf(user string) []string {
	var ids []string
	for _, id := range slices.Sorted(maps.Keys(s.Groups)) {
		if s.Groups[id].Members[user].In {
			ids = append(ids, id)
		}
	}
	return ids
}
