package tvapi

import (
	"strings"
	"unicode"
)

// FoldEmail folds an address for comparison. Addresses in TeamViewer are ASCII (Web API: POST
// /users, pattern of email), so only ASCII letters fold: a Kelvin sign is not a k.
func FoldEmail(s string) string {
	return strings.Map(func(r rune) rune {
		if 'A' <= r && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

// FoldName folds the name of a group for comparison: two names fold to the same text exactly when
// strings.EqualFold says that they are equal.
func FoldName(s string) string { return strings.Map(foldRune, s) }

// foldRune returns the least of the runes that differ from r by case alone.
func foldRune(r rune) rune {
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return least
}
