package roster_test

import (
	"net/http"
	"testing"
	"time"

	"tvscim/mapping/roster"
	"tvscim/tvapi"
	"tvscim/tvapi/tvfake"
)

// A list that lacks much of what the one before held is believed once a second one agrees.
func TestAMuchShorterListNeedsASecond(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name     string
		have     int    // users at first, beside the owner
		lack     []int  // how many of them each later list lacks
		believed []bool // whether the list counts
	}{
		{"ten of twenty", 20, []int{10}, []bool{true}},
		{"eleven of twenty, twice", 20, []int{11, 11}, []bool{false, true}},
		{"a fifth", 99, []int{20}, []bool{true}},
		{"more than a fifth, twice", 99, []int{21, 21}, []bool{false, true}},
		{"all but the owner, and all are back", 50, []int{50, 0, 50, 50}, []bool{false, true, false, true}},
		{"two that do not agree, then one that does", 100, []int{100, 50, 55}, []bool{false, false, true}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
				var ids []tvapi.UserID
				for n := range tt.have {
					ids = append(ids, c.hire(email(n)))
				}
				c.users()
				for i, lack := range tt.lack {
					time.Sleep(2 * time.Minute)
					disarm := c.shortList(ids[:lack])
					v := c.users()
					disarm()
					wantAbsent(t, v, tt.believed[i])
					if tt.believed[i] && v.Len() != 1+tt.have-lack {
						t.Errorf("list %d: %d users, want %d", i+1, v.Len(), 1+tt.have-lack)
					}
					if lack > 0 && !tt.believed[i] {
						if _, here := v.ByID(ids[0]); !here {
							t.Errorf("list %d: who is missing from it is gone", i+1)
						}
					}
				}
			})
		})
	}
}

// shortList makes users missing from lists until disarm is called; TeamViewer still has them.
func (c *company) shortList(lack []tvapi.UserID) (disarm func()) {
	missing := map[string]bool{}
	for _, id := range lack {
		missing[id.String()] = true
	}
	var rest []string
	for _, u := range c.tv.Users() {
		if !missing[u.ID] {
			rest = append(rest, `{"id":"`+u.ID+`","name":"`+u.Name+`","email":"`+u.Email+`","active":true}`)
		}
	}
	body := `{"users":[`
	for i, u := range rest {
		if i > 0 {
			body += ","
		}
		body += u
	}
	return c.tv.Fail(tvfake.Fault{Function: userList, Status: http.StatusOK, Body: body + "]}", ContentType: "application/json"})
}

// The second list is requested after the lag, not at once: what is wrong with one may be wrong with
// the next.
func TestTheSecondListIsNotAskedForAtOnce(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		var ids []tvapi.UserID
		for n := range 30 {
			ids = append(ids, c.hire(email(n)))
		}
		c.users()
		time.Sleep(2 * time.Minute)
		c.shortList(ids)
		for range 10 {
			wantAbsent(t, c.users(), false)
			if _, err := c.Users.Get(t.Context(), ids[0]); err != nil {
				t.Errorf("a user who is missing from the list: %v", err)
			}
			time.Sleep(900 * time.Millisecond)
		}
		c.wantCalls(userList, 2)
		time.Sleep(2 * time.Second)
		wantAbsent(t, c.users(), true)
	})
}

// Own removals make a list shorter than the one before, not shorter than what is known.
func TestOwnRemovalsDoNotMakeAListShort(t *testing.T) {
	t.Parallel()
	inCompany(t, tvfake.Default(), roster.Options{}, func(t *testing.T, c *company) {
		var ids []tvapi.UserID
		for n := range 40 {
			ids = append(ids, c.hire(email(n)))
		}
		c.users()
		for _, id := range ids[:30] {
			c.tv.DropUser(id.String())
			c.Users.Removed(id)
		}
		time.Sleep(2 * time.Minute)
		wantAbsent(t, c.users(), true)
	})
}
