package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
)

func TestEnvironment(t *testing.T) {
	t.Parallel()
	tokens := []config.Token{
		{Name: "entra", SHA256: digest(t, entraHash), Expires: time.Date(2097, 6, 30, 0, 0, 0, 0, time.UTC)},
		{Name: "okta", SHA256: digest(t, oktaHash)},
	}
	tokenMode := func(c *config.Config) {
		c.Auth = config.Auth{Mode: config.AuthToken, Tokens: tokens}
		c.TeamViewer.Token = config.NewSecret("tv")
	}
	const (
		flowTokens = "TVSCIM_AUTH_TOKENS=[{name: entra, sha256: " + entraHash + ", expires: 2097-06-30T00:00:00Z}, {name: okta, sha256: " + oktaHash + "}]"
		jsonTokens = `TVSCIM_AUTH_TOKENS=[{"name":"entra","sha256":"` + entraHash + `","expires":"2097-06-30T00:00:00Z"},{"name":"okta","sha256":"` + oktaHash + `"}]`
	)
	tests := []struct {
		name    string
		file    string
		environ []string
		want    func(*config.Config)
	}{
		{
			name:    "text",
			environ: []string{"TVSCIM_LISTEN=0.0.0.0:8080"},
			want:    func(c *config.Config) { c.Listen = "0.0.0.0:8080" },
		},
		{
			name:    "wins over the file",
			file:    "listen: 127.0.0.1:1\nbase_path: /file\n",
			environ: []string{"TVSCIM_LISTEN=127.0.0.1:2"},
			want:    func(c *config.Config) { c.Listen, c.BasePath = "127.0.0.1:2", "/file" },
		},
		{
			name:    "empty text clears",
			file:    "public_url: https://tv.example.com\n",
			environ: []string{"TVSCIM_PUBLIC_URL="},
			want:    func(*config.Config) {},
		},
		{
			name:    "nested names",
			environ: []string{"TVSCIM_TEAMVIEWER_BASE_URL=http://[::1]:81", "TVSCIM_USERS_ON_DELETE=delete"},
			want: func(c *config.Config) {
				c.TeamViewer.BaseURL, c.Users.OnDelete = "http://[::1]:81", config.OnDeleteDelete
			},
		},
		{
			name: "numbers, sizes, durations, switches",
			environ: []string{
				"TVSCIM_CACHE_IDS=700", "TVSCIM_LIMITS_MAX_BODY=2MiB",
				"TVSCIM_CACHE_USERS_MAX_AGE=90s", "TVSCIM_PROTECT_TOKEN_OWNER=false",
			},
			want: func(c *config.Config) {
				c.Cache.IDs, c.Limits.MaxBody = 700, 2*config.MiB
				c.Cache.UsersMaxAge, c.Protect.TokenOwner = 90*time.Second, false
			},
		},
		{
			name:    "an equals sign in a value",
			environ: []string{"TVSCIM_USERS_SSO_CUSTOMER_ID=a=b=="},
			want:    func(c *config.Config) { c.Users.SSOCustomerID = config.NewSecret("a=b==") },
		},
		{
			name:    "list of words",
			environ: []string{"TVSCIM_USERS_KEEP=title, roles"},
			want:    func(c *config.Config) { c.Users.Keep = []string{"title", "roles"} },
		},
		{
			name:    "a shorter list replaces the file's, and its lines",
			file:    "users:\n  keep: [title, roles, nickName]\n",
			environ: []string{"TVSCIM_USERS_KEEP=*"},
			want:    func(c *config.Config) { c.Users.Keep = []string{"*"} },
		},
		{
			name:    "an empty list replaces the file's",
			file:    "users:\n  keep: [title]\n",
			environ: []string{"TVSCIM_USERS_KEEP= "},
			want:    func(*config.Config) {},
		},
		{
			name:    "tokens as YAML",
			environ: []string{"TVSCIM_AUTH_MODE=token", flowTokens, "TVSCIM_TEAMVIEWER_TOKEN=tv"},
			want:    tokenMode,
		},
		{
			name:    "tokens as JSON over the file's",
			file:    "auth:\n  mode: token\n  tokens: [{name: old, sha256: " + oktaHash + "}]\n",
			environ: []string{jsonTokens, "TVSCIM_TEAMVIEWER_TOKEN=tv"},
			want:    tokenMode,
		},
		{
			name:    "tokens emptied for passthrough",
			file:    "auth:\n  tokens: [{name: old, sha256: " + oktaHash + "}]\n",
			environ: []string{"TVSCIM_AUTH_TOKENS="},
			want:    func(*config.Config) {},
		},
		{
			name:    "tokens emptied by an empty list",
			file:    "auth:\n  tokens: [{name: old, sha256: " + oktaHash + "}]\n",
			environ: []string{"TVSCIM_AUTH_TOKENS=[]"},
			want:    func(*config.Config) {},
		},
		{
			name: "an empty secret in the file is none",
			file: "auth: {mode: token}\nteamviewer: {token: \"\", token_file: \"\"}\n",
			environ: []string{
				flowTokens, "TVSCIM_TEAMVIEWER_TOKEN=tv",
			},
			want: tokenMode,
		},
		{
			name:    "an empty secret in the environment clears the file's",
			file:    "teamviewer: {token: tv}\n",
			environ: []string{"TVSCIM_TEAMVIEWER_TOKEN="},
			want:    func(*config.Config) {},
		},
		{
			name: "Kubernetes service links are not ours",
			environ: []string{
				"TVSCIM_SERVICE_HOST=10.0.0.7", "TVSCIM_SERVICE_PORT=8080", "TVSCIM_SERVICE_PORT_HTTP=8080",
				"TVSCIM_PORT=tcp://10.0.0.7:8080", "TVSCIM_PORT_8080_TCP=tcp://10.0.0.7:8080",
				"TVSCIM_PORT_8080_TCP_PROTO=tcp", "TVSCIM_PORT_8080_TCP_PORT=8080", "TVSCIM_PORT_8080_TCP_ADDR=10.0.0.7",
				"TVSCIM_ADMIN_SERVICE_HOST=10.0.0.8", "TVSCIM_ADMIN_PORT=tcp://10.0.0.8:9090", "TVSCIM_ADMIN_PORT_9090_TCP=tcp://10.0.0.8:9090",
			},
			want: func(*config.Config) {},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Load(writeFile(t, tt.file), tt.environ)
			if err != nil {
				t.Fatal(err)
			}
			want := config.Default()
			tt.want(&want)
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("settings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEnvironmentProblems(t *testing.T) {
	t.Parallel()
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name    string
		file    string
		environ []string
		want    []string
	}{
		{
			name:    "unknown",
			environ: []string{"TVSCIM_LISTNE=hunter2", "TVSCIM_COLOUR=hunter2", "TVSCIM_=hunter2"},
			want: []string{
				"TVSCIM_: unknown variable; remove it, or correct its name",
				"TVSCIM_COLOUR: unknown variable; remove it, or correct its name",
				"TVSCIM_LISTNE: unknown variable; did you mean TVSCIM_LISTEN?",
			},
		},
		{
			name:    "keys without an effect yet",
			environ: []string{"TVSCIM_STORE_REDIS_URL=redis://127.0.0.1", "TVSCIM_TENANTS=true"},
			want:    []string{"TVSCIM_STORE_REDIS_URL: unknown variable; remove it, or correct its name", "TVSCIM_TENANTS: unknown variable; remove it, or correct its name"},
		},
		{
			name:    "TVSCIM_PORT with a number",
			environ: []string{"TVSCIM_PORT=8080"},
			want:    []string{"TVSCIM_PORT: unknown variable; remove it, or correct its name"},
		},
		{
			name:    "every bad value at once, with the file's",
			file:    "limits:\n  page: many\n",
			environ: []string{"TVSCIM_CACHE_IDS=some", "TVSCIM_LOG_LEVEL=loud", "TVSCIM_TEAMVIEWER_TIMEOUT="},
			want: []string{
				"limits.page: line 2: must be a whole number, such as 8",
				"cache.ids: TVSCIM_CACHE_IDS: must be a whole number, such as 8",
				"log.level: TVSCIM_LOG_LEVEL: must be debug, info, warn or error",
				"teamviewer.timeout: TVSCIM_TEAMVIEWER_TIMEOUT: not a duration; write a number with ms, s, m or h, such as 20s",
			},
		},
		{
			name:    "the origin is the winner's",
			file:    "log:\n  level: loud\n",
			environ: []string{"TVSCIM_LOG_LEVEL=louder"},
			want:    []string{"log.level: TVSCIM_LOG_LEVEL: must be debug, info, warn or error"},
		},
		{
			name:    "a secret in both places",
			file:    "users:\n  sso_customer_id: hunter2\n",
			environ: []string{"TVSCIM_USERS_SSO_CUSTOMER_ID=hunter2"},
			want:    []string{"users.sso_customer_id: TVSCIM_USERS_SSO_CUSTOMER_ID: is set here and in the file; remove one of them"},
		},
		{
			name:    "a secret beside its file",
			environ: []string{"TVSCIM_USERS_SSO_CUSTOMER_ID=hunter2", "TVSCIM_USERS_SSO_CUSTOMER_ID_FILE=" + empty},
			want:    []string{"users.sso_customer_id_file: TVSCIM_USERS_SSO_CUSTOMER_ID_FILE: is set in addition to users.sso_customer_id (TVSCIM_USERS_SSO_CUSTOMER_ID); remove one of them"},
		},
		{
			name:    "a file of the environment beside a URL of the file",
			file:    "store:\n  url: postgres://tvscim@db.example.com/tvscim\n",
			environ: []string{"TVSCIM_STORE_PATH=/var/lib/tvscim/links.db"},
			want:    []string{"store.url: line 2: is set in addition to store.path (TVSCIM_STORE_PATH); remove one of them"},
		},
		{
			name:    "a secret's file that is empty",
			environ: []string{"TVSCIM_USERS_SSO_CUSTOMER_ID_FILE=" + empty},
			want:    []string{"users.sso_customer_id_file: TVSCIM_USERS_SSO_CUSTOMER_ID_FILE: " + empty + " is empty; write the value into it"},
		},
		{
			name:    "tokens that are not YAML",
			environ: []string{"TVSCIM_AUTH_MODE=token", "TVSCIM_TEAMVIEWER_TOKEN=tv", "TVSCIM_AUTH_TOKENS=[{name: hunter2"},
			want:    []string{"auth.tokens: TVSCIM_AUTH_TOKENS: not valid YAML: did not find expected ',' or '}'; check its brackets, quotes and commas"},
		},
		{
			name:    "tokens that begin with an asterisk",
			environ: []string{"TVSCIM_AUTH_TOKENS=*hunter2"},
			want:    []string{"auth.tokens: TVSCIM_AUTH_TOKENS: not valid YAML: a value that begins with an asterisk must be quoted"},
		},
		{
			name:    "tokens that are a word",
			environ: []string{"TVSCIM_AUTH_TOKENS=hunter2"},
			want:    []string{"auth.tokens: TVSCIM_AUTH_TOKENS: must be a list; write its entries in brackets, or in lines that begin with a hyphen"},
		},
		{
			name: "tokens with odd entries carry no line",
			environ: []string{
				"TVSCIM_AUTH_MODE=token", "TVSCIM_TEAMVIEWER_TOKEN=tv",
				"TVSCIM_AUTH_TOKENS=[{name: entra,\n sha256: hunter2}, {nam: x, sha256: " + oktaHash + "}, {name: a, name: b, sha256: " + entraHash + "}]",
			},
			want: []string{
				"auth.tokens[0].sha256: TVSCIM_AUTH_TOKENS: not a SHA-256 hash, which has 64 hexadecimal digits; make it with: printf %s \"$TOKEN\" | sha256sum",
				"auth.tokens[1].nam: TVSCIM_AUTH_TOKENS: unknown key; did you mean auth.tokens[1].name?",
				"auth.tokens[1].name: TVSCIM_AUTH_TOKENS: must be 1 to 64 letters, digits, dots, hyphens or underscores",
				"auth.tokens[2].name: TVSCIM_AUTH_TOKENS: is set twice; remove one of them",
			},
		},
		{
			name:    "tokens in two documents",
			environ: []string{"TVSCIM_AUTH_TOKENS=[]\n---\n[]"},
			want:    []string{"auth.tokens: TVSCIM_AUTH_TOKENS: a second YAML document begins; remove it"},
		},
		{
			name:    "what is missing is not asked for when the file cannot be read",
			file:    "auth: {mode: token\n",
			environ: []string{"TVSCIM_AUTH_MODE=token"},
			want:    []string{"line 1: not valid YAML: did not find expected ',' or '}'; check brackets and quotes, and the indentation of this line and the next: keys of one section begin in the same column"},
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := config.Load(writeFile(t, tt.file), tt.environ)
			if err == nil {
				t.Fatal("no error")
			}
			if diff := cmp.Diff(tt.want, strings.Split(err.Error(), "\n")); diff != "" {
				t.Errorf("problems (-want +got):\n%s", diff)
			}
		})
	}
}

// TestEmptyVariable: it takes a value of the file away, such as the path that a unit or an image
// sets.
func TestEmptyVariable(t *testing.T) {
	t.Parallel()
	c, err := config.Load(writeFile(t, "store: {path: links.db, url: postgres://tvscim@db.example.com/tvscim}\n"), []string{"TVSCIM_STORE_PATH="})
	if err != nil || c.Store.Path != "" || c.Store.URL.IsZero() {
		t.Errorf("store %v, %v", c.Store, err)
	}
}
