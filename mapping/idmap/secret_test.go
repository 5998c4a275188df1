package idmap_test

import (
	"bytes"
	"slices"
	"testing"

	"tvscim/mapping/idmap"
)

func TestHashKnowsItsSecretAndNoOther(t *testing.T) {
	t.Parallel()
	for _, secret := range []string{"", "a", "customer-1", "customer-1 ", "Customer-1", "größe"} {
		hash := idmap.Hash(secret)
		if !idmap.Matches(hash, secret) {
			t.Errorf("the hash of %q does not know it", secret)
		}
		for _, other := range []string{"", "a", "customer-1", "customer-1 ", "Customer-1", "größe"} {
			if other != secret && idmap.Matches(hash, other) {
				t.Errorf("the hash of %q knows %q", secret, other)
			}
		}
	}
}

func TestHashIsSaltedAndHidesItsSecret(t *testing.T) {
	t.Parallel()
	a, b := idmap.Hash("customer-1"), idmap.Hash("customer-1")
	if bytes.Equal(a, b) {
		t.Error("two hashes of one secret are equal")
	}
	if bytes.Contains(a, []byte("customer-1")) {
		t.Error("the hash holds its secret")
	}
}

func TestMatchesRefusesWhatIsNoHash(t *testing.T) {
	t.Parallel()
	good := idmap.Hash("x")
	flipped := slices.Clone(good)
	flipped[len(flipped)-1] ^= 1
	resalted := slices.Clone(good)
	resalted[0] ^= 1
	for name, hash := range map[string][]byte{
		"none": nil, "empty": {}, "cut": good[:len(good)-1], "longer": append(slices.Clone(good), 0),
		"another hash": flipped, "another salt": resalted, "salt alone": good[:16],
	} {
		if idmap.Matches(hash, "x") {
			t.Errorf("%s: taken for the hash", name)
		}
	}
	if !idmap.Matches(good, "x") {
		t.Error("asking has changed the hash")
	}
}
