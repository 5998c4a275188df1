package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/mapping/idmap/boltmap"
	"tvscim/proxy/certificate/certificatetest"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// mistakeHash is the SHA-256 of "entra-token".
const mistakeHash = "80a594e32889208afa4a4ff4f323c0f7d9ba45e53440daec5141965f65b53600"

// tokenMode are settings of auth.mode token without TeamViewer's token.
const tokenMode = "auth: {mode: token, tokens: [{name: entra, sha256: " + mistakeHash + "}]}\n"

// mistake is one way in which a start goes wrong. In texts, DIR stands for a directory of the
// test's own, TAKEN for an address that another process listens on.
type mistake struct {
	name     string
	settings string   // of DIR/config.yaml; the addresses are anyPort's unless they are set here
	environ  []string // more variables
	config   string   // what --config names; default DIR/config.yaml
	prepare  func(t *testing.T, dir string)
	code     int
	serves   bool // only serve fails: what is in use is no fault of the settings
	slow     bool // a check takes a second or more, so its runs are not one after the other
}

// withFile prepares a file of DIR.
func withFile(name, content string, mode os.FileMode) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
}

// withStore prepares a good store and does something to it.
func withStore(change func(path string) error) func(*testing.T, string) {
	return func(t *testing.T, dir string) {
		t.Helper()
		path := filepath.Join(dir, "links.db")
		m, err := boltmap.Open(path, boltmap.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := m.Close(); err != nil {
			t.Fatal(err)
		}
		if err := change(path); err != nil {
			t.Fatal(err)
		}
	}
}

// inUse prepares a store that another process uses.
func inUse(t *testing.T, dir string) {
	t.Helper()
	m, err := boltmap.Open(filepath.Join(dir, "links.db"), boltmap.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = m.Close() })
}

const tlsHere = "tls: {cert_file: DIR/cert.pem, key_file: DIR/key.pem}\n"

// otherKey prepares a certificate and the key of another one.
func otherKey(t *testing.T, dir string) {
	authority := certificatetest.New(t)
	pair := authority.Issue("tv.example.com")
	pair.Key = authority.Issue("tv.example.com").Key
	pair.Write(t, dir)
}

const storeHere = "store: {path: DIR/links.db}\n"

// mistakes are those that any user can make. Those of permissions stand apart.
var mistakes = []mistake{
	{name: "settings file missing", config: "DIR/none.yaml", code: exitSettings},
	{name: "settings file is a directory", config: "DIR", code: exitSettings},
	{name: "settings not YAML", settings: "auth: {mode: token\n", code: exitSettings},
	{name: "unknown key", settings: "lisen: 127.0.0.1:0\n", code: exitSettings},
	{name: "unknown variable", environ: []string{"TVSCIM_TEAMVIEWER_TOKN=hunter2"}, code: exitSettings},
	{name: "auth.token instead of auth.tokens", settings: "auth: {mode: token, token: hunter2}\nteamviewer: {token: hunter2}\n", code: exitSettings},
	{name: "mode token without tokens", settings: "auth: {mode: token}\n", code: exitSettings},
	{name: "token with its scheme", settings: tokenMode + "teamviewer: {token: 'Bearer hunter2'}\n", code: exitSettings},
	{name: "token of two words", settings: tokenMode + "teamviewer: {token: 'hunter2 hunter2'}\n", code: exitSettings},
	{name: "token file missing", settings: tokenMode + "teamviewer: {token_file: DIR/none}\n", code: exitSettings},
	{name: "token file holds nothing", settings: tokenMode + "teamviewer: {token_file: DIR/token}\n", prepare: withFile("token", "\n", 0o600), code: exitSettings},
	{name: "token file holds Bearer", settings: tokenMode + "teamviewer: {token_file: DIR/token}\n", prepare: withFile("token", "Bearer hunter2\n", 0o600), code: exitSettings},
	{name: "token file is a directory", settings: tokenMode + "teamviewer: {token_file: DIR/}\n", code: exitSettings},
	{name: "token in place of its file", settings: tokenMode + "teamviewer: {token_file: hunter2}\n", code: exitSettings},
	{name: "API path in base_url", settings: "teamviewer: {base_url: 'https://webapi.teamviewer.com/api/v1'}\n", code: exitSettings},
	{name: "listen without a port", settings: "listen: 127.0.0.1\n", code: exitSettings},
	{name: "listen taken", settings: "listen: TAKEN\n", code: exitFailed},
	{name: "admin_listen taken", settings: "admin_listen: TAKEN\n", code: exitFailed, slow: true},
	{name: "listen on another machine's address", settings: "listen: 192.0.2.1:8080\n", code: exitFailed},
	{name: "store without a directory", settings: "store: {path: DIR/none/links.db}\n", code: exitFailed},
	{name: "store below a file", settings: "store: {path: DIR/config.yaml/links.db}\n", code: exitFailed},
	{name: "store is a directory", settings: "store: {path: DIR}\n", code: exitFailed},
	{name: "store of another program", settings: storeHere, prepare: withFile("links.db", strings.Repeat("shopping list ", 1000), 0o600), code: exitFailed},
	{name: "store emptied", settings: storeHere, prepare: withStore(func(path string) error { return os.Truncate(path, 0) }), code: exitFailed},
	{name: "store cut off", settings: storeHere, prepare: withStore(func(path string) error { return os.Truncate(path, 3*4096) }), code: exitFailed},
	{name: "store cut off in its first pages", settings: storeHere, prepare: withStore(func(path string) error { return os.Truncate(path, 5000) }), code: exitFailed},
	{name: "store cut off in its header", settings: storeHere, prepare: withStore(func(path string) error { return os.Truncate(path, 100) }), code: exitFailed},
	{name: "store in a relative directory that is missing", settings: "store: {path: none/links.db}\n", code: exitFailed},
	{name: "store in use", settings: storeHere, prepare: inUse, code: exitFailed, serves: true, slow: true},
	{name: "store is a link to nothing", settings: storeHere, code: exitFailed, prepare: func(t *testing.T, dir string) {
		if err := os.Symlink(filepath.Join(dir, "unmounted", "links.db"), filepath.Join(dir, "links.db")); err != nil {
			t.Fatal(err)
		}
	}},
	{name: "store with a long name", settings: "store: {path: DIR/" + strings.Repeat("x", 300) + "}\n", code: exitFailed},
	{name: "certificate missing", settings: "tls: {cert_file: DIR/cert.pem, key_file: DIR/key.pem, client_ca_file: DIR/ca.pem}\n", code: exitSettings},
	{name: "certificate is no certificate", settings: tlsHere, prepare: withFile("cert.pem", "hunter2", 0o600), code: exitSettings},
	{name: "key of another certificate", settings: tlsHere, prepare: otherKey, code: exitSettings},
	{name: "certificate without key", settings: "tls: {cert_file: DIR/cert.pem}\n", code: exitSettings},
	{name: "ACME for an address", settings: "tls: {acme: {domains: [192.0.2.7], cache: DIR/acme}}\n", code: exitSettings},
	{name: "ACME for a wildcard", settings: "tls: {acme: {domains: ['*.example.com'], cache: DIR/acme}}\n", code: exitSettings},
	{name: "ACME cache nowhere", settings: "tls: {acme: {domains: [tv.example.com], cache: DIR/none/acme}}\n", code: exitSettings},
	{name: "several at once", settings: "listen: TAKEN\nadmin_listen: 192.0.2.1:9090\nstore: {path: DIR/none/links.db}\n", code: exitFailed},
}

// TestStartMistakes: check and serve refuse the same, with the same texts and exit codes. The texts
// stand in a file, to be read: each names what, why and what to do.
func TestStartMistakes(t *testing.T) {
	t.Parallel()
	texts := make([]string, len(mistakes))
	t.Run("all", func(t *testing.T) { // ends when its parallel subtests have ended
		for i, m := range mistakes {
			t.Run(m.name, func(t *testing.T) {
				t.Parallel()
				texts[i] = fmt.Sprintf("%s (exit %d)\n%s\n", m.name, m.code, m.try(t, t.TempDir()))
			})
		}
	})
	compareMistakes(t, "testdata/start-mistakes.golden", strings.Join(texts, ""))
}

// compareMistakes compares texts with a file, or writes it anew with -update.
func compareMistakes(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v; write it with -update", err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("the messages are others than those of %s (-want +got):\n%s", file, diff)
	}
}

// try makes the mistake and returns what both commands say.
func (m mistake) try(t *testing.T, dir string) string {
	t.Helper()
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	fill := strings.NewReplacer("DIR", dir, "TAKEN", taken.Addr().String())
	withFile("config.yaml", fill.Replace(m.settings), 0o600)(t, dir)
	if m.prepare != nil {
		m.prepare(t, dir)
	}
	environ := slices.Clone(m.environ)
	for _, key := range []string{"listen", "admin_listen"} {
		if !strings.Contains("\n"+m.settings, "\n"+key+":") {
			environ = append(environ, "TVSCIM_"+strings.ToUpper(key)+"=127.0.0.1:0")
		}
	}
	config := m.config
	if config == "" {
		config = "DIR/config.yaml"
	}
	before := treeOf(t, dir)
	says := func(args ...string) string {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second) // serve must refuse, not serve
		defer cancel()
		out, errText := newTranscript(), newTranscript()
		code := run(ctx, append(args, "--config", fill.Replace(config)), world{environ: environ, out: out, err: errText})
		want := m.code
		if m.serves && args[0] == "check" {
			want = exitOK
		}
		if code != want {
			t.Errorf("%s: exit %d, want %d:\n%s%s", args, code, want, out, errText)
		}
		if args[len(args)-1] == "--json" && !m.serves {
			m.wantJSON(t, out.String())
		}
		text := errText.String()
		return text[max(strings.Index(text, "tvscim:"), 0):] // after the log
	}
	inJSON := func() { says("check", "--json") }
	var beside sync.WaitGroup
	if m.slow {
		beside.Go(inJSON)
	}
	check := says("check")
	if beside.Wait(); !m.slow {
		inJSON()
	}
	if diff := cmp.Diff(before, treeOf(t, dir)); diff != "" {
		t.Errorf("check changed files:\n%s", diff)
	}
	serve := says("serve")
	if m.serves {
		check = serve
	}
	if diff := cmp.Diff(check, serve); diff != "" {
		t.Errorf("check (-) and serve (+) do not say the same:\n%s", diff)
	}
	if strings.Contains(check, "hunter2") {
		t.Errorf("a secret is shown: %s", check)
	}
	return strings.NewReplacer(dir, "DIR", taken.Addr().String(), "TAKEN").Replace(check)
}

// wantJSON wants the object of a check that found problems.
func (m mistake) wantJSON(t *testing.T, text string) {
	t.Helper()
	var result struct {
		OK       *bool
		Problems []struct{ Message string }
		Warnings []string
	}
	if err := json.Unmarshal([]byte(text), &result); err != nil {
		t.Errorf("%v: %s", err, text)
		return
	}
	if result.OK == nil || *result.OK || len(result.Problems) == 0 || result.Problems[0].Message == "" || result.Warnings == nil {
		t.Errorf("--json: %s", text)
	}
}

// treeOf returns size and mode of all files below a directory.
func treeOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	tree := make(map[string]string)
	err := filepath.Walk(dir, func(path string, info os.FileInfo, err error) error {
		if err == nil && path != dir {
			tree[path] = fmt.Sprint(info.Size(), info.Mode())
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return tree
}
