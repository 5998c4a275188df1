package idmap

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
)

// saltSize is the length of a hash's salt, in bytes.
const saltSize = 16

// Hash returns a salted SHA-256 hash of a secret, to compare it later with another value. Two
// hashes of one secret differ.
func Hash(secret string) []byte {
	salt := make([]byte, saltSize, saltSize+sha256.Size)
	rand.Read(salt) // never fails, by its documentation
	return digest(salt, secret)
}

// Same reports whether hash is a hash of secret that [Hash] made. It is false for a hash of any
// other form.
func Same(hash []byte, secret string) bool {
	if len(hash) != saltSize+sha256.Size {
		return false
	}
	return subtle.ConstantTimeCompare(hash, digest(hash[:saltSize:saltSize], secret)) == 1
}

// digest returns the salt followed by the hash of salt and secret.
func digest(salt []byte, secret string) []byte {
	h := sha256.New()
	h.Write(salt)
	h.Write([]byte(secret))
	return h.Sum(salt)
}
