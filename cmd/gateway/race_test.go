package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestTwentyCreatesOfOneUser: one is created, nineteen are told that it exists, and TeamViewer is
// asked once.
func TestTwentyCreatesOfOneUser(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		s := newStage(t, staging{fake: o})
		statuses := s.together(20, func(i int) answer {
			name := "nora.vale@contoso.example"
			if i%2 == 1 {
				name = "Nora.VALE@contoso.example"
			}
			return s.do("POST", "/Users", fmt.Sprintf(`{"userName":%q,"displayName":"Nora","externalId":"n%d"}`, name, i))
		})
		if statuses[http.StatusCreated] != 1 || statuses[http.StatusConflict] != 19 {
			t.Errorf("statuses = %v, want one 201 and nineteen 409", statuses)
		}
		if n := s.fake.Count("POST /users"); n != 1 && !(o.Variant.PasswordRequired && n == 2) {
			t.Errorf("POST /users was called %d times, want 1", n)
		}
		if n := len(s.fake.Users()); n != 2 {
			t.Errorf("the company has %d users, want the token's owner and one more", n)
		}
	})
}

// TestTwentyCreatesOfOneGroup is the same for groups, whose names are unique in any letter case.
func TestTwentyCreatesOfOneGroup(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		s := newStage(t, staging{fake: o})
		statuses := s.together(20, func(i int) answer {
			name := "TV Field Service"
			if i%2 == 1 {
				name = strings.ToUpper(name)
			}
			return s.do("POST", "/Groups", fmt.Sprintf(`{"displayName":%q}`, name))
		})
		if statuses[http.StatusCreated] != 1 || statuses[http.StatusConflict] != 19 {
			t.Errorf("statuses = %v, want one 201 and nineteen 409", statuses)
		}
		if n := len(s.fake.Groups()); n != 1 {
			t.Errorf("the company has %d groups, want 1", n)
		}
	})
}

// together runs something n times at once and counts the answers by status.
func (s *stage) together(n int, do func(i int) answer) map[int]int {
	statuses := map[int]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			a := do(i)
			mu.Lock()
			defer mu.Unlock()
			statuses[a.status]++
		})
	}
	close(start)
	all.Wait()
	return statuses
}

// TestWriteDuringSlowLoad: the list of users that TeamViewer is still sending was made before a
// write was answered. The snapshot made from it must still hold the write.
func TestWriteDuringSlowLoad(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s := newStage(t, staging{direct: true})
		nora, ola := s.user("nora.vale@contoso.example"), s.user("ola.lind@contoso.example")
		time.Sleep(2 * time.Minute) // in the bubble's time: the snapshot is too old now
		arrived, release := s.fake.HoldAfter("GET /users")
		var reader sync.WaitGroup
		reader.Go(func() { s.do("GET", "/Users/"+nora, "") })
		<-arrived

		if a := s.do("PATCH", "/Users/"+nora, patchOf(`{"op":"Replace","path":"active","value":"False"}`, `{"op":"Replace","path":"displayName","value":"Nora Roth"}`)); a.status != http.StatusOK {
			t.Errorf("PATCH: %d %s", a.status, a.body)
		}
		if a := s.do("DELETE", "/Users/"+ola, ""); a.status != http.StatusNoContent {
			t.Errorf("DELETE: %d %s", a.status, a.body)
		}
		made := s.do("POST", "/Users", `{"userName":"pia.berg@contoso.example","displayName":"Pia"}`)
		if made.status != http.StatusCreated {
			t.Errorf("POST: %d %s", made.status, made.body)
		}
		release()
		reader.Wait()
		synctest.Wait()

		calls := s.fake.Count("GET /users")
		a := s.do("GET", "/Users/"+nora, "").json(t)
		if a["active"] != false || a["displayName"] != "Nora Roth" {
			t.Errorf("the change was erased by the load: %v", a)
		}
		if a := s.do("GET", "/Users/"+ola, ""); a.status != http.StatusNotFound {
			t.Errorf("the deleted user is back: %d %s", a.status, a.body)
		}
		if n := s.found(t, "pia.berg@contoso.example"); n != 1 {
			t.Errorf("the new user is found %d times, want 1", n)
		}
		if n := s.fake.Count("GET /users"); n != calls {
			t.Errorf("%d lists were loaded to answer this", n-calls)
		}
	})
}

// found returns how many users a search by userName finds.
func (s *stage) found(t *testing.T, userName string) int {
	t.Helper()
	a := s.do("GET", "/Users?filter=userName+eq+%22"+userName+"%22", "")
	if a.status != http.StatusOK {
		t.Errorf("search: %d %s", a.status, a.body)
		return -1
	}
	n, _ := a.json(t)["totalResults"].(float64)
	return int(n)
}

// TestFoundByIDAtOnce: a user made in the console a moment ago, or by a second gateway, is found by
// its id without waiting for the next snapshot.
func TestFoundByIDAtOnce(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		s := newStage(t, staging{fake: o, direct: true})
		s.user("nora.vale@contoso.example") // the snapshot is loaded now
		console := s.fake.AddUser(tvfake.User{Name: "Ola Lind", Email: "ola.lind@contoso.example", Active: true})
		second := s.second(t).user("pia.berg@contoso.example")
		for _, id := range []string{console.ID, second} {
			if a := s.do("GET", "/Users/"+id, ""); a.status != http.StatusOK {
				t.Errorf("GET %s: %d %s", id, a.status, a.body)
			}
		}
		group := s.group("TV Field Service")
		if a := s.do("PATCH", "/Groups/"+group, patchOf(fmt.Sprintf(`{"op":"Add","path":"members","value":[{"value":%q},{"value":%q}]}`, console.ID, second))); a.status != http.StatusNoContent {
			t.Errorf("adding them to a group: %d %s", a.status, a.body)
		}
	})
}

// second returns another gateway in front of the same company.
func (s *stage) second(t *testing.T) *stage {
	t.Helper()
	other := newStage(t, staging{direct: true, network: s.fake.Transport(), settings: func(c *config.Config, _ *tvfake.Server) {
		c.TeamViewer.Token = config.NewSecret(s.fake.Token())
	}})
	other.fake = s.fake
	return other
}
