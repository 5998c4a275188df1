package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// deactivation is one way in which a deactivation might get lost.
type deactivation struct {
	name    string
	before  func(s *stage, id string) // what happens before the request, behind the gateway's back
	request func(s *stage, id string) answer
	status  []int  // of the answer
	detail  string // what the answer's text must say, "" for nothing in particular
}

const softDeletedName = "0f8b6a2c4d1e4b7a9c3d5e6f708192a3nora.vale@contoso.example"

// deactivations is the table of ways to lose a deactivation.
func deactivations() []deactivation {
	success := []int{http.StatusOK, http.StatusNoContent}
	refused := []int{http.StatusBadRequest}
	table := []deactivation{
		{name: "reactivated in the console a moment ago", status: success, request: patching(`{"op":"Replace","path":"active","value":"False"}`),
			before: func(s *stage, id string) {
				s.do("PATCH", "/Users/"+id, patchOf(`{"op":"Replace","path":"active","value":"False"}`))
				s.fake.ChangeUser(id, func(u *tvfake.User) { u.Active = true })
			}},
		{name: "address that no rule allows in the same PATCH", status: refused, detail: deactivationDone,
			request: patching(`{"op":"Replace","path":"userName","value":"nörä@contoso.example"}`, `{"op":"Replace","path":"active","value":"False"}`)},
		{name: "address taken by a colleague in the same PATCH", status: []int{http.StatusConflict}, detail: deactivationDone,
			before:  func(s *stage, _ string) { s.user("ola.lind@contoso.example") },
			request: patching(`{"op":"Replace","path":"active","value":"False"}`, `{"op":"Replace","path":"userName","value":"Ola.Lind@contoso.example"}`)},
		{name: "address taken outside the company in the same PATCH", status: []int{http.StatusConflict}, detail: deactivationDone,
			before:  func(s *stage, _ string) { s.fake.AddOutsider("taken@contoso.example") },
			request: patching(`{"op":"Replace","path":"userName","value":"taken@contoso.example"}`, `{"op":"Replace","path":"active","value":"False"}`)},
		{name: "address that no rule allows in the same PUT", status: refused, detail: deactivationDone,
			request: func(s *stage, id string) answer {
				return s.do("PUT", "/Users/"+id, `{"userName":"no address","displayName":"Nora","active":false}`)
			}},
		{name: "address taken outside the company in the same PUT", status: []int{http.StatusConflict}, detail: deactivationDone,
			before: func(s *stage, _ string) { s.fake.AddOutsider("taken@contoso.example") },
			request: func(s *stage, id string) answer {
				return s.do("PUT", "/Users/"+id, `{"userName":"taken@contoso.example","displayName":"Nora","active":false}`)
			}},
		{name: "empty userName beside it", status: refused, detail: deactivationDone,
			request: patching(`{"op":"Replace","path":"active","value":"False"}`, `{"op":"Replace","path":"userName","value":""}`)},
		{name: "PUT without a userName of a user in a group", status: refused, detail: deactivationDone,
			before: func(s *stage, id string) { s.group("TV Field Service", id) },
			request: func(s *stage, id string) answer {
				return s.do("PUT", "/Users/"+id, `{"displayName":"Nora","active":false}`)
			}},
		{name: "user in the recycle bin", status: success,
			request: patching(`{"op":"Replace","path":"userName","value":"`+softDeletedName+`"}`, `{"op":"Replace","path":"active","value":"False"}`)},
		{name: "user in the recycle bin with a name of over 100 characters", status: success,
			request: patching(`{"op":"Replace","path":"active","value":"False"}`,
				`{"op":"Replace","path":"userName","value":"0f8b6a2c4d1e4b7a9c3d5e6f708192a3`+strings.Repeat("a", 90)+`@contoso.example"}`)},
		{name: "unknown attributes and schemas beside it", status: success,
			request: patching(`{"op":"Add","path":"nonsense[type eq \"x\"].value","value":"y"}`, `{"op":"Replace","path":"active","value":"False"}`,
				`{"op":"Add","path":"urn:example:2.0:User:shoeSize","value":45}`, `{"op":"Replace","path":"roles","value":[{"value":"{\"id\":\"1\"}"}]}`)},
		{name: "inactive user in a group", status: success, request: patching(`{"op":"Replace","path":"active","value":"False"}`),
			before: func(s *stage, id string) { s.group("TV Field Service", id) }},
		{name: "name that is too long beside it", status: success,
			request: patching(`{"op":"Replace","path":"displayName","value":"`+strings.Repeat("Nora ", 30)+`"}`, `{"op":"Replace","path":"active","value":"False"}`)},
		{name: "values that are accepted and dropped beside it", status: success,
			before: func(s *stage, id string) {
				s.do("PATCH", "/Users/"+id, patchOf(`{"op":"add","value":{"phoneNumbers":[{"value":"+471","type":"work"}],"emails":[{"value":"home@example.com","type":"home"}]}}`))
			},
			request: patching(`{"op":"Replace","path":"active","value":"False"}`,
				`{"op":"replace","path":"addresses[type eq \"work\"]","value":{"type":"work","country":"NO"}}`,
				`{"op":"replace","path":"phoneNumbers[value eq \"+471\"].value","value":"+472"}`,
				`{"op":"replace","path":"emails[value eq \"home@example.com\"].value","value":"house@example.com"}`)},
		{name: "DELETE", status: success, request: func(s *stage, id string) answer { return s.do("DELETE", "/Users/"+id, "") }},
		{name: "PUT", status: success, request: func(s *stage, id string) answer {
			return s.do("PUT", "/Users/"+id, `{"userName":"nora.vale@contoso.example","displayName":"Nora","active":"False"}`)
		}},
	}
	for _, spelling := range []string{
		`{"op":"Replace","path":"active","value":"False"}`, `{"op":"replace","path":"active","value":false}`, `{"op":"Add","path":"active","value":"false"}`,
		`{"op":"REPLACE","path":"ACTIVE","value":"FALSE"}`, `{"op":"Replace","value":{"active":"False"}}`, `{"op":"add","value":{"active":false}}`,
		`{"op":"replace","path":"urn:ietf:params:scim:schemas:core:2.0:User:active","value":"False"}`,
		`{"op":"replace","value":{"urn:ietf:params:scim:schemas:core:2.0:User:active":false}}`,
		`{"op":"replace","path":"active","value":[false]}`,
	} {
		table = append(table, deactivation{name: "spelled " + spelling, status: success, request: patching(spelling)})
	}
	return table
}

func patching(operations ...string) func(*stage, string) answer {
	return func(s *stage, id string) answer { return s.do("PATCH", "/Users/"+id, patchOf(operations...)) }
}

// TestDeactivationIsNeverLost: whatever else a request holds, the user is inactive in TeamViewer
// afterwards, under every reading of TeamViewer's contract.
func TestDeactivationIsNeverLost(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		for _, test := range deactivations() {
			t.Run(test.name, func(t *testing.T) {
				s := newStage(t, staging{fake: o, direct: true})
				id := s.user("nora.vale@contoso.example")
				if test.before != nil {
					test.before(s, id)
				}
				a := test.request(s, id)
				if u, ok := s.fake.User(id); !ok || u.Active {
					t.Errorf("the user is still active in TeamViewer; answer %d %s", a.status, a.body)
				}
				if !strings.Contains(fmt.Sprint(test.status), fmt.Sprint(a.status)) {
					t.Errorf("status %d, want one of %v: %s", a.status, test.status, a.body)
				}
				if !strings.Contains(a.body, test.detail) {
					t.Errorf("the answer does not say %q: %s", test.detail, a.body)
				}
			})
		}
	})
}

// TestNothingButActiveDeactivates is the other half: what only looks like a deactivation changes
// nothing.
func TestNothingButActiveDeactivates(t *testing.T) {
	t.Parallel()
	for _, operation := range []string{
		`{"op":"Remove","path":"active"}`, `{"op":"Replace","path":"active","value":null}`, `{"op":"Replace","path":"active","value":""}`,
		`{"op":"Replace","value":{"active":null}}`, `{"op":"Replace","path":"name.active","value":false}`,
	} {
		t.Run(operation, func(t *testing.T) {
			s := newStage(t, staging{direct: true})
			id := s.user("nora.vale@contoso.example")
			a := s.do("PATCH", "/Users/"+id, patchOf(operation))
			if u, _ := s.fake.User(id); !u.Active {
				t.Errorf("the user was deactivated; answer %d %s", a.status, a.body)
			}
		})
	}
}
