package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// oddRefusal is a request for which TeamViewer is asked something else, or something that names no object, and refuses.
type oddRefusal struct{ function, method, path, body string }

// oddRefusals are the refusals that say nothing about the object of the request.
func oddRefusals() []oddRefusal {
	return []oddRefusal{
		{getAccount, "PATCH", "/Users/{user}", patchOf(inactive)},
		{getAccount, "DELETE", "/Users/{user}", ""},
		{listUsers, "GET", "/Users", ""},
		{listUsers, "GET", "/Users/{user}", ""},
		{listUsers, "GET", "/Users?filter=" + eq("userName", "nobody@contoso.example"), ""},
		{listUsers, "PATCH", "/Users/{user}", patchOf(inactive)},
		{listUsers, "DELETE", "/Users/{user}", ""},
		{listUsers, "POST", "/Users", newUser("pia.berg@contoso.example")},
		{listGroups, "GET", "/Groups?filter=" + eq("displayName", "Nobody"), ""},
		{listGroups, "DELETE", "/Groups/{group}", ""},
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

// TestRefusalOfSomethingElse: only what TeamViewer says of the very object of a request is said of it. A 404 would tell the
// client that its user is gone, a 409 that the name is taken, a 400 that its request is at fault.
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
