package gateway_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// TestFullChangeLog: while lines cannot be written, ends of access are carried out, everything else
// gets 503 before it is made, and health says so. The lines of what was done meanwhile are written
// once they can be.
func TestFullChangeLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path, real := filepath.Join(dir, "changes.jsonl"), filepath.Join(dir, "real.jsonl")
	if err := os.Symlink("/dev/full", path); err != nil { // a device on which every write fails as on a full disk
		t.Fatal(err)
	}
	s := newStage(t, staging{
		settings: func(c *config.Config, _ *tvfake.Server) {
			c.Changelog.Path, c.Users.OnDelete = path, config.OnDeleteDeactivate
		},
		log: zap.NewNop(),
	})
	ada, bob := s.user("ada@contoso.example"), s.fake.AddUser(tvfake.User{Email: "bob@contoso.example", Name: "Bob", Active: true}).ID
	group := fmt.Sprint(s.fake.AddGroup("Support", ada, bob).ID)
	s.fake.ResetCalls()

	for _, held := range []struct{ name, method, path, body string }{
		{"create", "POST", "/Users", `{"userName":"eve@contoso.example","displayName":"Eve"}`},
		{"rename", "PATCH", "/Users/" + ada, patchOf(`{"op":"replace","path":"displayName","value":"Other"}`)},
		{"activate", "PATCH", "/Users/" + ada, patchOf(`{"op":"replace","path":"active","value":true}`)},
		{"remember", "PATCH", "/Users/" + ada, patchOf(`{"op":"replace","path":"externalId","value":"e1"}`)},
		{"create a group", "POST", "/Groups", `{"displayName":"Sales"}`},
		{"add a member", "PATCH", "/Groups/" + group, patchOf(`{"op":"add","path":"members","value":[{"value":"` + ada + `"}]}`)},
	} {
		a := s.do(held.method, held.path, held.body)
		if a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "change log") || a.header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %s", held.name, a.status, a.body)
		}
	}
	if made := writes(s.fake.Calls()); len(made) > 0 {
		t.Errorf("calls for changes that were held back: %v", made)
	}
	wantStatus(t, "remove a member", s.do("PATCH", "/Groups/"+group, patchOf(`{"op":"remove","path":"members","value":[{"value":"`+bob+`"}]}`)), http.StatusNoContent)
	wantStatus(t, "deactivate", s.do("PATCH", "/Users/"+bob, patchOf(`{"op":"replace","path":"active","value":false}`)), http.StatusOK)
	a := s.do("PATCH", "/Users/"+ada, patchOf(`{"op":"replace","path":"active","value":false}`, `{"op":"replace","path":"displayName","value":"Other"}`))
	if a.status != http.StatusServiceUnavailable || !strings.Contains(a.body, "deactivation itself was done") {
		t.Errorf("deactivation beside a change: %d %s", a.status, a.body)
	}
	for _, u := range s.fake.Users() {
		if (u.ID == ada || u.ID == bob) && u.Active || u.Name == "Other" {
			t.Errorf("%+v", u)
		}
	}
	wantStatus(t, "delete", s.do("DELETE", "/Users/"+bob, ""), http.StatusNoContent)
	wantStatus(t, "delete a group", s.do("DELETE", "/Groups/"+group, ""), http.StatusNoContent)
	if got := s.health(); !strings.Contains(got, `"changelog"`) || !strings.Contains(got, "no space left on device") {
		t.Errorf("health: %s", got)
	}

	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(real, path); err != nil {
		t.Fatal(err)
	}
	s.user("eve@contoso.example")
	if got := s.health(); strings.Contains(got, "no space") {
		t.Errorf("health after there was space again: %s", got)
	}
	metrics := s.admin("/metrics").body
	if !strings.Contains(metrics, `tvscim_changelog_lines_total{outcome="written"} 8`) || strings.Contains(metrics, "tvscim_changelog_write_failures_total 0\n") {
		t.Error("the metrics do not tell of the lines and the failures")
	}
	var got []string
	for _, l := range linesOf(t, path) {
		got = append(got, l.Method+" "+string(l.Outcome))
	}
	want := "POST done,PATCH done,PATCH done,PATCH partly,DELETE done,DELETE done, unknown,POST done" // and one that tells of lines that are lost
	if strings.Join(got, ",") != want {
		t.Errorf("lines\n%s\nwant\n%s", strings.Join(got, ","), want)
	}
}

func wantStatus(t *testing.T, what string, a answer, status int) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: %d %s, want %d", what, a.status, a.body, status)
	}
}

// health is what /health answers.
func (s *stage) health() string {
	recorder := httptest.NewRecorder()
	s.gateway.Admin().ServeHTTP(recorder, httptest.NewRequest("GET", "/health", nil))
	return recorder.Body.String()
}

// writes are the calls of functions that change something.
func writes(calls map[string]int) map[string]int {
	made := map[string]int{}
	for function, n := range calls {
		if !strings.HasPrefix(function, "GET ") && n > 0 {
			made[function] = n
		}
	}
	return made
}
