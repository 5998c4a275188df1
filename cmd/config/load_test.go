package config_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
)

// entraHash is the SHA-256 of "entra-token", oktaHash of "okta-token".
const (
	entraHash = "80a594e32889208afa4a4ff4f323c0f7d9ba45e53440daec5141965f65b53600"
	oktaHash  = "ea271239d2a052e9ed86c7804db6ce819c267da3b2d37ea17438d836874e7009"
)

// writeFile puts a settings file into a directory of the test's own.
func writeFile(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// digest reads a hash that the test knows to be good.
func digest(t *testing.T, hash string) (d config.Digest) {
	t.Helper()
	if err := d.UnmarshalText([]byte(hash)); err != nil {
		t.Fatal(err)
	}
	return d
}

func TestLoadWithoutAnythingIsDefault(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"empty file":         "",
		"comments only":      "# nothing\n",
		"empty document":     "---\n",
		"explicit end":       "---\n...\n",
		"null":               "null\n",
		"empty mapping":      "{}\n",
		"sections commented": "auth:\n  # mode: token\nlog:\n",
		"list commented":     "auth:\n  tokens:\n    # - {name: entra}\nusers: {keep: }\n",
		"byte order mark":    "\ufefflog: {level: info}\n",
		"carriage returns":   "log:\r\n  level: info\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := config.Load(writeFile(t, text), nil)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(config.Default(), got); diff != "" {
				t.Errorf("not the default (-want +got):\n%s", diff)
			}
		})
	}
	t.Run("no file", func(t *testing.T) {
		t.Parallel()
		got, err := config.Load("", []string{"HOME=/root", "TVSCIMISH=x", "tvscim_listen=:1", "=C:=C:\\"})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(config.Default(), got); diff != "" {
			t.Errorf("not the default (-want +got):\n%s", diff)
		}
	})
}

func TestLoadReadsEveryKey(t *testing.T) {
	t.Parallel()
	got, err := config.Load("testdata/valid-all.yml", nil)
	if err != nil {
		t.Fatal(err)
	}
	want := config.Config{
		Listen:      "[::1]:8443",
		AdminListen: "localhost:9443",
		BasePath:    "/tv/scim",
		PublicURL:   "https://tv.example.com:8443",

		TrustedProxies: []string{"10.0.0.0/8", "::1"},
		TLS: config.TLS{
			CertFile: "/etc/tvscim/cert.pem", KeyFile: "/etc/tvscim/key.pem", ClientCAFile: "/etc/tvscim/ca.pem",
			ACME: config.ACME{DirectoryURL: "https://acme.example.com/dir"},
		},
		Auth: config.Auth{
			Mode: config.AuthToken,
			Tokens: []config.Token{
				{Name: "entra", SHA256: digest(t, entraHash), Expires: time.Date(2097, 6, 30, 0, 0, 0, 0, time.UTC)},
				{Name: "okta", SHA256: digest(t, oktaHash)},
			},
		},
		TeamViewer: config.TeamViewer{
			BaseURL:       "http://127.0.0.1:8081",
			Token:         config.NewSecret("*123-abc"),
			Timeout:       1500 * time.Millisecond,
			MaxWait:       4 * time.Second,
			MaxConcurrent: 3,
			CallsPerDay:   36_000,
		},
		Cache: config.Cache{IDs: 100, UsersMaxAge: 2 * time.Second, GroupsMaxAge: 3 * time.Hour},
		Store: config.Store{Path: "/data/links.db", ForgetAfter: 48 * time.Hour},
		Users: config.Users{
			OnDelete:       config.OnDeleteRemove,
			Language:       "no",
			SSOCustomerID:  config.NewSecret("0042"),
			AcceptPassword: true,
			Keep: []string{
				"title", "roles", "x$y-z_1",
				"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department",
			},
		},
		Protect:   config.Protect{TokenOwner: false, Emails: []string{"*@admins.example.com", "boss@example.com"}, Groups: []string{"TV Admins"}},
		Guard:     config.Guard{MaxShare: 7, MaxRemovals: 50, Window: 12 * time.Hour},
		DryRun:    true,
		Alert:     config.Alert{Webhook: config.NewSecret("https://hooks.example.com/services/T0/s3cret?x=1")},
		Changelog: config.Changelog{Path: "-", MaxSize: 5 * config.MiB, Keep: 48 * time.Hour},
		Log:       config.Log{Level: config.LogDebug, Format: config.LogConsole},
		Limits: config.Limits{
			MaxBody:        512 * config.KiB,
			RequestTimeout: 90 * time.Second,
			Page:           50,
			MaxPage:        50,
			Connections:    64,
			BulkOperations: 20,
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("settings (-want +got):\n%s", diff)
	}
}

// A file that reaches every key must not leave one at its default, or the test above could pass on
// a key that is never read.
func TestValidAllDiffersFromDefaultEverywhere(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("testdata/valid-all.yml")
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range config.Keys() {
		if strings.HasSuffix(key.Path, "_file") {
			continue // Stands instead of the secret, never beside it.
		}
		name := key.Path[strings.LastIndex(key.Path, ".")+1:]
		if !strings.Contains(string(data), name+":") {
			t.Errorf("testdata/valid-all.yml does not set %s", key.Path)
		}
	}
}

func TestLoadMissingFile(t *testing.T) {
	t.Parallel()
	_, err := config.Load(filepath.Join(t.TempDir(), "absent.yaml"), nil)
	if !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("got %v, want one that is fs.ErrNotExist", err)
	}
	if _, ok := errors.AsType[config.Problems](err); ok {
		t.Error("a missing file is reported as wrong settings")
	}
	if !strings.HasPrefix(err.Error(), "settings file: ") {
		t.Errorf("%q does not name the thing first", err)
	}
}

func TestLoadHugeFile(t *testing.T) {
	t.Parallel()
	_, err := config.Load(writeFile(t, strings.Repeat("# padding\n", 200_000)), nil)
	if err == nil || !strings.Contains(err.Error(), "larger than 1MiB") {
		t.Fatalf("got %v, want a refusal that names the bound", err)
	}
}

func TestLoadReturnsNothingBesideProblems(t *testing.T) {
	t.Parallel()
	got, err := config.Load(writeFile(t, "listen: 127.0.0.1:1\nlog: {level: loud}\n"), nil)
	problems, ok := errors.AsType[config.Problems](err)
	if !ok {
		t.Fatalf("got %v, want Problems", err)
	}
	want := config.Problems{{Key: "log.level", Line: 2, Message: "must be debug, info, warn or error"}}
	if diff := cmp.Diff(want, problems); diff != "" {
		t.Errorf("problems (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(config.Config{}, got); diff != "" {
		t.Errorf("half-read settings came back:\n%s", diff)
	}
}

func TestLoadSecretFile(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"plain":           "hunter2",
		"newline":         "hunter2\n",
		"carriage return": "hunter2\r\n",
		"several":         "hunter2\n\n\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			secret := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(secret, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			got, err := config.Load("testdata/valid-token-mode.yml", []string{
				"TVSCIM_TEAMVIEWER_TOKEN_FILE=" + secret,
				"TVSCIM_USERS_SSO_CUSTOMER_ID_FILE=" + secret,
			})
			if err != nil {
				t.Fatal(err)
			}
			if token := got.TeamViewer.Token.Reveal(); token != "hunter2" {
				t.Errorf("token %q, want hunter2", token)
			}
			if id := got.Users.SSOCustomerID.Reveal(); id != "hunter2" {
				t.Errorf("ssoCustomerId %q, want hunter2", id)
			}
			if err := got.Validate(); err != nil {
				t.Errorf("what Load returned is not valid: %v", err)
			}
		})
	}
}

func TestLoadKeepsInnerSpacesOfSecrets(t *testing.T) {
	t.Parallel()
	secret := filepath.Join(t.TempDir(), "sso")
	if err := os.WriteFile(secret, []byte("  two words \n"), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := config.Load("", []string{"TVSCIM_USERS_SSO_CUSTOMER_ID_FILE=" + secret})
	if err != nil {
		t.Fatal(err)
	}
	if id := got.Users.SSOCustomerID.Reveal(); id != "  two words " {
		t.Errorf("got %q", id)
	}
}
