package config_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
)

func TestDefaultIsValid(t *testing.T) {
	t.Parallel()
	if err := config.Default().Validate(); err != nil {
		t.Errorf("%v", err)
	}
}

// A Config of zero values is nothing that could run: each section must object.
func TestZeroConfigIsNot(t *testing.T) {
	t.Parallel()
	problems, ok := errors.AsType[config.Problems](config.Config{}.Validate())
	if !ok {
		t.Fatal("no problems")
	}
	var keys []string
	for _, p := range problems {
		keys = append(keys, p.Key)
	}
	want := []string{
		"admin_listen", "auth.mode", "base_path", "cache.groups_max_age", "cache.ids", "cache.users_max_age", "changelog.max_size",
		"guard.max_share", "guard.window",
		"limits.bulk_operations", "limits.connections", "limits.max_body", "limits.max_page", "limits.page", "limits.request_timeout", "listen", "log.format",
		"log.level", "store.forget_after", "teamviewer.base_url", "teamviewer.max_concurrent", "teamviewer.max_wait", "teamviewer.timeout",
		"tls.acme.directory_url",
		"users.language", "users.on_delete",
	}
	if diff := cmp.Diff(want, keys); diff != "" {
		t.Errorf("keys (-want +got):\n%s", diff)
	}
}

// tokenMode returns valid settings of auth.mode token.
func tokenMode(t *testing.T) config.Config {
	t.Helper()
	c := config.Default()
	c.Auth.Mode = config.AuthToken
	c.Auth.Tokens = []config.Token{{Name: "entra", SHA256: digest(t, entraHash)}}
	c.TeamViewer.Token = config.NewSecret("tv")
	return c
}

// valueTest is a value that a setting takes, or refuses.
type valueTest struct {
	value string
	ok    bool
}

// checkValues sets each value and looks whether key, and only key, objects.
func checkValues(t *testing.T, key string, base config.Config, set func(*config.Config, string), tests []valueTest) {
	t.Helper()
	for _, tt := range tests {
		t.Run(key+"="+tt.value, func(t *testing.T) {
			t.Parallel()
			c := base
			set(&c, tt.value)
			err := c.Validate()
			switch {
			case tt.ok && err != nil:
				t.Errorf("refused: %v", err)
			case !tt.ok && err == nil:
				t.Error("taken")
			case !tt.ok && (!strings.HasPrefix(err.Error(), key+": ") || strings.Contains(err.Error(), "\n")):
				t.Errorf("not the one problem of %s: %v", key, err)
			}
		})
	}
}

func TestListenAddresses(t *testing.T) {
	t.Parallel()
	tests := []valueTest{
		{"127.0.0.1:8080", true}, {":8080", true}, {"[::]:8080", true}, {"[fe80::1%eth0]:8080", true},
		{"localhost:0", true}, {"gateway.example.com:65535", true}, {"a:1", true},
		{"", false}, {"8080", false}, {"127.0.0.1", false}, {"127.0.0.1:", false}, {"127.0.0.1:65536", false},
		{"127.0.0.1:-1", false}, {"127.0.0.1:http", false}, {"127.0.0.1:+80", false}, {"::1:8080", false},
		{"http://127.0.0.1:8080", false}, {"127.0.0.1:8080/scim", false}, {"two words:80", false}, {"-a:80", false},
		{"[127.0.0.1]x:80", false}, {"a_b:80", false},
	}
	checkValues(t, "listen", config.Default(), func(c *config.Config, v string) { c.Listen = v }, tests)
	checkValues(t, "admin_listen", config.Default(), func(c *config.Config, v string) {
		c.Listen, c.AdminListen = "127.0.0.1:0", v
	}, tests)
}

func TestListenersThatCollide(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		listen, admin string
		collide       bool
	}{
		"same":                      {"127.0.0.1:80", "127.0.0.1:80", true},
		"everywhere and one":        {":80", "127.0.0.1:80", true},
		"one and everywhere":        {"127.0.0.1:80", "0.0.0.0:80", true},
		"both everywhere":           {"[::]:80", ":80", true},
		"a name in another case":    {"Gateway:80", "gateway:80", true},
		"localhost and its address": {"localhost:80", "127.0.0.1:80", true},
		"its address and localhost": {"[::1]:80", "LOCALHOST:80", true},
		"other port":                {"127.0.0.1:80", "127.0.0.1:81", false},
		"other address":             {"127.0.0.1:80", "127.0.0.2:80", false},
		"other family":              {"127.0.0.1:80", "[::1]:80", false},
		"localhost and elsewhere":   {"localhost:80", "192.0.2.1:80", false},
		"any free port":             {"127.0.0.1:0", "127.0.0.1:0", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := config.Default()
			c.Listen, c.AdminListen = tt.listen, tt.admin
			if got := c.Validate() != nil; got != tt.collide {
				t.Errorf("collide: %t, want %t", got, tt.collide)
			}
		})
	}
}

func TestBasePath(t *testing.T) {
	t.Parallel()
	checkValues(t, "base_path", config.Default(), func(c *config.Config, v string) { c.BasePath = v }, []valueTest{
		{"/scim/v2", true}, {"/scim", true}, {"/a/b/c", true}, {"/Tv_1~x.y-z", true},
		{"", false}, {"/", false}, {"scim", false}, {"/scim/", false}, {"//scim", false}, {"/a//b", false},
		{"/a/../b", false}, {"/./a", false}, {"/a/..", false}, {"/:id", false}, {"/a*", false}, {"/a?b", false},
		{"/a#b", false}, {"/a%2Fb", false}, {"/a b", false}, {"/ä", false}, {"/a\n", false},
	})
}

func TestURLs(t *testing.T) {
	t.Parallel()
	tests := []valueTest{
		{"https://tv.example.com", true}, {"https://tv.example.com:8443", true}, {"HTTPS://tv.example.com", true},
		{"http://localhost:8080", true}, {"http://127.0.0.1", true}, {"http://127.8.9.1", true}, {"http://[::1]:1", true},
		{"http://example.com", false}, {"http://localhost.example.com", false}, {"http://192.0.2.1", false},
		{"https://", false}, {"https://:8080", false}, {"tv.example.com", false}, {"//tv.example.com", false},
		{"ftp://tv.example.com", false}, {"unix:///run/x", false}, {"https://tv.example.com/", false},
		{"https://tv.example.com/x", false}, {"https://tv.example.com?", false}, {"https://tv.example.com?a=b", false},
		{"https://tv.example.com#", false}, {"https://tv.example.com#a", false}, {"https://a@tv.example.com", false},
		{"https://a:b@tv.example.com", false}, {"https://tv example.com", false}, {"https://%zz", false}, {"https://h:port", false},
		{"https://h:65535", true}, {"https://[::1]:443", true}, {"https://[::1]", true}, {"https://h:65536", false}, {"https://h:0", false},
		{"https://h:", false}, {"https://[::1]:0", false}, {"https://h:99999999999", false},
	}
	checkValues(t, "public_url", config.Default(), func(c *config.Config, v string) { c.PublicURL = v }, append(tests, valueTest{"", true}))
	checkValues(t, "teamviewer.base_url", config.Default(), func(c *config.Config, v string) { c.TeamViewer.BaseURL = v }, append(tests,
		valueTest{"", false},
		valueTest{"https://webapi.teamviewer.com/api/v1", false},
		valueTest{"https://webapi.teamviewer.com/api/v1/", false},
	))
}

func TestStorePath(t *testing.T) {
	t.Parallel()
	checkValues(t, "store.path", config.Default(), func(c *config.Config, v string) { c.Store.Path = v }, []valueTest{
		{"", true}, {"links.db", true}, {"./links.db", true}, {"/var/lib/tvscim/links.db", true}, {"with space/links", true},
		{"/", false}, {"/var/lib/tvscim/", false}, {"links\x00.db", false},
	})
}

func TestKeepEntries(t *testing.T) {
	t.Parallel()
	checkValues(t, "users.keep[0]", config.Default(), func(c *config.Config, v string) { c.Users.Keep = []string{v} }, []valueTest{
		{"*", true}, {"title", true}, {"x509Certificates", true}, {"a-b_c$d", true},
		{"urn:ietf:params:scim:schemas:core:2.0:User:nickName", true},
		{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", true},
		{"URN:IETF:params:scim:schemas:extension:enterprise:2.0:User:department", true},
		{"urn:ietf:params:scim:schemas:extension:teamviewer:1.0:SsoUser:x", true},
		{"", false}, {"**", false}, {"name.givenName", false}, {"emails[type eq \"work\"]", false}, {"1st", false},
		{"$ref", false}, {"two words", false}, {" title", false}, {"urn:title", false}, {"urn:ietf:", false},
		{"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:", false}, {"title\n", false}, {"naïve", false},
	})
}

func TestTokenText(t *testing.T) {
	t.Parallel()
	checkValues(t, "teamviewer.token", tokenMode(t), func(c *config.Config, v string) { c.TeamViewer.Token = config.NewSecret(v) }, []valueTest{
		{"1234567-AbCdEf", true}, {"!~=+/", true}, {"bearer", true},
		{"", false}, {" ", false}, {"a b", false}, {"a\n", false}, {"\ta", false}, {"a\x7f", false}, {"ä", false},
		{"Bearer abc", false}, {"bearer abc", false}, {"a\r\nX-Evil: 1", false},
	})
}

func TestTokenNames(t *testing.T) {
	t.Parallel()
	set := func(c *config.Config, v string) {
		c.Auth.Tokens = []config.Token{{Name: v, SHA256: c.Auth.Tokens[0].SHA256}}
	}
	checkValues(t, "auth.tokens[0].name", tokenMode(t), set, []valueTest{
		{"entra", true}, {"Entra-2.0_b", true}, {strings.Repeat("a", 64), true},
		{"", false}, {"two words", false}, {"a\n", false}, {"ä", false}, {strings.Repeat("a", 65), false},
	})
}

func TestLanguages(t *testing.T) {
	t.Parallel()
	checkValues(t, "users.language", config.Default(), func(c *config.Config, v string) { c.Users.Language = v }, []valueTest{
		{"en", true}, {"no", true}, {"zh_CN", true}, {"zh_TW", true},
		{"", false}, {"EN", false}, {"nb", false}, {"zh", false}, {"zh-CN", false}, {"de-DE", false}, {"auto", false}, {"en de", false},
	})
}

func TestModeNeedsItsTokens(t *testing.T) {
	t.Parallel()
	future, past := time.Now().Add(time.Hour), time.Now().Add(-time.Hour)
	tests := []struct {
		name string
		edit func(*config.Config)
		keys []string
	}{
		{"complete", func(*config.Config) {}, nil},
		{"no token of TeamViewer", func(c *config.Config) { c.TeamViewer.Token = config.Secret{} }, []string{"teamviewer.token"}},
		{"an admin", func(c *config.Config) { c.Admin.Tokens = []config.Token{{Name: "me", SHA256: config.Digest{1}}} }, nil},
		{"an admin without a hash", func(c *config.Config) { c.Admin.Tokens = []config.Token{{Name: "me"}} }, []string{"admin.tokens[0].sha256"}},
		{"a caller as an admin", func(c *config.Config) {
			c.Admin.Tokens = []config.Token{{Name: "me", SHA256: c.Auth.Tokens[0].SHA256}}
		}, []string{"admin.tokens[0].sha256"}},
		{"no tokens of callers", func(c *config.Config) { c.Auth.Tokens = nil }, []string{"auth.tokens"}},
		{"expires later", func(c *config.Config) { c.Auth.Tokens[0].Expires = future }, nil},
		{"expired", func(c *config.Config) { c.Auth.Tokens[0].Expires = past }, []string{"auth.tokens"}},
		{"one of two expired", func(c *config.Config) {
			c.Auth.Tokens = append(c.Auth.Tokens, config.Token{Name: "old", SHA256: config.Digest{1}, Expires: past})
		}, nil},
		{"passthrough with both", func(c *config.Config) { c.Auth.Mode = config.AuthPassthrough }, []string{"teamviewer.token"}},
		{"passthrough with a list", func(c *config.Config) {
			c.Auth.Mode, c.TeamViewer.Token = config.AuthPassthrough, config.Secret{}
		}, nil},
		{"passthrough with a list that is over", func(c *config.Config) {
			c.Auth.Mode, c.TeamViewer.Token, c.Auth.Tokens[0].Expires = config.AuthPassthrough, config.Secret{}, past
		}, []string{"auth.tokens"}},
		{"passthrough with the file's", func(c *config.Config) {
			c.Auth, c.TeamViewer.TokenFile = config.Auth{Mode: config.AuthPassthrough}, "/run/secrets/token"
		}, []string{"teamviewer.token_file"}},
		{"a mode in capitals", func(c *config.Config) { c.Auth.Mode = "TOKEN" }, []string{"auth.mode"}},
		{"three of a name", func(c *config.Config) {
			c.Auth.Tokens = []config.Token{{Name: "a", SHA256: config.Digest{1}}, {Name: "a", SHA256: config.Digest{2}}, {Name: "a", SHA256: config.Digest{1}}}
		}, []string{"auth.tokens[1].name", "auth.tokens[2].name", "auth.tokens[2].sha256"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := tokenMode(t)
			tt.edit(&c)
			problems, _ := errors.AsType[config.Problems](c.Validate())
			var keys []string
			for _, p := range problems {
				keys = append(keys, p.Key)
			}
			if diff := cmp.Diff(tt.keys, keys); diff != "" {
				t.Errorf("keys (-want +got):\n%s", diff)
			}
		})
	}
}

func TestValidateChangesNothing(t *testing.T) {
	t.Parallel()
	c, same := tokenMode(t), tokenMode(t)
	c.Users.Keep, same.Users.Keep = []string{"title", "*"}, []string{"title", "*"}
	if err := c.Validate(); err == nil {
		t.Fatal("no problem was found")
	}
	c.Warnings()
	if diff := cmp.Diff(same, c); diff != "" {
		t.Errorf("settings were changed:\n%s", diff)
	}
}
