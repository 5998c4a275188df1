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

// seen puts an object as TeamViewer has just shown it.
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

// entry is one answered write.
type entry[ID cmp.Ordered, V any] struct {
	at     time.Time // when the answer came
	id     ID
	change change[V]
}

// journal holds the answered writes, oldest first, that a list or an answer may still lack.
type journal[ID cmp.Ordered, V any] struct {
	lag     time.Duration // how long after its answer a write may be missing from a list
	entries []entry[ID, V]
}

func (j *journal[ID, V]) add(e entry[ID, V]) { j.entries = append(j.entries, e) }

// missing returns the writes that may be missing from what was asked for at began. At the very moment counts as missing.
func (j *journal[ID, V]) missing(began time.Time) []entry[ID, V] {
	first, _ := slices.BinarySearchFunc(j.entries, began, func(e entry[ID, V], began time.Time) int {
		return e.at.Add(j.lag).Compare(began)
	})
	return j.entries[first:]
}

// trim drops the writes that nothing asked for at began or later lacks.
func (j *journal[ID, V]) trim(began time.Time) {
	// Moving the rest costs its length, so it waits until half of all can go.
	if drop := len(j.entries) - len(j.missing(began)); drop*2 > len(j.entries) {
		j.entries = slices.Delete(j.entries, 0, drop)
	}
}

// onto returns the picture with the writes made that it may lack, all but the first skip of them, and how many it may lack
// in all.
func (j *journal[ID, V]) onto(p *picture[ID, V], skip int) (*picture[ID, V], int) {
	missing := j.missing(p.began)
	for _, e := range missing[skip:] {
		p = p.changed(e.id, e.change)
	}
	return p, len(missing)
}

// ontoOne does the same for an answer about a single object, with the writes that were answered after that time.
func (j *journal[ID, V]) ontoOne(began, after time.Time, id ID, o V, here bool) (V, bool) {
	for _, e := range j.missing(began) {
		if e.id == id && e.at.After(after) {
			o, here = e.change(o, here)
		}
	}
	return o, here
}
