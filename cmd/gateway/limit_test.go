package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// limitRow is a text that is longer than what is remembered, or as long, in a request that carries
// it.
type limitRow struct {
	name      string
	keep      bool   // users.keep: ["*"]
	attribute string // named by the refusal; "": accepted
	set       string // members of a resource, with %s for the text
	text      int    // its length in characters; 0: 1025
}

// limits is the table of texts that are kept, and of texts that are not.
func limits() []limitRow {
	return []limitRow{
		{name: "externalId", attribute: "externalId", set: `"externalId":"%s"`},
		{name: "externalId as long as possible", set: `"externalId":"%s"`, text: 1024},
		{name: "family name", attribute: "name.familyName", set: `"name":{"givenName":"Nora","familyName":"%s"}`},
		{name: "work address", attribute: "emails.value", set: `"emails":[{"value":"%s","type":"work"}]`},
		{name: "address that is not kept", set: `"emails":[{"value":"nora@contoso.example","type":"work"},{"value":"%s","type":"home"}]`},
		{name: "displayName", attribute: "displayName", set: `"displayName":"%s"`},
		{name: "preferredLanguage", attribute: "preferredLanguage", set: `"preferredLanguage":"%s"`},
		{name: "title that is dropped", set: `"title":"%s"`, text: 100_000},
		{name: "title that is kept", keep: true, attribute: "title", set: `"title":"%s"`},
		{name: "extension that is dropped", set: `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"%s"}`},
		{name: "extension that is kept", keep: true, attribute: "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
			set: `"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"department":"%s"}`},
		{name: "unknown attribute", keep: true, set: `"shoeSize":"%s"`},
		{name: "many texts", keep: true, attribute: "phoneNumbers", set: manyPhones(), text: 1000},
		{name: "many texts that are dropped", set: manyPhones(), text: 1000},
	}
}

// manyPhones is 20 texts, no two of them equal.
func manyPhones() string {
	phones := make([]string, 20)
	for i := range phones {
		phones[i] = fmt.Sprintf(`{"value":"%%[1]s%d"}`, i)
	}
	return `"phoneNumbers":[` + strings.Join(phones, ",") + `]`
}

// TestKeptTextHasALimit: what is remembered of a user is bounded, in every verb, and what is not
// remembered is not. A deactivation beside a text that is too long is carried out.
func TestKeptTextHasALimit(t *testing.T) {
	t.Parallel()
	const noraMail = "nora.vale@contoso.example"
	for _, row := range limits() {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			length := row.text
			if length == 0 {
				length = 1025
			}
			set := fmt.Sprintf(row.set, strings.Repeat("é", length))
			for verb, send := range map[string]func(s *stage, id string) answer{
				"POST": func(s *stage, _ string) answer {
					return s.do("POST", "/Users", `{"userName":"ola.lind@contoso.example",`+set+`}`)
				},
				"POST of a taken userName": func(s *stage, _ string) answer {
					a := s.do("POST", "/Users", `{"userName":"`+noraMail+`",`+set+`}`)
					if a.status == http.StatusConflict {
						a.status = http.StatusCreated // the text was no reason to refuse it
					}
					return a
				},
				"PUT": func(s *stage, id string) answer {
					return s.do("PUT", "/Users/"+id, `{"userName":"`+noraMail+`","active":false,`+set+`}`)
				},
				"PATCH": func(s *stage, id string) answer {
					return s.do("PATCH", "/Users/"+id, patchOf(`{"op":"replace","value":{"active":"False",`+set+`}}`))
				},
				"Bulk": func(s *stage, id string) answer {
					statuses, a := s.bulk(bulkPatch(id, `{"op":"replace","value":{"active":"False",`+set+`}}`))
					_, _ = fmt.Sscan(statuses[0], &a.status)
					return a
				},
			} {
				t.Run(verb, func(t *testing.T) {
					s := newStage(t, staging{direct: true, settings: func(c *config.Config, _ *tvfake.Server) {
						if row.keep {
							c.Users.Keep = []string{"*"}
						}
					}})
					id := s.user(noraMail)
					before := len(s.fake.Users())
					a := send(s, id)
					post := strings.HasPrefix(verb, "POST")
					switch refused := a.status == http.StatusBadRequest; {
					case refused != (row.attribute != "") || !refused && a.status/100 != 2:
						t.Errorf("status %d: %.300s", a.status, a.body)
					case refused && (!strings.Contains(a.body, "invalidValue") || !strings.Contains(a.body, `"detail":"`+row.attribute+":")):
						t.Errorf("the refusal does not name %s: %.300s", row.attribute, a.body)
					case refused && !post && !strings.Contains(a.body, "The deactivation itself was done."):
						t.Errorf("the refusal does not tell of the deactivation: %.300s", a.body)
					case refused && post && len(s.fake.Users()) != before:
						t.Error("a user was made")
					}
					if u, ok := s.fake.User(id); !ok || u.Active != post {
						t.Errorf("active is %v after a %s", u.Active, verb)
					}
					if a := s.do("GET", "/Users/"+id, ""); a.status != http.StatusOK || len(a.body) > 24<<10 || row.attribute != "" && strings.Contains(a.body, "ééé") {
						t.Errorf("GET afterwards: %d, %d bytes", a.status, len(a.body))
					}
				})
			}
		})
	}
}

// TestKeptTextOfAGroupHasALimit is the same for groups.
func TestKeptTextOfAGroupHasALimit(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 1025)
	for attribute, set := range map[string]string{"externalId": `"externalId":"` + long + `"`, "displayName": `"displayName":"` + long + `"`} {
		for _, request := range []struct{ method, path, body string }{
			{"POST", "/Groups", `{"displayName":"Lab",` + set + `}`},
			{"POST", "/Groups", `{"displayName":"TV Field Service",` + set + `}`},
			{"PUT", "/Groups/%s", `{"displayName":"Lab",` + set + `}`},
			{"PATCH", "/Groups/%s", patchOf(`{"op":"replace","value":{` + set + `}}`)},
		} {
			t.Run(attribute+" "+request.method, func(t *testing.T) {
				t.Parallel()
				s := newStage(t, staging{direct: true})
				id := s.group("TV Field Service")
				body := request.body
				if attribute == "displayName" {
					body = strings.NewReplacer(`"displayName":"Lab",`, "", `"displayName":"TV Field Service",`, "").Replace(body)
				}
				a := s.do(request.method, strings.ReplaceAll(request.path, "%s", id), body)
				if a.status != http.StatusBadRequest || !strings.Contains(a.body, `"detail":"`+attribute+":") {
					t.Errorf("status %d: %.300s", a.status, a.body)
				}
				if a := s.do("GET", "/Groups/"+id, ""); strings.Contains(a.body, "xxx") {
					t.Errorf("it is remembered: %.300s", a.body)
				}
				if n := len(s.fake.Groups()); n != 1 || s.fake.Groups()[0].Name != "TV Field Service" {
					t.Errorf("%d groups: %+v", n, s.fake.Groups())
				}
			})
		}
	}
}
