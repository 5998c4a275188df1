package gateway_test

import (
	"cmp"
	"os"
	"strconv"
	"testing"

	"tvscim/tvapi/tvfake"
)

// soaking skips a test that takes long, unless TVSCIM_SOAK is set. `make soak` sets it.
func soaking(t *testing.T) {
	t.Helper()
	if os.Getenv("TVSCIM_SOAK") == "" {
		t.Skip("takes long; set TVSCIM_SOAK=1 to run it")
	}
}

// long skips a test that takes seconds if -short is set.
func long(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("takes seconds; runs without -short")
	}
}

// soakSeeds is how many seeds a long test tries: TVSCIM_SEEDS, or 20.
func soakSeeds(t *testing.T) uint64 {
	t.Helper()
	n, err := strconv.ParseUint(cmp.Or(os.Getenv("TVSCIM_SEEDS"), "20"), 10, 64)
	if err != nil {
		t.Fatalf("TVSCIM_SEEDS: %v", err)
	}
	return n
}

// TestSoakCycles runs Entra's cycles under each fault, under every reading of TeamViewer's
// contract, with many seeds. The seeds take turns in the dialects and in what stands before the
// company: one gateway, one that forgets, two at once.
func TestSoakCycles(t *testing.T) {
	soaking(t)
	seeds := soakSeeds(t)
	for _, v := range tvfake.Variants() {
		for _, tr := range troubles() {
			for seed := range seeds {
				c := kinds()[seed%3]
				c.trouble, c.variant, c.seed, c.d = tr, v, seed, dialects[seed/3%2]
				t.Run(c.name(), c.test)
			}
		}
	}
}
