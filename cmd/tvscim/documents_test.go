package main

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"tvscim/cmd/config"
)

// documents are the files that tell people what to type: every document of the repository but
// CHANGELOG.md, which also names what is gone.
func documents(t *testing.T) map[string]string {
	t.Helper()
	texts := make(map[string]string)
	err := filepath.WalkDir("../..", func(file string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == ".git" || entry.Name() == "testdata" || entry.Name() == "dist"):
			return fs.SkipDir
		case entry.IsDir() || filepath.Ext(file) != ".md" || entry.Name() == "CHANGELOG.md":
			return nil
		}
		texts[file] = readDocument(t, file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{"README.md", "CONTRIBUTING.md", "docs/install.md", "docs/decisions/README.md", ".github/pull_request_template.md"} {
		if texts["../../"+file] == "" {
			t.Errorf("%s is not found", file)
		}
	}
	return texts
}

// TestDocumentedCommandLines parses each command line that stands in a code block as it is written.
func TestDocumentedCommandLines(t *testing.T) {
	t.Parallel()
	line := regexp.MustCompile(`(?m)^ *(?:[A-Z_]+=\S+ )*\./tvscim ([^#>\n]+)`)
	found := 0
	for file, text := range documents(t) {
		for _, m := range line.FindAllStringSubmatch(text, -1) {
			found++
			parser, err := kong.New(&commands{}, kong.Exit(func(int) {}))
			if err != nil {
				t.Fatal(err)
			}
			if _, err := parser.Parse(strings.Fields(m[1])); err != nil {
				t.Errorf("%s: tvscim %s: %v", file, m[1], err)
			}
		}
	}
	if found < 7 {
		t.Errorf("only %d command lines found", found)
	}
}

// TestDocumentedSettings: each variable and key that is named exists.
func TestDocumentedSettings(t *testing.T) {
	t.Parallel()
	known := map[string]bool{"TVSCIM_CHECK_TOKEN": true, healthTokenVariable: true, "TVSCIM_EMULATE_TOKEN": true, "TVSCIM_SOAK": true, "TVSCIM_BENCH": true}
	sections := make(map[string]bool)
	for _, key := range config.Keys() {
		known[key.Env], known[key.Path] = true, true
		if section, _, nested := strings.Cut(key.Path, "."); nested {
			sections[section] = true
			known[key.Path[:strings.LastIndex(key.Path, ".")]] = true // a section in a section
		}
	}
	named := regexp.MustCompile("TVSCIM_[A-Z_]*[A-Z]|`[a-z_]+(?:\\.[a-z_]+)+`?")
	for file, text := range documents(t) {
		for _, name := range named.FindAllString(text, -1) {
			name = strings.Trim(name, "`")
			section, _, key := strings.Cut(name, ".")
			if !known[name] && (!key || sections[section]) {
				t.Errorf("%s names %s, which does not exist", file, name)
			}
		}
	}
}
