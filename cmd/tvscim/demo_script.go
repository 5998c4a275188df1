package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"tvscim/tvapi/tvfake"
)

// scene is one SCIM request of the rehearsal, in the form in which Entra sends it. {name} in path
// and body is replaced by the id that an earlier scene stored under that name.
type scene struct {
	act    string // the title of the part that begins here; "" inside a part
	about  string
	method string
	path   string
	body   string
	keep   string // the name under which the id in the response is stored
	expect []int  // the statuses that Entra accepts
}

// acted is a scene that was sent, with its result.
type acted struct {
	scene
	status int
	took   time.Duration
	calls  []tvfake.Call
}

func (a acted) asExpected() bool { return slices.Contains(a.expect, a.status) }

// script is Entra's first cycle and what follows, in the legacy dialect and then in the compliant
// one.
func (r *rehearsal) script() []scene {
	return slices.Concat(testConnection(), firstCycle(), groupWork(), legacyChanges(), compliantChanges(), leaving())
}

func testConnection() []scene {
	return []scene{
		{act: "Test Connection", about: "a random user must not exist", method: "GET", path: "/Users?filter=" + eq("userName", "56a1e0c4-9d0b-4c55-8a53-0b7f6c1f2d11"), expect: ok},
		{about: "nor a random group", method: "GET", path: "/Groups?excludedAttributes=members&filter=" + eq("displayName", "a9a2f9a3-52a1-4f0e-8c33-64d2f0a9a001"), expect: ok},
	}
}

func firstCycle() []scene {
	scenes := []scene{}
	for i, u := range []struct{ name, given, family, language string }{
		{"nora.vale", "Nora", "Vale", "de-DE"}, {"ola.lind", "Ola", "Lind", "nb-NO"}, {"pia.berg", "Pia", "Berg", "en-US"},
	} {
		address := u.name + "@contoso.example"
		match := scene{about: "is " + u.given + " there?", method: "GET", path: "/Users?filter=" + eq("userName", address), expect: ok}
		if i == 0 {
			match.act = "First cycle: users"
		}
		scenes = append(scenes, match, scene{about: "no: create", method: "POST", path: "/Users", keep: u.given, expect: made,
			body: fmt.Sprintf(`{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User","urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"],`+
				`"externalId":%q,"userName":%q,"active":true,"displayName":"%s %s","emails":[{"primary":true,"type":"work","value":%q}],`+
				`"meta":{"resourceType":"User"},"name":{"formatted":"%[3]s %[4]s","familyName":%[4]q,"givenName":%[3]q},"preferredLanguage":%[6]q,"roles":[]}`,
				u.name, address, u.given, u.family, address, u.language)})
	}
	return append(scenes,
		scene{about: "is Lee there?", method: "GET", path: "/Users?filter=" + eq("userName", "Lee.Moss@contoso.example"), keep: "Lee", expect: ok},
		scene{about: "yes: link, and change what differs", method: "PATCH", path: "/Users/{Lee}", expect: changed,
			body: patch(`{"op":"Add","path":"externalId","value":"lee.moss"}`, `{"op":"Replace","path":"displayName","value":"Lee Moss"}`)})
}

func groupWork() []scene {
	return []scene{
		{act: "First cycle: groups", about: "is the group there?", method: "GET", path: "/Groups?excludedAttributes=members&filter=" + eq("displayName", "TV Field Service"), expect: ok},
		{about: "no: create", method: "POST", path: "/Groups", keep: "group", expect: made,
			body: `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:Group","http://schemas.microsoft.com/2006/11/ResourceManagement/ADSCIM/2.0/Group"],` +
				`"externalId":"7e0d5d52-6d14-4f5e-b7f8-0d6a7f3d9c01","displayName":"TV Field Service","meta":{"resourceType":"Group"}}`},
		{about: "fill it", method: "PATCH", path: "/Groups/{group}", expect: changed,
			body: patch(`{"op":"Add","path":"members","value":[{"$ref":null,"value":"{Nora}"},{"$ref":null,"value":"{Ola}"},{"$ref":null,"value":"{Pia}"},{"$ref":null,"value":"{Lee}"}]}`)},
		{about: "look at it", method: "GET", path: "/Groups/{group}?excludedAttributes=members", expect: ok},
	}
}

func legacyChanges() []scene {
	return []scene{
		{act: "Changes, legacy dialect", about: "Nora has a new name", method: "PATCH", path: "/Users/{Nora}", expect: changed,
			body: patch(`{"op":"Replace","path":"displayName","value":"Nora Vale-Roth"}`, `{"op":"Replace","path":"name.familyName","value":"Vale-Roth"}`)},
		{about: "a title, which TeamViewer lacks", method: "PATCH", path: "/Users/{Nora}", expect: changed, body: patch(`{"op":"Add","path":"title","value":"Engineer"}`)},
		{about: "Ola is blocked", method: "PATCH", path: "/Users/{Ola}", expect: changed, body: patch(`{"op":"Replace","path":"active","value":"False"}`)},
		{about: "Ola is back", method: "PATCH", path: "/Users/{Ola}", expect: changed, body: patch(`{"op":"Replace","path":"active","value":"True"}`)},
		{about: "the group is renamed", method: "PATCH", path: "/Groups/{group}", expect: changed, body: patch(`{"op":"Replace","path":"displayName","value":"TV Field Service EU"}`)},
		{about: "Pia leaves it", method: "PATCH", path: "/Groups/{group}", expect: changed, body: patch(`{"op":"Remove","path":"members","value":[{"$ref":null,"value":"{Pia}"}]}`)},
	}
}

func compliantChanges() []scene {
	return []scene{
		{act: "Changes, compliant dialect", about: "Lee has a new name", method: "PATCH", path: "/Users/{Lee}", expect: changed,
			body: patch(`{"op":"replace","value":{"displayName":"Lee Moss-Hale","name.givenName":"Lee","name.familyName":"Moss-Hale"}}`)},
		{about: "Lee leaves the group", method: "PATCH", path: "/Groups/{group}", expect: changed, body: patch(`{"op":"remove","path":"members[value eq \"{Lee}\"]"}`)},
		{about: "Lee is blocked", method: "PATCH", path: "/Users/{Lee}", expect: changed, body: patch(`{"op":"replace","path":"active","value":false}`)},
	}
}

func leaving() []scene {
	return []scene{
		{act: "Leaving", about: "Ola goes to Entra's recycle bin", method: "PATCH", path: "/Users/{Ola}", expect: changed,
			body: patch(`{"op":"Replace","path":"userName","value":"0f8b6a2c4d1e4b7a9c3d5e6f708192a3ola.lind@contoso.example"}`, `{"op":"Replace","path":"active","value":"False"}`)},
		{about: "Pia is deleted", method: "DELETE", path: "/Users/{Pia}", expect: []int{204}},
		{about: "and gone for Entra", method: "GET", path: "/Users/{Pia}", expect: []int{404}},
	}
}

// The statuses that Entra accepts.
var (
	ok      = []int{http.StatusOK}
	made    = []int{http.StatusCreated}
	changed = []int{http.StatusOK, http.StatusNoContent}
)

// eq is an equality filter as Entra writes it into a URL.
func eq(attribute, value string) string {
	return url.QueryEscape(fmt.Sprintf("%s eq %q", attribute, value))
}

func patch(operations ...string) string {
	return `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[` + strings.Join(operations, ",") + `]}`
}

// act sends one scene over HTTP, as Entra does.
func (r *rehearsal) act(ctx context.Context, s scene) (acted, error) {
	for name, id := range r.ids {
		s.path = strings.ReplaceAll(s.path, "{"+name+"}", id)
		s.body = strings.ReplaceAll(s.body, "{"+name+"}", id)
	}
	req, err := http.NewRequestWithContext(ctx, s.method, r.base+s.path, strings.NewReader(s.body))
	if err != nil {
		return acted{}, err
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	if s.body != "" {
		req.Header.Set("Content-Type", "application/scim+json; charset=utf-8")
	}
	start := time.Now()
	answer, err := r.client.Do(req)
	if err != nil {
		return acted{}, err
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return acted{}, err
	}
	a := acted{scene: s, status: answer.StatusCode, took: time.Since(start)}
	for len(r.calls) > 0 {
		a.calls = append(a.calls, <-r.calls)
	}
	if s.keep != "" {
		r.ids[s.keep] = idIn(body)
	}
	return a, nil
}

// idIn returns the id of the resource in an answer, or of the first one in a list.
func idIn(body []byte) string {
	var answer struct {
		ID        string `json:"id"`
		Resources []struct {
			ID string `json:"id"`
		} `json:"Resources"`
	}
	if json.NewDecoder(bytes.NewReader(body)).Decode(&answer) == nil && len(answer.Resources) > 0 {
		return answer.Resources[0].ID
	}
	return answer.ID
}
