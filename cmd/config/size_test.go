package config_test

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"tvscim/cmd/config"
)

func TestSizeUnmarshalText(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]config.Size{
		"0":                   0,
		"1":                   1,
		"1048576":             config.MiB,
		"1B":                  1,
		"3 b":                 3,
		"1kB":                 1000,
		"1KB":                 1000,
		"1kb":                 1000,
		"2MB":                 2_000_000,
		"3GB":                 3_000_000_000,
		"1KiB":                config.KiB,
		"1kib":                config.KiB,
		"1MiB":                config.MiB,
		"64 MiB":              64 * config.MiB,
		"1GiB":                config.GiB,
		"007":                 7,
		"9223372036854775807": math.MaxInt64,
		"8589934591GiB":       8589934591 * config.GiB,
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			var got config.Size
			if err := got.UnmarshalText([]byte(text)); err != nil {
				t.Fatal(err)
			}
			if got != want {
				t.Errorf("got %d, want %d", got, want)
			}
		})
	}
}

func TestSizeRefuses(t *testing.T) {
	t.Parallel()
	for _, text := range []string{
		"", " ", "B", "MiB", "-1", "+1", "1.5MiB", "1M", "1K", "1Mi", "1iB", "1BB", "1 MiB ", " 1MiB", "1 M iB",
		"1_000", "0x10", "1e6", "one", "1TiB", "9223372036854775808", "8589934592GiB", "99999999999999999999",
	} {
		t.Run(text, func(t *testing.T) {
			t.Parallel()
			size := config.Size(42)
			if err := size.UnmarshalText([]byte(text)); err == nil {
				t.Fatalf("read as %d", size)
			}
			if size != 42 {
				t.Errorf("the refused text changed the size to %d", size)
			}
		})
	}
}

func TestSizeString(t *testing.T) {
	t.Parallel()
	for size, want := range map[config.Size]string{
		0: "0", 1: "1", 999: "999", 1000: "1kB", 1024: "1KiB", 1025: "1025", 1536: "1536",
		config.MiB: "1MiB", 3 * config.GiB: "3GiB", 1_500_000: "1500kB", 1024 * 1000: "1000KiB",
	} {
		if got := size.String(); got != want {
			t.Errorf("%d is written as %q, want %q", int64(size), got, want)
		}
	}
}

func TestSizeRoundTrip(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		unit := rapid.SampledFrom([]int64{1, 1000, 1024, 1e6, 1 << 20, 1e9, 1 << 30}).Draw(t, "unit")
		size := config.Size(rapid.Int64Range(0, math.MaxInt64/unit).Draw(t, "number") * unit)
		text, err := size.MarshalText()
		if err != nil {
			t.Fatal(err)
		}
		var got config.Size
		if err := got.UnmarshalText(text); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		if got != size {
			t.Fatalf("%d became %q became %d", size, text, got)
		}
	})
}
