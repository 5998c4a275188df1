package gateway_test

import (
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
	"tvscim/mapping/changelog"
	"tvscim/tvapi/tvfake"
)

// logged is a stage with a change log.
func logged(t *testing.T, with staging) (*stage, string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "changes.jsonl")
	settings := with.settings
	with.settings = func(c *config.Config, fake *tvfake.Server) {
		c.Changelog.Path = path
		if settings != nil {
			settings(c, fake)
		}
	}
	return newStage(t, with), path
}

// linesOf reads a change log, which must not be damaged.
func linesOf(t *testing.T, path string) []changelog.Line {
	t.Helper()
	var lines []changelog.Line
	err := changelog.Reader{Path: path, Each: func(l changelog.Line) { lines = append(lines, l) }, Skipped: func(where string) { t.Error(where) }}.Read()
	if err != nil {
		t.Fatal(err)
	}
	return lines
}

// briefLine is a line without what differs between runs.
func briefLine(l changelog.Line) string {
	parts := []string{l.Method, l.Kind, l.Name, string(l.Outcome)}
	if l.Operation > 0 {
		parts[0] += fmt.Sprint("#", l.Operation)
	}
	if l.Status != 0 {
		parts = append(parts, fmt.Sprint(l.Status))
	}
	for what, n := range map[string]int{"added": len(l.Added), "removed": len(l.Removed), "open": len(l.Open)} {
		if n > 0 {
			parts = append(parts, fmt.Sprint(what, " ", n))
		}
	}
	for _, c := range l.Calls {
		if !strings.HasPrefix(c.Function, "GET ") {
			parts = append(parts, fmt.Sprintf("[%s %d]", c.Function, c.Status))
		}
	}
	return strings.Join(parts, " ")
}

// TestChangeLogTellsTheStory: each change and each refusal has its line, with who asked, what was
// before and after, and the calls it took.
func TestChangeLogTellsTheStory(t *testing.T) {
	t.Parallel()
	s, path := logged(t, staging{direct: true})
	ada := s.user("ada@contoso.example")
	bob := s.user("bob@contoso.example")
	group := s.group("Support", ada)
	s.do("POST", "/Users", `{"userName":"ADA@contoso.example","displayName":"Other"}`)
	s.do("PATCH", "/Users/"+ada, patchOf(`{"op":"replace","path":"displayName","value":"Ada Lovelace"}`))
	s.do("PATCH", "/Users/"+ada, patchOf(`{"op":"frobnicate","path":"displayName","value":"x"}`))
	s.do("PATCH", "/Groups/"+group, patchOf(`{"op":"add","path":"members","value":[{"value":"`+bob+`"}]}`))
	s.do("PATCH", "/Groups/"+group, patchOf(`{"op":"add","path":"members","value":[{"value":"u999"}]}`))
	s.do("PATCH", "/Users/"+s.fake.OwnerID(), patchOf(`{"op":"replace","path":"active","value":false}`))
	s.do("POST", "/Bulk", `{"schemas":["urn:ietf:params:scim:api:messages:2.0:BulkRequest"],"Operations":[
		{"method":"DELETE","path":"/Groups/`+group+`"},{"method":"DELETE","path":"/Groups/12"}]}`)
	s.as(s.token, "DELETE", "/Users/"+bob, "", [2]string{"ActivityId", "0a1b-2c"})
	s.do("GET", "/Users/"+bob, "")
	s.do("POST", "/Users", `{`)
	disarm := s.fake.Fail(tvfake.Fault{Function: "PUT /usergroups/{id}", Status: http.StatusForbidden})
	s.do("PATCH", "/Groups/"+s.group("Sales"), patchOf(`{"op":"replace","path":"displayName","value":"Sellers"}`))
	disarm()
	s.as("wrong", "DELETE", "/Users/"+ada, "")

	lines := linesOf(t, path)
	var got []string
	for _, l := range lines {
		got = append(got, briefLine(l))
		if l.Request == "" || l.Caller != "stage" || l.Time.IsZero() || l.Cause != changelog.CauseRequest {
			t.Errorf("line without who and when: %+v", l)
		}
		if (l.Outcome != changelog.Done) != (l.Reason != "") {
			t.Errorf("outcome %s, reason %q", l.Outcome, l.Reason)
		}
	}
	owner, _ := s.fake.User(s.fake.OwnerID())
	want := []string{
		"POST user ada@contoso.example done [POST /users 200]",
		"POST user bob@contoso.example done [POST /users 200]",
		"POST group Support done added 1 [POST /usergroups 201] [POST /usergroups/{id}/members 201]",
		"POST user ADA@contoso.example refused 409",
		"PATCH user ada@contoso.example done [PUT /users/{id} 204]",
		"PATCH user  refused 400",
		"PATCH group Support done added 1 [POST /usergroups/{id}/members 201]",
		"PATCH group  refused 400",
		"PATCH user " + owner.Email + " refused 400",
		"DELETE#1 group Support done [DELETE /usergroups/{id} 204]",
		"DELETE#2 group  refused 404",
		"DELETE user bob@contoso.example done [PUT /users/{id} 204]",
		"POST user  refused 400",
		"POST group Sales done [POST /usergroups 201]",
		"PATCH group Sales failed 503 [PUT /usergroups/{id} 403]", // one line: the refusal is that of the change
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Fatalf("lines (-want +got):\n%s", diff)
	}
	if l := lines[4]; l.Before["displayName"] != "ada" || l.After["displayName"] != "Ada Lovelace" || l.ID != ada {
		t.Errorf("before and after: %+v", l)
	}
	if l := lines[6]; !slices.Equal(l.Added, []string{bob}) {
		t.Errorf("members: %+v", l)
	}
	if l := lines[11]; l.Activity != "0a1b-2c" || l.After["active"] != false {
		t.Errorf("deletion: %+v", l)
	}
	if l := lines[3]; !strings.Contains(l.Reason, ada) {
		t.Errorf("reason of 409: %q", l.Reason)
	}
}
