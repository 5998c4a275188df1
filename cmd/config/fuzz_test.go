package config

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// fuzzSecret is laid into every input; it must come out of none.
const fuzzSecret = "hunter2-in-the-clear"

// noFiles stands for a machine without files, so that no input can make the fuzzer open one.
func noFiles(path string) ([]byte, error) {
	return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
}

// FuzzLoad reads any file and any variable. Whatever they hold, Load does not panic, says where
// each problem lies, shows no secret, and returns only what is valid.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, file := range append(files, "../../config.yaml") {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data), "TVSCIM_LOG_LEVEL=debug")
	}
	f.Add("", "TVSCIM_AUTH_TOKENS=[{name: a, sha256: b}]")
	f.Add("a: &a [*a]", "TVSCIM_USERS_KEEP=,")
	f.Add("<<: {listen: x}", "=")
	f.Add("? |\n", "TVSCIM_")
	f.Fuzz(func(t *testing.T, file, variable string) {
		now := time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)
		l := loader{
			environ:  []string{"TVSCIM_USERS_SSO_CUSTOMER_ID=" + fuzzSecret, variable},
			now:      now,
			readFile: noFiles,
		}
		cfg, err := l.load([]byte(file + "\nteamviewer: {token: " + fuzzSecret + "}\n"))
		if err == nil {
			if found := cfg.problems(now); len(found) > 0 {
				t.Errorf("returned settings that are not valid: %v", found)
			}
			return
		}
		if diff := cmp.Diff(Config{}, cfg); diff != "" {
			t.Errorf("settings came back beside an error:\n%s", diff)
		}
		checkFuzzProblems(t, err, strings.Count(file, "\n"), file+variable)
	})
}

// checkFuzzProblems tests what holds for every problem of an input.
func checkFuzzProblems(t *testing.T, err error, lines int, input string) {
	t.Helper()
	problems, ok := errors.AsType[Problems](err)
	if !ok || len(problems) == 0 {
		t.Fatalf("%v is not a list of problems", err)
	}
	for _, p := range problems {
		if p.Message == "" || strings.ContainsAny(p.Message, "\n\r") {
			t.Errorf("%#v is not one line", p)
		}
		// YAML also breaks lines at \r, NEL and the Unicode separators.
		if p.Line < 0 || p.Line > lines+3+strings.Count(input, "\r")+strings.Count(input, "\u0085")+strings.Count(input, "\u2028")+strings.Count(input, "\u2029") {
			t.Errorf("%#v stands outside the file", p)
		}
		if strings.Contains(p.String(), fuzzSecret) && !strings.Contains(input, fuzzSecret) {
			t.Errorf("%q shows the secret", p)
		}
	}
}

// FuzzSize reads any text. What is taken is written and read again as the same.
func FuzzSize(f *testing.F) {
	for _, seed := range []string{"1MiB", "1048576", "8589934592GiB", "", "1 kb", "-1", "00B"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var size, again Size
		if err := size.UnmarshalText([]byte(text)); err != nil {
			return
		}
		if size < 0 {
			t.Fatalf("%q is %d bytes", text, int64(size))
		}
		if err := again.UnmarshalText([]byte(size.String())); err != nil || again != size {
			t.Errorf("%q is %d, written %q, read again %d (%v)", text, int64(size), size, int64(again), err)
		}
	})
}
