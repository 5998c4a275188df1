package scim_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
)

// userOp creates a user with the bulkId of a manager, "" for none.
func userOp(bulkID, manager string) string {
	return fmt.Sprintf(`{"method":"POST","bulkId":%q,"path":"/Users","data":{"userName":%q,"manager":{"value":%q}}}`, bulkID, bulkID, manager)
}

// groupOp makes a group of these members.
func groupOp(bulkID string, members ...string) string {
	list := make([]string, len(members))
	for i, m := range members {
		list[i] = fmt.Sprintf(`{"value":%q}`, m)
	}
	return fmt.Sprintf(`{"method":"POST","bulkId":%q,"path":"/Groups","data":{"displayName":%q,"members":[%s]}}`, bulkID, bulkID, strings.Join(list, ","))
}

// order names the steps of a request: the number of the operation, with + where members are added
// late.
func order(steps []scim.BulkStep) string {
	names := make([]string, len(steps))
	for i, s := range steps {
		names[i] = fmt.Sprint(s.Index)
		if s.Late {
			names[i] += "+"
		}
	}
	return strings.Join(names, " ")
}

func TestBulkOrder(t *testing.T) {
	t.Parallel()
	add := func(path, member string) string {
		return fmt.Sprintf(`{"method":"PATCH","path":%q,"data":{"Operations":[{"op":"add","path":"members","value":[{"value":%q}]}]}}`, path, member)
	}
	tests := []struct {
		name       string
		operations []string
		want       string
	}{
		{"none", nil, ""},
		{"no references", []string{userOp("a", ""), groupOp("b"), userOp("c", "")}, "0 1 2"},
		{"backward", []string{userOp("a", ""), groupOp("g", "bulkId:a")}, "0 1"},
		{"forward", []string{groupOp("g", "bulkId:a", "bulkId:b"), userOp("b", ""), userOp("a", "")}, "2 1 0"},
		{"what need not move stays", []string{userOp("x", ""), groupOp("g", "bulkId:a"), userOp("y", ""), userOp("a", "")}, "0 3 1 2"},
		{"chain", []string{userOp("a", "bulkId:b"), userOp("b", "bulkId:c"), userOp("c", "")}, "2 1 0"},
		{"in the path", []string{add("/Groups/bulkId:g", "u1"), groupOp("g")}, "1 0"},
		{"in the value of a PATCH", []string{add("/Groups/7", "bulkId:a"), userOp("a", "")}, "1 0"},
		{"in the filter of a PATCH", []string{
			`{"method":"PATCH","path":"/Groups/7","data":{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:a\"]"}]}}`, userOp("a", "")}, "1 0"},
		{"deep in an extension", []string{
			`{"method":"PUT","path":"/Users/1","data":{"userName":"x","urn:x":{"a":[{"b":["bulkId:a"]}]}}}`, userOp("a", "")}, "1 0"},
		{"unknown bulkId", []string{groupOp("g", "bulkId:nobody")}, "0"},
		{"only a POST makes something", []string{groupOp("g", "bulkId:a"), `{"method":"DELETE","bulkId":"a","path":"/Users/1"}`}, "0 1"},
		{"a text that is no reference", []string{userOp("see bulkId:b", "BULKID:b"), userOp("b", "")}, "0 1"},
		{"bulkIds in their own case", []string{groupOp("g", "bulkId:A"), userOp("a", "")}, "0 1"},
		{"a bulkId with a slash at its end", []string{add("/Groups/bulkId:g/", "u1"), groupOp("g/")}, "1 0"},
		{"a path with a slash at its end", []string{add("/Groups/bulkId:g/", "u1"), groupOp("g")}, "1 0"},
		{"two groups in each other", []string{groupOp("g", "bulkId:h"), groupOp("h", "bulkId:g")}, "0 1 0+ 1+"},
		{"group in itself", []string{groupOp("g", "bulkId:g"), userOp("a", "")}, "0 1 0+"},
		{"user and group", []string{userOp("a", "bulkId:g"), groupOp("g", "bulkId:a", "bulkId:b"), userOp("b", "")}, "1 0 2 1+"},
		{"a circle that only the members open", []string{userOp("x", "bulkId:g"), groupOp("g", "bulkId:u"), userOp("u", "bulkId:x")}, "1 0 2 1+"},
		{"group and user", []string{groupOp("g", "bulkId:a"), userOp("a", "bulkId:g")}, "0 1 0+"},
		{"users in a circle", []string{userOp("a", "bulkId:b"), userOp("b", "bulkId:a")}, "1 0"},
		{"user in itself", []string{userOp("a", "bulkId:a")}, "0"},
		{"behind a circle", []string{add("/Groups/7", "bulkId:g"), groupOp("g", "bulkId:h"), groupOp("h", "bulkId:g")}, "1 0 2 1+ 2+"},
		{"two circles", []string{groupOp("a", "bulkId:b"), groupOp("b", "bulkId:a"), groupOp("c", "bulkId:d", "bulkId:a"), groupOp("d", "bulkId:c")}, "0 1 2 3 0+ 1+ 2+ 3+"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			if got := order(bulk(t, tt.operations...).Steps()); got != tt.want {
				t.Errorf("steps %q, want %q", got, tt.want)
			}
		})
	}
}

// TestBulkHalves splits a group in a circle: the members that the request creates are late.
func TestBulkHalves(t *testing.T) {
	t.Parallel()
	steps := bulk(t, userOp("b", ""), groupOp("g/1", "u1", "bulkId:b", "bulkId:a"), userOp("a", "bulkId:g/1")).Steps()
	if got, want := order(steps), "0 1 2 1+"; got != want {
		t.Fatalf("steps %q, want %q", got, want)
	}
	ids := map[string]string{"b": "id-b"}
	first, err := steps[1].Resolve(ids)
	if err != nil {
		t.Fatal(err)
	}
	g, err := scim.DecodeBody[scim.Group](groupType(), first.Data)
	if err != nil {
		t.Fatal(err)
	}
	want := scim.Group{DisplayName: "g/1", Members: []scim.Member{{Value: "u1"}}}
	if diff := cmp.Diff(want, g); diff != "" {
		t.Errorf("first half (-want +got):\n%s", diff)
	}
	ids["g/1"], ids["a"] = "id/g", "id-a"
	rest, err := steps[3].Resolve(ids)
	if err != nil || rest.Path != "/Groups/id%2Fg" || rest.Method != "PATCH" {
		t.Fatalf("second half: %s %s, %v", rest.Method, rest.Path, err)
	}
	p, err := scim.DecodePatchBody(groupType(), "id/g", rest.Data)
	if err != nil {
		t.Fatal(err)
	}
	if change, _ := p.Members(); !cmp.Equal(change, scim.MemberChange{Add: []string{"id-b", "id-a"}}) {
		t.Errorf("second half: %+v, want to add id-b and id-a", change)
	}
}

func TestBulkResolve(t *testing.T) {
	t.Parallel()
	ids := map[string]string{"a": "u1", `b"c`: "u2", "": "u3"}
	tests := []struct{ name, operation, path, data, missing string }{
		{"nothing to resolve", `{"method":"PUT","path":"/Users/1","data":{"a":"b"}}`, "/Users/1", `{"a":"b"}`, ""},
		{"in the path", `{"method":"PUT","path":"/Users/bulkId:a","data":{}}`, "/Users/u1", `{}`, ""},
		{"in the path, with a slash", `{"method":"PUT","path":"Users/bulkId:a/","data":{}}`, "Users/u1", `{}`, ""},
		{"anywhere in the data", `{"method":"PUT","path":"/Users/1","data":{"x":"bulkId:a","y":[1,"bulkId:a",{"z":"bulkId:b\"c"}]}}`,
			"/Users/1", `{"x":"u1","y":[1,"u1",{"z":"u2"}]}`, ""},
		{"in a filter", `{"method":"PUT","path":"/Groups/1","data":{"path":"members[value eq \"bulkId:a\" or value eq \"bulkId:a\"].x"}}`,
			"/Groups/1", `{"path":"members[value eq \"u1\" or value eq \"u1\"].x"}`, ""},
		{"in quotes elsewhere", `{"method":"PUT","path":"/Users/1","data":{"title":"\"bulkId:a\""}}`, "/Users/1", `{"title":"\"bulkId:a\""}`, ""},
		{"quotes that do not close", `{"method":"PUT","path":"/Users/1","data":{"path":"x \"bulkId:a"}}`, "/Users/1", `{"path":"x \"bulkId:a"}`, ""},
		{"not at the beginning", `{"method":"PUT","path":"/Users/1","data":{"x":" bulkId:a"}}`, "/Users/1", `{"x":" bulkId:a"}`, ""},
		{"unknown in the path", `{"method":"DELETE","path":"/Users/bulkId:x"}`, "", "", "x"},
		{"unknown in the data", `{"method":"PUT","path":"/Users/bulkId:a","data":{"x":"bulkId:x","userName":"bulkId:y","title":"bulkId:z"}}`, "", "", "y"},
		{"unknown in a list", `{"method":"PATCH","path":"/Groups/1","data":{"Operations":[{"op":"add","path":"members","value":[{"value":"bulkId:y"}]}]}}`, "", "", "y"},
		{"unknown in a filter", `{"method":"PATCH","path":"/Groups/1","data":{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:y\"]"}]}}`, "", "", "y"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			op, err := bulk(t, tt.operation).Operations[0].Resolve(ids)
			switch {
			case err != nil:
			case op.Method == "PATCH":
				_, err = scim.DecodePatchBody(patchGroupType(), "1", op.Data)
			case tt.missing != "":
				_, err = scim.DecodeReplace[scim.User](patchUserType(), op.Data)
			}
			if tt.missing != "" {
				if e, ok := errors.AsType[*scim.Error](err); ok { // the place of the error precedes it
					err = scim.Errorf(e.Status, e.Type, "%s", e.Detail[max(0, strings.Index(e.Detail, "bulkId ")):])
				}
				wantError(t, err, 409, "", fmt.Sprintf("bulkId %q cannot be resolved: no operation creates the resource, the operation that "+
					"creates it failed, or the reference is circular. Correct the reference and send the operation again.", tt.missing))
				return
			}
			if err != nil || op.Path != tt.path {
				t.Fatalf("path %q, %v; want %q", op.Path, err, tt.path)
			}
			if diff := cmp.Diff(tt.data, string(scim.BodyJSON(op.Data))); diff != "" {
				t.Errorf("data (-want +got):\n%s", diff)
			}
		})
	}
}

// TestBulkIDWithSlash: a bulkId may be any text, and its own end is not taken for the end of a
// path.
func TestBulkIDWithSlash(t *testing.T) {
	t.Parallel()
	const patch = `{"method":"PATCH","path":"/Groups/bulkId:g/","data":{}}`
	for bulkID, want := range map[string]string{"g/": "/Groups/id-g/", "g": "/Groups/id-g"} {
		b := bulk(t, groupOp(bulkID), patch)
		op, err := b.Operations[1].Resolve(map[string]string{bulkID: "id-" + bulkID})
		if unescaped, _ := url.PathUnescape(op.Path); err != nil || unescaped != want {
			t.Errorf("bulkId %s: path %q, %v; want %q", bulkID, unescaped, err, want)
		}
	}
}

// TestResolveLeavesTheRequest: the operation that is resolved is a copy, so that it can be resolved
// again.
func TestResolveLeavesTheRequest(t *testing.T) {
	t.Parallel()
	op := bulk(t, `{"method":"PUT","path":"/Users/bulkId:a","data":{"x":["bulkId:a"]}}`).Operations[0]
	for _, id := range []string{"1", "2"} {
		got, err := op.Resolve(map[string]string{"a": id})
		if err != nil || got.Path != "/Users/"+id || string(scim.BodyJSON(got.Data)) != `{"x":["`+id+`"]}` {
			t.Errorf("%s %s, %v", got.Path, scim.BodyJSON(got.Data), err)
		}
	}
}

// TestBulkOrderLaws: each operation is a step once, and late steps stand at the end. Without
// circular references, all that an operation refers to is made before it. References that are
// circular only because of the members of groups can be resolved: all other references are made
// before.
func TestBulkOrderLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		n := rapid.IntRange(1, 12).Draw(rt, "operations")
		rank := rapid.Permutation(seq(n)).Draw(rt, "rank")
		acyclic := rapid.Bool().Draw(rt, "acyclic")
		solvable := acyclic || rapid.Bool().Draw(rt, "solvable")
		operations := make([]string, n)
		refs, group := make([][]int, n), make([]bool, n)
		for i := range n {
			group[i] = rapid.Bool().Draw(rt, "group")
			free := !solvable || !acyclic && group[i]
			for _, to := range rapid.SliceOfDistinct(rapid.IntRange(0, n-1), rapid.ID).Draw(rt, "refs") {
				if free || rank[to] < rank[i] {
					refs[i] = append(refs[i], to)
				}
			}
			data := map[string]any{"members": []any{}}
			if group[i] {
				data["members"] = references(refs[i])
			} else {
				data["other"] = references(refs[i])
			}
			text, _ := json.Marshal(map[string]any{"method": "POST", "path": "/Groups", "bulkId": fmt.Sprint(i), "data": data})
			operations[i] = string(text)
		}
		at, late := make(map[int]int), false
		for pos, s := range bulk(t, operations...).Steps() {
			if _, twice := at[s.Index]; !s.Late && (twice || late) || s.Late && (!twice || acyclic) {
				rt.Fatalf("step %d (operation %d, late %t) is out of place", pos, s.Index, s.Late)
			}
			if late = s.Late; !late {
				at[s.Index] = pos
			}
		}
		if len(at) != n {
			rt.Fatalf("%d of %d operations are steps", len(at), n)
		}
		for i := range n {
			for _, to := range refs[i] {
				if (acyclic || solvable && !group[i]) && at[to] > at[i] {
					rt.Fatalf("operation %d comes before %d, which it refers to", i, to)
				}
			}
		}
	})
}

// seq returns the numbers below n.
func seq(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

// references returns members that refer to operations.
func references(to []int) []any {
	members := make([]any, len(to))
	for i, n := range to {
		members[i] = map[string]any{"value": fmt.Sprintf("bulkId:%d", n)}
	}
	return members
}

// TestLongChains orders chains, and circles, of as many operations as a request may hold.
func TestLongChains(t *testing.T) {
	t.Parallel()
	const n = 5000
	operations := make([]string, n)
	for i := range n {
		operations[i] = userOp(fmt.Sprint(i), fmt.Sprintf("bulkId:%d", i+1))
	}
	steps := bulk(t, operations...).Steps()
	if steps[0].Index != n-1 || steps[n-1].Index != 0 {
		t.Errorf("a chain begins with %d and ends with %d", steps[0].Index, steps[n-1].Index)
	}
	for i := range n {
		operations[i] = groupOp(fmt.Sprint(i), fmt.Sprintf("bulkId:%d", (i+1)%n))
	}
	if got := len(bulk(t, operations...).Steps()); got != 2*n {
		t.Errorf("a circle has %d steps, want %d", got, 2*n)
	}
}

// FuzzBulk reads anything as a bulk request: never a panic, no operation lost, and no reference
// left once it is resolved.
func FuzzBulk(f *testing.F) {
	for _, seed := range [][]string{
		{userOp("a", "bulkId:g"), groupOp("g", "bulkId:a", "u7")},
		{groupOp("g", "bulkId:g")},
		{`7`, `{"method":"PATCH","path":"/Groups/bulkId:g","data":{"Operations":[{"op":"remove","path":"members[value eq \"bulkId:a\"]"}]}}`},
		{`{"method":"POST","bulkId":"","path":"bulkId:","data":{"members":"bulkId:","MEMBERS":[{"value":["bulkId:"]}]}}`},
	} {
		f.Add([]byte(`{"failOnErrors":1,"Operations":[` + strings.Join(seed, ",") + `]}`))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		b, err := scim.DecodeBulk(body, 100)
		if err != nil {
			return
		}
		ids := make(map[string]string)
		for _, op := range b.Operations {
			ids[op.BulkID] = "id"
		}
		seen := make(map[int]bool)
		for _, s := range b.Steps() {
			if seen[s.Index] != s.Late {
				t.Fatalf("operation %d comes twice, or its second half first", s.Index)
			}
			seen[s.Index] = true
			first, err := s.Resolve(ids)
			if err != nil {
				continue
			}
			again, err := first.Resolve(nil)
			if err != nil || again.Path != first.Path {
				t.Fatalf("operation %d still refers to something: %v", s.Index, err)
			}
		}
		if len(seen) != len(b.Operations) {
			t.Fatalf("%d of %d operations are steps", len(seen), len(b.Operations))
		}
	})
}
