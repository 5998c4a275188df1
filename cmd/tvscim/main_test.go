package main

import (
	"flag"
	"net"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"tvscim/mapping/idmap/pgmap/pgtest"
)

// TestMain lets more tests run at once than there are processors, unless -parallel says otherwise:
// most of them wait for a lock, a listener or a deadline. It collects garbage less often, which saves
// CPU time.
func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(400)
	if f := flag.Lookup("test.parallel"); f.Value.String() == strconv.Itoa(runtime.GOMAXPROCS(0)) {
		if err := f.Value.Set("8"); err != nil {
			panic(err)
		}
	}
	code := m.Run()
	pgtest.Close()
	os.Exit(code)
}

func TestVersion(t *testing.T) {
	t.Parallel()
	for _, asked := range []string{"version", "--version"} {
		code, out, _ := once(t, nil, asked)
		if code != exitOK || !regexp.MustCompile(`^tvscim dev\ncommit \S+.*\ngo1\.\S+ \w+/\w+\n$`).MatchString(out) {
			t.Errorf("%s: exit %d: %q", asked, code, out)
		}
	}
}

func TestCommandLine(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = taken.Close() })
	for _, test := range []struct {
		name    string
		environ []string
		args    []string
		code    int
		says    string // on either output
	}{
		{"help", nil, []string{"--help"}, exitOK, "A self-hosted SCIM 2.0 gateway"},
		{"no command", nil, nil, exitOK, "A self-hosted SCIM 2.0 gateway"},
		{"part of a command", nil, []string{"token"}, exitSettings, `expected "new"`},
		{"token without a good name", nil, []string{"token", "new", "--name", "two words"}, exitSettings, "--name"},
		{"unknown command", nil, []string{"fly"}, exitSettings, "unexpected argument fly"},
		{"unknown flag", nil, []string{"serve", "--fast"}, exitSettings, "unknown flag --fast"},
		{"flag without its value", nil, []string{"serve", "--config"}, exitSettings, "tvscim: --config: needs a value after it\n"},
		{"no such file to import", nil, []string{"links", "import", "--store", "/nonexistent/links.db", "/nonexistent/backup.jsonl"}, exitFailed,
			"tvscim: /nonexistent/backup.jsonl: no such file or directory; name the file that links export wrote, or - for standard input"},
		{"no such file", nil, []string{"serve", "--config", "/nonexistent/config.yaml"}, exitSettings, "/nonexistent/config.yaml"},
		{"all problems at once", []string{"TVSCIM_LIMITS_PAGE=0", "TVSCIM_USERS_ON_DELETE=explode", "TVSCIM_NONSENSE=1"}, []string{"check"}, exitSettings,
			"users.on_delete"},
		{"unknown variable", []string{"TVSCIM_NONSENSE=1"}, []string{"check"}, exitSettings, "TVSCIM_NONSENSE"},
		{"defaults are good", anyPort(), []string{"check"}, exitOK, "settings  ok (no file read"},
		{"online without a token", anyPort(), []string{"check", "--online"}, exitFailed, "TVSCIM_CHECK_TOKEN"},
		{"a token with its scheme", anyPort(), []string{"check", "--online", "--token", "Bearer hunter2"}, exitFailed, `remove the word "Bearer"`},
		{"variants", nil, []string{"emulate", "--variant", "list"}, exitOK, "default\n"},
		{"unknown variant", nil, []string{"emulate", "--variant", "odd"}, exitFailed, `variant "odd"`},
		{"emulated token of two words", nil, []string{"emulate", "--token", "a b"}, exitSettings, "--token: must be printable ASCII without spaces"},
		{"emulator for everybody", nil, []string{"emulate", "--listen", "0.0.0.0:0"}, exitFailed, "only loopback"},
		{"emulator on a port that is taken", nil, []string{"emulate", "--listen", taken.Addr().String()}, exitFailed, taken.Addr().String() + " is in use by another process"},
		{"demo on a port that is taken", nil, []string{"demo", "--exit", "--listen", taken.Addr().String()}, exitFailed, taken.Addr().String() + " is in use by another process"},
		{"demo for everybody", nil, []string{"demo", "--exit", "--listen", "192.0.2.1:0"}, exitFailed, "only loopback"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			code, out, err := once(t, test.environ, test.args...)
			if code != test.code || !strings.Contains(out+err, test.says) {
				t.Errorf("exit %d, want %d, saying %q:\n%s%s", code, test.code, test.says, out, err)
			}
		})
	}
}
