package config_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
)

// TestReloadable lists by hand what a running gateway can change: a key that needs a restart must
// not be said to be in effect.
func TestReloadable(t *testing.T) {
	t.Parallel()
	want := []string{
		"base_path", "public_url", "trusted_proxies", "auth.tokens", "admin.tokens", "teamviewer.token", "teamviewer.token_file",
		"users.on_delete", "users.language", "users.sso_customer_id", "users.sso_customer_id_file", "users.accept_password", "users.keep",
		"protect.token_owner", "protect.emails", "protect.groups", "guard.enabled", "guard.max_share", "guard.max_removals", "guard.window", "alert.webhook", "alert.webhook_file", "log.level",
		"limits.max_body", "limits.request_timeout", "limits.page", "limits.max_page", "limits.bulk_operations",
	}
	var got []string
	for _, key := range config.Keys() {
		if config.Reloadable(key.Path) {
			got = append(got, key.Path)
		}
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

func TestReloaded(t *testing.T) {
	t.Parallel()
	expires := func() time.Time { // a new value of the same meaning, as each reading gives
		at, err := time.Parse(time.RFC3339, "2097-06-30T02:00:00+02:00")
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	settings := func(change func(*config.Config)) config.Config {
		c := config.Default()
		c.Auth.Tokens = []config.Token{{Name: "entra", SHA256: config.Digest{1}, Expires: expires()}}
		c.TeamViewer.Token = config.NewSecret("old")
		c.Users.Keep = []string{"title"}
		change(&c)
		return c
	}
	running := settings(func(*config.Config) {})
	for name, test := range map[string]struct {
		change           func(*config.Config)
		changed, waiting []string
	}{
		"nothing": {change: func(*config.Config) {}},
		"a token": {func(c *config.Config) { c.Auth.Tokens[0].Name = "okta" }, []string{"auth.tokens"}, nil},
		"a secret, and its file": {func(c *config.Config) {
			c.TeamViewer.Token, c.TeamViewer.TokenFile = config.NewSecret("new"), "/run/token"
		}, []string{"teamviewer.token", "teamviewer.token_file"}, nil},
		"a list":      {func(c *config.Config) { c.Users.Keep = nil }, []string{"users.keep"}, nil},
		"the mode":    {func(c *config.Config) { c.Auth.Mode = config.AuthToken }, nil, []string{"auth.mode"}},
		"of each one": {func(c *config.Config) { c.Store.Path, c.Log.Level = "x", "warn" }, []string{"log.level"}, []string{"store.path"}},
	} {
		next := settings(test.change)
		now, changed, waiting := running.Reloaded(next)
		if !slices.Equal(changed, test.changed) || !slices.Equal(waiting, test.waiting) {
			t.Errorf("%s: changed %v, waiting %v, want %v and %v", name, changed, waiting, test.changed, test.waiting)
		}
		if _, left, still := now.Reloaded(next); len(left) > 0 || !slices.Equal(still, test.waiting) {
			t.Errorf("%s: %v and %v are not taken over", name, left, still)
		}
		if _, left, still := now.Reloaded(running); !slices.Equal(left, test.changed) || len(still) > 0 {
			t.Errorf("%s: %v are taken over, and %v too, which need a restart", name, left, still)
		}
	}
}
