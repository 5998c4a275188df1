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

// View is a snapshot, with whether it is past its age at one time. It never changes.
type View[ID cmp.Ordered, V any] struct {
	snapshot *snapshot[ID, V]
	stale    error
}

// ByID returns the object with an id.
func (v *View[ID, V]) ByID(id ID) (V, bool) {
	return v.snapshot.get(id)
}

// All iterates over the objects in ascending order of their ids, which paging needs.
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

// StaleErr returns nil if the view was within its age when it was taken, so that it decides what
// exists and what does not. Otherwise it returns an error that wraps [ErrStale] and, if the latest
// load failed, the error of that load.
func (v *View[ID, V]) StaleErr() error { return v.stale }

// Began returns when the load of the snapshot began. What TeamViewer did before that is in the
// snapshot, except for what lists trail.
func (v *View[ID, V]) Began() time.Time { return v.snapshot.began }

// Age returns the time since the load of the snapshot began.
func (v *View[ID, V]) Age() time.Duration { return time.Since(v.snapshot.began) }

// AllNamed returns the objects with a name, in ascending order of their ids: users by their
// address, ignoring the case of ASCII letters, groups by their name, ignoring the case of Unicode
// letters. TeamViewer has at most one user with an address; a snapshot may have more for a while,
// after an address was given to another user. The manual does not tell whether the names of two
// groups may differ by case alone.
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

// Named returns the object with a name; of several the one with exactly that spelling, otherwise
// the one with the lowest id.
func (v *View[ID, V]) Named(name string) (V, bool) {
	all := v.AllNamed(name)
	if len(all) == 0 {
		var none V
		return none, false
	}
	exact := slices.IndexFunc(all, func(o V) bool { return v.snapshot.kind.name(o) == name })
	return all[max(exact, 0)], true
}
