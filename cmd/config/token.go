package config

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// Token is a bearer token of callers of the gateway. Only its hash is part of the settings.
type Token struct {
	// Name identifies the token in logs and metrics.
	Name string `yaml:"name"`
	// SHA256 is the hash of the token's bytes, without a newline.
	SHA256 Digest `yaml:"sha256"`
	// Expires is the time from which the token is refused; zero means never.
	Expires time.Time `yaml:"expires"`
}

// Expired reports whether the token is refused at now.
func (t Token) Expired(now time.Time) bool {
	return !t.Expires.IsZero() && !now.Before(t.Expires)
}

// Digest is a SHA-256 sum. The zero Digest means that none was given.
type Digest [sha256.Size]byte

// errDigest does not show the text, which may be the token itself.
var errDigest = errors.New("not a SHA-256 hash, which has 64 hexadecimal digits; make it with: printf %s \"$TOKEN\" | sha256sum")

// IsZero reports whether no digest was given.
func (d Digest) IsZero() bool { return d == Digest{} }

// String returns 64 hexadecimal digits in lower case.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// MarshalText returns [Digest.String].
func (d Digest) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalText reads 64 hexadecimal digits in any case. Its error never shows the text.
func (d *Digest) UnmarshalText(text []byte) error {
	if hex.DecodedLen(len(text)) != len(d) || len(text)%2 != 0 {
		return errDigest
	}
	var sum Digest
	if _, err := hex.Decode(sum[:], text); err != nil {
		return errDigest
	}
	*d = sum
	return nil
}
