package mapping

import (
	"encoding/json"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
)

// Processes that share a memory learn of each other's calls without an answer in three ways. Each
// has the note of such a call, if it may give access, and checks the object too if the note is
// still there after the check of the process that wrote it: that one may have ended. It announces
// what is acknowledged: the process that made the call restores that, names included. And after a
// process lost its locks, which may be in the middle of a call, the others watch each object whose
// access they end, as if a call that gives it had got no answer.

// follow watches an object as the note of another process says, until that process deletes the
// note.
func (l *late) follow(object string) {
	note := l.noted(object)
	if note == nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		for _, key := range []lockKey{userKey(object), groupKey(object), createKey(object)} {
			if w := l.watches[key]; w != nil && w.other {
				w.timer.Stop()
				delete(l.watches, key)
			}
		}
		return
	}
	var k watchNote
	if json.Unmarshal(note, &k) == nil && !k.old() {
		l.resumeWatch(k, true)
	}
}

// missed records that another process has changed an object, and that its message about that was
// lost. It may have replaced what was acknowledged before, so only what the note says is restored: a
// process that gives access again to an object with a note replaces the note before it acknowledges
// that.
func (l *late) missed(object string) {
	k, _ := l.readNote(object)
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, key := range []lockKey{userKey(object), groupKey(object)} {
		if w := l.watches[key]; w != nil {
			w.done, w.doneName, w.doneMembers = tvapi.UserUpdate{}, nil, nil
			w.ended(k)
		}
	}
}

// readNote returns the note of an object, false if there is none.
func (l *late) readNote(object string) (k watchNote, ok bool) {
	if l.noted == nil {
		return k, false
	}
	note := l.noted(object)
	return k, note != nil && json.Unmarshal(note, &k) == nil
}

// outlived reports whether the note of an object says that it is watched for longer than a watch,
// by another process.
func (l *late) outlived(w *watch) bool {
	_, object := w.object()
	k, ok := l.readNote(object)
	return ok && k.Until.After(w.until)
}

// mayGive reports whether a call may be under way that gives access to an object: one without an
// answer, or one of another process without its lock.
func (l *late) mayGive(key lockKey) bool {
	return l.pending(key) || l.unlocked != nil && time.Now().Before(l.unlocked())
}

// othersUnlocked reports whether a call of another process that lost its lock may be under way.
func (l *late) othersUnlocked() bool { return l.lostLocks != nil && time.Now().Before(l.lostLocks()) }

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
	return until, func(w *watch) { w.group = group; w.membersLost(supposed, removed) }, true
}

// heard records a write that another process announces. Its notes are written by that process. If
// the write does not say what was changed, or that process may have made the call without its lock,
// it is a reason to check the object, and after a change, names and addresses are not restored any
// more.
func (l *late) heard(w roster.Write, unlocked bool) {
	key := keyOf(w)
	l.mu.Lock()
	to := l.watches[key]
	learned := to != nil && !unlocked && to.learn(w)
	if to != nil && !learned && w.Changes() {
		to.done, to.doneName = tvapi.UserUpdate{Active: to.done.Active}, nil
	}
	l.mu.Unlock()
	if to != nil && !learned {
		l.suspect(key, (*watch).ends)
	}
}

// ends reports whether the watch protects an end of access.
func (w *watch) ends() bool { return w.endedAccess() || len(w.overturnable()) > 0 }

// learn records an acknowledged write, and reports whether it says what was written.
func (w *watch) learn(of roster.Write) bool {
	up, updated := of.Update()
	if updated {
		w.done = w.done.With(up)
	}
	name, renamed := of.Renamed()
	if renamed {
		w.doneName = &name
	}
	added, removed := of.Members()
	w.membersDone(addition, added)
	w.membersDone(removal, removed)
	return updated || renamed || len(added)+len(removed) > 0
}
