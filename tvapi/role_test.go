package tvapi_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
)

const otherRoleID = "ffffffff-1111-2222-3333-444444444444"

func TestRoles(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		answer string
		want   []tvapi.Role
		kind   tvapi.Kind
	}{
		"two": {
			`{"Roles":[{"Name":"Agent","Id":"` + roleID + `","Permissions":{"ManageUsers":true,"EditConnections":false}},{"Name":"None","Id":"` + otherRoleID + `"}]}`,
			[]tvapi.Role{
				{ID: roleID, Name: "Agent", Permissions: map[string]bool{"ManageUsers": true, "EditConnections": false}},
				{ID: otherRoleID, Name: "None"},
			}, 0,
		},
		"none":      {`{"Roles":[]}`, []tvapi.Role{}, 0},
		"missing":   {`{}`, nil, tvapi.KindForeign},
		"null":      {`{"Roles":null}`, nil, tvapi.KindForeign},
		"not a map": {`{"Roles":[{"Permissions":["ManageUsers"]}]}`, nil, tvapi.KindForeign},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, c := serve(t, ok(test.answer))
			got, err := c.Roles(t.Context())
			if diff := cmp.Diff(test.want, got); diff != "" {
				t.Errorf("roles (-want +got):\n%s", diff)
			}
			if tvapi.KindOf(err) != test.kind {
				t.Errorf("error = %v, want %v", err, test.kind)
			}
		})
	}
}

func TestPredefinedRole(t *testing.T) {
	t.Parallel()
	for answer, want := range map[string]string{
		`{"PredefinedUserRoleId":"` + roleID + `"}`: roleID, `{"PredefinedUserRoleId":null}`: "", `{"PredefinedUserRoleId":""}`: "",
		`{}`: "foreign", `{"PredefinedUserRoleId":7}`: "foreign", `{"PredefinedUserRoleId":"admin"}`: "foreign", `[]`: "foreign",
	} {
		_, c := serve(t, ok(answer))
		got, err := c.PredefinedRole(t.Context())
		if err != nil {
			got = tvapi.KindOf(err).String()
		}
		if got != want {
			t.Errorf("%s: %q, %v, want %q", answer, got, err, want)
		}
	}
}

func TestRoleAdministers(t *testing.T) {
	t.Parallel()
	r := tvapi.Role{Permissions: map[string]bool{"ManageUsers": true, "ManageAdmins": true, "ManagePolicies": false, "AllowGroupSharing": true, "ViewAuditLog": true}}
	if diff := cmp.Diff([]string{"ManageAdmins", "ManageUsers"}, r.Administers()); diff != "" {
		t.Errorf("administers (-want +got):\n%s", diff)
	}
	if got := (tvapi.Role{}).Administers(); got != nil {
		t.Errorf("a role without permissions administers %q", got)
	}
}
