package mapping

import (
	"encoding/json"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
)

// Processes that share a memory learn of each other's calls without an answer in three ways. Each
// has the note of such a call, if it may give access: a process that ends the access then watches
// the object too, in case the other process ends before the check. It announces what is
// acknowledged: the process that made the call restores that, names included. And after a process
// lost its locks, which may be in the middle of a call, the others watch each object whose access
// they end, as if a call that gives it had got no answer.

// elsewhere returns the note of an object that another process watches and this one does not.
func (l *late) elsewhere(key lockKey) (k watchNote, ok bool) {
	if l.noted == nil || l.watched(key) {
		return k, false
	}
	note := l.noted(key.object())
	if note == nil || json.Unmarshal(note, &k) != nil || k.old() {
		return k, false
	}
	return k, true
}

// overlapping returns a call that may be under way in another process without its lock, as a note
// about a call without an answer, if what was acknowledged ends access. It may be carried out until
// a time.
func (l *late) overlapping(key lockKey, acknowledged func(*watch)) (until time.Time, call func(*watch), ok bool) {
	if l.unlocked == nil {
		return until, nil, false
	}
	if until = l.unlocked(); !time.Now().Before(until) {
		return until, nil, false
	}
	var w watch
	acknowledged(&w)
	if user, err := tvapi.ParseUserID(key.object()); err == nil && w.endedAccess() {
		activation := true
		return until, func(w *watch) { w.user, w.lost = user, append(w.lost, tvapi.UserUpdate{Active: &activation}) }, true
	}
	removed := w.removed()
	group, err := tvapi.ParseGroupID(key.object())
	if err != nil || len(removed) == 0 {
		return until, nil, false
	}
	return until, func(w *watch) { w.group = group; w.membersLost(addition, removed) }, true
}

// heard records a write that another process announces. Its notes are written by that process.
func (l *late) heard(w roster.Write) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if to := l.watches[keyOf(w)]; to != nil {
		to.learn(w)
	}
}

// learn records an acknowledged write.
func (w *watch) learn(of roster.Write) {
	if up, ok := of.Update(); ok {
		w.done = w.done.With(up)
	}
	if name, ok := of.Renamed(); ok {
		w.doneName = &name
	}
	added, removed := of.Members()
	w.membersDone(addition, added)
	w.membersDone(removal, removed)
}
