package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// canary stands in testdata wherever a secret was written, in the right place or not.
const canary = "hunter2"

// TestInvalidGolden reads each testdata/invalid-*.yml and compares the whole message with the
// .golden file beside it.
func TestInvalidGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/invalid-*.yml")
	if err != nil {
		t.Fatal(err)
	}
	if len(files) < 40 {
		t.Fatalf("only %d files; is this the room's folder?", len(files))
	}
	for _, file := range files {
		name := strings.TrimSuffix(filepath.Base(file), ".yml")
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(file, nil)
			problems, ok := errors.AsType[config.Problems](err)
			if !ok {
				t.Fatalf("got %v, want Problems", err)
			}
			golden := filepath.Join("testdata", name+".golden")
			message := err.Error() + "\n"
			if *update {
				if err := os.WriteFile(golden, []byte(message), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), message); diff != "" {
				t.Errorf("message (-want +got):\n%s", diff)
			}
			checkShape(t, file, problems)
		})
	}
}

// checkShape tests what holds for every message, so that a golden file cannot be updated into a
// wrong one.
func checkShape(t *testing.T, file string, problems config.Problems) {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Count(string(data), "\n")
	for _, p := range problems {
		text := p.String()
		if strings.Contains(text, canary) {
			t.Errorf("%q shows a secret", text)
		}
		if strings.ContainsAny(text, "\n\r") {
			t.Errorf("%q takes more than one line", text)
		}
		if !strings.HasPrefix(text, p.Key) {
			t.Errorf("%q does not begin with its key %q", text, p.Key)
		}
		if p.Line < 0 || p.Line > lines+1 {
			t.Errorf("%q: line %d of a file of %d", text, p.Line, lines)
		}
		if p.Line == 0 && !strings.Contains(p.Message, "missing") {
			t.Errorf("%q does not say where it stands", text)
		}
	}
	inOrder := slices.IsSortedFunc(problems, func(a, b config.Problem) int {
		if a.Line == 0 || b.Line == 0 {
			return b.Line - a.Line
		}
		return a.Line - b.Line
	})
	if !inOrder {
		t.Errorf("not in the order of the file:\n%v", problems)
	}
}

// A golden file whose .yml is gone is never looked at again.
func TestNoOrphanedGolden(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	for _, golden := range files {
		if _, err := os.Stat(strings.TrimSuffix(golden, ".golden") + ".yml"); err != nil {
			t.Errorf("%s belongs to no file: %v", golden, err)
		}
	}
}

// Every key that a message names as a remedy must exist.
func TestMessagesNameRealKeys(t *testing.T) {
	t.Parallel()
	paths := make(map[string]bool)
	for _, key := range config.Keys() {
		paths[key.Path], paths[key.Env] = true, true
	}
	files, err := filepath.Glob("testdata/*.golden")
	if err != nil {
		t.Fatal(err)
	}
	named := regexp.MustCompile(`TVSCIM_[A-Z_]+|\b(?:auth|teamviewer|users|limits)\.[a-z_]+`)
	for _, golden := range files {
		data, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			_, remedy, ok := strings.Cut(line, "; ")
			if !ok {
				continue
			}
			for _, key := range named.FindAllString(remedy, -1) {
				if !paths[key] {
					t.Errorf("%s: %q names %s, which does not exist", golden, line, key)
				}
			}
		}
	}
}
