package gateway_test

import (
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi/tvfake"
)

func addMember(id string) string {
	return patchOf(fmt.Sprintf(`{"op":"Add","path":"members","value":[{"$ref":null,"value":%q}]}`, id))
}

func removeMember(id string) string {
	return patchOf(fmt.Sprintf(`{"op":"remove","path":"members[value eq \"%s\"]"}`, id))
}

// TestMemberPatchesShareCalls: 25 requests at once, each adding one member, cost two calls: the
// first goes at once, and those that come while it is under way go together.
func TestMemberPatchesShareCalls(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, staging{fake: o, direct: true})
			users := s.people(25)
			group := s.group("TV Field Service")
			s.fake.ResetCalls()
			arrived, release := s.fake.Hold("POST /usergroups/{id}/members")
			statuses := s.behind(arrived, release, 25, func(i int) answer { return s.do("PATCH", "/Groups/"+group, addMember(users[i])) })
			if statuses[http.StatusNoContent] != 25 {
				t.Errorf("statuses = %v, want 25 times 204", statuses)
			}
			if got, want := fmt.Sprint(s.fake.Calls()), "map[POST /usergroups/{id}/members:2]"; got != want {
				t.Errorf("calls = %s, want %s", got, want)
			}
			s.hasMembers(t, "TV Field Service", users)
		})
	})
}

// TestMemberPatchesEachGetTheirOwnAnswer: one of the shared requests names somebody who has just
// left the company. The others are none the worse for it.
func TestMemberPatchesEachGetTheirOwnAnswer(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		if o.Variant.BadMember == tvfake.BadMemberPartialAccepted {
			t.Skip("TeamViewer says nothing of the one who left, so nobody can know")
		}
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, staging{fake: o, direct: true})
			users := s.people(10)
			group := s.group("TV Field Service")
			s.fake.DropUser(users[7]) // the snapshot still has this user
			arrived, release := s.fake.Hold("POST /usergroups/{id}/members")
			statuses := s.behind(arrived, release, 10, func(i int) answer { return s.do("PATCH", "/Groups/"+group, addMember(users[i])) })
			if statuses[http.StatusNoContent] != 9 || statuses[http.StatusBadRequest] != 1 {
				t.Errorf("statuses = %v, want nine 204 and one 400", statuses)
			}
			s.hasMembers(t, "TV Field Service", slices.Delete(slices.Clone(users), 7, 8))
		})
	})
}

// TestMemberPatchesKeepTheirOrder: what is said of one member in three requests, one after the
// other while a call is under way, ends as the last of them says.
func TestMemberPatchesKeepTheirOrder(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, staging{direct: true})
		users := s.people(2)
		group := s.group("TV Field Service")
		arrived, release := s.fake.Hold("POST /usergroups/{id}/members")
		var all sync.WaitGroup
		send := func(body string) {
			all.Go(func() {
				if a := s.do("PATCH", "/Groups/"+group, body); a.status != http.StatusNoContent {
					t.Errorf("%d %s", a.status, a.body)
				}
			})
			synctest.Wait()
		}
		send(addMember(users[0]))
		<-arrived
		for _, body := range []string{addMember(users[1]), removeMember(users[1]), addMember(users[1]), removeMember(users[0])} {
			send(body)
		}
		release()
		all.Wait()
		s.hasMembers(t, "TV Field Service", users[1:])
	})
}

// TestRefusedMemberPatchesShareOneRead: where TeamViewer refuses a shared call, the members are
// read once for all of the requests, however many they are, and a list of the users tells who of
// them has left the company.
func TestRefusedMemberPatchesShareOneRead(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, variant, function string
		body                    func(id string) string
		before                  func(s *stage, group tvfake.Group, users []string)
		want, lists             int
	}{
		{name: "members already", variant: "member-again-409", function: addMembers, body: addMember, want: http.StatusNoContent,
			before: func(s *stage, group tvfake.Group, users []string) {
				s.fake.ChangeGroup(group.ID, func(g *tvfake.Group) { g.Members = users })
			}},
		{name: "members no more", variant: "non-member-removed-404", function: removeMembers, body: removeMember, want: http.StatusNoContent},
		{name: "accounts that have just left the company", variant: "default", function: addMembers, body: addMember, want: http.StatusBadRequest, lists: 1,
			before: func(s *stage, _ tvfake.Group, users []string) {
				for _, id := range users {
					s.fake.DropUser(id)
				}
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			v := variantNamed(t, test.variant)
			v.PageSize = 100
			in(t, staging{fake: tvfake.Options{Variant: v}}, func(t *testing.T, s *stage) {
				users := s.people(150)[:25] // a list that lacks more than a fifth would need a second one
				group := s.group("TV Field Service")
				time.Sleep(15 * time.Second) // by then no list can lack them only because it lags
				if test.before != nil {
					test.before(s, s.fake.Groups()[0], users)
				}
				s.fake.ResetCalls()
				arrived, release := s.fake.Hold(test.function)
				statuses := s.behind(arrived, release, 25, func(i int) answer { return s.do("PATCH", "/Groups/"+group, test.body(users[i])) })
				if statuses[test.want] != 25 {
					t.Errorf("statuses = %v, want 25 times %d", statuses, test.want)
				}
				// One is sent alone, the others share a call; there is a read for each of the two.
				want := map[string]int{test.function: 2, listMembers: 2}
				if test.lists > 0 {
					want[listUsers] = test.lists
				}
				if diff := cmp.Diff(want, s.fake.Calls()); diff != "" {
					t.Errorf("calls (-want +got):\n%s", diff)
				}
			})
		})
	}
}

// people makes n users.
func (s *stage) people(n int) []string {
	users := make([]string, n)
	for i := range users {
		users[i] = s.user(fmt.Sprintf("user%02d@contoso.example", i))
	}
	return users
}

// behind sends one request that is held, then all the others, then lets it go; it counts the
// answers by status.
func (s *stage) behind(arrived <-chan struct{}, release func(), n int, do func(i int) answer) map[int]int {
	statuses := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	send := func(i int) {
		all.Go(func() {
			a := do(i)
			mu.Lock()
			defer mu.Unlock()
			statuses[a.status]++
		})
	}
	send(0)
	<-arrived
	for i := 1; i < n; i++ {
		send(i)
	}
	synctest.Wait()
	release()
	all.Wait()
	return statuses
}

// hasMembers compares a group's members in TeamViewer.
func (s *stage) hasMembers(t *testing.T, name string, want []string) {
	t.Helper()
	g, ok := s.fake.GroupByName(name)
	if !ok {
		t.Errorf("there is no group %q in TeamViewer", name)
	}
	want = slices.Sorted(slices.Values(want))
	if got := slices.Sorted(slices.Values(g.Members)); !slices.Equal(got, want) {
		t.Errorf("members = %v, want %v", got, want)
	}
}
