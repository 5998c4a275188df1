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
				"make it reachable for a TLS proxy only, and set public_url to the proxy's https address",
		}},
		{"SCIM everywhere behind a proxy with TLS", func(c *Config) {
			c.Listen, c.PublicURL, c.Auth.Tokens = ":8080", "https://tv.example.com", []Token{token("never", time.Time{})}
		}, nil},
		{"passthrough for any token", func(c *Config) { c.Listen, c.PublicURL = "0.0.0.0:8080", "https://tv.example.com" }, []string{
			"auth.tokens: is empty, and the gateway is reachable from other machines: any bearer token is tried at TeamViewer, 20 per minute, " +
				"and the first accepted one determines the company; list the hashes of your TeamViewer tokens",
		}},
		{"passthrough for a list", func(c *Config) {
			c.Listen, c.PublicURL, c.Auth.Tokens = "0.0.0.0:8080", "https://tv.example.com", []Token{token("never", time.Time{})}
		}, nil},
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
