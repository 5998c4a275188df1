package plan_test

import (
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/scim/filter"
)

// TestReadmeShowsTheTable keeps the README's tables of attributes equal to the ones that the code
// reads.
func TestReadmeShowsTheTable(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	for name, table := range map[string][]plan.Attribute{"users": plan.UserAttributes, "groups": plan.GroupAttributes} {
		if want := plan.AttributeTable(table); !strings.Contains(string(readme), want) {
			t.Errorf("README.md lacks the table of %s as the code has it:\n%s", name, want)
		}
	}
}

// TestMembersAreAdvertisedAsTheyAre: members are users, and their names come from TeamViewer. What
// the RFC's own schema says stays as it is.
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
	if diff := cmp.Diff(want, subs(plan.GroupType().Schema)); diff != "" {
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
		policy             plan.Policy
		want               bool
	}{
		{"carried", scim.UserURN, "userName", plan.Policy{}, true},
		{"kept always", scim.UserURN, "name", plan.Policy{}, true},
		{"kept only if named", scim.UserURN, "title", plan.Policy{}, false},
		{"named", scim.UserURN, "title", plan.Policy{Keep: []string{"Title"}}, true},
		{"another one named", scim.UserURN, "nickName", plan.Policy{Keep: []string{"title"}}, false},
		{"all", scim.UserURN, "title", plan.Policy{Keep: []string{"*"}}, true},
		{"password dropped", scim.UserURN, "password", plan.Policy{}, false},
		{"password dropped although all are kept", scim.UserURN, "password", plan.Policy{Keep: []string{"*"}}, false},
		{"password accepted", scim.UserURN, "password", plan.Policy{AcceptPassword: true}, true},
		{"sso", plan.SSOUserURN, "ssoCustomerId", plan.Policy{}, true},
		{"enterprise", enterprise, "department", plan.Policy{}, false},
		{"enterprise schema named", enterprise, "department", plan.Policy{Keep: []string{enterprise}}, true},
		{"enterprise attribute named", enterprise, "department", plan.Policy{Keep: []string{enterprise + ":department"}}, true},
		{"enterprise attribute is no core attribute", scim.UserURN, "department", plan.Policy{Keep: []string{enterprise + ":department"}}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := plan.UserType(test.policy).Advertised(test.schema, scim.Attribute{Name: test.attr, Type: filter.TypeString})
			if got != test.want {
				t.Errorf("advertised = %t, want %t", got, test.want)
			}
		})
	}
}
