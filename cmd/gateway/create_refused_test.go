package gateway_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"tvscim/tvapi/tvfake"
)

// createRefused is a create request for the userName nora.vale@contoso.example with the externalId
// "new", beside a user who may have that name.
type createRefused struct {
	name   string
	before func(s *stage, nora string) // what happens to the user, who was created without an externalId
	body   string                      // of the request; "": newNora
	status int
	detail string // a part of the answer

	linked   bool   // the request's externalId finds the user
	userName string // of the user afterwards; "": the one of the request
}

const (
	noraName = "nora.vale@contoso.example"
	newNora  = `{"userName":"` + noraName + `","externalId":"new"}`
)

func createsRefused(t *testing.T) []createRefused {
	t.Helper()
	patch := func(operations ...string) func(*stage, string) {
		return func(s *stage, nora string) {
			s.status(t, http.StatusOK, "PATCH", "/Users/"+nora, patchOf(operations...))
		}
	}
	externalID := func(id string) string { return `{"op":"Add","path":"externalId","value":"` + id + `"}` }
	binned := `{"op":"Replace","path":"userName","value":"` + softDeletedName + `"}`
	remove := func(s *stage, nora string) { s.status(t, http.StatusNoContent, "DELETE", "/Users/"+nora, "") }
	console := func(change func(u *tvfake.User)) func(*stage, string) {
		return func(s *stage, nora string) { s.fake.ChangeUser(nora, change) }
	}
	both := func(changes ...func(*stage, string)) func(*stage, string) {
		return func(s *stage, nora string) {
			for _, change := range changes {
				change(s, nora)
			}
		}
	}
	return []createRefused{
		{name: "active, without externalId", status: 409, detail: "is taken by", linked: true, before: both()},
		{name: "inactive, without externalId", status: 409, detail: "is taken by", linked: true, before: patch(inactive)},
		{name: "deactivated in the console", status: 409, linked: true, before: console(func(u *tvfake.User) { u.Active = false })},
		{name: "with an externalId of its own", status: 409, before: patch(externalID("own"))},
		{name: "with the same externalId", status: 409, linked: true, before: patch(externalID("new"))},
		{name: "the externalId of another user", status: 409, before: func(s *stage, _ string) {
			s.made(t, "/Users", `{"userName":"other@contoso.example","externalId":"new"}`)
		}},
		{name: "the externalId of a deleted user", status: 409, linked: true, before: func(s *stage, _ string) {
			remove(s, s.made(t, "/Users", `{"userName":"other@contoso.example","externalId":"new"}`))
		}},
		{name: "deleted", status: 201, linked: true, before: remove},
		{name: "deleted, with an externalId of its own", status: 201, linked: true, before: both(patch(externalID("own")), remove)},
		{name: "deleted, and activated in the console", status: 409, before: both(patch(externalID("own")), remove, console(func(u *tvfake.User) { u.Active = true }))},
		{name: "in the recycle bin", status: 409, detail: "recycle bin", userName: softDeletedName, before: patch(binned, inactive)},
		{name: "in the recycle bin, with an externalId of its own", status: 409, detail: "recycle bin", userName: softDeletedName,
			before: patch(externalID("own"), binned, inactive)},
		{name: "in the recycle bin, with the same externalId", status: 409, detail: "recycle bin", userName: softDeletedName, linked: true,
			before: patch(externalID("new"), binned, inactive)},
		{name: "deleted from the recycle bin", status: 201, linked: true, before: both(patch(externalID("own"), binned, inactive), remove)},
		{name: "restored from the recycle bin", status: 409, detail: "is taken by", linked: true, before: both(patch(binned, inactive),
			patch(`{"op":"Replace","path":"userName","value":"`+noraName+`"}`, `{"op":"Replace","path":"active","value":true}`))},
		{name: "a change to another address waits", status: 409, detail: "confirmation mail", userName: "roth@contoso.example",
			before: patch(`{"op":"Replace","path":"userName","value":"roth@contoso.example"}`)},
		{name: "a change to this address waits", status: 409, detail: "is taken by", linked: true, before: func(s *stage, nora string) {
			s.fake.ChangeUser(nora, func(u *tvfake.User) { u.Email = "roth@contoso.example" })
			time.Sleep(age)
			patch(`{"op":"Replace","path":"userName","value":"`+noraName+`"}`)(s, nora)
		}},
		{name: "malformed", status: 400, before: both(), body: `{"userName":"` + noraName + `","externalId":"new","active":"maybe"}`},
		{name: "too much to remember", status: 400, before: both(),
			body: `{"userName":"` + noraName + `","externalId":"new","name":{"givenName":"` + strings.Repeat("x", 1025) + `"}}`},
	}
}

// TestRefusedCreateLinks: a create request for a userName that a user has is refused. Its
// externalId is remembered of that user only if the user has none and is shown by that userName.
// Nothing else about the user changes: one in the client's recycle bin stays there.
func TestRefusedCreateLinks(t *testing.T) {
	v := tvfake.Default()
	v.EmailPending = true
	for _, test := range createsRefused(t) {
		t.Run(test.name, func(t *testing.T) {
			in(t, staging{fake: tvfake.Options{Variant: v}}, func(t *testing.T, s *stage) { test.run(t, s) })
		})
	}
}

func (c createRefused) run(t *testing.T, s *stage) {
	if c.userName == "" {
		c.userName = noraName
	}
	if c.body == "" {
		c.body = newNora
	}
	nora := s.user(noraName)
	c.before(s, nora)
	time.Sleep(age)
	before, _ := s.fake.User(nora)
	if a := s.status(t, c.status, "POST", "/Users", c.body); !strings.Contains(a.body, c.detail) {
		t.Errorf("%s, want %q", a.body, c.detail)
	}
	a := s.status(t, http.StatusOK, "GET", "/Users?filter="+eq("externalId", "new"), "")
	if linked := strings.Contains(a.body, nora); linked != c.linked {
		t.Errorf("the externalId finds the user: %t, want %t: %s", linked, c.linked, a.body)
	}
	if a := s.status(t, http.StatusOK, "GET", "/Users/"+nora, ""); get(a.json(t), "userName") != c.userName {
		t.Errorf("userName %v, want %v", get(a.json(t), "userName"), c.userName)
	}
	if after, _ := s.fake.User(nora); c.status != http.StatusCreated && (after.Active != before.Active || after.Email != before.Email) {
		t.Errorf("TeamViewer held %+v, and holds %+v", before, after)
	}
}

// TestTeamViewerRefusesTheCreate: TeamViewer says that the address of a create request is taken,
// which the snapshot does not show. The user who has it is asked about; without an answer of
// TeamViewer that names the address, no user is linked.
func TestTeamViewerRefusesTheCreate(t *testing.T) {
	for name, test := range map[string]struct {
		before func(s *stage, other string)
		status int
		linked bool
	}{
		"renamed in the console": {status: 409, linked: true, before: func(s *stage, other string) {
			s.fake.ChangeUser(other, func(u *tvfake.User) { u.Email = noraName })
		}},
		"outside the company": {status: 409, before: func(s *stage, _ string) { s.fake.AddOutsider(noraName) }},
		"for another reason": {status: 400, before: func(s *stage, _ string) {
			s.fake.Fail(tvfake.Fault{Function: "POST /users", Status: http.StatusBadRequest})
		}},
	} {
		t.Run(name, func(t *testing.T) {
			in(t, staging{}, func(t *testing.T, s *stage) {
				other := s.user("other@contoso.example")
				time.Sleep(20 * time.Second) // past the lag of lists, within the age
				test.before(s, other)
				s.status(t, test.status, "POST", "/Users", newNora)
				a := s.status(t, http.StatusOK, "GET", "/Users?filter="+eq("externalId", "new"), "")
				if linked := strings.Contains(a.body, other); linked != test.linked {
					t.Errorf("the externalId finds the user: %t, want %t: %s", linked, test.linked, a.body)
				}
			})
		})
	}
}
