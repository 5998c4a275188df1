package filter

import (
	"strings"
	"unicode"
)

// fold maps a string so that two strings are the same exactly if they are equal by the attribute's
// rule for letter case.
func (a Attribute) fold(s string) string {
	switch {
	case a.CaseExact:
		return s
	case a.FoldASCII:
		return strings.Map(upperASCII[rune], s)
	default:
		return fold(s)
	}
}

// equalFoldASCII is [strings.EqualFold] for ASCII letters alone.
func equalFoldASCII(s, t string) bool {
	if len(s) != len(t) {
		return false
	}
	for i := range len(s) {
		if upperASCII(s[i]) != upperASCII(t[i]) {
			return false
		}
	}
	return true
}

// upperASCII returns the capital of an ASCII letter, and everything else as it is.
func upperASCII[C byte | rune](c C) C {
	if 'a' <= c && c <= 'z' {
		return c - ('a' - 'A')
	}
	return c
}

// fold maps a text so that fold(a) == fold(b) exactly when [strings.EqualFold](a, b): parts and
// order then agree with equality.
func fold(s string) string {
	return strings.Map(foldRune, s)
}

// foldRune returns the smallest of the characters that differ only by case, as [unicode.SimpleFold]
// sees it.
func foldRune(r rune) rune {
	if r <= unicode.MaxASCII {
		return upperASCII(r)
	}
	least := r
	for next := unicode.SimpleFold(r); next != r; next = unicode.SimpleFold(next) {
		least = min(least, next)
	}
	return least
}
