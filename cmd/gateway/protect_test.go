package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

const protectedGroup = "TV Admins"

// protecting is a stage that protects addresses of admins.example and the members of
// protectedGroup.
func protecting(change func(*config.Config)) staging {
	return staging{settings: func(c *config.Config, _ *tvfake.Server) {
		c.Protect.Emails, c.Protect.Groups = []string{"*@admins.example"}, []string{"tv admins"}
		if change != nil {
			change(c)
		}
	}}
}

// protectedPeople are one user for each rule, by what its refusal says, and the group of the
// second.
func (s *stage) protectedPeople() (users map[string]string, group string) {
	s.t.Helper()
	byEmail, byGroup := s.user("ada.root@Admins.example"), s.user("nora.vale@contoso.example")
	owner := s.fake.OwnerID() // by protect.token_owner, which is on
	return map[string]string{"protect.emails": byEmail, "protect.groups": byGroup, "owns the TeamViewer token": owner}, s.group(protectedGroup, byGroup)
}

// harm is one request that would end the access or the protection of a user. %[1]s is the user,
// %[2]s the group.
type harm struct{ name, method, path, body string }

func patchHarms() (all []harm) {
	for name, operation := range map[string]string{
		"replace active":          `{"op":"replace","path":"active","value":false}`,
		"Entra's Replace, text":   `{"op":"Replace","path":"active","value":"False"}`,
		"lower-case text":         `{"op":"replace","path":"active","value":"false"}`,
		"add active":              `{"op":"add","path":"active","value":false}`,
		"Add active, text":        `{"op":"Add","path":"active","value":"False"}`,
		"Okta's, without a path":  `{"op":"replace","value":{"active":false}}`,
		"no path, text":           `{"op":"replace","value":{"active":"False"}}`,
		"path in capitals":        `{"op":"replace","path":"ACTIVE","value":false}`,
		"path with a URN":         `{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:active","value":false}`,
		"no path, key with a URN": `{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User:active":false}}`,
		"a list with one value":   `{"op":"replace","path":"active","value":[{"value":"False"}]}`,
		"beside a name":           `{"op":"replace","path":"displayName","value":"Other Name"},{"op":"replace","path":"active","value":false}`,
		"beside a wrong type":     `{"op":"replace","path":"displayName","value":{"a":1}},{"op":"replace","path":"active","value":false}`,
		"no path, in the schema":  `{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User":{"active":false}}}`,
		"beside an empty address": `{"op":"remove","path":"userName"},{"op":"replace","path":"active","value":false}`,
		"after an activation":     `{"op":"replace","path":"active","value":true},{"op":"replace","path":"active","value":false}`,
		"rename":                  `{"op":"replace","path":"userName","value":"other@contoso.example"}`,
		"rename without a path":   `{"op":"replace","value":{"userName":"other@contoso.example"}}`,
		"rename by add":           `{"op":"add","path":"userName","value":"other@contoso.example"}`,
		"Entra's soft delete": `{"op":"Replace","path":"active","value":"False"},` +
			`{"op":"Replace","path":"userName","value":"0123456789abcdef0123456789abcdefnora.vale@contoso.example"}`,
	} {
		all = append(all, harm{"PATCH " + name, "PATCH", "/Users/%[1]s", patchOf(operation)},
			harm{"Bulk PATCH " + name, "POST", "/Bulk", bulkOf(`{"method":"PATCH","path":"/Users/%[1]s","data":` + patchOf(operation) + `}`)})
	}
	return all
}

func bulkOf(operations string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[` + operations + `]}`
}

func userHarms() []harm {
	return append(patchHarms(),
		harm{"PUT inactive", "PUT", "/Users/%[1]s", `{"userName":"nora.vale@contoso.example","active":false}`},
		harm{"PUT inactive, text", "PUT", "/Users/%[1]s", `{"userName":"nora.vale@contoso.example","active":"False"}`},
		harm{"PUT inactive without a userName", "PUT", "/Users/%[1]s", `{"active":false}`},
		harm{"PUT another userName", "PUT", "/Users/%[1]s", `{"userName":"other@contoso.example","active":true}`},
		harm{"PUT inactive under the URN", "PUT", "/Users/%[1]s", `{"userName":"nora.vale@contoso.example","urn:ietf:params:scim:schemas:core:2.0:User":{"active":false}}`},
		harm{"PUT inactive, in another query", "PUT", "/Users/%[1]s?attributes=id", `{"userName":"nora.vale@contoso.example","active":false}`},
		harm{"DELETE", "DELETE", "/Users/%[1]s", ""},
		harm{"DELETE, doubled slash", "DELETE", "//Users/%[1]s", ""},
		harm{"DELETE, slash at the end", "DELETE", "/Users/%[1]s/", ""},
		harm{"Bulk DELETE", "POST", "/Bulk", bulkOf(`{"method":"DELETE","path":"/Users/%[1]s"}`)},
		harm{"Bulk PUT", "POST", "/Bulk", bulkOf(`{"method":"PUT","path":"/Users/%[1]s","data":{"userName":"other@contoso.example","active":false}}`)},
	)
}

// groupHarms are the ways to end a membership of the protected group, or the group.
func groupHarms() []harm {
	all := []harm{
		{"delete the group", "DELETE", "/Groups/%[2]s", ""},
		{"delete the group in Bulk", "POST", "/Bulk", bulkOf(`{"method":"DELETE","path":"/Groups/%[2]s"}`)},
		{"PUT with no members", "PUT", "/Groups/%[2]s", `{"displayName":"TV Admins","members":[]}`},
		{"PUT with null members", "PUT", "/Groups/%[2]s", `{"displayName":"TV Admins","members":null}`},
		{"PUT with another member", "PUT", "/Groups/%[2]s", `{"displayName":"TV Admins","members":[{"value":"%[3]s"}]}`},
		{"PUT without a name", "PUT", "/Groups/%[2]s", `{"members":[{"value":"%[3]s"}]}`},
		{"PUT with an unknown member", "PUT", "/Groups/%[2]s", `{"displayName":"TV Admins","members":[{"value":"%[3]s"},{"value":"u999999"}]}`},
		{"PUT with another name", "PUT", "/Groups/%[2]s", `{"displayName":"Others"}`},
	}
	for name, operation := range map[string]string{
		"remove by value":         `{"op":"remove","path":"members","value":[{"value":"%[1]s"}]}`,
		"remove by filter":        `{"op":"remove","path":"members[value eq \"%[1]s\"]"}`,
		"remove all":              `{"op":"remove","path":"members"}`,
		"replace by none":         `{"op":"replace","path":"members","value":[]}`,
		"replace without a path":  `{"op":"replace","value":{"members":[]}}`,
		"Entra's Remove":          `{"op":"Remove","path":"members","value":[{"value":"%[1]s"}]}`,
		"rename":                  `{"op":"replace","path":"displayName","value":"Others"}`,
		"rename and remove":       `{"op":"replace","path":"displayName","value":"Others"},{"op":"remove","path":"members"}`,
		"replace by another":      `{"op":"replace","path":"members","value":[{"value":"%[3]s"}]}`,
		"beside a wrong type":     `{"op":"remove","path":"members","value":[{"value":"%[1]s"}]},{"op":"replace","path":"displayName","value":7}`,
		"beside an unknown user":  `{"op":"remove","path":"members","value":["%[1]s"]},{"op":"add","path":"members","value":[{"value":"u999999"}]}`,
		"remove and add one more": `{"op":"remove","path":"members","value":[{"value":"%[1]s"}]},{"op":"add","path":"externalId","value":"x"}`,
	} {
		all = append(all, harm{"group: " + name, "PATCH", "/Groups/%[2]s", patchOf(operation)},
			harm{"group in Bulk: " + name, "POST", "/Bulk", bulkOf(`{"method":"PATCH","path":"/Groups/%[2]s","data":` + patchOf(operation) + `}`)})
	}
	return all
}

// refuses sends a harmful request and checks that it is refused by a rule, and that TeamViewer
// holds the user and the group as before.
func (s *stage) refuses(t *testing.T, h harm, rule, user, group string) {
	t.Helper()
	before, _ := s.fake.User(user)
	path, body := h.path, h.body
	if strings.Contains(path, "%") {
		path = fmt.Sprintf(path+"%.0[3]s", user, group, "")
	}
	body = strings.NewReplacer("%[1]s", user, "%[2]s", group, "%[3]s", s.fake.OwnerID()).Replace(body)
	a := s.do(h.method, path, body)
	refused := a.status == http.StatusBadRequest || h.path == "/Bulk" && a.status == http.StatusOK && strings.Contains(a.body, `"status":"400"`)
	if !refused || !strings.Contains(a.body, rule) {
		t.Errorf("%d, want 400 with %s: %s", a.status, rule, a.body)
	}
	after, here := s.fake.User(user)
	if !here || after.Active != before.Active || after.Email != before.Email || after.Name != before.Name {
		t.Errorf("TeamViewer holds %+v, before %+v", after, before)
	}
	g, here := s.fake.GroupByName(protectedGroup)
	if !here || fmt.Sprint(g.ID) != group {
		t.Errorf("TeamViewer's group is %+v", g)
	}
}

// TestProtectedUsers tries each way to deactivate, remove or rename a protected user, whatever a
// DELETE does.
func TestProtectedUsers(t *testing.T) {
	harms := userHarms()
	if len(harms) < 30 {
		t.Fatalf("%d ways, want 30 at least", len(harms))
	}
	for _, fate := range []config.OnDelete{config.OnDeleteDeactivate, config.OnDeleteRemove, config.OnDeleteDelete} {
		t.Run(string(fate), func(t *testing.T) {
			in(t, protecting(func(c *config.Config) { c.Users.OnDelete = fate }), func(t *testing.T, s *stage) {
				users, group := s.protectedPeople()
				for rule, user := range users {
					for _, h := range harms {
						s.refuses(t, h, rule, user, group)
						if t.Failed() {
							t.Fatalf("%s: %s", rule, h.name)
						}
					}
				}
				s.hasMembers(t, protectedGroup, []string{users["protect.groups"]})
			})
		})
	}
}

// TestProtectedGroup tries each way to end a membership of a protected group, which would end the
// protection.
func TestProtectedGroup(t *testing.T) {
	in(t, protecting(nil), func(t *testing.T, s *stage) {
		users, group := s.protectedPeople()
		for _, h := range groupHarms() {
			s.refuses(t, h, "protect.groups", users["protect.groups"], group)
			s.hasMembers(t, protectedGroup, []string{users["protect.groups"]})
			if t.Failed() {
				t.Fatal(h.name)
			}
		}
	})
}

// TestProtectionLetsTheRestThrough: what does not end access or protection is done, also to the
// protected.
func TestProtectionLetsTheRestThrough(t *testing.T) {
	in(t, protecting(nil), func(t *testing.T, s *stage) {
		users, group := s.protectedPeople()
		other := s.user("kim.ode@contoso.example")
		delete(users, "owns the TeamViewer token") // see TestTheOwnerMayBeNamedAnew
		for _, user := range users {
			s.status(t, http.StatusOK, "PATCH", "/Users/"+user, patchOf(`{"op":"replace","path":"displayName","value":"New Name"}`))
			s.status(t, http.StatusOK, "PATCH", "/Users/"+user, patchOf(`{"op":"replace","path":"active","value":true}`))
		}
		s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, patchOf(`{"op":"add","path":"members","value":[{"value":"`+users["protect.emails"]+`"}]}`))
		s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+group, patchOf(`{"op":"replace","path":"displayName","value":"tv ADMINS"}`))
		s.status(t, http.StatusOK, "PATCH", "/Users/"+other, patchOf(inactive))
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+other, "")
		elsewhere := s.group("Others", users["protect.emails"])
		s.status(t, http.StatusNoContent, "PATCH", "/Groups/"+elsewhere, patchOf(`{"op":"remove","path":"members"}`))
		s.status(t, http.StatusNoContent, "DELETE", "/Groups/"+elsewhere, "")
	})
}

// TestProtectionSurvivesReturn: the return of a deleted user would end the memberships, also that
// of a protected group.
func TestProtectionSurvivesReturn(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		id := s.user("nora.vale@contoso.example")
		s.group(protectedGroup, id)
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
		s.mustReload(func(c *config.Config) { c.Protect.Groups = []string{protectedGroup} })
		a := s.status(t, http.StatusBadRequest, "POST", "/Users", newUser("nora.vale@contoso.example"))
		if !strings.Contains(a.body, "protect.groups") {
			t.Error(a.body)
		}
		s.hasMembers(t, protectedGroup, []string{id})
		s.mustReload(func(c *config.Config) { c.Protect.Groups = nil })
		s.status(t, http.StatusCreated, "POST", "/Users", newUser("nora.vale@contoso.example"))
	})
}

// TestProtectionFailsSafe: while it cannot be found out who is protected, nobody is deactivated.
func TestProtectionFailsSafe(t *testing.T) {
	tests := map[string]struct {
		fault  tvfake.Fault
		groups bool // the group exists
	}{
		"the group does not exist": {},
		"groups cannot be listed":  {tvfake.Fault{Function: "GET /usergroups", Status: http.StatusInternalServerError}, true},
		"no right to list groups":  {tvfake.Fault{Function: "GET /usergroups", Status: http.StatusForbidden}, true},
		"members cannot be read":   {tvfake.Fault{Function: "GET /usergroups/{id}/members", Status: http.StatusInternalServerError}, true},
		"members are refused":      {tvfake.Fault{Function: "GET /usergroups/{id}/members", Status: http.StatusBadRequest}, true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			in(t, protecting(nil), func(t *testing.T, s *stage) {
				id := s.user("nora.vale@contoso.example")
				if test.groups {
					s.fake.AddGroup(protectedGroup)
				}
				if test.fault.Function != "" {
					s.fake.Fail(test.fault)
				}
				for _, a := range []answer{s.do("PATCH", "/Users/"+id, patchOf(inactive)), s.do("DELETE", "/Users/"+id, "")} {
					if a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "protect.groups") {
						t.Errorf("%d, want 503: %s", a.status, a.body)
					}
				}
				if u, _ := s.fake.User(id); !u.Active {
					t.Error("the user was deactivated")
				}
			})
		})
	}
}

// TestProtectionOfAnUnreadUser: a deactivation needs no knowledge of the user, but for the question
// whether protect.emails names the user.
func TestProtectionOfAnUnreadUser(t *testing.T) {
	in(t, protecting(nil), func(t *testing.T, s *stage) {
		id := s.fake.AddUser(tvfake.User{Name: "Ada Root", Email: "ada.root@admins.example", Active: true}).ID
		for _, function := range []string{"GET /users", "GET /users/{id}"} {
			s.fake.Fail(tvfake.Fault{Function: function, Status: http.StatusInternalServerError})
		}
		s.unavailable("PATCH", "/Users/"+id, patchOf(inactive))
		s.unavailable("DELETE", "/Users/"+id, "")
		if u, _ := s.fake.User(id); !u.Active {
			t.Error("the user was deactivated")
		}
	})
}

// TestProtectionCostsFewCalls: who is protected is known by one list of the groups and one read of
// the members within cache.groups_max_age, however many users are deactivated.
func TestProtectionCostsFewCalls(t *testing.T) {
	in(t, protecting(nil), func(t *testing.T, s *stage) {
		_, _ = s.protectedPeople()
		people := s.people(4)
		time.Sleep(6 * time.Minute)
		s.fake.ResetCalls()
		for _, id := range people {
			s.status(t, http.StatusOK, "PATCH", "/Users/"+id, patchOf(inactive))
		}
		calls := s.fake.Calls()
		if calls["GET /usergroups"] != 1 || calls["GET /usergroups/{id}/members"] != 1 {
			t.Errorf("calls = %v", calls)
		}
	})
}

// TestProtectionIsReloaded: a rule counts from the reload on.
func TestProtectionIsReloaded(t *testing.T) {
	in(t, staging{}, func(t *testing.T, s *stage) {
		id := s.user("nora.vale@contoso.example")
		s.mustReload(func(c *config.Config) { c.Protect.Emails = []string{"nora.*"} })
		s.status(t, http.StatusBadRequest, "DELETE", "/Users/"+id, "")
		s.mustReload(func(c *config.Config) { c.Protect.Emails = nil })
		s.status(t, http.StatusNoContent, "DELETE", "/Users/"+id, "")
	})
}
