package scim_test

import (
	"testing"

	"tvscim/scim"
)

// TestValueOfASimpleAttribute: "active.value" is the attribute itself, as a path and as a key.
func TestValueOfASimpleAttribute(t *testing.T) {
	t.Parallel()
	user := patchUserType()
	for name, body := range map[string]string{
		"path":          `{"op":"replace","path":"active.value","value":false}`,
		"path with URN": `{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:active.VALUE","value":"False"}`,
		"key":           `{"op":"replace","value":{"active.value":false}}`,
	} {
		patch, err := scim.DecodePatch(user, "u1", []byte(`{"Operations":[`+body+`]}`))
		if active, named := patch.Active(); err != nil || !named || active {
			t.Errorf("%s: active %t, named %t, %v; want false", name, active, named, err)
		}
	}
	patch, err := scim.DecodePatch(user, "u1", []byte(`{"Operations":[{"op":"replace","path":"userName.value","value":"nora@contoso.example"}]}`))
	if names := patch.Values("userName"); err != nil || len(names) != 1 || names[0] != "nora@contoso.example" {
		t.Errorf("userName.value: %q, %v", names, err)
	}
}
