package gateway_test

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestNobodyIsRevivedByAnOldPicture: the address of a deleted account was given away in the
// console, as the text of a 409 advises. A create request for that address must not activate the
// account, however old the snapshot is.
func TestNobodyIsRevivedByAnOldPicture(t *testing.T) {
	for name, listFails := range map[string]bool{"within the age": false, "no list for an hour": true} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				id := s.user("nora.vale@contoso.example")
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
				time.Sleep(10 * time.Minute)
				s.status(t, http.StatusOK, "GET", "/Users", "")
				s.fake.ChangeUser(id, func(u *tvfake.User) { u.Email = "nora.archived@contoso.example" })
				if listFails {
					s.fake.Fail(tvfake.Fault{Function: listUsers, Status: http.StatusInternalServerError})
					time.Sleep(time.Hour)
				}
				a := s.status(t, http.StatusCreated, "POST", "/Users", newUser("nora.vale@contoso.example"))
				if got := a.json(t)["id"]; got == id {
					t.Error("the blocked account came back under an address that is not its own any more")
				}
				if u, _ := s.fake.User(id); u.Active {
					t.Errorf("the account %s was activated", u.Email)
				}
			})
		})
	}
}

// TestExternalIDGoesToWhoHasTheName: a create request that finds its name taken in an old snapshot
// leaves its externalId with nobody who was renamed since.
func TestExternalIDGoesToWhoHasTheName(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		user := s.fake.AddUser(tvfake.User{Name: "Nora Vale", Email: "nora.vale@contoso.example", Active: true}).ID
		group := s.fake.AddGroup("Sales")
		s.status(t, http.StatusOK, "GET", "/Users", "")
		s.status(t, http.StatusOK, "GET", "/Groups", "")
		s.fake.ChangeUser(user, func(u *tvfake.User) { u.Email = "nora.roth@contoso.example" })
		s.fake.ChangeGroup(group.ID, func(g *tvfake.Group) { g.Name = "Sales Archive" })
		for _, test := range []struct{ path, body, older string }{
			{"/Users", `{"userName":"nora.vale@contoso.example","externalId":"second"}`, user},
			{"/Groups", `{"displayName":"Sales","externalId":"second"}`, fmt.Sprint(group.ID)},
		} {
			made := s.status(t, http.StatusCreated, "POST", test.path, test.body).json(t)["id"]
			if made == test.older {
				t.Errorf("POST %s answered with the one that was renamed", test.path)
			}
			time.Sleep(age)
			s.wantFound(t, test.path, "externalId", "second", fmt.Sprint(made))
		}
	})
}

// TestExternalIDWaitsForARename: the one that has the name is just being renamed when the create
// request comes. It does not get the externalId of what was to be created.
func TestExternalIDWaitsForARename(t *testing.T) {
	for _, kind := range []struct{ path, function, name, from, to string }{
		{"/Users", "PUT /users/{id}", "userName", "nora.vale@contoso.example", "nora.roth@contoso.example"},
		{"/Groups", "PUT /usergroups/{id}", "displayName", "Sales", "Sales Archive"},
	} {
		t.Run(kind.path, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				made := s.status(t, http.StatusCreated, "POST", kind.path, fmt.Sprintf(`{%q:%q}`, kind.name, kind.from))
				first, _ := made.json(t)["id"].(string)
				arrived, release := s.fake.Hold(kind.function)
				var both sync.WaitGroup
				both.Go(func() { s.do("PATCH", kind.path+"/"+first, legacy.change(nil, attr{kind.name, kind.to})) })
				<-arrived
				both.Go(func() { s.do("POST", kind.path, fmt.Sprintf(`{%q:%q,"externalId":"second"}`, kind.name, kind.from)) })
				synctest.Wait()
				release()
				both.Wait()
				a := s.status(t, http.StatusOK, "GET", kind.path+"/"+first, "").json(t)
				if a[kind.name] != kind.to || a["externalId"] == "second" {
					t.Errorf("renamed to %v, with the externalId %v", a[kind.name], a["externalId"])
				}
			})
		})
	}
}

// TestCreateWaitsForARemoval: the one that has the name is just being removed. The new one is
// created, not refused for the sake of somebody who is gone.
func TestCreateWaitsForARemoval(t *testing.T) {
	removing := func(c *config.Config, _ *tvfake.Server) { c.Users.OnDelete = config.OnDeleteDelete }
	for _, kind := range []struct{ path, function, body string }{
		{"/Users", "DELETE /users/{id}", newUser("nora.vale@contoso.example")},
		{"/Groups", "DELETE /usergroups/{id}", `{"displayName":"Sales"}`},
	} {
		t.Run(kind.path, func(t *testing.T) {
			in(t, staging{settings: removing}, func(t *testing.T, s *stage) {
				first := s.status(t, http.StatusCreated, "POST", kind.path, kind.body).json(t)["id"]
				arrived, release := s.fake.Hold(kind.function)
				var both sync.WaitGroup
				both.Go(func() { s.status(t, http.StatusNoContent, "DELETE", fmt.Sprint(kind.path, "/", first), "") })
				<-arrived
				both.Go(func() { s.status(t, http.StatusCreated, "POST", kind.path, kind.body) })
				synctest.Wait()
				release()
				both.Wait()
			})
		})
	}
}
