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

// question is one call about a single id, shared by all who wait for its answer.
type lookup[V any] struct {
	began  time.Time
	done   chan struct{} // closed at the end
	object V             // these two are valid once done is closed
	err    error
}

// Get returns the object with that id by evidence within the age: out of the snapshot as [Cache.View] returns it, or from
// TeamViewer, asked once for all callers. An object found so joins the snapshot. A snapshot that is too old, and an object
// that is invalid, are no answer. That there is none is an error that wraps [ErrUnknown], and is taken for granted for the
// age. TeamViewer's refusal as invalid means unknown only if a snapshot lacks the id too. Every other failure is an error of
// its own.
//
// TeamViewer Web API: GET /users/{id}, GET /usergroups/{id}
func (c *Cache[ID, V]) Get(ctx context.Context, id ID) (V, error) {
	var none V
	if _, err := c.View(ctx); errors.Is(err, ErrClosed) || ctx.Err() != nil {
		return none, err
	} // without a snapshot, TeamViewer can still be asked about the one object
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
		if known, here, ok := c.known(id); ok && here { // by now
			return known, nil
		}
	}
	return o, err
}

// GetSince returns the object with that id as TeamViewer shows it to a question that began at t or later. The snapshot
// learns from it. Its errors are those of [Cache.Get].
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

// question returns the question about an id that is under way, if it began at t or later and what it finds counts;
// otherwise it asks a new one. nil when the cache is closed. The lock is held.
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

// answer awaits the answer to a question until ctx ends.
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

// ask asks TeamViewer about one id and takes in the answer.
func (c *Cache[ID, V]) runLookup(caller context.Context, id ID, q *lookup[V]) {
	ctx, cancel := c.detached(caller)
	defer cancel()
	o, err := c.kind.get(ctx, id)
	said := err
	unknown, err := c.judge(ctx, id, q.began, err)
	if o == nil {
		o = new(V)
	}

	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		q.err = fmt.Errorf("%s %v: %w", c.kind.one, id, err)
	} else if q.object, q.err = c.learn(id, q.began, *o, !unknown); q.err != nil && tvapi.KindOf(said) == tvapi.KindNotFound {
		q.err = fmt.Errorf("%w: %w", q.err, said)
	}
	delete(c.underWay, q)
	if c.lookups[id] == q {
		delete(c.lookups, id)
	}
	close(q.done)
}

// judge reports whether an answer means that there is no such object: an error of TeamViewer about this very id does.
// Others do not without a list that lacks the id: TeamViewer may refuse an unknown id as invalid (the manual names no
// status for it), but not everything that it refuses so is unknown; and a 404 that is not the Web API's may be that of
// whatever stands before it, so that only a list asked for later can tell. The error is why nothing can be said.
func (c *Cache[ID, V]) judge(ctx context.Context, id ID, began time.Time, answer error) (unknown bool, err error) {
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

// Invalidate takes note that what is known of an object may be true no more, such as after a change without an answer: only
// an answer to a question that begins from now on counts, or a list that begins later by more than the lag.
func (c *Cache[ID, V]) Invalidate(id ID) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.invalid[id] = c.tick()
	delete(c.unknown, id)
}

// refusals are the ids that TeamViewer does not know, each until when that is taken for granted.
type unknownIDs[ID cmp.Ordered] map[ID]time.Time

// maxUnknown bounds the memory that guessing ids can take.
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
		clear(r) // each is asked once more, which is all that is lost
	}
	r[id] = now.Add(age)
}
