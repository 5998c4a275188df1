package roster

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"testing"
	"time"

	"tvscim/tvapi"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// thing stands for a user or a group.
type thing struct {
	ID   int
	Name string
	Note string
}

var things = &kind[int, thing]{
	plural: "things", one: "thing", maxAge: time.Minute,
	id:   func(o thing) int { return o.ID },
	name: func(o thing) string { return o.Name },
	fold: tvapi.FoldName,
	list: func(context.Context) iter.Seq2[thing, error] { return func(func(thing, error) bool) {} },
}

func snapshotOf(began time.Time, list ...thing) *snapshot[int, thing] {
	pointers := make([]*thing, len(list))
	for i := range list {
		pointers[i] = &list[i]
	}
	return newSnapshot(things, began, pointers)
}

func (p *snapshot[ID, V]) list() []V {
	v := View[ID, V]{snapshot: p}
	return slices.Collect(v.All())
}

func (p *snapshot[ID, V]) named(name string) []V {
	v := View[ID, V]{snapshot: p}
	return v.AllNamed(name)
}

func TestSnapshotIsOrderedByID(t *testing.T) {
	t.Parallel()
	p := snapshotOf(time.Time{}, thing{ID: 3}, thing{ID: 1}, thing{ID: 10}, thing{ID: 2})
	want := []thing{{ID: 1}, {ID: 2}, {ID: 3}, {ID: 10}}
	if diff := gocmp.Diff(want, p.list()); diff != "" {
		t.Error(diff)
	}
}

// A page may repeat what was on the page before when something changes between two calls.
func TestOfAnObjectListedTwiceTheLaterCounts(t *testing.T) {
	t.Parallel()
	p := snapshotOf(time.Time{}, thing{1, "a", "old"}, thing{2, "b", ""}, thing{1, "c", "new"})
	if diff := gocmp.Diff([]thing{{1, "c", "new"}, {2, "b", ""}}, p.list()); diff != "" {
		t.Error(diff)
	}
	if got := p.named(tvapi.FoldName("a")); len(got) != 0 {
		t.Errorf("the earlier name finds %v", got)
	}
}

func TestOfTwoWithOneNameTheLowerIDComesFirst(t *testing.T) {
	t.Parallel()
	p := snapshotOf(time.Time{}, thing{9, "X", ""}, thing{4, "x", ""}, thing{7, "xx", ""})
	want := []thing{{4, "x", ""}, {9, "X", ""}}
	if diff := gocmp.Diff(want, p.named(tvapi.FoldName("x"))); diff != "" {
		t.Error(diff)
	}
	p = p.changed(4, removed)
	if diff := gocmp.Diff(want[1:], p.named(tvapi.FoldName("x"))); diff != "" {
		t.Error(diff)
	}
}

// Whatever is written, the index of names agrees with the objects.
func TestNamesAndObjectsAgree(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"a", "A", "b", "ß", "ẞ"})
		p, model := snapshotOf(time.Time{}), map[int]thing{}
		for range rapid.IntRange(1, 30).Draw(t, "steps") {
			c := drawChange(t, name)
			p = p.changed(c.id, c.change)
			before, had := model[c.id]
			delete(model, c.id)
			if after, has := c.change(before, had); has {
				model[c.id] = after
			}
		}
		for _, n := range []string{"a", "b", "ß"} {
			var want []thing
			for _, o := range model {
				if tvapi.FoldName(o.Name) == tvapi.FoldName(n) {
					want = append(want, o)
				}
			}
			slices.SortFunc(want, func(a, b thing) int { return cmp.Compare(a.ID, b.ID) })
			if diff := gocmp.Diff(want, p.named(tvapi.FoldName(n))); diff != "" {
				t.Fatalf("%q:\n%s", n, diff)
			}
		}
		if p.byID.len() != len(model) || p.byName.len() != len(model) {
			t.Fatalf("%d objects, %d names, want %d", p.byID.len(), p.byName.len(), len(model))
		}
	})
}

// drawChange draws one write.
func drawChange(t *rapid.T, name *rapid.Generator[string]) entry[int, thing] {
	e := entry[int, thing]{id: rapid.IntRange(1, 5).Draw(t, "id")}
	o := thing{ID: e.id, Name: name.Draw(t, "name"), Note: rapid.StringN(1, 3, -1).Draw(t, "note")}
	switch rapid.SampledFrom([]string{"create", "rename", "annotate", "remove"}).Draw(t, "write") {
	case "create":
		e.change = created(o)
	case "rename":
		e.change = updated(func(before *thing) { before.Name = o.Name })
	case "annotate":
		e.change = updated(func(before *thing) { before.Note = o.Note })
	case "remove":
		e.change = removed[thing]
	}
	return e
}
