package mapping

import (
	"slices"

	"tvscim/mapping/plan"
)

// countReturn takes back that the company became smaller by a user: one that was inactive is active
// again. It writes nothing if no user is counted.
func (c changes) countReturn(a action, id string) {
	c.refreshGuard()
	if c.guard.hasEnded() {
		_ = c.updateGuard(a, func(division) { c.guard.returned(id) }) // which has logged the error
	}
}

// hasEnded reports whether removals within the window have made the company smaller.
func (g *removalGuard) hasEnded() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.ContainsFunc(g.state.Counts[plan.KindUser], func(s *guardSpan) bool { return s.Ended > 0 })
}

// returned takes back that the company became smaller by one user, who is in its size again.
// Which removal that was does not matter: the latest one counts for the longest time, so the limit
// is never too high. The removal goes on to count.
func (g *removalGuard) returned(id string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, s := range slices.Backward(g.state.Counts[plan.KindUser]) {
		if s.Ended > 0 {
			s.Ended--
			g.changes++
			if _, counted := g.removed[plan.KindUser][id]; counted {
				g.back[id] = true
			}
			return
		}
	}
}
