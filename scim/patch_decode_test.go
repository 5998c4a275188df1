package scim_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim"
)

var updatePatch = flag.Bool("update-patch", false, "write what DecodePatch makes of testdata/patch into it")

// patchCase is one entry of a file in testdata/patch:
//
//	=== Users name
//	{"Operations": [...]}
//	---
//	replace active false
type patchCase struct {
	endpoint, name, body, want string
}

// readPatchCases reads a file of cases.
func readPatchCases(t testing.TB, file string) []patchCase {
	t.Helper()
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var cases []patchCase
	for text := range strings.SplitSeq("\n"+string(data), "\n=== ") {
		if text == "" {
			continue
		}
		head, rest, _ := strings.Cut(text, "\n")
		body, want, ok := strings.Cut(rest, "\n---\n")
		if !ok {
			t.Fatalf("%s: %s: no line --- behind the body", file, head)
		}
		endpoint, name, _ := strings.Cut(head, " ")
		cases = append(cases, patchCase{endpoint, name, body, want})
	}
	return cases
}

// writePatchCases writes a file of cases.
func writePatchCases(t testing.TB, file string, cases []patchCase) {
	t.Helper()
	text := make([]string, len(cases))
	for i, c := range cases {
		text[i] = fmt.Sprintf("=== %s %s\n%s\n---\n%s", c.endpoint, c.name, c.body, c.want)
	}
	if err := os.WriteFile(file, []byte(strings.Join(text, "\n")), 0o644); err != nil {
		t.Fatal(err)
	}
}

// outcome returns the canonical form of a body, or the error as the client sees it.
func outcome(t testing.TB, c patchCase) string {
	t.Helper()
	p, err := scim.DecodePatch(patchType(t, c.endpoint), "77", []byte(c.body))
	if err == nil {
		return describePatch(p)
	}
	e, ok := errors.AsType[*scim.Error](err)
	if !ok {
		t.Fatalf("DecodePatch: %v is not for the client", err)
	}
	return fmt.Sprintf("%d %s: %s\n", e.Status, e.Type, e.Detail)
}

// TestDecodePatch compares the canonical form of every dialect (dialects.txt), of accepted
// deviations (tolerated.txt) and the errors of what is not (refused.txt).
func TestDecodePatch(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"dialects.txt", "tolerated.txt", "refused.txt"} {
		file = filepath.Join("testdata", "patch", file)
		cases := readPatchCases(t, file)
		for i, c := range cases {
			t.Run(c.name, func(t *testing.T) {
				got := outcome(t, c)
				if *updatePatch {
					cases[i].want = got
				} else if diff := cmp.Diff(c.want, got); diff != "" {
					t.Errorf("%s\n(-want +got):\n%s", c.body, diff)
				}
			})
		}
		if *updatePatch {
			writePatchCases(t, file, cases)
		}
	}
}

// TestDecodePatchIsStable says the canonical form in the RFC's words and decodes that again:
// nothing may change.
func TestDecodePatchIsStable(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"dialects.txt", "tolerated.txt"} {
		for _, c := range readPatchCases(t, filepath.Join("testdata", "patch", file)) {
			typ := patchType(t, c.endpoint)
			p, err := scim.DecodePatch(typ, "77", []byte(c.body))
			if err != nil {
				t.Errorf("%s: %v", c.name, err)
				continue
			}
			if p.Empty() {
				continue // Operations may not be empty
			}
			again, err := scim.DecodePatch(typ, "77", encodePatch(t, p))
			if err != nil {
				t.Errorf("%s: decoded again: %v", c.name, err)
				continue
			}
			if diff := cmp.Diff(p.Ops, again.Ops); diff != "" {
				t.Errorf("%s: the canonical form changed (-first +second):\n%s", c.name, diff)
			}
		}
	}
}
