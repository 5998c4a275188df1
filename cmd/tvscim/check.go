package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"go.uber.org/zap"

	"tvscim/cmd/config"
	"tvscim/tvapi"
)

type checkCommand struct {
	Config string `help:"Path of config.yaml; without it, the defaults and the environment." type:"path" placeholder:"FILE"`
	Online bool   `help:"Also ask TeamViewer what the token may do. Nothing is changed; it takes a few calls."`
	Token  string `help:"The token to ask with in auth.mode passthrough, where the settings have none." env:"TVSCIM_CHECK_TOKEN"`
}

// Run checks the settings, and the token if asked to.
func (k checkCommand) Run(ctx context.Context, w world) error {
	environ := withoutCheckToken(w.environ)
	c, err := loadSettings(k.Config, environ)
	if err != nil {
		return err
	}
	for _, warning := range c.Warnings() {
		fmt.Fprintln(w.out, "warning:", warning)
	}
	fmt.Fprintf(w.out, "settings  ok (auth.mode %s, SCIM on %s%s, health and metrics on %s)\n", c.Auth.Mode, c.Listen, c.BasePath, c.AdminListen)
	if err := checkStore(c.Store.Path, w.out); err != nil || !k.Online {
		return err
	}
	token := k.Token
	if c.Auth.Mode == config.AuthToken {
		token = c.TeamViewer.Token.Reveal()
	}
	if token == "" {
		return fmt.Errorf("token: auth.mode passthrough has none in the settings; give one in the environment variable TVSCIM_CHECK_TOKEN")
	}
	client, err := tvapi.New(tvapi.Options{BaseURL: c.TeamViewer.BaseURL, Token: token, Timeout: c.TeamViewer.Timeout, Logger: zap.NewNop()})
	if err != nil {
		return err
	}
	defer client.Close()
	return checkOnline(ctx, client, w.out)
}

// checkStore looks whether the links can be kept where the settings say. The file itself is not opened: a gateway may be
// using it, and an older one would be migrated.
func checkStore(path string, out io.Writer) error {
	if path == "" {
		return nil
	}
	folder := filepath.Dir(path)
	if info, err := os.Stat(folder); err != nil || !info.IsDir() {
		return fmt.Errorf("store.path %s: there is no folder %s; make it, and let the gateway write there", path, folder)
	}
	state := "will be made"
	switch info, err := os.Stat(path); {
	case err == nil && !info.Mode().IsRegular():
		return fmt.Errorf("store.path %s: this is no file; name one", path)
	case err == nil:
		state = "is there"
	case !errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("store.path %s: it cannot be looked at: %w", path, err)
	}
	fmt.Fprintf(out, "store     ok: %s %s\n", path, state)
	return nil
}

// withoutCheckToken hides the variable of this command from the settings, which refuse what they do not know.
func withoutCheckToken(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(v string) bool { return strings.HasPrefix(v, "TVSCIM_CHECK_TOKEN=") })
}
