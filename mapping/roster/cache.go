package roster

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// Cache keeps the snapshot of one kind: it loads a new one when the snapshot is too old, asks TeamViewer about single
// objects, and puts what it learns and what was written into the snapshot. It is safe for concurrent use.
type Cache[ID cmp.Ordered, V any] struct {
	loader[ID, V]
	patience time.Duration // see Options.Patience

	// Guarded by mu.
	lookups map[ID]*lookup[V] // the latest question about each object that is under way
}

func newCache[ID cmp.Ordered, V any](k *kind[ID, V], o Options) *Cache[ID, V] {
	closing, stop := context.WithCancel(context.Background())
	return &Cache[ID, V]{
		loader: loader[ID, V]{
			evidence: evidence[ID, V]{
				kind:       k,
				trailUntil: o.TrailUntil,
				log:        o.Logger.With(zap.String("kind", k.plural)),
				journal:    journal[ID, V]{lag: o.Lag},
				unknown:    make(unknownIDs[ID]),
				answered:   make(map[ID]time.Time),
				invalid:    make(map[ID]time.Time),
				underWay:   make(map[*lookup[V]]bool),
			},
			timeout: o.LoadTimeout,
			closing: closing,
			close:   stop,
		},
		patience: o.Patience,
		lookups:  make(map[ID]*lookup[V]),
	}
}

// Latest returns a view of the snapshot that is there, without any call or waiting; nil when there is none yet.
func (c *Cache[ID, V]) Latest() *View[ID, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.view()
}

// View returns a view of the snapshot. One within its age is returned at once and without a call. An older one is loaded
// anew, once for all callers; when that fails or takes longer than Options.Patience, the answer is the older one, whose
// StaleErr says why. Only where there is none is the answer an error, that of the load, or of ctx if it ends first. A load
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
	if older.stale == nil || deadline.Before(c.trailUntil) { // no load would help in time
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

// CompleteView returns a view whose StaleErr is nil, and waits for it until ctx ends; otherwise an error.
func (c *Cache[ID, V]) CompleteView(ctx context.Context) (*View[ID, V], error) {
	return c.ViewSince(ctx, time.Time{})
}

// ViewSince returns a view of a snapshot within its age whose load began after t, and waits for it until ctx ends. When
// there is none to be had, the answer is an error and never an older snapshot.
func (c *Cache[ID, V]) ViewSince(ctx context.Context, t time.Time) (*View[ID, V], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.view(); v != nil && v.stale == nil && v.snapshot.began.After(t) {
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

// Expire makes the snapshot too old for an answer: an object may have been created without an answer, and a list of before
// now does not tell whether.
func (c *Cache[ID, V]) Expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expired = c.started
}

// shut ends what is under way and waits for its end.
func (c *Cache[ID, V]) shut() {
	c.mu.Lock()
	c.close()
	c.mu.Unlock()
	c.work.Wait()
}
