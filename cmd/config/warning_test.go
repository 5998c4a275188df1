package config

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestWarnings(t *testing.T) {
	t.Parallel()
	now := time.Date(2027, 1, 15, 12, 0, 0, 0, time.UTC)
	token := func(name string, expires time.Time) Token { return Token{Name: name, Expires: expires} }
	tests := []struct {
		name string
		edit func(*Config)
		want []string
	}{
		{"none by default", func(*Config) {}, nil},
		{"admin on localhost", func(c *Config) { c.AdminListen = "localhost:9090" }, nil},
		{"admin on IPv6 loopback", func(c *Config) { c.AdminListen = "[::1]:9090" }, nil},
		{"admin everywhere", func(c *Config) { c.AdminListen = ":9090" }, []string{
			"admin_listen: is reachable from other machines and has no authentication; do not expose it to the internet",
		}},
		{"admin on an address", func(c *Config) { c.AdminListen = "192.0.2.1:9090" }, []string{
			"admin_listen: is reachable from other machines and has no authentication; do not expose it to the internet",
		}},
		{"SCIM everywhere", func(c *Config) { c.Listen, c.Auth.Tokens = "0.0.0.0:8080", []Token{token("never", time.Time{})} }, []string{
			"listen: is reachable from other machines without TLS, so that tokens can be intercepted; " +
				"set tls, or make it reachable for a TLS proxy only, and set public_url to the proxy's https address",
		}},
		{"SCIM everywhere behind a proxy with TLS", func(c *Config) {
			c.Listen, c.PublicURL, c.Auth.Tokens = ":8080", "https://tv.example.com", []Token{token("never", time.Time{})}
		}, nil},
		{"SCIM everywhere with TLS", func(c *Config) {
			c.Listen, c.TLS.CertFile, c.TLS.KeyFile, c.Auth.Tokens = ":8443", "cert.pem", "key.pem", []Token{token("never", time.Time{})}
		}, nil},
		{"TLS, and an address without", func(c *Config) {
			c.TLS.ACME.Domains, c.PublicURL = []string{"tv.example.com"}, "http://localhost"
		}, []string{"public_url: begins with http, but the gateway serves https; correct it"}},
		{"passthrough for any token", func(c *Config) { c.Listen, c.PublicURL = "0.0.0.0:8080", "https://tv.example.com" }, []string{
			"auth.tokens: is empty, and the gateway is reachable from other machines: any bearer token is tried at TeamViewer, 20 per minute, " +
				"and the first accepted one determines the company; list the hashes of your TeamViewer tokens",
		}},
		{"passthrough for a list", func(c *Config) {
			c.Listen, c.PublicURL, c.Auth.Tokens = "0.0.0.0:8080", "https://tv.example.com", []Token{token("never", time.Time{})}
		}, nil},
		{"waits beyond the request", func(c *Config) {
			c.Limits.RequestTimeout, c.TeamViewer.Timeout = 10*time.Second, 10*time.Second
		}, []string{
			"teamviewer.max_wait: is longer than limits.request_timeout (10s), which ends the request before; raise that, or set less here",
		}},
		{"what can be kept", func(c *Config) {
			c.Users.Keep = []string{"Title", "roles", "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager"}
		}, nil},
		{"what no schema has", func(c *Config) {
			c.Users.Keep = []string{"titel", "department", "shoeSize", "urn:example:User:shoeSize"}
		}, []string{
			"users.keep[0]: titel is no attribute of a user in RFC 7643 that can be kept, so this has no effect; did you mean title?",
			"users.keep[1]: department is no attribute of a user in RFC 7643 that can be kept, so this has no effect; " +
				"did you mean urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department?",
			"users.keep[2]: shoeSize is no attribute of a user in RFC 7643 that can be kept, so this has no effect; remove it, or correct its name",
			"users.keep[3]: urn:example:User:shoeSize is no attribute of a user in RFC 7643 that can be kept, so this has no effect; remove it, or correct its name",
		}},
		{"tokens that last", func(c *Config) {
			c.Auth.Tokens = []Token{token("never", time.Time{}), token("later", now.Add(ExpirySoon+time.Second))}
		}, nil},
		{"tokens that end", func(c *Config) {
			c.Auth.Tokens = []Token{
				token("soon", now.Add(ExpirySoon)),
				token("very-soon", now.Add(time.Nanosecond)),
				token("now", now),
				token("over", now.AddDate(-1, 0, 0)),
			}
		}, []string{
			"auth.tokens[0]: soon expires on 2027-01-29; add its successor",
			"auth.tokens[1]: very-soon expires on 2027-01-15; add its successor",
			"auth.tokens[2]: now expired on 2027-01-15 and is refused; remove it",
			"auth.tokens[3]: over expired on 2026-01-15 and is refused; remove it",
		}},
		{"tokens that end, with a successor", func(c *Config) {
			c.Auth.Tokens = []Token{token("soon", now.Add(ExpirySoon)), token("next", now.AddDate(1, 0, 0))}
		}, []string{"auth.tokens[0]: soon expires on 2027-01-29; give its client another token before then (next is listed and good for longer)"}},
		{"tokens of the status page", func(c *Config) {
			c.Admin.Tokens = []Token{token("soon", now.Add(ExpirySoon)), token("over", now.AddDate(-1, 0, 0)), token("next", now.AddDate(1, 0, 0))}
		}, []string{
			"admin.tokens[0]: soon expires on 2027-01-29; give its owner another token before then (next is listed and good for longer)",
			"admin.tokens[1]: over expired on 2026-01-15 and is refused; remove it",
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := Default()
			tt.edit(&c)
			if diff := cmp.Diff(tt.want, c.warnings(now)); diff != "" {
				t.Errorf("warnings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWarningsUseTheClock(t *testing.T) {
	t.Parallel()
	c := Default()
	c.Auth.Tokens = []Token{{Name: "old", Expires: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)}}
	if got := c.Warnings(); len(got) != 1 || !strings.Contains(got[0], "expired on 2020-01-01") {
		t.Errorf("got %q", got)
	}
}
