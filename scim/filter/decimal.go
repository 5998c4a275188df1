package filter

import (
	"cmp"
	"strconv"
	"strings"
)

// decimal is a number as its digits: 0.digits × 10^point, negative or not. Digits begins and ends
// with another digit than 0, and is empty for zero. So 1e999999999 takes no more memory than its
// text.
type decimal struct {
	negative bool
	digits   string
	point    int64
}

// maxExponent bounds exponents; larger ones count as this one. Real numbers are far below it.
const maxExponent = 1 << 60

// parseDecimal reads a number of JSON.
func parseDecimal(s string) (decimal, bool) {
	if !isNumber(s) {
		return decimal{}, false
	}
	s, negative := strings.CutPrefix(s, "-")
	mantissa, exponent := s, int64(0)
	if e := strings.IndexAny(s, "eE"); e >= 0 {
		// The syntax is known to be valid: the only error is that the number is out of range, and n
		// is then the limit.
		n, _ := strconv.ParseInt(s[e+1:], 10, 64)
		mantissa, exponent = s[:e], max(-maxExponent, min(maxExponent, n))
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	all := whole + fraction
	trimmed := strings.TrimLeft(all, "0")
	if trimmed == "" {
		return decimal{}, true
	}
	return decimal{
		negative: negative,
		digits:   strings.TrimRight(trimmed, "0"),
		point:    exponent + int64(len(whole)-(len(all)-len(trimmed))),
	}, true
}

// compare returns -1, 0 or 1, as [cmp.Compare].
func (d decimal) compare(other decimal) int {
	if c := cmp.Compare(d.sign(), other.sign()); c != 0 {
		return c
	}

	// Digits after the point of 0.digits compare as text does: 0.12 is less than 0.123.
	return d.sign() * cmp.Or(cmp.Compare(d.point, other.point), cmp.Compare(d.digits, other.digits))
}

// sign returns -1, 0 or 1.
func (d decimal) sign() int {
	switch {
	case d.digits == "":
		return 0
	case d.negative:
		return -1
	default:
		return 1
	}
}
