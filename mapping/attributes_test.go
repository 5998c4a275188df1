package mapping_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/mapping"
	"tvscim/scim"
	"tvscim/scim/filter"
)

// TestReadmeShowsTheTable keeps the README's tables of attributes equal to the ones that the code reads.
func TestReadmeShowsTheTable(t *testing.T) {
	readme, err := os.ReadFile("../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range map[string][]mapping.Attribute{"users": mapping.UserAttributes, "groups": mapping.GroupAttributes} {
		if want := mapping.AttributeTable(table); !strings.Contains(string(readme), want) {
			t.Errorf("README.md lacks the table of %s as the code has it:\n%s", name, want)
		}
	}
}

// TestMembersAreAdvertisedAsTheyAre: members are users, and their names come from TeamViewer. What the RFC's own schema
// says stays as it is.
func TestMembersAreAdvertisedAsTheyAre(t *testing.T) {
	type sub struct {
		Mutability        scim.Mutability
		Values, Reference []string
	}
	subs := func(s scim.Schema) map[string]sub {
		found := map[string]sub{}
		for _, a := range s.Attributes {
			for _, m := range a.Sub {
				found[a.Name+"."+m.Name] = sub{m.Mutability, m.CanonicalValues, m.ReferenceTypes}
			}
		}
		return found
	}
	user := []string{"User"}
	want := map[string]sub{
		"members.value":   {Mutability: scim.Immutable},
		"members.$ref":    {Mutability: scim.Immutable, Reference: user},
		"members.display": {Mutability: scim.ReadOnly},
		"members.type":    {Mutability: scim.Immutable, Values: user},
	}
	if diff := cmp.Diff(want, subs(mapping.GroupType().Schema)); diff != "" {
		t.Errorf("members (-want +got):\n%s", diff)
	}
	if rfc := subs(scim.GroupSchema())["members.type"].Values; len(rfc) != 2 {
		t.Errorf("members.type of the RFC's schema may be %q", rfc)
	}
}

// TestAdvertisedAttributes: /Schemas shows what is carried or kept, and nothing else.
func TestAdvertisedAttributes(t *testing.T) {
	const enterprise = scim.EnterpriseURN
	for _, test := range []struct {
		name, schema, attr string
		policy             mapping.Policy
		want               bool
	}{
		{"carried", scim.UserURN, "userName", mapping.Policy{}, true},
		{"kept always", scim.UserURN, "name", mapping.Policy{}, true},
		{"kept only if named", scim.UserURN, "title", mapping.Policy{}, false},
		{"named", scim.UserURN, "title", mapping.Policy{Keep: []string{"Title"}}, true},
		{"another one named", scim.UserURN, "nickName", mapping.Policy{Keep: []string{"title"}}, false},
		{"all", scim.UserURN, "title", mapping.Policy{Keep: []string{"*"}}, true},
		{"password dropped", scim.UserURN, "password", mapping.Policy{}, false},
		{"password dropped although all are kept", scim.UserURN, "password", mapping.Policy{Keep: []string{"*"}}, false},
		{"password accepted", scim.UserURN, "password", mapping.Policy{AcceptPassword: true}, true},
		{"sso", mapping.SSOUserURN, "ssoCustomerId", mapping.Policy{}, true},
		{"enterprise", enterprise, "department", mapping.Policy{}, false},
		{"enterprise schema named", enterprise, "department", mapping.Policy{Keep: []string{enterprise}}, true},
		{"enterprise attribute named", enterprise, "department", mapping.Policy{Keep: []string{enterprise + ":department"}}, true},
		{"enterprise attribute is no core attribute", scim.UserURN, "department", mapping.Policy{Keep: []string{enterprise + ":department"}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := mapping.UserType(test.policy).Advertised(test.schema, scim.Attribute{Name: test.attr, Type: filter.TypeString})
			if got != test.want {
				t.Errorf("advertised = %t, want %t", got, test.want)
			}
		})
	}
}
