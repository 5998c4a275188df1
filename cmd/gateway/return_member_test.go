package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// hire is a new user with an address that a deleted one had.
func hire(userName, externalID string) string {
	return fmt.Sprintf(`{"userName":%q,"externalId":%q,"displayName":"New Hire"}`, userName, externalID)
}

// TestReturnEndsMemberships: a user is deleted, which only deactivates the account, and its address
// goes to a new hire, who is in none of the groups of the one who left, not even before the account
// is active, and in those that the client names afterwards.
func TestReturnEndsMemberships(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, staging{fake: o, direct: true})
			users := s.people(3)
			s.group("Field Service", users...)
			s.group("Vault", users[0])
			other := s.group("Depot", users[1])
			s.status(t, http.StatusNoContent, "DELETE", "/Users/"+users[0], "")
			time.Sleep(24 * time.Hour)
			s.fake.OnCall(func(c tvfake.Call) {
				if c.Function == putUser && strings.Contains(c.Body, `"active":true`) {
					s.hasMembers(t, "Vault", nil) // as soon as the account is active
				}
			})
			a := s.status(t, http.StatusCreated, "POST", "/Users", hire("user00@contoso.example", "new-hire"))
			if a.json(t)["id"] != users[0] {
				t.Errorf("a new account was made: %s", a.body)
			}
			s.hasMembers(t, "Field Service", users[1:])
			s.hasMembers(t, "Vault", nil)
			s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+other, legacy.addMembers(users[0]))
			s.hasMembers(t, "Depot", users[:2])
		})
	})
}

// TestReturnWaitsForMemberships: while the memberships cannot be ended, the account stays inactive.
// What was read by then is not read again.
func TestReturnWaitsForMemberships(t *testing.T) {
	for _, test := range []struct {
		name     string
		function string
	}{
		{"members not read", listMembers}, {"not removed", removeMembers}, {"groups not listed", listGroups},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				users := s.people(2)
				for i := range 9 {
					s.group(fmt.Sprint("Group ", i), users[i%2])
				}
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+users[0], "")
				time.Sleep(24 * time.Hour)
				disarm := s.fake.Fail(tvfake.Fault{Function: test.function, Status: http.StatusInternalServerError, Skip: 3})
				if test.function == listGroups {
					disarm()
					disarm = s.fake.Fail(tvfake.Fault{Function: listGroups, Status: http.StatusInternalServerError})
				}
				for range 2 {
					a := s.unavailable("POST", "/Users", hire("user00@contoso.example", "new-hire"))
					if u, _ := s.fake.User(users[0]); u.Active || !strings.Contains(a.body, "stays inactive") {
						t.Errorf("active %t: %s", u.Active, a.body)
					}
				}
				disarm()
				time.Sleep(2 * time.Minute)
				s.fake.ResetCalls()
				s.status(t, http.StatusCreated, "POST", "/Users", hire("user00@contoso.example", "new-hire"))
				if n := s.fake.Count(listMembers); test.function == listMembers && n > 6 {
					t.Errorf("%d reads of members, though at least 3 of 9 groups had been read", n)
				}
				for i := range 9 {
					s.hasMembers(t, fmt.Sprint("Group ", i), map[int][]string{1: users[1:]}[i%2])
				}
			})
		})
	}
}

// TestReturnsShareReads: of ten who return at once, each is out of the groups, whose members are
// read once.
func TestReturnsShareReads(t *testing.T) {
	v := tvfake.Default()
	v.PageSize = 100
	in(t, staging{fake: tvfake.Options{Variant: v}}, func(t *testing.T, s *stage) {
		users := s.people(12)
		for i := range 8 {
			s.group(fmt.Sprint("Group ", i), users...)
		}
		for _, id := range users[:10] {
			s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
		}
		time.Sleep(24 * time.Hour)
		s.fake.Fail(tvfake.Fault{Delay: 100 * time.Millisecond})
		s.status(t, http.StatusOK, "GET", "/Users?count=1", "")
		s.fake.ResetCalls()
		var all sync.WaitGroup
		for i := range 10 {
			all.Go(func() {
				s.status(t, http.StatusCreated, "POST", "/Users", hire(fmt.Sprintf("user%02d@contoso.example", i), fmt.Sprint("new-hire-", i)))
			})
		}
		all.Wait()
		for i := range 8 {
			s.hasMembers(t, fmt.Sprint("Group ", i), users[10:])
		}
		if reads, removals := s.fake.Count(listMembers), s.fake.Count(removeMembers); reads > 8 || removals > 40 {
			t.Errorf("%d reads of members and %d removals, want 8 and 40 at most", reads, removals)
		}
	})
}

// TestReturnWithoutGroups: a company whose licence has no user groups has no memberships either. A
// token that may not look at the groups cannot tell, and the right that it lacks is named.
func TestReturnWithoutGroups(t *testing.T) {
	for _, test := range []struct {
		name   string
		forbid func(s *stage)
		status int
		says   string
	}{
		{"no licence", func(s *stage) { s.fake.SetLicensed(false) }, http.StatusCreated, ""},
		{"no right", func(s *stage) {
			s.fake.SetRights(tvfake.RightUsersRead, tvfake.RightUsersCreate, tvfake.RightUsersModify)
		}, http.StatusBadRequest, "User groups: read user groups"},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				id := s.user("nora.vale@contoso.example")
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
				time.Sleep(24 * time.Hour)
				test.forbid(s)
				a := s.status(t, test.status, "POST", "/Users", hire("nora.vale@contoso.example", "new-hire"))
				if u, _ := s.fake.User(id); u.Active != (test.status == http.StatusCreated) || !strings.Contains(a.body, test.says) {
					t.Errorf("active %t: %s", u.Active, a.body)
				}
			})
		})
	}
}

// TestReturnWaitsForAnUnansweredAddition: a user was made a member in a call without an answer, is
// deleted, and is to return, all within seconds. TeamViewer may still make the account a member, so
// it stays inactive until it no longer can.
func TestReturnWaitsForAnUnansweredAddition(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		id := s.user("nora.vale@contoso.example")
		group := s.group("Vault")
		disarm := s.fake.Fail(tvfake.Fault{Function: addMembers, Status: http.StatusInternalServerError})
		s.unavailable("PATCH", "/Groups/"+group, legacy.addMembers(id))
		disarm()
		other := s.user("ola.lind@contoso.example") // was never meant to be a member
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+other, "")
		s.status(t, http.StatusCreated, "POST", "/Users", hire("ola.lind@contoso.example", "another"))
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
		s.unavailable("POST", "/Users", hire("nora.vale@contoso.example", "new-hire"))
		s.fake.ChangeGroup(s.fake.Groups()[0].ID, func(g *tvfake.Group) { g.Members = []string{id} }) // now it is carried out
		time.Sleep(2 * time.Minute)
		s.status(t, http.StatusCreated, "POST", "/Users", hire("nora.vale@contoso.example", "new-hire"))
		s.hasMembers(t, "Vault", nil)
	})
}
