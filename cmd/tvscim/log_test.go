package main

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/cmd/gateway"
	"tvscim/mapping/changelog"
	"tvscim/tvapi/tvfake"
)

// changesOfAMorning are lines of every kind.
func changesOfAMorning(now time.Time) []changelog.Line {
	at := func(minutes int) time.Time { return now.Add(time.Duration(minutes-600) * time.Minute) }
	request := func(minutes int, id, method string) changelog.Line {
		return changelog.Line{Time: at(minutes), Cause: changelog.CauseRequest, Request: id, Caller: "entra", Address: "192.0.2.7", Method: method, Outcome: changelog.Done}
	}
	created := request(1, "R1", "POST")
	created.Kind, created.ID, created.Name, created.Memory = "user", "u12", "ada@contoso.example", changelog.MemoryKept
	created.After = map[string]any{"userName": "ada@contoso.example", "displayName": "Ada", "active": true}
	created.Calls = []changelog.Call{{Function: "POST /users", Status: 200, Outcome: "ok"}}
	renamed := request(2, "R2", "PATCH")
	renamed.Kind, renamed.ID, renamed.Name = "user", "u12", "ada@contoso.example"
	renamed.Before, renamed.After = created.After, map[string]any{"userName": "ada@contoso.example", "displayName": "Ada'; rm -rf \x1b[2J", "active": true}
	members := request(3, "R3", "PATCH")
	members.Kind, members.ID, members.Name, members.Added, members.Operation = "group", "456", "Support", []string{"u12", "u13"}, 2
	refused := request(4, "R4", "POST")
	refused.Kind, refused.Name, refused.Outcome, refused.Status, refused.Reason = "user", "eve@contoso.example", changelog.Refused, 409, `userName "eve@contoso.example" is taken`
	gone := changelog.Line{Time: at(599), Cause: "gone", Kind: "user", ID: "u13", Outcome: changelog.Done, Memory: changelog.MemoryForgotten}
	released := changelog.Line{Time: at(598), Cause: "guard", Caller: "admin listener", Address: "127.0.0.1", Method: "POST", Outcome: changelog.Done,
		Steps: []string{"let 3 removals beyond the limit of the guard through until 2026-11-28T10:00:00Z"}}
	return []changelog.Line{created, renamed, members, refused, gone, released}
}

// logOf returns the path of a change log with these lines.
func logOf(t *testing.T, lines ...changelog.Line) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "changes.jsonl")
	w, err := changelog.Open(changelog.Options{Path: path, MaxSize: changelog.MiB})
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range lines {
		w.Write(l)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestLogFilters: each flag leaves the lines that it asks for.
func TestLogFilters(t *testing.T) {
	t.Parallel()
	path := logOf(t, changesOfAMorning(time.Now())...)
	for name, test := range map[string]struct {
		flags []string
		want  string // the requests, or the causes
	}{
		"all":             {nil, "R1 R2 R3 R4 gone guard"},
		"user by name":    {[]string{"--user", "ADA@contoso.example"}, "R1 R2 R3"},
		"user by id":      {[]string{"--user", "u13"}, "R3 gone"},
		"refused user":    {[]string{"--user", "eve@contoso.example"}, "R4"},
		"group by name":   {[]string{"--group", "support"}, "R3"},
		"group by id":     {[]string{"--group", "456"}, "R3"},
		"since":           {[]string{"--since", "2h"}, "gone guard"},
		"failed":          {[]string{"--failed"}, "R4"},
		"request":         {[]string{"--request", "R2"}, "R2"},
		"nothing":         {[]string{"--request", "R9"}, ""},
		"user and failed": {[]string{"--user", "u12", "--failed"}, ""},
		"environment":     {[]string{"--request", "R1"}, "R1"},
	} {
		args := append([]string{"log", "--json", "--file", path}, test.flags...)
		var environ []string
		if name == "environment" {
			args, environ = append([]string{"log", "--json"}, test.flags...), []string{"TVSCIM_CHANGELOG_PATH=" + path}
		}
		code, out, errText := once(t, environ, args...)
		if code != exitOK {
			t.Errorf("%s: exit %d: %s", name, code, errText)
		}
		var got []string
		for text := range strings.Lines(out) {
			var l changelog.Line
			if err := json.Unmarshal([]byte(text), &l); err != nil {
				t.Errorf("%s: %v: %s", name, err, text)
			}
			if got = append(got, l.Request); l.Request == "" {
				got[len(got)-1] = l.Cause
			}
		}
		if strings.Join(got, " ") != test.want {
			t.Errorf("%s: %v, want %s", name, got, test.want)
		}
	}
}

// TestLogTable: the table says in words what was changed, and no line can command the terminal.
func TestLogTable(t *testing.T) {
	t.Parallel()
	path := logOf(t, changesOfAMorning(time.Now())...)
	code, out, errText := once(t, nil, "log", "--file", path)
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errText)
	}
	for _, want := range []string{
		"TIME", "entra", "user ada@contoso.example (u12)", "created", `displayName: "Ada" → "Ada'; rm -rf`, "PATCH #2", "added u12, u13",
		`userName "eve@contoso.example" is taken`, "TeamViewer says that it does not exist",
		"the guard was released; let 3 removals beyond the limit of the guard through",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	if strings.ContainsRune(out, '\x1b') || strings.Count(out, "\n") != 7 {
		t.Errorf("the table:\n%q", out)
	}
}

// TestLogMistakes: what cannot be done is told with its remedy.
func TestLogMistakes(t *testing.T) {
	t.Parallel()
	missing := filepath.Join(t.TempDir(), "changes.jsonl")
	for name, test := range map[string]struct {
		environ, args []string
		code          int
		want          string
	}{
		"no log":          {nil, []string{"log"}, exitSettings, "changelog.path"},
		"standard output": {[]string{"TVSCIM_CHANGELOG_PATH=-"}, []string{"log"}, exitFailed, "standard output"},
		"no file":         {nil, []string{"log", "--file", missing}, exitFailed, "no such file yet"},
		"undo and follow": {nil, []string{"log", "--file", missing, "--undo", "-f"}, exitSettings, "--undo"},
		"nothing matches": {nil, []string{"log", "--file", logOf(t, changesOfAMorning(time.Now())...), "--request", "none"}, exitOK, "no line of the change log matches"},
		"no time":         {nil, []string{"log", "--file", missing, "--since", "yesterday"}, exitSettings, "--since"},
	} {
		if code, _, errText := once(t, test.environ, test.args...); code != test.code || !strings.Contains(errText, test.want) {
			t.Errorf("%s: exit %d: %s", name, code, errText)
		}
	}
}

// TestLogFollows: with -f, lines are shown as they are written, until the command is ended.
func TestLogFollows(t *testing.T) {
	t.Parallel()
	lines := changesOfAMorning(time.Now())
	path := logOf(t, lines[0])
	c := start(t, nil, "log", "-f", "--file", path)
	c.out.wait(t, "R1")
	w, err := changelog.Open(changelog.Options{Path: path, MaxSize: changelog.MiB})
	if err != nil {
		t.Fatal(err)
	}
	defer w.Close()
	w.Write(lines[1])
	c.out.wait(t, "R2")
	if code := c.stop(); code != exitOK {
		t.Errorf("exit %d: %s", code, c.err)
	}
}

// TestLogUndoRuns lets a shell run what --undo prints, against the gateway that wrote the log.
func TestLogUndoRuns(t *testing.T) {
	t.Parallel()
	for _, program := range []string{"sh", "curl"} {
		if _, err := exec.LookPath(program); err != nil {
			t.Skip(program + " is not installed: the lines are not run")
		}
	}
	path := filepath.Join(t.TempDir(), "changes.jsonl")
	fake := tvfake.New(tvfake.Options{})
	c := config.Default()
	c.Auth.Mode, c.Auth.Tokens = config.AuthToken, []config.Token{{Name: "test", SHA256: sha256.Sum256([]byte("secret"))}}
	c.TeamViewer.BaseURL, c.TeamViewer.Token, c.Changelog.Path = "http://127.0.0.1:1", config.NewSecret(fake.Token()), path
	g, err := gateway.New(gateway.Options{Config: c, Logger: zap.NewNop(), Network: fake.Transport()})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(g.Close)
	server := httptest.NewServer(g.SCIM())
	t.Cleanup(server.Close)
	send := func(method, path, body string) string {
		req, err := http.NewRequestWithContext(t.Context(), method, server.URL+"/scim/v2"+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Authorization", "Bearer secret")
		req.Header.Set("Content-Type", "application/scim+json")
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		text, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode >= 300 {
			t.Fatalf("%s %s: %d %s %v", method, path, res.StatusCode, text, err)
		}
		var made struct{ ID string }
		_ = json.Unmarshal(text, &made) // an answer without a body has no id
		return made.ID
	}
	const name = `Ada O'Hara`
	ada := send("POST", "/Users", `{"userName":"ada@contoso.example","displayName":"`+name+`","externalId":"e1"}`)
	group := send("POST", "/Groups", `{"displayName":"Support","members":[{"value":"`+ada+`"}]}`)
	before := fake.Groups()
	send("PATCH", "/Users/"+ada, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"displayName","value":"Other"}]}`)
	send("PATCH", "/Groups/"+group, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"remove","path":"members","value":[{"value":"`+ada+`"}]}]}`)
	send("DELETE", "/Users/"+ada, "")

	code, script, errText := once(t, nil, "log", "--undo", "--file", path, "--url", server.URL+"/scim/v2")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errText)
	}
	// The creations stay.
	script, _, _ = strings.Cut(script, "POST group Support")
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	shell := exec.CommandContext(ctx, "sh", "-eu")
	shell.Env = []string{"TOKEN=secret", "PATH=/usr/bin:/bin:/usr/local/bin"}
	shell.Stdin = strings.NewReader(strings.ReplaceAll(script, "curl -sS", "curl -sS --fail --noproxy '*'"))
	if out, err := shell.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s\n%s", err, out, script)
	}
	if u, _ := fake.User(ada); u.Name != name || !u.Active {
		t.Errorf("user after the undo: %+v\n%s", u, script)
	}
	if after := fake.Groups(); len(after) != 1 || strings.Join(after[0].Members, " ") != strings.Join(before[0].Members, " ") {
		t.Errorf("groups before %+v and after the undo %+v\n%s", before, after, script)
	}
}
