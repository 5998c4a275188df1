package gateway_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// ifMatch sends a request that expects a version; "" expects nothing.
func (s *stage) ifMatch(version, method, path, body string) answer {
	s.t.Helper()
	if version == "" {
		return s.do(method, path, body)
	}
	return s.as(s.token, method, path, body, [2]string{"If-Match", version})
}

// version is what a resource shows as its version, in the header and in the body alike.
func (a answer) version(t *testing.T) string {
	t.Helper()
	tag := a.header.Get("ETag")
	if a.body != "" && get(a.json(t), "meta", "version") != tag || tag == "" {
		t.Errorf("ETag is %q in an answer %d %s", tag, a.status, a.body)
	}
	return tag
}

// TestVersionOutlivesTheAnswer: what a write answers is the version that a read shows, whatever
// TeamViewer makes of it.
func TestVersionOutlivesTheAnswer(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		s := newStage(t, staging{fake: o, direct: true})
		steps := []struct{ name, method, path, body string }{
			{"POST", "POST", "/Users", `{"userName":"Nora.Vale@contoso.example","displayName":"Nora","externalId":"n1","preferredLanguage":"de-DE"}`},
			{"born inactive", "POST", "/Users", `{"userName":"ola.lind@contoso.example","displayName":"Ola","active":false}`},
			{"PATCH", "PATCH", "", patchOf(`{"op":"Replace","path":"displayName","value":"Nora Roth"}`)},
			{"deactivation", "PATCH", "", patchOf(`{"op":"Replace","path":"active","value":"False"}`)},
			{"other address", "PATCH", "", patchOf(`{"op":"Replace","path":"userName","value":"nora.roth@contoso.example"}`)},
			{"PUT", "PUT", "", `{"userName":"nora.roth@contoso.example","displayName":"Nora","externalId":"n2"}`},
			{"group", "POST", "/Groups", `{"displayName":"TV Field Service","members":[]}`},
			{"PATCH of a group", "PATCH", "?attributes=displayName,members,meta", patchOf(`{"op":"Replace","path":"displayName","value":"TV"}`)},
		}
		at := ""
		for _, step := range steps {
			path, query, _ := strings.Cut(step.path, "?")
			if path == "" {
				path = at
			}
			a := s.do(step.method, path+"?"+query, step.body)
			if a.status >= http.StatusBadRequest {
				t.Fatalf("%s: %d %s", step.name, a.status, a.body)
			}
			if at = path; step.method == "POST" {
				at = path + "/" + get(a.json(t), "id").(string)
			}
			wrote := a.version(t)
			if read := s.do("GET", at, "").version(t); read != wrote {
				t.Errorf("%s: written %s, read %s", step.name, wrote, read)
			}
		}
	})
}

// TestVersionOfSecondGateway: two gateways that show the same resource show the same version.
func TestVersionOfSecondGateway(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	id := s.fake.AddUser(tvfake.User{Name: "Nora Vale", Email: "nora.vale@contoso.example", Active: true}).ID
	group := fmt.Sprint(s.fake.AddGroup("TV Field Service", id).ID)
	for _, path := range []string{"/Users/" + id, "/Groups/" + group} {
		if a, b := s.do("GET", path, "").version(t), s.second(t).do("GET", path, "").version(t); a != b {
			t.Errorf("%s: %s here, %s there", path, a, b)
		}
	}
}

// TestLostUpdate: who writes on the ground of what was read before a change is told, and nothing is
// sent to TeamViewer.
func TestLostUpdate(t *testing.T) {
	t.Parallel()
	onEveryVariant(t, func(t *testing.T, o tvfake.Options) {
		s := newStage(t, staging{fake: o, direct: true})
		nora, ola := s.user("nora.vale@contoso.example"), s.user("ola.lind@contoso.example")
		group := s.group("TV Field Service", nora)
		for path, change := range map[string]string{
			"/Users/" + nora:   patchOf(`{"op":"Replace","path":"displayName","value":"Nora Roth"}`),
			"/Groups/" + group: patchOf(`{"op":"Add","path":"members","value":[{"value":"` + ola + `"}]}`),
		} {
			old := s.do("GET", path, "").version(t)
			s.do("PATCH", path, change)
			calls := s.writes()
			put := `{"userName":"nora.vale@contoso.example","displayName":"X","active":false}`
			for method, body := range map[string]string{"PATCH": patchOf(`{"op":"Replace","path":"displayName","value":"X"}`), "PUT": put, "DELETE": ""} {
				if a := s.ifMatch(old, method, path, body); a.status != http.StatusPreconditionFailed {
					t.Errorf("%s %s: %d %s, want 412", method, path, a.status, a.body)
				}
			}
			if n := s.writes() - calls; n != 0 {
				t.Errorf("%s: %d writes were sent to TeamViewer", path, n)
			}
			now := s.do("GET", path, "").version(t)
			if a := s.ifMatch(`W/"x", `+now, "DELETE", path, ""); a.status != http.StatusNoContent {
				t.Errorf("DELETE %s with the version: %d %s", path, a.status, a.body)
			}
		}
	})
}

// writes counts the calls that change something in TeamViewer.
func (s *stage) writes() int {
	n := 0
	for function, count := range s.fake.Calls() {
		if !strings.HasPrefix(function, "GET ") {
			n += count
		}
	}
	return n
}

// TestCallsOfIfMatch counts what a condition costs: of a user nothing, of a group one read of its
// members, and that one read serves the change too.
func TestCallsOfIfMatch(t *testing.T) {
	t.Parallel()
	const memberList, rename = "GET /usergroups/{id}/members", `{"op":"Replace","path":"displayName","value":"TV"}`
	tests := map[string]struct {
		version func(s *stage, group string) string
		method  string
		query   string
		body    func(ola string) string
		reads   int
	}{
		"rename":                   {theVersion, "PATCH", "", func(string) string { return patchOf(rename) }, 1},
		"rename, without":          {noVersion, "PATCH", "", func(string) string { return patchOf(rename) }, 0},
		"rename, any version":      {anyVersion, "PATCH", "", func(string) string { return patchOf(rename) }, 0},
		"rename, and show members": {theVersion, "PATCH", "?attributes=members", func(string) string { return patchOf(rename) }, 1},
		"add a member": {theVersion, "PATCH", "", func(ola string) string {
			return patchOf(`{"op":"Add","path":"members","value":[{"value":"` + ola + `"}]}`)
		}, 1},
		"remove by name": {theVersion, "PATCH", "", func(string) string { return patchOf(`{"op":"Remove","path":"members[display eq \"nora.vale\"]"}`) }, 1},
		"replace members": {theVersion, "PATCH", "", func(ola string) string {
			return patchOf(`{"op":"Replace","path":"members","value":[{"value":"` + ola + `"}]}`)
		}, 1},
		"PUT":                 {theVersion, "PUT", "", func(ola string) string { return `{"displayName":"TV","members":[{"value":"` + ola + `"}]}` }, 1},
		"PUT, without":        {noVersion, "PUT", "", func(ola string) string { return `{"displayName":"TV","members":[{"value":"` + ola + `"}]}` }, 1},
		"PUT without members": {theVersion, "PUT", "", func(string) string { return `{"displayName":"TV"}` }, 1},
		"DELETE":              {theVersion, "DELETE", "", func(string) string { return "" }, 1},
		"DELETE, without":     {noVersion, "DELETE", "", func(string) string { return "" }, 0},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newStage(t, staging{direct: true})
			nora, ola := s.user("nora.vale@contoso.example"), s.user("ola.lind@contoso.example")
			group := s.group("TV Field Service", nora)
			version := tt.version(s, group)
			before := s.fake.Count(memberList)
			a := s.ifMatch(version, tt.method, "/Groups/"+group+tt.query, tt.body(ola))
			if a.status >= http.StatusBadRequest {
				t.Fatalf("%d %s", a.status, a.body)
			}
			if got := s.fake.Count(memberList) - before; got != tt.reads {
				t.Errorf("the members were read %d times, want %d", got, tt.reads)
			}
			if tt.method != "DELETE" && version == theVersion(s, group) {
				t.Errorf("the version did not move")
			}
			if tag := a.header.Get("ETag"); tag != "" && tag != theVersion(s, group) {
				t.Errorf("ETag %s of the answer is not the version", tag)
			}
		})
	}
}

func theVersion(s *stage, group string) string {
	return s.do("GET", "/Groups/"+group, "").header.Get("ETag")
}
func anyVersion(*stage, string) string { return "*" }
func noVersion(*stage, string) string  { return "" }

// TestCallsOfIfMatchOnUsers: a read takes the version from the snapshot, and a change asks
// TeamViewer for it.
func TestCallsOfIfMatchOnUsers(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	path := "/Users/" + s.user("nora.vale@contoso.example")
	version := s.do("GET", path, "").version(t)
	before := s.fake.TotalCalls()
	if a := s.as(s.token, "GET", path, "", [2]string{"If-None-Match", version}); a.status != http.StatusNotModified || a.body != "" {
		t.Errorf("GET: %d %s", a.status, a.body)
	}
	if a := s.ifMatch(version, "PATCH", path, patchOf(`{"op":"Replace","path":"displayName","value":"Nora Roth"}`)); a.status != http.StatusOK {
		t.Errorf("PATCH: %d %s", a.status, a.body)
	}
	if n := s.fake.TotalCalls() - before; n != 2 {
		t.Errorf("%d calls, want a read of the user and the change", n)
	}
}

// TestTwentyWritesWithOneVersion: one of those who have read the same wins, and the others are
// told.
func TestTwentyWritesWithOneVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{})
	nora := s.user("nora.vale@contoso.example")
	people := s.people(20)
	group := s.group("TV Field Service")
	for path, change := range map[string]func(i int) string{
		"/Users/" + nora: func(i int) string { return fmt.Sprintf(`{"op":"Replace","path":"displayName","value":"Nora %d"}`, i) },
		"/Groups/" + group: func(i int) string {
			return fmt.Sprintf(`{"op":"Add","path":"members","value":[{"value":%q}]}`, people[i])
		},
	} {
		version := s.do("GET", path, "").version(t)
		writes := s.writes()
		statuses := s.together(20, func(i int) answer { return s.ifMatch(version, "PATCH", path, patchOf(change(i))) })
		if statuses[http.StatusOK]+statuses[http.StatusNoContent] != 1 || statuses[http.StatusPreconditionFailed] != 19 {
			t.Errorf("%s: statuses = %v, want one success and nineteen 412", path, statuses)
		}
		if n := s.writes() - writes; n != 1 {
			t.Errorf("%s: %d writes were sent to TeamViewer, want 1", path, n)
		}
	}
}

// TestGroupsWithoutMembersHaveNoVersion: a list of groups reads no members, and so tells no
// version.
func TestGroupsWithoutMembersHaveNoVersion(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true})
	group := s.group("TV Field Service")
	s.group("TV Sales")
	for path, has := range map[string]bool{
		"/Groups?excludedAttributes=members": false, "/Groups": true, "/Groups?attributes=members,meta": true, "/Groups/" + group + "?excludedAttributes=members": false, "/Groups/" + group: true,
	} {
		a := s.do("GET", path, "")
		if got := strings.Contains(a.body, `"version"`); got != has || a.status != http.StatusOK {
			t.Errorf("%s: %d, a version: %t, want %t", path, a.status, got, has)
		}
	}
}
