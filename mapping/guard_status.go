package mapping

import (
	"time"

	"tvscim/mapping/plan"
)

// GuardStatus is what the guard counts and holds back, by kind of object.
type GuardStatus struct {
	Enabled  bool
	Window   time.Duration
	Users    GuardCount
	Groups   GuardCount
	Released time.Time // until when removals beyond the limit are let through; zero: they are not
	Left     int       // how many of them; -1: any number
}

// GuardCount is what the guard counts and holds back of one kind.
type GuardCount struct {
	Size      int // active users, or groups, before the removals within the window; 0: not known
	Removed   int
	Limit     int       // 0: not known
	HeldSince time.Time // since when removals are held back; zero: none is
	HeldLast  time.Time // when one was last held back
	Refused   int       // requests since the start of the process
}

// Holds reports whether removals are held back.
func (s GuardStatus) Holds() bool {
	return !s.Users.HeldSince.IsZero() || !s.Groups.HeldSince.IsZero()
}

// status returns what is counted. size is that of admit.
func (g *removalGuard) status(now time.Time, rules plan.Guard, size func(plan.Kind) (int, bool)) GuardStatus {
	g.mu.Lock()
	defer g.mu.Unlock()
	of := func(kind plan.Kind) GuardCount {
		removed, ended := g.count(now, rules.Window, kind)
		held := g.state.Held[kind]
		c := GuardCount{Removed: removed, HeldSince: held.Since, HeldLast: held.Last, Refused: g.refused[kind]}
		if n, known := size(kind); known {
			c.Size, c.Limit = n+ended, rules.Limit(n+ended)
		}
		return c
	}
	s := GuardStatus{Enabled: rules.Enabled, Window: rules.Window, Users: of(plan.KindUser), Groups: of(plan.KindGroup)}
	if g.state.Release.lets(now) {
		s.Released, s.Left = g.state.Release.Until, g.state.Release.Left
	}
	return s
}

// release lets removals beyond the limit through, and reports whether any are held back: else there
// is nothing to release.
func (g *removalGuard) release(until time.Time, count int) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if len(g.state.Held) == 0 {
		return false
	}
	clear(g.state.Held)
	g.state.Release = guardRelease{Until: until, Left: count}
	g.changes++
	return true
}
