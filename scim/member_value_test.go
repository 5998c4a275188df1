package scim_test

import (
	"strings"
	"testing"

	"tvscim/scim"
)

// TestMemberWithoutValue: a list of members with one that has no value is refused, since to leave
// that one out could remove a member.
func TestMemberWithoutValue(t *testing.T) {
	t.Parallel()
	const list = `[{"value":"u1"},{"name":"x"}]`
	group := groupType()
	_, patched := scim.DecodePatch(group, "1", []byte(`{"Operations":[{"op":"replace","path":"members","value":`+list+`}]}`))
	_, added := scim.DecodePatch(group, "1", []byte(`{"Operations":[{"op":"add","path":"members","value":`+list+`}]}`))
	_, put := scim.Decode[scim.Group](group, []byte(`{"displayName":"Lab","members":`+list+`}`))
	for name, err := range map[string]error{"PATCH replace": patched, "PATCH add": added, "PUT and POST": put} {
		if err == nil || !strings.Contains(err.Error(), "members.value") {
			t.Errorf("%s: %v, want an error about members.value", name, err)
		}
	}
}
