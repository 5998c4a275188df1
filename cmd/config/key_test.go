package config_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
)

// The list is written out once more, by hand: a key that is renamed breaks every deployment, so it
// must not change by renaming a field.
func TestKeys(t *testing.T) {
	t.Parallel()
	want := []config.Key{
		{Path: "listen", Env: "TVSCIM_LISTEN", Default: "127.0.0.1:8080"},
		{Path: "admin_listen", Env: "TVSCIM_ADMIN_LISTEN", Default: "127.0.0.1:9090"},
		{Path: "base_path", Env: "TVSCIM_BASE_PATH", Default: "/scim/v2"},
		{Path: "public_url", Env: "TVSCIM_PUBLIC_URL"},
		{Path: "trusted_proxies", Env: "TVSCIM_TRUSTED_PROXIES", Default: ""},
		{Path: "tls.cert_file", Env: "TVSCIM_TLS_CERT_FILE", Default: ""},
		{Path: "tls.key_file", Env: "TVSCIM_TLS_KEY_FILE", Default: ""},
		{Path: "tls.client_ca_file", Env: "TVSCIM_TLS_CLIENT_CA_FILE", Default: ""},
		{Path: "tls.acme.domains", Env: "TVSCIM_TLS_ACME_DOMAINS", Default: ""},
		{Path: "tls.acme.email", Env: "TVSCIM_TLS_ACME_EMAIL", Default: ""},
		{Path: "tls.acme.cache", Env: "TVSCIM_TLS_ACME_CACHE", Default: ""},
		{Path: "tls.acme.directory_url", Env: "TVSCIM_TLS_ACME_DIRECTORY_URL", Default: "https://acme-v02.api.letsencrypt.org/directory"},
		{Path: "auth.mode", Env: "TVSCIM_AUTH_MODE", Default: "passthrough"},
		{Path: "auth.tokens", Env: "TVSCIM_AUTH_TOKENS", Default: "[]"},
		{Path: "admin.tokens", Env: "TVSCIM_ADMIN_TOKENS", Default: "[]"},
		{Path: "teamviewer.base_url", Env: "TVSCIM_TEAMVIEWER_BASE_URL", Default: "https://webapi.teamviewer.com"},
		{Path: "teamviewer.token", Env: "TVSCIM_TEAMVIEWER_TOKEN", Secret: true},
		{Path: "teamviewer.token_file", Env: "TVSCIM_TEAMVIEWER_TOKEN_FILE"},
		{Path: "teamviewer.timeout", Env: "TVSCIM_TEAMVIEWER_TIMEOUT", Default: "20s"},
		{Path: "teamviewer.max_wait", Env: "TVSCIM_TEAMVIEWER_MAX_WAIT", Default: "15s"},
		{Path: "teamviewer.max_concurrent", Env: "TVSCIM_TEAMVIEWER_MAX_CONCURRENT", Default: "8"},
		{Path: "teamviewer.calls_per_day", Env: "TVSCIM_TEAMVIEWER_CALLS_PER_DAY", Default: "0"},
		{Path: "cache.ids", Env: "TVSCIM_CACHE_IDS", Default: "250000"},
		{Path: "cache.users_max_age", Env: "TVSCIM_CACHE_USERS_MAX_AGE", Default: "1m"},
		{Path: "cache.groups_max_age", Env: "TVSCIM_CACHE_GROUPS_MAX_AGE", Default: "5m"},
		{Path: "store.path", Env: "TVSCIM_STORE_PATH"},
		{Path: "store.url", Env: "TVSCIM_STORE_URL", Secret: true},
		{Path: "store.url_file", Env: "TVSCIM_STORE_URL_FILE"},
		{Path: "store.forget_after", Env: "TVSCIM_STORE_FORGET_AFTER", Default: "720h"},
		{Path: "users.on_delete", Env: "TVSCIM_USERS_ON_DELETE", Default: "deactivate"},
		{Path: "users.language", Env: "TVSCIM_USERS_LANGUAGE", Default: "en"},
		{Path: "users.sso_customer_id", Env: "TVSCIM_USERS_SSO_CUSTOMER_ID", Secret: true},
		{Path: "users.sso_customer_id_file", Env: "TVSCIM_USERS_SSO_CUSTOMER_ID_FILE"},
		{Path: "users.accept_password", Env: "TVSCIM_USERS_ACCEPT_PASSWORD", Default: "false"},
		{Path: "users.keep", Env: "TVSCIM_USERS_KEEP", Default: ""},
		{Path: "protect.token_owner", Env: "TVSCIM_PROTECT_TOKEN_OWNER", Default: "true"},
		{Path: "protect.emails", Env: "TVSCIM_PROTECT_EMAILS", Default: ""},
		{Path: "protect.groups", Env: "TVSCIM_PROTECT_GROUPS", Default: ""},
		{Path: "guard.enabled", Env: "TVSCIM_GUARD_ENABLED", Default: "true"},
		{Path: "guard.max_share", Env: "TVSCIM_GUARD_MAX_SHARE", Default: "20%"},
		{Path: "guard.max_removals", Env: "TVSCIM_GUARD_MAX_REMOVALS", Default: "0"},
		{Path: "guard.window", Env: "TVSCIM_GUARD_WINDOW", Default: "24h"},
		{Path: "dry_run", Env: "TVSCIM_DRY_RUN", Default: "false"},
		{Path: "alert.webhook", Env: "TVSCIM_ALERT_WEBHOOK", Secret: true},
		{Path: "alert.webhook_file", Env: "TVSCIM_ALERT_WEBHOOK_FILE"},
		{Path: "changelog.path", Env: "TVSCIM_CHANGELOG_PATH"},
		{Path: "changelog.max_size", Env: "TVSCIM_CHANGELOG_MAX_SIZE", Default: "100MiB"},
		{Path: "changelog.max_age", Env: "TVSCIM_CHANGELOG_MAX_AGE", Default: "24h"},
		{Path: "changelog.keep", Env: "TVSCIM_CHANGELOG_KEEP", Default: "8760h"},
		{Path: "log.level", Env: "TVSCIM_LOG_LEVEL", Default: "info"},
		{Path: "log.format", Env: "TVSCIM_LOG_FORMAT", Default: "auto"},
		{Path: "limits.max_body", Env: "TVSCIM_LIMITS_MAX_BODY", Default: "1MiB"},
		{Path: "limits.request_timeout", Env: "TVSCIM_LIMITS_REQUEST_TIMEOUT", Default: "1m"},
		{Path: "limits.page", Env: "TVSCIM_LIMITS_PAGE", Default: "100"},
		{Path: "limits.max_page", Env: "TVSCIM_LIMITS_MAX_PAGE", Default: "1000"},
		{Path: "limits.connections", Env: "TVSCIM_LIMITS_CONNECTIONS", Default: "512"},
		{Path: "limits.bulk_operations", Env: "TVSCIM_LIMITS_BULK_OPERATIONS", Default: "1000"},
	}
	if diff := cmp.Diff(want, config.Keys()); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// Two keys such as a.b_c and a_b.c would share a variable.
func TestEnvironmentNamesAreUnique(t *testing.T) {
	t.Parallel()
	var names []string
	for _, key := range config.Keys() {
		names = append(names, key.Env)
	}
	slices.Sort(names)
	if unique := slices.Compact(slices.Clone(names)); len(unique) != len(names) {
		t.Errorf("%d names for %d keys", len(unique), len(names))
	}
}

// Every default, written into its variable, must give the default again.
func TestDefaultsCanBeWritten(t *testing.T) {
	t.Parallel()
	var environ []string
	for _, key := range config.Keys() {
		environ = append(environ, key.Env+"="+key.Default)
	}
	got, err := config.Load("", environ)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(config.Default(), got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// Every key must have its say: a wrong value in its variable, or any for a switch, must be noticed.
func TestEveryVariableIsRead(t *testing.T) {
	t.Parallel()
	for _, key := range config.Keys() {
		t.Run(key.Path, func(t *testing.T) {
			t.Parallel()
			value := "\x00 not any value"
			got, err := config.Load("", []string{key.Env + "=" + value})
			switch {
			case err != nil && !strings.Contains(err.Error(), key.Path):
				t.Errorf("only other keys are named: %v", err)
			case err == nil && cmp.Equal(got, config.Default()):
				t.Error("the variable changed nothing")
			}
		})
	}
}
