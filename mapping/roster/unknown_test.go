package roster_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// wantUnknown compares which of the ids are unknown.
func (c *company) wantUnknown(ids []tvapi.UserID, want ...tvapi.UserID) {
	c.t.Helper()
	got, err := c.Users.Unknown(c.t.Context(), ids)
	slices.Sort(got)
	if err != nil || !slices.Equal(got, want) {
		c.t.Errorf("UnknownUsers = %v, %v, want %v", got, err, want)
	}
}

// TestUnknownUsersCost: a few ids that the snapshot lacks are read one by one, more cost one list,
// and an unknown id is stored for the age in both cases.
func TestUnknownUsersCost(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		lacking               []tvapi.UserID
		gets, lists           int // within the age
		laterGets, laterLists int // and when it is over
	}{
		{lacking: nil, gets: 0, lists: 1, laterGets: 0, laterLists: 2},
		{lacking: []tvapi.UserID{5, 6, 7}, gets: 3, lists: 1, laterGets: 6, laterLists: 2},
		{lacking: []tvapi.UserID{5, 6, 7, 8}, gets: 0, lists: 2, laterGets: 0, laterLists: 3},
	} {
		t.Run(fmt.Sprint(len(test.lacking)), func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				ada := c.hire("ada@example.com")
				c.users()
				time.Sleep(20 * time.Second)
				asked := append([]tvapi.UserID{ada}, test.lacking...)
				for range 5 {
					c.wantUnknown(asked, test.lacking...)
					for _, id := range test.lacking {
						c.wantUnknown([]tvapi.UserID{id}, id)
					}
					time.Sleep(time.Second)
				}
				c.wantCalls(userGet, test.gets)
				c.wantCalls(userList, test.lists)
				time.Sleep(time.Minute)
				c.wantUnknown(asked, test.lacking...)
				c.wantCalls(userGet, test.laterGets)
				c.wantCalls(userList, test.laterLists)
			})
		})
	}
}

// TestUsersMadeElsewhereAreNotUnknown: users made in the console after the snapshot, few or many.
func TestUsersMadeElsewhereAreNotUnknown(t *testing.T) {
	t.Parallel()
	for _, n := range []int{1, 3, 4, 100} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				c.users()
				time.Sleep(20 * time.Second)
				ids := []tvapi.UserID{7}
				for i := range n {
					ids = append(ids, c.hire(email(i)))
				}
				c.wantUnknown(ids, 7)
			})
		})
	}
}

// TestUnknownToARecentSnapshotOnly: that a snapshot of some seconds ago lacks many ids is answered,
// since else every request that names others would cost a list; it is not kept, since they may have
// been made since.
func TestUnknownToARecentSnapshotOnly(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		c.users()
		time.Sleep(5 * time.Second)
		ids := []tvapi.UserID{c.hire(email(0)), c.hire(email(1)), c.hire(email(2)), c.hire(email(3))}
		c.wantUnknown(ids, slices.Sorted(slices.Values(ids))...)
		c.wantCalls(userList, 1)
		time.Sleep(5 * time.Second)
		c.wantUnknown(ids)
		c.wantCalls(userList, 2)
	})
}

// TestUnknownUsersNeedsAnAnswer: while no list can be loaded and no look-up is answered, no user is
// unknown.
func TestUnknownUsersNeedsAnAnswer(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name     string
		snapshot bool
		ids      []tvapi.UserID
	}{
		{"one, no snapshot", false, []tvapi.UserID{7}},
		{"one, a snapshot", true, []tvapi.UserID{7}},
		{"many, no snapshot", false, []tvapi.UserID{5, 6, 7, 8}},
		{"many, a snapshot", true, []tvapi.UserID{5, 6, 7, 8}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				if test.snapshot {
					c.users()
				}
				time.Sleep(20 * time.Second)
				defer c.tv.Fail(tvfake.Fault{Status: http.StatusInternalServerError})()
				if got, err := c.Users.Unknown(t.Context(), test.ids); err == nil {
					t.Errorf("UnknownUsers = %v, want an error", got)
				}
			})
		})
	}
}
