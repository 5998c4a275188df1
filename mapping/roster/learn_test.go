package roster_test

import (
	"encoding/json"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// TestRostersLearnFromEachOther: what one roster is told of its own writes, another one that gets
// it as JSON shows too, and no list that was made before it undoes that.
func TestRostersLearnFromEachOther(t *testing.T) {
	t.Parallel()
	for _, tt := range userWrites {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				ada := c.hire("ada@example.com")
				c.users()
				writing := *c
				writing.Roster = roster.New(c.client, roster.Options{Wrote: func(w roster.Write) { c.Learn(carried(t, w)) }})
				defer writing.Roster.Close()
				tt.write(&writing, ada)
				for range 2 {
					c.wantEmails(c.users(), tt.want...)
					time.Sleep(5 * time.Second) // a list that lags
					c.Users.Expire()
				}
			})
		})
	}
}

// carried returns a write as another process gets it.
func carried(t *testing.T, w roster.Write) (got roster.Write) {
	t.Helper()
	text, err := json.Marshal(w)
	if err == nil {
		err = json.Unmarshal(text, &got)
	}
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(w, got); diff != "" {
		t.Errorf("as JSON (-want +got):\n%s", diff)
	}
	return got
}

// TestGroupsAndMembersAreLearnt: the writes of groups and of members, and doubts.
func TestGroupsAndMembersAreLearnt(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada, bob := c.hire("ada@example.com"), c.hire("bob@example.com")
		g := tvapi.GroupID(c.tv.AddGroup("Crew", ada.String()).ID)
		writing := roster.New(c.client, roster.Options{Wrote: func(w roster.Write) { c.Learn(carried(t, w)) }})
		defer writing.Close()
		members := func() []tvapi.UserID {
			ids, err := c.Members.Read(t.Context(), g, time.Time{})
			if err != nil {
				t.Fatal(err)
			}
			return slices.Clone(ids)
		}
		if _, err := c.Groups.View(t.Context()); err != nil {
			t.Fatal(err)
		}
		members()
		writing.Members.Added(g, []tvapi.UserID{bob})
		if got := members(); len(got) != 2 {
			t.Errorf("members %v, want two", got)
		}
		writing.Members.Removed(g, []tvapi.UserID{ada})
		if got := members(); !slices.Equal(got, []tvapi.UserID{bob}) {
			t.Errorf("members %v, want %v", got, bob)
		}
		writing.Members.Refused(g) // what TeamViewer has must be read
		if got := members(); !slices.Equal(got, []tvapi.UserID{ada}) {
			t.Errorf("members %v, want %v", got, ada)
		}
		writing.GroupRenamed(g, "Staff")
		writing.Groups.Created(tvapi.Group{ID: 99, Name: "New"})
		view := c.Groups.Latest()
		if _, ok := view.Named("Staff"); !ok || view.Len() != 2 {
			t.Errorf("%d groups, Staff %t", view.Len(), ok)
		}
		writing.Groups.Removed(99)
		if view := c.Groups.Latest(); view.Len() != 1 {
			t.Errorf("%d groups, want 1", view.Len())
		}
		before := c.tv.Count(userGet)
		writing.Users.Invalidate(ada)
		c.users()
		if _, err := c.Users.Get(t.Context(), ada); err != nil || c.tv.Count(userGet) != before+1 {
			t.Errorf("%v, %d reads of a user in doubt, want 1", err, c.tv.Count(userGet)-before)
		}
		lists := c.tv.Count(userList)
		writing.Users.Expire()
		c.users()
		c.Forget()
		if v := c.users(); v.StaleErr() == nil {
			t.Error("a list counts that may lack what was missed")
		}
		time.Sleep(roster.DefaultLag)
		if v := c.users(); v.StaleErr() != nil {
			t.Errorf("after the lag: %v", v.StaleErr())
		}
		if n := c.tv.Count(userList) - lists; n != 2 {
			t.Errorf("%d lists after an object may have been created, and after messages were missed; want 2", n)
		}
	})
}

// TestBrief: a write that is too long to be handed on becomes a doubt about its object.
func TestBrief(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		ada := c.hire("ada@example.com")
		g := tvapi.GroupID(c.tv.AddGroup("Crew", ada.String()).ID)
		c.users()
		writing := roster.New(c.client, roster.Options{Wrote: func(w roster.Write) { c.Learn(carried(t, w.Brief())) }})
		defer writing.Close()
		writing.UserUpdated(ada, tvapi.UserUpdate{Name: new("Other")})
		if u, err := c.Users.Get(t.Context(), ada); err != nil || u.Name == "Other" {
			t.Errorf("%+v, %v; want what TeamViewer shows", u, err)
		}
		c.wantCalls(userGet, 1)
		if _, err := c.Members.Read(t.Context(), g, time.Time{}); err != nil {
			t.Fatal(err)
		}
		writing.Members.Added(g, []tvapi.UserID{7})
		if ids, err := c.Members.Read(t.Context(), g, time.Time{}); err != nil || len(ids) != 1 {
			t.Errorf("%v, %v; want what TeamViewer shows", ids, err)
		}
	})
}

// TestStretch: with three processes that load lists, each loads a third.
func TestStretch(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{UsersMaxAge: time.Minute, Stretch: func() int { return 3 }}, func(_ *testing.T, c *company) {
		for range 90 {
			c.users()
			time.Sleep(10 * time.Second)
		}
		c.wantCalls(userList, 5) // in 15 minutes
	})
}
