package scim_test

import (
	"errors"
	"testing"

	"tvscim/scim"
)

func TestApplyMembers(t *testing.T) {
	t.Parallel()
	const before = `{"displayName":"g","members":[{"value":"u1","display":"One"},{"value":"u2"}]}`
	runApply[scim.Group](t, patchGroupType(), []applyCase{
		{
			name: "add, also one who is there", before: before,
			ops:  []string{`{"op":"Add","path":"members","value":[{"$ref":null,"value":"u2"},{"value":"u3"},{"value":"u3"}]}`},
			want: `{"displayName":"g","members":[{"value":"u1","display":"One"},{"value":"u2"},{"value":"u3"}]}`,
		},
		{
			name: "ids are exact", before: before,
			ops:  []string{`{"op":"add","path":"members","value":"U1"}`, `{"op":"remove","path":"members","value":"U2"}`},
			want: `{"displayName":"g","members":[{"value":"u1","display":"One"},{"value":"u2"},{"value":"U1"}]}`,
		},
		{
			name: "one who is there under another name", before: before,
			ops:  []string{`{"op":"add","path":"members","value":[{"value":"u1","display":"Uno","type":"User"},{"value":"u2","display":"Two"}]}`},
			want: `{"displayName":"g","members":[{"value":"u1","display":"One"},{"value":"u2","display":"Two"}]}`,
		},
		{
			name: "remove the listed, also one who is not there", before: before,
			ops:  []string{`{"op":"Remove","path":"members","value":[{"value":"u1"},{"value":"u9"}]}`},
			want: `{"displayName":"g","members":[{"value":"u2"}]}`,
		},
		{
			name: "remove by filter", before: before,
			ops:  []string{`{"op":"remove","path":"members[display eq \"One\" or value eq \"u9\"]"}`},
			want: `{"displayName":"g","members":[{"value":"u2"}]}`,
		},
		{
			name: "remove by value and type", before: before,
			ops:  []string{`{"op":"remove","path":"members[value eq \"u1\" and type eq \"User\"]"}`},
			want: `{"displayName":"g","members":[{"value":"u2"}]}`,
		},
		{
			name: "remove of whoever is no user", before: before,
			ops:  []string{`{"op":"remove","path":"members[type ne \"User\"]"}`, `{"op":"remove","path":"members[not (type eq \"user\")]"}`},
			want: before,
		},
		{
			name: "remove of all users leaves none", before: before,
			ops:  []string{`{"op":"remove","path":"members[type eq \"User\"]"}`},
			want: `{"displayName":"g","members":[]}`,
		},
		{
			name: "remove all leaves none, not unknown ones", before: before,
			ops:  []string{`{"op":"remove","path":"members"}`},
			want: `{"displayName":"g","members":[]}`,
		},
		{
			name: "remove the last by filter", before: before,
			ops:  []string{`{"op":"remove","path":"members[value pr]"}`},
			want: `{"displayName":"g","members":[]}`,
		},
		{
			name: "replace", before: before,
			ops:  []string{`{"op":"replace","path":"members","value":[{"value":"u2"},{"value":"u5"}]}`},
			want: `{"displayName":"g","members":[{"value":"u2"},{"value":"u5"}]}`,
		},
		{
			name: "an empty list empties the group", before: before,
			ops:  []string{`{"op":"replace","path":"members","value":[]}`},
			want: `{"displayName":"g","members":[]}`,
		},
		{
			name: "replace of members that are not known", before: `{"displayName":"g"}`,
			ops:  []string{`{"op":"replace","path":"members","value":"u5"}`, `{"op":"add","path":"members","value":"u6"}`},
			want: `{"displayName":"g","members":[{"value":"u5"},{"value":"u6"}]}`,
		},
		{
			name: "remove all of members that are not known", before: `{"displayName":"g"}`,
			ops:  []string{`{"op":"remove","path":"members"}`},
			want: `{"displayName":"g","members":[]}`,
		},
		{
			name: "a rename leaves unknown members unknown", before: `{"displayName":"g"}`,
			ops:  []string{`{"op":"replace","value":{"id":"77","displayName":"h"}}`},
			want: `{"displayName":"h"}`,
		},
		{
			name: "a member is exchanged, not edited", before: before,
			ops:     []string{`{"op":"replace","path":"members[value eq \"u1\"].value","value":"u7"}`},
			wantErr: `mutability: replace members.value: members.value cannot be changed once it is set`,
		},
		{
			name: "no member is added by a value path", before: `{"displayName":"g","members":[]}`,
			ops:     []string{`{"op":"add","path":"members[type eq \"User\"].display","value":"N"}`},
			wantErr: `noTarget: add members.display: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "no member is added by a sub-attribute", before: `{"displayName":"g","members":[]}`,
			ops:     []string{`{"op":"add","path":"members.display","value":"N"}`},
			wantErr: `noTarget: add members.display: the attribute has no value yet; add one first`,
		},
	})
}

// TestApplyUnknownMembers: members that are nil are not known. The error is for the caller, not for
// the client.
func TestApplyUnknownMembers(t *testing.T) {
	t.Parallel()
	typ := patchGroupType()
	for _, op := range []string{
		`{"op":"add","path":"members","value":"u1"}`,
		`{"op":"remove","path":"members","value":"u1"}`,
		`{"op":"remove","path":"members[display eq \"One\"]"}`,
	} {
		before := scim.Group{Head: scim.Head{ID: "77"}, DisplayName: "g"}
		_, err := scim.Apply(typ, before, mustPatch(t, typ, op))
		if err == nil || err.Error() != "Group 77: apply: the members are not known" {
			t.Errorf("%s: got error %v", op, err)
		}
		if _, ok := errors.AsType[*scim.Error](err); ok {
			t.Errorf("%s: the error is for the client", op)
		}
	}
}
