package scim_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim"
	"tvscim/scim/filter"
)

const ssoURN = "urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser"

// patchUserType is a user with the enterprise extension and one of a vendor's own, as an identity
// provider sees it.
func patchUserType() *scim.ResourceType {
	sso := scim.Schema{ID: ssoURN, Attributes: []scim.Attribute{
		{Name: "ssoCustomerId", Type: filter.TypeString, CaseExact: true},
		{Name: "serial", Type: filter.TypeString, Mutability: scim.Immutable},
		{Name: "tags", Type: filter.TypeString, MultiValued: true},
		{Name: "keys", Type: filter.TypeComplex, MultiValued: true, Mutability: scim.Immutable, Sub: []scim.Attribute{
			{Name: "value", Type: filter.TypeString, CaseExact: true}, {Name: "display", Type: filter.TypeString},
		}},
	}}
	return &scim.ResourceType{
		Name:       "User",
		Endpoint:   "/Users",
		Schema:     scim.UserSchema(),
		Extensions: []scim.Schema{scim.EnterpriseSchema(), sso},
	}
}

func patchGroupType() *scim.ResourceType {
	return &scim.ResourceType{Name: "Group", Endpoint: "/Groups", Schema: scim.GroupSchema()}
}

// patchType returns the type served at an endpoint.
func patchType(t testing.TB, endpoint string) *scim.ResourceType {
	t.Helper()
	for _, typ := range []*scim.ResourceType{patchUserType(), patchGroupType()} {
		if typ.Endpoint == "/"+endpoint {
			return typ
		}
	}
	t.Fatalf("no type is served at %q", endpoint)
	return nil
}

// operations returns a PATCH body of the given operations, each a JSON object.
func operations(ops ...string) []byte {
	return []byte(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(ops, ",") + `]}`)
}

// mustPatch decodes the operations for the resource with the id "77".
func mustPatch(t rapid.TB, typ *scim.ResourceType, ops ...string) scim.Patch {
	t.Helper()
	p, err := scim.DecodePatch(typ, "77", operations(ops...))
	if err != nil {
		t.Fatalf("DecodePatch(%s): %v", ops, err)
	}
	return p
}

// encodePatch returns the body that says what a canonical patch does, in the RFC's own words.
func encodePatch(t rapid.TB, p scim.Patch) []byte {
	t.Helper()
	type operation struct {
		Op    string `json:"op"`
		Path  string `json:"path"`
		Value any    `json:"value,omitempty"`
	}
	ops := make([]operation, len(p.Ops))
	for i, op := range p.Ops {
		ops[i] = operation{op.Kind.String(), op.Path.String(), op.Value}
	}
	body, err := json.Marshal(map[string]any{"Operations": ops})
	if err != nil {
		t.Fatalf("encode %v: %v", p, err)
	}
	return body
}

// describePatch returns a patch as one line for each operation.
func describePatch(p scim.Patch) string {
	if p.Empty() {
		return "nothing\n"
	}
	var b strings.Builder
	if p.Refused != nil {
		fmt.Fprintf(&b, "%d %s: %s\n", p.Refused.Status, p.Refused.Type, p.Refused.Detail)
	}
	for _, op := range p.Ops {
		fmt.Fprintf(&b, "%s %s", op.Kind, op.Path)
		if op.Value != nil {
			v, err := json.Marshal(op.Value)
			if err != nil {
				v = []byte(err.Error())
			}
			fmt.Fprintf(&b, " %s", v)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

func TestOpKindString(t *testing.T) {
	t.Parallel()
	got := []string{scim.OpAdd.String(), scim.OpReplace.String(), scim.OpRemove.String(), scim.OpKind(0).String()}
	if diff := cmp.Diff([]string{"add", "replace", "remove", "unknown operation"}, got); diff != "" {
		t.Errorf("names of operations (-want +got):\n%s", diff)
	}
}

func TestPathString(t *testing.T) {
	t.Parallel()
	work := filter.Compare{Path: filter.AttrPath{Name: "type"}, Op: filter.Equal, Value: filter.Value{Text: "work"}}
	tests := []struct {
		path scim.Path
		want string
	}{
		{scim.Path{Attr: "active"}, `active`},
		{scim.Path{Attr: "name", Sub: "givenName"}, `name.givenName`},
		{scim.Path{Attr: "emails", Filter: work, Sub: "value"}, `emails[type eq "work"].value`},
		{scim.Path{Attr: "emails", Filter: work}, `emails[type eq "work"]`},
		{scim.Path{Schema: scim.EnterpriseURN}, scim.EnterpriseURN},
		{scim.Path{Schema: scim.EnterpriseURN, Attr: "manager", Sub: "value"}, scim.EnterpriseURN + ":manager.value"},
	}
	for _, tt := range tests {
		if got := tt.path.String(); got != tt.want {
			t.Errorf("String of %#v = %s, want %s", tt.path, got, tt.want)
		}
	}
}
