package config

import (
	"maps"
	"reflect"
	"slices"
	"strings"
)

// suggest returns what an unknown name in a section may have been meant to be, as the end of a
// message, or "" when nothing is close. A key of the section that differs by one letter comes
// first: "token" in auth is "tokens". Then comes a key of that very name in another section: it was
// indented wrongly.
func suggest(section, name string, siblings map[string]reflect.Value) string {
	near := nearest(name, slices.Sorted(maps.Keys(siblings)))
	if near != "" && distance(name, near) <= 1 {
		return didYouMean(join(section, near))
	}
	for _, f := range allFields() {
		switch {
		case f.path == name:
			return "; it belongs at the top level"
		case strings.HasSuffix(f.path, "."+name):
			return didYouMean(f.path)
		}
	}
	if near != "" {
		return didYouMean(join(section, near))
	}
	return ""
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
	return ""
}

func didYouMean(key string) string { return "; did you mean " + key + "?" }

// nearest returns the candidate that differs least from word, if it differs in no more than three
// letters and no more than a third of them. Of several the first wins.
func nearest(word string, candidates []string) string {
	best, least := "", min(len(word)/3, 3)+1
	for _, candidate := range candidates {
		if n := distance(word, candidate); n < least {
			best, least = candidate, n
		}
	}
	return best
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
