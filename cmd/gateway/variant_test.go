package gateway_test

import (
	"slices"
	"testing"

	"tvscim/tvapi/tvfake"
)

// fewVariants are the readings of the contract that between them have every answer to every open
// point.
var fewVariants = []string{"default", "hostile-a", "hostile-b"}

// fewest returns fewVariants, with -short the first of them.
func fewest() []string {
	if testing.Short() {
		return fewVariants[:1]
	}
	return fewVariants
}

// variants returns every reading of TeamViewer's contract. With -short it returns fewVariants
// alone, as it does for a heavy test under the race detector: the others take other ways through
// the same code.
func variants(heavy bool) []tvfake.Variant {
	all := tvfake.Variants()
	if testing.Short() || heavy && underRace {
		return slices.DeleteFunc(all, func(v tvfake.Variant) bool { return !slices.Contains(fewVariants, v.Name) })
	}
	return all
}

// onVariants runs a test under each of some readings of TeamViewer's contract.
func onVariants(t *testing.T, variants []tvfake.Variant, test func(t *testing.T, o tvfake.Options)) {
	t.Helper()
	for _, v := range variants {
		t.Run(v.Name, func(t *testing.T) {
			t.Parallel()
			test(t, tvfake.Options{Variant: v})
		})
	}
}

// onEveryVariant runs a test under every reading of TeamViewer's contract, with -short under few.
func onEveryVariant(t *testing.T, test func(t *testing.T, o tvfake.Options)) {
	t.Helper()
	onVariants(t, variants(false), test)
}

// onEveryVariantHeavily is onEveryVariant for a test that takes long: under few also with the race
// detector.
func onEveryVariantHeavily(t *testing.T, test func(t *testing.T, o tvfake.Options)) {
	t.Helper()
	onVariants(t, variants(true), test)
}

// variantNamed returns a reading of TeamViewer's contract.
func variantNamed(t *testing.T, name string) tvfake.Variant {
	t.Helper()
	v, ok := tvfake.VariantByName(name)
	if !ok {
		t.Fatalf("there is no variant %q", name)
	}
	return v
}
