package config

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"
)

// suggest returns the remedy for an unknown name in a section, as the end of a message: the key
// that was probably meant, or else to remove it. A key of the section that differs by one letter is
// preferred: "token" in auth is "tokens". The next is a key of the same name in another section,
// since the indentation may be wrong.
func suggest(section, name string, siblings map[string]reflect.Value) string {
	near := nearest(name, slices.Sorted(maps.Keys(siblings)))
	if near != "" && distance(name, near) <= 1 {
		return didYouMean(join(section, near))
	}
	for _, f := range allFields() {
		switch {
		case f.path == name && strings.Contains(name, "."):
			return nested(name)
		case f.path == name:
			return "; it belongs at the top level, without indentation"
		case strings.HasSuffix(f.path, "."+name):
			return didYouMean(f.path)
		}
	}
	if near != "" {
		return didYouMean(join(section, near))
	}
	return remove
}

// suggestVariable is [suggest] for the environment.
func suggestVariable(name string, known map[string]field) string {
	bare := make([]string, 0, len(known))
	for variable := range known {
		bare = append(bare, strings.TrimPrefix(variable, envPrefix))
	}
	slices.Sort(bare)
	if near := nearest(strings.TrimPrefix(name, envPrefix), bare); near != "" {
		return didYouMean(envPrefix + near)
	}
	return remove
}

// remove is the end of a message about a name that resembles no other.
const remove = "; remove it, or correct its name"

// nested returns how a key that was written as a path must be written.
func nested(path string) string {
	section, key, _ := strings.Cut(path, ".")
	return fmt.Sprintf("; write %s: and, on a line below it that is indented with two spaces, %s: and the value", section, key)
}

func didYouMean(key string) string { return "; did you mean " + key + "?" }

// nearest returns the candidate with the least distance from word, if it differs in no more than
// three letters and no more than a third of them, or in the order of two letters. If there is none,
// it returns the candidate to which word adds an ending, as listen_addr does. Of several, it
// returns the first.
func nearest(word string, candidates []string) string {
	best, least := "", min(len(word)/3, 3)+1
	for _, candidate := range candidates {
		n := distance(word, candidate)
		if swapped(word, candidate) {
			n = 1
		}
		if n < least {
			best, least = candidate, n
		}
	}
	for _, candidate := range candidates {
		if best == "" && strings.HasPrefix(strings.ToLower(word), strings.ToLower(candidate)+"_") {
			best = candidate
		}
	}
	return best
}

// swapped reports whether b is a with two adjacent letters exchanged, without regard to letter
// case.
func swapped(a, b string) bool {
	a, b = strings.ToLower(a), strings.ToLower(b)
	if len(a) != len(b) {
		return false
	}
	for i := range len(a) - 1 {
		if a[i] != b[i] {
			return a[i] == b[i+1] && a[i+1] == b[i] && a[i+2:] == b[i+2:]
		}
	}
	return false
}

// distance is the number of letters to insert, drop or replace to make a into b (Levenshtein's),
// without regard to letter case.
func distance(a, b string) int {
	a, b = strings.ToLower(a), strings.ToLower(b)
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal := row[0]
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
