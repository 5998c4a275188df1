package scim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
)

// group generates groups as Decode makes them: members are not known, none, or some.
func group() *rapid.Generator[scim.Group] {
	return rapid.Custom(func(t *rapid.T) scim.Group {
		g := scim.Group{Head: head().Draw(t, "head"), DisplayName: word().Draw(t, "displayName")}
		if rapid.Bool().Draw(t, "members known") {
			g.Members = []scim.Member{}
		}
		for range rapid.IntRange(0, 3).Draw(t, "members") {
			g.Members = append(g.Members, scim.Member{Value: word().Draw(t, "value"), Display: maybe().Draw(t, "display")})
		}
		return g
	})
}

// A group is its tree: also one whose members are not known, and one that has none.
func TestGroupOfAttributes(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		g := group().Draw(rt, "group")
		if diff := cmp.Diff(g, scim.GroupOf(g.Attributes())); diff != "" {
			rt.Fatalf("GroupOf(g.Attributes()) differs (-g +got):\n%s", diff)
		}
		if diff := cmp.Diff(g, scim.Of[scim.Group](g.Attributes())); diff != "" {
			rt.Fatalf("Of[Group](g.Attributes()) differs (-g +got):\n%s", diff)
		}
	})
}

func TestGroupAttributes(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		group scim.Group
		want  scim.Attributes
	}{
		{"zero", scim.Group{}, scim.Attributes{}},
		{"members not known", scim.Group{DisplayName: "Lab"}, scim.Attributes{"displayName": "Lab"}},
		{"no members", scim.Group{DisplayName: "Lab", Members: []scim.Member{}},
			scim.Attributes{"displayName": "Lab", "members": []any{}}},
		{"members", scim.Group{Head: scim.Head{ID: "7"}, Members: []scim.Member{{Value: "u1", Display: "Nora"}, {Value: "u2"}}},
			scim.Attributes{"id": "7", "members": []any{
				map[string]any{"value": "u1", "display": "Nora", "type": "User"}, map[string]any{"value": "u2", "type": "User"}}}},
		{"other", scim.Group{Other: scim.Attributes{"x": "y"}}, scim.Attributes{"x": "y"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if diff := cmp.Diff(tt.want, tt.group.Attributes()); diff != "" {
				t.Errorf("attributes differ (-want +got):\n%s", diff)
			}
		})
	}
}

// References and types of members are not stored: the one is added by the protocol layer, the other
// always the same.
func TestGroupOfDropsWhatMembersAre(t *testing.T) {
	t.Parallel()
	g := scim.GroupOf(scim.Attributes{"members": []any{
		map[string]any{"value": "u1", "$ref": "https://example.com/Users/u1", "type": "User"}, "odd"}})
	if diff := cmp.Diff(scim.Group{Members: []scim.Member{{Value: "u1"}}}, g); diff != "" {
		t.Errorf("group differs (-want +got):\n%s", diff)
	}
}

func TestAttributesGet(t *testing.T) {
	t.Parallel()
	a := scim.Attributes{"title": "Dr.", badgeURN: map[string]any{"number": "7"}, badgeOwnerURN: "odd"}
	tests := []struct {
		name, schema, attr string
		want               any
	}{
		{"core", "", "title", "Dr."},
		{"core, absent", "", "nickName", nil},
		{"extension", badgeURN, "number", "7"},
		{"extension, absent attribute", badgeURN, "weight", nil},
		{"absent extension", scim.EnterpriseURN, "department", nil},
		{"extension that is no object", badgeOwnerURN, "deposit", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := a.Get(tt.schema, tt.attr); got != tt.want {
				t.Errorf("Get(%q, %q) = %v, want %v", tt.schema, tt.attr, got, tt.want)
			}
		})
	}
}

func TestAttributesClone(t *testing.T) {
	t.Parallel()
	a := scim.Attributes{"a": []any{map[string]any{"b": []any{"c"}}}, "d": true}
	c := a.Clone()
	if diff := cmp.Diff(a, c); diff != "" {
		t.Errorf("clone differs (-want +got):\n%s", diff)
	}
	c["a"].([]any)[0].(map[string]any)["b"].([]any)[0] = "changed"
	if got := a["a"].([]any)[0].(map[string]any)["b"].([]any)[0]; got != "c" {
		t.Errorf("the original changed with its clone: %v", got)
	}
	if c := scim.Attributes(nil).Clone(); c == nil || len(c) != 0 {
		t.Errorf("clone of nil = %#v, want an empty tree", c)
	}
}
