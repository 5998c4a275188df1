package scim_test

import (
	"testing"

	"tvscim/scim"
)

func TestApplyMultiValued(t *testing.T) {
	t.Parallel()
	const before = `{"userName":"n","emails":[{"value":"w@x.example","type":"work","primary":true},{"value":"h@x.example","type":"home"}]}`
	runApply[scim.User](t, patchUserType(), []applyCase{
		{
			name: "add appends", before: before,
			ops:  []string{`{"op":"add","path":"emails","value":[{"value":"o@x.example","type":"other"}]}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","type":"work","primary":true},{"value":"h@x.example","type":"home"},{"value":"o@x.example","type":"other"}]}`,
		},
		{
			name: "add of what is there changes nothing", before: before,
			ops:  []string{`{"op":"add","path":"emails","value":[{"value":"w@x.example","type":"work"},{"value":"h@x.example"}]}`},
			want: before,
		},
		{
			name: "add of what is there may say more", before: before,
			ops:  []string{`{"op":"add","path":"emails","value":[{"value":"h@x.example","display":"Nora"}]}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","type":"work","primary":true},{"value":"h@x.example","type":"home","display":"Nora"}]}`,
		},
		{
			name: "one value of two types", before: before,
			ops:  []string{`{"op":"add","path":"emails","value":{"value":"h@x.example","type":"other"}}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","type":"work","primary":true},{"value":"h@x.example","type":"home"},{"value":"h@x.example","type":"other"}]}`,
		},
		{
			name: "one value without a type and with one", before: `{"userName":"n","emails":[{"value":"a"}]}`,
			ops:  []string{`{"op":"add","path":"emails","value":[{"value":"a","type":"work"},{"value":"A","display":"N"},{"value":"a","type":"WORK"}]}`},
			want: `{"userName":"n","emails":[{"value":"A","display":"N"},{"value":"a","type":"WORK"}]}`,
		},
		{
			name: "a new primary is the only one", before: before,
			ops:  []string{`{"op":"add","path":"emails","value":[{"value":"o@x.example","primary":"True"}]}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","type":"work","primary":false},{"value":"h@x.example","type":"home"},{"value":"o@x.example","primary":true}]}`,
		},
		{
			name: "a primary by value path is the only one", before: before,
			ops:  []string{`{"op":"replace","path":"emails[type eq \"home\"].primary","value":true}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","type":"work","primary":false},{"value":"h@x.example","type":"home","primary":true}]}`,
		},
		{
			name: "the last of two primaries", before: `{"userName":"n"}`,
			ops:  []string{`{"op":"replace","path":"emails","value":[{"value":"a","primary":true},{"value":"b","primary":true}]}`},
			want: `{"userName":"n","emails":[{"value":"a","primary":false},{"value":"b","primary":true}]}`,
		},
		{
			name: "replace", before: before,
			ops:  []string{`{"op":"replace","path":"emails","value":[{"value":"x@x.example"},{"value":"X@x.example"}]}`},
			want: `{"userName":"n","emails":[{"value":"X@x.example"}]}`,
		},
		{
			name: "replace by nothing", before: before,
			ops:  []string{`{"op":"replace","path":"emails","value":[]}`},
			want: `{"userName":"n"}`,
		},
		{
			name: "remove of listed elements", before: before,
			ops:  []string{`{"op":"remove","path":"emails","value":[{"value":"W@x.example"},{"value":"z@x.example"}]}`},
			want: `{"userName":"n","emails":[{"value":"h@x.example","type":"home"}]}`,
		},
		{
			name: "remove of a sub-attribute of all", before: before,
			ops:  []string{`{"op":"remove","path":"emails.type"}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","primary":true},{"value":"h@x.example"}]}`,
		},
		{
			name: "replace of a sub-attribute of all", before: before,
			ops:  []string{`{"op":"replace","path":"emails.display","value":"Nora"}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","type":"work","primary":true,"display":"Nora"},{"value":"h@x.example","type":"home","display":"Nora"}]}`,
		},
		{
			name: "sub-attribute of none", before: `{"userName":"n"}`,
			ops:  []string{`{"op":"remove","path":"emails.type"}`, `{"op":"add","path":"emails.value","value":"w@x.example"}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example"}]}`,
		},
		{
			name: "elements without value are compared whole", before: `{"userName":"n","addresses":[{"type":"work","locality":"Ulm"}]}`,
			ops: []string{
				`{"op":"add","path":"addresses","value":[{"locality":"Ulm","type":"work"},{"type":"home","locality":"Bonn"}]}`,
				`{"op":"remove","path":"addresses","value":[{"type":"work","locality":"Ulm"}]}`,
			},
			want: `{"userName":"n","addresses":[{"type":"home","locality":"Bonn"}]}`,
		},
	})
}

func TestApplyValuePath(t *testing.T) {
	t.Parallel()
	const before = `{"userName":"n","emails":[{"value":"w@x.example","type":"work","display":"W"},{"value":"h@x.example","type":"home"}]}`
	runApply[scim.User](t, patchUserType(), []applyCase{
		{
			name: "sub-attribute replaced", before: before,
			ops:  []string{`{"op":"replace","path":"emails[TYPE eq \"Work\"].value","value":"v@x.example"}`},
			want: `{"userName":"n","emails":[{"value":"v@x.example","type":"work","display":"W"},{"value":"h@x.example","type":"home"}]}`,
		},
		{
			name: "every selected element", before: before,
			ops:  []string{`{"op":"add","path":"emails[value ew \"x.example\"].display","value":"N"}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","type":"work","display":"N"},{"value":"h@x.example","type":"home","display":"N"}]}`,
		},
		{
			name: "element replaced stays what was asked for", before: before,
			ops:  []string{`{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"v@x.example"}}`},
			want: `{"userName":"n","emails":[{"value":"v@x.example","type":"work"},{"value":"h@x.example","type":"home"}]}`,
		},
		{
			name: "element replaced by another kind", before: before,
			ops:  []string{`{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"v@x.example","type":"other"}}`},
			want: `{"userName":"n","emails":[{"value":"v@x.example","type":"other"},{"value":"h@x.example","type":"home"}]}`,
		},
		{
			name: "element picked by a filter that says nothing about it", before: before,
			ops:  []string{`{"op":"replace","path":"emails[value sw \"w\"]","value":{"value":"v@x.example"}}`},
			want: `{"userName":"n","emails":[{"value":"v@x.example"},{"value":"h@x.example","type":"home"}]}`,
		},
		{
			name: "element added to merges", before: before,
			ops:  []string{`{"op":"add","path":"emails[type eq \"work\"]","value":{"primary":true}}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","type":"work","display":"W","primary":true},{"value":"h@x.example","type":"home"}]}`,
		},
		{
			name: "element removed", before: before,
			ops:  []string{`{"op":"remove","path":"emails[type eq \"work\" and not (value sw \"h\")]"}`},
			want: `{"userName":"n","emails":[{"value":"h@x.example","type":"home"}]}`,
		},
		{
			name: "sub-attribute removed", before: before,
			ops:  []string{`{"op":"remove","path":"emails[type eq \"work\"].value"}`},
			want: `{"userName":"n","emails":[{"type":"work","display":"W"},{"value":"h@x.example","type":"home"}]}`,
		},
		{
			name: "an element without anything goes", before: before,
			ops:  []string{`{"op":"remove","path":"emails[type eq \"home\"].value"}`, `{"op":"remove","path":"emails[type eq \"home\"].type"}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","type":"work","display":"W"}]}`,
		},
		{
			name: "nothing to remove is a success", before: before,
			ops:  []string{`{"op":"remove","path":"emails[type eq \"other\"]"}`, `{"op":"remove","path":"roles[primary eq true].value"}`},
			want: before,
		},
		{
			name: "a boolean as a string", before: `{"userName":"n","roles":[{"value":"a","primary":true},{"value":"b"}]}`,
			ops:  []string{`{"op":"replace","path":"roles[primary eq \"True\"].value","value":"c"}`},
			want: `{"userName":"n","roles":[{"value":"c","primary":true},{"value":"b"}]}`,
		},
	})
}

// TestApplyUpsert is about the one departure from RFC 7644 section 3.5.2.3: Entra ID sets an
// element by a value path whether it is there or not.
func TestApplyUpsert(t *testing.T) {
	t.Parallel()
	const none = `{"userName":"n"}`
	runApply[scim.User](t, patchUserType(), []applyCase{
		{
			name: "add", before: none,
			ops:  []string{`{"op":"Add","path":"emails[type eq \"work\"].value","value":"w@x.example"}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","type":"work"}]}`,
		},
		{
			name: "replace", before: none,
			ops:  []string{`{"op":"Replace","path":"emails[type eq \"work\"].value","value":"w@x.example"}`},
			want: `{"userName":"n","emails":[{"value":"w@x.example","type":"work"}]}`,
		},
		{
			name: "what follows hits the same element", before: none,
			ops: []string{
				`{"op":"Add","path":"roles[primary eq \"True\"].value","value":"operator"}`,
				`{"op":"Add","path":"roles[primary eq \"True\"].display","value":"Operator"}`,
				`{"op":"Add","path":"roles[primary eq \"True\"].type","value":"app"}`,
			},
			want: `{"userName":"n","roles":[{"value":"operator","display":"Operator","type":"app","primary":true}]}`,
		},
		{
			name: "of a conjunction", before: `{"userName":"n","emails":[{"value":"v@x.example","type":"work","primary":true}]}`,
			ops:  []string{`{"op":"replace","path":"emails[type eq \"home\" and primary eq true].value","value":"w@x.example"}`},
			want: `{"userName":"n","emails":[{"value":"v@x.example","type":"work","primary":false},{"value":"w@x.example","type":"home","primary":true}]}`,
		},
		{
			name: "add of an element", before: none,
			ops:  []string{`{"op":"add","path":"addresses[type eq \"work\"]","value":{"locality":"Ulm"}}`},
			want: `{"userName":"n","addresses":[{"type":"work","locality":"Ulm"}]}`,
		},
		{
			name: "not for replace of an element", before: none,
			ops:     []string{`{"op":"replace","path":"emails[type eq \"work\"]","value":{"value":"w@x.example"}}`},
			wantErr: `noTarget: replace emails: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "not for another filter", before: none,
			ops:     []string{`{"op":"add","path":"emails[type ne \"home\"].value","value":"w@x.example"}`},
			wantErr: `noTarget: add emails.value: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "not for a choice", before: none,
			ops:     []string{`{"op":"replace","path":"emails[type eq \"home\" or type eq \"work\"].value","value":"w@x.example"}`},
			wantErr: `noTarget: replace emails.value: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "not for a certain element", before: none,
			ops:     []string{`{"op":"replace","path":"emails[value eq \"w@x.example\"].display","value":"N"}`},
			wantErr: `noTarget: replace emails.display: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "not against its own filter", before: none,
			ops:     []string{`{"op":"replace","path":"emails[type eq \"work\"].type","value":"home"}`},
			wantErr: `noTarget: replace emails.type: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "not for what cannot be", before: none,
			ops:     []string{`{"op":"replace","path":"emails[type eq \"work\" and type eq \"home\"].value","value":"w@x.example"}`},
			wantErr: `noTarget: replace emails.value: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "not for an unknown sub-attribute", before: none,
			ops:     []string{`{"op":"replace","path":"emails[kind eq \"work\"].value","value":"w@x.example"}`},
			wantErr: `noTarget: replace emails.value: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "not for null", before: none,
			ops:     []string{`{"op":"replace","path":"emails[type eq null].value","value":"w@x.example"}`},
			wantErr: `noTarget: replace emails.value: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "not for a value of the wrong type", before: none,
			ops:     []string{`{"op":"replace","path":"emails[primary eq 1].value","value":"w@x.example"}`},
			wantErr: `noTarget: replace emails.value: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
		{
			name: "all or nothing", before: none,
			ops:     []string{`{"op":"replace","path":"title","value":"Lead"}`, `{"op":"replace","path":"emails[type ne \"x\"].value","value":"w"}`},
			wantErr: `noTarget: replace emails.value: no value matches the filter in brackets; filter on a value that the resource has, or add the value first`,
		},
	})
}
