package roster

import (
	"cmp"
	"slices"
	"time"
)

// change says what becomes of one object: before and after are the object and whether it is there. It touches only what
// was written, so that it can be made again on a newer state without reverting what somebody else changed in it.
type change[V any] func(before V, had bool) (after V, has bool)

// created puts an object where there is none. One that is there came out of a newer list.
func created[V any](o V) change[V] {
	return func(before V, had bool) (V, bool) {
		if had {
			return before, true
		}
		return o, true
	}
}

// seen puts an object as TeamViewer showed it.
func seen[V any](o V) change[V] {
	return func(V, bool) (V, bool) { return o, true }
}

// updated changes an object if it is there.
func updated[V any](edit func(*V)) change[V] {
	return func(before V, had bool) (V, bool) {
		if had {
			edit(&before)
		}
		return before, had
	}
}

// removed takes an object away.
func removed[V any](V, bool) (V, bool) {
	var none V
	return none, false
}

// entry is one piece of evidence about one object: an acknowledged write, as of its answer, or what TeamViewer answered
// to a question about the object, as of the start of that question.
type entry[ID cmp.Ordered, V any] struct {
	at     time.Time
	id     ID
	change change[V]
}

// journal holds the evidence about single objects that is newer than that of a list which may still come, oldest first.
// The newest evidence about an object wins: a list is evidence of when it began less the lag, by which lists may trail
// writes.
type journal[ID cmp.Ordered, V any] struct {
	lag     time.Duration
	entries []entry[ID, V]
}

// add takes in a piece of evidence, at its place in time: the answer to a question may come after that of a write which
// was sent later.
func (j *journal[ID, V]) add(e entry[ID, V]) {
	at := len(j.entries)
	for at > 0 && j.entries[at-1].at.After(e.at) {
		at--
	}
	j.entries = slices.Insert(j.entries, at, e)
}

// newer returns the evidence that is newer than a list that began at began. Of the same moment counts as newer.
func (j *journal[ID, V]) newer(began time.Time) []entry[ID, V] {
	first, _ := slices.BinarySearchFunc(j.entries, began, func(e entry[ID, V], began time.Time) int {
		return e.at.Add(j.lag).Compare(began)
	})
	return j.entries[first:]
}

// trim drops the evidence that is older than that of any list which began at began or later.
func (j *journal[ID, V]) trim(began time.Time) {
	// Moving the rest costs its length, so it waits until half of all can go.
	if drop := len(j.entries) - len(j.newer(began)); drop*2 > len(j.entries) {
		j.entries = slices.Delete(j.entries, 0, drop)
	}
}

// onto returns the snapshot of a list with the newer evidence put onto it.
func (j *journal[ID, V]) onto(s *snapshot[ID, V]) *snapshot[ID, V] {
	for _, e := range j.newer(s.began) {
		s = s.changed(e.id, e.change)
	}
	return s
}

// ontoAnswer returns what an answer about one object comes to with the later evidence about it.
func (j *journal[ID, V]) ontoAnswer(answer entry[ID, V]) (o V, here bool) {
	o, here = answer.change(o, false)
	for _, e := range j.entries {
		if e.id == answer.id && e.at.After(answer.at) {
			o, here = e.change(o, here)
		}
	}
	return o, here
}
