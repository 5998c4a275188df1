package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
)

// Size is a number of bytes.
type Size int64

// Units of a [Size]: powers of 1024 and, as the written forms kB, MB and GB mean, powers of 1000.
const (
	KiB Size = 1 << 10
	MiB Size = 1 << 20
	GiB Size = 1 << 30

	kB Size = 1e3
	mB Size = 1e6
	gB Size = 1e9
)

// sizeUnits are the written units, largest first, so that String takes the largest one that divides
// evenly.
var sizeUnits = []struct {
	name string
	size Size
}{
	{"GiB", GiB}, {"GB", gB},
	{"MiB", MiB}, {"MB", mB},
	{"KiB", KiB}, {"kB", kB},
	{"B", 1},
}

var errSize = errors.New("not a size; write a number of bytes, or a number with kB, MB, GB, KiB, MiB or GiB, such as 1MiB")

// String returns the size in the largest unit that divides it, such as "1MiB", and plain digits for
// bytes.
func (s Size) String() string {
	for _, unit := range sizeUnits {
		if unit.size > 1 && s != 0 && s%unit.size == 0 {
			return strconv.FormatInt(int64(s/unit.size), 10) + unit.name
		}
	}
	return strconv.FormatInt(int64(s), 10)
}

// MarshalText returns [Size.String].
func (s Size) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// UnmarshalText reads bytes ("1048576") or a number with a unit ("1MiB", "1 mb"). Units are read in
// any case. It refuses fractions, signs and what does not fit.
func (s *Size) UnmarshalText(text []byte) error {
	written := string(text)
	digits := strings.TrimRight(written, "bBiIkKmMgG")
	factor, ok := sizeFactor(written[len(digits):])
	if !ok {
		return errSize
	}
	number, err := strconv.ParseUint(strings.TrimRight(digits, " "), 10, 63)
	if err != nil || number > uint64(math.MaxInt64/factor) {
		return errSize
	}
	*s = Size(number) * factor
	return nil
}

// sizeFactor returns the bytes in one unit; no unit means bytes.
func sizeFactor(unit string) (Size, bool) {
	if unit == "" {
		return 1, true
	}
	for _, known := range sizeUnits {
		if strings.EqualFold(unit, known.name) {
			return known.size, true
		}
	}
	return 0, false
}
