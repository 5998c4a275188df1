package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"tvscim/cmd/config"
)

// documents are the files that tell people what to type.
func documents(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(files) < 3 {
		t.Fatalf("%q, %v", files, err)
	}
	texts := make(map[string]string)
	for _, file := range append(files, "../../README.md") {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		texts[file] = string(text)
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
		}
	}
	named := regexp.MustCompile("TVSCIM_[A-Z_]*[A-Z]|`[a-z_]+\\.[a-z_]+`?")
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
