package filter

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseDecimal(t *testing.T) {
	t.Parallel()

	tests := map[string]decimal{
		"0":                       {},
		"-0":                      {},
		"0.000":                   {},
		"0e999999999999999999999": {},
		"1":                       {digits: "1", point: 1},
		"-1":                      {negative: true, digits: "1", point: 1},
		"10":                      {digits: "1", point: 2},
		"1e1":                     {digits: "1", point: 2},
		"1E+1":                    {digits: "1", point: 2},
		"10.0":                    {digits: "1", point: 2},
		"100e-1":                  {digits: "1", point: 2},
		"0.1":                     {digits: "1", point: 0},
		"0.012":                   {digits: "12", point: -1},
		"120.50":                  {digits: "1205", point: 3},
		"1e-3":                    {digits: "1", point: -2},
		"1e999999999":             {digits: "1", point: 1_000_000_000},
		"1e99999999999999999999":  {digits: "1", point: maxExponent + 1},
		"1e-99999999999999999999": {digits: "1", point: -maxExponent + 1},
	}

	for in, want := range tests {
		t.Run(in, func(t *testing.T) {
			t.Parallel()

			got, ok := parseDecimal(in)
			if !ok {
				t.Fatal("is no number")
			}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(decimal{})); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestParseDecimalRefuses(t *testing.T) {
	t.Parallel()

	for _, in := range []string{
		"", "-", "+1", "01", "1.", ".1", "1e", "1e+", "1e1.5", "0x1", "1_000", "Inf", "NaN", "1 ", "--1", "1-1", "1e1e1", "١",
	} {
		if got, ok := parseDecimal(in); ok {
			t.Errorf("parseDecimal(%q) = %v, want none", in, got)
		}
	}
}

// The order of these numbers is the order of the list; equal ones are on one line.
func TestDecimalOrder(t *testing.T) {
	t.Parallel()

	ascending := []string{
		"-1e999999999999999999",
		"-1e9999",
		"-12.5 -125e-1",
		"-12.45",
		"-2 -2.0",
		"-0.2",
		"-1e-9999",
		"0 -0 0.0 0e5 -0e-5",
		"1e-9999",
		"0.02",
		"0.1999",
		"0.2 2e-1",
		"1 1.0 10e-1 0.1e1",
		"1.0000000000000000000000000000001",
		"9.9",
		"10 1e1",
		"12.45",
		"1e9999 10e9998",
		"1e999999999999999999",
	}

	for i, left := range ascending {
		for j, right := range ascending {
			want := max(-1, min(1, i-j))
			for a := range strings.FieldsSeq(left) {
				for b := range strings.FieldsSeq(right) {
					x, _ := parseDecimal(a)
					y, _ := parseDecimal(b)
					if got := x.compare(y); got != want {
						t.Errorf("%s compared with %s = %d, want %d", a, b, got, want)
					}
				}
			}
		}
	}
}
