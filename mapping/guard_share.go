package mapping

import (
	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
)

// Processes that cannot count together divide what is left of the limit, so that all of them let no more
// removals through than one does.

// division says how the processes that use the note divide the limit. The zero value means that they
// count together.
type division struct {
	processes int  // each has an equal share of what was left of the limit; 0: they do not divide it
	away      bool // the note cannot be replaced
	uncounted bool // the number of processes is not known, so none has a share
}

// apart returns the division while the note of a memory cannot be replaced.
func apart(shared idmap.Shared) division {
	return division{processes: shared.Replicas(), away: true, uncounted: !shared.Counted()}
}

// share is what a process has counted since the limit is divided.
type share struct {
	before int // removals of all processes that were counted before
	own    int
}

// worst returns the number of removals if all processes have counted the same, and one more.
func (s *share) worst(processes int) int { return s.before + s.own + (processes-1)*(s.own+1) }

// shareOf returns what this process has counted of a kind since the limit is divided; nil if it is
// not. The lock is held.
func (g *removalGuard) shareOf(kind plan.Kind, d division, count int) *share {
	if d.processes == 0 {
		clear(g.shares)
		return nil
	}
	own := g.shares[kind]
	if own == nil {
		own = &share{before: count}
		g.shares[kind] = own
	}
	return own
}
