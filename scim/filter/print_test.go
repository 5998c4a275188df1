package filter_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"tvscim/scim/filter"
)

func TestFilterRoundTrip(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		want := anyExpr(4, anyValue()).Draw(t, "filter")
		printed := want.String()
		if len(printed) > filter.MaxLength {
			t.Skip("longer than a filter may be")
		}

		got, err := filter.Parse(printed)
		if err != nil {
			t.Fatalf("%s: %v", printed, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", printed, diff)
		}
	})
}

func TestAttrPathRoundTrip(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		want := anyAttrPath().Draw(t, "path")

		got, err := filter.ParseAttrPath(want.String())
		if err != nil {
			t.Fatalf("%s: %v", want, err)
		}
		if got != want {
			t.Fatalf("%s reads as %#v, want %#v", want, got, want)
		}
	})
}

func TestPathRoundTrip(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		attr := anyAttrPath().Draw(t, "path")
		want := filter.Path{URN: attr.URN, Name: attr.Name, Sub: attr.Sub}
		if rapid.Bool().Draw(t, "with a filter") {
			want.Filter = anyExpr(2, anyValue()).Draw(t, "filter")
			if attr.Sub != "" {
				want.Name += "." + attr.Sub
			}
			want.Sub = rapid.OneOf(rapid.Just(""), anyName()).Draw(t, "sub")
		}
		printed := want.String()
		if len(printed) > filter.MaxLength {
			t.Skip("longer than a path may be")
		}

		got, err := filter.ParsePath(printed)
		if err != nil {
			t.Fatalf("%s: %v", printed, err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-want +got):\n%s", printed, diff)
		}
	})
}

// No pair of parentheses can be left out: without it the filter means something else, or nothing.
// Those of "not" are required by the grammar.
func TestParenthesesAreNeeded(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		want := anyExpr(3, plainValue()).Draw(t, "filter")
		printed := want.String()

		for _, pair := range parentheses(printed) {
			without := printed[:pair.open] + printed[pair.open+1:pair.close] + printed[pair.close+1:]
			if got, err := filter.Parse(without); err == nil && cmp.Equal(want, got) {
				t.Fatalf("%s means the same as %s", printed, without)
			}
		}
	})
}

type pair struct{ open, close int }

// parentheses returns the matching parentheses of a filter whose literals have none.
func parentheses(s string) []pair {
	var (
		pairs []pair
		open  []int
	)
	for i, c := range s {
		switch c {
		case '(':
			open = append(open, i)
		case ')':
			pairs = append(pairs, pair{open[len(open)-1], i})
			open = open[:len(open)-1]
		}
	}

	return pairs
}

// Letter case of operators and keywords, and the kind and number of blanks, mean nothing.
func TestSpellingIsFree(t *testing.T) {
	t.Parallel()

	want, err := filter.Parse(`a eq true and not (b pr) or c[d co "X"].e ne null`)
	if err != nil {
		t.Fatal(err)
	}

	for _, in := range []string{
		`a EQ TRUE AND NOT (b PR) OR c[d CO "X"].e NE NULL`,
		`a Eq True And Not(b Pr)Or c[d Co"X"].e Ne Null`,
		"\n a\teq  true\r\nand not ( b pr ) or c [ d co \"X\" ].e ne null ",
		`((a eq true) and (not (b pr))) or (c[(d co "X")].e ne null)`,
		`a eq true and not (b pr) or c[d co "\u0058"].e ne null`,
	} {
		got, err := filter.Parse(in)
		if err != nil {
			t.Errorf("%s: %v", in, err)
			continue
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", in, diff)
		}
	}
}

// Trees made by hand with parts missing print as something, without a panic.
func TestPrintIncomplete(t *testing.T) {
	t.Parallel()

	for _, e := range []filter.Expr{
		filter.And{}, filter.Or{}, filter.Not{}, filter.Compare{}, filter.Present{}, filter.ValuePath{},
	} {
		if _, err := filter.Parse(e.String()); err == nil {
			t.Errorf("%#v prints as %s, which is a filter", e, e)
		}
	}
}

func TestValueString(t *testing.T) {
	t.Parallel()

	tests := map[string]struct {
		value filter.Value
		want  string
	}{
		"text":              {text("nora"), `"nora"`},
		"quotes":            {text(`a "b" \c`), `"a \"b\" \\c"`},
		"control character": {text("\n\x7f"), `"\u000a\u007f"`},
		"outside ASCII":     {text("Größe 😀"), `"Größe 😀"`},
		"number":            {number("1.50"), `1.50`},
		"boolean":           {filter.Value{Kind: filter.Bool, Text: "true"}, `true`},
		"null":              {filter.Value{Kind: filter.Null, Text: "null"}, `null`},
	}

	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			if got := test.value.String(); got != test.want {
				t.Errorf("String() = %s, want %s", got, test.want)
			}
		})
	}
}

// The longest chain that is read prints as it was written.
func TestPrintLongChain(t *testing.T) {
	t.Parallel()

	in := strings.Repeat("a pr or ", filter.MaxNodes/2-1) + "a pr"
	e, err := filter.Parse(in)
	if err != nil {
		t.Fatal(err)
	}

	if diff := cmp.Diff(in, e.String()); diff != "" {
		t.Errorf("String() (-want +got):\n%s", diff)
	}
}
