package scim_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

func TestPatchMembers(t *testing.T) {
	t.Parallel()
	const (
		addA    = `{"op":"add","path":"members","value":[{"value":"a"}]}`
		addBC   = `{"op":"add","path":"members","value":[{"value":"b"},{"value":"c"}]}`
		removeA = `{"op":"remove","path":"members[value eq \"a\"]"}`
		removeB = `{"op":"remove","path":"members","value":[{"value":"b"}]}`
		empty   = `{"op":"remove","path":"members"}`
		onlyB   = `{"op":"replace","path":"members","value":"b"}`
		rename  = `{"op":"replace","path":"displayName","value":"h"}`
	)
	tests := []struct {
		name  string
		ops   []string
		want  scim.MemberChange
		ok    bool
		needs scim.Needs
	}{
		{"nothing", []string{`{"op":"remove","path":"shoeSize"}`}, scim.MemberChange{}, true, scim.Needs{}},
		{"another attribute", []string{rename}, scim.MemberChange{}, true, scim.Needs{Resource: true}},
		{"add", []string{addA, addBC}, scim.MemberChange{Add: []string{"a", "b", "c"}}, true, scim.Needs{}},
		{"add twice", []string{addA, removeB, addA}, scim.MemberChange{Add: []string{"a"}, Remove: []string{"b"}}, true, scim.Needs{}},
		{"add, then remove", []string{addA, addBC, removeA}, scim.MemberChange{Add: []string{"b", "c"}, Remove: []string{"a"}}, true, scim.Needs{}},
		{"remove, then add", []string{removeA, addA}, scim.MemberChange{Add: []string{"a"}}, true, scim.Needs{}},
		{"delta and a rename", []string{addA, rename, removeB}, scim.MemberChange{Add: []string{"a"}, Remove: []string{"b"}}, true, scim.Needs{Resource: true}},
		{"remove all", []string{addA, empty}, scim.MemberChange{Exact: true}, true, scim.Needs{Members: true}},
		{"replace", []string{addA, removeB, onlyB}, scim.MemberChange{Exact: true, Add: []string{"b"}}, true, scim.Needs{Members: true}},
		{"replace, then more", []string{onlyB, addA, removeB}, scim.MemberChange{Exact: true, Add: []string{"a"}}, true, scim.Needs{Members: true}},
		{"ids are exact", []string{addA, `{"op":"remove","path":"members","value":"A"}`}, scim.MemberChange{Add: []string{"a"}, Remove: []string{"A"}}, true, scim.Needs{}},
		{"another filter", []string{addA, `{"op":"remove","path":"members[display eq \"x\"]"}`}, scim.MemberChange{}, false, scim.Needs{Members: true}},
		{"a filter before a replace", []string{`{"op":"remove","path":"members[display eq \"x\"]"}`, onlyB}, scim.MemberChange{}, false, scim.Needs{Members: true}},
		{"a sub-attribute", []string{`{"op":"replace","path":"members.display","value":"x"}`}, scim.MemberChange{}, false, scim.Needs{Members: true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p := mustPatch(t, patchGroupType(), tt.ops...)
			got, ok := p.Members()
			if ok != tt.ok {
				t.Errorf("Members: ok is %t, want %t", ok, tt.ok)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("Members (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tt.needs, p.Needs()); diff != "" {
				t.Errorf("Needs (-want +got):\n%s", diff)
			}
		})
	}
}

// TestPatchMembersHandMade: what is no member is not taken for one.
func TestPatchMembersHandMade(t *testing.T) {
	t.Parallel()
	for _, value := range []any{"a", []any{"a"}, []any{map[string]any{"display": "a"}}, map[string]any{"value": "a"}} {
		p := scim.Patch{Ops: []scim.Op{{Kind: scim.OpAdd, Path: scim.Path{Attr: "members"}, Value: value}}}
		if change, ok := p.Members(); ok {
			t.Errorf("Members of %v: %v, want not to be reducible", value, change)
		}
	}
}

func TestPatchNeedsOfUser(t *testing.T) {
	t.Parallel()
	for op, want := range map[string]scim.Needs{
		`{"op":"replace","path":"active","value":"False"}`:   {Resource: true},
		`{"op":"replace","path":"manager","value":"u1"}`:     {Resource: true},
		`{"op":"replace","path":"shoeSize","value":"large"}`: {},
	} {
		if got := mustPatch(t, patchUserType(), op).Needs(); got != want {
			t.Errorf("Needs of %s: %+v, want %+v", op, got, want)
		}
	}
}

func TestPatchTouchesAndWithout(t *testing.T) {
	t.Parallel()
	p := mustPatch(t, patchUserType(),
		`{"op":"replace","path":"name.givenName","value":"Nora"}`,
		`{"op":"replace","path":"emails[type eq \"work\"].value","value":"w@x.example"}`,
		`{"op":"replace","path":"manager","value":"u1"}`,
		`{"op":"remove","path":"`+ssoURN+`"}`,
		`{"op":"replace","path":"name.familyName","value":"Vale"}`,
	)
	for key, want := range map[string]bool{
		"name": true, "emails": true, scim.EnterpriseURN: true, ssoURN: true,
		"manager": false, "userName": false, "givenName": false, "": false,
	} {
		if got := p.Touches(key); got != want {
			t.Errorf("Touches(%q) = %t, want %t", key, got, want)
		}
	}
	want := "replace emails[type eq \"work\"].value \"w@x.example\"\n" +
		"remove " + ssoURN + "\n"
	if diff := cmp.Diff(want, describePatch(p.Without("name", scim.EnterpriseURN))); diff != "" {
		t.Errorf("Without (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(describePatch(p), describePatch(p.Without())); diff != "" {
		t.Errorf("Without nothing (-want +got):\n%s", diff)
	}
	if !p.Without("name", "emails", scim.EnterpriseURN, ssoURN).Empty() {
		t.Error("Without everything is not empty")
	}
}

func TestPatchValues(t *testing.T) {
	t.Parallel()
	p := mustPatch(t, patchUserType(),
		`{"op":"replace","path":"userName","value":"a@x.example"}`,
		`{"op":"add","value":{"userName":"b@x.example","displayName":"B","name":{"formatted":"F"}}}`,
		`{"op":"remove","path":"displayName"}`,
		`{"op":"replace","path":"`+scim.EnterpriseURN+`:department","value":"Field"}`,
		`{"op":"replace","path":"name.givenName","value":"G"}`,
	)
	for key, want := range map[string][]string{
		"userName":           {"a@x.example", "b@x.example"},
		"displayName":        {"B"},
		"name":               nil,
		"department":         nil,
		scim.EnterpriseURN:   nil,
		"active":             nil,
		"neverHeardOfBefore": nil,
	} {
		if diff := cmp.Diff(want, p.Values(key)); diff != "" {
			t.Errorf("Values(%q) (-want +got):\n%s", key, diff)
		}
	}
}

func TestPatchActive(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name         string
		ops          []string
		value, named bool
	}{
		{"not named", []string{`{"op":"replace","path":"title","value":"x"}`}, false, false},
		{"false", []string{`{"op":"Replace","path":"active","value":"False"}`}, false, true},
		{"true", []string{`{"op":"add","value":{"active":true}}`}, true, true},
		{"the last word", []string{`{"op":"replace","path":"active","value":true}`, `{"op":"replace","value":{"title":"x","active":"false"}}`}, false, true},
		{"null says nothing", []string{`{"op":"replace","path":"active","value":true}`, `{"op":"replace","path":"active","value":null}`}, true, true},
		{"nor does a removal", []string{`{"op":"replace","path":"active","value":false}`, `{"op":"remove","path":"active"}`}, false, true},
		{"another attribute", []string{`{"op":"replace","path":"emails.primary","value":true}`}, false, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			value, named := mustPatch(t, patchUserType(), tt.ops...).Active()
			if value != tt.value || named != tt.named {
				t.Errorf("Active() = %t, %t, want %t, %t", value, named, tt.value, tt.named)
			}
		})
	}
}
