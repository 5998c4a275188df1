package scim_test

import (
	"fmt"
	"testing"

	"tvscim/scim"
)

// BenchmarkPatchUser is the commonest request of all: a user is deactivated.
func BenchmarkPatchUser(b *testing.B) {
	typ := patchUserType()
	body := operations(`{"op":"Replace","path":"active","value":"False"}`)
	before := scim.User{Head: scim.Head{ID: "77"}, UserName: "n", Emails: []scim.Email{{Value: "n@x.example", Type: "work"}}}
	for b.Loop() {
		p, err := scim.DecodePatch(typ, "77", body)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := scim.Apply(typ, before, p); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkPatchMembers decodes and reduces a PATCH that adds members, which is all that it takes
// to plan it.
func BenchmarkPatchMembers(b *testing.B) {
	typ := patchGroupType()
	for _, n := range []int{100, 1_000, 10_000} {
		ids := make([]string, n)
		for i := range ids {
			ids[i] = fmt.Sprintf(`{"op":"Add","path":"members","value":[{"$ref":null,"value":"u%d"}]}`, i)
		}
		body := operations(ids...)
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			for b.Loop() {
				p, err := scim.DecodePatch(typ, "77", body)
				if err != nil {
					b.Fatal(err)
				}
				if change, ok := p.Members(); !ok || len(change.Add) != n {
					b.Fatalf("%d members added, reduced %t", len(change.Add), ok)
				}
			}
		})
	}
}
