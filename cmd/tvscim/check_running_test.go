package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"tvscim/mapping/idmap/pgmap/pgtest"
)

// TestCheckBesideARunningGateway: its addresses and its store are no fault of the settings; wrong
// settings still are.
func TestCheckBesideARunningGateway(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	listen, admin, file := freeAddress(t), freeAddress(t), filepath.Join(dir, "tvscim.yaml")
	write := func(more string) {
		t.Helper()
		text := "listen: " + listen + "\nadmin_listen: " + admin + "\nstore: {path: " + filepath.Join(dir, "links.db") + "}\n" + more
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("")
	g := start(t, nil, "serve", "--config", file)
	g.err.wait(t, `"scim":"([^"]+)"`)
	code, out, errText := once(t, nil, "check", "--config", file)
	if code != exitOK || errText != "" || strings.Contains(out, "serve can start") {
		t.Errorf("exit %d: %s%s", code, out, errText)
	}
	for _, says := range []string{"store.path is in use by a running gateway", "admin_listen is in use", "\nrunning   listen is in use", "settings can be used", "settings  ok (" + file} {
		if !strings.Contains(out, says) {
			t.Errorf("check does not say %q:\n%s", says, out)
		}
	}
	write("tls: {cert_file: " + dir + "/none, key_file: " + dir + "/none}\n")
	if code, out, errText := once(t, nil, "check", "--config", file); code == exitOK || strings.Contains(out, "can be used") || strings.Contains(errText, "in use") {
		t.Errorf("wrong settings beside a gateway: exit %d: %s%s", code, out, errText)
	}
}

// TestCheckBesideAGatewayWithADatabase: the database is tried, since gateways share it.
func TestCheckBesideAGatewayWithADatabase(t *testing.T) {
	t.Parallel()
	environ := []string{"TVSCIM_LISTEN=" + freeAddress(t), "TVSCIM_ADMIN_LISTEN=" + freeAddress(t), "TVSCIM_STORE_URL=" + pgtest.Shared(t).URL(t)}
	g := start(t, environ, "serve")
	g.err.wait(t, `"scim":"([^"]+)"`)
	code, out, errText := once(t, environ, "check")
	if code != exitOK || errText != "" || !strings.Contains(out, "settings can be used") || !strings.Contains(out, "store     ok: the database can be used") {
		t.Errorf("exit %d: %s%s", code, out, errText)
	}
}

// TestCheckNamesItsFile, or says that it has read none.
func TestCheckNamesItsFile(t *testing.T) {
	t.Parallel()
	if code, out, _ := once(t, anyPort(), "check"); code != exitOK || !strings.Contains(out, "settings  ok (no file read: defaults and environment only") {
		t.Errorf("exit %d: %s", code, out)
	}
	if code, _, errText := once(t, anyPort(), "check", "--online"); code == exitOK || !strings.Contains(errText, "passthrough (no file read") {
		t.Errorf("exit %d: %s", code, errText)
	}
}

func TestUnknownCommandNamesHelp(t *testing.T) {
	t.Parallel()
	for _, word := range []string{"foo", "help"} {
		if code, _, errText := once(t, nil, word); code != exitSettings || !strings.Contains(errText, "tvscim --help") {
			t.Errorf("%s: exit %d: %s", word, code, errText)
		}
	}
}

// TestManualNamesTheVariablesOfFlags, as --help does.
func TestManualNamesTheVariablesOfFlags(t *testing.T) {
	t.Parallel()
	_, out, _ := once(t, nil, "manual")
	for _, name := range []string{"TVSCIM_CHECK_TOKEN", "TVSCIM_EMULATE_TOKEN"} {
		if !strings.Contains(out, "Also by the variable "+name) {
			t.Errorf("the manual page does not name %s", name)
		}
	}
}
