package scimtest_test

import (
	"strings"
	"testing"

	"tvscim/scim"
	"tvscim/scim/scimtest"
)

// TestMemoryKeepsADeactivation: of a change that is refused, by its decoding or by the store, the
// deactivation is done.
func TestMemoryKeepsADeactivation(t *testing.T) {
	t.Parallel()
	const off = `{"op":"replace","path":"active","value":false}`
	tests := []struct {
		name, method, body string
		version            scim.Version
		status             int
		inactive           bool
	}{
		{"malformed part", "PATCH", `{"Operations":[{"op":"remove","path":"userName"},` + off + `]}`, "", 400, true},
		{"no target", "PATCH", `{"Operations":[` + off + `,{"op":"replace","path":"emails[value eq \"x\"].value","value":"y"}]}`, "", 400, true},
		{"taken name", "PATCH", `{"Operations":[` + off + `,{"op":"replace","path":"userName","value":"OLA"}]}`, "", 409, true},
		{"malformed PUT", "PUT", `{"active":false}`, "", 400, true},
		{"taken name in a PUT", "PUT", `{"userName":"ola","active":false}`, "", 409, true},
		{"no deactivation", "PATCH", `{"Operations":[{"op":"replace","path":"userName","value":"ola"}]}`, "", 409, false},
		{"another version", "PATCH", `{"Operations":[{"op":"remove","path":"userName"},` + off + `]}`, `W/"x"`, 412, false},
		{"another version of a PUT", "PUT", `{"active":false}`, `W/"x"`, 412, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			m := scimtest.NewMemory[scim.User](userType)
			before := create(t, m, user(t, `{"userName":"nora","displayName":"Nora","active":true}`))
			create(t, m, user(t, `{"userName":"ola"}`))
			_, err := change(t, m, before.ID, tt.method, tt.body, tt.version)
			if status, _ := problem(t, err); status != tt.status || strings.Contains(err.Error(), "The deactivation itself was done.") != tt.inactive {
				t.Errorf("error %v", err)
			}
			after, err := m.Get(t.Context(), scim.GetRequest{ID: before.ID})
			if err != nil || *after.Active == tt.inactive || after.UserName != "nora" || after.DisplayName != "Nora" {
				t.Errorf("afterwards %+v, %v", after, err)
			}
			if tt.inactive && !after.Meta.LastModified.After(before.Meta.LastModified) {
				t.Error("lastModified did not move")
			}
		})
	}
}

// change sends a PATCH or PUT of a user to a store as a service does.
func change(t *testing.T, m *scimtest.Memory[scim.User], id, method, body string, version scim.Version) (scim.User, error) {
	t.Helper()
	var when scim.Precondition
	var err error
	if version != "" {
		if when, err = scim.ParsePrecondition([]string{string(version)}, nil); err != nil {
			t.Fatal(err)
		}
	}
	if method == "PATCH" {
		return m.Patch(t.Context(), scim.PatchRequest{ID: id, Patch: patch(t, userType, body), If: when})
	}
	parsed, err := scim.ParseBody([]byte(body))
	if err != nil {
		t.Fatal(err)
	}
	req, err := scim.DecodeReplace[scim.User](userType, parsed)
	if err != nil {
		t.Fatal(err)
	}
	req.ID, req.If = id, when
	return m.Replace(t.Context(), req)
}
