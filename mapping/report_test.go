package mapping

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi"
)

func TestReviewFind(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 6, 1, 12, 0, 0, 0, time.UTC)
	ago := func(days int) time.Time { return now.Add(-time.Duration(days) * 24 * time.Hour) }
	ada := tvapi.UserAccess{User: tvapi.User{ID: 1, Name: "Ada", Email: "ada@contoso.example", Active: true, SSOStatus: ssoActive}, LastAccess: ago(1)}
	memory := map[tvapi.UserID]*RememberedUser{1: {ID: 1}}
	review := Review{Now: now, Unused: 90 * 24 * time.Hour, Memory: memory}
	remembered := func(r RememberedUser) func(*tvapi.UserAccess, *Review) {
		return func(_ *tvapi.UserAccess, v *Review) { v.Memory = map[tvapi.UserID]*RememberedUser{1: &r} }
	}
	for name, test := range map[string]struct {
		given func(*tvapi.UserAccess, *Review)
		want  []Finding
	}{
		"nothing":                   {func(*tvapi.UserAccess, *Review) {}, nil},
		"no client has named it":    {func(u *tvapi.UserAccess, _ *Review) { u.ID = 2 }, []Finding{{Unmanaged, "no client has named it"}}},
		"the memory is not known":   {func(_ *tvapi.UserAccess, v *Review) { v.Memory = nil }, nil},
		"the memory is empty":       {func(_ *tvapi.UserAccess, v *Review) { v.Memory = map[tvapi.UserID]*RememberedUser{} }, []Finding{{Unmanaged, "no client has named it"}}},
		"deactivated":               {func(u *tvapi.UserAccess, _ *Review) { u.Active = false }, []Finding{{Deactivated, "deactivated"}}},
		"just within the time":      {func(u *tvapi.UserAccess, _ *Review) { u.LastAccess = ago(90) }, nil},
		"long unused":               {func(u *tvapi.UserAccess, _ *Review) { u.LastAccess = ago(91) }, []Finding{{LongUnused, "last access on 2026-03-02, 91 days ago"}}},
		"never used":                {func(u *tvapi.UserAccess, _ *Review) { u.LastAccess = time.Time{} }, []Finding{{NeverUsed, "no access is recorded"}}},
		"the access is not shown":   {func(u *tvapi.UserAccess, v *Review) { u.LastAccess, v.NoAccess = time.Time{}, true }, nil},
		"SSO not active":            {func(u *tvapi.UserAccess, _ *Review) { u.SSOStatus = 3 }, []Finding{{SSOInactive, "SSO is not active: not validated"}}},
		"SSO in a state of its own": {func(u *tvapi.UserAccess, _ *Review) { u.SSOStatus = 9 }, []Finding{{SSOInactive, "SSO is not active: sso_status 9"}}},
		"SSO not known":             {func(u *tvapi.UserAccess, _ *Review) { u.SSOStatus = 0 }, nil},
		"SSO of nobody":             {func(u *tvapi.UserAccess, v *Review) { u.SSOStatus, v.NoSSO = 6, true }, nil},
		"address pending": {remembered(RememberedUser{OldAddress: "Ada@contoso.example", NewAddress: "ada.holm@contoso.example"}),
			[]Finding{{AddressPending, "the change of the address to ada.holm@contoso.example waits for the user's confirmation"}}},
		"address confirmed": {remembered(RememberedUser{OldAddress: "old@contoso.example", NewAddress: "ada@contoso.example"}), nil},
		"several": {func(u *tvapi.UserAccess, v *Review) {
			u.Active, u.LastAccess = false, ago(200)
			v.Memory = map[tvapi.UserID]*RememberedUser{1: {Deleted: ago(31)}}
		}, []Finding{{Deactivated, "deactivated; a client deleted the user on 2026-05-01"}, {LongUnused, "last access on 2025-11-13, 200 days ago"}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			u, v := ada, review
			test.given(&u, &v)
			if diff := cmp.Diff(test.want, v.Find(u)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}
