package roster

import (
	"iter"
	"math/rand/v2"
)

// tree is an immutable ordered map: with and without return another one that shares all nodes but
// those on the path to the change. So every reader has its own version without a copy.
//
// It is a randomised binary search tree (Martínez and Roura, Journal of the ACM 45, 1998): where
// two subtrees are joined, the root is chosen at random in proportion to their sizes, which keeps
// the depth logarithmic for every order of writes.
type tree[K, V any] struct {
	compare func(a, b K) int
	root    *node[K, V]
}

type node[K, V any] struct {
	key         K
	size        int32 // of the subtree
	value       V
	left, right *node[K, V]
}

// item is one key with its value.
type item[K, V any] struct {
	key   K
	value V
}

// newTree returns the tree of items that are sorted by key, without duplicates.
func newTree[K, V any](compare func(a, b K) int, sorted []item[K, V]) tree[K, V] {
	return tree[K, V]{compare: compare, root: balanced(sorted)}
}

func balanced[K, V any](sorted []item[K, V]) *node[K, V] {
	if len(sorted) == 0 {
		return nil
	}
	middle := len(sorted) / 2
	n := &node[K, V]{key: sorted[middle].key, value: sorted[middle].value}
	return n.over(balanced(sorted[:middle]), balanced(sorted[middle+1:]))
}

func (t tree[K, V]) len() int { return int(t.root.len()) }

func (t tree[K, V]) get(k K) (V, bool) {
	for n := t.root; n != nil; {
		switch c := t.compare(k, n.key); {
		case c < 0:
			n = n.left
		case c > 0:
			n = n.right
		default:
			return n.value, true
		}
	}
	var none V
	return none, false
}

// with returns the tree with a value for k.
func (t tree[K, V]) with(k K, v V) tree[K, V] {
	less, more := t.split(t.root, k)
	n := &node[K, V]{key: k, value: v, size: 1}
	return tree[K, V]{compare: t.compare, root: join(join(less, n), more)}
}

// without returns the tree without k.
func (t tree[K, V]) without(k K) tree[K, V] {
	return tree[K, V]{compare: t.compare, root: join(t.split(t.root, k))}
}

// all iterates over the tree in ascending order of the keys.
func (t tree[K, V]) all() iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		t.root.walk(func(K) bool { return true }, yield)
	}
}

// from iterates over the keys from k on in ascending order.
func (t tree[K, V]) from(k K) iter.Seq2[K, V] {
	return func(yield func(K, V) bool) {
		t.root.walk(func(key K) bool { return t.compare(key, k) >= 0 }, yield)
	}
}

// split returns the parts of n before and after k, without k.
func (t tree[K, V]) split(n *node[K, V], k K) (less, more *node[K, V]) {
	if n == nil {
		return nil, nil
	}
	switch c := t.compare(k, n.key); {
	case c < 0:
		less, more = t.split(n.left, k)
		return less, n.over(more, n.right)
	case c > 0:
		less, more = t.split(n.right, k)
		return n.over(n.left, less), more
	default:
		return n.left, n.right
	}
}

// join returns the tree of a and b. Every key of a must be less than every key of b.
func join[K, V any](a, b *node[K, V]) *node[K, V] {
	switch {
	case a == nil:
		return b
	case b == nil:
		return a
	case rand.Int32N(a.size+b.size) < a.size:
		return a.over(a.left, join(a.right, b))
	default:
		return b.over(join(a, b.left), b.right)
	}
}

// over returns a copy of n with other children.
func (n *node[K, V]) over(left, right *node[K, V]) *node[K, V] {
	return &node[K, V]{key: n.key, value: n.value, size: left.len() + 1 + right.len(), left: left, right: right}
}

func (n *node[K, V]) len() int32 {
	if n == nil {
		return 0
	}
	return n.size
}

// walk yields the part of the subtree for which in is true, which must be all keys from some key
// on.
func (n *node[K, V]) walk(in func(K) bool, yield func(K, V) bool) bool {
	switch {
	case n == nil:
		return true
	case !in(n.key):
		return n.right.walk(in, yield)
	}
	return n.left.walk(in, yield) && yield(n.key, n.value) && n.right.walk(in, yield)
}
