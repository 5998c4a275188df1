package tvapi

import "time"

// The pause before a probe of a throttled function doubles from the minimum to the maximum. A
// longer Retry-After is obeyed, which is at most maxRetryAfter.
const (
	minThrottlePause = time.Second
	maxThrottlePause = 5 * time.Minute
)

// gate withholds the calls of one function. It closes when TeamViewer answers that the calls are
// used up. While it is closed, one call at a time is made as a probe. The nil gate is open.
type gate struct {
	reason   *Error        // the latest answer that closed it; nil = open
	since    time.Time     // when it closed
	next     time.Time     // when the next probe may be made
	pause    time.Duration // before it
	probing  bool          // a probe is under way
	failFast bool          // a call has given up waiting: later calls fail at once
	changed  chan struct{} // closed at the next change
}

func (g *gate) open() bool { return g == nil || g.reason == nil }

// admits reports whether a call may be made: any through an open gate, a probe when it is due.
func (g *gate) admits(now time.Time) bool {
	return g.open() || !g.probing && !now.Before(g.next)
}

// enter records that a call is made and reports whether it is the probe.
func (g *gate) enter() (probe bool) {
	if g.open() {
		return false
	}
	g.probing = true
	return true
}

// wait returns what a withheld call waits for: the time of the next probe, or the end of the one
// under way.
func (g *gate) wait(now time.Time) wait {
	if g.probing {
		return wait{changed: g.changed}
	}
	return wait{atLeast: g.next.Sub(now), changed: g.changed}
}

// refused closes the gate, or keeps it closed after a probe.
func (g *gate) refused(reason *Error, now time.Time, jitter func(time.Duration) time.Duration) {
	if g.open() {
		g.since, g.pause = now, 0
	}
	g.reason = reason
	g.pause = min(max(2*g.pause, minThrottlePause), maxThrottlePause)
	g.next = now.Add(max(jitter(g.pause), reason.RetryAfter))
	g.change()
}

// undecided ends a probe without a conclusive result.
func (g *gate) undecided(now time.Time) {
	g.next = now.Add(g.pause)
	g.change()
}

// opened opens the gate.
func (g *gate) opened() {
	g.reason, g.failFast = nil, false
	g.change()
}

// change wakes the waiting calls.
func (g *gate) change() {
	g.probing = false
	if g.changed != nil {
		close(g.changed)
	}
	g.changed = make(chan struct{})
}
