package tvfake

import (
	"maps"
	"time"
)

// pasts is what the company's lists still show while they lag behind writes.
type pasts struct {
	users  history[int32, *account]
	groups history[int64, groupWire]
}

// A history undoes the latest changes of a map. It holds the changes of the last lag only: older
// ones are never asked for again.
type history[K comparable, V any] struct {
	changes []change[K, V]
}

// change is what a key was before one write.
type change[K comparable, V any] struct {
	at      time.Time
	key     K
	before  V
	existed bool
}

// note records the value of key before a write.
func (h *history[K, V]) note(lag time.Duration, key K, before V, existed bool) {
	if lag <= 0 {
		return
	}
	now := time.Now()
	for len(h.changes) > 0 && now.Sub(h.changes[0].at) >= lag {
		h.changes = h.changes[1:]
	}
	h.changes = append(h.changes, change[K, V]{now, key, before, existed})
}

// view returns the map as it was a lag ago. It is current itself when nothing was written since.
func (h *history[K, V]) view(lag time.Duration, current map[K]V) map[K]V {
	since := time.Now().Add(-lag)
	seen := current
	for i := len(h.changes) - 1; i >= 0 && h.changes[i].at.After(since); i-- {
		if i == len(h.changes)-1 {
			seen = maps.Clone(current)
		}
		ch := h.changes[i]
		if ch.existed {
			seen[ch.key] = ch.before
		} else {
			delete(seen, ch.key)
		}
	}
	return seen
}

// forget makes lists show the current value of key.
func (h *history[K, V]) forget(key K) {
	kept := h.changes[:0]
	for _, ch := range h.changes {
		if ch.key != key {
			kept = append(kept, ch)
		}
	}
	h.changes = kept
}
