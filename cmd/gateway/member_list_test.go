package gateway_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestShortListStopsNoRemoval: TeamViewer answers one valid list that holds the token's owner
// alone. Members who are to be removed are removed nevertheless.
func TestShortListStopsNoRemoval(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		synctest.Test(t, func(t *testing.T) {
			s := newStage(t, staging{fake: o, direct: true})
			users := s.people(7)
			group := s.group("Field Service", users...)
			owner, _ := s.fake.User(s.fake.OwnerID())
			time.Sleep(age)
			s.fake.Fail(tvfake.Fault{Function: listUsers, Status: http.StatusOK, Times: 1,
				Body: fmt.Sprintf(`{"users":[{"id":%q,"name":%q,"email":%q,"active":true}]}`, owner.ID, owner.Name, owner.Email)})
			s.status(t, http.StatusOK, "GET", "/Users?count=1", "")
			s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, legacy.removeMembers(users[:5]...))
			s.hasMembers(t, "Field Service", users[5:])
		})
	})
}

// TestListsShowMembers: a list of groups shows the members of each, as they are after the client's
// own changes and, within the age of a read, without another call. What the console changes is seen
// after that age.
func TestListsShowMembers(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		users := s.people(4)
		for i := range 6 {
			s.group(fmt.Sprint("Group ", i), users[:i%4]...)
		}
		first, second := s.fake.Groups()[1], s.fake.Groups()[2]
		list := func(path string) [][]string {
			var all [][]string
			for _, g := range s.page("GET", path, "").Resources {
				var ids []string
				for _, m := range g.Members {
					ids = append(ids, m.Value)
				}
				slices.Sort(ids)
				all = append(all, ids)
			}
			return all
		}
		want := func(when string) {
			t.Helper()
			var held [][]string
			groups := s.fake.Groups()
			slices.SortFunc(groups, func(a, b tvfake.Group) int { return int(a.ID - b.ID) })
			for _, g := range groups {
				held = append(held, slices.Sorted(slices.Values(g.Members)))
			}
			if got := list("/Groups"); fmt.Sprint(got) != fmt.Sprint(held) {
				t.Errorf("%s: members %v, want %v", when, got, held)
			}
		}
		want("at first")
		s.fake.ResetCalls()
		s.status(t, http.StatusNoContent, "PATCH", fmt.Sprint("/Groups/", first.ID), legacy.addMembers(users[3]))
		s.status(t, http.StatusNoContent, "PATCH", fmt.Sprint("/Groups/", second.ID), legacy.removeMembers(users[0]))
		want("after changes")
		if n := s.fake.Count(listMembers); n != 0 {
			t.Errorf("%d reads of members within their age", n)
		}
		if all := list("/Groups?excludedAttributes=members"); len(slices.Concat(all...)) > 0 {
			t.Errorf("excluded members are shown: %v", all)
		}
		s.fake.ChangeGroup(first.ID, func(g *tvfake.Group) { g.Members = users[:1] })
		time.Sleep(6 * time.Minute)
		want("after a change in the console")
		time.Sleep(6 * time.Minute)
		list("/Groups?excludedAttributes=members") // still has the group that is now deleted
		s.fake.DropGroup(second.ID)
		want("without a group that was deleted")
	})
}

// TestMembersAreReadBeforeTheyAreReplaced: what is written as a whole is compared with what
// TeamViewer holds now, and not with what it held within the age.
func TestMembersAreReadBeforeTheyAreReplaced(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		users := s.people(4)
		group := "/Groups/" + s.group("Field Service", users[0])
		s.status(t, http.StatusOK, "GET", group, "")
		s.fake.ChangeGroup(s.fake.Groups()[0].ID, func(g *tvfake.Group) { g.Members = users[1:3] })
		s.status(t, http.StatusOK, "PUT", group, fmt.Sprintf(`{"displayName":"Field Service","members":%s}`, jsonOf(references(users[:1]))))
		s.hasMembers(t, "Field Service", users[:1])
		s.fake.ChangeGroup(s.fake.Groups()[0].ID, func(g *tvfake.Group) { g.Members = users[1:3] })
		s.status(t, http.StatusNoContent, "PATCH", group, legacy.replaceMembers(users[3]))
		s.hasMembers(t, "Field Service", users[3:])
	})
}

// TestUnansweredMemberChange: a change of members got no answer and is carried out later. What is
// shown is what TeamViewer holds, whether it was carried out or not.
func TestUnansweredMemberChange(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		users := s.people(2)
		group := "/Groups/" + s.group("Field Service", users[0])
		shown := func(want int) {
			t.Helper()
			members, _ := s.status(t, http.StatusOK, "GET", group, "").json(t)["members"].([]any)
			if len(members) != want {
				t.Errorf("%d members are shown, want %d", len(members), want)
			}
		}
		shown(1)
		disarm := s.fake.Fail(tvfake.Fault{Function: addMembers, Status: http.StatusInternalServerError})
		s.unavailable("PATCH", group, legacy.addMembers(users[1]))
		disarm()
		shown(1)
		s.fake.ChangeGroup(s.fake.Groups()[0].ID, func(g *tvfake.Group) { g.Members = users }) // now it is carried out
		shown(2)
	})
}

// TestPagesOfManyMembers: a page of groups holds 100,000 members at most, by fewer groups than
// asked for. No member is lost from page to page, and none is read twice.
func TestPagesOfManyMembers(t *testing.T) {
	long(t)
	if underRace {
		t.Skip("it takes too long under the race detector")
	}
	const size = 30_000
	v := tvfake.Default()
	v.PageSize, v.SortedLists = size, true
	in(t, staging{fake: tvfake.Options{Variant: v}}, func(t *testing.T, s *stage) {
		ids := make([]string, size)
		for i := range ids {
			ids[i] = s.fake.AddUser(tvfake.User{Name: "P", Email: fmt.Sprintf("p%d@contoso.example", i), Active: true}).ID
		}
		for i := range 4 {
			s.fake.AddGroup(fmt.Sprint("Group ", i), ids...)
		}
		for _, paging := range []string{"startIndex", "cursor"} {
			var pages []int
			for next := "startIndex=1"; next != ""; {
				if paging == "cursor" && len(pages) == 0 {
					next = "cursor"
				}
				a := s.status(t, http.StatusOK, "GET", "/Groups?"+next, "")
				n := strings.Count(a.body, `"displayName"`)
				if members := strings.Count(a.body, `"type":"User"`); members != n*size {
					t.Errorf("%d members of %d groups", members, n)
				}
				pages = append(pages, n)
				next = ""
				if cursor, _ := a.json(t)["nextCursor"].(string); cursor != "" {
					next = "cursor=" + url.QueryEscape(cursor)
				} else if shown := 3 * len(pages); paging == "startIndex" && shown < 4 {
					next = fmt.Sprint("startIndex=", shown+1)
				}
			}
			if fmt.Sprint(pages) != "[3 1]" {
				t.Errorf("%s: groups on the pages %v, want 3 and 1", paging, pages)
			}
		}
		if n := s.fake.Count(listMembers); n > 4 {
			t.Errorf("%d reads of 4 groups", n)
		}
	})
}
