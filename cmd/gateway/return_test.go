package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"tvscim/tvapi/tvfake"
)

const (
	inactive = `{"op":"Replace","path":"active","value":"False"}`
	age      = 2 * time.Minute // in a bubble's time: every snapshot is too old by then
)

// in runs a test on a stage without sockets, in synthetic time.
func in(t *testing.T, with staging, test func(t *testing.T, s *stage)) {
	t.Helper()
	t.Parallel()
	with.direct = true
	synctest.Test(t, func(t *testing.T) { test(t, newStage(t, with)) })
}

func (s *stage) status(t *testing.T, want int, method, path, body string) answer {
	t.Helper()
	a := s.do(method, path, body)
	if a.status != want {
		t.Errorf("%s %s: %d, want %d: %s", method, path, a.status, want, a.body)
	}
	return a
}

// TestTombstoneEndsWithActivation: a user who was deleted here and activated in the console is a
// user like any other, also when deactivated again.
func TestTombstoneEndsWithActivation(t *testing.T) {
	for name, deactivate := range map[string]func(t *testing.T, s *stage, id string){
		"by SCIM": func(t *testing.T, s *stage, id string) {
			s.status(t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(inactive))
		},
		"in the console": func(_ *testing.T, s *stage, id string) {
			s.fake.ChangeUser(id, func(u *tvfake.User) { u.Active = false })
			time.Sleep(age)
		},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				id := s.user("nora.vale@contoso.example")
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
				s.fake.ChangeUser(id, func(u *tvfake.User) { u.Active = true })
				time.Sleep(age)
				if n := s.found(t, "nora.vale@contoso.example"); n != 1 {
					t.Errorf("activated in the console: found %d times", n)
				}
				deactivate(t, s, id)
				if a := s.status(t, http.StatusOK, "GET", "/Users/"+id, ""); a.json(t)["active"] != false {
					t.Errorf("active = %v", a.json(t)["active"])
				}
			})
		})
	}
}

// TestAddressGivenOn: the address that one user gave up belongs to another, and searches find that
// one at once.
func TestAddressGivenOn(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		first := s.user("shared@contoso.example")
		s.status(t, http.StatusOK, "PATCH", "/Users/"+first, patchOf(`{"op":"Replace","path":"userName","value":"first@contoso.example"}`))
		second := s.user("shared@contoso.example")
		a := s.status(t, http.StatusOK, "GET", "/Users?filter=userName+eq+%22shared@contoso.example%22", "")
		if !strings.Contains(a.body, `"id":"`+second+`"`) {
			t.Errorf("%s is not found: %s", second, a.body)
		}
	})
}

// TestTwo400sAreNo404: a function that answers 400 to everything does not make users disappear.
func TestTwo400sAreNo404(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		id := s.user("nora.vale@contoso.example")
		for _, function := range []string{"PUT /users/{id}", "GET /users/{id}"} {
			s.fake.Fail(tvfake.Fault{Function: function, Status: http.StatusBadRequest})
		}
		s.status(t, http.StatusBadRequest, "PATCH", "/Users/"+id, patchOf(inactive))
		s.status(t, http.StatusOK, "GET", "/Users/"+id, "")
	})
}

// TestMissingRightIsNo403: 403 would stop the client's whole job, so a right that one object needs
// is 400.
func TestMissingRightIsNo403(t *testing.T) {
	in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
		s.token = s.fake.Token()
		s.user("nora.vale@contoso.example")
		s.fake.Fail(tvfake.Fault{Function: "GET /users/{id}", Status: http.StatusForbidden, Body: `{"error":"invalid_permission"}`})
		s.status(t, http.StatusBadRequest, "GET", "/Users/u999", "")
	})
}

// TestReturnOfARemovedAccount: the account of a deleted user was removed in the console; creating
// the user anew is no
// 404. Whose the address is then, only TeamViewer knows.
func TestReturnOfARemovedAccount(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		id := s.user("nora.vale@contoso.example")
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
		s.fake.DropUser(id)
		s.status(t, http.StatusConflict, "POST", "/Users", `{"userName":"nora.vale@contoso.example"}`)
	})
}

// TestGroupRemovedWhileFilled: somebody removes a group in the console just as it is being filled.
func TestGroupRemovedWhileFilled(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		id := s.user("nora.vale@contoso.example")
		arrived, release := s.fake.Hold("POST /usergroups/{id}/members")
		done := make(chan answer, 1)
		go func() {
			done <- s.do("POST", "/Groups", `{"displayName":"TV Lab","members":[{"value":"`+id+`"}]}`)
		}()
		<-arrived
		g, _ := s.fake.GroupByName("TV Lab")
		s.fake.DropGroup(g.ID)
		release()
		if a := <-done; a.status != http.StatusServiceUnavailable || strings.Contains(a.body, "exists") {
			t.Errorf("%d %s", a.status, a.body)
		}
	})
}

// TestExternalIDOfAnother: a new user's externalId does not go to the one who is still giving up
// the wanted address.
func TestExternalIDOfAnother(t *testing.T) {
	v := variantNamed(t, "email-pending")
	in(t, staging{fake: tvfake.Options{Variant: v}}, func(t *testing.T, s *stage) {
		first := s.user("old@contoso.example")
		s.status(t, http.StatusOK, "PATCH", "/Users/"+first, patchOf(`{"op":"Replace","path":"userName","value":"new@contoso.example"}`))
		a := s.status(t, http.StatusConflict, "POST", "/Users", `{"userName":"old@contoso.example","externalId":"second"}`)
		if !strings.Contains(a.body, "confirmation mail") {
			t.Errorf("the answer does not say what is waited for: %s", a.body)
		}
		if a := s.status(t, http.StatusOK, "GET", "/Users?filter=externalId+eq+%22second%22", ""); a.json(t)["totalResults"] != 0.0 {
			t.Errorf("externalId was given to another: %s", a.body)
		}
	})
}

// TestOwnerStaysProtected: an odd answer to the question whose the token is does not end the
// owner's protection.
func TestOwnerStaysProtected(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		s.fake.SetRights(tvfake.AllRights()...)
		s.fake.Fail(tvfake.Fault{Function: "GET /account", Status: http.StatusNotFound, Times: 1})
		owner := "/Users/" + s.fake.OwnerID()
		s.unavailable("PATCH", owner, patchOf(inactive))
		a := s.status(t, http.StatusBadRequest, "PATCH", owner, patchOf(inactive))
		if u, _ := s.fake.User(s.fake.OwnerID()); !u.Active || !strings.Contains(a.body, "owns the TeamViewer token") {
			t.Errorf("active = %t: %s", u.Active, a.body)
		}
	})
}

// TestAlternativesNeedAFreshPicture: of two users only the known one is in an old snapshot. That is
// no answer to a question for either.
func TestAlternativesNeedAFreshPicture(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		s.user("a.known@contoso.example")
		s.fake.AddUser(tvfake.User{Name: "B New", Email: "b.new@contoso.example", Active: true})
		time.Sleep(age)
		s.fake.Fail(tvfake.Fault{Function: "GET /users", Status: http.StatusInternalServerError})
		s.status(t, http.StatusOK, "GET", `/Users?filter=userName+eq+%22a.known@contoso.example%22`, "")
		s.status(t, http.StatusServiceUnavailable, "GET", `/Users?filter=userName+eq+%22a.known@contoso.example%22+or+userName+eq+%22b.new@contoso.example%22`, "")
	})
}

// TestGuessesAreNotPassedOn: TeamViewer blocks addresses that guess tokens, so many different wrong
// ones are not tried.
func TestGuessesAreNotPassedOn(t *testing.T) {
	in(t, staging{settings: usePassthrough}, func(t *testing.T, s *stage) {
		s.token = s.fake.Token()
		s.status(t, http.StatusOK, "GET", "/Users", "")
		for i := range 50 {
			s.as("wrong-"+strings.Repeat("x", i+1), "GET", "/Users", "")
		}
		if n := s.fake.Count("GET /users"); n > 25 {
			t.Errorf("%d guesses were passed on", n)
		}
		s.status(t, http.StatusOK, "GET", "/Users", "")
	})
}

// TestReturnInAnotherLetterCase: a deleted user comes back by an address whose letter case is not
// TeamViewer's. It is shown as it was asked for, or the next cycle would find a difference that no
// change ever ends.
func TestReturnInAnotherLetterCase(t *testing.T) {
	for _, asked := range []string{"nora.vale@contoso.example", "NORA.VALE@contoso.example"} {
		t.Run(asked, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				id := s.fake.AddUser(tvfake.User{Name: "Nora Vale", Email: "Nora.Vale@contoso.example", Active: true}).ID
				s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
				a := s.status(t, http.StatusCreated, "POST", "/Users", newUser(asked))
				if shown := a.json(t)["userName"]; shown != asked || a.json(t)["id"] != id {
					t.Errorf("userName %v of %v, want %s of %s", shown, a.json(t)["id"], asked, id)
				}
				time.Sleep(age)
				if shown := s.status(t, http.StatusOK, "GET", "/Users/"+id, "").json(t)["userName"]; shown != asked {
					t.Errorf("later: userName %v, want %s", shown, asked)
				}
			})
		})
	}
}
