package config

import (
	"crypto/sha256"
	"fmt"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Validate checks the settings as [Load] does and returns [Problems], or nil. It reads no file; its
// only other input is the time, for tokens that expire.
func (c Config) Validate() error {
	found := c.problems(time.Now())
	found.sort()
	return found.err()
}

// problems checks every section.
func (c Config) problems(now time.Time) Problems {
	var found Problems
	c.checkListeners(&found)
	c.TLS.check(&found)
	checkTrustedProxies(&found, c.TrustedProxies)
	c.checkAuth(&found, now)
	c.checkAdmin(&found)
	c.TeamViewer.check(&found)
	c.checkBounds(&found)
	c.Store.check(&found)
	c.Users.check(&found)
	c.Protect.check(&found)
	c.Alert.check(&found)
	c.Changelog.check(&found)
	c.Log.check(&found)
	c.Limits.check(&found)
	return found
}

// basePath matches paths that need no escape in a URL and have no meaning for a router.
var basePath = regexp.MustCompile(`^(/[A-Za-z0-9._~-]+)+$`)

func (c Config) checkListeners(found *Problems) {
	listen, admin := parseListen(c.Listen), parseListen(c.AdminListen)
	if !listen.valid {
		found.add("listen", "%s", mustBeListen)
	}
	switch {
	case !admin.valid:
		found.add("admin_listen", "%s", mustBeListen)
	case listen.overlaps(admin):
		found.add("admin_listen", "uses the same port as listen; set another port")
	}
	if !basePath.MatchString(c.BasePath) || path.Clean(c.BasePath) != c.BasePath {
		found.add("base_path", "must be a path such as /scim/v2, without a slash at the end")
	}
	if c.PublicURL != "" {
		checkOrigin(found, "public_url", c.PublicURL, "https://tv.example.com", "base_path is added to it")
	}
}

// checkAuth checks the tokens of callers and the token of TeamViewer, since the mode determines
// both.
func (c Config) checkAuth(found *Problems, now time.Time) {
	switch c.Auth.Mode {
	case AuthPassthrough:
		c.checkPassthrough(found, now)
	case AuthToken:
		c.checkTokenMode(found, now)
	default:
		found.add("auth.mode", "%s", oneOf(AuthPassthrough, AuthToken))
	}
	checkTokens(found, "auth.tokens", c.Auth.Tokens)
}

// checkPassthrough refuses settings that this mode does not use.
func (c Config) checkPassthrough(found *Problems, now time.Time) {
	const remedy = "is not used with auth.mode passthrough, in which each caller sends a TeamViewer token; remove it, or set auth.mode to token"
	switch {
	case c.TeamViewer.TokenFile != "":
		found.add("teamviewer.token_file", remedy)
	case !c.TeamViewer.Token.IsZero():
		found.add("teamviewer.token", remedy)
	}
	checkNotAllExpired(found, c.Auth.Tokens, now)
}

// checkNotAllExpired refuses a list without a valid token.
func checkNotAllExpired(found *Problems, tokens []Token, now time.Time) {
	good := func(t Token) bool { return !t.Expired(now) }
	if len(tokens) > 0 && !slices.ContainsFunc(tokens, good) {
		found.add("auth.tokens", "every token has expired; add a new one")
	}
}

// checkTokenMode requires both tokens, and at least one caller's token that is not expired.
func (c Config) checkTokenMode(found *Problems, now time.Time) {
	if c.TeamViewer.Token.IsZero() && c.TeamViewer.TokenFile == "" {
		found.add("teamviewer.token", "is missing; auth.mode token needs TeamViewer's script token here, in teamviewer.token_file or in TVSCIM_TEAMVIEWER_TOKEN")
	}
	if len(c.Auth.Tokens) == 0 {
		found.add("auth.tokens", "is missing; auth.mode token needs the name and sha256 of each token that callers send")
	}
	checkNotAllExpired(found, c.Auth.Tokens, now)
}

// tokenName matches short and plain names, since the name is a label of metrics.
var tokenName = regexp.MustCompile(`^[A-Za-z0-9._-]{1,64}$`)

func checkTokens(found *Problems, list string, tokens []Token) {
	names, digests := make(map[string]int), make(map[Digest]int)
	for i, token := range tokens {
		key := fmt.Sprintf("%s[%d]", list, i)
		if first, taken := names[token.Name]; taken {
			found.add(key+".name", "is the same as that of %s[%d]; set another name", list, first)
		} else if !tokenName.MatchString(token.Name) {
			found.add(key+".name", "must be 1 to 64 letters, digits, dots, hyphens or underscores")
		} else {
			names[token.Name] = i
		}
		first, taken := digests[token.SHA256]
		switch {
		case token.SHA256.IsZero():
			found.add(key+".sha256", "is missing; make it with: printf %%s \"$TOKEN\" | sha256sum")
		case token.SHA256 == sha256.Sum256(nil):
			found.add(key+".sha256", "is the hash of an empty text; hash the token itself")
		case taken:
			found.add(key+".sha256", "is the same token as %s[%d]; remove one of them", list, first)
		default:
			digests[token.SHA256] = i
		}
	}
}

// checkAdmin checks the tokens of the status page. The token of a client is not
// accepted: a client must not see what others did.
func (c Config) checkAdmin(found *Problems) {
	checkTokens(found, "admin.tokens", c.Admin.Tokens)
	for i, token := range c.Admin.Tokens {
		same := slices.IndexFunc(c.Auth.Tokens, func(t Token) bool { return t.SHA256 == token.SHA256 })
		if same >= 0 && !token.SHA256.IsZero() {
			found.add(fmt.Sprintf("admin.tokens[%d].sha256", i), "is the same token as auth.tokens[%d]; make another one with: tvscim token new", same)
		}
	}
}

func (t TeamViewer) check(found *Problems) {
	if strings.HasSuffix(strings.TrimRight(t.BaseURL, "/"), "/api/v1") {
		found.add("teamviewer.base_url", "must not end in /api/v1, which the gateway adds; remove it")
	} else {
		checkOrigin(found, "teamviewer.base_url", t.BaseURL, "https://webapi.teamviewer.com", "/api/v1 is added to it")
	}
	key := "teamviewer.token"
	if t.TokenFile != "" {
		key += fileSuffix
	}
	if reason := TokenProblem(t.Token.Reveal()); reason != "" {
		found.add(key, "%s", reason)
	}
}

// withScheme matches a token with its scheme: "Bearer x", "Authorization: Bearer x".
var withScheme = regexp.MustCompile(`(?i)^\s*(authorization:\s*)?bearer[\s:]`)

// TokenProblem returns what is wrong with the text of a bearer token, and the remedy; "" when it is
// valid. It never quotes the text.
func TokenProblem(text string) string {
	switch {
	case withScheme.MatchString(text):
		return `must be the token only; remove the word "Bearer" before it`
	case strings.ContainsFunc(text, func(r rune) bool { return r <= ' ' || r > '~' }):
		return "must be printable ASCII without spaces; copy the token again, on one line"
	}
	return ""
}

// check checks the text only. Errors of the file itself are reported when it is opened.
func (s Store) check(found *Problems) {
	if strings.HasSuffix(s.Path, "/") || strings.ContainsRune(s.Path, 0) {
		found.add("store.path", "must be the path of a file, such as /var/lib/tvscim/links.db")
	}
	if s.URL.IsZero() {
		return
	}
	key := "store.url"
	if s.URLFile != "" {
		key = "store.url_file"
	}
	if s.Path != "" {
		found.add(key, "is set in addition to store.path; remove one of them")
	}
	u, err := url.Parse(s.URL.Reveal())
	if err != nil || u.Scheme != "postgres" && u.Scheme != "postgresql" || len(u.Path) < 2 {
		found.add(key, "must be a URL of PostgreSQL with the name of the database, such as postgres://tvscim@db.example.com:5432/tvscim; in a password, characters such as @ and / are written as %%40 and %%2F")
	}
}

func (l Log) check(found *Problems) {
	checkOneOf(found, "log.level", l.Level, LogDebug, LogInfo, LogWarn, LogError)
	checkOneOf(found, "log.format", l.Format, LogAuto, LogJSON, LogConsole)
}

func (l Limits) check(found *Problems) {
	if l.MaxPage > 0 && l.MaxPage < l.Page {
		found.add("limits.max_page", "must be at least limits.page, which is %d", l.Page)
	}
}

// checkOneOf refuses a value that is not one of the choices.
func checkOneOf[T ~string](found *Problems, key string, value T, choices ...T) {
	if !slices.Contains(choices, value) {
		found.add(key, "%s", oneOf(choices...))
	}
}

// oneOf returns the message for a value that is not one of the choices.
func oneOf[T ~string](choices ...T) string {
	words := make([]string, len(choices))
	for i, choice := range choices {
		words[i] = string(choice)
	}
	last := len(words) - 1
	return "must be " + strings.Join(words[:last], ", ") + " or " + words[last]
}
