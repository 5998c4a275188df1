package roster

import (
	"cmp"
	"fmt"
	"maps"
	"sync"
	"time"

	"go.uber.org/zap"
)

// evidence is what is known of one kind of objects: the snapshot, the newer evidence about single
// objects, and which of it counts. It makes no calls.
type evidence[ID cmp.Ordered, V any] struct {
	kind *kind[ID, V]
	log  *zap.Logger

	mu sync.Mutex // guards what follows
	// until when lists may lack writes of others: see Options.TrailUntil and Roster.Forget
	trailUntil time.Time
	forgotten  time.Time        // of the latest Roster.Forget
	current    *snapshot[ID, V] // nil: none was loaded yet
	suspect    *snapshot[ID, V] // the list that lacks many objects and needs a second one; nil: none
	journal    journal[ID, V]
	took       [2]time.Duration // durations of the latest two successful loads
	brought    int              // number of the load of the current snapshot
	// number of the latest load that counts as older than the age; see Cache.Expire
	expired int
	failed  error         // error of the latest load that ended; nil: it succeeded
	pause   time.Duration // between the end of a failed load and the next
	unknown unknownIDs[ID]
	// when the latest answered look-up of an object began, if later than the list
	answered map[ID]time.Time
	invalid  map[ID]time.Time    // by object, the time before which evidence does not count
	ticked   time.Time           // the latest time that tick returned
	load     *load               // the load under way; nil: none
	underWay map[*lookup[V]]bool // all look-ups under way
}

// tick returns the current time, later than at each call before: evidence is ordered by it, and a
// clock may return the same time twice. The lock is held.
func (e *evidence[ID, V]) tick() time.Time {
	now := time.Now()
	if !now.After(e.ticked) {
		now = e.ticked.Add(1)
	}
	e.ticked = now
	return now
}

// age returns up to what age evidence decides. Without the second part, a company whose lists take
// long would be listed all the time. One slow list does not count.
func (e *evidence[ID, V]) age() time.Duration {
	return e.kind.stretched(max(e.kind.maxAge, 10*min(e.took[0], e.took[1])))
}

// view is Cache.Latest with the lock held.
func (e *evidence[ID, V]) view() *View[ID, V] {
	if e.current == nil {
		return nil
	}
	v := &View[ID, V]{snapshot: e.current}
	switch age := v.Age(); {
	case e.trails(v.snapshot):
		v.stale = fmt.Errorf("%s: snapshot of before lists show what was changed before the gateway started: %w", e.kind.plural, ErrStale)
	case e.brought <= e.expired:
		v.stale = fmt.Errorf("%s: snapshot of before an object may have been created: %w", e.kind.plural, ErrStale)
	case age <= e.age():
	case e.failed != nil:
		v.stale = fmt.Errorf("%s: snapshot of %v ago: %w: %w", e.kind.plural, age.Round(time.Second), ErrStale, e.failed)
	default:
		v.stale = fmt.Errorf("%s: snapshot of %v ago: %w", e.kind.plural, age.Round(time.Second), ErrStale)
	}
	return v
}

// trails reports whether a snapshot may lack writes of an earlier process.
func (e *evidence[ID, V]) trails(s *snapshot[ID, V]) bool { return s.began.Before(e.trailUntil) }

// record adds evidence of now to the snapshot and to the journal. The lock is held.
func (e *evidence[ID, V]) record(n entry[ID, V]) {
	e.trim()
	e.journal.add(n)
	if e.current != nil {
		e.current = e.current.changed(n.id, n.change)
	}
}

// trim deletes from the journal what is older than the evidence of every load and look-up under
// way, or to come. The lock is held.
func (e *evidence[ID, V]) trim() {
	began := time.Now()
	if e.load != nil {
		began = e.load.began
	}
	for q := range e.underWay {
		if q.began.Before(began) {
			began = q.began
		}
	}
	e.journal.trim(began)
}

// known returns what is known of an object by evidence within the age; known is false if there is
// none. An id counts as unknown only by an answer about that id. The lock is held.
func (e *evidence[ID, V]) known(id ID) (o V, here, known bool) {
	if _, invalid := e.invalid[id]; invalid {
		return o, false, false
	}
	o, here = e.current.get(id)
	if !here {
		return o, false, e.unknown.has(id, time.Now())
	}
	answered := e.answered[id]
	young := time.Since(e.current.began) <= e.age() && !e.trails(e.current) || time.Since(answered) <= e.age() && answered.After(e.forgotten)
	return o, true, young
}

// learn records TeamViewer's answer about an object that was requested at began. Later evidence
// about the object is applied to it, and a newer list is not changed. It returns what is known
// after that. The lock is held.
func (e *evidence[ID, V]) learn(id ID, began time.Time, o V, here bool) (V, error) {
	answer := entry[ID, V]{at: began, id: id, change: seen(o), shown: here}
	if !here {
		answer.change = removed[V]
	}
	o, here = e.journal.ontoAnswer(answer)
	if e.current == nil || !began.Add(e.journal.lag).Before(e.current.began) {
		e.journal.add(answer)
		if e.current != nil {
			e.current = e.current.changed(id, func(V, bool) (V, bool) { return o, here })
		}
	}
	if began.After(e.answered[id]) {
		if len(e.answered) >= maxUnknown {
			clear(e.answered) // each is requested once more
		}
		e.answered[id] = began
	}
	if since, ok := e.invalid[id]; ok && !began.Before(since) {
		delete(e.invalid, id)
	}
	if !here {
		e.unknown.add(id, time.Now(), e.age())
		return o, e.errUnknown(id)
	}
	delete(e.unknown, id)
	return o, nil
}

// errUnknown returns the error for an id that TeamViewer does not know.
func (e *evidence[ID, V]) errUnknown(id ID) error {
	return fmt.Errorf("%s %v: %w", e.kind.one, id, ErrUnknown)
}

// install replaces the snapshot. The lock is held.
func (e *evidence[ID, V]) install(l *load, s *snapshot[ID, V]) {
	took := time.Since(l.began)
	e.current = e.journal.onto(s)
	e.brought, e.took = l.number, [2]time.Duration{took, e.took[0]}
	e.failed, e.pause = nil, 0
	maps.DeleteFunc(e.invalid, func(_ ID, since time.Time) bool { return since.Add(e.journal.lag).Before(l.began) })
	maps.DeleteFunc(e.answered, func(_ ID, began time.Time) bool { return began.Before(l.began) })
	e.log.Info("list loaded", zap.Duration("took", took), zap.Int("count", e.current.byID.len()))
}
