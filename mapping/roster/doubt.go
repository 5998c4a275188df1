package roster

import (
	"context"
	"maps"
	"time"
)

// anew asks TeamViewer about an object, whatever the picture says.
func (k *keeper[ID, V]) anew(ctx context.Context, id ID) (V, error) {
	k.doubt(id)
	return k.object(ctx, id)
}

// doubt has the picture answer no more for an object, until TeamViewer was asked about it or a list has come that was
// begun later. A question under way may have been answered before, so it is not shared any more.
func (k *keeper[ID, V]) doubt(id ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.doubts[id] = time.Now()
	delete(k.asking, id)
}

// resolve ends the doubts that a list begun at began has settled. The lock is held.
func (k *keeper[ID, V]) resolve(began time.Time) {
	maps.DeleteFunc(k.doubts, func(_ ID, at time.Time) bool { return at.Add(k.journal.lag).Before(began) })
}

// doubted tells whether a question about an object that is in doubt can end the doubt: it was begun after it. The lock is
// held.
func (k *keeper[ID, V]) doubted(id ID, began time.Time) bool {
	at, ok := k.doubts[id]
	return ok && !began.Before(at)
}

// doubtedSince is when an object came in doubt; zero when it is not.
func (k *keeper[ID, V]) doubtedSince(id ID) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.doubts[id]
}
