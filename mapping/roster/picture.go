package roster

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"strings"
	"time"
)

// kind is what the machinery must know of users or of groups.
type kind[ID cmp.Ordered, V any] struct {
	plural string // names the kind in errors, logs and metrics, e.g. "users"
	one    string // names one object in errors, followed by its id, e.g. "user"
	maxAge time.Duration
	// neverEmpty says that a list without any object cannot be true.
	neverEmpty bool

	id   func(V) ID
	name func(V) string // folded: what an object is found by, beside its id
	list func(context.Context) iter.Seq2[V, error]
	get  func(context.Context, ID) (*V, error)
	// installed is called with a loaded picture before anybody sees it; nil: nobody wants to know.
	installed func(view[ID, V])
}

// picture is what TeamViewer holds of one kind. It never changes.
type picture[ID cmp.Ordered, V any] struct {
	kind   *kind[ID, V]
	byID   tree[ID, *V]
	byName tree[nameKey[ID], *V]
	began  time.Time // when the load began that it came from
}

// nameKey orders objects by folded name. Names are unique in TeamViewer; should two objects have the same all the same,
// none is lost, and the lower id comes first.
type nameKey[ID cmp.Ordered] struct {
	name string
	id   ID
}

func compareNames[ID cmp.Ordered](a, b nameKey[ID]) int {
	return cmp.Or(strings.Compare(a.name, b.name), cmp.Compare(a.id, b.id))
}

// newPicture returns the picture of a list that was asked for at began. An object that is in the list twice, which can
// be when something changes between two pages, is as it was the second time.
func newPicture[ID cmp.Ordered, V any](k *kind[ID, V], began time.Time, list []*V) *picture[ID, V] {
	byID := make([]item[ID, *V], 0, len(list))
	for _, o := range slices.Backward(list) {
		byID = append(byID, item[ID, *V]{k.id(*o), o})
	}
	slices.SortStableFunc(byID, func(a, b item[ID, *V]) int { return cmp.Compare(a.key, b.key) })
	byID = slices.CompactFunc(byID, func(a, b item[ID, *V]) bool { return a.key == b.key }) // the later stays

	byName := make([]item[nameKey[ID], *V], len(byID))
	for i, it := range byID {
		byName[i] = item[nameKey[ID], *V]{nameKey[ID]{k.name(*it.value), it.key}, it.value}
	}
	slices.SortFunc(byName, func(a, b item[nameKey[ID], *V]) int { return compareNames(a.key, b.key) })
	return &picture[ID, V]{
		kind:   k,
		byID:   newTree(cmp.Compare[ID], byID),
		byName: newTree(compareNames[ID], byName),
		began:  began,
	}
}

// changed returns the picture in which one object is as change makes it out of what it was.
func (p *picture[ID, V]) changed(id ID, change change[V]) *picture[ID, V] {
	next := *p
	before, had := p.get(id)
	if had {
		next.byID = next.byID.without(id)
		next.byName = next.byName.without(nameKey[ID]{p.kind.name(before), id})
	}
	if after, has := change(before, had); has {
		next.byID = next.byID.with(id, &after)
		next.byName = next.byName.with(nameKey[ID]{p.kind.name(after), id}, &after)
	}
	return &next
}

func (p *picture[ID, V]) get(id ID) (V, bool) {
	if o, ok := p.byID.get(id); ok {
		return *o, true
	}
	var none V
	return none, false
}

// view is a picture as it may be used from one moment on.
type view[ID cmp.Ordered, V any] struct {
	picture  *picture[ID, V]
	absent   error
	previous *picture[ID, V] // only in the view that is handed to installed, if there was one
}

// ByID returns the object with that id.
func (v *view[ID, V]) ByID(id ID) (V, bool) {
	return v.picture.get(id)
}

// All walks over the objects in ascending order of their ids, the stable order that paging needs.
func (v *view[ID, V]) All() iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, o := range v.picture.byID.all() {
			if !yield(*o) {
				return
			}
		}
	}
}

// Len returns the number of objects.
func (v *view[ID, V]) Len() int { return v.picture.byID.len() }

// Absent returns nil when the view may say that something is not here. Else it returns why it may not: an error that
// wraps [ErrStale] and, when the latest load failed, the error of that load. It is decided when the view is taken.
func (v *view[ID, V]) Absent() error { return v.absent }

// Began returns when the load of the picture began. What TeamViewer did before that is in the picture.
func (v *view[ID, V]) Began() time.Time { return v.picture.began }

// Age returns the time since the load of the picture began.
func (v *view[ID, V]) Age() time.Duration { return time.Since(v.picture.began) }

// Vanished walks over the ids, ascending, that the picture before this one held and this one lacks. Only the view that
// is handed to Options.OnUsers or OnGroups knows; every other one yields nothing.
func (v *view[ID, V]) Vanished() iter.Seq[ID] {
	return func(yield func(ID) bool) {
		if v.previous == nil {
			return
		}
		for id := range v.previous.byID.all() {
			if _, here := v.picture.get(id); !here && !yield(id) {
				return
			}
		}
	}
}

// byName walks over the objects with that folded name, the lowest id first.
func (v *view[ID, V]) byName(name string) iter.Seq[V] {
	return func(yield func(V) bool) {
		for k, o := range v.picture.byName.from(nameKey[ID]{name: name}) {
			if k.name != name || !yield(*o) {
				return
			}
		}
	}
}
