package roster

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"tvscim/tvapi"
)

// question is one call about a single id, shared by all who wait for its answer.
type question[V any] struct {
	began  time.Time
	done   chan struct{} // closed at the end
	object V             // these two are valid once done is closed
	err    error
}

// object returns the object with that id: out of the picture, else from TeamViewer itself.
func (k *keeper[ID, V]) object(ctx context.Context, id ID) (V, error) {
	var none V
	if _, err := k.within(ctx); err != nil {
		return none, err
	}
	k.mu.Lock()
	// Looked up only now that the lock is held: it may have come since.
	if o, ok := k.current.get(id); ok {
		k.mu.Unlock()
		return o, nil
	}
	if k.unknown.has(id, time.Now()) {
		k.mu.Unlock()
		return none, k.errUnknown(id)
	}
	q := k.asking[id]
	if q == nil && k.closing.Err() == nil {
		q = &question[V]{began: time.Now(), done: make(chan struct{})}
		k.asking[id] = q
		k.work.Go(func() { k.ask(ctx, id, q) })
	}
	k.mu.Unlock()
	if q == nil {
		return none, fmt.Errorf("%s %v: %w", k.kind.one, id, ErrClosed)
	}
	select {
	case <-q.done:
		return q.object, q.err
	case <-ctx.Done():
		return none, fmt.Errorf("%s %v: %w", k.kind.one, id, context.Cause(ctx))
	}
}

// ask asks TeamViewer about one id and remembers the answer.
func (k *keeper[ID, V]) ask(asker context.Context, id ID, q *question[V]) {
	ctx, cancel := k.detached(asker)
	defer cancel()
	o, err := k.kind.get(ctx, id)
	unknown := tvapi.KindOf(err) == tvapi.KindNotFound ||
		tvapi.KindOf(err) == tvapi.KindInvalid && k.lacks(ctx, id)

	k.mu.Lock()
	defer k.mu.Unlock()
	if known, ok := k.current.get(id); ok { // by now
		q.object = known
	} else if err == nil {
		q.object, q.err = k.settle(id, q.began, *o, true)
	} else if unknown {
		q.object, q.err = k.settle(id, q.began, q.object, false)
	} else {
		q.err = fmt.Errorf("%s %v: %w", k.kind.one, id, err)
	}
	delete(k.asking, id)
	close(q.done)
}

// settle takes in what TeamViewer said of an id that the picture lacks, as if it were a picture of that one object: a
// write that was answered meanwhile counts more. The lock is held.
func (k *keeper[ID, V]) settle(id ID, began time.Time, o V, here bool) (V, error) {
	if o, here = k.journal.ontoOne(began, id, o, here); !here {
		k.unknown.add(id, time.Now(), k.age())
		return o, k.errUnknown(id)
	}
	delete(k.unknown, id)
	k.record(id, created(o))
	return o, nil
}

// lacks says whether a picture that may say so lacks the id. TeamViewer may refuse an unknown id as invalid (the manual
// names no status for it), but not everything that it refuses so is unknown.
func (k *keeper[ID, V]) lacks(ctx context.Context, id ID) bool {
	v, err := k.since(ctx, time.Time{})
	if err != nil {
		return false
	}
	_, here := v.ByID(id)
	return !here
}

func (k *keeper[ID, V]) errUnknown(id ID) error {
	return fmt.Errorf("%s %v: %w", k.kind.one, id, ErrUnknown)
}

// refusals are the ids that TeamViewer does not know, each until when that is taken for granted.
type refusals[ID cmp.Ordered] map[ID]time.Time

// maxRefusals bounds the memory that guessing ids can take.
const maxRefusals = 10_000

func (r refusals[ID]) has(id ID, now time.Time) bool { return now.Before(r[id]) }

func (r refusals[ID]) add(id ID, now time.Time, age time.Duration) {
	if len(r) >= maxRefusals {
		for old, until := range r {
			if !now.Before(until) {
				delete(r, old)
			}
		}
	}
	if len(r) >= maxRefusals {
		clear(r) // each is asked once more, which is all that is lost
	}
	r[id] = now.Add(age)
}
