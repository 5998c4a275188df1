package gateway_test

import (
	"net/http"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// TestAnUnansweredCreationIsNobodys: the answer to a creation is lost, and an account or group of
// that very name is there afterwards, which somebody else made. It is not taken for the request's,
// and a search finds it.
func TestAnUnansweredCreationIsNobodys(t *testing.T) {
	for name, test := range map[string]struct {
		function, path, body string
		make                 func(s *stage)
		attribute, value     string
	}{
		"user": {"POST /users", "/Users", `{"userName":"nora.vale@contoso.example","displayName":"Nora Vale","externalId":"ext-nora"}`,
			func(s *stage) {
				s.fake.AddUser(tvfake.User{Name: "Nora Vale", Email: "nora.vale@contoso.example", Active: true})
			}, "userName", "nora.vale@contoso.example"},
		"group": {"POST /usergroups", "/Groups", `{"displayName":"Sales","externalId":"ext-sales"}`,
			func(s *stage) { s.fake.AddGroup("Sales") }, "displayName", "Sales"},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				s.status(t, http.StatusOK, "GET", test.path, "")
				s.fake.Fail(tvfake.Fault{Function: test.function, Lost: true, Times: 1})
				test.make(s)
				if a := s.status(t, http.StatusServiceUnavailable, "POST", test.path, test.body); a.header.Get("Retry-After") == "" {
					t.Error("no Retry-After")
				}
				if ids := s.foundBy(t, test.path, "externalId", "ext-"+map[string]string{"user": "nora", "group": "sales"}[name]); len(ids) > 0 {
					t.Errorf("%v has the request's externalId", ids)
				}
				if ids := s.foundBy(t, test.path, test.attribute, test.value); len(ids) != 1 {
					t.Errorf("the search finds %v", ids)
				}
			})
		})
	}
}

// TestANameThatTheConsoleFreed: the snapshot says that another one has the name, which the console
// has changed since.
func TestANameThatTheConsoleFreed(t *testing.T) {
	for name, test := range map[string]struct {
		path, attribute, value string
		free                   func(s *stage) (id string)
	}{
		"user": {"/Users", "userName", "nora.vale@contoso.example", func(s *stage) string {
			other, id := s.user("nora.vale@contoso.example"), s.user("ola.lind@contoso.example")
			s.fake.ChangeUser(other, func(u *tvfake.User) { u.Email = "nora.roth@contoso.example" })
			return id
		}},
		"group": {"/Groups", "displayName", "Sales", func(s *stage) string {
			other, id := s.group("Sales"), s.group("Retail")
			s.fake.ChangeGroup(groupNumber(s.t, other), func(g *tvfake.Group) { g.Name = "Field" })
			return id
		}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				id := test.free(s)
				if a := s.do("PATCH", test.path+"/"+id, legacy.change(nil, attr{test.attribute, test.value})); a.status >= http.StatusMultipleChoices {
					t.Errorf("%d %s", a.status, a.body)
				}
			})
		})
	}
}

// TestAPreconditionIsTeamViewers: the console has changed the resource since the client's version
// and since the snapshot.
func TestAPreconditionIsTeamViewers(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		user, group := s.user("nora.vale@contoso.example"), s.group("Sales")
		versions := map[string]string{}
		for _, path := range []string{"/Users/" + user, "/Groups/" + group} {
			versions[path] = s.status(t, http.StatusOK, "GET", path, "").header.Get("ETag")
		}
		s.fake.ChangeUser(user, func(u *tvfake.User) { u.Name = "Console" })
		s.fake.ChangeGroup(groupNumber(t, group), func(g *tvfake.Group) { g.Name = "Console" })
		for path, version := range versions {
			if a := s.ifMatch(version, "PATCH", path, legacy.change(nil, attr{"displayName", "Mine"})); a.status != http.StatusPreconditionFailed {
				t.Errorf("%s: %d %s", path, a.status, a.body)
			}
		}
	})
}

// TestTwoAddressesInAWhile: lists trail two changes of address. No search finds the user by the one
// in between, or another user who has got it would be taken for the first.
func TestTwoAddressesInAWhile(t *testing.T) {
	in(t, staging{fake: tvfake.Options{Variant: tvfake.Variant{ListLag: 4 * time.Second}}}, func(t *testing.T, s *stage) {
		id := s.user("nora.vale@contoso.example")
		time.Sleep(pastAge)
		s.status(t, http.StatusOK, "GET", "/Users", "")
		time.Sleep(55 * time.Second)
		for _, address := range []string{"nora.roth@contoso.example", "nora.lind@contoso.example"} {
			s.status(t, http.StatusOK, "PATCH", "/Users/"+id, legacy.change(nil, attr{"userName", address}))
			time.Sleep(3 * time.Second)
		}
		for range 30 { // the first of these loads a list that shows the address in between
			if got := s.foundBy(t, "/Users", "userName", "nora.roth@contoso.example"); len(got) > 0 {
				t.Fatalf("the search by the address in between finds %v", got)
			}
			s.wantFound(t, "/Users", "userName", "nora.lind@contoso.example", id)
			time.Sleep(5 * time.Second)
		}
	})
}

// TestNotEvery404IsAboutTheID: an error body of the Web API with status 404 that does not say
// not_found ends no memory and is no 404 for the client, unless a list lacks the id.
func TestNotEvery404IsAboutTheID(t *testing.T) {
	no := false
	other := `{"error":"invalid_request","error_description":"the path is unknown"}`
	in(t, staging{}, func(t *testing.T, s *stage) {
		id, group := s.made(t, "/Users", `{"userName":"nora.vale@contoso.example","externalId":"ext-nora"}`), s.made(t, "/Groups", `{"displayName":"Sales","externalId":"ext-sales"}`)
		lift := s.fake.Fail(tvfake.Fault{Status: http.StatusNotFound, Body: other, Function: "GET /users/{id}"})
		liftPut := s.fake.Fail(tvfake.Fault{Status: http.StatusNotFound, Body: other, Function: putUser})
		liftGroup := s.fake.Fail(tvfake.Fault{Status: http.StatusNotFound, Body: other, Function: "DELETE /usergroups/{id}"})
		time.Sleep(pastAge)
		if a := s.do("PATCH", "/Users/"+id, legacy.change(&no)); a.status < http.StatusBadRequest || a.status == http.StatusNotFound {
			t.Errorf("PATCH: %d %s", a.status, a.body)
		}
		if a := s.do("DELETE", "/Groups/"+group, ""); a.status < http.StatusBadRequest || a.status == http.StatusNotFound {
			t.Errorf("DELETE: %d %s", a.status, a.body)
		}
		lift()
		liftPut()
		liftGroup()
		time.Sleep(pastAge)
		s.wantFound(t, "/Users", "externalId", "ext-nora", id)
		s.wantFound(t, "/Groups", "externalId", "ext-sales", group)
		s.fake.DropGroup(groupNumber(t, group))
		s.fake.Fail(tvfake.Fault{Status: http.StatusNotFound, Body: other, Function: "DELETE /usergroups/{id}"})
		s.fake.Fail(tvfake.Fault{Status: http.StatusNotFound, Body: other, Function: "GET /usergroups/{id}"})
		s.status(t, http.StatusNotFound, "DELETE", "/Groups/"+group, "")
	})
}
