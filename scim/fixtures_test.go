package scim_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
	"tvscim/scim/filter"
)

// badgeURN is an extension whose URN has a dot in its last part and is the beginning of another
// one's.
const (
	badgeURN      = "urn:example:params:scim:schemas:extension:badge:2.0"
	badgeOwnerURN = badgeURN + ":Owner"
)

// userType is a user with the enterprise extension and two that have what the standard schemas
// lack: numbers, dates, a write-only attribute, one that is returned on request only, and plain
// multi-valued attributes.
func userType() *scim.ResourceType {
	badge := scim.Schema{ID: badgeURN, Name: "Badge", Description: "Badge", Attributes: []scim.Attribute{
		{Name: "number", Type: filter.TypeInteger, Description: "The number on the badge."},
		{Name: "weight", Type: filter.TypeDecimal, Description: "The weight in grams."},
		{Name: "issued", Type: filter.TypeDateTime, Description: "When it was issued."},
		{Name: "pin", Type: filter.TypeString, CaseExact: true, Mutability: scim.WriteOnly,
			Returned: scim.ReturnedNever, Description: "The secret."},
		{Name: "history", Type: filter.TypeString, Returned: scim.ReturnedRequest, Description: "Who had it."},
		{Name: "doors", Type: filter.TypeString, MultiValued: true, Description: "What it opens."},
	}}
	owner := scim.Schema{ID: badgeOwnerURN, Name: "Owner", Description: "Owner", Attributes: []scim.Attribute{
		{Name: "deposit", Type: filter.TypeDecimal, Required: true, Description: "What was paid."},
	}}
	return &scim.ResourceType{
		Name:        "User",
		Endpoint:    "/Users",
		Description: "User Account",
		Schema:      scim.UserSchema(),
		Extensions:  []scim.Schema{scim.EnterpriseSchema(), badge, owner},
	}
}

func groupType() *scim.ResourceType {
	return &scim.ResourceType{Name: "Group", Endpoint: "/Groups", Description: "Group", Schema: scim.GroupSchema()}
}

// wantError checks that err is the scim.Error with that status, type and detail.
func wantError(t testing.TB, err error, status int, typ scim.ErrorType, detail string) {
	t.Helper()
	got, ok := errors.AsType[*scim.Error](err)
	if !ok {
		t.Fatalf("error = %v (%T), want a *scim.Error", err, err)
	}
	want := scim.Error{Status: status, Type: typ, Detail: detail}
	if diff := cmp.Diff(want, scim.Error{Status: got.Status, Type: got.Type, Detail: got.Detail},
		cmp.AllowUnexported(scim.Error{})); diff != "" {
		t.Errorf("error differs (-want +got):\n%s", diff)
	}
}
