package pgmap

import (
	"maps"
	"sync"
	"time"
)

// Other processes try to acquire a lock in pauses. One that this process acquires again at once, time
// and again, is left to them for a moment.
const (
	longTurn = 500 * time.Millisecond // for so long it may go on
	breather = 2 * lastPause
)

// maxTurns bounds the memory for turns.
const maxTurns = 1000

// turns records how long this process has had locks, almost without interruption.
type turns struct {
	mu sync.Mutex
	by map[int64]turn // by lock
}

type turn struct{ began, released time.Time }

func (t turn) goesOn(now time.Time) bool {
	return t.released.IsZero() || now.Sub(t.released) < lastPause
}

// over reports whether one of the locks is to be left to others now.
func (t *turns) over(ids []int64) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	for _, id := range ids {
		if turn, ok := t.by[id]; ok && turn.goesOn(now) && now.Sub(turn.began) >= longTurn {
			delete(t.by, id)
			return true
		}
	}
	return false
}

// begin records that locks were acquired.
func (t *turns) begin(ids []int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	if len(t.by) >= maxTurns {
		maps.DeleteFunc(t.by, func(_ int64, turn turn) bool { return !turn.goesOn(now) })
	}
	if t.by == nil {
		t.by = make(map[int64]turn)
	}
	for _, id := range ids {
		if !t.by[id].goesOn(now) || t.by[id].began.IsZero() {
			t.by[id] = turn{began: now}
		}
	}
}

// end records that locks were released.
func (t *turns) end(ids []int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, id := range ids {
		if turn, ok := t.by[id]; ok {
			turn.released = time.Now()
			t.by[id] = turn
		}
	}
}
