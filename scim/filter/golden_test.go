package filter_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"tvscim/scim/filter"
)

// update rewrites the answers in testdata; the inputs stay. Read the difference before you keep it.
var update = flag.Bool("update", false, "rewrite the golden files")

// The golden files hold an input a line, and indented below it what became of it: the tree and the
// printed form, or the exact error. Lines with "#" are headings. An input that begins with a double
// quote is a Go string, for what is not allowed in a line.
func TestGolden(t *testing.T) {
	t.Parallel()

	for file, read := range map[string]func(string) (string, fmt.Stringer, error){
		"filter.golden": func(in string) (string, fmt.Stringer, error) {
			e, err := filter.Parse(in)
			return tree(e), e, err
		},
		"path.golden": func(in string) (string, fmt.Stringer, error) {
			p, err := filter.ParsePath(in)
			return pathTree(p), p, err
		},
		"attrpath.golden": func(in string) (string, fmt.Stringer, error) {
			p, err := filter.ParseAttrPath(in)
			return attrTree(p), p, err
		},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()

			want := readGolden(t, file)

			var got strings.Builder
			for line := range strings.Lines(want) {
				if strings.HasPrefix(line, "  ") {
					continue
				}
				got.WriteString(line)
				if in, ok := goldenInput(t, line); ok {
					answer(t, &got, in, read)
				}
			}

			if *update {
				if err := os.WriteFile(filepath.Join("testdata", file), []byte(got.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(want, got.String()); diff != "" {
				t.Errorf("answers differ (-want +got):\n%s", diff)
			}
		})
	}
}

// answer writes what becomes of an input, and checks what holds for all: errors are filter errors
// with a column, and what is printed reads as the same tree.
func answer(t *testing.T, b *strings.Builder, in string, read func(string) (string, fmt.Stringer, error)) {
	t.Helper()

	want, printed, err := read(in)
	if err != nil {
		if refusal, ok := errors.AsType[*filter.Error](err); !ok || refusal.Column < 1 {
			t.Errorf("%s: the error is %#v, want a *filter.Error with a column", in, err)
		}
		fmt.Fprintf(b, "  error: %v\n", err)
		return
	}

	fmt.Fprintf(b, "  tree:  %s\n  print: %s\n", want, printed)
	if again, _, err := read(printed.String()); err != nil || again != want {
		t.Errorf("%s: prints as %s, which reads as %s (%v), want %s", in, printed, again, err, want)
	}
}

func readGolden(t testing.TB, file string) string {
	t.Helper()

	content, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}

	return string(content)
}

// goldenInput returns the input that a line of a golden file holds, if it holds one.
func goldenInput(t testing.TB, line string) (string, bool) {
	t.Helper()

	line = strings.TrimSuffix(line, "\n")
	switch {
	case line == "" || strings.HasPrefix(line, "#") || strings.HasPrefix(line, "  "):
		return "", false
	case strings.HasPrefix(line, `"`):
		in, err := strconv.Unquote(line)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		return in, true
	default:
		return line, true
	}
}

// goldenInputs returns the inputs of a golden file: the seeds of the fuzz tests.
func goldenInputs(t testing.TB, file string) []string {
	t.Helper()

	var inputs []string
	for line := range strings.Lines(readGolden(t, file)) {
		if in, ok := goldenInput(t, line); ok {
			inputs = append(inputs, in)
		}
	}

	return inputs
}

// tree writes an expression with all its parentheses, independently of String.
func tree(e filter.Expr) string {
	switch e := e.(type) {
	case nil:
		return "nil"
	case filter.And:
		return "(and " + tree(e.Left) + " " + tree(e.Right) + ")"
	case filter.Or:
		return "(or " + tree(e.Left) + " " + tree(e.Right) + ")"
	case filter.Not:
		return "(not " + tree(e.X) + ")"
	case filter.Compare:
		return fmt.Sprintf("(%s %s %s)", e.Op, attrTree(e.Path), valueTree(e.Value))
	case filter.Present:
		return "(pr " + attrTree(e.Path) + ")"
	case filter.ValuePath:
		s := "(path " + attrTree(e.Path) + " " + tree(e.Inner)
		if e.Then != nil {
			s += " " + tree(e.Then)
		}
		return s + ")"
	default:
		return fmt.Sprintf("(%T)", e)
	}
}

func attrTree(p filter.AttrPath) string {
	return "<" + p.URN + "|" + p.Name + "|" + p.Sub + ">"
}

func pathTree(p filter.Path) string {
	return attrTree(filter.AttrPath{URN: p.URN, Name: p.Name, Sub: p.Sub}) + " " + tree(p.Filter) +
		" attr " + attrTree(p.Attr())
}

func valueTree(v filter.Value) string {
	kinds := map[filter.ValueKind]string{
		filter.String: "string", filter.Number: "number", filter.Bool: "bool", filter.Null: "null",
	}

	return kinds[v.Kind] + ":" + strconv.Quote(v.Text)
}
