package scim_test

import (
	"testing"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// sealedType is a user with attributes that are set for good.
func sealedType() *scim.ResourceType {
	t := userType()
	t.Extensions = []scim.Schema{{ID: badgeURN, Attributes: []scim.Attribute{
		{Name: "serial", Type: filter.TypeString, CaseExact: true, Mutability: scim.Immutable},
		{Name: "keys", Type: filter.TypeString, MultiValued: true, Mutability: scim.Immutable},
		{Name: "holder", Type: filter.TypeComplex, Sub: []scim.Attribute{
			{Name: "born", Type: filter.TypeString, Mutability: scim.Immutable},
			{Name: "room", Type: filter.TypeString},
		}},
		{Name: "lends", Type: filter.TypeComplex, MultiValued: true, Sub: []scim.Attribute{
			{Name: "to", Type: filter.TypeString, Mutability: scim.Immutable},
		}},
	}}}
	return t
}

// TestCheckReplace puts one badge in place of another (RFC 7644 section 3.5.1).
func TestCheckReplace(t *testing.T) {
	t.Parallel()
	before := `{"serial":"1","keys":["a","b"],"holder":{"born":"1990","room":"7"},"lends":[{"to":"Ola"}]}`
	tests := []struct{ name, before, after, refused string }{
		{"the same", before, before, ""},
		{"what may change", before, `{"serial":"1","keys":["a","b"],"holder":{"born":"1990","room":"8"},"lends":[{"to":"Pia"}]}`, ""},
		{"not said", before, `{}`, ""},
		{"part not said", before, `{"holder":{"room":"8"}}`, ""},
		{"set for the first time", `{}`, before, ""},
		{"part set for the first time", `{"holder":{"room":"8"}}`, before, ""},
		{"simple value", before, `{"serial":"2"}`, "serial"},
		{"list", before, `{"keys":["b","a"]}`, "keys"},
		{"part of a complex value", before, `{"holder":{"born":"1991"}}`, "holder.born"},
		{"elements are exchanged", before, `{"lends":[{"to":"Pia"},{"to":"Max"}]}`, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			user := func(badge string) scim.User {
				u, err := scim.Decode[scim.User](sealedType(), []byte(`{"userName":"nora","`+badgeURN+`":`+badge+`}`))
				if err != nil {
					t.Fatal(err)
				}
				return u
			}
			err := scim.CheckReplace(sealedType(), user(tt.before), user(tt.after))
			if tt.refused != "" {
				wantError(t, err, 400, scim.TypeMutability, tt.refused+" cannot be changed once it is set")
			} else if err != nil {
				t.Error(err)
			}
		})
	}
}

// TestMembersAreExchanged: value, display and type of a member are immutable, and a PUT may name
// other members nevertheless.
func TestMembersAreExchanged(t *testing.T) {
	t.Parallel()
	before := scim.Group{DisplayName: "Lab", Members: []scim.Member{{Value: "u1", Display: "Nora"}}}
	for _, members := range [][]scim.Member{nil, {}, {{Value: "u1", Display: "N."}}, {{Value: "u2"}}} {
		if err := scim.CheckReplace(groupType(), before, scim.Group{DisplayName: "Lab", Members: members}); err != nil {
			t.Errorf("%v: %v", members, err)
		}
	}
}
