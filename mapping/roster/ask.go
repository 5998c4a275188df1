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
type question[V any] struct {
	began  time.Time
	done   chan struct{} // closed at the end
	object V             // these two are valid once done is closed
	err    error
}

// object returns the object with that id: out of the picture, else from TeamViewer itself. While there is only a picture
// of long ago, TeamViewer is asked about an object in it too; for want of an answer the object is as it was then. One that
// is in doubt is always asked about, and the picture does not stand in for an answer.
func (k *keeper[ID, V]) object(ctx context.Context, id ID) (V, error) {
	var none V
	if _, err := k.within(ctx); err != nil {
		return none, err
	}
	k.mu.Lock()
	// Looked up only now that the lock is held: it may have come since.
	older, here := k.current.get(id)
	_, doubted := k.doubts[id]
	if here && !doubted && !k.blind() {
		k.mu.Unlock()
		return older, nil
	}
	if !here && k.unknown.has(id, time.Now()) {
		k.mu.Unlock()
		return none, k.errUnknown(id)
	}
	q := k.question(ctx, id)
	k.mu.Unlock()
	if q == nil {
		return none, fmt.Errorf("%s %v: %w", k.kind.one, id, ErrClosed)
	}
	if !here || doubted {
		return k.answer(ctx, id, q)
	}
	patient, cancel := context.WithTimeout(ctx, k.patience)
	defer cancel()
	if o, err := k.answer(patient, id, q); err == nil || errors.Is(err, ErrUnknown) {
		return o, err
	}
	return older, nil
}

// question returns the question about an id that is under way, or asks it; nil when the keeper is closed. The lock is held.
func (k *keeper[ID, V]) question(asker context.Context, id ID) *question[V] {
	q := k.asking[id]
	if q == nil && k.closing.Err() == nil {
		q = &question[V]{began: time.Now(), done: make(chan struct{})}
		k.asking[id] = q
		k.work.Go(func() { k.ask(asker, id, q) })
	}
	return q
}

// answer awaits the answer to a question until ctx ends.
func (k *keeper[ID, V]) answer(ctx context.Context, id ID, q *question[V]) (V, error) {
	select {
	case <-q.done:
		return q.object, q.err
	case <-ctx.Done():
		var none V
		return none, fmt.Errorf("%s %v: %w", k.kind.one, id, context.Cause(ctx))
	}
}

// ask asks TeamViewer about one id and remembers the answer.
func (k *keeper[ID, V]) ask(asker context.Context, id ID, q *question[V]) {
	ctx, cancel := k.detached(asker)
	defer cancel()
	o, err := k.kind.get(ctx, id)
	unknown, err := k.judge(ctx, id, q.began, err)
	if o == nil {
		o = new(V)
	}

	k.mu.Lock()
	defer k.mu.Unlock()
	known, here := k.current.get(id)
	switch {
	case here && !k.doubted(id, q.began) && !k.blind(): // by now
		q.object = known
	case err != nil:
		q.err = fmt.Errorf("%s %v: %w", k.kind.one, id, err)
	case k.asking[id] == q:
		q.object, q.err = k.settle(id, q.began, *o, !unknown)
	case unknown:
		q.err = k.errUnknown(id)
	default: // a doubt came up meanwhile, so the picture learns from a later answer
		q.object = *o
	}
	if k.asking[id] == q {
		delete(k.asking, id)
	}
	close(q.done)
}

// blind tells whether the picture is so old that it says little about how an object is now: older than it becomes while the
// next one is loaded. Else the load after a long rest, or one that fails, would have clients told what was true long ago.
// The lock is held.
func (k *keeper[ID, V]) blind() bool { return time.Since(k.current.began) > 2*k.age() }

// judge tells whether an answer means that there is no such object: an error of TeamViewer about this very id does.
// Others do not without a picture that lacks the id: TeamViewer may refuse an unknown id as invalid (the manual names no
// status for it), but not everything that it refuses so is unknown; and a 404 that is not the Web API's may be that of
// whatever stands before it, so that only a picture asked for later can tell. The error is why nothing can be said.
func (k *keeper[ID, V]) judge(ctx context.Context, id ID, began time.Time, answer error) (unknown bool, err error) {
	var after time.Time
	switch e, _ := errors.AsType[*tvapi.Error](answer); {
	case e == nil:
		return false, answer
	case e.Kind == tvapi.KindNotFound:
		return true, nil
	case e.Kind == tvapi.KindInvalid:
		after = k.doubtedSince(id) // the picture that is in doubt is no witness
	case e.Kind == tvapi.KindForeign && e.Status == http.StatusNotFound:
		after = began
	default:
		return false, answer
	}
	v, err := k.since(ctx, after)
	if err != nil {
		return false, err
	}
	if _, here := v.ByID(id); here {
		return false, answer
	}
	return true, nil
}

// settle takes in what TeamViewer said of an id that the picture lacks, as if it were a picture of that one object: a
// write that was answered meanwhile counts more. An object that the picture has is left to the next picture, unless it is
// in doubt: then the answer counts more than the picture and than the writes that were answered before the doubt. The lock
// is held.
func (k *keeper[ID, V]) settle(id ID, began time.Time, o V, here bool) (V, error) {
	var after time.Time
	doubted := k.doubted(id, began)
	if doubted {
		after = k.doubts[id]
		delete(k.doubts, id)
	}
	if o, here = k.journal.ontoOne(began, after, id, o, here); !here {
		k.unknown.add(id, time.Now(), k.age())
		if doubted {
			k.record(id, removed[V])
		}
		return o, k.errUnknown(id)
	}
	delete(k.unknown, id)
	switch _, known := k.current.get(id); {
	case doubted:
		k.record(id, seen(o))
	case !known:
		k.record(id, created(o))
	}
	return o, nil
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
