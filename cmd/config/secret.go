package config

import (
	"fmt"
	"io"
)

// redacted is printed instead of a secret.
const redacted = "<secret>"

// Secret is a value that must not be printed. All ways of printing or encoding it give "<secret>",
// or "" when it is empty; only [Secret.Reveal] returns the value. The zero Secret is empty.
type Secret struct {
	// value is a pointer, nil when empty, because for %p and other wrong verbs fmt prints the
	// fields without calling a method.
	value *string
}

// NewSecret wraps value.
func NewSecret(value string) Secret {
	if value == "" {
		return Secret{}
	}
	return Secret{value: &value}
}

// Reveal returns the value.
func (s Secret) Reveal() string {
	if s.value == nil {
		return ""
	}
	return *s.value
}

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.value == nil }

// Equal reports whether both hold the same value. It is not for comparing what a caller sent, since
// it does not run in constant time.
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

// Format writes [Secret.String] whatever the verb, since for %x and %d fmt would print the struct.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, s.String()) }

// MarshalText returns [Secret.String].
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON returns [Secret.String] as a JSON string.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// MarshalYAML returns [Secret.String].
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// UnmarshalText sets the value to text. It never fails.
func (s *Secret) UnmarshalText(text []byte) error {
	*s = NewSecret(string(text))
	return nil
}
