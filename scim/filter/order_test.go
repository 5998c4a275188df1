package filter_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"tvscim/scim/filter"
)

// kinds are attributes by how their values compare.
var kinds = map[string]filter.Attribute{
	"text":      {Type: filter.TypeString},
	"exact":     {Type: filter.TypeString, CaseExact: true},
	"reference": {Type: filter.TypeReference},
	"boolean":   {Type: filter.TypeBoolean},
	"integer":   {Type: filter.TypeInteger},
	"decimal":   {Type: filter.TypeDecimal},
	"date":      {Type: filter.TypeDateTime},
	"binary":    {Type: filter.TypeBinary},
}

// Each list is in ascending order; values in one inner list are equal.
func TestOrderKey(t *testing.T) {
	t.Parallel()

	tests := []struct {
		kind string
		want [][]any
	}{
		{"text", [][]any{{" "}, {"10"}, {"2"}, {"ann", "ANN", "Ann"}, {"Anna"}, {"bob"}, {"\u017fame\u212a", "SAMEk"}, {"_"}, {"\u00e9", "\u00c9"}}},
		{"exact", [][]any{{"10"}, {"2"}, {"Ann"}, {"Bob"}, {"ann"}, {"\u00c9"}, {"\u00e9"}, {"\U0001f600"}}},
		{"reference", [][]any{{"https://a.example/Z"}, {"https://a.example/a"}}},
		{"boolean", [][]any{{false, "false"}, {true, "true"}}},
		{"integer", [][]any{
			{json.Number("-1000")}, {json.Number("-10"), -10}, {json.Number("-9")}, {json.Number("0"), "-0", 0}, {1}, {9}, {json.Number("10"), "1e1"},
			{json.Number("9007199254740992")}, {json.Number("9007199254740993")}, {json.Number("1e999999999")}, {"seven"},
		}},
		{"decimal", [][]any{
			{"-1e400"}, {"-0.123"}, {"-0.12", "-0.120"}, {"-1e-400"}, {"0.0"}, {"1e-400"}, {"0.012"}, {"0.12", 0.12}, {"0.123"}, {"1.5", "15e-1"}, {"10"},
		}},
		{"date", [][]any{
			{"1969-12-31T23:59:59Z"},
			{"1970-01-01T00:00:00Z"},
			{"2026-03-01T12:00:00Z", "2026-03-01T13:00:00+01:00", "2026-03-01T12:00:00", time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)},
			{"2026-03-01T12:00:00.000000001Z"},
			{"2026-03-01T11:30:00-01:00"},
			{"last spring"},
		}},
		{"binary", [][]any{{"AAA="}, {"AbC="}, {"abc="}}},
	}
	for _, tt := range tests {
		t.Run(tt.kind, func(t *testing.T) {
			t.Parallel()

			before := ""
			for _, equal := range tt.want {
				first := orderKey(t, kinds[tt.kind], equal[0])
				for _, v := range equal[1:] {
					if got := orderKey(t, kinds[tt.kind], v); got != first {
						t.Errorf("%v and %v have different keys: %q, %q", equal[0], v, first, got)
					}
				}
				if first <= before {
					t.Errorf("%v: key %q is not behind that of the value before, %q", equal[0], first, before)
				}
				before = first
			}
		})
	}
}

func orderKey(t testing.TB, a filter.Attribute, v any) string {
	t.Helper()

	key, ok := filter.OrderKey(a, v)
	if !ok {
		t.Fatalf("%v has no key", v)
	}

	return key
}

func TestOrderKeyOfNothing(t *testing.T) {
	t.Parallel()

	for name, v := range map[string]any{
		"null": nil, "empty text": "", "object": map[string]any{"value": "x"}, "list": []any{"x"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()

			for kind, a := range kinds {
				if key, ok := filter.OrderKey(a, v); ok || key != "" {
					t.Errorf("%s: key = %q, %t, want none", kind, key, ok)
				}
			}
		})
	}
}

// A key is short for every value, and the part that is cut off does not change the order.
func TestOrderKeyOfLongValues(t *testing.T) {
	t.Parallel()

	long := strings.Repeat("n", 300)
	tests := []struct {
		name, kind string
		less, more any
		same       bool
	}{
		{"texts that differ at once", "text", "M" + long, "o" + long, false},
		{"texts that differ late", "text", long + "a", long + "b", true},
		{"exact texts that differ late", "exact", long + "a", long + "b", true},
		{"folded letters grow", "text", strings.Repeat("k", 300), strings.Repeat("\u212a", 299) + "z", true},
		{"numbers that differ late", "decimal", "0." + strings.Repeat("1", 300), "0." + strings.Repeat("1", 300) + "1", true},
		{"negative numbers", "decimal", "-0." + strings.Repeat("2", 300), "-0." + strings.Repeat("1", 300), false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()

			less, more := orderKey(t, kinds[tt.kind], tt.less), orderKey(t, kinds[tt.kind], tt.more)
			if less > more || (less == more) != tt.same {
				t.Errorf("keys = %.40q..., %.40q..., same = %t, want %t", less, more, less == more, tt.same)
			}
			if n := max(len(less), len(more)); n > 300 {
				t.Errorf("a key has %d bytes", n)
			}
		})
	}
}

// The order of keys is that of the operators lt and eq, for values of one type.
func TestOrderKeyAgreesWithEval(t *testing.T) {
	t.Parallel()

	values := map[string]*rapid.Generator[string]{
		"text":  rapid.OneOf(rapid.StringN(1, 6, -1), rapid.StringMatching(`[aAbBkK\x{212a}s\x{17f}]{1,4}`)),
		"exact": rapid.OneOf(rapid.StringN(1, 6, -1), rapid.StringMatching(`[aAbB]{1,3}`)),
		"decimal": rapid.OneOf(anyNumber(),
			rapid.StringMatching(`-?0\.0{0,2}[0-2]{1,4}`)),
		"date": rapid.StringMatching(`202[56]-0[1-9]-1[0-9]T1[0-9]:00:0[0-9](\.[0-9]{1,9})?(Z|[+-]0[0-9]:30)`),
	}
	for kind, generator := range values {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			rapid.Check(t, func(rt *rapid.T) {
				a, b := generator.Draw(rt, "a"), generator.Draw(rt, "b")
				src := kinds[kind]
				src.Values = []any{a}
				is := func(op filter.Op) bool {
					return filter.Eval(filter.Compare{Path: filter.AttrPath{Name: "x"}, Op: op, Value: text(b)}, attributes{"x": src})
				}
				keyA, keyB := orderKey(t, kinds[kind], a), orderKey(t, kinds[kind], b)
				if got := keyA < keyB; got != is(filter.Less) {
					rt.Errorf("%q < %q: keys say %t, lt says %t", a, b, got, is(filter.Less))
				}
				if got := keyA == keyB; got != is(filter.Equal) {
					rt.Errorf("%q = %q: keys say %t, eq says %t", a, b, got, is(filter.Equal))
				}
			})
		})
	}
}

// FuzzOrderKey: no value makes it panic or gives a long key; texts that are equal without regard to
// case have one key.
func FuzzOrderKey(f *testing.F) {
	f.Add("nora", "NORA")
	f.Add("-12.50e3", "1e-99999999999999999999")
	f.Add("2026-03-01T12:00:00Z", "2026-02-30T12:00:00Z")
	f.Add("\xff", "\u017f")
	f.Fuzz(func(t *testing.T, a, b string) {
		for kind, attr := range kinds {
			keyA, okA := filter.OrderKey(attr, a)
			keyB, okB := filter.OrderKey(attr, b)
			if okA != (a != "") || okB != (b != "") || len(keyA) > 300 || len(keyB) > 300 {
				t.Errorf("%s: keys of %q and %q: %q %t, %q %t", kind, a, b, keyA, okA, keyB, okB)
			}
			if short := max(len(a), len(b)) < 80; kind == "text" && short && strings.EqualFold(a, b) != (keyA == keyB) {
				t.Errorf("keys of %q and %q: %q, %q", a, b, keyA, keyB)
			}
		}
	})
}

func BenchmarkOrderKey(b *testing.B) {
	for _, tt := range []struct {
		kind string
		v    any
	}{{"text", "Nora Vale"}, {"decimal", json.Number("-12.50")}, {"date", "2026-03-01T12:00:00Z"}} {
		b.Run(tt.kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				filter.OrderKey(kinds[tt.kind], tt.v)
			}
		})
	}
}
