package config

import (
	"fmt"
	"strings"
	"time"
)

// ExpirySoon is how long before its expiry a token causes a warning.
const ExpirySoon = 14 * 24 * time.Hour

// Warnings returns warnings about valid settings, key first, for the log at start. No warning
// contains a secret.
func (c Config) Warnings() []string { return c.warnings(time.Now()) }

func (c Config) warnings(now time.Time) []string {
	var found Problems
	c.warnAddresses(&found)
	c.warnTimes(&found)
	warnKeep(&found, c.Users.Keep)
	warnExpiry(&found, "auth.tokens", "give its client another token", c.Auth.Tokens, now)
	warnExpiry(&found, "admin.tokens", "give its owner another token", c.Admin.Tokens, now)
	return found.lines()
}

// warnExpiry warns about the tokens of a list that have expired or expire soon.
func warnExpiry(found *Problems, list, remedy string, tokens []Token, now time.Time) {
	for i, token := range tokens {
		key := fmt.Sprintf("%s[%d]", list, i)
		day := token.Expires.Format(time.DateOnly)
		switch {
		case token.Expired(now):
			found.add(key, "%s expired on %s and is refused; remove it", token.Name, day)
		case token.Expired(now.Add(ExpirySoon)):
			found.add(key, "%s expires on %s; %s", token.Name, day, successor(tokens, remedy, now))
		}
	}
}

// successor returns the remedy for a token that expires soon. The operator decides which token
// replaces it.
func successor(tokens []Token, remedy string, now time.Time) string {
	for _, other := range tokens {
		if !other.Expired(now.Add(ExpirySoon)) {
			return fmt.Sprintf("%s before then (%s is listed and good for longer)", remedy, other.Name)
		}
	}
	return "add its successor"
}

// warnAddresses warns about addresses that other machines reach.
func (c Config) warnAddresses(found *Problems) {
	if admin := parseListen(c.AdminListen); admin.valid && !isLoopback(admin.host) {
		found.add("admin_listen", "is reachable from other machines and has no authentication; do not expose it to the internet")
	}
	if listen := parseListen(c.Listen); listen.valid && !isLoopback(listen.host) && !c.TLS.Enabled() && !strings.HasPrefix(c.PublicURL, "https:") {
		found.add("listen", "is reachable from other machines without TLS, so that tokens can be intercepted; "+
			"set tls, or make it reachable for a TLS proxy only, and set public_url to the proxy's https address")
	}
	if c.TLS.Enabled() && strings.HasPrefix(c.PublicURL, "http:") {
		found.add("public_url", "begins with http, but the gateway serves https; correct it")
	}
	if listen := parseListen(c.Listen); c.Auth.Mode == AuthPassthrough && len(c.Auth.Tokens) == 0 && listen.valid && !isLoopback(listen.host) {
		found.add("auth.tokens", "is empty, and the gateway is reachable from other machines: any bearer token is tried at TeamViewer, 20 per minute, "+
			"and the first accepted one determines the company; list the hashes of your TeamViewer tokens")
	}
}

// warnTimes warns about times that cannot have the intended effect.
func (c Config) warnTimes(found *Problems) {
	for _, wait := range []struct {
		key   string
		value time.Duration
	}{{"teamviewer.timeout", c.TeamViewer.Timeout}, {"teamviewer.max_wait", c.TeamViewer.MaxWait}} {
		if wait.value > c.Limits.RequestTimeout {
			found.add(wait.key, "is longer than limits.request_timeout (%s), which ends the request before; raise that, or set less here",
				formatDuration(c.Limits.RequestTimeout))
		}
	}
}
