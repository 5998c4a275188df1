package roster_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

const memberList = "GET /usergroups/{id}/members"

// longPages has all members of a group on one page, so that a read is a call.
func longPages() tvfake.Variant {
	v := tvfake.Default()
	v.PageSize = 100
	return v
}

// crew makes a group with users in it, and returns the group and all users, of whom the last n are
// not in it.
func (c *company) crew(in, n int) (tvapi.GroupID, []tvapi.UserID) {
	g := c.found(fmt.Sprint("Crew ", in, n, len(c.tv.Groups())))
	var ids []tvapi.UserID
	for i := range in + n {
		ids = append(ids, c.hire(fmt.Sprintf("crew.%d.%d@example.com", g, i)))
	}
	c.console(g, ids[:in]...)
	return g, ids
}

// console sets the members of a group, as another client of TeamViewer does.
func (c *company) console(g tvapi.GroupID, ids ...tvapi.UserID) {
	c.tv.ChangeGroup(int64(g), func(group *tvfake.Group) {
		group.Members = nil
		for _, id := range ids {
			group.Members = append(group.Members, id.String())
		}
	})
}

// wantMembers compares the members of a group, and the number of reads of them so far.
func (c *company) wantMembers(g tvapi.GroupID, calls int, want ...tvapi.UserID) {
	c.t.Helper()
	got, err := c.Members.Read(c.t.Context(), g, time.Time{})
	if slices.Sort(want); err != nil || got == nil || !slices.Equal(got, want) {
		c.t.Errorf("Members = %v, %v; want %v", got, err, want)
	}
	c.wantCalls(memberList, calls)
}

// The members of a group are read once for the age of groups, and then again.
func TestMembersAreReadOncePerAge(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{GroupsMaxAge: time.Minute}, func(_ *testing.T, c *company) {
		g, ids := c.crew(5, 1)
		empty, _ := c.crew(0, 0)
		c.wantMembers(g, 2, ids[:5]...) // two pages of three
		c.console(g, ids...)
		time.Sleep(time.Minute)
		c.wantMembers(g, 2, ids[:5]...)
		time.Sleep(time.Nanosecond)
		c.wantMembers(g, 4, ids...)
		c.wantMembers(empty, 5)
		c.wantMembers(empty, 5)
	})
}

// A caller that needs a read after a time gets no earlier one.
func TestMembersSince(t *testing.T) {
	t.Parallel()
	inCompany(t, longPages(), roster.Options{}, func(t *testing.T, c *company) {
		g, ids := c.crew(1, 1)
		c.wantMembers(g, 1, ids[0])
		for calls, since := range []time.Time{time.Now().Add(-time.Second), time.Now()} {
			_, err := c.Members.Read(t.Context(), g, since)
			c.must(err)
			c.wantCalls(memberList, 1+calls)
		}
		c.console(g, ids...)
		fresh, err := c.Members.ReadNow(t.Context(), g)
		if err != nil || len(fresh) != 2 {
			t.Errorf("MembersAnew = %v, %v; want both", fresh, err)
		}
		c.wantMembers(g, 3, ids...) // the result of the new read is stored
	})
}

// Own writes show at once, whether they were acknowledged before, during or after a read that lacks
// them.
func TestMembersWithOwnWrites(t *testing.T) {
	t.Parallel()
	inCompany(t, longPages(), roster.Options{}, func(t *testing.T, c *company) {
		g, ids := c.crew(2, 3)
		c.Members.Added(g, ids[2:3]) // nothing is known yet that this could be put on
		c.wantMembers(g, 1, ids[:2]...)
		c.Members.Added(g, ids[2:4])
		c.Members.Removed(g, []tvapi.UserID{ids[0], ids[4]})
		c.wantMembers(g, 1, ids[1:4]...)

		arrived, release := c.tv.HoldAfter(memberList)
		done := make(chan []tvapi.UserID)
		go func() {
			members, err := c.Members.ReadNow(t.Context(), g)
			c.must(err)
			done <- members
		}()
		<-arrived
		c.Members.Added(g, ids[4:])
		c.Members.Removed(g, ids[1:2])
		release()
		want := []tvapi.UserID{ids[0], ids[4]}
		if slices.Sort(want); !slices.Equal(<-done, want) {
			t.Errorf("the read under way lacks own writes, want %v", want)
		}
		c.wantMembers(g, 2, want...)
	})
}

// The newest evidence wins: an answer to an earlier request that comes later does not count.
func TestMembersByTheLatestRead(t *testing.T) {
	t.Parallel()
	inCompany(t, longPages(), roster.Options{}, func(t *testing.T, c *company) {
		g, ids := c.crew(1, 1)
		arrived, release := c.tv.HoldAfter(memberList)
		var slow sync.WaitGroup
		slow.Go(func() {
			_, err := c.Members.ReadNow(t.Context(), g)
			c.must(err)
		})
		<-arrived
		time.Sleep(time.Second)
		c.console(g, ids...)
		_, err := c.Members.ReadNow(t.Context(), g)
		c.must(err)
		release()
		slow.Wait()
		c.wantMembers(g, 2, ids...)
	})
}

// After a write without an answer nothing is stored until TeamViewer can no longer carry it out:
// neither what was known, nor what is being read, nor what is read a moment later.
func TestMembersAfterALostAnswer(t *testing.T) {
	t.Parallel()
	inCompany(t, longPages(), roster.Options{}, func(t *testing.T, c *company) {
		g, ids := c.crew(1, 1)
		other, _ := c.crew(0, 0)
		c.wantMembers(g, 1, ids[0])
		c.wantMembers(other, 2)
		arrived, release := c.tv.HoldAfter(memberList)
		var early sync.WaitGroup
		early.Go(func() {
			_, err := c.Members.ReadNow(t.Context(), g)
			c.must(err)
		})
		<-arrived
		c.Members.Invalidate(g)
		release()
		early.Wait()
		c.wantMembers(g, 4, ids[0])
		c.console(g, ids...) // it is carried out late
		c.wantMembers(g, 5, ids...)
		c.wantMembers(other, 5)
		time.Sleep(2 * time.Minute)
		c.wantMembers(g, 6, ids...)
		c.wantMembers(g, 6, ids...)
	})
}

// After a refusal, of which a part may have been done, the members are read again, and held again.
func TestMembersAfterARefusal(t *testing.T) {
	t.Parallel()
	inCompany(t, longPages(), roster.Options{}, func(t *testing.T, c *company) {
		g, ids := c.crew(1, 1)
		c.wantMembers(g, 1, ids[0])
		c.console(g, ids...)
		c.Members.Refused(g)
		c.wantMembers(g, 2, ids...)
		c.wantMembers(g, 2, ids...)
	})
}

// What becomes of the memberships of a user who left the company or was deactivated is TeamViewer's
// to say.
func TestMembersOfWhoLeft(t *testing.T) {
	t.Parallel()
	no, yes := false, true
	for name, leave := range map[string]func(c *company, id tvapi.UserID){
		"removed":     func(c *company, id tvapi.UserID) { c.Users.Removed(id) },
		"gone":        func(c *company, id tvapi.UserID) { c.Users.Removed(id) },
		"deactivated": func(c *company, id tvapi.UserID) { c.UserUpdated(id, tvapi.UserUpdate{Active: &no}) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, longPages(), roster.Options{}, func(t *testing.T, c *company) {
				g, ids := c.crew(2, 0)
				other, others := c.crew(1, 0)
				c.wantMembers(g, 1, ids...)
				c.wantMembers(other, 2, others...)
				c.UserUpdated(ids[0], tvapi.UserUpdate{Active: &yes})
				c.wantMembers(g, 2, ids...)
				leave(c, ids[0])
				c.console(g, ids[1])
				c.wantMembers(g, 3, ids[1])
				c.wantMembers(other, 3, others...)

				arrived, release := c.tv.HoldAfter(memberList)
				time.Sleep(time.Hour)
				var early sync.WaitGroup
				early.Go(func() {
					_, err := c.Members.Read(t.Context(), g, time.Time{})
					c.must(err)
				})
				<-arrived
				leave(c, ids[1])
				leave(c, others[0]) // who is not in the read
				c.console(g)
				release()
				early.Wait()
				c.wantMembers(g, 5) // the read under way is not stored
			})
		})
	}
}

// Concurrent callers share a read, which does not end with them.
func TestMembersAreReadForAllWhoAsk(t *testing.T) {
	t.Parallel()
	inCompany(t, longPages(), roster.Options{}, func(t *testing.T, c *company) {
		g, ids := c.crew(2, 0)
		arrived, release := c.tv.Hold(memberList)
		ctx, leave := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for range 10 {
			all.Go(func() {
				if _, err := c.Members.Read(ctx, g, time.Time{}); !errors.Is(err, context.Canceled) {
					t.Errorf("error %v, want that the asker left", err)
				}
			})
		}
		<-arrived
		synctest.Wait()
		leave()
		all.Wait()
		release()
		synctest.Wait()
		c.wantMembers(g, 1, ids...)
	})
}

// A read that fails is no answer, and is not remembered.
func TestMembersNotRead(t *testing.T) {
	t.Parallel()
	inCompany(t, longPages(), roster.Options{}, func(t *testing.T, c *company) {
		g, ids := c.crew(1, 0)
		mend := c.tv.Fail(tvfake.Fault{Function: memberList, Status: http.StatusInternalServerError})
		if got, err := c.Members.Read(t.Context(), g, time.Time{}); tvapi.KindOf(err) != tvapi.KindServer {
			t.Errorf("Members = %v, %v; want the error of the call", got, err)
		}
		mend()
		c.wantMembers(g, 2, ids...)
		c.Close()
		if _, err := c.Members.Read(t.Context(), g, time.Now()); !errors.Is(err, roster.ErrClosed) {
			t.Errorf("error %v, want that the roster is closed", err)
		}
	})
}

// No more members are stored than allowed: the least recently used groups are read
// again.
func TestMembersAreBounded(t *testing.T) {
	t.Parallel()
	inCompany(t, longPages(), roster.Options{MaxMembers: 3 * (10 + 16)}, func(_ *testing.T, c *company) {
		var groups []tvapi.GroupID
		var members [][]tvapi.UserID
		for i := range 4 {
			g, ids := c.crew(10, 0)
			groups, members = append(groups, g), append(members, ids)
			if i < 3 {
				c.wantMembers(g, i+1, ids...)
			}
		}
		c.wantMembers(groups[0], 3, members[0]...)
		c.wantMembers(groups[3], 4, members[3]...) // takes the place of the second
		c.wantMembers(groups[0], 4, members[0]...)
		c.wantMembers(groups[2], 4, members[2]...)
		c.wantMembers(groups[1], 5, members[1]...) // takes the place of the fourth
		c.Members.Added(groups[1], members[0])     // and grows: only the third is left beside it
		c.wantMembers(groups[2], 5, members[2]...)
		c.wantMembers(groups[0], 6, members[0]...)
	})
}
