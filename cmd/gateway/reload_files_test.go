package gateway_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/proxy/admin"
	"tvscim/tvapi/tvfake"
)

// TestPoll: changed files are acted on once two looks in a row saw the same, so that a file that is
// being written is not.
func TestPoll(t *testing.T) {
	t.Parallel()
	s := newStage(t, staging{direct: true, log: zap.NewNop()})
	page := func() any { return s.status(t, http.StatusOK, "GET", "/Users", "").json(t)["itemsPerPage"] }
	s.user("nora.vale@contoso.example")
	full := page()
	look := func(page int) {
		s.file.write(func(c *config.Config) { c.Limits.Page = page })
		s.gateway.Poll(t.Context())
	}
	s.gateway.Poll(t.Context())
	for _, seen := range []int{1, 2, 1, 100, 1} {
		look(seen)
		if got := page(); got != full {
			t.Errorf("a page of %v, want %v: settings are used that were seen once", got, full)
		}
	}
	s.gateway.Poll(t.Context())
	if got := page(); got != 1.0 {
		t.Errorf("a page of %v, want 1", got)
	}
	s.file.spoil(errors.New("half a file"))
	s.gateway.Poll(t.Context())
	if state, _ := s.component("settings"); state != admin.StateOK {
		t.Error("a file that was seen broken once is reported")
	}
	s.gateway.Poll(t.Context())
	if state, _ := s.component("settings"); state != admin.StateFailing {
		t.Error("a broken file is not reported")
	}
	look(1)
	s.gateway.Poll(t.Context())
	if state, _ := s.component("settings"); state != admin.StateOK {
		t.Error("a mended file is not noticed")
	}
}

// TestReloadOfFiles: files are read as Kubernetes changes them, by swapping a link to their
// directory: the settings, and a secret alone. The signal is not needed.
func TestReloadOfFiles(t *testing.T) {
	t.Parallel()
	mount := t.TempDir()
	version := 0
	write := func(settings, token string) {
		version++
		dir := filepath.Join(mount, fmt.Sprint("..version", version))
		err := errors.Join(os.Mkdir(dir, 0o700),
			os.WriteFile(filepath.Join(dir, "config.yaml"), []byte(settings), 0o600),
			os.WriteFile(filepath.Join(dir, "token"), []byte(token+"\n"), 0o600),
			os.Symlink(filepath.Base(dir), filepath.Join(mount, "..next")),
			os.Rename(filepath.Join(mount, "..next"), filepath.Join(mount, "..data")))
		if err != nil {
			t.Fatal(err)
		}
	}
	settings := func(page int) string {
		return fmt.Sprintf("auth:\n  mode: token\n  tokens: [{name: stage, sha256: %x}]\nlimits: {page: %d}\nteamviewer: {token_file: %q}\n",
			sha256.Sum256([]byte(stageToken)), page, filepath.Join(mount, "token"))
	}
	for _, name := range []string{"config.yaml", "token"} {
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(mount, name)); err != nil {
			t.Fatal(err)
		}
	}
	load := func() (config.Config, error) { return config.Load(filepath.Join(mount, "config.yaml"), nil) }
	s := newStage(t, staging{direct: true, settings: func(c *config.Config, fake *tvfake.Server) {
		write(settings(100), fake.Token())
		read, err := load()
		if err != nil {
			t.Fatal(err)
		}
		*c = read
	}})
	s.file.load = load
	look := func() {
		s.gateway.Poll(t.Context())
		s.gateway.Poll(t.Context())
	}
	s.user("nora.vale@contoso.example")
	write(settings(1), s.fake.Token())
	look()
	if n := s.status(t, http.StatusOK, "GET", "/Users", "").json(t)["itemsPerPage"]; n != 1.0 {
		t.Errorf("a page of %v, want 1", n)
	}
	s.fake.AddToken("next")
	write(settings(1), "next")
	look()
	s.fake.SetTokenState(tvfake.TokenRevoked)
	s.user("ola.lind@contoso.example")
	write("limits: {pag: 1}\n", "next")
	look()
	if state, detail := s.component("settings"); state != admin.StateFailing || !strings.Contains(detail, "limits.pag: line 1: unknown key") {
		t.Errorf("settings %s, %q", state, detail)
	}
	s.status(t, http.StatusOK, "GET", "/Users", "")
}
