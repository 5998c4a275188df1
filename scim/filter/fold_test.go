package filter

import (
	"strings"
	"testing"
	"unicode"

	"pgregory.net/rapid"
)

// Folding two texts and comparing them is what strings.EqualFold does.
func TestFoldIsEqualFold(t *testing.T) {
	t.Parallel()

	// Few letters that fold to each other, so that equal texts are found, and broken UTF-8.
	alphabet := rapid.SampledFrom([]string{"a", "A", "k", "K", "\u212a", "s", "S", "\u017f", "ß", "ẞ", "σ", "ς", "Σ", "İ", "ı", "\xff", "\ufffd"})
	texts := rapid.Map(rapid.SliceOfN(alphabet, 0, 4), func(s []string) string { return strings.Join(s, "") })

	rapid.Check(t, func(t *rapid.T) {
		a, b := texts.Draw(t, "a"), texts.Draw(t, "b")
		if got, want := fold(a) == fold(b), strings.EqualFold(a, b); got != want {
			t.Fatalf("%q and %q fold to %q and %q, but EqualFold = %t", a, b, fold(a), fold(b), want)
		}
	})
}

// Every character folds to one that is the same for its whole orbit, and stays there. None beyond
// the second plane has another case.
func TestFoldRune(t *testing.T) {
	t.Parallel()

	for r := rune(0); r < 0x20000; r++ {
		folded := foldRune(r)
		if folded > r || foldRune(folded) != folded || foldRune(unicode.SimpleFold(r)) != folded {
			t.Fatalf("%U folds to %U", r, folded)
		}
	}
}
