package tvapi

import (
	"cmp"
	"slices"
	"time"
)

// Health is the state of a client's calls at one moment. It does not change later.
type Health struct {
	// Since is the time of the first success in a row or, with Trouble, of the first failure in a
	// row. Zero: no call was made yet.
	Since     time.Time
	Answered  time.Time   // when TeamViewer last answered a call; zero: it has not
	Trouble   *Trouble    // nil while TeamViewer answers
	Throttled []Throttled // the functions whose calls are used up, by name
	Usage     []Usage     // of the functions that were called today, by name
}

// Trouble is why calls of all functions fail.
type Trouble struct {
	Kind     Kind // of the latest failure
	Status   int  // 0 = no answer
	Failures int  // calls that failed in a row

	// NextProbe is the earliest time of the next call; zero while no calls are withheld.
	NextProbe time.Time
}

// Throttled is a function whose calls TeamViewer refuses, since its limit is used up.
type Throttled struct {
	Function  Function
	Since     time.Time
	NextProbe time.Time // the earliest time of the next call
}

// Usage is the number of calls of a function since midnight UTC. When TeamViewer's day begins is
// not known. Each attempt counts, as it does at TeamViewer, except those that were certainly not
// sent.
type Usage struct {
	Function Function
	Calls    int
	Allowed  int // 0 = not known
}

// NearlyUsed reports whether at least four fifths of the allowed calls were made.
func (u Usage) NearlyUsed() bool { return nearlyUsed(u.Calls, u.Allowed) }

// Health returns the state of the client's calls. It makes no call.
func (c *Client) Health() Health { return c.pace.health(time.Now()) }

func (p *pacer) health(now time.Time) Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := Health{Since: p.breaker.since, Answered: p.breaker.answered, Trouble: p.breaker.trouble()}
	for f, g := range p.gates {
		if !g.open() {
			h.Throttled = append(h.Throttled, Throttled{Function: f, Since: g.since, NextProbe: g.next})
		}
	}
	for f, n := range p.quota.today(now) {
		h.Usage = append(h.Usage, Usage{Function: f, Calls: n, Allowed: p.quota.perDay})
	}
	slices.SortFunc(h.Throttled, func(a, b Throttled) int { return cmp.Compare(a.Function, b.Function) })
	slices.SortFunc(h.Usage, func(a, b Usage) int { return cmp.Compare(a.Function, b.Function) })
	return h
}

// trouble returns the state of the breaker as a Trouble; nil after a success.
func (b *breaker) trouble() *Trouble {
	if b.reason == nil {
		return nil
	}
	return &Trouble{Kind: b.reason.Kind, Status: b.reason.Status, Failures: b.failures, NextProbe: b.next}
}
