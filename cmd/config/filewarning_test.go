package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
)

// TestFileWarnings: files with secrets or personal data cause a warning if all users can read them.
func TestFileWarnings(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		settings string // of the file; DIR stands for the directory
		environ  []string
		modes    map[string]os.FileMode
		want     []string
	}{
		"no secret in the settings": {"log: {level: debug}", nil, map[string]os.FileMode{"config.yaml": 0o644}, nil},
		"a secret in the settings": {"users: {sso_customer_id: '42'}", nil, map[string]os.FileMode{"config.yaml": 0o644}, []string{
			"settings file: every user of this machine can read DIR/config.yaml (mode 0644); it contains a secret; set mode 640 with the group of the user that tvscim runs as, or move the secret to a separate file",
		}},
		"readable by its group":       {"users: {sso_customer_id: '42'}", nil, map[string]os.FileMode{"config.yaml": 0o640}, nil},
		"a secret in the environment": {"log: {level: debug}", []string{"TVSCIM_USERS_SSO_CUSTOMER_ID=42"}, map[string]os.FileMode{"config.yaml": 0o644}, nil},
		"files of secrets and the store": {
			"users: {sso_customer_id_file: DIR/sso}\nstore: {path: DIR/links.db}", nil,
			map[string]os.FileMode{"config.yaml": 0o644, "sso": 0o604, "links.db": 0o666},
			[]string{
				"users.sso_customer_id_file: every user of this machine can read DIR/sso (mode 0604); set mode 640 with the group of the user that tvscim runs as, with systemd hand it over by LoadCredential, or in Kubernetes set defaultMode: 0440 for the volume",
				"store.path: every user of this machine can read DIR/links.db (mode 0666); if it is a store, it contains personal data: set mode 600",
			},
		},
		"a token file": {
			"auth: {mode: token, tokens: [{name: a, sha256: " + entraHash + "}]}\nteamviewer: {token_file: DIR/token}", nil,
			map[string]os.FileMode{"config.yaml": 0o600, "token": 0o644},
			[]string{"teamviewer.token_file: every user of this machine can read DIR/token (mode 0644); set mode 640 with the group of the user that tvscim runs as, with systemd hand it over by LoadCredential, or in Kubernetes set defaultMode: 0440 for the volume"},
		},
		"the URL of a database": {
			"store: {url_file: DIR/url}", nil, map[string]os.FileMode{"config.yaml": 0o600, "url": 0o644},
			[]string{"store.url_file: every user of this machine can read DIR/url (mode 0644); set mode 640 with the group of the user that tvscim runs as, with systemd hand it over by LoadCredential, or in Kubernetes set defaultMode: 0440 for the volume"},
		},
		"a key of TLS": {
			"tls: {cert_file: DIR/cert.pem, key_file: DIR/key.pem}", nil,
			map[string]os.FileMode{"config.yaml": 0o600, "cert.pem": 0o644, "key.pem": 0o644},
			[]string{"tls.key_file: every user of this machine can read DIR/key.pem (mode 0644); set mode 640 with the group of the user that tvscim runs as, with systemd hand it over by LoadCredential, or in Kubernetes set defaultMode: 0440 for the volume"},
		},
		"all closed": {
			"users: {sso_customer_id_file: DIR/sso}\nstore: {path: DIR/links.db}", nil,
			map[string]os.FileMode{"config.yaml": 0o600, "sso": 0o640, "links.db": 0o600}, nil,
		},
		"a store that is not yet made": {"store: {path: DIR/links.db}", nil, map[string]os.FileMode{"config.yaml": 0o600}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			for file, mode := range test.modes {
				text := "content"
				if file == "url" {
					text = "postgres://db.example.com/tvscim"
				}
				if file == "config.yaml" {
					text = strings.ReplaceAll(test.settings, "DIR", dir)
				}
				path := filepath.Join(dir, file)
				if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := os.Chmod(path, mode); err != nil {
					t.Fatal(err)
				}
			}
			path := filepath.Join(dir, "config.yaml")
			c, err := config.Load(path, test.environ)
			if err != nil {
				t.Fatal(err)
			}
			var want []string
			for _, line := range test.want {
				want = append(want, strings.ReplaceAll(line, "DIR", dir))
			}
			if diff := cmp.Diff(want, c.FileWarnings(path)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestFileWarningsWithoutAFile(t *testing.T) {
	t.Parallel()
	if got := config.Default().FileWarnings(""); got != nil {
		t.Errorf("got %q", got)
	}
}

// TestTokenProblem: what may stand before a token is named, and the token is not shown.
func TestTokenProblem(t *testing.T) {
	t.Parallel()
	const bearer, characters = `must be the token only; remove the word "Bearer" before it`, "must be printable ASCII without spaces; copy the token again, on one line"
	for text, want := range map[string]string{
		"": "", canary: "", "Bearer": "", "bearer-" + canary: "",
		"Bearer " + canary: bearer, "bearer\t" + canary: bearer, " BEARER  " + canary: bearer, "Bearer: " + canary: bearer,
		"Authorization: Bearer " + canary: bearer, canary + " " + canary: characters, canary + "\n": characters, "tökén": characters,
	} {
		if got := config.TokenProblem(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
