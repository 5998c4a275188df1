package idmap

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

// saltSize is the length of a hash's salt, in bytes.
const saltSize = 16

// NewSalt returns a random salt for [Digest].
func NewSalt() []byte {
	salt := make([]byte, saltSize)
	rand.Read(salt) // never fails, by its documentation
	return salt
}

// Hash returns a salted SHA-256 hash of a secret, to compare it later with another value. Two
// hashes of one secret differ.
func Hash(secret string) []byte { return Digest(NewSalt(), secret) }

// Matches reports whether hash is a hash of secret that [Hash] made. It is false for a hash of any
// other form.
func Matches(hash []byte, secret string) bool {
	if len(hash) != saltSize+sha256.Size {
		return false
	}
	return subtle.ConstantTimeCompare(hash, Digest(hash[:saltSize], secret)) == 1
}

// Digest returns the hash that [Hash] makes of a secret with this salt: the salt, and the hash of
// both.
func Digest(salt []byte, secret string) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(secret))
	return h.Sum(bytes.Clone(salt))
}
