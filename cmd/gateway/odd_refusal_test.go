package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// oddRefusal is a request for which TeamViewer is asked something else, or something that names no
// object, and refuses.
type oddRefusal struct{ function, method, path, body string }

// oddRefusals are the refusals that say nothing about the object of the request.
func oddRefusals() []oddRefusal {
	return []oddRefusal{
		{getAccount, "PATCH", "/Users/{user}", patchOf(inactive)},
		{getAccount, "DELETE", "/Users/{user}", ""},
		{listUsers, "GET", "/Users", ""},
		{listUsers, "GET", "/Users?filter=" + eq("userName", "nobody@contoso.example"), ""},
		{listUsers, "POST", "/Users", newUser("pia.berg@contoso.example")},
		{listGroups, "GET", "/Groups?filter=" + eq("displayName", "Nobody"), ""},
		{listGroups, "POST", "/Groups", `{"displayName":"Depot"}`},
		{listMembers, "GET", "/Groups/{group}", ""},
	}
}

// test makes the request while TeamViewer refuses with a status.
func (o oddRefusal) test(t *testing.T, status int) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		user := s.fake.AddUser(tvfake.User{Name: "Nora", Email: "nora@contoso.example", Active: true}).ID
		group := fmt.Sprint(s.fake.AddGroup("Field Service", user).ID)
		s.fake.Fail(tvfake.Fault{Function: o.function, Status: status})
		s.unavailable(o.method, strings.NewReplacer("{user}", user, "{group}", group).Replace(o.path), o.body)
	})
}

// TestRefusalOfSomethingElse: only what TeamViewer says of the very object of a request is said of
// it. A 404 would tell the client that its user is gone, a 409 that the name is taken, a 400 that
// its request is at fault.
func TestRefusalOfSomethingElse(t *testing.T) {
	t.Parallel()
	for _, o := range oddRefusals() {
		for _, status := range []int{http.StatusNotFound, http.StatusConflict, http.StatusBadRequest} {
			t.Run(strings.Join([]string{o.function, http.StatusText(status), o.method, o.path}, " "), func(t *testing.T) {
				o.test(t, status)
			})
		}
	}
	for _, o := range []oddRefusal{
		{postUser, "POST", "/Users", newUser("pia.berg@contoso.example")},
		{putUser, "POST", "/Users", bornInactive},
		{postGroup, "POST", "/Groups", `{"displayName":"Depot"}`},
	} {
		t.Run(strings.Join([]string{o.function, "not found", o.method, o.path}, " "), func(t *testing.T) {
			o.test(t, http.StatusNotFound)
		})
	}
}

const bornInactive = `{"userName":"pia.berg@contoso.example","displayName":"Pia","active":false}`

// TestBornInactive: TeamViewer may not know at once an account that it has just made. The account
// does not stay active for that: its deactivation is sent again, and if that fails too, the client
// is told, and its next attempt deactivates.
func TestBornInactive(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusBadRequest} {
		t.Run(http.StatusText(status)+" once", func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				s.fake.Fail(tvfake.Fault{Function: putUser, Status: status, Times: 1})
				a := s.status(t, http.StatusCreated, "POST", "/Users", bornInactive)
				id, _ := a.json(t)["id"].(string)
				if u, ok := s.fake.User(id); !ok || u.Active {
					t.Errorf("the user is active: %s", a.body)
				}
			})
		})
	}
	for status, want := range map[int]int{http.StatusNotFound: http.StatusServiceUnavailable, http.StatusConflict: http.StatusBadRequest} {
		t.Run(http.StatusText(status)+" for a while", func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				end := s.fake.Fail(tvfake.Fault{Function: putUser, Status: status})
				a := s.status(t, want, "POST", "/Users", bornInactive)
				if !strings.Contains(a.body, "ACTIVE in TeamViewer") {
					t.Errorf("the client is not told: %s", a.body)
				}
				end()
				time.Sleep(age)
				s.status(t, http.StatusConflict, "POST", "/Users", bornInactive)
				found := s.status(t, http.StatusOK, "GET", "/Users?filter="+eq("userName", "pia.berg@contoso.example"), "")
				resources, _ := found.json(t)["Resources"].([]any)
				if len(resources) != 1 || get(resources[0], "active") != true {
					t.Fatalf("not shown as it is: %s", found.body)
				}
				id, _ := get(resources[0], "id").(string)
				s.status(t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(inactive))
				if u, ok := s.fake.User(id); !ok || u.Active {
					t.Error("the user is active")
				}
			})
		})
	}
}

// TestConflictOfMembersIsNotOneOfNames: that TeamViewer refuses the members of a new group as a
// conflict does not mean that the group's name is taken: the group is taken back.
func TestConflictOfMembersIsNotOneOfNames(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		user := s.user("nora.vale@contoso.example")
		s.fake.Fail(tvfake.Fault{Function: addMembers, Status: http.StatusConflict})
		s.status(t, http.StatusBadRequest, "POST", "/Groups", `{"displayName":"Depot","members":[{"value":"`+user+`"}]}`)
		if groups := s.fake.Groups(); len(groups) > 0 {
			t.Errorf("left behind: %v", groups)
		}
	})
}
