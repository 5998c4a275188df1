package config

import (
	"fmt"
	"strings"
	"time"
)

// expirySoon is how long before its end a token is warned of.
const expirySoon = 14 * 24 * time.Hour

// Warnings returns what is allowed but worth a line in the log at start, key first.
// No warning shows a secret.
func (c Config) Warnings() []string { return c.warnings(time.Now()) }

func (c Config) warnings(now time.Time) []string {
	var found Problems
	if admin := parseListen(c.AdminListen); admin.valid && !isLoopback(admin.host) {
		found.add("admin_listen", "other machines can reach it, and it asks for no password; keep it off the internet")
	}
	if listen := parseListen(c.Listen); listen.valid && !isLoopback(listen.host) && !strings.HasPrefix(c.PublicURL, "https:") {
		found.add("listen", "other machines can reach it without TLS, so that tokens can be read on the way; "+
			"let only a proxy that adds TLS reach it, and set public_url to the proxy's https address")
	}
	if listen := parseListen(c.Listen); c.Auth.Mode == AuthPassthrough && len(c.Auth.Tokens) == 0 && listen.valid && !isLoopback(listen.host) {
		found.add("auth.tokens", "empty, and other machines can reach the gateway: any bearer token is tried at TeamViewer, 20 a minute, "+
			"and the first that it accepts decides which company is served; list the hashes of your TeamViewer tokens")
	}
	for i, token := range c.Auth.Tokens {
		key := fmt.Sprintf("auth.tokens[%d]", i)
		day := token.Expires.Format(time.DateOnly)
		switch {
		case token.Expired(now):
			found.add(key, "%s expired on %s and is refused; remove it", token.Name, day)
		case token.Expired(now.Add(expirySoon)):
			found.add(key, "%s expires on %s; %s", token.Name, day, c.successor(now))
		}
	}
	return found.lines()
}

// successor is what to do about a token that ends soon: whether another one may be its successor is for the operator to say.
func (c Config) successor(now time.Time) string {
	for _, other := range c.Auth.Tokens {
		if !other.Expired(now.Add(expirySoon)) {
			return fmt.Sprintf("give its client another token before then (%s is listed and good for longer)", other.Name)
		}
	}
	return "add its successor"
}
