package plan

import (
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"tvscim/scim"
)

func TestCut(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name, in string
		limit    int
		want     string
	}{
		{"short", "Nora Vale", 50, "Nora Vale"},
		{"exactly", "12345", 5, "12345"},
		{"at a word", "Nora Annabelle Vale", 15, "Nora Annabelle"},
		{"the limit falls on a space", "Nora Annabelle Vale", 14, "Nora Annabelle"},
		{"a word that keeps just half", "Nora Annabelle", 8, "Nora"},
		{"a long word is cut inside", "Nor Annabelle", 8, "Nor Anna"},
		{"no word end in the second half", "N Annabelle", 8, "N Annabe"},
		{"blanks around", "  Nora  ", 50, "Nora"},
		{"UTF-16 units count, not characters", "😀😀😀", 4, "😀😀"},
		{"no half of a pair", "😀😀😀", 5, "😀😀"},
		{"umlauts are one unit", "ÄÖÜÄÖÜ", 3, "ÄÖÜ"},
		{"control characters", "Nora\tVale\x00", 50, "Nora Vale"},
		{"broken UTF-8", "a\xffb", 50, "a\uFFFDb"},
		{"empty", "", 50, ""},
		{"only blanks", "   ", 50, ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := cut(test.in, test.limit); got != test.want {
				t.Errorf("cut(%q, %d) = %q, want %q", test.in, test.limit, got, test.want)
			}
		})
	}
}

// TestCutLaws: the result fits, is valid text, is a beginning of the input, and cutting again
// changes nothing.
func TestCutLaws(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		in, limit := rapid.String().Draw(t, "in"), rapid.IntRange(1, 60).Draw(t, "limit")
		got := cut(in, limit)
		switch {
		case units(got) > limit:
			t.Fatalf("%q has %d units, limit %d", got, units(got), limit)
		case !utf8.ValidString(got):
			t.Fatalf("%q is no valid text", got)
		case !strings.HasPrefix(strings.TrimSpace(strings.Map(printable, in)), got):
			t.Fatalf("%q is no beginning of %q", got, in)
		case cut(got, limit) != got:
			t.Fatalf("cut again: %q becomes %q", got, cut(got, limit))
		}
	})
}

func TestTVUserName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name string
		user scim.User
		want string
	}{
		{"displayName", scim.User{DisplayName: "Nora Vale", UserName: "n@x.example"}, "Nora Vale"},
		{"one character is too short", scim.User{DisplayName: "N", UserName: "nora@x.example", Name: scim.Name{Formatted: "Nora V."}}, "Nora V."},
		{"formatted before parts", scim.User{UserName: "nora@x.example", Name: scim.Name{Formatted: "Dr. Nora", GivenName: "Nora", FamilyName: "Vale"}}, "Dr. Nora"},
		{"parts", scim.User{UserName: "nora@x.example", Name: scim.Name{GivenName: "Nora", FamilyName: "Vale"}}, "Nora Vale"},
		{"only a given name", scim.User{UserName: "nora@x.example", Name: scim.Name{GivenName: "Nora"}}, "Nora"},
		{"local part", scim.User{UserName: "nora.vale@x.example"}, "nora.vale"},
		{"short local part: the address", scim.User{UserName: "n@x.example"}, "n@x.example"},
		{"long", scim.User{DisplayName: strings.Repeat("Nora ", 20), UserName: "n@x.example"}, strings.TrimSpace(strings.Repeat("Nora ", 10))},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if got := tvUserName(test.user); got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}

func TestTVLanguage(t *testing.T) {
	t.Parallel()
	for tag, want := range map[string]string{
		"de-DE": "de", "de": "de", "DE-at": "de", "zh-CN": "zh_CN", "zh_TW": "zh_TW", "zh-Hant-HK": "zh_TW", "zh-Hans": "zh_CN", "zh": "zh_CN",
		"nb": "no", "nn-NO": "no", "no": "no", "pt-BR": "pt", "sw": "fr", "pa": "fr", "": "fr", "-": "fr", "x": "fr", "de-DE,en;q=0.8": "de",
		"de;q=0.5": "de", "\ten-US": "en", "english": "fr", "\x00": "fr",
	} {
		if got := tvLanguage(tag, "fr"); got != want {
			t.Errorf("tvLanguage(%q) = %q, want %q", tag, got, want)
		}
	}
}

func TestCheckAddress(t *testing.T) {
	t.Parallel()
	for address, good := range map[string]bool{
		"nora.vale@contoso.example": true, "Nora_V-1@x.co": true, "o'brien@x.example": true, "a+b@x.example": true, "a=b@x.example": true, "a(b@x.example": true,
		"a*b@x.example": true, "1@x-y.example": true, "a@b.cd": true,
		"": false, "a@b.c": false, "a@b": false, "nora": false, "@x.example": false, "nora@": false, "no ra@x.example": false, "nörä@x.example": false,
		"nora@x.exämple": false, ".nora@x.example": false, "nora.@x.example": false, "no..ra@x.example": false, "nora@-x.example": false, "nora@x-.example": false,
		"nora@x..example": false, "nora@x.1": false, "nora#EXT#@x.example": false, "a,b@x.example": false, "nora@rppkn.com": false, "nora@sub.rppkn.com": true,
		"nora@asdasd.ru": false, "nora@x.example\n": false, "a@b@x.example": false,
		strings.Repeat("a", 90) + "@x.example": true, strings.Repeat("a", 91) + "@x.example": false,
	} {
		if reason := CheckAddress(address); (reason == "") != good {
			t.Errorf("CheckAddress(%q) = %q, want good = %t", address, reason, good)
		}
	}
}

func TestSoftDeletedName(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"0f8b6a2c4d1e4b7a9c3d5e6f708192a3nora@x.example": "nora@x.example", "0F8B6A2C4D1E4B7A9C3D5E6F708192A3N@X": "N@X",
		"0f8b6a2c4d1e4b7a9c3d5e6f708192anora@x.example": "", "0f8b6a2c4d1e4b7a9c3d5e6f708192a3": "", "nora@x.example": "", "0f8b6a2c4d1e4b7a9c3d5e6f708192a3@x": "",
	} {
		if got, ok := softDeletedName(name); got != want || ok != (want != "") {
			t.Errorf("softDeletedName(%q) = %q, %t, want %q", name, got, ok, want)
		}
	}
}
