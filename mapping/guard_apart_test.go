package mapping

import (
	"testing"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
)

// TestRetryOfARemovalCountsOnce: a removal that only this process has counted goes on to count when
// a retry of it is refused, and does not when it is refused itself.
func TestRetryOfARemovalCountsOnce(t *testing.T) {
	t.Parallel()
	links, err := idmap.NewLRU(10, nil)
	if err != nil {
		t.Fatal(err)
	}
	g := newRemovalGuard(links, zap.NewNop())
	rules, r := plan.Guard{Enabled: true, Window: time.Hour}, plan.Removal{Kind: plan.KindUser, ID: "u1"}
	admit := func() counted {
		let, held := g.admit(time.Now(), rules, r, division{processes: 3, away: true}, func(plan.Kind) (int, bool) { return 100, true })
		if held != nil {
			t.Fatalf("held back: %+v", held)
		}
		return let
	}
	first := admit()
	g.settle(admit(), removalRefused)
	if !g.apart() {
		t.Error("the removal does not count after a retry was refused")
	}
	g.settle(first, removalRefused)
	if g.apart() {
		t.Error("the removal counts though it was refused")
	}
}
