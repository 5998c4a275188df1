package tvapi

import (
	"cmp"
	"slices"
	"time"
)

// Health is how the calls of a client fare, at the moment that it was asked. It is a value: nothing
// in it changes later.
type Health struct {
	// Since is when calls began to go as they do: the first in a row that TeamViewer answered, or
	// the first in a row that failed. Zero: none was made yet.
	Since     time.Time
	Trouble   *Trouble    // nil while TeamViewer answers
	Throttled []Throttled // the functions whose calls are used up, by name
	Usage     []Usage     // of the functions that were called today, by name
}

// Trouble is why calls of all functions fail.
type Trouble struct {
	Kind     Kind // of the latest failure
	Status   int  // 0 = no answer
	Failures int  // calls that failed in a row

	// NextProbe is when TeamViewer will be called again at the earliest; zero while calls are still
	// made as ever.
	NextProbe time.Time
}

// Throttled is a function of which TeamViewer takes no calls for now.
type Throttled struct {
	Function  Function
	Since     time.Time
	NextProbe time.Time // when it will be called again at the earliest
}

// Usage is how many calls of a function were made since midnight UTC. When TeamViewer's day begins
// is not known. Attempts count, since they do for TeamViewer; those that certainly never left do
// not.
type Usage struct {
	Function Function
	Calls    int
	Allowed  int // 0 = not known
}

// NearlyUsed says whether at least four fifths of the calls allowed were made.
func (u Usage) NearlyUsed() bool { return nearlyUsed(u.Calls, u.Allowed) }

// Health returns how the client's calls fare, from memory.
func (c *Client) Health() Health { return c.pace.health(time.Now()) }

func (p *pacer) health(now time.Time) Health {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := Health{Since: p.breaker.since, Trouble: p.breaker.trouble()}
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

// trouble returns what the breaker knows, nil while all is well.
func (b *breaker) trouble() *Trouble {
	if b.reason == nil {
		return nil
	}
	return &Trouble{Kind: b.reason.Kind, Status: b.reason.Status, Failures: b.failures, NextProbe: b.next}
}
