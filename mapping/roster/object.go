package roster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"tvscim/tvapi"
)

// lookup is one GET of a single object, shared by all callers that wait for it.
type lookup[V any] struct {
	began  time.Time
	done   chan struct{} // closed at the end
	object V             // these two are valid once done is closed
	err    error
}

// Get returns the object with an id by evidence within the age: from the snapshot as [Cache.View]
// returns it, or from TeamViewer, with one call for concurrent callers. The answer is added to the
// snapshot. A snapshot that is too old, and an invalid object, are no evidence. If there is no such
// object, the error wraps [ErrUnknown]; that is stored for the age. If TeamViewer refuses the id as
// invalid, it counts as unknown only if a list lacks it too. Every other failure is another error.
//
// TeamViewer Web API: GET /users/{id}, GET /usergroups/{id}
func (c *Cache[ID, V]) Get(ctx context.Context, id ID) (V, error) {
	var none V
	if _, err := c.View(ctx); errors.Is(err, ErrClosed) || ctx.Err() != nil {
		return none, err
	} // without a snapshot, the object can still be read
	c.mu.Lock()
	if o, here, known := c.known(id); known {
		c.mu.Unlock()
		if !here {
			return none, c.errUnknown(id)
		}
		return o, nil
	}
	q := c.joinOrStartLookup(ctx, id, time.Time{})
	c.mu.Unlock()
	o, err := c.awaitLookup(ctx, id, q)
	if err != nil && !errors.Is(err, ErrUnknown) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if known, here, ok := c.known(id); ok && here { // the snapshot was loaded meanwhile
			return known, nil
		}
	}
	return o, err
}

// GetSince returns the object with an id from a GET that began at t or later. The answer is added
// to the snapshot. The errors are those of [Cache.Get].
//
// TeamViewer Web API: GET /users/{id}, GET /usergroups/{id}
func (c *Cache[ID, V]) GetSince(ctx context.Context, id ID, t time.Time) (V, error) {
	var none V
	c.mu.Lock()
	if o, here, known := c.known(id); known && !c.answered[id].Before(t) {
		c.mu.Unlock()
		if !here {
			return none, c.errUnknown(id)
		}
		return o, nil
	}
	q := c.joinOrStartLookup(ctx, id, t)
	c.mu.Unlock()
	return c.awaitLookup(ctx, id, q)
}

// joinOrStartLookup returns the look-up of an id that is under way, if it began at t or later and
// its answer will count; otherwise it starts one. It returns nil if the cache is closed. The lock
// is held.
func (c *Cache[ID, V]) joinOrStartLookup(caller context.Context, id ID, t time.Time) *lookup[V] {
	q := c.lookups[id]
	if q != nil && !q.began.Before(t) && !q.began.Before(c.invalid[id]) {
		return q
	}
	if c.closing.Err() != nil {
		return nil
	}
	q = &lookup[V]{began: c.tick(), done: make(chan struct{})}
	c.lookups[id], c.underWay[q] = q, true
	c.work.Go(func() { c.runLookup(caller, id, q) })
	return q
}

// awaitLookup waits for a look-up until ctx ends.
func (c *Cache[ID, V]) awaitLookup(ctx context.Context, id ID, q *lookup[V]) (V, error) {
	var none V
	if q == nil {
		return none, fmt.Errorf("%s %v: %w", c.kind.one, id, ErrClosed)
	}
	select {
	case <-q.done:
		return q.object, q.err
	case <-ctx.Done():
		return none, fmt.Errorf("%s %v: %w", c.kind.one, id, context.Cause(ctx))
	}
}

// runLookup reads an object and records the answer.
func (c *Cache[ID, V]) runLookup(caller context.Context, id ID, q *lookup[V]) {
	ctx, cancel := c.detached(caller)
	defer cancel()
	o, err := c.kind.get(ctx, id)
	getErr := err
	unknown, err := c.judge(ctx, id, q.began, err)
	if o == nil {
		o = new(V)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		q.err = fmt.Errorf("%s %v: %w", c.kind.one, id, err)
	} else if q.object, q.err = c.learn(id, q.began, *o, !unknown); q.err != nil && tvapi.KindOf(getErr) == tvapi.KindNotFound {
		q.err = fmt.Errorf("%w: %w", q.err, getErr)
	}
	delete(c.underWay, q)
	if c.lookups[id] == q {
		delete(c.lookups, id)
	}
	close(q.done)
}

// judge reports whether an answer means that there is no such object: a 404 of TeamViewer about the
// id does. Two other answers do if a list lacks the id too. TeamViewer may refuse an unknown id as
// invalid, since the manual names no status for it, but an id that it refuses so may exist. A 404
// that is not the Web API's may be that of a proxy, so the list must be requested later. The error
// is set if the answer proves nothing.
func (c *Cache[ID, V]) judge(
	ctx context.Context, id ID, began time.Time, answer error,
) (unknown bool, err error) {
	after := began
	switch e, _ := errors.AsType[*tvapi.Error](answer); {
	case e == nil:
		return false, answer
	case e.Kind == tvapi.KindNotFound:
		return true, nil
	case e.Kind == tvapi.KindInvalid:
		c.mu.Lock()
		_, here := c.current.get(id)
		c.mu.Unlock()
		if !here {
			after = time.Time{} // a snapshot within its age, which lacks the id too, is enough
		}
	case e.Kind == tvapi.KindForeign && e.Status == http.StatusNotFound:
	default:
		return false, answer
	}
	v, err := c.ViewSince(ctx, after)
	if err != nil {
		return false, err
	}
	if _, here := v.ByID(id); here {
		return false, answer
	}
	return true, nil
}

// Invalidate records that what is known of an object may be wrong, as after a change without an
// answer. Only a look-up that begins from now on counts, or a list that begins later by more than
// the lag.
func (c *Cache[ID, V]) Invalidate(id ID) {
	c.invalidate(id)
	var none V
	c.kind.announce(objectDoubtful, id, none)
}

func (c *Cache[ID, V]) invalidate(id ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.invalid[id] = c.tick()
	delete(c.unknown, id)
	c.journal.forget(id) // a newer list shows more
}

// unknownIDs are ids that TeamViewer does not know, each with the time until which that counts.
type unknownIDs[ID cmp.Ordered] map[ID]time.Time

// maxUnknown bounds the memory for unknown ids.
const maxUnknown = 10_000

func (r unknownIDs[ID]) has(id ID, now time.Time) bool { return now.Before(r[id]) }

func (r unknownIDs[ID]) add(id ID, now time.Time, age time.Duration) {
	if len(r) >= maxUnknown {
		for old, until := range r {
			if !now.Before(until) {
				delete(r, old)
			}
		}
	}
	if len(r) >= maxUnknown {
		clear(r) // each is requested once more
	}
	r[id] = now.Add(age)
}
