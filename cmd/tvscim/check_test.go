package main

import (
	"net"
	"os"
	"path/filepath"
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
		{"wrong token", "wrong-token-7", nil, exitFailed, "TeamViewer does not accept it"},
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
		{"no right to users", "good-token-7", func(f *tvfake.Server) { f.SetRights(tvfake.RightGroupsRead) }, exitFailed, "2 of 3 questions were refused"},
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

// predefine makes a role with these permissions that all new users get.
func predefine(permissions ...string) func(*tvfake.Server) {
	return func(f *tvfake.Server) { f.SetPredefinedRole(f.AddRole("New", permissions...).ID) }
}

// TestCheckOnlineWithoutNetwork: what is wrong on the way to TeamViewer is said in words, with what to do.
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

// TestDanglingStore: a link to a file that is not there is refused by that name, and nothing is made at its target.
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
