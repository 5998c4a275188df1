package roster

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.uber.org/zap"
)

// Cache has the snapshot of one kind. It loads a new snapshot when it is too old, reads single
// objects, and adds these and the acknowledged writes to the snapshot. It is safe for concurrent
// use.
type Cache[ID cmp.Ordered, V any] struct {
	loader[ID, V]
	patience time.Duration // see Options.Patience

	// Guarded by mu.
	lookups map[ID]*lookup[V] // the latest look-up of each object that is under way
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

// Latest returns a view of the current snapshot without a call and without waiting; nil if there is
// none yet.
func (c *Cache[ID, V]) Latest() *View[ID, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.view()
}

// View returns a view of the snapshot. A snapshot within its age is returned at once. An older one
// is loaded again, once for all callers; if that fails or takes longer than Options.Patience, the
// older one is returned, and its StaleErr has the reason. There is an error only if there is no
// snapshot: it is that of the load, or of ctx if it ends first. A load does not end with its
// callers. After a failed load, the next begins after a pause that grows from 1 to 30 s.
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
		// Patience counts from the start of the load, so that a long load does not delay each
		// caller by it.
		deadline = c.load.began.Add(c.patience)
	}
	late := deadline.Before(c.trailUntil) // no load would end in time
	c.mu.Unlock()
	if older.stale == nil || late {
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

// CompleteView returns a view whose StaleErr is nil. It waits for a load until ctx ends.
func (c *Cache[ID, V]) CompleteView(ctx context.Context) (*View[ID, V], error) {
	return c.ViewSince(ctx, time.Time{})
}

// ViewSince returns a view within its age whose load began after t. It waits for a load until ctx
// ends. It never returns an older snapshot.
func (c *Cache[ID, V]) ViewSince(ctx context.Context, t time.Time) (*View[ID, V], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if v := c.view(); v != nil && v.stale == nil && v.snapshot.began.After(t) {
		return v, nil
	}
	// The load under way counts if it began late enough, otherwise the next one, even if the clock
	// was set back.
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

// wrote records an acknowledged write.
func (c *Cache[ID, V]) wrote(id ID, change change[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.record(entry[ID, V]{at: c.tick(), id: id, change: change})
}

// shown records what another process was shown of an object.
func (c *Cache[ID, V]) shown(id ID, change change[V]) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.record(entry[ID, V]{at: c.tick(), id: id, change: change, shown: true})
}

// Created records TeamViewer's answer to a create call.
func (c *Cache[ID, V]) Created(o V) {
	c.created(o)
	c.kind.announce(objectCreated, c.kind.id(o), o)
}

func (c *Cache[ID, V]) created(o V) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := c.kind.id(o)
	delete(c.unknown, id)
	c.record(entry[ID, V]{at: c.tick(), id: id, change: created(o)})
}

// Removed records that TeamViewer has removed the object, or has answered that the id does not
// exist.
func (c *Cache[ID, V]) Removed(id ID) {
	c.removed(id)
	var none V
	c.kind.announce(objectRemoved, id, none)
}

func (c *Cache[ID, V]) removed(id ID) {
	if c.kind.removed != nil {
		defer c.kind.removed(id)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unknown.add(id, time.Now(), c.age())
	delete(c.invalid, id)
	c.record(entry[ID, V]{at: c.tick(), id: id, change: removed[V]})
}

// Expire makes the snapshot older than its age: an object may have been created without an answer,
// and a list from before now does not show it.
func (c *Cache[ID, V]) Expire() {
	c.expire()
	var id ID
	var none V
	c.kind.announce(listExpired, id, none)
}

func (c *Cache[ID, V]) expire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expired = c.started
}

// shut ends loads and look-ups and waits for them.
func (c *Cache[ID, V]) shut() {
	c.mu.Lock()
	c.close()
	c.mu.Unlock()
	c.work.Wait()
}
