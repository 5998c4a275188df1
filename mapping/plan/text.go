package plan

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf16"
	"unicode/utf8"

	"tvscim/scim"
)

// Lengths of TeamViewer's fields (Web API: POST /users, POST /usergroups). Names are counted in
// UTF-16 units.
const (
	minAddress, maxAddress     = 6, 100
	minUserName, maxUserName   = 2, 50
	minGroupName, maxGroupName = 1, 100
)

// addressPattern is the pattern of the field email (Web API: POST /users) without its lookahead,
// which forbids throwAwayDomains.
var addressPattern = regexp.MustCompile(
	`^[a-zA-Z0-9_-]+([='()*+.][a-zA-Z0-9_-]+)*@([a-zA-Z0-9](-?[a-zA-Z0-9])*\.)+[a-zA-Z]{2,}$`)

var throwAwayDomains = map[string]bool{
	"rppkn.com": true, "nwldx.com": true, "bobmail.info": true, "asdasd.ru": true,
}

// CheckAddress returns why TeamViewer would refuse an address; "" if it would not. The check saves
// a call in every cycle for each user whose address can never be accepted.
func CheckAddress(s string) string {
	_, domain, _ := strings.Cut(s, "@")
	switch {
	case len(s) < minAddress || len(s) > maxAddress:
		return "TeamViewer takes addresses of 6 to 100 characters"
	case !addressPattern.MatchString(s):
		return "TeamViewer takes only plain ASCII e-mail addresses: " +
			"letters, digits, _ and -, separated by a single . + = ' ( ) or *"
	case throwAwayDomains[domain]:
		return "TeamViewer refuses addresses of this domain"
	}
	return ""
}

// softDeletePrefix is what Entra puts before the user principal name of a user in its recycle bin:
// the object id without dashes.
var softDeletePrefix = regexp.MustCompile(`^[0-9a-fA-F]{32}(.+@.+)$`)

// softDeletedName returns the user name behind Entra's soft-delete prefix.
func softDeletedName(s string) (old string, ok bool) {
	m := softDeletePrefix.FindStringSubmatch(s)
	if m == nil {
		return "", false
	}
	return m[1], true
}

func units(s string) int {
	n := 0
	for _, r := range s {
		n += utf16.RuneLen(r)
	}
	return n
}

// printable replaces control characters by blanks.
func printable(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// cut shortens a name to at most limit UTF-16 units, at the end of a word if at least half of it
// remains.
func cut(s string, limit int) string {
	s = strings.TrimSpace(strings.Map(printable, strings.ToValidUTF8(s, "\uFFFD")))
	if units(s) <= limit {
		return s
	}
	end, n := 0, 0
	for i, r := range s {
		if n += utf16.RuneLen(r); n > limit {
			break
		}
		end = i + utf8.RuneLen(r)
	}
	head := s[:end]
	if next, _ := utf8.DecodeRuneInString(s[end:]); !unicode.IsSpace(next) {
		if i := strings.LastIndexFunc(head, unicode.IsSpace); i >= end/2 {
			head = head[:i]
		}
	}
	return strings.TrimSpace(head)
}

// tvUserName returns the name of a user in TeamViewer: the displayName, or else the first of the
// other names that is long enough.
func tvUserName(u scim.User) string {
	local, _, _ := strings.Cut(u.UserName, "@")
	parts := u.Name.GivenName + " " + u.Name.FamilyName
	for _, c := range []string{u.DisplayName, u.Name.Formatted, parts, local, u.UserName} {
		if name := cut(c, maxUserName); units(name) >= minUserName {
			return name
		}
	}
	return ""
}

// GroupName returns the name of a group in TeamViewer.
func GroupName(displayName string) string { return cut(displayName, maxGroupName) }

// languages are the values of the field language (Web API: POST /users).
var languages = map[string]bool{
	"bg": true, "cs": true, "da": true, "de": true, "el": true, "en": true, "es": true, "fi": true, "fr": true,
	"hr": true, "hu": true, "id": true, "it": true, "ja": true, "ko": true, "lt": true, "nl": true, "no": true,
	"pl": true, "pt": true, "ro": true, "ru": true, "sk": true, "sr": true, "sv": true, "th": true, "tr": true,
	"uk": true, "vi": true, "zh_CN": true, "zh_TW": true,
}

// tvLanguage converts a language tag (RFC 5646, or an Accept-Language list as RFC 7643 section
// 4.1.1 allows) into a language that TeamViewer has, or the fallback.
func tvLanguage(tag, fallback string) string {
	tag, _, _ = strings.Cut(tag, ",")
	tag, _, _ = strings.Cut(tag, ";")
	parts := strings.FieldsFunc(strings.ToLower(strings.TrimSpace(tag)), func(r rune) bool {
		return r == '-' || r == '_'
	})
	if len(parts) == 0 {
		return fallback
	}
	base := parts[0]
	switch base {
	case "nb", "nn":
		base = "no"
	case "zh":
		base = "zh_CN"
		for _, p := range parts[1:] {
			if p == "tw" || p == "hk" || p == "mo" || p == "hant" {
				base = "zh_TW"
			}
		}
	}
	if languages[base] {
		return base
	}
	return fallback
}
