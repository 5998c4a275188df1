package mapping

import (
	"encoding/json"

	"tvscim/mapping/roster"
)

// Processes that share a memory learn of each other's calls without an answer in two ways. Each has
// the note of such a call, if it may give access: a process that ends the access then watches the
// object too, in case the other process ends before the check. And it announces what is
// acknowledged: the process that made the call restores that, names included.

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

// heard records a write that another process announces. Its notes are written by that process.
func (l *late) heard(w roster.Write) {
	key := groupKey(w.Group.ID.String())
	if w.User.ID.Valid() {
		key = userKey(w.User.ID.String())
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if to := l.watches[key]; to != nil {
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
