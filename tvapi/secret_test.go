package tvapi

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// asJSON is a text as JSON holds it, without the quotes.
func asJSON(s string) string {
	text, _ := json.Marshal(s)
	return string(text[1 : len(text)-1])
}

// everyRune escapes each character.
func everyRune(format string) func(string) string {
	return func(s string) string {
		var b strings.Builder
		for _, r := range s {
			fmt.Fprintf(&b, format, r)
		}
		return b.String()
	}
}

// escapings are the ways in which a secret may come back.
var escapings = map[string]func(string) string{
	"as it is":                func(s string) string { return s },
	"upper case":              strings.ToUpper,
	"JSON":                    asJSON,
	"JSON in JSON":            func(s string) string { return asJSON(asJSON(s)) },
	"JSON, slashes escaped":   func(s string) string { return strings.ReplaceAll(asJSON(s), "/", `\/`) },
	`\u00xx of each`:          everyRune(`\u%04x`),
	`\u00XX of each`:          everyRune(`\u%04X`),
	`\x of each`:              everyRune(`\x%02x`),
	"query":                   url.QueryEscape,
	"path":                    url.PathEscape,
	"query, lower case":       func(s string) string { return strings.ToLower(url.QueryEscape(s)) },
	"query in a query":        func(s string) string { return url.QueryEscape(url.QueryEscape(s)) },
	"every byte in percent":   percentAll,
	"HTML":                    html.EscapeString,
	"HTML in HTML":            func(s string) string { return html.EscapeString(html.EscapeString(s)) },
	"HTML, decimal":           everyRune("&#%d;"),
	"HTML, hexadecimal":       everyRune("&#x%04X;"),
	"HTML in JSON":            func(s string) string { return asJSON(html.EscapeString(s)) },
	"query in HTML in JSON":   func(s string) string { return asJSON(html.EscapeString(url.QueryEscape(s))) },
	"JSON in a query":         func(s string) string { return url.QueryEscape(asJSON(s)) },
	"JSON in a query in JSON": func(s string) string { return asJSON(url.QueryEscape(asJSON(s))) },
	"base64":                  func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
	"base64 of an address":    func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) },
	"base64 of basic":         func(s string) string { return base64.StdEncoding.EncodeToString([]byte("ada:" + s)) },
	"base64 of a request":     func(s string) string { return base64.StdEncoding.EncodeToString([]byte(`{"p":"` + s + `"}`)) },
	"hexadecimal":             func(s string) string { return hex.EncodeToString([]byte(s)) },
	"hexadecimal, upper case": func(s string) string { return strings.ToUpper(hex.EncodeToString([]byte(s))) },
	"base64 in a query in HTML": func(s string) string {
		return html.EscapeString(url.QueryEscape(base64.StdEncoding.EncodeToString([]byte(s))))
	},
}

func percentAll(s string) string {
	var b strings.Builder
	for _, c := range []byte(s) {
		fmt.Fprintf(&b, "%%%02X", c)
	}
	return b.String()
}

// TestRedactEscaped hides secrets that come back in another form.
func TestRedactEscaped(t *testing.T) {
	t.Parallel()
	secrets := []string{`P&ss"w<o>rd\1/2'3`, "plain-Token_4711", "with blank+plus%percent", "42-äöü-東京", "a&b=c;d", "{{}}[]()^$.*?|"}
	for name, escape := range escapings {
		for _, secret := range secrets {
			if strings.HasPrefix(name, `\x`) && strings.ContainsFunc(secret, func(r rune) bool { return r > 0xff }) {
				continue // there is no such escape
			}
			echo := escape(secret)
			got := redact("The value '"+echo+"' is refused.", "other-secret", secret)
			if got != "The value '<secret>' is refused." && got != redacted {
				t.Errorf("%s of %q: %s", name, secret, got)
			}
		}
	}
}

// TestRedactMixed escapes each character of any secret in any way.
func TestRedactMixed(t *testing.T) {
	t.Parallel()
	ways := []func(rune) string{
		func(r rune) string { return string(r) },
		func(r rune) string { return asJSON(string(r)) },
		func(r rune) string { return html.EscapeString(string(r)) },
		func(r rune) string { return percentAll(string(r)) },
		func(r rune) string { return fmt.Sprintf("&#%d;", r) },
		func(r rune) string { return fmt.Sprintf(`\u%04x`, r) },
	}
	rapid.Check(t, func(t *rapid.T) {
		secret := rapid.StringOfN(rapid.RuneFrom(nil, unicode.Latin, unicode.Digit, unicode.Punct), 4, 40, -1).
			Filter(func(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > 0xffff }) }).Draw(t, "secret")
		var echo strings.Builder
		for _, r := range secret {
			echo.WriteString(rapid.SampledFrom(ways).Draw(t, "way")(r))
		}
		if got := redact("[ "+echo.String()+" ]", secret); got != "[ <secret> ]" && got != redacted {
			t.Errorf("%q as %q: %s", secret, echo.String(), got)
		}
	})
}

// TestRedactLooksWhereASecretMayBe: no text in which the pattern finds a secret is passed over,
// whatever letter case it is in, a character as K for the sign of Kelvin included.
func TestRedactLooksWhereASecretMayBe(t *testing.T) {
	t.Parallel()
	forms := slices.Sorted(maps.Keys(escapings))
	passed := 0
	rapid.Check(t, func(t *rapid.T) {
		runes := rapid.RuneFrom([]rune("kKsSſ\u212Aσςß\ufffd"), unicode.Latin, unicode.Greek, unicode.Digit, unicode.Punct)
		secret := rapid.StringOfN(runes, 4, 40, -1).Draw(t, "secret")
		echo := escapings[rapid.SampledFrom(forms).Draw(t, "form")](secret)
		echo = strings.Map(func(r rune) rune {
			for range rapid.IntRange(0, 2).Draw(t, "case") {
				r = unicode.SimpleFold(r)
			}
			return r
		}, echo)
		text := rapid.StringN(0, 3, -1).Draw(t, "before") + echo
		may := mayContain(text, secret)
		if secretPattern(secret).MatchString(text) && !may {
			t.Errorf("%q is passed over, and contains %q", text, secret)
		}
		if mayContain("A license is needed.", secret) {
			passed++
		}
	})
	if passed > 0 {
		t.Errorf("an innocent text was looked through %d times", passed)
	}
}

// TestRedactLeavesOtherTextAlone: what TeamViewer says is shown where it holds no secret.
func TestRedactLeavesOtherTextAlone(t *testing.T) {
	t.Parallel()
	for _, said := range []string{
		"A license is needed.", `The name "Sales &amp; Buying" \u0026 co is taken`, "100% of 7 %41", `C:\new\table`, "", "aGVsbG8gd29ybGQ=",
		"0123456789abcdef0123456789abcdef",
	} {
		if got := redact(said, "Token-4711-x", "pass"); got != said {
			t.Errorf("%q became %q", said, got)
		}
	}
}

// TestEchoedSecretsAreNotRepeated looks at the whole error of a call whose secrets TeamViewer sends
// back.
func TestEchoedSecretsAreNotRepeated(t *testing.T) {
	t.Parallel()
	const bearer, password, sso = `tok/en+4711&x"y`, `Pa$$ & "w0rd"/`, `sso/{id}&'7'`
	for name, escape := range escapings {
		for _, secret := range []string{bearer, password, sso} {
			said, _ := json.Marshal(map[string]any{"error": "invalid_request: " + escape(secret), "error_description": "told '" + escape(secret) + "'"})
			c, err := New(Options{Token: bearer, Attempts: 1, Transport: roundTrip(func(r *http.Request) (*http.Response, error) {
				return answerOf(r, 400, string(said)), nil
			})})
			if err != nil {
				t.Fatal(err)
			}
			pass, customer := password, sso
			err = c.UpdateUser(t.Context(), 1, UserUpdate{UserSecrets: UserSecrets{Password: &pass, SSOCustomerID: &customer}})
			if err == nil || strings.Contains(err.Error(), escape(secret)) || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), redacted) {
				t.Errorf("%s of %q: %v", name, secret, err)
			}
		}
	}
}

// roundTrip is a transport without a network.
type roundTrip func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f roundTrip) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func answerOf(r *http.Request, status int, body string) *http.Response {
	return &http.Response{StatusCode: status, Header: http.Header{"Content-Type": {"application/json"}}, Body: io.NopCloser(strings.NewReader(body)), Request: r}
}
