package gateway_test

import (
	"os"
	"regexp"
	"slices"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"
)

// TestDependenciesDocument: docs/decisions/0013-dependencies.md has a row for each module that
// go.mod requires directly, and for no other.
func TestDependenciesDocument(t *testing.T) {
	t.Parallel()
	if diff := gocmp.Diff(firstGroups(t, "../../go.mod", `(?m)^\t(\S+) v\S+$`), firstGroups(t, "../../docs/decisions/0013-dependencies.md", "(?m)^\\| `([^`]+)` \\|")); diff != "" {
		t.Errorf("the document (+) does not have the direct dependencies of go.mod (-):\n%s", diff)
	}
}

// firstGroups returns what the first group of a pattern matches in a file, sorted.
func firstGroups(t *testing.T, file, pattern string) []string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(text, -1) {
		found = append(found, string(m[1]))
	}
	if len(found) == 0 {
		t.Fatalf("%s: nothing found", file)
	}
	slices.Sort(found)
	return found
}
