package plan

import (
	"testing"

	"tvscim/scim"
)

// BenchmarkShowUser is what each user costs in a listing that no index narrows.
func BenchmarkShowUser(b *testing.B) {
	u := scim.User{UserName: nora.Email, DisplayName: nora.Name, Name: scim.Name{GivenName: "Nora", FamilyName: "Vale", Formatted: "Nora Vale"}}
	u.ExternalID = "e1"
	primary := true
	u.Emails = []scim.Email{{Value: nora.Email, Type: "work", Primary: &primary}}
	rec := Policy{}.PlanCreate(u, Inputs{Now: noon}).Steps[1].(Remember).Record
	b.ReportAllocs()
	for b.Loop() {
		ShowUser(nora, rec)
	}
}
