package filter_test

import (
	"encoding/json"
	"math"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tvscim/scim/filter"
)

func TestCompareTexts(t *testing.T) {
	t.Parallel()

	truths{
		// userName is not caseExact
		`userName eq "nora.vale@CONTOSO.example"`: true,
		`userName eq nora.vale@contoso.example`:   true,
		`userName eq "nora"`:                      false,
		`userName co "VALE@"`:                     true,
		`userName co ""`:                          true,
		`userName co "vale@ "`:                    false,
		`userName sw "NORA"`:                      true,
		`userName sw "vale"`:                      false,
		`userName ew ".EXAMPLE"`:                  true,
		`userName ew "nora"`:                      false,
		`userName gt "NORA"`:                      true,
		`userName gt "nora.vale@contoso.example"`: false,
		`userName ge "nora.vale@contoso.example"`: true,
		`userName lt "nOrB"`:                      true,
		`userName le "nora.vale@CONTOSO.EXAMPLE"`: true,
		`userName le "a"`:                         false,
		`userName lt "_"`:                         true, // letters order as capitals

		// externalId is
		`externalId eq "Nora.Vale"`: true,
		`externalId eq "nora.vale"`: false,
		`externalId co "Vale"`:      true,
		`externalId co "vale"`:      false,
		`externalId sw "Nora"`:      true,
		`externalId sw "nora"`:      false,
		`externalId ew ".Vale"`:     true,
		`externalId ew ".vale"`:     false,
		`externalId gt "Nora"`:      true,
		`externalId lt "a"`:         true,
		`externalId ge "Nora.Vale"`: true,
		`externalId le "Nora.Vale"`: true,
		`externalId lt "Nora.Vale"`: false,

		// one value of several is enough
		`schemas eq "urn:example:2.0:Extra"`: true,
		`schemas co "extra"`:                 false,

		// no value, no match
		`title eq ""`:       false,
		`title co ""`:       false,
		`title lt "x"`:      false,
		`nickName eq ""`:    true,
		`nickName eq "x"`:   false,
		`displayName sw ""`: false,
	}.check(t, nora())
}

// A text attribute compares with what was written, quoted or not: an id may look like a number or a
// boolean.
func TestCompareTextsWithOtherLiterals(t *testing.T) {
	t.Parallel()

	src := attributes{
		"externalid": exact("4711"),
		"zeros":      exact("0042"),
		"flag":       attribute(filter.TypeString, "True"),
		"word":       attribute(filter.TypeString, "null"),
		"mixed":      attribute(filter.TypeString, json.Number("12"), true, 3, 0.25),
	}

	truths{
		`externalId eq 4711`:   true,
		`externalId eq "4711"`: true,
		`externalId eq 4711.0`: false,
		`externalId sw 47`:     true,
		`zeros eq 0042`:        true,
		`zeros eq 42`:          false,
		`flag eq true`:         true,
		`word eq "null"`:       true,
		`word eq null`:         false,
		`mixed eq "12"`:        true,
		`mixed eq "TRUE"`:      true,
		`mixed eq "3"`:         true,
		`mixed eq "0.25"`:      true,
		`mixed eq "4"`:         false,
	}.check(t, src)
}

// Letter case folds one character to one, for equality and for parts alike.
func TestCompareFolding(t *testing.T) {
	t.Parallel()

	src := attributes{
		"sharp":  attribute(filter.TypeString, "Straße"),
		"kelvin": attribute(filter.TypeString, "273 \u212a"), // the Kelvin sign folds to k
		"sigma":  attribute(filter.TypeString, "ΟΔΟΣ"),
		"long":   attribute(filter.TypeString, "\u017fame"), // the long s folds to s
		"dotted": attribute(filter.TypeString, "İ"),
	}

	truths{
		`sharp eq "STRAßE"`:  true,
		`sharp co "AẞE"`:     true,
		`sharp eq "STRASSE"`: false,
		`kelvin eq "273 k"`:  true,
		`kelvin ew "K"`:      true,
		`sigma eq "οδος"`:    true,
		`sigma ew "σ"`:       true,
		`long sw "SA"`:       true,
		`long ge "same"`:     true,
		`long le "same"`:     true,
		`dotted eq "i"`:      false,
	}.check(t, src)
}

func TestCompareBooleans(t *testing.T) {
	t.Parallel()

	truths{
		`active eq true`:      true,
		`active eq TRUE`:      true,
		`active eq "True"`:    true,
		`active eq "true"`:    true,
		`active eq false`:     false,
		`active eq "False"`:   false,
		`active eq 1`:         false,
		`active eq "yes"`:     false,
		`active eq ""`:        false,
		`locked eq false`:     true, // held as the text "False"
		`locked eq "FALSE"`:   true,
		`locked eq true`:      false,
		`verified eq false`:   false, // there is no value
		`active gt false`:     false,
		`active ge true`:      false,
		`active lt true`:      false,
		`active le true`:      false,
		`active co "tr"`:      false,
		`active sw true`:      false,
		`active ew true`:      false,
		`emails.type eq true`: false,
	}.check(t, nora())
}

func TestCompareNumbers(t *testing.T) {
	t.Parallel()

	truths{
		`logins eq 10`:     true,
		`logins eq 10.0`:   true,
		`logins eq 1e1`:    true,
		`logins eq 100E-1`: true,
		`logins eq "10"`:   true,
		`logins eq 11`:     false,
		`logins eq ten`:    false,
		`logins eq true`:   false,
		`logins gt 9`:      true,
		`logins gt 10`:     false,
		`logins ge 10`:     true,
		`logins lt 9`:      false,
		`logins lt 100`:    true,
		`logins le 10`:     true,
		`logins gt -11`:    true,
		`logins co 1`:      false,
		`logins sw 1`:      false,
		`logins ew 0`:      false,

		`ratio eq 0.3`:              true,
		`ratio eq 0.30000000000001`: false,
		`ratio lt 0.30000000000001`: true,
		`weight eq 2.5`:             true,
		`weight ge 25e-1`:           true,

		// beyond the precision of float64
		`huge eq 9007199254740993`: true,
		`huge eq 9007199254740992`: false,
		`huge gt 9007199254740992`: true,

		// enormous exponents cost nothing
		`logins lt 1e999999999`:                   true,
		`logins gt -1e999999999`:                  true,
		`logins gt 1e-999999999`:                  true,
		`logins lt 1e99999999999999999999999999`:  true,
		`logins gt 1e-99999999999999999999999999`: true,
		`logins eq 0e99999999999999999999999999`:  false,

		`count eq 7`:  true, // held as text
		`broken eq 7`: false,
		`broken lt 7`: false,
		`broken pr`:   true,
	}.check(t, nora())
}

// A number that JSON does not have equals nothing.
func TestCompareNotANumber(t *testing.T) {
	t.Parallel()

	src := attributes{
		"nan": attribute(filter.TypeDecimal, math.NaN()),
		"inf": attribute(filter.TypeDecimal, math.Inf(1)),
		"big": attribute(filter.TypeDecimal, 1e300),
	}

	truths{
		`nan eq 0`: false, `nan ne 0`: true, `nan lt 0`: false,
		`inf gt 0`: false, `inf eq Inf`: false,
		`big eq 1e300`: true, `big gt 9e299`: true,
	}.check(t, src)
}

func TestCompareTimes(t *testing.T) {
	t.Parallel()

	truths{
		// meta.created is 2026-03-01T12:00:00Z
		`meta.created eq "2026-03-01T12:00:00Z"`:      true,
		`meta.created eq 2026-03-01T12:00:00Z`:        true,
		`meta.created eq "2026-03-01T12:00:00.000Z"`:  true,
		`meta.created eq "2026-03-01T13:00:00+01:00"`: true,
		`meta.created eq "2026-03-01T06:30:00-05:30"`: true,
		`meta.created eq "2026-03-01T12:00:00"`:       true, // no zone: UTC
		`meta.created eq "2026-03-01T12:00:00.001Z"`:  false,
		`meta.created gt "2026-03-01T13:30:00+02:00"`: true, // later by time, earlier by text
		`meta.created lt "2026-03-01T11:30:00-02:00"`: true,
		`meta.created ge "2026-03-01T12:00:00Z"`:      true,
		`meta.created le "2026-03-01T12:00:00Z"`:      true,
		`meta.created lt "2026-03-01T12:00:00Z"`:      false,
		`meta.created gt "2026-03-01T12:00:00Z"`:      false,

		// a date, or part of a dateTime, is text
		`meta.created gt "2026-03-01"`:               true,
		`meta.created lt "2026-03-02"`:               true,
		`meta.created sw "2026-03-01T12"`:            true,
		`meta.created sw "2026-03-01T12:00:00.000Z"`: true,
		`meta.created co "-03-"`:                     true,
		`meta.created ew "Z"`:                        true,
		`meta.created eq "2026-03-01"`:               false,

		// meta.lastModified is the text 2026-03-01T13:00:00.5+01:00
		`meta.lastModified eq "2026-03-01T12:00:00.5Z"`:   true,
		`meta.lastModified gt "2026-03-01T12:00:00.499Z"`: true,
		`meta.lastModified lt "2026-03-01T12:00:01Z"`:     true,
		`meta.lastModified sw "2026-03-01T13"`:            true,
		`meta.lastModified sw "2026-03-01T12"`:            false,

		// what is no time compares as text
		`hired eq "last spring"`:          true,
		`hired eq "Last Spring"`:          false,
		`hired gt "2026-03-01T12:00:00Z"`: true,
		`hired lt "2026-03-01T12:00:00Z"`: false,
	}.check(t, nora())
}

// References are exact, whatever the schema says of their case; binary values know equality only.
func TestCompareReferencesAndBinary(t *testing.T) {
	t.Parallel()

	truths{
		`profileUrl eq "https://example.com/Nora"`: true,
		`profileUrl eq "https://example.com/nora"`: false,
		`profileUrl sw "https://"`:                 true,
		`profileUrl co "Example"`:                  false,
		`profileUrl gt "https://example.com/"`:     true,

		`certificate eq "AbC="`: true,
		`certificate eq "abc="`: false,
		`certificate ne "abc="`: true,
		`certificate co "AbC="`: false,
		`certificate sw "A"`:    false,
		`certificate gt "A"`:    false,
		`certificate le "AbC="`: false,
	}.check(t, nora())
}

// What holds of the order of single values, whatever their type: exactly one of lt, eq and gt, and
// the other operators follow from them.
func TestCompareOrderLaws(t *testing.T) {
	t.Parallel()

	values := map[string]struct {
		typ   filter.Type
		exact bool
		texts *rapid.Generator[string]
	}{
		"texts":       {filter.TypeString, true, rapid.String()},
		"folded":      {filter.TypeString, false, rapid.StringOf(rapid.SampledFrom([]rune("aAsSſkKKéÉσςΣ")))},
		"numbers":     {filter.TypeDecimal, false, anyNumber()},
		"times":       {filter.TypeDateTime, false, anyTime()},
		"references":  {filter.TypeReference, false, rapid.StringMatching(`[aA/]{1,4}`)},
		"mostly text": {filter.TypeDateTime, false, rapid.StringMatching(`[0-9]{1,3}`)},
	}

	for name, test := range values {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			rapid.Check(t, func(t *rapid.T) {
				a := test.texts.Filter(func(s string) bool { return s != "" }).Draw(t, "a")
				b := test.texts.Draw(t, "b")
				holds := func(v string, op filter.Op, literal string) bool {
					src := attributes{"x": {Type: test.typ, CaseExact: test.exact, Values: []any{v}}}
					return filter.Eval(filter.Compare{Path: filter.AttrPath{Name: "x"}, Op: op, Value: text(literal)}, src)
				}

				lt, eq, gt := holds(a, filter.Less, b), holds(a, filter.Equal, b), holds(a, filter.Greater, b)
				if lt && eq || eq && gt || lt && gt || !lt && !eq && !gt {
					t.Fatalf("%q and %q: lt %t, eq %t, gt %t", a, b, lt, eq, gt)
				}
				if holds(a, filter.LessOrEqual, b) != (lt || eq) || holds(a, filter.GreaterOrEqual, b) != (gt || eq) {
					t.Fatalf("%q and %q: le or ge do not follow from lt, eq and gt", a, b)
				}
				if holds(a, filter.NotEqual, b) == eq {
					t.Fatalf("%q and %q: eq and ne agree", a, b)
				}
				if b != "" && holds(b, filter.Greater, a) != lt {
					t.Fatalf("%q and %q: lt is not gt the other way round", a, b)
				}
			})
		})
	}
}

func anyTime() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		zone := time.FixedZone("", 60*rapid.IntRange(-720, 720).Draw(t, "zone in minutes"))
		moment := time.UnixMilli(rapid.Int64Range(1_700_000_000_000, 1_700_000_100_000).Draw(t, "moment"))

		return moment.In(zone).Format(time.RFC3339Nano)
	})
}

// Numbers compare as math/big compares them.
func TestCompareNumbersExactly(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		a, b := anyNumber().Draw(t, "a"), anyNumber().Draw(t, "b")
		x, _ := new(big.Rat).SetString(a)
		y, _ := new(big.Rat).SetString(b)
		want := x.Cmp(y)

		src := attributes{"x": attribute(filter.TypeDecimal, json.Number(a))}
		for op, truth := range map[filter.Op]bool{filter.Less: want < 0, filter.Equal: want == 0, filter.Greater: want > 0} {
			e := filter.Compare{Path: filter.AttrPath{Name: "x"}, Op: op, Value: number(b)}
			if got := filter.Eval(e, src); got != truth {
				t.Fatalf("%s %s %s = %t, want %t", a, op, b, got, truth)
			}
		}
	})
}

// A text without regard to case contains each of its parts, in any case, and starts and ends with
// itself.
func TestComparePartLaws(t *testing.T) {
	t.Parallel()

	rapid.Check(t, func(t *rapid.T) {
		runes := rapid.SliceOfN(rapid.Rune(), 1, 12).Draw(t, "text")
		from := rapid.IntRange(0, len(runes)).Draw(t, "from")
		to := rapid.IntRange(from, len(runes)).Draw(t, "to")
		exactly := rapid.Bool().Draw(t, "caseExact")

		part := string(runes[from:to])
		if !exactly {
			if upper := strings.ToUpper(part); strings.EqualFold(upper, part) {
				part = upper
			}
		}

		src := attributes{"x": {Type: filter.TypeString, CaseExact: exactly, Values: []any{string(runes)}}}
		holds := func(op filter.Op) bool {
			return filter.Eval(filter.Compare{Path: filter.AttrPath{Name: "x"}, Op: op, Value: text(part)}, src)
		}

		if !holds(filter.Contains) {
			t.Fatalf("%q does not contain %q", string(runes), part)
		}
		if from == 0 && !holds(filter.StartsWith) {
			t.Fatalf("%q does not start with %q", string(runes), part)
		}
		if to == len(runes) && !holds(filter.EndsWith) {
			t.Fatalf("%q does not end with %q", string(runes), part)
		}
	})
}
