package config

import (
	"fmt"
	"io"
)

// redacted stands wherever a secret would be printed.
const redacted = "<secret>"

// Secret is a value that must not be printed. Every way of printing or encoding it gives
// "<secret>", or nothing when it is empty; only [Secret.Reveal] gives the value. The zero Secret is
// empty.
type Secret struct {
	// value is behind a pointer, nil when empty, because %p and other wrong verbs make fmt print
	// the fields without asking for a method.
	value *string
}

// NewSecret wraps value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the value, for the one place that sends it.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.value == nil }

// Equal reports whether both hold the same value. It is for tests and start-up, not for comparing
// what a caller sent: it does not run in constant time.
func (s Secret) Equal(other Secret) bool { return s.Reveal() == other.Reveal() }

// String returns "<secret>", or "" when there is none.
func (s Secret) String() string {
	if s.IsZero() {
		return ""
	}
	return redacted
}

// GoString is [Secret.String], for %#v.
func (s Secret) GoString() string { return s.String() }

// Format writes [Secret.String] whatever the verb, since %x and %d would reach past the other
// methods into the struct.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText returns [Secret.String].
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON returns [Secret.String] as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// MarshalYAML returns [Secret.String].
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// UnmarshalText takes text as the value. It never fails.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
