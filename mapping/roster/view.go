package roster

import (
	"cmp"
	"iter"
	"slices"
	"time"

	"tvscim/tvapi"
)

// UserView is a view of the company's users.
type UserView = View[tvapi.UserID, tvapi.User]

// GroupView is a view of the company's user groups, without their members.
type GroupView = View[tvapi.GroupID, tvapi.Group]

// View is a snapshot as it may be used from one moment on. It never changes.
type View[ID cmp.Ordered, V any] struct {
	snapshot *snapshot[ID, V]
	stale    error
}

// ByID returns the object with that id.
func (v *View[ID, V]) ByID(id ID) (V, bool) {
	return v.snapshot.get(id)
}

// All walks over the objects in ascending order of their ids, the stable order that paging needs.
func (v *View[ID, V]) All() iter.Seq[V] {
	return func(yield func(V) bool) {
		for _, o := range v.snapshot.byID.all() {
			if !yield(*o) {
				return
			}
		}
	}
}

// Len returns the number of objects.
func (v *View[ID, V]) Len() int { return v.snapshot.byID.len() }

// StaleErr returns nil while the view is within its age: what it holds and what it lacks is an answer. Else it returns why
// not: an error that wraps [ErrStale] and, when the latest load failed, the error of that load. It is decided when the
// view is taken.
func (v *View[ID, V]) StaleErr() error { return v.stale }

// Began returns when the load of the snapshot began. What TeamViewer did before that is in the snapshot, except for
// what lists lag behind.
func (v *View[ID, V]) Began() time.Time { return v.snapshot.began }

// Age returns the time since the load of the snapshot began.
func (v *View[ID, V]) Age() time.Duration { return time.Since(v.snapshot.began) }

// AllNamed returns the objects with that name, by ascending id: users by their address, in any case of its ASCII letters,
// groups by their name, in any letter case (Unicode). TeamViewer knows one user of an address at most; a snapshot may show
// more for a while, after the address of one was given to another. Whether the names of two groups may differ by case alone
// is TeamViewer's to say, and its manual does not.
func (v *View[ID, V]) AllNamed(name string) (all []V) {
	name = v.snapshot.kind.fold(name)
	for k, o := range v.snapshot.byName.from(nameKey[ID]{name: name}) {
		if k.name != name {
			break
		}
		all = append(all, *o)
	}
	return all
}

// Named returns the object with that name. Of several it is the one spelt exactly so, otherwise the one with the lowest id.
func (v *View[ID, V]) Named(name string) (V, bool) {
	all := v.AllNamed(name)
	if len(all) == 0 {
		var none V
		return none, false
	}
	exact := slices.IndexFunc(all, func(o V) bool { return v.snapshot.kind.name(o) == name })
	return all[max(exact, 0)], true
}
