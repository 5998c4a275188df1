package gateway_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"tvscim/scim/scimtest"
)

// exception is a departure from the RFCs that both the protocol side and the gateway have, with a
// request that shows it. %s in a body is the id of a user, who is active and has a work address.
type exception struct {
	rfc, rule, reason  string
	method, path, body string
	status             int
	answer             string // a part of the answer's body
	shows              string // a part of what a GET of the same path shows afterwards
}

// exceptions returns all that docs/conformance.md declares.
func exceptions() []exception {
	const user, group = "/Users/%s", "/Groups/%s"
	return []exception{
		{rfc: "RFC 7644 section 3.5.2", rule: "A PATCH or PUT that sets `active` to false and is refused for the sake of any other part is carried out in that one point. " +
			"The answer is the error for the rest, and says so. The last value that a request gives to `active` decides.",
			reason: "An account that should be closed must not stay open until somebody mends a mapping. With the removal of members it is the one exception to atomicity. " +
				"Nothing is done where the body is not read or is no JSON (credentials, media type, size, and a bulk request that is refused as a whole), " +
				"where If-Match, If-None-Match or the version of a bulk operation is not met or cannot be read, and where `active` itself cannot be understood.",
			method: "PATCH", path: user, body: patchOf(`{"op":"replace","path":"active","value":false}`, `{"op":"remove","path":"userName"}`),
			status: http.StatusBadRequest, answer: deactivationDone, shows: `"active":false`},
		{rfc: "RFC 7644 section 3.5.2", rule: "The removals of members that a PATCH names by id are carried out if any other part of the request is refused, such as an unknown member to be added or a name that is taken. " +
			"Of a PUT or PATCH that sets all members, those who are not on the list are removed; nobody is added. The answer is the error for the rest, and says so. The last operation on a member decides.",
			reason: "Who has left a team must not stay in its group until somebody mends a mapping. The same limits hold as for deactivations. " +
				"A list of all members counts only if every entry on it is an id, one of them of a known user, and, in a request that is malformed, if it is not empty: else it does not say who is to stay.",
			method: "PATCH", path: group, body: patchOf(`{"op":"remove","path":"members","value":[{"value":"%s"}]}`, `{"op":"replace","path":"displayName","value":7}`),
			status: http.StatusBadRequest, answer: removalDone, shows: `"members":[]`},
		{rfc: "RFC 7644 section 3.5.2.3", rule: "A replacement of a sub-attribute, whose value filter selects nothing, makes the value that the filter describes.",
			reason: "Entra ID sets `emails[type eq \"work\"].value` in this way whether the address is there or not. Without a sub-attribute, and with a filter that describes no value, the answer is noTarget. With the default settings, which keep one address, an operation on another one has no effect.",
			method: "PATCH", path: user, body: patchOf(`{"op":"replace","path":"emails[type eq \"home\"].value","value":"home@example.com"}`),
			status: http.StatusOK, shows: `home@example.com`},
		{rfc: "RFC 7644 section 3.5.2.2", rule: "To remove what is not there is a success.",
			reason: "A client that is answered noTarget sends the same again for ever.",
			method: "PATCH", path: user, body: patchOf(`{"op":"remove","path":"emails[type eq \"home\"]"}`), status: http.StatusOK},
		{rfc: "RFC 7644 section 3.5.2.2", rule: "To remove `active`, or to set it to null or an empty text, is a success and changes nothing.",
			reason: "Neither true nor false was said, and a guess would open or close an account.",
			method: "PATCH", path: user, body: patchOf(`{"op":"remove","path":"active"}`), status: http.StatusOK, shows: `"active":true`},
		{rfc: "RFC 7644 section 3.5.2", rule: "A PATCH whose schemas is missing, or names another URN than PatchOp, is carried out; only the URN of another message is refused.",
			reason: "Clients leave it out, or name the schema of the resource. The operations say enough.",
			method: "PATCH", path: user, body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"Operations":[{"op":"replace","path":"displayName","value":"Norah"}]}`,
			status: http.StatusOK, shows: `"displayName":"Norah"`},
		{rfc: "RFC 7644 section 3.5.2.2", rule: "A removal of `members` with a list as its value removes the members on the list. Without a value it removes all; null and an empty list remove nobody.",
			reason: "Entra ID removes single members in this way, and RFC 7644 gives a value no meaning there. An empty value is more likely a mistake than the wish to empty a group.",
			method: "PATCH", path: group, body: patchOf(`{"op":"remove","path":"members","value":[]}`), status: http.StatusNoContent, shows: `"members":[{`},
		{rfc: "RFC 7644 section 3.5.1", rule: "A PUT that does not name `active` or `members` leaves them as they are; null and an empty list empty `members`.",
			reason: "A mapping without them must not open an account or empty a group.",
			method: "PUT", path: group, body: `{"displayName":"Field Service"}`, status: http.StatusOK, shows: `"members":[{`},
		{rfc: "RFC 7644 section 3.12", rule: "An attribute that `/Schemas` does not show is accepted in any form, and ignored.",
			reason: "A request must not be lost for an attribute that has no effect. Each is counted in `tvscim_ignored_attributes_total` and named in a debug line.",
			method: "PATCH", path: user, body: patchOf(`{"op":"replace","path":"shoeSize[type eq \"left\"","value":{"a":[1]}}`), status: http.StatusOK},
	}
}

// writeExceptions writes them behind the report.
func writeExceptions(w io.Writer) {
	fmt.Fprint(w, "\n## Declared exceptions\n\nWhere tvscim departs from the RFCs on purpose. A test shows each of them at both targets.\n\n")
	for _, e := range exceptions() {
		fmt.Fprintf(w, "- **%s.** %s %s\n", e.rfc, e.rule, e.reason)
	}
}

// TestDeclaredExceptions shows every exception at the store in memory and at the gateway.
func TestDeclaredExceptions(t *testing.T) {
	t.Parallel()
	for name, target := range map[string]func(*testing.T) scimtest.Target{"memory": memoryTarget, "gateway": gatewayTarget} {
		for _, e := range exceptions() {
			t.Run(name+"/"+e.rule, func(t *testing.T) {
				t.Parallel()
				where := target(t)
				s := &stage{t: t, client: http.DefaultClient, url: where.BaseURL, token: where.Token}
				e.shown(s)
			})
		}
	}
}

// shown sends the request, and looks at the answer and at what is there afterwards.
func (e exception) shown(s *stage) {
	s.t.Helper()
	user := s.made(s.t, "/Users", `{"userName":"nora.vale@contoso.example","displayName":"Nora Vale","active":true,"emails":[{"type":"work","value":"nora.vale@contoso.example"}]}`)
	id := user
	if strings.HasPrefix(e.path, "/Groups") {
		id = s.made(s.t, "/Groups", `{"displayName":"Field Service","members":[{"value":"`+user+`"}]}`)
	}
	path := fmt.Sprintf(e.path, id)
	a := s.do(e.method, path, strings.ReplaceAll(e.body, "%s", user))
	if a.status != e.status || !strings.Contains(a.body, e.answer) {
		s.t.Errorf("status %d: %s", a.status, a.body)
	}
	after := s.do("GET", path, "")
	if !strings.Contains(after.body, e.shows) {
		s.t.Errorf("clients see: %s", after.body)
	}
}
