package tvapi

import (
	"strings"
	"testing"
	"unicode"
)

func TestFoldEmail(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"":                     "",
		"ada@example.com":      "ada@example.com",
		"ADA@Example.COM":      "ada@example.com",
		"[Z`{@example.com":     "[z`{@example.com",
		"ÄDA@example.com":      "Äda@example.com",
		"\u212aIT@example.com": "\u212ait@example.com",
	} {
		if got := FoldEmail(in); got != want {
			t.Errorf("FoldEmail(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestFoldName(t *testing.T) {
	t.Parallel()
	for _, equal := range [][]string{
		{"admins", "ADMINS", "Admins", "adminſ"}, // a long s
		{"kelvin", "KELVIN", "\u212aelvin"},
		{"größe", "GRÖßE", "GRÖẞE"},
		{"σίσυφος", "ΣΊΣΥΦΟΣ", "ςίςυφοσ"}, // three sigmas
		{"ǆ", "ǅ", "Ǆ"},
	} {
		for _, name := range equal {
			if FoldName(name) != FoldName(equal[0]) {
				t.Errorf("FoldName(%q) = %q, FoldName(%q) = %q: want the same", name, FoldName(name), equal[0], FoldName(equal[0]))
			}
		}
	}
	for _, pair := range [][2]string{{"strasse", "straße"}, {"i", "ı"}, {"I", "İ"}, {"é", "e\u0301"}, {"a", "a "}} {
		if FoldName(pair[0]) == FoldName(pair[1]) {
			t.Errorf("%q and %q fold to the same", pair[0], pair[1])
		}
	}
}

// Every rune of Unicode folds with its orbit and with nothing else.
func TestFoldNameOfEveryRune(t *testing.T) {
	t.Parallel()
	for r := rune(0); r <= unicode.MaxRune; r++ {
		least := foldRune(r)
		if least > r || !strings.EqualFold(string(r), string(least)) || foldRune(unicode.SimpleFold(r)) != least {
			t.Fatalf("%U folds to %U", r, least)
		}
	}
}

func FuzzFoldName(f *testing.F) {
	for _, s := range []string{"", "admins", "ADMINS", "größe", "GRÖẞE", "\u212a", "\xff", "\ufffd", "a\xc3"} {
		f.Add(s, strings.ToUpper(s))
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		if got, want := FoldName(a) == FoldName(b), strings.EqualFold(a, b); got != want {
			t.Errorf("%q and %q fold to the same: %v, EqualFold: %v", a, b, got, want)
		}
		if folded := FoldName(a); FoldName(folded) != folded {
			t.Errorf("FoldName(%q) = %q folds again to %q", a, folded, FoldName(folded))
		}
	})
}
