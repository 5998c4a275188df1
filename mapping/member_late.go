package mapping

import (
	"slices"
	"time"

	"tvscim/mapping/plan"
	"tvscim/tvapi"
)

// supposed is an addition that another process may have made without its lock. What it overturns is
// restored as after one without an answer, but none is known to be under way.
const supposed = removal + 1

// adds reports whether a change of members gives access.
func adds(kind memberCall) bool { return kind != removal }

// membersDone records an acknowledged change of members.
func (w *watch) membersDone(kind memberCall, users []tvapi.UserID) {
	if w.doneMembers == nil {
		w.doneMembers = make(map[tvapi.UserID]memberCall)
	}
	for _, id := range users {
		w.doneMembers[id] = kind
	}
}

// membersLost records a change of members that got no answer.
func (w *watch) membersLost(kind memberCall, users []tvapi.UserID) {
	if w.lostMembers == nil {
		w.lostMembers = make(map[tvapi.UserID][]memberCall)
	}
	for _, id := range users {
		w.lostMembers[id] = append(w.lostMembers[id], kind)
	}
}

// removed returns the users whose removal was acknowledged.
func (w *watch) removed() (users []tvapi.UserID) {
	for id, done := range w.doneMembers {
		if done == removal {
			users = append(users, id)
		}
	}
	return distinct(users)
}

// lostAdditions returns the users whose addition got no answer, or is supposed.
func (w *watch) lostAdditions() (users []tvapi.UserID) {
	for id, lost := range w.lostMembers {
		if slices.ContainsFunc(lost, adds) {
			users = append(users, id)
		}
	}
	return distinct(users)
}

// supposedAdditions returns those of lostAdditions whose addition is supposed alone.
func (w *watch) supposedAdditions() (users []tvapi.UserID) {
	for _, id := range w.lostAdditions() {
		if !slices.Contains(w.lostMembers[id], addition) {
			users = append(users, id)
		}
	}
	return users
}

// lostAdditions returns the users whose addition to a group got no answer and may still be carried
// out.
func (l *late) lostAdditions(g tvapi.GroupID) []tvapi.UserID {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.watches[groupKey(g.String())]; w != nil {
		return w.lostAdditions()
	}
	return nil
}

// changesUntil returns until when a change of a member without an answer may still be carried out; a
// past time if there is none.
func (l *late) changesUntil(g tvapi.GroupID, member tvapi.UserID) time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watches[groupKey(g.String())]
	switch {
	case w != nil && slices.ContainsFunc(w.lostMembers[member], func(kind memberCall) bool { return kind != supposed }):
		return w.until
	case len(l.watches) >= maxWatches: // it may not be known
		return time.Now().Add(l.window)
	}
	return time.Time{}
}

// overturnable returns the users whose acknowledged removal a call without an answer may have
// overturned.
func (w *watch) overturnable() (users []tvapi.UserID) {
	for id, lost := range w.lostMembers {
		if done, acknowledged := w.doneMembers[id]; acknowledged && done == removal && slices.ContainsFunc(lost, adds) {
			users = append(users, id)
		}
	}
	return distinct(users)
}

// stepOf returns a change of members as a step of a plan.
func stepOf(g tvapi.GroupID, kind memberCall, users []tvapi.UserID) plan.Step {
	if kind == removal {
		return plan.RemoveMembers{Group: g, Users: users}
	}
	return plan.AddMembers{Group: g, Users: users}
}
