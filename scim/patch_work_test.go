package scim_test

import (
	"fmt"
	"strings"
	"testing"

	"tvscim/scim"
)

// values returns n e-mail addresses as a JSON list of bare strings.
func values(n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = fmt.Sprintf(`"u%d@x.example"`, i)
	}
	return "[" + strings.Join(list, ",") + "]"
}

// TestMaxValues: a list that is not the members of a group has an end, in every request that can
// carry one.
func TestMaxValues(t *testing.T) {
	t.Parallel()
	const most, more = scim.MaxValues, scim.MaxValues + 1
	put := func(n int) error {
		_, err := scim.Decode[scim.User](userType(), []byte(`{"userName":"nora@x.example","emails":`+values(n)+`}`))
		return err
	}
	patch := func(op string) func(n int) error {
		return func(n int) error {
			_, err := scim.DecodePatch(patchUserType(), "77", operations(fmt.Sprintf(`{"op":%q,"path":"emails","value":%s}`, op, values(n))))
			return err
		}
	}
	for _, tt := range []struct {
		name, where string
		send        func(n int) error
	}{
		{"PUT", "", put},
		{"add", "operation 1 (add emails): ", patch("add")},
		{"replace", "operation 1 (replace emails): ", patch("replace")},
		{"remove", "operation 1 (remove emails): ", patch("remove")},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if err := tt.send(most); err != nil {
				t.Errorf("%d values: %v", most, err)
			}
			wantError(t, tt.send(more), 400, scim.TypeInvalidValue, tt.where+"emails: has 201 values, at most 200 are accepted; send fewer")
		})
	}
}

// TestValuesAddedOneByOne: what one list may not hold, many operations may not add up to, be they
// together or apart.
func TestValuesAddedOneByOne(t *testing.T) {
	t.Parallel()
	for _, between := range []string{"", `{"op":"replace","path":"title","value":"Fitter"}`} {
		var ops []string
		for i := range scim.MaxValues + 1 {
			ops = append(ops, fmt.Sprintf(`{"op":"add","path":"emails","value":"u%d@x.example"}`, i))
			if between != "" {
				ops = append(ops, between)
			}
		}
		typ := patchUserType()
		if _, err := scim.Apply(typ, scim.User{UserName: "n"}, mustPatch(t, typ, ops[:len(ops)-2]...)); err != nil {
			t.Errorf("as many as may be: %v", err)
		}
		_, err := scim.Apply(typ, scim.User{UserName: "n"}, mustPatch(t, typ, ops...))
		wantError(t, err, 400, scim.TypeInvalidValue, "add emails: emails: has 201 values, at most 200 are accepted; send fewer")
	}
}

// TestPatchWork bounds what the operations of one PATCH cost together: each goes through all
// members.
func TestPatchWork(t *testing.T) {
	if testing.Short() {
		t.Skip("applies operations to millions of values; not in short mode")
	}
	t.Parallel()
	group := scim.Group{Head: scim.Head{ID: "77"}, DisplayName: "g"}
	for i := range 5000 {
		group.Members = append(group.Members, scim.Member{Value: fmt.Sprintf("u%d", i)})
	}
	both := func(n int) []string {
		var ops []string
		for i := range n {
			ops = append(ops, fmt.Sprintf(`{"op":"add","path":"members","value":"n%d"}`, i), `{"op":"remove","path":"members","value":"nobody"}`)
		}
		return ops
	}
	filtered := make([]string, 500)
	for i := range filtered {
		filtered[i] = fmt.Sprintf(`{"op":"remove","path":"members[display eq \"n%d\"]"}`, i)
	}
	for _, tt := range []struct {
		name   string
		ops    []string
		detail string
	}{
		{"few operations", both(20), ""},
		{"many that take turns", both(250), "remove members: the operations before it processed 2004005 values; send the operations in several requests"},
		{"many filters", filtered, "remove members: the operations before it processed 2005000 values; send the operations in several requests"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			typ := patchGroupType()
			_, err := scim.Apply(typ, group, mustPatch(t, typ, tt.ops...))
			if tt.detail != "" {
				wantError(t, err, 400, scim.TypeTooMany, tt.detail)
			} else if err != nil {
				t.Errorf("Apply: %v", err)
			}
		})
	}
}

// TestPrimaryOneByOne: operations that are carried out as one leave the element primary that they
// leave one after the other.
func TestPrimaryOneByOne(t *testing.T) {
	t.Parallel()
	runApply[scim.User](t, patchUserType(), []applyCase{
		{
			name:   "one that was primary is named again",
			before: `{"userName":"n","emails":[{"value":"a","primary":true}]}`,
			ops:    []string{`{"op":"add","path":"emails","value":[{"value":"b","primary":true}]}`, `{"op":"add","path":"emails","value":"a"}`},
			want:   `{"userName":"n","emails":[{"value":"a","primary":false},{"value":"b","primary":true}]}`,
		},
		{
			name:   "the primary one is taken back",
			before: `{"userName":"n","emails":[{"value":"a","primary":true}]}`,
			ops: []string{`{"op":"add","path":"emails","value":[{"value":"b","primary":true}]}`,
				`{"op":"add","path":"emails","value":[{"value":"b","primary":false}]}`},
			want: `{"userName":"n","emails":[{"value":"a","primary":false},{"value":"b","primary":false}]}`,
		},
	})
}
