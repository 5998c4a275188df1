package scim_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

// sparseUserType advertises a few attributes, one of them complex, without one of its parts.
func sparseUserType() *scim.ResourceType {
	t := patchUserType()
	t.Advertised = func(schema string, a scim.Attribute) bool {
		switch a.Name {
		case "userName", "displayName", "active", "manager", "manager.value":
			return true
		default:
			return false
		}
	}
	return t
}

// TestIgnoredNames names what has no effect as the schema spells it, whatever its value.
func TestIgnoredNames(t *testing.T) {
	t.Parallel()
	const urn = scim.EnterpriseURN
	tests := []struct {
		operation string
		want      []string
	}{
		{`{"op":"replace","path":"displayName","value":"x"}`, nil},
		{`{"op":"replace","path":"TITLE","value":[7]}`, []string{"title"}},
		{`{"op":"add","path":"title"}`, []string{"title"}},
		{`{"op":"add","path":"phoneNumbers[type eq \"work\"].VALUE","value":7}`, []string{"phoneNumbers.value"}},
		{`{"op":"add","path":"phoneNumbers[type","value":7}`, []string{"phoneNumbers"}},
		{`{"op":"add","path":"shoeSize[type","value":7}`, []string{"shoeSize"}},
		{`{"op":"add","path":"manager","value":"7"}`, nil},
		{`{"op":"add","path":"manager.displayName","value":7}`, []string{urn + ":manager.displayName"}},
		{`{"op":"add","value":{"department":7,"shoeSize":7,"a b":1,"title":1,"Title":2,"name":{"givenName":[]}}}`, []string{urn + ":department", "shoeSize", "a b", "title", "name"}},
		{`{"op":"add","value":{"` + ssoURN + `":7}}`, []string{ssoURN}},
		{`{"op":"remove","path":"active"}`, []string{"active"}},
	}
	for _, tt := range tests {
		t.Run(tt.operation, func(t *testing.T) {
			t.Parallel()
			p, err := scim.DecodePatch(sparseUserType(), "77", operations(tt.operation))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tt.want, p.Ignored.Names()); diff != "" {
				t.Errorf("ignored (-want +got):\n%s", diff)
			}
		})
	}
}

// TestIgnoredNamesOfABody does so for a POST and a PUT.
func TestIgnoredNamesOfABody(t *testing.T) {
	t.Parallel()
	body, err := scim.ParseBody([]byte(`{"schemas":["x"],"id":"7","meta":{},"userName":"nora","title":7,"Title":"x","shoeSize":1,"phoneNumbers.value":7,
		"` + scim.UserURN + `":{"nickName":[],"displayName":"Nora","hat":1},"` + scim.EnterpriseURN + `":{"department":{},"manager":{"displayName":1,"value":"7"}}}`))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"title", "shoeSize", "phoneNumbers.value", "nickName", scim.UserURN + ":hat", scim.EnterpriseURN + ":department"}
	put, err := scim.DecodeReplace[scim.User](sparseUserType(), body)
	if diff := cmp.Diff(want, put.Ignored.Names()); err != nil || diff != "" {
		t.Errorf("PUT: %v, ignored (-want +got):\n%s", err, diff)
	}
	post, err := scim.DecodeCreate[scim.User](sparseUserType(), body)
	if diff := cmp.Diff(want, post.Ignored.Names()); err != nil || diff != "" {
		t.Errorf("POST: %v, ignored (-want +got):\n%s", err, diff)
	}
}

// TestIgnoredIsBounded: a request names no more than fifty; a nil Ignored takes none.
func TestIgnoredIsBounded(t *testing.T) {
	t.Parallel()
	var members []string
	for i := range 1000 {
		members = append(members, fmt.Sprintf(`"x%d":1`, i))
	}
	p := mustPatch(t, sparseUserType(), `{"op":"add","value":{`+strings.Join(members, ",")+`}}`)
	if n := len(p.Ignored.Names()); n != 50 {
		t.Errorf("%d names, want 50", n)
	}
	var none *scim.Ignored
	if none.Add("x"); none.Names() != nil {
		t.Error("a nil Ignored has names")
	}
}
