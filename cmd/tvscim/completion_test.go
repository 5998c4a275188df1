package main

import (
	"bytes"
	"os/exec"
	"strings"
	"testing"

	"tvscim/cmd/config"
)

// TestCompletionOfBash lets bash complete command lines.
func TestCompletionOfBash(t *testing.T) {
	t.Parallel()
	bash, err := exec.LookPath("bash")
	if err != nil {
		t.Skip("bash is not installed: completion is not tried")
	}
	code, script, errText := once(t, nil, "completion", "bash")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errText)
	}
	for line, want := range map[string]string{
		"tvscim ser": "serve", "tvscim links ex": "export", "tvscim check --on": "--online", "tvscim token n": "new",
		"tvscim links import --rep": "--replace", "tvscim completion f": "fish", "tvscim serve --config main.g": "main.go",
	} {
		command := exec.CommandContext(t.Context(), bash, "--norc", "-c", script+`
			read -ra COMP_WORDS <<<"$1"
			COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
			_tvscim
			printf '%s\n' "${COMPREPLY[@]}"`, "bash", line)
		out, err := command.CombinedOutput()
		if got := strings.TrimSpace(string(out)); err != nil || got != want {
			t.Errorf("%s: completed to %q (%v), want %q", line, got, err, want)
		}
	}
}

// TestCompletionNamesEverything: every command and flag of the help stands in each script.
func TestCompletionNamesEverything(t *testing.T) {
	t.Parallel()
	for _, shell := range []string{"bash", "zsh", "fish"} {
		code, script, errText := once(t, nil, "completion", shell)
		if code != exitOK {
			t.Fatalf("%s: exit %d: %s", shell, code, errText)
		}
		for _, word := range []string{"serve", "demo", "check", "emulate", "links", "forget", "log", "undo", "token", "health", "version", "tenant-url", "config", "variant"} {
			if !strings.Contains(script, word) {
				t.Errorf("%s: the script lacks %s", shell, word)
			}
		}
	}
	if code, _, _ := once(t, nil, "completion", "tcsh"); code != exitSettings {
		t.Errorf("an unknown shell: exit %d", code)
	}
}

// TestManual: the page names every command and setting, and man takes it without a warning.
func TestManual(t *testing.T) {
	t.Parallel()
	code, page, errText := once(t, nil, "manual")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, errText)
	}
	words := []string{"tvscim serve", "tvscim log", "tvscim links import", "tvscim token new", `\-\-tenant\-url`}
	for _, key := range config.Keys() {
		words = append(words, key.Env)
	}
	for _, word := range words {
		if !strings.Contains(page, word) {
			t.Errorf("the page lacks %s", word)
		}
	}
	groff, err := exec.LookPath("groff")
	if err != nil {
		t.Skip("groff is not installed: the markup is not tried")
	}
	command := exec.CommandContext(t.Context(), groff, "-man", "-Tutf8", "-ww", "-z")
	command.Stdin = strings.NewReader(page)
	var warnings bytes.Buffer
	command.Stderr = &warnings
	if err := command.Run(); err != nil || warnings.Len() > 0 {
		t.Errorf("groff: %v\n%s", err, &warnings)
	}
}
