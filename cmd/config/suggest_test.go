package config

import (
	"testing"

	"pgregory.net/rapid"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	candidates := []string{"admin_listen", "auth", "base_path", "listen", "log", "teamviewer"}
	for word, want := range map[string]string{
		"lisen":       "listen",
		"Listen":      "listen",
		"listener":    "listen",
		"base-path":   "base_path",
		"basepath":    "base_path",
		"team_viewer": "teamviewer",
		"lgo":         "log",
		"usres":       "",
		"auht":        "auth",
		"listen_addr": "listen",
		"listen_":     "listen",
		"logs":        "log",
		"path":        "",
		"oauth":       "auth",
		"":            "",
		"x":           "",
		"dry_run":     "",
	} {
		if got := nearest(word, candidates); got != want {
			t.Errorf("nearest to %q is %q, want %q", word, got, want)
		}
	}
}

// distance is a metric: zero for the same word only, the same both ways, and never longer than a
// detour.
func TestDistanceIsAMetric(t *testing.T) {
	t.Parallel()
	word := rapid.StringMatching(`[a-d_]{0,8}`)
	rapid.Check(t, func(t *rapid.T) {
		a, b, c := word.Draw(t, "a"), word.Draw(t, "b"), word.Draw(t, "c")
		if d := distance(a, b); (d == 0) != (a == b) {
			t.Fatalf("distance %d between %q and %q", d, a, b)
		}
		if distance(a, b) != distance(b, a) {
			t.Fatalf("%q and %q: not the same both ways", a, b)
		}
		if distance(a, c) > distance(a, b)+distance(b, c) {
			t.Fatalf("%q to %q is longer than by %q", a, c, b)
		}
	})
}

// One edit is one step.
func TestDistanceOfOneEdit(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.StringMatching(`[a-d]{1,8}`).Draw(t, "word")
		at := rapid.IntRange(0, len(word)-1).Draw(t, "at")
		for edit, edited := range map[string]string{
			"dropped":  word[:at] + word[at+1:],
			"inserted": word[:at] + "z" + word[at:],
			"replaced": word[:at] + "z" + word[at+1:],
		} {
			if d := distance(word, edited); d != 1 {
				t.Fatalf("%s: distance %d between %q and %q", edit, d, word, edited)
			}
		}
	})
}

// Every key must be found again by its name with two letters swapped.
func TestEveryKeyIsSuggested(t *testing.T) {
	t.Parallel()
	var names []string
	for _, f := range allFields() {
		names = append(names, f.path)
	}
	for _, name := range names {
		swapped := []byte(name)
		last := len(swapped) - 1
		swapped[last-1], swapped[last] = swapped[last], swapped[last-1]
		if got := nearest(string(swapped), names); got != name {
			t.Errorf("nearest to %q is %q, want %q", swapped, got, name)
		}
	}
}
