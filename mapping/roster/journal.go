package roster

import (
	"cmp"
	"slices"
	"time"
)

// change returns an object after a change; had and has report whether it exists. It sets only what
// was written, so that it can be applied to a newer state without reverting other changes.
type change[V any] func(before V, had bool) (after V, has bool)

// created returns the creation of an object. An existing one is from a newer list.
func created[V any](o V) change[V] {
	return func(before V, had bool) (V, bool) {
		if had {
			return before, true
		}
		return o, true
	}
}

// seen returns the replacement of an object by what TeamViewer showed.
func seen[V any](o V) change[V] {
	return func(V, bool) (V, bool) { return o, true }
}

// updated returns the change of an object, if it exists.
func updated[V any](edit func(*V)) change[V] {
	return func(before V, had bool) (V, bool) {
		if had {
			edit(&before)
		}
		return before, had
	}
}

// removed is the removal of an object.
func removed[V any](V, bool) (V, bool) {
	var none V
	return none, false
}

// entry is the evidence about one object: an acknowledged write with the time of its answer, or an
// answer about the object with the time when it was requested.
type entry[ID cmp.Ordered, V any] struct {
	at     time.Time
	id     ID
	change change[V]
	shown  bool // it is what TeamViewer showed, no write
}

// journal has the evidence about single objects that is newer than a list that may still come,
// oldest first. The time of a list is when it began, less the lag by which lists may trail writes.
type journal[ID cmp.Ordered, V any] struct {
	lag     time.Duration
	entries []entry[ID, V]
}

// add adds evidence in the order of time: an answer may come after that of a write that was sent
// later.
func (j *journal[ID, V]) add(e entry[ID, V]) {
	at := len(j.entries)
	for at > 0 && j.entries[at-1].at.After(e.at) {
		at--
	}
	j.entries = slices.Insert(j.entries, at, e)
}

// forget deletes what TeamViewer showed of an object. Acknowledged writes remain.
func (j *journal[ID, V]) forget(id ID) {
	j.entries = slices.DeleteFunc(j.entries, func(e entry[ID, V]) bool { return e.shown && e.id == id })
}

// newer returns the evidence that is newer than a list that began at began. Evidence of the same
// time counts as newer.
func (j *journal[ID, V]) newer(began time.Time) []entry[ID, V] {
	first, _ := slices.BinarySearchFunc(j.entries, began, func(e entry[ID, V], began time.Time) int {
		return e.at.Add(j.lag).Compare(began)
	})
	return j.entries[first:]
}

// trim deletes the evidence that is older than any list that began at began or later.
func (j *journal[ID, V]) trim(began time.Time) {
	// Moving the rest takes time in proportion to its length, so at least half must be deleted.
	if drop := len(j.entries) - len(j.newer(began)); drop*2 > len(j.entries) {
		j.entries = slices.Delete(j.entries, 0, drop)
	}
}

// onto returns the snapshot of a list with the newer evidence.
func (j *journal[ID, V]) onto(s *snapshot[ID, V]) *snapshot[ID, V] {
	for _, e := range j.newer(s.began) {
		s = s.changed(e.id, e.change)
	}
	return s
}

// ontoAnswer returns an answer about one object with the later evidence about it.
func (j *journal[ID, V]) ontoAnswer(answer entry[ID, V]) (o V, here bool) {
	o, here = answer.change(o, false)
	for _, e := range j.entries {
		if e.id == answer.id && e.at.After(answer.at) {
			o, here = e.change(o, here)
		}
	}
	return o, here
}
