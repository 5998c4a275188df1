package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
)

// TestDocumentedSpans: what a document names in a line, outside of its code blocks, exists:
// commands and flags of the gateway, targets of the Makefile, steps of .ci/run.
func TestDocumentedSpans(t *testing.T) {
	t.Parallel()
	makefile := readDocument(t, "../../Makefile")
	steps := ciSteps(t)
	// A span or an indented line with nothing in it that stands for something else.
	span := regexp.MustCompile("(?:`|(?m:^) {4,})((?:\\./)?tvscim|make|(?:bash )?\\.ci/run) ([a-z][^`\\n\\[\\]|…<>#\\\\]*[^`\\n\\[\\]|…<>#\\\\ ]) *(?:`|#|(?m:$))")
	found := 0
	for file, text := range documents(t) {
		for _, m := range span.FindAllStringSubmatch(text, -1) {
			found++
			words := strings.Fields(m[2])
			switch {
			case m[1] == "make":
				if !strings.Contains(makefile, "\n"+words[0]+":") {
					t.Errorf("%s: the Makefile has no target %s", file, words[0])
				}
			case strings.HasSuffix(m[1], "tvscim"):
				if problem := wrongCommand(t, words); problem != "" {
					t.Errorf("%s: tvscim %s: %s", file, m[2], problem)
				}
			default:
				for _, step := range words {
					if !steps[step] {
						t.Errorf("%s: .ci/run has no step %s", file, step)
					}
				}
			}
		}
	}
	if found < 20 {
		t.Errorf("only %d spans found", found)
	}
}

// wrongCommand returns what is wrong with a command line; "" if nothing is, or only an argument is
// missing, as in a mention.
func wrongCommand(t *testing.T, words []string) string {
	t.Helper()
	parser, err := kong.New(&commands{}, kong.Exit(func(int) {}))
	if err != nil {
		t.Fatal(err)
	}
	_, err = parser.Parse(words)
	if err == nil || regexp.MustCompile(`^(--[a-z-]+: )?(expected|missing) `).MatchString(err.Error()) {
		return ""
	}
	return err.Error()
}

// ciSteps returns the names of the steps of .ci/run.
func ciSteps(t *testing.T) map[string]bool {
	t.Helper()
	files, err := filepath.Glob("../../.ci/*.bash")
	if err != nil {
		t.Fatal(err)
	}
	steps := map[string]bool{}
	for _, file := range append(files, "../../.ci/run") {
		for _, m := range regexp.MustCompile(`(?m)^step_([a-z]+)\(\)`).FindAllStringSubmatch(readDocument(t, file), -1) {
			steps[m[1]] = true
		}
	}
	return steps
}

// TestWrongCommand: a command line that the gateway does not have is found, a mention without its
// arguments is not.
func TestWrongCommand(t *testing.T) {
	t.Parallel()
	for line, wrong := range map[string]bool{
		"serve": false, "check --online": false, "links forget": false, "links": false, "health --tenant-url": false, "token": false,
		"serv": true, "check --offline": true, "links drop": true,
	} {
		if problem := wrongCommand(t, strings.Fields(line)); (problem != "") != wrong {
			t.Errorf("%s: %q", line, problem)
		}
	}
}
