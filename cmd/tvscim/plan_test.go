package main

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tvscim/tvapi/tvfake"
)

// TestPlanCommand: a gateway in a dry run answers a few requests, and the command shows what they
// would change.
func TestPlanCommand(t *testing.T) {
	t.Parallel()
	fake := tvfake.New(tvfake.Options{})
	lee := fake.AddUser(tvfake.User{Name: "Lee", Email: "lee@contoso.example", Active: true})
	api := httptest.NewServer(fake.Handler())
	t.Cleanup(api.Close)
	file := filepath.Join(t.TempDir(), "config.yaml")
	settings := fmt.Sprintf("%steamviewer: {token: %s, base_url: '%s'}\ndry_run: true\n", tokenMode, fake.Token(), api.URL)
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	g := start(t, anyPort(), "serve", "--config", file)
	g.err.wait(t, `dry run: nothing is changed`)
	public, private := g.err.wait(t, `"scim":"([^"]+)"`)[1], g.err.wait(t, `"admin":"([^"]+)"`)[1]
	send := func(method, path, body string, want int) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), method, "http://"+public+"/scim/v2"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer entra-token")
		r.Header.Set("Content-Type", "application/scim+json")
		answer, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if answer.StatusCode != want {
			t.Fatalf("%s %s: %d, want %d", method, path, answer.StatusCode, want)
		}
	}
	send("POST", "/Users", `{"userName":"ada@contoso.example","displayName":"=Ada"}`, 201)
	send("PATCH", "/Users/"+lee.ID, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]}`, 200)
	send("POST", "/Groups", `{"displayName":"Field Service","members":[{"value":"`+lee.ID+`"}]}`, 201)
	send("POST", "/Users", `{"displayName":"Nobody"}`, 400)
	plan := func(args ...string) string {
		t.Helper()
		out, problems := newTranscript(), newTranscript()
		if code := run(context.Background(), append([]string{"plan", "--admin", private}, args...), world{out: out, err: problems}); code != exitOK {
			t.Fatalf("exit %d: %s", code, problems)
		}
		return out.String()
	}
	table := plan()
	for _, text := range []string{
		"nothing was sent to TeamViewer", "users created 1, users changed 0, users activated 0, users deactivated 1, users removed 0, group changes 1,",
		"TeamViewer calls: 4 (POST /usergroups 1, POST /usergroups/{id}/members 1, POST /users 1, PUT /users/{id} 1)",
		"guard: 1 of 2 users removed, limit 5: nothing is held back",
		"USERS DEACTIVATED:\n  user lee@contoso.example (" + lee.ID + ")  PUT /users/{id}  active: true → false", "REFUSED:",
	} {
		if !strings.Contains(table, text) {
			t.Errorf("no %q in\n%s", text, table)
		}
	}
	if !json.Valid([]byte(plan("--json"))) {
		t.Error("--json is not JSON")
	}
	rows, err := csv.NewReader(strings.NewReader(plan("--csv"))).ReadAll()
	if err != nil || len(rows) != 5 {
		t.Errorf("--csv: %v, %q", err, rows)
	}
	if code := g.stop(); code != exitOK {
		t.Errorf("exit %d", code)
	}
	for function, n := range fake.Calls() {
		if !strings.HasPrefix(function, "GET ") && n > 0 {
			t.Errorf("%s was called", function)
		}
	}
}

// TestPlanWithoutDryRun says why there is none.
func TestPlanWithoutDryRun(t *testing.T) {
	t.Parallel()
	g := start(t, anyPort(), "serve")
	private := g.err.wait(t, `"admin":"([^"]+)"`)[1]
	problems := newTranscript()
	if code := run(context.Background(), []string{"plan", "--admin", private}, world{out: newTranscript(), err: problems}); code != exitFailed || !strings.Contains(problems.String(), "not in a dry run") {
		t.Errorf("exit %d: %s", code, problems)
	}
	g.stop()
}

func TestShortened(t *testing.T) {
	t.Parallel()
	if got := shortened(strings.Repeat("ä", 81)); got != strings.Repeat("ä", 79)+"…" {
		t.Errorf("81 characters: %s", got)
	}
	if got := shortened(strings.Repeat("ä", 80)); got != strings.Repeat("ä", 80) {
		t.Errorf("80 characters: %s", got)
	}
}
