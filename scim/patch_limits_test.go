package scim_test

import (
	"fmt"
	"strings"
	"testing"

	"tvscim/scim"
)

// TestPatchLimits: the cost of a body is bounded before it is understood.
func TestPatchLimits(t *testing.T) {
	t.Parallel()
	many := func(n int) []byte {
		ops := make([]string, n)
		for i := range ops {
			ops[i] = fmt.Sprintf(`{"op":"replace","path":"title","value":"t%d"}`, i)
		}
		return operations(ops...)
	}
	keys := func(n int) []byte {
		return operations(`{"op":"replace","value":{` + strings.Repeat(`"title":"x",`, n-1) + `"title":"x"}}`)
	}
	nested := func(depth int) []byte {
		return []byte(`{"Operations":[{"op":"remove","path":"title","value":` +
			strings.Repeat("[", depth) + strings.Repeat("]", depth) + `}]}`)
	}
	tests := []struct {
		name    string
		body    []byte
		wantErr string
	}{
		{"operations that just fit", many(scim.MaxPatchOps), ""},
		{"one operation too many", many(scim.MaxPatchOps + 1),
			"operation 1001 (replace title): a PATCH may have at most 1000 operations; send the others in another request"},
		{"keys that just fit", keys(scim.MaxPatchOps), ""},
		{"one key too many", keys(scim.MaxPatchOps + 1),
			"operation 1 (replace title): a PATCH may have at most 1000 operations; send the others in another request"},
		{"as deep as may be", nested(29), ""},
		{"too deep", nested(31), "the body nests deeper than 32 levels, at byte 83"},
		{"much too deep", nested(100_000), "the body nests deeper than 32 levels, at byte 83"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := scim.DecodePatch(patchUserType(), "77", tt.body)
			if tt.wantErr == "" && err != nil {
				t.Errorf("DecodePatch: %v", err)
			}
			if tt.wantErr != "" && (err == nil || err.Error() != tt.wantErr) {
				t.Errorf("DecodePatch: got error %v, want %s", err, tt.wantErr)
			}
		})
	}
}

// TestPatchOfManyMembers: members are no operations, in one list or one by one.
func TestPatchOfManyMembers(t *testing.T) {
	t.Parallel()
	const n = 20_000
	ops := make([]string, n)
	for i := range ops {
		ops[i] = fmt.Sprintf(`{"op":"Add","path":"members","value":[{"value":"u%d"}]}`, i)
	}
	p := mustPatch(t, patchGroupType(), ops...)
	change, ok := p.Members()
	if !ok || change.Exact || len(change.Add) != n || len(p.Ops) != 1 {
		t.Fatalf("%d operations, %d members added, exact %t, reduced %t", len(p.Ops), len(change.Add), change.Exact, ok)
	}
	after, err := scim.Apply(patchGroupType(), scim.Group{DisplayName: "g", Members: []scim.Member{{Value: "u7"}}}, p)
	if err != nil {
		t.Fatal(err)
	}
	if len(after.Members) != n {
		t.Errorf("%d members, want %d", len(after.Members), n)
	}
}
