package roster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
)

// Cache keeps the snapshot of one kind: it loads a new one when the snapshot is too old, asks TeamViewer about single
// objects, and puts what it learns and what was written into the snapshot. It is safe for concurrent use.
type Cache[ID cmp.Ordered, V any] struct {
	kind        *kind[ID, V]
	loadTimeout time.Duration
	patience    time.Duration
	trailUntil  time.Time // see Options.TrailUntil
	log         *zap.Logger
	loads       loadCounters

	closing context.Context // ends when the cache is closed
	close   context.CancelFunc
	work    sync.WaitGroup // the loads and questions under way

	mu      sync.Mutex
	current *snapshot[ID, V] // nil: none was loaded yet
	suspect *snapshot[ID, V] // the list that lost too much to be believed alone; nil: none
	journal journal[ID, V]
	took    [2]time.Duration // how long the latest load and the one before took, of those that brought a snapshot
	load    *load            // the load under way; nil: none
	started int              // how many loads were started: the number of the latest
	brought int              // the number of the one that brought the current snapshot
	expired int              // the number of the latest load that is too old for an answer, whatever its age
	failed  error            // why the latest load that ended brought none; nil: it did
	pause   time.Duration    // between the end of a failed load and the next
	retryAt time.Time        // when that pause ends
	asking  map[ID]*question[V]
	under   map[*question[V]]bool // every question under way
	unknown refusals[ID]
	asked   map[ID]time.Time // when the latest answered question about an object began, if later than the list
	invalid map[ID]time.Time // the objects of which older evidence does not count, and since when
	ticked  time.Time        // the latest time that tick returned
}

func newCache[ID cmp.Ordered, V any](k *kind[ID, V], o Options) *Cache[ID, V] {
	closing, stop := context.WithCancel(context.Background())
	return &Cache[ID, V]{
		kind:        k,
		loadTimeout: o.LoadTimeout,
		patience:    o.Patience,
		trailUntil:  o.TrailUntil,
		log:         o.Logger.With(zap.String("kind", k.plural)),
		closing:     closing,
		close:       stop,
		journal:     journal[ID, V]{lag: o.Lag},
		asking:      make(map[ID]*question[V]),
		under:       make(map[*question[V]]bool),
		unknown:     make(refusals[ID]),
		asked:       make(map[ID]time.Time),
		invalid:     make(map[ID]time.Time),
	}
}

// tick returns the time, later than each time that it returned before: evidence is ordered by it, and a clock may return the
// same time twice. The lock is held.
func (c *Cache[ID, V]) tick() time.Time {
	now := time.Now()
	if !now.After(c.ticked) {
		now = c.ticked.Add(1)
	}
	c.ticked = now
	return now
}

// age is how old evidence may be and still decide. A company whose lists always take long would otherwise be listed
// without end; a single slow list does not count.
func (c *Cache[ID, V]) age() time.Duration {
	return max(c.kind.maxAge, 10*min(c.took[0], c.took[1]))
}

// view is Latest with the lock held.
func (c *Cache[ID, V]) view() *View[ID, V] {
	if c.current == nil {
		return nil
	}
	v := &View[ID, V]{snapshot: c.current}
	switch age := v.Age(); {
	case c.trails(v.snapshot):
		v.absent = fmt.Errorf("%s: snapshot of before lists show what was changed before the gateway started: %w", c.kind.plural, ErrStale)
	case c.brought <= c.expired:
		v.absent = fmt.Errorf("%s: snapshot of before an object may have been created: %w", c.kind.plural, ErrStale)
	case age <= c.age():
	case c.failed != nil:
		v.absent = fmt.Errorf("%s: snapshot of %v ago: %w: %w", c.kind.plural, age.Round(time.Second), ErrStale, c.failed)
	default:
		v.absent = fmt.Errorf("%s: snapshot of %v ago: %w", c.kind.plural, age.Round(time.Second), ErrStale)
	}
	return v
}

// trails reports whether a snapshot may lack writes of an earlier process.
func (c *Cache[ID, V]) trails(s *snapshot[ID, V]) bool { return s.began.Before(c.trailUntil) }

// Latest returns a view of the snapshot that is there, without any call or waiting; nil when there is none yet.
func (c *Cache[ID, V]) Latest() *View[ID, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.view()
}

// View returns a view of the snapshot. One within its age is returned at once and without a call. An older one is loaded
// anew, once for all callers; when that fails or takes longer than Options.Patience, the answer is the older one, whose
// Absent says why. Only where there is none is the answer an error, that of the load, or of ctx if it ends first. A load
// outlives its callers. After a failed one the next begins after a growing pause of 1 to 30 s.
//
// TeamViewer Web API: GET /users, GET /usergroups
func (c *Cache[ID, V]) View(ctx context.Context) (*View[ID, V], error) {
	c.mu.Lock()
	older, deadline := c.view(), time.Now().Add(c.patience)
	if older == nil {
		defer c.mu.Unlock()
		return c.await(ctx, c.brought+1)
	}
	if c.load != nil && !c.load.began.After(time.Now()) {
		// Patience counts from the start of the load, so that a long one costs it once and not for every caller.
		deadline = c.load.began.Add(c.patience)
	}
	c.mu.Unlock()
	if older.absent == nil || deadline.Before(c.trailUntil) { // no load would help in time
		return older, nil
	}
	patient, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	v, err := c.CompleteView(patient)
	switch {
	case err == nil || ctx.Err() != nil || errors.Is(err, ErrClosed):
		return v, err
	default:
		return c.Latest(), nil
	}
}

// CompleteView returns a view whose Absent is nil, and waits for it until ctx ends; otherwise an error.
func (c *Cache[ID, V]) CompleteView(ctx context.Context) (*View[ID, V], error) {
	return c.ViewSince(ctx, time.Time{})
}

// ViewSince returns a view of a snapshot within its age whose load began after t, and waits for it until ctx ends. When
// there is none to be had, the answer is an error and never an older snapshot.
func (c *Cache[ID, V]) ViewSince(ctx context.Context, t time.Time) (*View[ID, V], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.view(); v != nil && v.absent == nil && v.snapshot.began.After(t) {
		return v, nil
	}
	// The first load that answers: the one under way if it began late enough, otherwise the next, whatever the clock says.
	first := c.started + 1
	if c.load != nil && c.load.began.After(t) && c.load.number > c.expired {
		first = c.load.number
	}
	v, err := c.await(ctx, first)
	if err == nil && c.trails(v.snapshot) { // it was the very first list
		return c.await(ctx, c.brought+1)
	}
	return v, err
}

// await returns a view of a snapshot that the first of the loads from that number on brought which succeeds. The lock is
// held.
func (c *Cache[ID, V]) await(ctx context.Context, first int) (*View[ID, V], error) {
	for {
		if c.brought >= first {
			return c.view(), nil
		}
		l, err := c.joinOrStart(ctx)
		if err != nil {
			return nil, err
		}
		c.mu.Unlock()
		select {
		case <-l.done:
		case <-ctx.Done():
			err = fmt.Errorf("%s: waiting for their list: %w", c.kind.plural, context.Cause(ctx))
		}
		c.mu.Lock()
		if err != nil {
			return nil, err
		}
	}
}

// wrote takes in an acknowledged write.
func (c *Cache[ID, V]) wrote(id ID, change change[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.record(entry[ID, V]{at: c.tick(), id: id, change: change})
}

// Created takes note of TeamViewer's answer to a create.
func (c *Cache[ID, V]) Created(o V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.kind.id(o)
	delete(c.unknown, id)
	c.record(entry[ID, V]{at: c.tick(), id: id, change: created(o)})
}

// Removed takes note that TeamViewer has removed the object, or has said of this very id that there is none. That it is
// unknown now need not be asked.
func (c *Cache[ID, V]) Removed(id ID) {
	if c.kind.removed != nil {
		defer c.kind.removed(id)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unknown.add(id, time.Now(), c.age())
	delete(c.invalid, id)
	c.record(entry[ID, V]{at: c.tick(), id: id, change: removed[V]})
}

// record puts evidence of now into the snapshot and into the journal. The lock is held.
func (c *Cache[ID, V]) record(e entry[ID, V]) {
	c.trim()
	c.journal.add(e)
	if c.current != nil {
		c.current = c.current.changed(e.id, e.change)
	}
}

// Expire makes the snapshot too old for an answer: an object may have been created without an answer, and a list of before
// now does not tell whether.
func (c *Cache[ID, V]) Expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expired = c.started
}

// trim drops from the journal what is older than the evidence of every load and question under way, or to come. The lock
// is held.
func (c *Cache[ID, V]) trim() {
	began := time.Now()
	if c.load != nil {
		began = c.load.began
	}
	for q := range c.under {
		if q.began.Before(began) {
			began = q.began
		}
	}
	c.journal.trim(began)
}

// shut ends what is under way and waits for its end.
func (c *Cache[ID, V]) shut() {
	c.mu.Lock()
	c.close()
	c.mu.Unlock()
	c.work.Wait()
}
