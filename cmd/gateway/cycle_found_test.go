package gateway_test

import (
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestMembersRefusedTwice: the answer to an addition is lost, its repetition is refused because
// some are members by now, and the same happens to what was left to add. In the end all are
// members, so that is what is answered.
func TestMembersRefusedTwice(t *testing.T) {
	t.Parallel()
	for _, status := range []int{http.StatusBadRequest, http.StatusNotFound, http.StatusConflict} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				v := tvfake.Default()
				v.MemberAgain, v.NonMemberRemoved = status, status
				s := newStage(t, staging{fake: tvfake.Options{Variant: v}, direct: true})
				nora, ola, pia := s.user("nora.vale@contoso.example"), s.user("ola.lind@contoso.example"), s.user("pia.berg@contoso.example")
				group := s.group("Field Service", nora)
				for _, function := range []string{addMembers, removeMembers} {
					// The first attempt is refused for Nora's sake; what is left is done, and its
					// answer lost.
					s.fake.Fail(tvfake.Fault{Function: function, Lost: true, After: true, Skip: 1, Times: 1})
				}
				if a := s.do("PATCH", "/Groups/"+group, legacy.addMembers(nora, ola, pia)); a.status != http.StatusNoContent {
					t.Errorf("addition: %d %s", a.status, a.body)
				}
				if g := s.fake.Groups()[0]; len(g.Members) != 3 {
					t.Errorf("members = %v, want all three", g.Members)
				}
				s.fake.ChangeGroup(s.fake.Groups()[0].ID, func(g *tvfake.Group) { g.Members = []string{ola, pia} })
				if a := s.do("PATCH", "/Groups/"+group, legacy.removeMembers(nora, ola, pia)); a.status != http.StatusNoContent {
					t.Errorf("removal: %d %s", a.status, a.body)
				}
				if g := s.fake.Groups()[0]; len(g.Members) != 0 {
					t.Errorf("members = %v, want none", g.Members)
				}
			})
		})
	}
}

// TestRecycleBinOfWhoIsInactive: Entra puts a user into its recycle bin who was inactive before,
// and whose address the gateway does not know to have changed. The userName with the prefix is
// nobody's address and is never sent.
func TestRecycleBinOfWhoIsInactive(t *testing.T) {
	t.Parallel()
	for _, d := range dialects {
		t.Run(string(d), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				s := newStage(t, staging{direct: true})
				nora := s.user("nora.vale@contoso.example")
				no := false
				s.do("PATCH", "/Users/"+nora, d.change(&no))
				time.Sleep(time.Hour)
				binned := "0f8b6a2c4d1e4b7a9c3d5e6f708192a3nora.roth@contoso.example"
				a := s.do("PATCH", "/Users/"+nora, d.change(nil, attr{"userName", binned}))
				if a.status != http.StatusOK || get(a.json(t), "userName") != binned {
					t.Errorf("%d %s", a.status, a.body)
				}
				if u, _ := s.fake.User(nora); u.Email != "nora.vale@contoso.example" || u.Active {
					t.Errorf("TeamViewer holds %+v", u)
				}
			})
		})
	}
}
