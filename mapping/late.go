package mapping

import (
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"tvscim/tvapi"
)

// late holds the objects about which a call got no answer. TeamViewer may carry out such a call
// later, and overturn what it acknowledged meanwhile. When that is no longer possible, the object
// is checked, and what was acknowledged after the call is restored if the call overturned it. An
// activation and an addition to a group are not restored: the access may have been ended in the
// console since, which looks the same. Ends of access are restored after a restart too, see
// late_note.go.
type late struct {
	// how long TeamViewer may carry out a call after its answer was lost
	window  time.Duration
	check   func(lockKey)                              // checks an object and restores it
	putNote func(a action, object string, note []byte) // replaces the note of an object
	noted   func(object string) []byte                 // returns the note of an object, which may be of another process; nil: there is no other
	// returns until when a call of another process may be carried out that lost its lock, or whose
	// message is late; nil: there is no other
	unlocked  func() time.Time
	lostLocks func() time.Time // of a call that lost its lock alone
	resume    sync.Once        // of the notes of an earlier process
	sweep     sync.Once        // of its notes that are too old

	mu      sync.Mutex
	watches map[lockKey]*watch
	closed  bool
}

// watch is one object that will be checked. That of a create without an answer has no object: it only
// says that the create may be carried out, see late_create.go.
type watch struct {
	timer *time.Timer
	tries int
	until time.Time    // when TeamViewer can no longer carry out the call
	asked time.Time    // of the latest check before until that something was a reason for
	asks  int          // so many were there
	noted bool         // it has a note
	other bool         // another process wrote the note and will check the object, unless it ends
	user  tvapi.UserID // one of the three
	group tvapi.GroupID
	name  string // of the create of a user, see nameSum
	// Of a user: the changes without an answer, and what was acknowledged since the first of them.
	lost []tvapi.UserUpdate
	done tvapi.UserUpdate
	// Of a group the same, of its name and of its members.
	lostNames   []string
	doneName    *string
	lostMembers map[tvapi.UserID][]memberCall
	doneMembers map[tvapi.UserID]memberCall
}

// A failed check is repeated after a pause that doubles, lateTries times: for about a day.
const (
	minLatePause = 30 * time.Second
	maxLatePause = 10 * time.Minute
	lateTries    = 150
)

// maxWatches bounds the memory for calls without an answer. An outage with more changes than that
// ends with lists, which show their results.
const maxWatches = 10_000

// lost records that a call about an object got no answer, and schedules the check of the object.
// The caller holds the lock of the object, as for acknowledged and finish: writes of the note of an
// object must not overlap.
func (l *late) lost(a action, key lockKey, note func(*watch)) {
	l.save(a, l.watch(key, time.Now().Add(l.window), note))
}

// watch returns the watch of the object, which ends at a time or later; nil if there can be none.
func (l *late) watch(key lockKey, until time.Time, note func(*watch)) *watch {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watches[key]
	switch {
	case l.closed, w == nil && len(l.watches) >= maxWatches:
		return nil
	case w == nil:
		w = &watch{}
		if l.watches == nil {
			l.watches = make(map[lockKey]*watch)
		}
		l.watches[key] = w
	}
	note(w)
	if until.After(w.until) {
		w.until = until
	}
	w.other = false
	l.arm(key, w)
	return w
}

// arm schedules the check of an object for the end of its watch. The lock is held.
func (l *late) arm(key lockKey, w *watch) {
	if w.timer != nil {
		w.timer.Stop()
	}
	at := w.until
	if w.other { // the other process deletes the note by then, or has ended
		at = at.Add(l.window / 8)
	}
	w.timer = time.AfterFunc(max(time.Until(at), 0), func() { l.check(key) })
}

// acknowledged records a write to an object, which a call without an answer may overturn.
func (l *late) acknowledged(a action, key lockKey, note func(*watch)) {
	if until, call, ok := l.overlapping(key, note); ok {
		l.watch(key, until, call)
	}
	l.mu.Lock()
	w := l.watches[key]
	if w != nil {
		if w.other { // what follows is not in its note
			w.other = false
			l.arm(key, w)
		}
		note(w)
	}
	l.mu.Unlock()
	l.save(a, w)
}

// pending reports whether an object will be checked.
func (l *late) pending(key lockKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watches[key] != nil
}

// due returns the watch of an object that is to be checked, nil if there is none. At its end it is
// removed. Before, it stays, and a copy is returned.
func (l *late) due(key lockKey) (w *watch, ended bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	w = l.watches[key]
	switch {
	case w == nil:
		return nil, false
	case time.Now().Before(w.until):
		l.arm(key, w)
		return w.clone(), false
	}
	delete(l.watches, key)
	return w, true
}

// postpone has an object checked somewhat later.
func (l *late) postpone(key lockKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.watches[key]; w != nil && !l.closed {
		w.timer.Reset(minLateCheck)
	}
}

// clone returns a copy that does not change with the watch.
func (w *watch) clone() *watch {
	c := *w
	c.lost, c.lostNames = slices.Clone(w.lost), slices.Clone(w.lostNames)
	c.lostMembers, c.doneMembers = maps.Clone(w.lostMembers), maps.Clone(w.doneMembers)
	return &c
}

// retry schedules another check after a failed one.
func (l *late) retry(key lockKey, w *watch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.tries++; l.closed || w.tries >= lateTries || l.watches[key] != nil {
		return
	}
	l.watches[key] = w
	w.timer = time.AfterFunc(min(minLatePause<<min(w.tries-1, 8), maxLatePause), func() { l.check(key) })
}

func (l *late) close() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for _, w := range l.watches {
		w.timer.Stop()
	}
	clear(l.watches)
}

// mayFollow reports whether TeamViewer may still carry out a call of a request from before a time.
func (c *core) mayFollow(t time.Time) bool { return time.Since(t) < c.writeTimeout+c.late.window }

// unanswered returns a context for one write, and a function that reports whether an attempt of it
// got no answer, even if a later attempt did.
func unanswered(ctx context.Context) (context.Context, func() bool) {
	var mu sync.Mutex
	lost := false
	return tvapi.WithObserver(ctx, func(e tvapi.CallEvent) {
			mu.Lock()
			defer mu.Unlock()
			lost = lost || e.Outcome.Uncertain()
		}), func() bool {
			mu.Lock()
			defer mu.Unlock()
			return lost
		}
}
