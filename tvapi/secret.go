package tvapi

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf16"
)

// redacted is what is shown instead of a secret.
const redacted = "<secret>"

// leastSecret is the length of the shortest text that is redacted. Redacting a shorter one wherever
// it occurs by chance would disclose it.
const leastSecret = 4

// leastEncoded is the length of the shortest encoding of a whole secret that is redacted: base64,
// hexadecimal digits.
const leastEncoded = 8

// maxLayers is the number of nested escapings that are removed to find a secret.
const maxLayers = 4

// redact replaces each secret in s, in any letter case and however its characters are escaped: for
// JSON, for an address, for HTML, in base64 or in hexadecimal digits. Where a secret is found only
// after several escapings are removed, all of s is replaced.
func redact(s string, secrets ...string) string {
	for _, secret := range secrets {
		if len(secret) < leastSecret || !mayContain(s, secret) {
			continue
		}
		pattern := secretPattern(secret)
		s = pattern.ReplaceAllLiteralString(s, redacted)
		for inner, layer := s, 0; layer < maxLayers; layer++ {
			plain := unescape(inner)
			if plain == inner {
				break
			}
			if inner = plain; pattern.MatchString(inner) {
				return redacted
			}
		}
	}
	return s
}

// mayContain reports whether a text may contain a secret: it does not if redact would find nothing.
// Most texts have no escapes and are looked through without a pattern, which takes a millisecond to
// compile.
func mayContain(s, secret string) bool {
	if strings.ContainsAny(s, `&%\+`) {
		return true
	}
	folded := strings.Map(leastFold, s)
	if strings.Contains(folded, strings.Map(leastFold, secret)) ||
		strings.Contains(folded, strings.Map(leastFold, hex.EncodeToString([]byte(secret)))) {
		return true
	}
	standard := strings.NewReplacer("-", "+", "_", "/").Replace(s)
	for before := range 3 {
		if strings.Contains(standard, knownBase64(secret, before)) {
			return true
		}
	}
	return false
}

// leastFold returns the least of the characters that differ from r in letter case alone.
func leastFold(r rune) rune {
	least := r
	for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
		least = min(least, f)
	}
	return least
}

// secretPattern matches a secret in all its forms.
func secretPattern(secret string) *regexp.Regexp {
	var p strings.Builder
	p.WriteString("(?i)")
	for _, r := range secret {
		p.WriteString("(?:" + strings.Join(forms(r), "|") + ")")
	}
	if digits := hex.EncodeToString([]byte(secret)); len(digits) >= leastEncoded {
		p.WriteString("|" + digits)
	}
	for before := range 3 {
		p.WriteString(inBase64(secret, before))
	}
	return regexp.MustCompile(p.String())
}

// forms are patterns of the ways in which a character is written: as it is, and escaped once or
// repeatedly.
func forms(r rune) []string {
	plain := regexp.QuoteMeta(string(r))
	all := []string{
		fmt.Sprintf(`&(?:amp;)*#0*%d;?`, r),
		fmt.Sprintf(`&(?:amp;)*#x0*%x;?`, r),
		percent(string(r)),
		`\\+` + unicodeEscape(r),
	}
	if r < 0x100 {
		all = append(all, fmt.Sprintf(`\\+x%02x`, r))
	}
	if short, ok := shortEscapes[r]; ok {
		all = append(all, short)
	}
	// The last are those that others begin with: a character, and \" and \/ of JSON.
	return append(all, `\\+`+plain, plain)
}

// shortEscapes are patterns of escapes that have a name or a letter of their own.
var shortEscapes = map[rune]string{
	'&': `&(?:amp;)+`, '<': `&(?:amp;)*lt;`, '>': `&(?:amp;)*gt;`, '"': `&(?:amp;)*quot;`, '\'': `&(?:amp;)*apos;`,
	' ': `\+`, '\n': `\\+n`, '\r': `\\+r`, '\t': `\\+t`,
}

// percent is the pattern of a text in an address, each byte as %XX, the percent sign perhaps
// escaped in turn.
func percent(s string) string {
	var p strings.Builder
	for _, b := range []byte(s) {
		fmt.Fprintf(&p, `%%(?:25)*%02x`, b)
	}
	return p.String()
}

// unicodeEscape is the pattern of \uXXXX without its first backslash, of two such for what does not
// fit in one.
func unicodeEscape(r rune) string {
	if high, low := utf16.EncodeRune(r); high != '\uFFFD' {
		return fmt.Sprintf(`u%04x\\+u%04x`, high, low)
	}
	return fmt.Sprintf(`u%04x`, r)
}

// inBase64 is "|" and the pattern of a run of base64 that holds a secret after so many other bytes,
// modulo 3.
func inBase64(secret string, before int) string {
	known := knownBase64(secret, before)
	if len(known) < leastEncoded {
		return ""
	}
	known = strings.NewReplacer("+", `(?:\+|-|%2[Bb])`, "/", `(?:\\*/|_|%2[Ff])`).Replace(known)
	const run = `(?:[A-Za-z0-9+/_=-]|\\/|%2[BbFf]|%3[Dd])*`
	return "|(?-i:" + run + known + run + ")"
}

// knownBase64 is the part of the base64 of a secret after so many other bytes that depends on the
// secret alone.
func knownBase64(secret string, before int) string {
	encoded := base64.RawStdEncoding.EncodeToString(append(make([]byte, before), secret...))
	return encoded[(8*before+5)/6 : 8*(before+len(secret))/6]
}

// escapes matches the escapes that unescape removes, besides those of HTML.
var escapes = regexp.MustCompile(`\\u[0-9a-fA-F]{4}|\\x[0-9a-fA-F]{2}|\\[^ux]|%[0-9a-fA-F]{2}`)

// unescape removes one layer of escapes, of all kinds at once.
func unescape(s string) string {
	return html.UnescapeString(escapes.ReplaceAllStringFunc(s, func(escape string) string {
		switch {
		case escape[0] == '%':
			plain, _ := url.PathUnescape(escape) // always two hexadecimal digits
			return plain
		case escape[1] == 'u' || escape[1] == 'x':
			n, _ := strconv.ParseUint(escape[2:], 16, 32)
			return string(rune(n))
		default:
			return escape[1:]
		}
	}))
}
