package roster

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

func entries(t tree[int, int]) map[int]int { return maps.Collect(t.all()) }

// A tree is a map, and every tree that it came from stays what it was.
func TestTreeIsAMapThatNeverChanges(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.IntRange(0, 40)
		model := rapid.MapOf(key, rapid.Int()).Draw(t, "start")
		var items []item[int, int]
		for _, k := range slices.Sorted(maps.Keys(model)) {
			items = append(items, item[int, int]{k, model[k]})
		}
		trees := []tree[int, int]{newTree(cmp.Compare[int], items)}
		models := []map[int]int{maps.Clone(model)}
		for range rapid.IntRange(0, 60).Draw(t, "steps") {
			now, k := trees[len(trees)-1], key.Draw(t, "key")
			if rapid.Bool().Draw(t, "put") {
				v := rapid.Int().Draw(t, "value")
				now, model[k] = now.with(k, v), v
			} else {
				now = now.without(k)
				delete(model, k)
			}
			trees, models = append(trees, now), append(models, maps.Clone(model))
		}
		for i, tr := range trees {
			if diff := gocmp.Diff(models[i], entries(tr)); diff != "" {
				t.Fatalf("after %d steps:\n%s", i, diff)
			}
			checkTree(t, tr, models[i], key.Draw(t, "probe"))
		}
	})
}

// checkTree checks all methods of a tree at one key.
func checkTree(t *rapid.T, tr tree[int, int], model map[int]int, k int) {
	if tr.len() != len(model) {
		t.Fatalf("len = %d, want %d", tr.len(), len(model))
	}
	want, has := model[k]
	if v, ok := tr.get(k); v != want || ok != has {
		t.Fatalf("get(%d) = %d, %v; want %d, %v", k, v, ok, want, has)
	}
	var from []int
	for key := range tr.from(k) {
		from = append(from, key)
	}
	sorted := slices.Sorted(maps.Keys(model))
	at, _ := slices.BinarySearch(sorted, k)
	if !slices.Equal(from, sorted[at:]) {
		t.Fatalf("from(%d) = %v, want %v", k, from, sorted[at:])
	}
}

func TestIterationStops(t *testing.T) {
	t.Parallel()
	var tr tree[int, int]
	tr.compare = cmp.Compare[int]
	for k := range 100 {
		tr = tr.with(k, k)
	}
	var seen []int
	for k := range tr.from(10) {
		if seen = append(seen, k); len(seen) == 3 {
			break
		}
	}
	if want := []int{10, 11, 12}; !slices.Equal(seen, want) {
		t.Errorf("saw %v, want %v", seen, want)
	}
}

func depth[K, V any](n *node[K, V]) int {
	if n == nil {
		return 0
	}
	return 1 + max(depth(n.left), depth(n.right))
}

// Keys in ascending order are how TeamViewer gives out ids, and what makes a list of a simple tree.
func TestTreeStaysShallow(t *testing.T) {
	t.Parallel()
	const count = 20_000
	tr := tree[int, int]{compare: cmp.Compare[int]}
	for k := range count {
		tr = tr.with(k, k)
	}
	for k := range count / 2 {
		tr = tr.without(k * 2)
	}
	// A random tree of n keys is about 3 log2(n) deep; 5 is never seen.
	if got, limit := depth(tr.root), int(5*math.Log2(count)); got > limit {
		t.Errorf("depth %d, want at most %d", got, limit)
	}
	items := make([]item[int, int], count)
	for k := range items {
		items[k].key = k
	}
	if got, want := depth(newTree(cmp.Compare[int], items).root), 15; got != want {
		t.Errorf("depth of a new tree %d, want %d", got, want)
	}
}
