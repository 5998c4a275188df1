package mapping

import (
	"slices"
	"time"

	"tvscim/scim"
)

// Bounds of what tokens that were never accepted may cost: memory, and calls of TeamViewer, which
// blocks IP addresses that send wrong tokens.
const (
	guessWindow         = time.Minute
	maxGuesses          = 20 // within guessWindow
	maxGuessesOfAddress = 10 // so that one address does not use up all
	maxWaiting          = 128
	maxWaitingOfAddress = 32
)

// guesses decides which token that was never accepted is tried next. One is tried at a time. It is
// guarded by tokens.mu.
type guesses struct {
	made    []guess // within guessWindow, the latest last, without accepted tokens
	running *trial
	pending []*trial
	waiting map[string]int // number of requests by address
	total   int            // number of all requests that wait
}

type guess struct {
	at      time.Time
	address string
}

// join counts a request that waits for a trial. It returns an error if too many wait.
func (g *guesses) join(address string) error {
	if g.total >= maxWaiting || g.waiting[address] >= maxWaitingOfAddress {
		// The waiting requests use up the trials of a minute, even if the next trial could start
		// now.
		return tooManyGuesses(max(g.wait(time.Now(), address), guessWindow))
	}
	if g.waiting == nil {
		g.waiting = make(map[string]int)
	}
	g.total++
	g.waiting[address]++
	return nil
}

// leave ends the wait of a request.
func (g *guesses) leave(address string) {
	g.total--
	if g.waiting[address]--; g.waiting[address] == 0 {
		delete(g.waiting, address)
	}
}

// take removes and returns the next trial: that of the address with the fewest trials. The error is
// set if that trial may not be made now.
func (g *guesses) take(now time.Time) (*trial, error) {
	g.trim(now)
	t := slices.MinFunc(g.pending, func(a, b *trial) int { return g.of(a.address) - g.of(b.address) })
	g.remove(t)
	if wait := g.wait(now, t.address); wait > 0 {
		return t, tooManyGuesses(wait)
	}
	g.made = append(g.made, guess{now, t.address})
	return t, nil
}

// ended records the end of the trial under way.
func (g *guesses) ended(accepted bool) {
	if accepted {
		address := g.running.address
		i := slices.IndexFunc(g.made, func(m guess) bool { return m.address == address })
		if i >= 0 {
			g.made = slices.Delete(g.made, i, i+1)
		}
	}
	g.running = nil
}

func (g *guesses) remove(t *trial) {
	g.pending = slices.DeleteFunc(g.pending, func(other *trial) bool { return other == t })
}

func (g *guesses) trim(now time.Time) {
	g.made = slices.DeleteFunc(g.made, func(m guess) bool { return now.Sub(m.at) >= guessWindow })
}

// of returns the number of trials of an address.
func (g *guesses) of(address string) (n int) {
	for _, m := range g.made {
		if m.address == address {
			n++
		}
	}
	return n
}

// wait returns how long no trial of an address may be made; 0: one may be made now.
func (g *guesses) wait(now time.Time, address string) time.Duration {
	g.trim(now)
	var wait time.Duration
	if len(g.made) >= maxGuesses {
		wait = guessWindow - now.Sub(g.made[0].at)
	}
	if g.of(address) >= maxGuessesOfAddress {
		first := g.made[slices.IndexFunc(g.made, func(m guess) bool { return m.address == address })]
		wait = max(wait, guessWindow-now.Sub(first.at))
	}
	return wait
}

// tooManyGuesses returns the error for a token that was not tried.
func tooManyGuesses(wait time.Duration) *scim.Error {
	return scim.TooManyRequests(max(wait, time.Second), "This bearer token was not checked: the "+
		"gateway checks few unknown tokens a minute, "+
		"because TeamViewer blocks addresses that send wrong ones. Retry the request; "+
		"if this persists, find out which client sends wrong tokens.")
}
