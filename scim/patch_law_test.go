package scim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// drawnUser draws a user from few values, so that operations often meet what is there.
func drawnUser(t *rapid.T) scim.User {
	word := rapid.SampledFrom([]string{"", "a", "b"})
	u := scim.User{
		Head:        scim.Head{ID: "77", ExternalID: word.Draw(t, "externalId")},
		UserName:    rapid.SampledFrom([]string{"n", "m"}).Draw(t, "userName"),
		DisplayName: word.Draw(t, "displayName"),
		Name:        scim.Name{GivenName: word.Draw(t, "givenName"), FamilyName: word.Draw(t, "familyName")},
	}
	if rapid.Bool().Draw(t, "has active") {
		u.Active = new(rapid.Bool().Draw(t, "active"))
	}
	for _, typ := range rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"work", "home", ""}), 0, 3, rapid.ID).Draw(t, "emails") {
		u.Emails = append(u.Emails, scim.Email{Value: "v" + typ, Type: typ})
	}
	if department := word.Draw(t, "department"); department != "" {
		u.Other = scim.Attributes{scim.EnterpriseURN: map[string]any{"department": department}}
	}
	return u
}

// drawnOp draws an operation on a user, as a client writes it.
func drawnOp(t *rapid.T) string {
	kind := rapid.SampledFrom([]string{"add", "replace", "remove"}).Draw(t, "op")
	text := rapid.SampledFrom([]string{`"a"`, `"b"`, `""`, `null`})
	flag := rapid.SampledFrom([]string{`true`, `"False"`, `null`})
	emails := rapid.SampledFrom([]string{
		`[]`, `"vwork"`, `{"value":"x","type":"work","primary":true}`,
		`[{"value":"VWORK"},{"value":"y","type":"home","primary":"True"}]`, `[{"display":"d"},{"value":"x"}]`,
	})
	name := rapid.SampledFrom([]string{`{"givenName":"x"}`, `{"familyName":null,"givenName":"y"}`, `{}`, `""`})
	manager := rapid.SampledFrom([]string{`"u1"`, `{"value":"u2"}`, `""`, `[{"$ref":"r","value":"u1"}]`})
	paths := map[string]*rapid.Generator[string]{
		"displayName": text, "title": text, "externalId": text, "active": flag, "name": name, "name.givenName": text,
		"emails": emails, "emails.display": text, `emails[type eq \"work\"].value`: text,
		`emails[type eq \"work\"].primary`: flag, `emails[value sw \"v\"].display`: text,
		`emails[type eq \"home\"]`: rapid.SampledFrom([]string{`{"value":"z"}`, `null`}),
		`emails[not (type pr)]`:    rapid.SampledFrom([]string{`{"value":"z"}`, `{"type":"other"}`}),
		"manager":                  manager, "manager.value": text, scim.EnterpriseURN + ":department": text,
		scim.EnterpriseURN: rapid.SampledFrom([]string{`{"division":"d","manager":"u3"}`, `null`, `{}`}),
	}
	path := rapid.SampledFrom(slices.Sorted(maps.Keys(paths))).Draw(t, "path")
	return fmt.Sprintf(`{"op":"%s","path":"%s","value":%s}`, kind, path, paths[path].Draw(t, "value"))
}

// drawnPatch draws a patch that a user takes.
func drawnPatch(t *rapid.T) scim.Patch {
	p, err := scim.DecodePatch(patchUserType(), "77", operations(rapid.SliceOfN(rapid.Custom(drawnOp), 1, 5).Draw(t, "ops")...))
	if err != nil {
		t.Fatalf("DecodePatch: %v", err)
	}
	return p
}

// apply applies a patch that the user must take, or skips the case.
func apply(t *rapid.T, u scim.User, p scim.Patch) scim.User {
	after, err := scim.Apply(patchUserType(), u, p)
	if _, ok := errors.AsType[*scim.Error](err); ok {
		t.Skip(err)
	}
	if err != nil {
		t.Fatalf("Apply: %v", err)
	}
	return after
}

// TestLawOnceIsEnough: an add or replace that is done again changes nothing more.
func TestLawOnceIsEnough(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawnPatch(t)
		if len(p.Ops) == 0 {
			t.Skip("nothing is asked")
		}
		p.Ops = p.Ops[:1]
		once := apply(t, drawnUser(t), p)
		if diff := cmp.Diff(once, apply(t, once, p)); diff != "" {
			t.Errorf("%s(-once +twice):\n%s", describePatch(p), diff)
		}
	})
}

// TestLawOneAfterTheOther: a patch is its operations one after the other.
func TestLawOneAfterTheOther(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, before := drawnPatch(t), drawnUser(t)
		atOnce := apply(t, before, p)
		step := before
		for _, op := range p.Ops {
			step = apply(t, step, scim.Patch{Ops: []scim.Op{op}})
		}
		if diff := cmp.Diff(atOnce, step); diff != "" {
			t.Errorf("%s(-at once +in steps):\n%s", describePatch(p), diff)
		}
	})
}

// TestLawPure: Apply changes neither the resource nor the patch, and what comes out shares nothing
// with them.
func TestLawPure(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, before := drawnPatch(t), drawnUser(t)
		textBefore, treeBefore := describePatch(p), before.Attributes()
		after := apply(t, before, p)
		spoil(after.Attributes())
		spoil(after.Other)
		for i := range after.Emails {
			after.Emails[i] = scim.Email{Value: "spoilt"}
		}
		if diff := cmp.Diff(treeBefore, before.Attributes()); diff != "" {
			t.Errorf("the resource changed (-before +after):\n%s", diff)
		}
		if diff := cmp.Diff(textBefore, describePatch(p)); diff != "" {
			t.Errorf("the patch changed (-before +after):\n%s", diff)
		}
	})
}

// spoil overwrites everything in a tree.
func spoil(v any) {
	switch v := v.(type) {
	case scim.Attributes:
		spoil(map[string]any(v))
	case map[string]any:
		for key, e := range v {
			spoil(e)
			v[key] = "spoilt"
		}
	case []any:
		for i, e := range v {
			spoil(e)
			v[i] = "spoilt"
		}
	}
}

// TestLawOnlyWhatIsTouched: no key changes that the patch does not touch, and without those
// operations no other does.
func TestLawOnlyWhatIsTouched(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p, before := drawnPatch(t), drawnUser(t)
		old, now := before.Attributes(), apply(t, before, p).Attributes()
		keys := maps.Clone(old)
		maps.Copy(keys, now)
		for key := range keys {
			if diff := cmp.Diff(old[key], now[key]); diff != "" && !p.Touches(key) {
				t.Errorf("%s%s is not touched, but (-before +after):\n%s", describePatch(p), key, diff)
			}
			if rest := p.Without(key); rest.Touches(key) {
				t.Errorf("%s: still touched by\n%s", key, describePatch(rest))
			}
		}
	})
}

// TestLawCanonical: the result is in canonical form, and so is every drawn patch: decoded again it
// is the same.
func TestLawCanonical(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := drawnPatch(t)
		if len(p.Ops) == 0 {
			t.Skip("nothing is asked")
		}
		again, err := scim.DecodePatch(patchUserType(), "77", encodePatch(t, p))
		if err != nil {
			t.Fatalf("%sdecoded again: %v", describePatch(p), err)
		}
		if diff := cmp.Diff(p.Ops, again.Ops); diff != "" {
			t.Errorf("the patch changed (-first +second):\n%s", diff)
		}
		after := apply(t, drawnUser(t), p)
		if diff := cmp.Diff(after, scim.UserOf(after.Attributes())); diff != "" {
			t.Errorf("the user changed (-first +second):\n%s", diff)
		}
	})
}

// TestLawRemoved: what was removed by a filter is not selected by it any more.
func TestLawRemoved(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		expr := rapid.SampledFrom([]string{
			`type eq "work"`, `value sw "v" and not (type pr)`, `type eq "home" or primary eq true`, `value pr`,
		}).Draw(t, "filter")
		path := "emails[" + expr + "]"
		op, err := json.Marshal(map[string]string{"op": "remove", "path": path})
		if err != nil {
			t.Fatal(err)
		}
		selected, err := filter.Parse(path)
		if err != nil {
			t.Fatal(err)
		}
		after := apply(t, drawnUser(t), mustPatch(t, patchUserType(), string(op)))
		if scim.Match(patchUserType(), after, selected) {
			t.Errorf("%s still selects one of %+v", expr, after.Emails)
		}
	})
}

// TestLawMembers: the reduced change does to any group what the operations do one after the other.
func TestLawMembers(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		ids := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "c", "d", "A"}), 0, 4)
		p := scim.Patch{}
		for range rapid.IntRange(1, 6).Draw(t, "operations") {
			op := scim.Op{Kind: rapid.SampledFrom([]scim.OpKind{scim.OpAdd, scim.OpReplace, scim.OpRemove}).Draw(t, "kind")}
			op.Path.Attr = "members"
			if op.Kind != scim.OpRemove || rapid.Bool().Draw(t, "listed") {
				op.Value = elementsOf(ids.Draw(t, "ids"))
			}
			p.Ops = append(p.Ops, op)
		}
		before := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"a", "b", "c", "d", "A"}), 0, 4, rapid.ID).Draw(t, "before")
		group := scim.Group{DisplayName: "g", Members: []scim.Member{}}
		for _, id := range before {
			group.Members = append(group.Members, scim.Member{Value: id})
		}

		change, ok := p.Members()
		if !ok {
			t.Fatalf("%snot reduced", describePatch(p))
		}
		for i, id := range slices.Concat(change.Add, change.Remove) {
			if slices.Contains(slices.Concat(change.Add, change.Remove)[i+1:], id) {
				t.Errorf("%s%q stands twice in %+v", describePatch(p), id, change)
			}
		}
		want := make(map[string]bool)
		for _, id := range before {
			want[id] = !change.Exact && !slices.Contains(change.Remove, id)
		}
		for _, id := range change.Add {
			want[id] = true
		}
		maps.DeleteFunc(want, func(_ string, member bool) bool { return !member })

		after, err := scim.Apply(patchGroupType(), group, p)
		if err != nil {
			t.Fatalf("%sApply: %v", describePatch(p), err)
		}
		got := make(map[string]bool)
		for _, m := range after.Members {
			if got[m.Value] {
				t.Errorf("%s%q is a member twice", describePatch(p), m.Value)
			}
			got[m.Value] = true
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s%+v (-reduced +applied):\n%s", describePatch(p), change, diff)
		}
	})
}

// elementsOf returns ids as elements of members.
func elementsOf(ids []string) []any {
	list := make([]any, len(ids))
	for i, id := range ids {
		list[i] = map[string]any{"value": id}
	}
	return list
}
