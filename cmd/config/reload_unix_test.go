//go:build unix

package config_test

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"tvscim/cmd/config"
)

// TestRereadable: a pipe, which is empty at the second reading, would be taken for settings that
// are all defaults.
func TestRereadable(t *testing.T) {
	t.Parallel()
	file := writeFile(t, "log: {level: info}\n")
	link, pipe := filepath.Join(t.TempDir(), "link"), filepath.Join(t.TempDir(), "pipe")
	if err := os.Symlink(file, link); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		file, secret string
		want         bool
	}{
		"no file": {"", "", true}, "a file": {file, "", true}, "a link": {link, file, true}, "a pipe": {pipe, "", false},
		"a secret from a pipe": {file, pipe, false}, "a secret from a pipe, without a file": {"", pipe, false},
		"a file that is not there": {file + ".not", "", true},
	} {
		c := config.Default()
		c.Users.SSOCustomerIDFile = test.secret
		if got := c.Rereadable(test.file); got != test.want {
			t.Errorf("%s: %v, want %v", name, got, test.want)
		}
	}
}
