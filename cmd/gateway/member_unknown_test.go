package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestMemberWhoLeftTheCompany: TeamViewer may keep an account in its groups that has left the
// company. Nobody can be added who is no user, but that member is in the way of no other change of
// the members.
func TestMemberWhoLeftTheCompany(t *testing.T) {
	for _, test := range []struct {
		name string
		send func(t *testing.T, s *stage, group, left, bob string)
		want []string // names
	}{
		{"is removed by PUT", func(t *testing.T, s *stage, group, _, bob string) {
			s.status(t, http.StatusOK, "PUT", group, fmt.Sprintf(`{"displayName":"Crew","members":%s}`, jsonOf(references([]string{bob}))))
		}, []string{"bob"}},
		{"stays when another is removed by name", func(t *testing.T, s *stage, group, _, _ string) {
			s.status(t, http.StatusNoContent, "PATCH", group, patchOf(`{"op":"remove","path":"members[display eq \"bob\"]"}`))
		}, []string{"ada", "cid"}},
		{"stays when what was read is written", func(t *testing.T, s *stage, group, _, _ string) {
			s.status(t, http.StatusOK, "PUT", group, s.status(t, http.StatusOK, "GET", group, "").body)
		}, []string{"ada", "bob", "cid"}},
		{"is not added again", func(t *testing.T, s *stage, group, left, _ string) {
			s.status(t, http.StatusBadRequest, "PATCH", group, legacy.addMembers(left))
		}, []string{"ada", "bob", "cid"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := variantNamed(t, "removed-stays-member")
			in(t, staging{fake: tvfake.Options{Variant: v}}, func(t *testing.T, s *stage) {
				names := map[string]string{}
				for _, name := range []string{"ada", "bob", "cid"} {
					names[name] = s.user(name + "@contoso.example")
				}
				group := s.group("Crew", names["ada"], names["bob"], names["cid"])
				s.fake.DropUser(names["ada"])
				time.Sleep(10 * time.Minute)
				test.send(t, s, "/Groups/"+group, names["ada"], names["bob"])
				var want []string
				for _, name := range test.want {
					want = append(want, names[name])
				}
				s.hasMembers(t, "Crew", want)
			})
		})
	}
}

// TestUnknownMembersCostNoLists: who is unknown is looked up once for the age of a snapshot,
// however often and together with how many others. A removal is sent without any look-up.
func TestUnknownMembersCostNoLists(t *testing.T) {
	for _, test := range []struct {
		name string
		body string
		want int
		most int // lists and questions in ten minutes
		sent int // removals
	}{
		{"one removed", legacy.removeMembers("u91"), http.StatusNoContent, 0, 40},
		{"four removed", legacy.removeMembers("u91", "u92", "u93", "u94"), http.StatusNoContent, 0, 40},
		{"one added", legacy.addMembers("u91"), http.StatusBadRequest, 20, 0},
		{"four added", legacy.addMembers("u91", "u92", "u93", "u94"), http.StatusBadRequest, 10, 0},
		{"four written", legacy.replaceMembers("u91", "u92", "u93", "u94"), http.StatusBadRequest, 10, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				group := s.group("Field Service", s.user("nora.vale@contoso.example"))
				s.fake.ResetCalls()
				for range 40 {
					time.Sleep(15 * time.Second)
					s.status(t, test.want, "PATCH", "/Groups/"+group, test.body)
				}
				if n := s.fake.Count(removeMembers); n != test.sent {
					t.Errorf("%d removals were sent, want %d", n, test.sent)
				}
				if n := s.fake.Count(listUsers) + s.fake.Count("GET /users/{id}"); n > test.most {
					t.Errorf("%d lists and questions in ten minutes, want %d at most", n, test.most)
				}
			})
		})
	}
}

// TestMembersMadeElsewhere: users made in the console a moment ago are made members, and are
// members no more, without waiting for the next snapshot, however many they are.
func TestMembersMadeElsewhere(t *testing.T) {
	for _, n := range []int{1, 3, 4, 20} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				nora := s.user("nora.vale@contoso.example")
				group := s.group("Field Service", nora)
				time.Sleep(15 * time.Second)
				s.status(t, http.StatusBadRequest, "PATCH", "/Groups/"+group, legacy.addMembers("u9000001", "u9000002", "u9000003", "u9000004"))
				time.Sleep(15 * time.Second)
				var ids []string
				for i := range n {
					ids = append(ids, s.fake.AddUser(tvfake.User{Name: benchName(i), Email: benchAddress(i), Active: true}).ID)
				}
				other := s.fake.AddGroup("Depot", ids...)
				s.status(t, http.StatusNoContent, "PATCH", fmt.Sprint("/Groups/", other.ID), legacy.removeMembers(ids...))
				s.hasMembers(t, "Depot", nil)
				s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, legacy.addMembers(ids...))
				s.hasMembers(t, "Field Service", slices.Concat([]string{nora}, ids))
			})
		})
	}
}
