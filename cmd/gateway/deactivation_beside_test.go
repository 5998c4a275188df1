package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// deactivationDone is what the answer to a refused request says of its deactivation.
const deactivationDone = "The deactivation itself was done."

// refusedOperations are operations that refuse their PATCH, by what is wrong with them.
func refusedOperations() map[string]string {
	return map[string]string{
		"userName empty":                  `{"op":"replace","path":"userName","value":""}`,
		"userName null":                   `{"op":"replace","path":"userName","value":null}`,
		"userName removed":                `{"op":"remove","path":"userName"}`,
		"userName of blanks":              `{"op":"replace","path":"userName","value":"  "}`,
		"userName a number":               `{"op":"replace","path":"userName","value":7}`,
		"userName a list of two":          `{"op":"replace","path":"userName","value":["a","b"]}`,
		"userName with a filter":          `{"op":"replace","path":"userName[value eq \"x\"]","value":"x"}`,
		"userName without a value":        `{"op":"replace","path":"userName"}`,
		"userName null in an object":      `{"op":"replace","value":{"userName":null}}`,
		"displayName a number":            `{"op":"replace","path":"displayName","value":7}`,
		"externalId an object":            `{"op":"replace","path":"externalId","value":{"a":"b"}}`,
		"name a text":                     `{"op":"replace","path":"name","value":"Nora"}`,
		"emails of numbers":               `{"op":"replace","path":"emails","value":[7]}`,
		"emails over the limit":           `{"op":"replace","path":"emails","value":[` + strings.Repeat(`{"value":"a@b.example"},`, 200) + `{"value":"c@d.example"}]}`,
		"two values for a filter":         `{"op":"replace","path":"emails[type eq \"work\"]","value":[{"value":"a"},{"value":"b"}]}`,
		"filter that does not end":        `{"op":"replace","path":"emails[type eq \"work\"","value":"a@b.example"}`,
		"filter that does not end, key":   `{"op":"replace","value":{"emails[type eq":"a@b.example"}}`,
		"path that is none":               `{"op":"replace","path":"a b","value":"x"}`,
		"path a number":                   `{"op":"replace","path":7,"value":"x"}`,
		"read-only id":                    `{"op":"replace","path":"id","value":"u1"}`,
		"id of another in an object":      `{"op":"replace","value":{"id":"u1"}}`,
		"read-only meta":                  `{"op":"replace","path":"meta.created","value":"2020-01-01T00:00:00Z"}`,
		"extension a text":                `{"op":"replace","path":"urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser","value":"x"}`,
		"core schema removed":             `{"op":"remove","path":"urn:ietf:params:scim:schemas:core:2.0:User"}`,
		"remove without a path":           `{"op":"remove"}`,
		"no path and no object":           `{"op":"replace","value":"x"}`,
		"op unknown":                      `{"op":"move","path":"displayName","value":"x"}`,
		"op missing":                      `{"path":"displayName","value":"x"}`,
		"op twice":                        `{"op":"add","OP":"replace","path":"displayName","value":"x"}`,
		"not an object":                   `"replace"`,
		"1001 operations":                 strings.TrimSuffix(strings.Repeat(`{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"displayName","value":"x"},`, 1001), ","),
		"active that says nothing":        `{"op":"replace","path":"active","value":"perhaps"}`,
		"active with a filter":            `{"op":"replace","path":"active[value eq true]","value":true}`,
		"address that no rule allows":     `{"op":"replace","path":"userName","value":"nörä"}`,
		"sub-attribute of the wrong type": `{"op":"replace","path":"name.givenName","value":[1,2]}`,
	}
}

// refusedPatches are bodies of PATCH that are refused and deactivate.
func refusedPatches() map[string]string {
	all := map[string]string{
		"schemas of another message": `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],"Operations":[{"op":"replace","path":"active","value":false}]}`,
		"Operations twice":           `{"Operations":[{"op":"replace","path":"active","value":false}],"operations":[]}`,
		"one object":                 `{"Operations":[{"op":"replace","value":{"userName":"","active":false}}]}`,
		"one object, active first":   `{"Operations":[{"op":"replace","value":{"active":"False","userName":null}}]}`,
		"under the core schema":      `{"Operations":[{"op":"add","value":{"urn:ietf:params:scim:schemas:core:2.0:User":{"userName":7,"active":false}}}]}`,
		"after it was activated":     `{"Operations":[{"op":"replace","path":"active","value":true},{"op":"remove","path":"userName"},{"op":"replace","path":"active","value":false}]}`,
		"lone value":                 `{"Operations":[{"op":"remove","path":"userName"},{"op":"replace","path":"active","value":[{"$ref":null,"value":"False"}]}]}`,
	}
	const deactivation = `{"op":"Replace","path":"active","value":"False"}`
	for name, operation := range refusedOperations() {
		all[name+", in front"] = patchOf(operation, deactivation)
		all[name+", behind"] = patchOf(deactivation, operation)
	}
	return all
}

// refusedPuts are bodies of PUT that are refused and deactivate.
func refusedPuts() map[string]string {
	all := map[string]string{
		"userName missing":          `{"displayName":"Nora","active":false}`,
		"nothing but active":        `{"active":"False"}`,
		"active under the URN":      `{"urn:ietf:params:scim:schemas:core:2.0:User":{"active":false},"userName":""}`,
		"active of another meaning": `{"userName":"nora.vale@contoso.example","active":"perhaps","Active":false}`,
	}
	for name, member := range map[string]string{
		"userName empty": `"userName":""`, "userName null": `"userName":null`, "userName a number": `"userName":7`, "userName of blanks": `"userName":"  "`,
		"userName a list": `"userName":["a","b"]`, "displayName a number": `"userName":"a@b.example","displayName":7`,
		"displayName twice": `"userName":"a@b.example","displayName":"x","DisplayName":"y"`, "name a text": `"userName":"a@b.example","name":"Nora"`,
		"emails of numbers":     `"userName":"a@b.example","emails":[7]`,
		"emails over the limit": `"userName":"a@b.example","emails":[` + strings.Repeat(`{"value":"a@b.example"},`, 200) + `{"value":"c@d.example"}]`,
		"externalId an object":  `"userName":"a@b.example","externalId":{"a":"b"}`,
		"extension a text":      `"userName":"a@b.example","urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser":"x"`,
		"address of no rule":    `"userName":"nörä"`,
	} {
		all[name+", in front"] = `{` + member + `,"active":false}`
		all[name+", behind"] = `{"active":"False",` + member + `}`
	}
	return all
}

// TestDeactivationBesideARefusal: whatever part of a request is malformed or refused, its
// deactivation is carried out, and the answer is the error for the rest and says so; alone and in a
// bulk request.
func TestDeactivationBesideARefusal(t *testing.T) {
	t.Parallel()
	for method, bodies := range map[string]map[string]string{"PATCH": refusedPatches(), "PUT": refusedPuts()} {
		for _, inBulk := range []bool{false, true} {
			for _, keep := range []string{"*", "nothing"} {
				t.Run(fmt.Sprintf("%s/bulk=%t/keep=%s", method, inBulk, keep), func(t *testing.T) {
					t.Parallel()
					s := newStage(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) { c.Users.Keep = []string{keep} }})
					for name, body := range bodies {
						t.Run(name, func(t *testing.T) { s.deactivatesBeside(t, method, body, inBulk) })
					}
				})
			}
		}
	}
}

// deactivatesBeside sends one request that deactivates a new user and is refused.
func (s *stage) deactivatesBeside(t *testing.T, method, body string, inBulk bool) {
	t.Helper()
	id := s.user(fmt.Sprintf("user%d@contoso.example", len(s.fake.Users())))
	before, _ := s.fake.User(id)
	var a answer
	var status string
	if inBulk {
		var statuses []string
		statuses, a = s.bulk(fmt.Sprintf(`{"method":%q,"path":"/Users/%s","data":%s}`, method, id, body))
		status = strings.Join(statuses, " ")
	} else {
		a = s.do(method, "/Users/"+id, body)
		status = fmt.Sprint(a.status)
	}
	if status != "400" || !strings.Contains(a.body, deactivationDone) {
		t.Errorf("status %s: %s", status, a.body)
	}
	after, _ := s.fake.User(id)
	if after.Active {
		t.Error("the user is still active in TeamViewer")
	}
	if after.Active = true; after.Name != before.Name || after.Email != before.Email {
		t.Errorf("more than active was changed: %+v, was %+v", after, before)
	}
	if shown := s.do("GET", "/Users/"+id, ""); !strings.Contains(shown.body, `"active":false`) {
		t.Errorf("clients see: %s", shown.body)
	}
}

// TestDeactivationBesideABadRequest: what is wrong outside of the body does not lose a deactivation
// either.
func TestDeactivationBesideABadRequest(t *testing.T) {
	t.Parallel()
	const patch, put = `{"Operations":[{"op":"replace","path":"active","value":false}]}`, `{"userName":"nora.vale@contoso.example","active":false}`
	data := func(method, body string) string {
		return fmt.Sprintf(`{"method":%q,"path":"/Users/%%[1]s","bulkId":7,"data":%s}`, method, body)
	}
	manager := func(path, body string) string {
		return fmt.Sprintf(`{"method":"PATCH","path":"/Users/%s","data":%s}`, path, body)
	}
	for _, tt := range []struct{ name, method, path, body, operation string }{
		{name: "query of PATCH", method: "PATCH", path: "?attributes=a[&excludedAttributes=%zz", body: patch},
		{name: "query of PUT", method: "PUT", path: "?attributes=a[", body: put},
		{name: "bulkId of PATCH", operation: data("PATCH", patch)},
		{name: "bulkId of PUT", operation: data("PUT", put)},
		{name: "reference to nothing", operation: manager("%[1]s",
			`{"Operations":[{"op":"replace","path":"externalId","value":"bulkId:x"},{"op":"replace","path":"active","value":false}]}`)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, staging{direct: true})
			id := s.user("nora.vale@contoso.example")
			var a answer
			if tt.operation != "" {
				_, a = s.bulk(fmt.Sprintf(tt.operation, id))
			} else {
				a = s.do(tt.method, "/Users/"+id+tt.path, tt.body)
			}
			if u, _ := s.fake.User(id); u.Active || !strings.Contains(a.body, deactivationDone) {
				t.Errorf("active is %t: %d %s", u.Active, a.status, a.body)
			}
		})
	}
}

// TestDeactivationBesideNoTarget: what is found out only when the patch is applied does not lose a
// deactivation either.
func TestDeactivationBesideNoTarget(t *testing.T) {
	t.Parallel()
	const deactivation, elsewhere = `{"op":"replace","path":"active","value":false}`, `{"op":"replace","path":"emails[value eq \"x@contoso.example\"].display","value":"x"}`
	for _, body := range []string{patchOf(elsewhere, deactivation), patchOf(deactivation, elsewhere)} {
		s := newStage(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) { c.Users.Keep = []string{"*"} }})
		id := s.user("nora.vale@contoso.example")
		a := s.status(t, http.StatusBadRequest, "PATCH", "/Users/"+id, body)
		if u, _ := s.fake.User(id); u.Active || !strings.Contains(a.body, deactivationDone) || !strings.Contains(a.body, `"noTarget"`) {
			t.Errorf("active is %t: %s", u.Active, a.body)
		}
	}
}

// TestRefusedAsAWhole is what the exception does not cover: nothing is done.
func TestRefusedAsAWhole(t *testing.T) {
	t.Parallel()
	const refused = `{"op":"remove","path":"userName"}`
	for _, tt := range []struct {
		name, method, body, ifMatch string
		status                      int
	}{
		{"JSON that ends too early", "PATCH", `{"Operations":[{"op":"replace","path":"active","value":false}`, "", http.StatusBadRequest},
		{"JSON of PUT that ends too early", "PUT", `{"active":false`, "", http.StatusBadRequest},
		{"active of no meaning", "PATCH", patchOf(`{"op":"replace","path":"active","value":"no"}`, refused), "", http.StatusBadRequest},
		{"active of no meaning in a PUT", "PUT", `{"active":0}`, "", http.StatusBadRequest},
		{"the last word activates", "PATCH", patchOf(`{"op":"replace","path":"active","value":false}`, refused, `{"op":"add","value":{"active":"True"}}`), "", http.StatusBadRequest},
		{"the last word of a PUT activates", "PUT", `{"active":false,"userName":"","Active":true}`, "", http.StatusBadRequest},
		{"the operation has no op", "PATCH", patchOf(`{"path":"active","value":false}`), "", http.StatusBadRequest},
		{"removal of active", "PATCH", patchOf(`{"op":"remove","path":"active"}`, refused), "", http.StatusBadRequest},
		{"another version", "PATCH", patchOf(`{"op":"replace","path":"active","value":false}`, refused), `W/"other"`, http.StatusPreconditionFailed},
		{"another version of PUT", "PUT", `{"active":false}`, `W/"other"`, http.StatusPreconditionFailed},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, staging{direct: true})
			id := s.user("nora.vale@contoso.example")
			var headers [][2]string
			if tt.ifMatch != "" {
				headers = append(headers, [2]string{"If-Match", tt.ifMatch})
			}
			a := s.as(s.token, tt.method, "/Users/"+id, tt.body, headers...)
			if a.status != tt.status || strings.Contains(a.body, deactivationDone) {
				t.Errorf("status %d: %s", a.status, a.body)
			}
			if u, _ := s.fake.User(id); !u.Active {
				t.Error("the user was deactivated")
			}
		})
	}
}
