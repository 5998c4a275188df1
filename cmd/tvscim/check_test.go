package main

import (
	"crypto/sha256"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/tvapi/tvfake"
)

// TestCheckOnline asks the emulator what its token may do.
func TestCheckOnline(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name  string
		token string
		spoil func(*tvfake.Server)
		code  int
		says  string
	}{
		{"good", "good-token-7", nil, exitOK, "users     ok: 3 users can be viewed"},
		{"wrong token", "wrong-token-7", nil, exitFailed, "TeamViewer does not accept it; copy the script token again"},
		{"no right to groups", "good-token-7", func(f *tvfake.Server) {
			f.SetRights(tvfake.RightUsersRead, tvfake.RightAccountRead)
		}, exitFailed, "groups    NOT ok"},
		{"no predefined role", "good-token-7", nil, exitOK, "the company has no predefined role"},
		{"predefined role", "good-token-7", predefine("AllowGroupSharing"), exitOK, `predefined role "New", which cannot administer`},
		{"predefined role that can administer", "good-token-7", predefine("AllowGroupSharing", "ManageUsers", "ManageUserGroups"), exitOK,
			`new users WARNING: every user whom the gateway creates gets the company's predefined role "New", which can administer (ManageUserGroups, ManageUsers)`},
		{"no right to roles", "good-token-7", func(f *tvfake.Server) {
			f.Fail(tvfake.Fault{Function: "GET /userroles/predefined", Status: 403, Body: `{"error":"invalid_permission"}`})
		}, exitOK, "new users not known"},
		{"no right to users", "good-token-7", func(f *tvfake.Server) { f.SetRights(tvfake.RightGroupsRead) }, exitFailed, "1 answer is NOT ok"},
		{"no right to users, what to tick", "good-token-7", func(f *tvfake.Server) { f.SetRights(tvfake.RightGroupsRead) }, exitFailed,
			`users     NOT ok: tick "User management: view users" for the script token`},
		{"no right to the account", "good-token-7", func(f *tvfake.Server) { f.SetRights(tvfake.RightUsersRead, tvfake.RightGroupsRead) }, exitOK,
			`account   WARNING: tick "Account management: view account data" for the script token`},
		{"company", "good-token-7", nil, exitOK, `account   ok: the company is "`},
		{"another service", "good-token-7", func(f *tvfake.Server) {
			f.Fail(tvfake.Fault{Function: "GET /ping", Status: 404, Body: "<html></html>"})
		}, exitFailed, "is not TeamViewer's Web API; correct the setting teamviewer.base_url"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			fake := tvfake.New(tvfake.Options{Token: "good-token-7"})
			fake.AddUser(tvfake.User{})
			fake.AddUser(tvfake.User{})
			if test.spoil != nil {
				test.spoil(fake)
			}
			api, err := serveLoopback(t.Context(), "127.0.0.1:0", fake.Handler())
			if err != nil {
				t.Fatal(err)
			}
			defer api.Close()
			environ := anyPort("TVSCIM_TEAMVIEWER_BASE_URL=" + api.url())
			code, out, errText := once(t, environ, "check", "--online", "--token", test.token)
			if code != test.code || !strings.Contains(out+errText, test.says) {
				t.Errorf("exit %d, want %d, saying %q:\n%s%s", code, test.code, test.says, out, errText)
			}
			if strings.Contains(out+errText, test.token) {
				t.Errorf("the token is printed:\n%s%s", out, errText)
			}
		})
	}
}

// TestCheckTellsWhichToken: the token that is tried is the one that serve would take, and check
// says which that is.
func TestCheckTellsWhichToken(t *testing.T) {
	t.Parallel()
	const listed = "TVSCIM_AUTH_TOKENS=[{name: tv, sha256: "
	hash := func(token string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(token))) }
	_, inToken := emulated(t, tvfake.Options{})
	var inPassthrough []string
	for _, entry := range inToken {
		if strings.Contains(entry, "_LISTEN=") || strings.Contains(entry, "BASE_URL=") {
			inPassthrough = append(inPassthrough, entry)
		}
	}
	for name, test := range map[string]struct {
		environ []string
		given   string
		code    int
		says    string
		json    bool
	}{
		"token mode":                 {inToken, "", exitOK, "accepts it (that of the settings", false},
		"token mode, another given":  {inToken, "other-token", exitOK, "is not tried: auth.mode is token", false},
		"passthrough, no list":       {inPassthrough, "tv-script-token", exitOK, "accepts it (that of TVSCIM_CHECK_TOKEN", false},
		"passthrough, listed":        {append(slices.Clone(inPassthrough), listed+hash("tv-script-token")+"}]"), "tv-script-token", exitOK, "token     ok", false},
		"passthrough, not listed":    {append(slices.Clone(inPassthrough), listed+hash("another")+"}]"), "tv-script-token", exitFailed, "auth.tokens: does not list the token that was tried", false},
		"passthrough, expired":       {append(slices.Clone(inPassthrough), listed+hash("another")+"}, {name: old, sha256: "+hash("tv-script-token")+", expires: 2020-01-01T00:00:00Z}]"), "tv-script-token", exitFailed, "auth.tokens[1]: old, the token that was tried, expired on 2020-01-01", false},
		"as JSON":                    {append(slices.Clone(inPassthrough), listed+hash("another")+"}]"), "tv-script-token", exitFailed, `"ok": false`, true},
		"the address that is called": {inToken, "", exitOK, "TeamViewer at http://127.0.0.1:", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			args := []string{"check", "--online"}
			if test.json {
				args = append(args, "--json")
			}
			code, out, errText := once(t, append(slices.Clone(test.environ), "TVSCIM_CHECK_TOKEN="+test.given), append(args, "--token", test.given)...)
			if code != test.code || !strings.Contains(out+errText, test.says) {
				t.Errorf("exit %d, want %d, saying %q:\n%s%s", code, test.code, test.says, out, errText)
			}
			if wrong := strings.HasSuffix(out, "result    NOT ok: what is wrong is written to standard error\n"); wrong != (code != exitOK && !test.json) {
				t.Errorf("exit %d, and the last line of standard output does not say so:\n%s", code, out)
			}
			if strings.Contains(out+errText, "tv-script-token") || strings.Contains(out+errText, "other-token") {
				t.Errorf("a token is printed:\n%s%s", out, errText)
			}
		})
	}
}

// predefine makes a role with these permissions that all new users get.
func predefine(permissions ...string) func(*tvfake.Server) {
	return func(f *tvfake.Server) { f.SetPredefinedRole(f.AddRole("New", permissions...).ID) }
}

// TestCheckOnlineWithoutNetwork: what is wrong on the way to TeamViewer is said in words, with what
// to do.
func TestCheckOnlineWithoutNetwork(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
	code, out, errText := once(t, []string{"TVSCIM_TEAMVIEWER_BASE_URL=http://" + l.Addr().String()}, "check", "--online", "--token", "a-token-7")
	for _, says := range []string{"ping: " + l.Addr().String() + " refuses connections. Check the address and the port in the setting teamviewer.base_url"} {
		if code != exitFailed || !strings.Contains(out+errText, says) {
			t.Errorf("exit %d, want %d, saying %q:\n%s%s", code, exitFailed, says, out, errText)
		}
	}
}

// TestCheckOfAGoodStart says so, also as JSON, and changes nothing.
func TestCheckOfAGoodStart(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	withStore(func(string) error { return nil })(t, dir)
	for name, says := range map[string]string{"links.db": "links.db is there", "new.db": "new.db will be made"} {
		before := treeOf(t, dir)
		environ := anyPort("TVSCIM_STORE_PATH="+filepath.Join(dir, name), "TVSCIM_CHECK_TOKEN=exported", "TVSCIM_EMULATE_TOKEN=exported")
		code, out, errText := once(t, environ, "check")
		if code != exitOK || !strings.Contains(out, says) || !strings.Contains(out, "serve can start") || errText != "" {
			t.Errorf("%s: exit %d: %s%s", name, code, out, errText)
		}
		code, out, errText = once(t, environ, "check", "--json")
		if want := "{\n  \"ok\": true,\n  \"problems\": [],\n  \"warnings\": []\n}\n"; code != exitOK || out != want || errText != "" {
			t.Errorf("%s: exit %d: %s%s", name, code, out, errText)
		}
		if diff := cmp.Diff(before, treeOf(t, dir)); diff != "" {
			t.Errorf("%s: check changed files:\n%s", name, diff)
		}
		g := start(t, environ, "serve")
		g.err.wait(t, `"scim":"([^"]+)"`)
		if code := g.stop(); code != exitOK {
			t.Errorf("serve: exit %d: %s", code, g.err)
		}
		if err := os.RemoveAll(filepath.Join(dir, "new.db")); err != nil {
			t.Fatal(err)
		}
	}
}

// TestDanglingStore: a link to a file that is not there is refused by that name, and nothing is
// made at its target.
func TestDanglingStore(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	target, link := filepath.Join(dir, "target.db"), filepath.Join(dir, "links.db")
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
	for _, command := range []string{"check", "serve"} {
		code, _, errText := once(t, []string{"TVSCIM_STORE_PATH=" + link, "TVSCIM_LISTEN=127.0.0.1:0", "TVSCIM_ADMIN_LISTEN=" + freeAddress(t)}, command)
		if code != exitFailed || !strings.Contains(errText, link+": is a symbolic link whose target does not exist") {
			t.Errorf("%s: exit %d: %s", command, code, errText)
		}
	}
	if _, err := os.Lstat(target); err == nil {
		t.Error("a store was made at the target")
	}
}
