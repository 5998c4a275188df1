package gateway_test

import (
	"io/fs"
	"maps"
	"os"
	"path"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	gocmp "github.com/google/go-cmp/cmp"

	"tvscim/cmd/config"
	"tvscim/mapping/plan"
)

const architecture = "docs/architecture.md"

var (
	codeSpan   = regexp.MustCompile("`([^`\n]+)`")
	link       = regexp.MustCompile(`\]\(([^)#\s]+)[^)]*\)`)
	repoFile   = regexp.MustCompile(`^(cmd|deploy|docs|mapping|proxy|scim|tvapi|\.ci|\.github)(/[\w.-]+)+/?$|^[A-Z]+\.md$|^config\.yaml$|^Makefile$`)
	testName   = regexp.MustCompile(`^Test[A-Z]\w*$`)
	identifier = regexp.MustCompile(`^[A-Za-z_]\w*(\.[A-Za-z_]\w*)*$`)
)

// reference is what a document names.
type reference struct{ document, name string }

// documentsOf returns the documents for people, by path from the root.
func documentsOf(root fs.FS) (map[string]string, error) {
	texts := map[string]string{}
	for _, pattern := range []string{"*.md", "docs/*.md", "docs/*/*.md"} {
		names, err := fs.Glob(root, pattern)
		if err != nil {
			return nil, err
		}
		for _, name := range names {
			text, err := fs.ReadFile(root, name)
			if err != nil {
				return nil, err
			}
			texts[name] = string(text)
		}
	}
	delete(texts, "CHANGELOG.md") // it also names what is gone
	return texts, nil
}

// spans returns the code spans of a document outside of its code blocks, each once.
func spans(text string) []string {
	var found []string
	for i, part := range strings.Split(text, "```") {
		if i%2 == 0 {
			for _, m := range codeSpan.FindAllStringSubmatch(part, -1) {
				found = append(found, m[1])
			}
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// missingFiles returns the files that documents name or link to and that do not exist.
func missingFiles(root fs.FS, documents map[string]string) (missing []reference) {
	check := func(document, name, file string) {
		if _, err := fs.Stat(root, file); err != nil {
			missing = append(missing, reference{document, name})
		}
	}
	for _, document := range slices.Sorted(maps.Keys(documents)) {
		for _, span := range spans(documents[document]) {
			if repoFile.MatchString(span) {
				check(document, span, path.Clean(span))
			}
		}
		for _, m := range link.FindAllStringSubmatch(documents[document], -1) {
			if !strings.Contains(m[1], ":") {
				check(document, m[1], path.Join(path.Dir(document), m[1]))
			}
		}
	}
	return missing
}

// missingTests returns the tests that documents name and that do not exist.
func missingTests(tests map[string]bool, documents map[string]string) (missing []reference) {
	for _, document := range slices.Sorted(maps.Keys(documents)) {
		for _, span := range spans(documents[document]) {
			if testName.MatchString(span) && !tests[span] {
				missing = append(missing, reference{document, span})
			}
		}
	}
	return missing
}

// missingNames returns the identifiers that a document names and that are not declared. Of a name
// with several parts, the last two are compared: a package or a type, and what is declared in it.
func missingNames(declared map[string]bool, document, text string) (missing []reference) {
	for _, span := range spans(text) {
		parts := strings.Split(span, ".")
		name := strings.Join(parts[max(0, len(parts)-2):], ".")
		file := repoFile.MatchString(span) || strings.HasSuffix(span, ".go")
		if identifier.MatchString(span) && !file && !testName.MatchString(span) && !declared[name] {
			missing = append(missing, reference{document, span})
		}
	}
	return missing
}

// TestDocsNameWhatExists: each file and each test that a document names exists, and each identifier
// in the architecture.
func TestDocsNameWhatExists(t *testing.T) {
	t.Parallel()
	root := os.DirFS("../..")
	documents, err := documentsOf(root)
	if err != nil {
		t.Fatal(err)
	}
	declared, tests, err := declaredIn(root)
	if err != nil {
		t.Fatal(err)
	}
	for _, key := range config.Keys() {
		declared[key.Path] = true
	}
	for _, row := range slices.Concat(plan.UserAttributes, plan.GroupAttributes) {
		declared[row.Name] = true
	}
	if n := len(spans(documents[architecture])); n < 200 {
		t.Errorf("%s has only %d code spans", architecture, n)
	}
	for _, m := range missingFiles(root, documents) {
		t.Errorf("%s names the file %s, which does not exist", m.document, m.name)
	}
	for _, m := range missingTests(tests, documents) {
		t.Errorf("%s names the test %s, which does not exist", m.document, m.name)
	}
	for _, m := range missingNames(declared, architecture, documents[architecture]) {
		t.Errorf("%s names %s, which is not declared", m.document, m.name)
	}
}

// TestDocsCanFail shows that the test above finds what does not exist.
func TestDocsCanFail(t *testing.T) {
	t.Parallel()
	root := fstest.MapFS{
		"mapping/write.go":      {Data: []byte("package mapping; type writer struct{ log int }; func (w writer) put() {}; type m interface{ Get() }; const most = 1")},
		"mapping/write_test.go": {Data: []byte("package mapping; func TestPut(t *testing.T) {}; func helper() {}")},
		"docs/there.md":         {Data: []byte("[up](../README.md#part) [gone](gone.md) [far](https://example.com/gone.md)")},
		"README.md":             {Data: []byte("`mapping/write.go` `mapping` `scim/gone.go` `TestPut` `TestGone`\n```\n`mapping/gone.go`\n```\n`POST /users`")},
	}
	documents, err := documentsOf(root)
	if err != nil {
		t.Fatal(err)
	}
	declared, tests, err := declaredIn(root)
	if err != nil {
		t.Fatal(err)
	}
	names := "`writer` `writer.put` `writer.log` `m.Get` `mapping.most` `helper` `TestGone` `writer.gone` `put` `roster.most` `GET /users`"
	got := slices.Concat(missingFiles(root, documents), missingTests(tests, documents), missingNames(declared, architecture, names))
	want := []reference{
		{"README.md", "scim/gone.go"}, {"docs/there.md", "gone.md"}, {"README.md", "TestGone"},
		{architecture, "roster.most"}, {architecture, "writer.gone"},
	}
	if diff := gocmp.Diff(want, got, gocmp.AllowUnexported(reference{})); diff != "" {
		t.Errorf("missing (-want +got):\n%s", diff)
	}
}

var (
	diagram = regexp.MustCompile("(?s)```mermaid\n(.*?)```")
	node    = regexp.MustCompile(`(\w+)\["([\w/]+)"\]`)
	arrow   = regexp.MustCompile(`(?m)^\s*(\w+)(?:\["[\w/]+"\])? --> (\w+(?: & \w+)*)$`)
)

// drawn returns the imports that a document draws, by room. "*" is every room.
func drawn(text string) map[string][]string {
	m := diagram.FindStringSubmatch(text)
	if m == nil {
		return nil
	}
	rooms := map[string]string{"all": "*"} // by the name in the diagram
	imports := map[string][]string{}
	for _, n := range node.FindAllStringSubmatch(m[1], -1) {
		rooms[n[1]] = n[2]
		imports[n[2]] = nil
	}
	for _, a := range arrow.FindAllStringSubmatch(m[1], -1) {
		from := rooms[a[1]]
		for to := range strings.SplitSeq(a[2], " & ") {
			imports[from] = append(imports[from], rooms[to])
		}
	}
	return imports
}

// TestDrawn reads a diagram, and text without one.
func TestDrawn(t *testing.T) {
	t.Parallel()
	text := "# Text\n```mermaid\nflowchart TD\n    top[\"cmd/top\"] --> all\n    subgraph all [every room]\n        a[\"a\"]; b[\"a/b\"]; c[\"c\"]\n    end\n    a --> b & c\n```\n"
	want := map[string][]string{"cmd/top": {"*"}, "a": {"a/b", "c"}, "a/b": nil, "c": nil}
	if diff := gocmp.Diff(want, drawn(text)); diff != "" {
		t.Errorf("drawn (-want +got):\n%s", diff)
	}
	if got := drawn("# Text"); got != nil {
		t.Errorf("text without a diagram draws %v", got)
	}
}

// TestArchitectureDrawsTheDoors: the diagram has the rooms that exist, and an arrow for each import
// that is allowed.
func TestArchitectureDrawsTheDoors(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../../" + architecture)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string][]string{}
	for room, d := range doors {
		if !d.planned {
			want[room] = slices.Sorted(slices.Values(d.ours))
		}
	}
	got := drawn(string(text))
	for room, imports := range got {
		got[room] = slices.Sorted(slices.Values(imports))
	}
	if diff := gocmp.Diff(want, got); diff != "" {
		t.Errorf("imports (-doors +drawn):\n%s", diff)
	}
}
