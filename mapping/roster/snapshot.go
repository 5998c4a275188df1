package roster

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"
)

// kind has what differs between users and groups.
type kind[ID cmp.Ordered, V any] struct {
	plural string // names the kind in errors, logs and metrics, e.g. "users"
	one    string // names one object in errors, followed by its id, e.g. "user"
	maxAge time.Duration
	// neverEmpty means that an empty list is an error.
	neverEmpty bool

	id   func(V) ID
	name func(V) string      // the second index
	fold func(string) string // of names
	list func(context.Context) iter.Seq2[V, error]
	get  func(context.Context, ID) (*V, error)
	// loaded is Options.OnUsers or OnGroups.
	loaded func(*View[ID, V])
	// missing is Options.MissingUsers or MissingGroups.
	missing func(*View[ID, V]) (missing, known int)
	// removed is called after an object was removed; nil: none.
	removed func(ID)
	// wrote is called with what this process does; nil: there are no others. See Options.Wrote.
	wrote func(what what, id ID, o V)
	// stretch is Options.Stretch; nil: there are no others.
	stretch func() int
}

// announce calls wrote, if there is one.
func (k *kind[ID, V]) announce(what what, id ID, o V) {
	if k.wrote != nil {
		k.wrote(what, id, o)
	}
}

// stretched returns an age with as many processes that load lists as there are.
func (k *kind[ID, V]) stretched(age time.Duration) time.Duration {
	if k.stretch == nil {
		return age
	}
	return age * time.Duration(max(k.stretch(), 1))
}

func (k *kind[ID, V]) nameKey(o V) string { return k.fold(k.name(o)) }

// snapshot is what TeamViewer has of one kind: a list, with the later evidence about single
// objects. It never changes.
type snapshot[ID cmp.Ordered, V any] struct {
	kind   *kind[ID, V]
	byID   tree[ID, *V]
	byName tree[nameKey[ID], *V]
	began  time.Time // when the load of the list began
}

// nameKey orders objects by folded name and id. Names are unique in TeamViewer, but two objects of
// a snapshot may have the same.
type nameKey[ID cmp.Ordered] struct {
	name string
	id   ID
}

func compareNames[ID cmp.Ordered](a, b nameKey[ID]) int {
	return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
}

// newSnapshot returns the snapshot of a list whose load began at began. If the list has an object
// twice, which happens when something changes between two pages, the second one counts.
func newSnapshot[ID cmp.Ordered, V any](k *kind[ID, V], began time.Time, list []*V) *snapshot[ID, V] {
	byID := make([]item[ID, *V], 0, len(list))
	for _, o := range slices.Backward(list) {
		byID = append(byID, item[ID, *V]{k.id(*o), o})
	}
	slices.SortStableFunc(byID, func(a, b item[ID, *V]) int { return cmp.Compare(a.key, b.key) })
	// the later one remains
	byID = slices.CompactFunc(byID, func(a, b item[ID, *V]) bool { return a.key == b.key })

	byName := make([]item[nameKey[ID], *V], len(byID))
	for i, it := range byID {
		byName[i] = item[nameKey[ID], *V]{nameKey[ID]{k.nameKey(*it.value), it.key}, it.value}
	}
	slices.SortFunc(byName, func(a, b item[nameKey[ID], *V]) int { return compareNames(a.key, b.key) })
	return &snapshot[ID, V]{
		kind:   k,
		byID:   newTree(cmp.Compare[ID], byID),
		byName: newTree(compareNames[ID], byName),
		began:  began,
	}
}

// changed returns the snapshot with a change of one object.
func (s *snapshot[ID, V]) changed(id ID, change change[V]) *snapshot[ID, V] {
	next := *s
	before, had := s.get(id)
	if had {
		next.byID = next.byID.without(id)
		next.byName = next.byName.without(nameKey[ID]{s.kind.nameKey(before), id})
	}
	if after, has := change(before, had); has {
		next.byID = next.byID.with(id, &after)
		next.byName = next.byName.with(nameKey[ID]{s.kind.nameKey(after), id}, &after)
	}
	return &next
}

func (s *snapshot[ID, V]) get(id ID) (V, bool) {
	var none V
	if s == nil {
		return none, false
	}
	if o, ok := s.byID.get(id); ok {
		return *o, true
	}
	return none, false
}

// lost returns how many objects of an earlier snapshot this one lacks.
func (s *snapshot[ID, V]) lost(earlier *snapshot[ID, V]) int {
	n := 0
	for id := range earlier.byID.all() {
		if _, here := s.byID.get(id); !here {
			n++
		}
	}
	return n
}
