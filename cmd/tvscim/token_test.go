package main

import (
	"crypto/sha256"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"tvscim/cmd/config"
)

// TestTokenNew makes tokens and loads the lines for config.yaml that come with them.
func TestTokenNew(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, name := range []string{"", "okta", "2027.01", "true"} {
		args := []string{"token", "new"}
		if name != "" {
			args = append(args, "--name", name)
		}
		code, out, lines := once(t, nil, args...)
		if code != exitOK {
			t.Fatalf("exit %d: %s", code, lines)
		}
		token := strings.TrimSuffix(out, "\n")
		if !regexp.MustCompile(`^[A-Za-z0-9-]{32,}$`).MatchString(token) || seen[token] {
			t.Errorf("standard output %q, want a new token and nothing else", out)
		}
		seen[token] = true
		if strings.Contains(lines, token) {
			t.Error("the lines hold the token")
		}
		_, yaml, _ := strings.Cut(lines, "\n\n")
		yaml, _, _ = strings.Cut(yaml, "\n\n")
		file := filepath.Join(t.TempDir(), "config.yaml")
		if err := os.WriteFile(file, []byte(yaml+"\nteamviewer:\n  token: some-token\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := config.Load(file, nil)
		if err != nil {
			t.Fatalf("%v:\n%s", err, yaml)
		}
		if name == "" {
			name = "entra"
		}
		want := config.Token{Name: name, SHA256: sha256.Sum256([]byte(token))}
		if c.Auth.Mode != config.AuthToken || len(c.Auth.Tokens) != 1 || c.Auth.Tokens[0] != want {
			t.Errorf("%s says %+v of %s", lines, c.Auth, token)
		}
	}
}

// TestTokenNewSaysWhere: the lines on the screen are whole without the token, which may go into a
// file, and say that the section auth is not to be written twice.
func TestTokenNewSaysWhere(t *testing.T) {
	t.Parallel()
	_, _, lines := once(t, nil, "token", "new")
	for _, says := range []string{"merge these lines into the section auth that is there", "is written to standard output"} {
		if !strings.Contains(lines, says) {
			t.Errorf("%q does not say %q", lines, says)
		}
	}
}
