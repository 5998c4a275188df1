package tvfake

import (
	"strings"
	"testing"
	"unicode/utf16"

	"pgregory.net/rapid"
)

// words draws texts in which folding matters.
func words() *rapid.Generator[string] {
	return rapid.StringOfN(rapid.SampledFrom([]rune("aAbBkK\u212asSſßẞiIİıéÉσςΣǅǆ@.1\U0001F600")), 0, 6, -1)
}

func TestFoldUnicodeIsEqualFold(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		a, b := words().Draw(t, "a"), words().Draw(t, "b")
		if got, want := foldUnicode(a) == foldUnicode(b), strings.EqualFold(a, b); got != want {
			t.Fatalf("%q and %q fold to the same: %v, EqualFold says %v", a, b, got, want)
		}
		if again := foldUnicode(foldUnicode(a)); again != foldUnicode(a) {
			t.Fatalf("%q folded twice is %q", a, again)
		}
	})
}

func TestFoldASCIIFoldsLettersOnly(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"AbC@EXAMPLE.com": "abc@example.com", "\u212a": "\u212a", "É": "É", "[Z]": "[z]", "": "", "\xff": "\uFFFD",
	} {
		if got := foldASCII(in); got != want {
			t.Errorf("foldASCII(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestUnits(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.String().Draw(t, "s")
		if got, want := units(s), len(utf16.Encode([]rune(s))); got != want {
			t.Fatalf("units(%q) = %d, want %d", s, got, want)
		}
	})
}

func TestUserIDs(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.Int32Min(1).Draw(t, "number")
		if got, ok := parseUserID(formatUserID(n), false); !ok || got != n {
			t.Fatalf("number %d reads back as %d %v", n, got, ok)
		}
		if got, ok := parseUserID(formatUserID(n)[1:], true); !ok || got != n {
			t.Fatalf("bare number %d reads back as %d %v", n, got, ok)
		}
	})
}

func TestSegments(t *testing.T) {
	t.Parallel()
	for path, want := range map[string]string{
		"/users": "users", "users/": "users", "//users//u1/": "users u1", "/users/ /u1": "users u1", "/users/./u1": "users u1",
		"/users/u1/..": "users", "/../../users": "users", "/": "", "": "", "/users/\t": "users", "/a/ b /c": "a b c",
	} {
		if got := strings.Join(segments(path), " "); got != want {
			t.Errorf("segments(%q) = %q, want %q", path, got, want)
		}
	}
}

// TestNumbersEndAndGoOn: account numbers are int32; after the last one the free ones from 1 on are
// given.
func TestNumbersEndAndGoOn(t *testing.T) {
	t.Parallel()
	s := New(Options{OwnerID: "u1"})
	s.lastUser = 1<<31 - 1
	u := s.AddUser(User{})
	if number, ok := parseUserID(u.ID, false); !ok || number > 2000 || u.ID == "u1" {
		t.Errorf("id %s, want a small free one", u.ID)
	}
}
