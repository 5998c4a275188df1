package gateway_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"

	"tvscim/mapping/changelog"
	"tvscim/tvapi/tvfake"
)

// TestChangeLogOfSharedCalls: requests that share calls have a line each, with their own members
// and their own outcome, also where TeamViewer refuses the call because of one of them.
func TestChangeLogOfSharedCalls(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		if o.Variant.BadMember == tvfake.BadMemberPartialAccepted {
			t.Skip("TeamViewer does not report the one who left")
		}
		synctest.Test(t, func(t *testing.T) {
			s, path := logged(t, staging{fake: o, direct: true})
			users := s.people(10)
			group := s.group("TV Field Service")
			s.fake.DropUser(users[7]) // the snapshot still has this user
			before := len(linesOf(t, path))
			arrived, release := s.fake.Hold("POST /usergroups/{id}/members")
			s.behind(arrived, release, 10, func(i int) answer { return s.do("PATCH", "/Groups/"+group, addMember(users[i])) })
			var added []string
			for _, l := range linesOf(t, path)[before:] {
				if l.Kind != changelog.KindGroup {
					continue
				}
				switch {
				case l.Outcome == changelog.Done && len(l.Added) == 1 && l.Reason == "" && len(l.Calls) > 0:
					added = append(added, l.Added...)
				case l.Outcome == changelog.Done || l.Added != nil || l.Status != http.StatusBadRequest:
					t.Errorf("line %+v", l)
				}
			}
			slices.Sort(added)
			want := slices.Delete(slices.Clone(users), 7, 8)
			slices.Sort(want)
			if !slices.Equal(added, want) {
				t.Errorf("added %v, want %v", added, want)
			}
		})
	})
}
