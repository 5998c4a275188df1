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

// cache keeps the snapshot of one kind: it loads a new one when the snapshot is too old, asks TeamViewer about single
// objects, and puts what it learns and what was written into the snapshot.
type cache[ID cmp.Ordered, V any] struct {
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

func newCache[ID cmp.Ordered, V any](k *kind[ID, V], o Options) *cache[ID, V] {
	closing, stop := context.WithCancel(context.Background())
	return &cache[ID, V]{
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
func (c *cache[ID, V]) tick() time.Time {
	now := time.Now()
	if !now.After(c.ticked) {
		now = c.ticked.Add(1)
	}
	c.ticked = now
	return now
}

// age is how old evidence may be and still decide. A company whose lists always take long would otherwise be listed
// without end; a single slow list does not count.
func (c *cache[ID, V]) age() time.Duration {
	return max(c.kind.maxAge, 10*min(c.took[0], c.took[1]))
}

// view returns a view of the snapshot that is there; without a snapshot when there is none. The lock is held.
func (c *cache[ID, V]) view() view[ID, V] {
	v := view[ID, V]{snapshot: c.current}
	if v.snapshot == nil {
		return v
	}
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
func (c *cache[ID, V]) trails(s *snapshot[ID, V]) bool { return s.began.Before(c.trailUntil) }

// now returns a view of what is there without waiting; without a snapshot when there is none.
func (c *cache[ID, V]) now() view[ID, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.view()
}

// within returns a view of a snapshot within its age, or, when the load of one fails or takes longer than the patience,
// of an older one whose absent says why. Without any snapshot the answer is the error of the load.
func (c *cache[ID, V]) within(ctx context.Context) (view[ID, V], error) {
	c.mu.Lock()
	older, deadline := c.view(), time.Now().Add(c.patience)
	if older.snapshot == nil {
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
	v, err := c.since(patient, time.Time{})
	switch {
	case err == nil || ctx.Err() != nil || errors.Is(err, ErrClosed):
		return v, err
	default:
		return c.now(), nil
	}
}

// since returns a view of a snapshot within its age whose load began after t, and awaits the load of one until ctx ends.
func (c *cache[ID, V]) since(ctx context.Context, t time.Time) (view[ID, V], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.view(); v.snapshot != nil && v.absent == nil && v.snapshot.began.After(t) {
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
func (c *cache[ID, V]) await(ctx context.Context, first int) (view[ID, V], error) {
	for {
		if c.brought >= first {
			return c.view(), nil
		}
		l, err := c.joinOrStart(ctx)
		if err != nil {
			return view[ID, V]{}, err
		}
		c.mu.Unlock()
		select {
		case <-l.done:
		case <-ctx.Done():
			err = fmt.Errorf("%s: waiting for their list: %w", c.kind.plural, context.Cause(ctx))
		}
		c.mu.Lock()
		if err != nil {
			return view[ID, V]{}, err
		}
	}
}

// wrote takes in an acknowledged write.
func (c *cache[ID, V]) wrote(id ID, change change[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.record(entry[ID, V]{at: c.tick(), id: id, change: change})
}

// created does so for a new object.
func (c *cache[ID, V]) created(o V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.kind.id(o)
	delete(c.unknown, id)
	c.record(entry[ID, V]{at: c.tick(), id: id, change: created(o)})
}

// removed does so for an object that is gone. That it is unknown now need not be asked.
func (c *cache[ID, V]) removed(id ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unknown.add(id, time.Now(), c.age())
	delete(c.invalid, id)
	c.record(entry[ID, V]{at: c.tick(), id: id, change: removed[V]})
}

// record puts evidence of now into the snapshot and into the journal. The lock is held.
func (c *cache[ID, V]) record(e entry[ID, V]) {
	c.trim()
	c.journal.add(e)
	if c.current != nil {
		c.current = c.current.changed(e.id, e.change)
	}
}

// expire takes note that an object may have been created without an answer: a list of before now does not tell whether.
func (c *cache[ID, V]) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expired = c.started
}

// trim drops from the journal what is older than the evidence of every load and question under way, or to come. The lock
// is held.
func (c *cache[ID, V]) trim() {
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
func (c *cache[ID, V]) shut() {
	c.mu.Lock()
	c.close()
	c.mu.Unlock()
	c.work.Wait()
}
