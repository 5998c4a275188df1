package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"tvscim/cmd/config"
	"tvscim/tvapi/tvfake"
)

// explanationOf runs the command on a request.
func explanationOf(t *testing.T, request string, args ...string) string {
	t.Helper()
	var out, problems bytes.Buffer
	if code := run(t.Context(), append([]string{"explain"}, args...), world{in: strings.NewReader(request), out: &out, err: &problems}); code != exitOK {
		t.Fatalf("exit %d: %s", code, problems.String())
	}
	return out.String()
}

// filledPlaceholders puts ids in the place of the placeholders of the corpus.
var filledPlaceholders = func() *strings.Replacer {
	pairs := []string{"{userId}", "u1001", "{userId2}", "u1002", "{managerId}", "u1003", "{groupId}", "4001"}
	for i := range 30 {
		pairs = append(pairs, fmt.Sprintf("{userId%02d}", i), fmt.Sprintf("u%d", 2000+i))
	}
	return strings.NewReplacer(pairs...)
}()

// TestExplainCorpus: what every request of the corpus becomes stands in a file, to be read. It is
// the same each time.
func TestExplainCorpus(t *testing.T) {
	t.Parallel()
	corpus, err := os.ReadFile("../gateway/testdata/corpus/requests.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var all strings.Builder
	for line := range strings.Lines(string(corpus)) {
		var row struct{ Name string }
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			t.Fatal(err)
		}
		text := explanationOf(t, filledPlaceholders.Replace(line))
		if text != explanationOf(t, filledPlaceholders.Replace(line)) {
			t.Errorf("%s: another text the second time", row.Name)
		}
		for _, secret := range []string{"tvsso-", "placeholder-Pw", "XYZABC"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s: %s is shown", row.Name, secret)
			}
		}
		fmt.Fprintf(&all, "===== %s\n%s\n", row.Name, text)
	}
	compareMistakes(t, "testdata/explain.golden", all.String())
}

// TestExplainSendsNothing: without --config no connection is made, whatever the defaults name.
func TestExplainSendsNothing(t *testing.T) {
	t.Parallel()
	var requests atomic.Int32
	network := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { requests.Add(1) }))
	t.Cleanup(network.Close)
	c := config.Default()
	c.TeamViewer.BaseURL, c.Alert.Webhook = network.URL, config.NewSecret(network.URL)
	corpus, err := os.ReadFile("../gateway/testdata/corpus/requests.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(corpus)) {
		r, err := parseRequest([]byte(filledPlaceholders.Replace(line)))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := (explainer{config: c}).explain(t.Context(), r); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	if n := requests.Load(); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

// TestExplainSendsOnlyReads: with --config TeamViewer is asked, and nothing else.
func TestExplainSendsOnlyReads(t *testing.T) {
	t.Parallel()
	fake := tvfake.New(tvfake.Options{})
	lee := fake.AddUser(tvfake.User{Name: "Lee Moss", Email: "lee@contoso.example", Active: true})
	api := httptest.NewServer(fake.Handler())
	t.Cleanup(api.Close)
	file := filepath.Join(t.TempDir(), "config.yaml")
	settings := fmt.Sprintf("%steamviewer: {token: %s, base_url: '%s'}\nstore: {path: '%s'}\n", tokenMode, fake.Token(), api.URL, filepath.Join(t.TempDir(), "links.db"))
	if err := os.WriteFile(file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	request := `{"method":"PUT","path":"https://tv.example.com/scim/v2/Users/` + lee.ID + `","body":{"userName":"lee.moss@contoso.example","displayName":"Lee Moss","active":false}}`
	for round := range 2 { // also while a gateway uses the store
		if round == 1 {
			start(t, anyPort(), "serve", "--config", file).err.wait(t, `"serving"`)
		}
		text := explanationOf(t, request, "--config", file)
		for _, want := range []string{"PUT /users/" + lee.ID + ` {"active":false,"email":"lee.moss@contoso.example","name":"Lee Moss"}`, "answer\n  200"} {
			if !strings.Contains(text, want) {
				t.Errorf("no %q in\n%s", want, text)
			}
		}
	}
	for function, n := range fake.Calls() {
		if !strings.HasPrefix(function, "GET ") && n > 0 {
			t.Errorf("%s was sent", function)
		}
	}
	if u, _ := fake.User(lee.ID); !u.Active {
		t.Error("the user was deactivated")
	}
}

// TestExplainLine explains lines of the change log.
func TestExplainLine(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct{ line, want string }{
		"deactivated":   {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"PATCH","kind":"user","id":"u7","outcome":"done","before":{"userName":"a@b.example","active":true},"after":{"userName":"a@b.example","active":false}}`, `PUT /users/u7 {"active":false}`},
		"deleted":       {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"DELETE","kind":"user","id":"u7","outcome":"done"}`, `PUT /users/u7 {"active":false}`},
		"created":       {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"POST","kind":"group","id":"456","outcome":"done","after":{"displayName":"Team"},"added":["u7"]}`, `POST /usergroups {"name":"Team"}`},
		"member gone":   {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"PATCH","kind":"group","id":"456","outcome":"done","removed":["u7","u8"]}`, `DELETE /usergroups/456/members [7,8]`},
		"with a second": {`{"time":"2026-11-28T10:00:00Z","cause":"request","method":"DELETE","kind":"group","id":"456","outcome":"done"}` + "\n{}", `DELETE /usergroups/456`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if text := explanationOf(t, test.line); !strings.Contains(text, test.want) {
				t.Errorf("no %q in\n%s", test.want, text)
			}
		})
	}
}

// TestExplainLineIsStable: a line that changes several attributes is explained in the same order
// each time.
func TestExplainLineIsStable(t *testing.T) {
	t.Parallel()
	line := `{"cause":"request","method":"PATCH","kind":"user","id":"u7","outcome":"done",` +
		`"before":{"userName":"a@b.example","displayName":"A","nickName":"a","title":"x","userType":"y"},` +
		`"after":{"userName":"b@b.example","displayName":"B","nickName":"b","locale":"de","timezone":"z"}}`
	first := explanationOf(t, line)
	for range 20 {
		if text := explanationOf(t, line); text != first {
			t.Fatalf("first\n%s\nthen\n%s", first, text)
		}
	}
}

// TestExplainMistakes: what cannot be explained is refused with what to do.
func TestExplainMistakes(t *testing.T) {
	t.Parallel()
	for request, want := range map[string]string{
		"":                                  "not a JSON object with method, path and body",
		"[]":                                "not a JSON object with method, path and body",
		`{"method":"BREW","path":"/Users"}`: "not a JSON object with method, path and body",
		`{"method":"GET","path":"/Users/u1\u0000"}`:                                     "path: not the path of a URL",
		`{"method":"GET","path":"/Users?a=\u001b[31m"}`:                                 "path: not the path of a URL",
		`{"method":"GET","path":"/coffee"}`:                                             `path: "/coffee" is none of SCIM`,
		`{"outcome":"done","cause":"late","kind":"user"}`:                               "not that of a request about a user or group",
		`{"outcome":"done","cause":"request","method":"PATCH","kind":"user","id":"u1"}`: "nothing was changed",
	} {
		var out, problems bytes.Buffer
		if code := run(t.Context(), []string{"explain"}, world{in: strings.NewReader(request), out: &out, err: &problems}); code != exitSettings || !strings.Contains(problems.String(), want) {
			t.Errorf("%s: exit %d, %s", request, code, problems.String())
		}
	}
}
