package mapping

import (
	"context"
	"sync"
	"time"

	"tvscim/tvapi"
)

// late holds what was written to objects of which a call got no answer. TeamViewer may carry out such a call later, and
// overturn what it has acknowledged meanwhile. Once it can do so no more, the object is looked at again, and what was
// acknowledged after the call is restored if the call overturned it. An activation and an addition to a group are not
// restored: the console may have ended the access since, which looks the same, and to give access back would be worse
// than to leave it ended. Ends of access are restored after a restart too, see late_note.go.
type late struct {
	window  time.Duration                              // how long TeamViewer may carry out a call after its answer was lost
	check   func(lockKey)                              // looks at an object again
	putNote func(a action, object string, note []byte) // replaces the note of an object
	resume  sync.Once                                  // of what an earlier process noted
	sweep   sync.Once                                  // of what it noted too long ago

	mu      sync.Mutex
	watches map[lockKey]*watch
	closed  bool
}

// watch is one object that is looked at again.
type watch struct {
	timer *time.Timer
	tries int
	until time.Time    // of the first look
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

// A look that fails is made again after a pause that doubles, until it was tried this often: about a day.
const (
	minLatePause = 30 * time.Second
	maxLatePause = 10 * time.Minute
	lateTries    = 150
)

// maxWatches bounds the memory that calls without an answer can take. An outage longer than that many changes ends with
// lists that show what came of them.
const maxWatches = 10_000

// lost takes note of a call about an object that got no answer, and has the object looked at in time. The caller holds the
// lock of the object, as that of acknowledged and of settled does: the note of an object is written by one at a time.
func (l *late) lost(a action, key lockKey, note func(*watch)) {
	l.save(a, l.noteLost(key, note))
}

// noteLost returns the watch of the object, nil when there can be none.
func (l *late) noteLost(key lockKey, note func(*watch)) *watch {
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
	w.until = time.Now().Add(l.window)
	w.timer = time.AfterFunc(l.window, func() { l.check(key) })
	return w
}

// acknowledged takes note of a write to an object that may be overturned.
func (l *late) acknowledged(a action, key lockKey, note func(*watch)) {
	l.mu.Lock()
	w := l.watches[key]
	if w != nil {
		note(w)
	}
	l.mu.Unlock()
	l.save(a, w)
}

// pending reports whether an object is to be looked at again.
func (l *late) pending(key lockKey) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.watches[key] != nil
}

// take ends the watch of an object and returns it; nil when there is none.
func (l *late) take(key lockKey) *watch {
	l.mu.Lock()
	defer l.mu.Unlock()
	w := l.watches[key]
	delete(l.watches, key)
	return w
}

// again puts back a watch whose look failed.
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

// unanswered returns a context for one write, and a function that reports whether an attempt of it got no answer, be it
// that a later one did.
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
