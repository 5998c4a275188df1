package mapping

import (
	"encoding/json"
	"strings"
	"time"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

// lateNotes is what the names of the notes in the memory begin with that hold the activations and additions without an
// answer, and which of them an acknowledged end of access followed. The id of the object follows: a note for each, since one
// for all would be written whole with each call that gets no answer.
const lateNotes = "late "

// maxLateNoteAge bounds how old a note may be and count. After a longer standstill, an activation is taken for the console's.
const maxLateNoteAge = 24 * time.Hour

// watchNote is what a note holds of a watch. Names and addresses are personal data, and give no access: they are left out.
type watchNote struct {
	Until   time.Time      `json:"until"`             // when TeamViewer can carry out the call no more
	User    tvapi.UserID   `json:"user,omitempty"`    // whose activation got no answer
	Ended   bool           `json:"ended,omitempty"`   // the user was deactivated since
	Group   tvapi.GroupID  `json:"group,omitempty"`   // of which additions got no answer
	Added   []tvapi.UserID `json:"added,omitempty"`   // these
	Removed []tvapi.UserID `json:"removed,omitempty"` // those of them who were removed since
}

// kept returns what its note holds of a watch; false when no call without an answer gives access.
func (w *watch) note() (watchNote, bool) {
	if w.user.Valid() {
		return watchNote{Until: w.until, User: w.user, Ended: w.endedAccess()}, w.lostActivation()
	}
	added := w.lostAdditions()
	return watchNote{Until: w.until, Group: w.group, Added: added, Removed: w.overturnable()}, len(added) > 0
}

// lostActivation reports whether a change without an answer activates the user.
func (w *watch) lostActivation() bool {
	for _, lost := range w.lost {
		if lost.Active != nil && *lost.Active {
			return true
		}
	}
	return false
}

// keepNote replaces the note of an object; nil deletes it.
type keepNote func(a action, object string, note []byte)

// object is the id of the object that is watched.
func (w *watch) object() (kind, id string) {
	if w.user.Valid() {
		return "user", w.user.String()
	}
	return "group", w.group.String()
}

// save brings the note of an object in line with its watch; nil is none. The lock is not held while the note is written, so
// that objects do not wait for each other.
func (l *late) save(a action, w *watch) {
	if w == nil {
		return
	}
	l.mu.Lock()
	k, gives := w.note()
	skip := l.closed || !gives && !w.noted
	w.noted = gives
	l.mu.Unlock()
	if !skip {
		l.put(a, w, k, gives)
	}
}

func (l *late) put(a action, w *watch, k watchNote, gives bool) {
	_, id := w.object()
	if !gives {
		l.putNote(a, id, nil)
		return
	}
	if note, err := json.Marshal(k); err == nil {
		l.putNote(a, id, note)
	}
}

// resumeLate takes up the watches of an earlier process, once. For a token that was accepted before, that needs no proof of
// whose the memory is: it ends access only.
func (c memory) resumeLate() {
	c.late.resume.Do(func() {
		for _, k := range c.readLate() {
			if !k.old() {
				c.late.resumeWatch(k)
			}
		}
	})
}

// sweepLate deletes the notes of an earlier process that are too old to count, once.
func (c memory) sweepLate() {
	c.late.sweep.Do(func() {
		_ = c.act(c.closing, Event{Cause: CauseLate}, func(a action, _ *Event) error {
			for object, k := range c.readLate() {
				if k.old() {
					c.late.putNote(a, object, nil)
				}
			}
			return nil
		})
	})
}

// readLate returns the notes by the ids of their objects. One that cannot be read is old.
func (c memory) readLate() map[string]watchNote {
	all := make(map[string]watchNote)
	for name, note := range c.links.Notes(lateNotes) {
		var k watchNote
		if err := json.Unmarshal(note, &k); err != nil {
			c.log.Error("a note in the store about changes without an answer cannot be read", zap.Error(err))
			k = watchNote{}
		}
		all[strings.TrimPrefix(name, lateNotes)] = k
	}
	return all
}

// old reports whether a note counts no more.
func (k watchNote) old() bool { return time.Since(k.Until) >= maxLateNoteAge }

// takeUp makes a watch from its note.
func (l *late) resumeWatch(k watchNote) {
	key, activation, inactive := userKey(k.User.String()), true, false
	w := &watch{user: k.User, group: k.Group, until: k.Until, noted: true}
	if k.User.Valid() {
		w.lost = []tvapi.UserUpdate{{Active: &activation}}
		if k.Ended {
			w.done.Active = &inactive
		}
	} else {
		key = groupKey(k.Group.String())
		w.lostMembers = make(map[tvapi.UserID][]memberCall)
		for _, id := range k.Added {
			w.lostMembers[id] = []memberCall{addition}
		}
		w.membersDone(removal, k.Removed)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.watches[key] != nil || len(l.watches) >= maxWatches {
		return
	}
	if l.watches == nil {
		l.watches = make(map[lockKey]*watch)
	}
	l.watches[key] = w
	w.timer = time.AfterFunc(max(time.Until(k.Until), 0), func() { l.check(key) })
}

// endedAccess reports whether the user was deactivated since the first change without an answer, and not activated again.
func (w *watch) endedAccess() bool { return w.done.Active != nil && !*w.done.Active }
