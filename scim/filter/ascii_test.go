package filter_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"tvscim/scim/filter"
)

// Of an address, only ASCII letters are the same in any case: the signs that Unicode folds to k and
// s are not.
func TestCompareFoldASCII(t *testing.T) {
	t.Parallel()

	address := func(s string) filter.Attribute {
		return filter.Attribute{Type: filter.TypeString, FoldASCII: true, Values: []any{s}}
	}
	src := attributes{"username": address("Kim.Sas@contoso.example"), "mail": address("\u00e9va@contoso.example")}

	truths{
		`userName eq "KIM.sas@CONTOSO.example"`:      true,
		`userName eq "\u212aim.sas@contoso.example"`: false,
		`userName eq "kim.\u017fas@contoso.example"`: false,
		`userName eq "kim.sas@contoso.exampl"`:       false,
		`userName sw "KIM"`:                          true,
		`userName sw "\u212aim"`:                     false,
		`userName co "SAS@"`:                         true,
		`userName ew ".\u017fas@contoso.example"`:    false,
		`userName lt "_"`:                            true, // letters order as capitals
		`userName gt "KIM"`:                          true,
		`mail eq "\u00e9VA@contoso.example"`:         true,
		`mail eq "\u00c9va@contoso.example"`:         false,
	}.check(t, src)
}

// Where there are only ASCII letters, the two rules agree.
func TestCompareFoldASCIIAgrees(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(rt *rapid.T) {
		letters := rapid.StringMatching(`[aAbB@._]{1,4}`)
		a, literal := letters.Draw(rt, "a"), letters.Draw(rt, "literal")
		for _, op := range operators {
			e := filter.Compare{Path: filter.AttrPath{Name: "x"}, Op: op, Value: text(literal)}
			is := func(ascii bool) bool {
				return filter.Eval(e, attributes{"x": {Type: filter.TypeString, FoldASCII: ascii, Values: []any{a}}})
			}
			if is(true) != is(false) {
				rt.Errorf("%q %s %q: %t with FoldASCII, %t without", a, op, literal, is(true), is(false))
			}
		}
	})
}

// Equality, order and parts agree with one another: what is equal is neither less nor greater, and
// begins with itself.
func TestCompareFoldASCIIIsConsistent(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(rt *rapid.T) {
		a := rapid.StringOf(rapid.SampledFrom([]rune("aAkK\u212as\u017f\u00e9"))).Draw(rt, "a")
		b := rapid.StringOf(rapid.SampledFrom([]rune("aAkK\u212as\u017f\u00e9"))).Draw(rt, "b")
		is := func(op filter.Op) bool {
			src := attributes{"x": {Type: filter.TypeString, FoldASCII: true, Values: []any{a}}}
			return filter.Eval(filter.Compare{Path: filter.AttrPath{Name: "x"}, Op: op, Value: text(b)}, src)
		}
		if is(filter.Equal) && !strings.EqualFold(a, b) {
			rt.Errorf("%q eq %q, which EqualFold does not say", a, b)
		}
		if is(filter.Equal) != (is(filter.GreaterOrEqual) && is(filter.LessOrEqual)) {
			rt.Errorf("%q and %q: eq %t, ge %t, le %t", a, b, is(filter.Equal), is(filter.GreaterOrEqual), is(filter.LessOrEqual))
		}
		if is(filter.Equal) && !(is(filter.StartsWith) && is(filter.EndsWith) && is(filter.Contains)) {
			rt.Errorf("%q eq %q, but has not its parts", a, b)
		}
	})
}
