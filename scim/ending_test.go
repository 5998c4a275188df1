package scim_test

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
)

// TestLawDeactivation: of a patch that is refused, the deactivation is left if the last value of
// active is false, and nothing otherwise.
func TestLawDeactivation(t *testing.T) {
	t.Parallel()
	const good, bad, on, off, unclear = 0, 1, 2, 3, 4
	samples := map[int][]string{
		good: {`{"op":"add","path":"title","value":"Fitter"}`, `{"op":"remove","path":"emails"}`, `{"op":"remove","path":"active"}`, `{"op":"replace","value":{"active":null}}`},
		bad:  {`{"op":"remove"}`, `{"op":"replace","path":"userName","value":null}`, `7`, `{"op":"replace","path":"title[","value":"x"}`, `{"op":"add","value":{"displayName":[1,2]}}`},
		on:   {`{"op":"replace","path":"active","value":true}`, `{"op":"add","value":{"Active":["True"]}}`},
		off:  {`{"op":"Add","path":"active","value":"False"}`, `{"op":"replace","value":{"title":"x","active":[{"$ref":null,"value":false}]}}`},
		unclear: {`{"op":"replace","path":"active","value":0}`, `{"op":"move","path":"active","value":true}`, `{"op":"replace","path":"active"}`,
			`{"op":"replace","path":"active","value":true,"VALUE":true}`},
	}
	rapid.Check(t, func(t *rapid.T) {
		var ops []string
		refused, last := false, good
		for _, kind := range rapid.SliceOfN(rapid.IntRange(good, unclear), 1, 8).Draw(t, "kinds") {
			ops = append(ops, rapid.SampledFrom(samples[kind]).Draw(t, "operation"))
			refused = refused || kind == bad || kind == unclear
			if kind == on || kind == off {
				last = kind
			}
		}
		p, err := scim.DecodePatch(patchUserType(), "77", operations(ops...))
		switch {
		case !refused:
			if err != nil || p.Refused != nil {
				t.Errorf("refused: %v, %v", err, p.Refused)
			}
		case last != off:
			if _, ok := errors.AsType[*scim.Error](err); !ok || len(p.Ops) > 0 {
				t.Errorf("got %v, %s", err, describePatch(p))
			}
		default:
			if err != nil || p.Refused == nil || len(p.Ops) != 1 || p.Ops[0] != (scim.Op{Kind: scim.OpReplace, Path: scim.Path{Attr: "active"}, Value: false}) {
				t.Errorf("got %v, %s", err, describePatch(p))
			}
		}
	})
}

// TestDecodeReplaceDeactivates does the same for a PUT.
func TestDecodeReplaceDeactivates(t *testing.T) {
	t.Parallel()
	off := scim.User{Active: new(false)}
	for _, tt := range []struct {
		name, body string
		want       scim.User
		refused    bool
	}{
		{"nothing is wrong", `{"userName":"nora","active":false}`, scim.User{UserName: "nora", Active: new(false)}, false},
		{"no userName", `{"active":"False"}`, off, true},
		{"wrong types on both sides", `{"userName":7,"active":[{"$ref":null,"value":"False"}],"name":"Nora"}`, off, true},
		{"under the URN", `{"urn:ietf:params:scim:schemas:core:2.0:User":{"active":false},"displayName":[1,2]}`, off, true},
		{"named twice", `{"userName":"nora","active":false,"Active":false}`, off, true},
		{"named twice, false last", `{"userName":"nora","active":true,"Active":false}`, off, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			body, err := scim.ParseBody([]byte(tt.body))
			if err != nil {
				t.Fatal(err)
			}
			got, err := scim.DecodeReplace[scim.User](patchUserType(), body)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, got.Resource); diff != "" || (got.Refused != nil) != tt.refused {
				t.Errorf("refused %v, resource (-want +got):\n%s", got.Refused, diff)
			}
			if tt.refused {
				if _, err := scim.DecodeCreate[scim.User](patchUserType(), body); err == nil {
					t.Error("a POST of it is accepted")
				}
			}
		})
	}
	for _, body := range []string{`{"active":true}`, `{"active":false,"Active":true,"userName":"nora"}`, `{"active":"no"}`, `{"title":7}`} {
		parsed, err := scim.ParseBody([]byte(body))
		if err != nil {
			t.Fatal(err)
		}
		if got, err := scim.DecodeReplace[scim.User](patchUserType(), parsed); err == nil {
			t.Errorf("%s: got %+v", body, got)
		}
	}
}

// TestDeactivated: the sentence follows exactly one full stop.
func TestDeactivated(t *testing.T) {
	t.Parallel()
	for _, detail := range []string{"userName: required", "userName: required."} {
		e := scim.InvalidValue("%s", detail)
		if got, want := e.Deactivated().Detail, "userName: required. The deactivation itself was done."; got != want || e.Detail != detail {
			t.Errorf("got %q of %q", got, e.Detail)
		}
	}
}

// TestEndingOfMembers: of a patch of a group that is refused, the removal of members is left.
func TestEndingOfMembers(t *testing.T) {
	t.Parallel()
	const refused = `{"op":"replace","path":"displayName","value":7}`
	for _, tt := range []struct{ name, operations, want string }{
		{"listed", `{"op":"Remove","path":"members","value":[{"value":"u1"},{"value":"u2"}]}`, "remove members [u1 u2]"},
		{"each once", `{"op":"remove","path":"members","value":["u1","u1"]},{"op":"remove","path":"members[value eq \"u1\"]"}`, "remove members [u1]"},
		{"added last", `{"op":"remove","path":"members","value":["u1","u2"]},{"op":"add","path":"members","value":["u1"]}`, "remove members [u2]"},
		{"added first", `{"op":"add","path":"members","value":["u1"]},{"op":"remove","path":"members","value":["u1"]}`, "remove members [u1]"},
		{"all members", `{"op":"replace","path":"members","value":["u1"]},{"op":"add","path":"members","value":["u2"]}`, "replace members [u1 u2]"},
		{"all, and one of them removed", `{"op":"replace","path":"members","value":["u1","u2"]},{"op":"remove","path":"members","value":["u1"]}`, "replace members [u2]"},
		{"another filter", `{"op":"remove","path":"members[display eq \"Nora\"]"},{"op":"remove","path":"members","value":["u1"]}`, "remove members [u1]"},
		{"list not read in full", `{"op":"replace","path":"members","value":["u1"]},{"op":"add","path":"members","value":[7]},{"op":"remove","path":"members","value":["u3"]}`, "remove members [u3]"},
		{"only additions", `{"op":"add","path":"members","value":["u1"]}`, ""},
		{"all removed", `{"op":"remove","path":"members"}`, ""},
		{"replaced by nobody", `{"op":"replace","path":"members","value":[]}`, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			p, err := scim.DecodePatch(patchGroupType(), "456", operations(tt.operations, refused))
			if (err != nil) != (tt.want == "") {
				t.Fatalf("error %v", err)
			}
			got := ""
			for _, op := range p.Ops {
				var ids []string
				for _, m := range op.Value.([]any) {
					ids = append(ids, m.(map[string]any)["value"].(string))
				}
				got += fmt.Sprintf("%s %s %v", op.Kind, op.Path, ids)
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestRefusedPatchAddsNobody: a replacement of all members removes the others, if the patch is
// refused.
func TestRefusedPatchAddsNobody(t *testing.T) {
	t.Parallel()
	p, err := scim.DecodePatch(patchGroupType(), "456", operations(`{"op":"replace","path":"members","value":["u1","u9"]}`, `{"op":"replace","path":"displayName","value":7}`))
	if err != nil {
		t.Fatal(err)
	}
	before := scim.Group{DisplayName: "Fitters", Members: []scim.Member{{Value: "u1", Display: "Nora"}, {Value: "u2"}}}
	after, err := scim.Apply(patchGroupType(), before, p)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(scim.Group{DisplayName: "Fitters", Members: []scim.Member{{Value: "u1", Display: "Nora"}}}, after); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
