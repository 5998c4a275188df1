package config_test

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"tvscim/cmd/config"
)

func TestDigest(t *testing.T) {
	t.Parallel()
	want := config.Digest(sha256.Sum256([]byte("entra-token")))
	for _, text := range []string{entraHash, strings.ToUpper(entraHash)} {
		var got config.Digest
		if err := got.UnmarshalText([]byte(text)); err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s is read as %s", text, got)
		}
		if got.IsZero() {
			t.Error("a digest counts as none")
		}
	}
	if text, err := want.MarshalText(); err != nil || string(text) != entraHash {
		t.Errorf("written as %s (%v)", text, err)
	}
	if !(config.Digest{}).IsZero() {
		t.Error("the zero digest counts as one")
	}
}

func TestDigestRefuses(t *testing.T) {
	t.Parallel()
	for name, text := range map[string]string{
		"nothing":            "",
		"the token":          canary,
		"a digit short":      entraHash[1:],
		"two digits short":   entraHash[2:],
		"a digit more":       entraHash + "0",
		"two digits more":    entraHash + "00",
		"not hexadecimal":    strings.Repeat("g", 64),
		"base64":             "gKWU4yiJIIr6Sk/0897fx9m6ReU0QNrsUUGWX2W1NgA=",
		"output of the tool": entraHash + "  -",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := config.Digest{7}
			err := got.UnmarshalText([]byte(text))
			if err == nil {
				t.Fatalf("read as %s", got)
			}
			if text != "" && strings.Contains(err.Error(), text) {
				t.Errorf("%q shows what was written", err)
			}
			if got != (config.Digest{7}) {
				t.Errorf("the refused text changed the digest to %s", got)
			}
		})
	}
}

func TestTokenExpired(t *testing.T) {
	t.Parallel()
	end := time.Date(2027, 6, 30, 0, 0, 0, 0, time.UTC)
	for name, tt := range map[string]struct {
		expires, now time.Time
		want         bool
	}{
		"never":                  {time.Time{}, end, false},
		"a moment before":        {end, end.Add(-1), false},
		"the moment itself":      {end, end, true},
		"after":                  {end, end.Add(time.Hour), true},
		"the same in other zone": {end, end.In(time.FixedZone("", 3600)), true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if got := (config.Token{Expires: tt.expires}).Expired(tt.now); got != tt.want {
				t.Errorf("expired: %t, want %t", got, tt.want)
			}
		})
	}
}
