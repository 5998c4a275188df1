package scim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// tree decodes the attributes of a resource.
func tree(t testing.TB, text string) scim.Attributes {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var a scim.Attributes
	if err := dec.Decode(&a); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return a
}

// applyCase is one patch: the attributes before, the operations, and the attributes after or the
// error.
type applyCase struct {
	name    string
	before  string
	ops     []string
	want    string
	wantErr string // "type: detail"
}

// runApply runs the cases on resources of one kind.
func runApply[R scim.Resource](t *testing.T, typ *scim.ResourceType, cases []applyCase) {
	for _, tt := range cases {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			before := scim.Of[R](tree(t, tt.before))
			after, err := scim.Apply(typ, before, mustPatch(t, typ, tt.ops...))
			if tt.wantErr != "" {
				e, ok := errors.AsType[*scim.Error](err)
				if !ok {
					t.Fatalf("Apply: got %v, want an error for the client", err)
				}
				if got := fmt.Sprintf("%s: %s", e.Type, e.Detail); got != tt.wantErr {
					t.Errorf("Apply: got error\n%s\nwant\n%s", got, tt.wantErr)
				}
				var none R
				if diff := cmp.Diff(none, after); diff != "" {
					t.Errorf("Apply: something beside the error:\n%s", diff)
				}
				return
			}
			if err != nil {
				t.Fatalf("Apply: %v", err)
			}
			want := scim.Of[R](tree(t, tt.want)).Attributes() // with the type that every member has
			if diff := cmp.Diff(want, after.Attributes()); diff != "" {
				t.Errorf("Apply (-want +got):\n%s", diff)
			}
		})
	}
}

func TestApplySingle(t *testing.T) {
	t.Parallel()
	runApply[scim.User](t, patchUserType(), []applyCase{
		{
			name:   "add sets and replaces",
			before: `{"userName":"n","title":"Fitter"}`,
			ops:    []string{`{"op":"add","path":"title","value":"Lead"}`, `{"op":"add","path":"nickName","value":"Nono"}`},
			want:   `{"userName":"n","title":"Lead","nickName":"Nono"}`,
		},
		{
			name:   "replace sets what is absent",
			before: `{"userName":"n"}`,
			ops:    []string{`{"op":"replace","path":"displayName","value":"Nora"}`, `{"op":"replace","path":"active","value":"False"}`},
			want:   `{"userName":"n","displayName":"Nora","active":false}`,
		},
		{
			name:   "remove, also what is absent",
			before: `{"userName":"n","title":"Fitter","displayName":"Nora"}`,
			ops:    []string{`{"op":"remove","path":"title"}`, `{"op":"remove","path":"nickName"}`, `{"op":"replace","path":"displayName","value":""}`},
			want:   `{"userName":"n"}`,
		},
		{
			name:   "operations build on each other",
			before: `{"userName":"n","title":"a"}`,
			ops:    []string{`{"op":"remove","path":"title"}`, `{"op":"add","path":"title","value":"b"}`, `{"op":"replace","path":"title","value":"c"}`},
			want:   `{"userName":"n","title":"c"}`,
		},
		{
			name:   "userName, externalId and password",
			before: `{"userName":"n","externalId":"1","id":"77"}`,
			ops:    []string{`{"op":"replace","value":{"userName":"m","externalId":"2","password":"pw"}}`},
			want:   `{"userName":"m","externalId":"2","password":"pw","id":"77"}`,
		},
		{
			name:   "a patch of nothing",
			before: `{"userName":"n","title":"a"}`,
			ops:    []string{`{"op":"replace","path":"shoeSize","value":43}`},
			want:   `{"userName":"n","title":"a"}`,
		},
	})
}

func TestApplyComplex(t *testing.T) {
	t.Parallel()
	const before = `{"userName":"n","name":{"givenName":"Nora","familyName":"Vale"}}`
	runApply[scim.User](t, patchUserType(), []applyCase{
		{
			name: "replace merges", before: before,
			ops:  []string{`{"op":"replace","path":"name","value":{"givenName":"Norah"}}`},
			want: `{"userName":"n","name":{"givenName":"Norah","familyName":"Vale"}}`,
		},
		{
			name: "add merges", before: before,
			ops:  []string{`{"op":"add","value":{"name":{"formatted":"Nora Vale"}}}`},
			want: `{"userName":"n","name":{"givenName":"Nora","familyName":"Vale","formatted":"Nora Vale"}}`,
		},
		{
			name: "sub-attribute of what is absent", before: `{"userName":"n"}`,
			ops:  []string{`{"op":"replace","path":"name.givenName","value":"Norah"}`, `{"op":"add","path":"name.familyName","value":"Vale"}`},
			want: `{"userName":"n","name":{"givenName":"Norah","familyName":"Vale"}}`,
		},
		{
			name: "an emptied sub-attribute goes, its siblings stay", before: before,
			ops:  []string{`{"op":"replace","path":"name","value":{"givenName":null,"formatted":"N"}}`},
			want: `{"userName":"n","name":{"familyName":"Vale","formatted":"N"}}`,
		},
		{
			name: "the last sub-attribute takes the attribute with it", before: before,
			ops:  []string{`{"op":"remove","path":"name.givenName"}`, `{"op":"remove","path":"name.familyName"}`},
			want: `{"userName":"n"}`,
		},
		{
			name: "remove", before: before,
			ops:  []string{`{"op":"remove","path":"name"}`},
			want: `{"userName":"n"}`,
		},
	})
}

func TestApplyExtension(t *testing.T) {
	t.Parallel()
	const (
		e      = scim.EnterpriseURN
		before = `{"userName":"n","` + e + `":{"department":"Field","manager":{"value":"u1","$ref":"../Users/u1"}}}`
	)
	runApply[scim.User](t, patchUserType(), []applyCase{
		{
			name: "made when absent", before: `{"userName":"n"}`,
			ops:  []string{`{"op":"add","path":"` + ssoURN + `:ssoCustomerId","value":"c1"}`},
			want: `{"userName":"n","` + ssoURN + `":{"ssoCustomerId":"c1"}}`,
		},
		{
			name: "merged as a whole", before: before,
			ops:  []string{`{"op":"replace","path":"` + e + `","value":{"costCenter":"7"}}`, `{"op":"add","value":{"` + e + `":{"division":"West"}}}`},
			want: `{"userName":"n","` + e + `":{"department":"Field","costCenter":"7","division":"West","manager":{"value":"u1","$ref":"../Users/u1"}}}`,
		},
		{
			name: "removed as a whole", before: before,
			ops:  []string{`{"op":"remove","path":"` + e + `"}`},
			want: `{"userName":"n"}`,
		},
		{
			name: "gone with its last attribute", before: before,
			ops:  []string{`{"op":"replace","path":"manager","value":""}`, `{"op":"remove","path":"department"}`},
			want: `{"userName":"n"}`,
		},
		{
			name: "manager exchanged", before: before,
			ops:  []string{`{"op":"replace","path":"manager","value":[{"$ref":null,"value":"u2"}]}`},
			want: `{"userName":"n","` + e + `":{"department":"Field","manager":{"value":"u2"}}}`,
		},
		{
			name: "removing from an extension that is absent", before: `{"userName":"n"}`,
			ops:  []string{`{"op":"remove","path":"` + e + `:department"}`, `{"op":"remove","path":"` + e + `"}`},
			want: `{"userName":"n"}`,
		},
		{
			name: "multi-valued attribute that is not complex", before: `{"userName":"n","` + ssoURN + `":{"tags":["a","b"]}}`,
			ops: []string{
				`{"op":"add","path":"` + ssoURN + `:tags","value":["B","c"]}`,
				`{"op":"remove","path":"` + ssoURN + `:tags[value eq \"a\"]"}`,
				`{"op":"replace","path":"` + ssoURN + `:tags[value sw \"c\"]","value":"d"}`,
			},
			want: `{"userName":"n","` + ssoURN + `":{"tags":["b","d"]}}`,
		},
		{
			name: "elements of it listed", before: `{"userName":"n","` + ssoURN + `":{"tags":["a","b","c"]}}`,
			ops:  []string{`{"op":"remove","path":"` + ssoURN + `:tags","value":["A","c"]}`},
			want: `{"userName":"n","` + ssoURN + `":{"tags":["b"]}}`,
		},
		{
			name: "nothing describes a new element of it", before: `{"userName":"n"}`,
			ops:     []string{`{"op":"add","path":"` + ssoURN + `:tags[value eq \"a\"]","value":"a"}`},
			wantErr: `noTarget: add ` + ssoURN + `:tags: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "immutable: set once", before: `{"userName":"n"}`,
			ops:  []string{`{"op":"add","path":"` + ssoURN + `:serial","value":"1"}`, `{"op":"replace","path":"` + ssoURN + `:serial","value":"1"}`},
			want: `{"userName":"n","` + ssoURN + `":{"serial":"1"}}`,
		},
		{
			name: "immutable: not changed", before: `{"userName":"n","` + ssoURN + `":{"serial":"1"}}`,
			ops:     []string{`{"op":"replace","path":"` + ssoURN + `:serial","value":"2"}`},
			wantErr: `mutability: replace ` + ssoURN + `:serial: serial cannot be changed once it is set`,
		},
		{
			name: "immutable: no element changed", before: `{"userName":"n","` + ssoURN + `":{"keys":[{"value":"1"}]}}`,
			ops:     []string{`{"op":"add","path":"` + ssoURN + `:keys[value eq \"1\"].display","value":"x"}`},
			wantErr: `mutability: add ` + ssoURN + `:keys.display: keys cannot be changed once it is set`,
		},
		{
			name: "immutable: the same elements again", before: `{"userName":"n","` + ssoURN + `":{"keys":[{"value":"1"}]}}`,
			ops:  []string{`{"op":"replace","path":"` + ssoURN + `:keys","value":"1"}`},
			want: `{"userName":"n","` + ssoURN + `":{"keys":[{"value":"1"}]}}`,
		},
		{
			name: "immutable: not removed", before: `{"userName":"n","` + ssoURN + `":{"serial":"1"}}`,
			ops:     []string{`{"op":"remove","path":"` + ssoURN + `:serial"}`},
			wantErr: `mutability: remove ` + ssoURN + `:serial: serial cannot be changed once it is set`,
		},
	})
}

// TestApplyKeepsHead: the id and the metadata are no business of a patch.
func TestApplyKeepsHead(t *testing.T) {
	t.Parallel()
	head := scim.Head{ID: "77", ExternalID: "x", Meta: scim.Meta{Created: time.Unix(1, 0), LastModified: time.Unix(2, 0)}}
	user, err := scim.Apply(patchUserType(), scim.User{Head: head, UserName: "n"},
		mustPatch(t, patchUserType(), `{"op":"replace","path":"title","value":"Lead"}`))
	if err != nil {
		t.Fatal(err)
	}
	group, err := scim.Apply(patchGroupType(), scim.Group{Head: head, DisplayName: "g"},
		mustPatch(t, patchGroupType(), `{"op":"replace","path":"displayName","value":"h"}`))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]scim.Head{head, head}, []scim.Head{user.Head, group.Head}); diff != "" {
		t.Errorf("heads (-want +got):\n%s", diff)
	}
}

// TestApplyHandMade: a patch need not come from DecodePatch. What such a patch may do wrong is an
// error for the log.
func TestApplyHandMade(t *testing.T) {
	t.Parallel()
	before := scim.User{UserName: "n", Other: scim.Attributes{scim.EnterpriseURN: map[string]any{"department": "Field"}}}
	work := filter.Compare{Path: filter.AttrPath{Name: "type"}, Op: filter.Equal, Value: filter.Value{Text: "work"}}
	tests := []struct {
		name    string
		op      scim.Op
		want    string
		wantErr string
	}{
		{
			name: "an extension as a whole",
			op: scim.Op{Kind: scim.OpReplace, Path: scim.Path{Schema: scim.EnterpriseURN},
				Value: map[string]any{"division": "West", "costCenter": "7"}},
			want: `{"userName":"n","` + scim.EnterpriseURN + `":{"department":"Field","division":"West","costCenter":"7"}}`,
		},
		{
			name: "an unknown attribute of an extension",
			op: scim.Op{Kind: scim.OpReplace, Path: scim.Path{Schema: scim.EnterpriseURN},
				Value: map[string]any{"shoeSize": "43"}},
			wantErr: "replace " + scim.EnterpriseURN + ": shoeSize: a User has no such attribute",
		},
		{
			name:    "an extension that is no object",
			op:      scim.Op{Kind: scim.OpReplace, Path: scim.Path{Schema: scim.EnterpriseURN}, Value: "x"},
			wantErr: "replace " + scim.EnterpriseURN + ": the value is string, not an object",
		},
		{
			name:    "an unknown attribute",
			op:      scim.Op{Kind: scim.OpRemove, Path: scim.Path{Attr: "members"}},
			wantErr: "remove members: a User has no such attribute",
		},
		{
			name:    "an unknown schema",
			op:      scim.Op{Kind: scim.OpRemove, Path: scim.Path{Schema: "urn:example:x"}},
			wantErr: "remove urn:example:x: a User has no such attribute",
		},
		{
			name:    "a complex value that is none",
			op:      scim.Op{Kind: scim.OpReplace, Path: scim.Path{Attr: "name"}, Value: "Nora"},
			wantErr: "replace name: the value is string, not an object",
		},
		{
			name:    "a required attribute removed",
			op:      scim.Op{Kind: scim.OpRemove, Path: scim.Path{Attr: "userName"}},
			wantErr: "remove userName: userName is required and cannot be removed",
		},
		{
			name:    "a created element that is none",
			op:      scim.Op{Kind: scim.OpAdd, Path: scim.Path{Attr: "emails", Filter: work}, Value: "x"},
			wantErr: `add emails: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "one element without a list",
			op: scim.Op{Kind: scim.OpAdd, Path: scim.Path{Attr: "emails"},
				Value: map[string]any{"value": "w@x.example"}},
			want: `{"userName":"n","` + scim.EnterpriseURN + `":{"department":"Field"},"emails":[{"value":"w@x.example"}]}`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			after, err := scim.Apply(patchUserType(), before, scim.Patch{Ops: []scim.Op{tt.op}})
			if tt.wantErr != "" {
				if err == nil || err.Error() != tt.wantErr {
					t.Errorf("Apply: got error %v, want %s", err, tt.wantErr)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tree(t, tt.want), after.Attributes()); diff != "" {
				t.Errorf("Apply (-want +got):\n%s", diff)
			}
		})
	}
}
