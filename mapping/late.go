package mapping

import (
	"context"
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
	// returns until when a call of another process may be carried out that lost its lock; nil: there
	// is no other
	unlocked func() time.Time
	resume   sync.Once // of the notes of an earlier process
	sweep    sync.Once // of its notes that are too old

	mu      sync.Mutex
	watches map[lockKey]*watch
	closed  bool
}

// watch is one object that will be checked.
type watch struct {
	timer *time.Timer
	tries int
	until time.Time    // when TeamViewer can no longer carry out the call
	noted bool         // it has a note
	user  tvapi.UserID // one of the two
	group tvapi.GroupID
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
	default:
		w.timer.Stop()
	}
	note(w)
	if until.After(w.until) {
		w.until = until
	}
	w.timer = time.AfterFunc(time.Until(w.until), func() { l.check(key) })
	return w
}

// acknowledged records a write to an object, which a call without an answer may overturn.
func (l *late) acknowledged(a action, key lockKey, note func(*watch)) {
	if k, ok := l.elsewhere(key); ok {
		l.resumeWatch(k)
	}
	if until, call, ok := l.overlapping(key, note); ok {
		l.watch(key, until, call)
	}
	l.mu.Lock()
	w := l.watches[key]
	if w != nil {
		note(w)
	}
	l.mu.Unlock()
	l.save(a, w)
}

// pending reports whether an object will be checked.
func (l *late) pending(key lockKey) bool {
	if l.watched(key) {
		return true
	}
	_, ok := l.elsewhere(key)
	return ok
}

// watched reports whether this process will check an object.
func (l *late) watched(key lockKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watches[key] != nil
}

// take removes and returns the watch of an object; nil if there is none.
func (l *late) take(key lockKey) *watch {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watches[key]
	delete(l.watches, key)
	return w
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
