package config_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"
	"go.yaml.in/yaml/v3"

	"tvscim/cmd/config"
)

// secretConfig holds the canary in every secret.
func secretConfig() config.Config {
	c := config.Default()
	c.TeamViewer.Token = config.NewSecret(canary)
	c.Users.SSOCustomerID = config.NewSecret(canary)
	return c
}

// printed returns v in every way that Go, JSON and YAML print a value.
func printed(t *testing.T, v any) map[string]string {
	t.Helper()
	out := make(map[string]string)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%t", "%p", "%T"} {
		out[verb] = fmt.Sprintf(verb, v)
	}
	out["Sprint"] = fmt.Sprint(v)
	out["Errorf"] = fmt.Errorf("settings: %v", v).Error()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	out["json"] = string(text)
	if text, err = yaml.Marshal(v); err != nil {
		t.Fatal(err)
	}
	out["yaml"] = string(text)
	return out
}

// leaks reports whether text shows the canary, plainly or as hexadecimal digits.
func leaks(text string) bool {
	return strings.Contains(text, canary) || strings.Contains(strings.ToLower(text), fmt.Sprintf("%x", canary))
}

func TestSecretsAreNeverPrinted(t *testing.T) {
	t.Parallel()
	c := secretConfig()
	for name, v := range map[string]any{
		"secret":         c.TeamViewer.Token,
		"pointer":        &c.TeamViewer.Token,
		"section":        c.TeamViewer,
		"config":         c,
		"config pointer": &c,
		"slice":          []config.Secret{c.TeamViewer.Token},
		"map":            map[string]any{"token": c.TeamViewer.Token},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for how, text := range printed(t, v) {
				if leaks(text) {
					t.Errorf("%s shows the secret: %s", how, text)
				}
			}
		})
	}
}

func TestSecretsAreNeverLogged(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zapcore.DebugLevel)
	c := secretConfig()
	var slogged strings.Builder
	zap.New(core).Sugar().Infow("start", "config", c, "token", c.TeamViewer.Token)
	zap.New(core).Info("start", zap.Any("config", c), zap.Stringer("token", c.TeamViewer.Token))
	slog.New(slog.NewJSONHandler(&slogged, nil)).Info("start", "config", c, "token", c.TeamViewer.Token)
	slog.New(slog.NewTextHandler(&slogged, nil)).Info("start", "config", c, "token", c.TeamViewer.Token)

	encoder := zapcore.NewJSONEncoder(zap.NewProductionEncoderConfig())
	for _, entry := range logs.All() {
		line, err := encoder.EncodeEntry(entry.Entry, entry.Context)
		if err != nil {
			t.Fatal(err)
		}
		if leaks(line.String()) {
			t.Errorf("zap shows the secret: %s", line)
		}
	}
	if leaks(slogged.String()) {
		t.Errorf("slog shows the secret: %s", slogged.String())
	}
}

func TestSecretPrints(t *testing.T) {
	t.Parallel()
	set, unset := config.NewSecret(canary), config.Secret{}
	for _, verb := range []string{"%v", "%s", "%q", "%x", "%d", "%#v", "%+v"} {
		if got := fmt.Sprintf(verb, set); got != "<secret>" {
			t.Errorf("%s of a secret is %q", verb, got)
		}
		if got := fmt.Sprintf(verb, unset); got != "" {
			t.Errorf("%s of no secret is %q, want nothing", verb, got)
		}
	}
	if got := set.GoString(); got != "<secret>" {
		t.Errorf("GoString gives %q", got)
	}
	if got := set.Reveal(); got != canary {
		t.Errorf("Reveal gives %q", got)
	}
	if set.IsZero() || !unset.IsZero() || !config.NewSecret("").IsZero() {
		t.Error("IsZero does not tell a secret from none")
	}
	if !set.Equal(config.NewSecret(canary)) || set.Equal(unset) {
		t.Error("Equal does not compare values")
	}
}

// A secret that is written where it does not belong is refused, and the refusal must not show it
// either.
func TestMisplacedSecretsAreNotShown(t *testing.T) {
	t.Parallel()
	scalars := []string{canary, "'" + canary + "'", "*" + canary, "!" + canary, "{" + canary + ": x, " + canary + "2 y: z}", "[" + canary + "]", "|\n  " + canary}
	for _, key := range config.Keys() {
		section, name, nested := strings.Cut(key.Path, ".")
		for _, value := range scalars {
			text := section + ": " + value + "\n"
			if nested {
				text = section + ":\n  " + name + ": " + strings.ReplaceAll(value, "\n", "\n  ") + "\n"
			}
			_, err := config.Load(writeFile(t, text), nil)
			checkSilent(t, text, err)
		}
		if !strings.HasSuffix(key.Path, "_file") {
			_, err := config.Load("", []string{key.Env + "=" + canary, key.Env + canary + "=" + canary})
			checkSilent(t, key.Env, err)
		}
	}
}

// checkSilent tests that no message shows the canary; a key may, since a key that is a plain word
// has to be named.
func checkSilent(t *testing.T, input string, err error) {
	t.Helper()
	problems, _ := errors.AsType[config.Problems](err)
	for _, p := range problems {
		if leaks(p.Message) {
			t.Errorf("%q: message shows the secret: %s", input, p.Message)
		}
	}
}

func TestSecretFileErrorsDoNotShowContents(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, []byte(canary+"\nsecond line\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load("testdata/valid-token-mode.yml", []string{"TVSCIM_TEAMVIEWER_TOKEN_FILE=" + file})
	if err == nil {
		t.Fatal("a token of two lines was taken")
	}
	if want := "teamviewer.token_file: TVSCIM_TEAMVIEWER_TOKEN_FILE: must be printable ASCII without spaces; copy the token again, on one line"; err.Error() != want {
		t.Errorf("got  %s\nwant %s", err, want)
	}
}

func TestSecretFileTooLarge(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(file, make([]byte, 2<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := config.Load("", []string{"TVSCIM_USERS_SSO_CUSTOMER_ID_FILE=" + file})
	if want := "users.sso_customer_id_file: TVSCIM_USERS_SSO_CUSTOMER_ID_FILE: " + file + " is larger than 1MiB; correct the path"; err == nil || err.Error() != want {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}
