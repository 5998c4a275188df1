package filter

import (
	"strings"
	"unicode"
)

// fold maps a text so that fold(a) == fold(b) exactly when [strings.EqualFold](a, b): parts and order then agree with
// equality.
func fold(s string) string {
	return strings.Map(foldRune, s)
}

// foldRune returns the smallest of the characters that differ only by case, as [unicode.SimpleFold] sees it.
func foldRune(r rune) rune {
	if r <= unicode.MaxASCII {
		if 'a' <= r && r <= 'z' {
			return r - ('a' - 'A')
		}
		return r
	}

	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}

	return least
}
