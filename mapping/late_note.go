package mapping

import (
	"encoding/json"
	"strings"
	"time"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

// LateNotes is the prefix of the names of the notes with activations and additions without an
// answer, and the acknowledged ends of access after them. The id of the object follows. Each object
// has a note of its own, since a note for all would be rewritten completely with each call without
// an answer.
const LateNotes = "late "

// maxLateNoteAge is up to what age a note counts. After a longer downtime, an activation is taken
// as one of the console.
const maxLateNoteAge = 24 * time.Hour

// watchNote is the note of a watch. Names and addresses are personal data and give no access, so
// they are not stored.
type watchNote struct {
	// when TeamViewer can no longer carry out the call
	Until   time.Time      `json:"until"`
	User    tvapi.UserID   `json:"user,omitempty"`    // the user whose activation got no answer
	Ended   bool           `json:"ended,omitempty"`   // the user was deactivated since
	Group   tvapi.GroupID  `json:"group,omitempty"`   // the group whose additions got no answer
	Added   []tvapi.UserID `json:"added,omitempty"`   // the users of these additions
	Removed []tvapi.UserID `json:"removed,omitempty"` // those of them who were removed since
	// those of Added whose addition is supposed
	Supposed []tvapi.UserID `json:"supposed,omitempty"`
	Name     string         `json:"name,omitempty"` // of the user whose create got no answer, see nameSum
}

// note returns the note of a watch; false if no call without an answer gives access.
func (w *watch) note() (watchNote, bool) {
	switch {
	case w.user.Valid():
		return watchNote{Until: w.until, User: w.user, Ended: w.endedAccess()}, w.lostActivation()
	case w.name != "":
		return watchNote{Until: w.until, Name: w.name}, true
	}
	added := w.lostAdditions()
	return watchNote{Until: w.until, Group: w.group, Added: added, Removed: w.overturnable(), Supposed: w.supposedAdditions()}, len(added) > 0
}

// lostActivation reports whether a call without an answer activates the user.
func (w *watch) lostActivation() bool {
	for _, lost := range w.lost {
		if lost.Active != nil && *lost.Active {
			return true
		}
	}
	return false
}

// object returns the kind and the id of the object; of a create, what names its note in place of the id.
func (w *watch) object() (kind, id string) {
	switch {
	case w.user.Valid():
		return "user", w.user.String()
	case w.name != "":
		return "user", w.name
	}
	return "group", w.group.String()
}

// save writes the note of a watch, if there is one. The lock is not held meanwhile, so that objects
// do not wait for each other.
func (l *late) save(a action, w *watch) {
	if w == nil {
		return
	}
	l.mu.Lock()
	k, gives := w.note()
	skip := l.closed || !gives && !w.noted
	w.noted = gives
	l.mu.Unlock()
	if skip {
		return
	}
	var note []byte
	if gives {
		note, _ = json.Marshal(k) // it has numbers, times and booleans only
	}
	_, id := w.object()
	l.putNote(a, id, note)
}

// resumeLate resumes the watches of an earlier process, once. They only end access, so a token that
// was accepted before needs no proof of the memory.
func (c memory) resumeLate() {
	c.late.resume.Do(func() {
		for _, k := range c.readLate() {
			if !k.old() {
				c.late.resumeWatch(k, false)
			}
		}
	})
}

// sweepLate deletes the notes of an earlier process that are too old, once.
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

// readLate returns the notes by the ids of their objects. A note that cannot be read counts as old.
func (c memory) readLate() map[string]watchNote {
	all := make(map[string]watchNote)
	for name, note := range c.links.Notes(LateNotes) {
		var k watchNote
		if err := json.Unmarshal(note, &k); err != nil {
			c.log.Error("a note in the store about changes without an answer cannot be read", zap.Error(err))
			k = watchNote{}
		}
		all[strings.TrimPrefix(name, LateNotes)] = k
	}
	return all
}

// old reports whether a note is too old to count.
func (k watchNote) old() bool { return time.Since(k.Until) >= maxLateNoteAge }

// resumeWatch makes a watch from its note, which other means that another process will check the
// object. One of this process is left as it is.
func (l *late) resumeWatch(k watchNote, other bool) {
	key, activation := userKey(k.User.String()), true
	w := &watch{user: k.User, group: k.Group, name: k.Name, until: k.Until, noted: true, other: other}
	switch {
	case k.User.Valid():
		w.lost = []tvapi.UserUpdate{{Active: &activation}}
	case k.Name != "":
		key = createKey(k.Name)
	default:
		key = groupKey(k.Group.String())
		w.membersLost(addition, subtract(k.Added, k.Supposed))
		w.membersLost(supposed, k.Supposed)
	}
	w.ended(k)
	l.mu.Lock()
	defer l.mu.Unlock()
	before := l.watches[key]
	if l.closed || before != nil && !before.other || before == nil && len(l.watches) >= maxWatches {
		return
	}
	if before != nil {
		before.timer.Stop()
	}
	if l.watches == nil {
		l.watches = make(map[lockKey]*watch)
	}
	l.watches[key] = w
	l.arm(key, w)
}

// ended records the ends of access that a note says.
func (w *watch) ended(k watchNote) {
	if inactive := false; k.Ended {
		w.done.Active = &inactive
	}
	w.membersDone(removal, k.Removed)
}

// endedAccess reports whether the user was deactivated after the first call without an answer, and
// not activated again.
func (w *watch) endedAccess() bool { return w.done.Active != nil && !*w.done.Active }
