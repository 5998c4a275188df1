package mapping

import (
	"encoding/json"
	"time"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

// lateNote is the name of the note in the memory that holds the activations and additions without an answer, and which of
// them an acknowledged end of access followed.
const lateNote = "late"

// lateKept bounds how old a note may be and count. After a longer standstill, an activation is taken for the console's.
const lateKept = 24 * time.Hour

// keptWatch is what the note holds of a watch. Names and addresses are personal data, and give no access: they are left out.
type keptWatch struct {
	Until   time.Time      `json:"until"`             // when TeamViewer can carry out the call no more
	User    tvapi.UserID   `json:"user,omitempty"`    // whose activation got no answer
	Ended   bool           `json:"ended,omitempty"`   // the user was deactivated since
	Group   tvapi.GroupID  `json:"group,omitempty"`   // of which additions got no answer
	Added   []tvapi.UserID `json:"added,omitempty"`   // these
	Removed []tvapi.UserID `json:"removed,omitempty"` // those of them who were removed since
}

// kept returns what the note holds of a watch; false when no call without an answer gives access.
func (w *watch) kept() (keptWatch, bool) {
	if w.user.Valid() {
		return keptWatch{Until: w.until, User: w.user, Ended: w.endedAccess()}, w.lostActivation()
	}
	added := w.lostAdditions()
	return keptWatch{Until: w.until, Group: w.group, Added: added, Removed: w.overturnable()}, len(added) > 0
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

// save replaces the note, if a watch that has changed is in it or has to be. The lock is held.
func (l *late) save(changed *watch) {
	_, gives := changed.kept()
	if l.closed || !gives && !changed.noted {
		return
	}
	changed.noted = gives
	all := []keptWatch{}
	for _, w := range l.watches {
		if k, gives := w.kept(); gives {
			all = append(all, k)
		}
	}
	note, err := json.Marshal(all)
	if err == nil {
		l.keep(note)
	}
}

// resumeLate takes up the watches of an earlier process, once. For a token that was accepted before, that needs no proof of
// whose the memory is: it ends access only.
func (c restorer) resumeLate() { c.late.resume.Do(c.readLate) }

func (c restorer) readLate() {
	note := c.links.Note(lateNote)
	if note == nil {
		return
	}
	var all []keptWatch
	if err := json.Unmarshal(note, &all); err != nil {
		c.log.Error("the note in the store about changes without an answer cannot be read", zap.Error(err))
		return
	}
	for _, k := range all {
		if time.Since(k.Until) < lateKept {
			c.late.takeUp(k)
		}
	}
}

// takeUp makes a watch from what the note holds of it.
func (l *late) takeUp(k keptWatch) {
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
	if l.closed || l.watches[key] != nil || len(l.watches) >= mostWatches {
		return
	}
	if l.watches == nil {
		l.watches = make(map[lockKey]*watch)
	}
	l.watches[key] = w
	w.timer = time.AfterFunc(max(time.Until(k.Until), 0), func() { l.look(key) })
}
