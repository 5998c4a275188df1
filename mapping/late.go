package mapping

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/tvapi"
)

// late holds what was written to objects of which a call got no answer. TeamViewer may carry out such a call later, and
// overturn what it has acknowledged meanwhile. Once it can do so no more, the object is looked at again, and what was
// acknowledged after the call is restored if the call overturned it. An activation and an addition to a group are not
// restored: the console may have ended the access since, which looks the same, and to give access back would be worse
// than to leave it ended. Ends of access are restored after a restart too, see late_note.go.
type late struct {
	window time.Duration // how long TeamViewer may carry out a call after its answer was lost
	look   func(lockKey) // looks at an object again
	keep   keepNote      // replaces the note of an object
	resume sync.Once     // of what an earlier process noted
	sweep  sync.Once     // of what it noted too long ago

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

// mostWatches bounds the memory that calls without an answer can take. An outage longer than that many changes ends with
// lists that show what came of them.
const mostWatches = 10_000

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
	case l.closed, w == nil && len(l.watches) >= mostWatches:
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
	w.timer = time.AfterFunc(l.window, func() { l.look(key) })
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
func (l *late) again(key lockKey, w *watch) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w.tries++; l.closed || w.tries >= lateTries || l.watches[key] != nil {
		return
	}
	l.watches[key] = w
	w.timer = time.AfterFunc(min(minLatePause<<min(w.tries-1, 8), maxLatePause), func() { l.look(key) })
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

// lookAgain looks at an object once no answer about it can arrive any more.
func (c restorer) lookAgain(key lockKey) {
	c.late.mu.Lock()
	if c.late.closed {
		c.late.mu.Unlock()
		return
	}
	c.work.Add(1)
	c.late.mu.Unlock()
	defer c.work.Done()
	ctx, cancel := context.WithTimeout(c.closing, c.writeTimeout)
	defer cancel()
	release, err := c.locks.acquire(ctx, key)
	if err != nil {
		return
	}
	defer release()
	w := c.late.take(key)
	if w == nil {
		return
	}
	if w.user.Valid() {
		err = c.restoreUser(ctx, w.user, w)
	} else {
		err = c.restoreGroup(ctx, w.group, w)
	}
	if err != nil {
		c.log.Warn("a change whose answer was lost could not be looked at", zap.String("object", string(key)), logged(err))
		c.late.again(key, w)
		return
	}
	c.settled(ctx, w)
}

// restoreUser restores what was acknowledged about a user and then overturned by an earlier change.
func (c restorer) restoreUser(ctx context.Context, id tvapi.UserID, w *watch) error {
	c.roster.Users.Invalidate(id)
	if w.done.Empty() {
		return nil // the next question about the user finds out
	}
	t, err := c.roster.Users.GetSince(ctx, id, time.Now())
	if errors.Is(err, roster.ErrUnknown) {
		c.log.Warn("a user is gone after a change whose answer was lost", zap.Stringer("user", id))
		return nil
	}
	if err != nil {
		return err
	}
	up := overturned(t, w)
	if up.Empty() {
		return nil
	}
	c.log.Warn("TeamViewer carried out a change late; what it acknowledged after that change is restored", zap.Stringer("user", id), zap.Stringer("step", plan.UpdateUser{ID: id, Update: up}))
	return c.act(ctx, Event{Cause: CauseLate, Kind: "user", ID: id.String(), Steps: []string{plan.UpdateUser{ID: id, Update: up}.String()}}, func(a action, e *Event) error {
		restored := target{user: t, rec: c.recall(t)}
		e.Before = plan.ShowUser(restored.user, restored.rec)
		if err := c.updateUser(a, id, up); err != nil {
			return err
		}
		c.updated(id, up, &restored)
		e.After, e.Deleted = plan.ShowUser(restored.user, restored.rec), plan.Tombstoned(restored.user, restored.rec)
		return nil
	})
}

// overturned returns the acknowledged values in whose place the user has those of a change without an answer, but for an
// activation. What TeamViewer never shows is among them if a change may have overturned it.
func overturned(t tvapi.User, w *watch) (up tvapi.UserUpdate) {
	for _, lost := range w.lost {
		if w.endedAccess() && overturns(lost.Active, w.done.Active, t.Active) {
			up.Active = w.done.Active
		}
		if overturns(lost.Name, w.done.Name, t.Name) {
			up.Name = w.done.Name
		}
		if overturns(lost.Email, w.done.Email, t.Email) {
			up.Email = w.done.Email
		}
		up = up.With(tvapi.UserUpdate{UserSecrets: w.done.Differing(lost.UserSecrets)})
	}
	return up
}

// endedAccess reports whether the user was deactivated since the first change without an answer, and not activated again.
func (w *watch) endedAccess() bool { return w.done.Active != nil && !*w.done.Active }

func overturns[T comparable](lost, done *T, now T) bool {
	return lost != nil && done != nil && *lost != *done && *lost == now
}

// restoreGroup restores the acknowledged name and memberships of a group that an earlier change has overturned.
func (c restorer) restoreGroup(ctx context.Context, id tvapi.GroupID, w *watch) error {
	c.roster.Groups.Invalidate(id)
	return errors.Join(c.restoreGroupName(ctx, id, w), c.restoreMembers(ctx, id, w))
}

func (c restorer) restoreGroupName(ctx context.Context, id tvapi.GroupID, w *watch) error {
	if w.doneName == nil {
		return nil
	}
	g, err := c.roster.Groups.GetSince(ctx, id, time.Now())
	if errors.Is(err, roster.ErrUnknown) {
		c.log.Warn("a group is gone after a change whose answer was lost", zap.Stringer("group", id))
		return nil
	}
	if err != nil || g.Name == *w.doneName || !slices.Contains(w.lostNames, g.Name) {
		return err
	}
	c.log.Warn("TeamViewer carried out a change late; what it acknowledged after that change is restored", zap.Stringer("group", id))
	step := plan.RenameGroup{ID: id, Name: *w.doneName}
	return c.act(ctx, Event{Cause: CauseLate, Kind: "group", ID: id.String(), Steps: []string{step.String()}}, func(a action, _ *Event) error {
		if err := c.renameGroup(a, id, step.Name); err != nil {
			return err
		}
		c.roster.GroupRenamed(id, step.Name)
		return nil
	})
}
