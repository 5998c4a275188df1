package tvapi

import "time"

// The pause before a probe of a function whose calls are used up doubles from the one to the other.
// A longer Retry-After is heeded, which is never longer than maxRetryAfter.
const (
	minThrottlePause = time.Second
	maxThrottlePause = 5 * time.Minute
)

// gate stands before the calls of one function. TeamViewer closes it by answering that they are
// used up. Then one call at a time, a probe, finds out whether that still holds. The nil gate is
// open.
type gate struct {
	reason  *Error        // the answer that closed it last; nil = open
	since   time.Time     // when it was closed
	next    time.Time     // when the next probe may be made
	pause   time.Duration // before it
	probing bool          // a probe is under way
	vain    bool          // somebody gave up waiting: who comes now is answered at once
	news    chan struct{} // closed at the next change
}

func (g *gate) open() bool { return g == nil || g.reason == nil }

// admits says whether a call may pass: any through an open gate, a probe at its time.
func (g *gate) admits(now time.Time) bool {
	return g.open() || !g.probing && !now.Before(g.next)
}

// enter lets a call pass and says whether it is the probe.
func (g *gate) enter() (probe bool) {
	if g.open() {
		return false
	}
	g.probing = true
	return true
}

// wait is what a call waits for that may not pass: the time of the next probe, or the end of the
// one under way.
func (g *gate) wait(now time.Time) wait {
	if g.probing {
		return wait{news: g.news}
	}
	return wait{atLeast: g.next.Sub(now), news: g.news}
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

// undecided takes back a probe whose end says nothing.
func (g *gate) undecided(now time.Time) {
	g.next = now.Add(g.pause)
	g.change()
}

// opened opens the gate.
func (g *gate) opened() {
	g.reason, g.vain = nil, false
	g.change()
}

// change tells those who wait.
func (g *gate) change() {
	g.probing = false
	if g.news != nil {
		close(g.news)
	}
	g.news = make(chan struct{})
}
