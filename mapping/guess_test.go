package mapping

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"tvscim/scim"
)

// TestGuessesAreShared: the trials of a minute are shared between the addresses that wait, and come
// back after it.
func TestGuessesAreShared(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ addresses, each int }{{1, maxGuessesOfAddress}, {2, 10}, {4, 5}, {5, 4}, {20, 1}} {
		t.Run(fmt.Sprint(test.addresses), func(t *testing.T) {
			t.Parallel()
			var g guesses
			now := time.Now()
			for round := range 3 {
				for a := range test.addresses {
					for range 30 { // one address after the other: the first is not served first
						g.pending = append(g.pending, &trial{address: fmt.Sprint(a)})
					}
				}
				made := map[string]int{}
				for len(g.pending) > 0 {
					now = now.Add(time.Millisecond)
					trial, err := g.take(now)
					if err == nil {
						made[trial.address]++
						continue
					}
					e, ok := errors.AsType[*scim.Error](err)
					if !ok || e.Status != 429 || e.RetryAfter <= 0 || e.RetryAfter > guessWindow {
						t.Fatalf("%v, Retry-After %v", err, e.RetryAfter)
					}
				}
				for address, n := range made {
					if n != test.each {
						t.Errorf("round %d: %d trials of address %s, want %d", round, n, address, test.each)
					}
				}
				if len(made) != test.addresses {
					t.Errorf("round %d: %d addresses had a trial, want %d", round, len(made), test.addresses)
				}
				now = now.Add(guessWindow)
			}
		})
	}
}

// TestGuessesWaitBounded: the requests that wait are bounded, in all and of one address.
func TestGuessesWaitBounded(t *testing.T) {
	t.Parallel()
	var g guesses
	let := map[string]int{}
	for i := range 1000 {
		address := fmt.Sprint(i % 10)
		if g.join(address) == nil {
			let[address]++
		}
	}
	for range 1000 {
		switch said, ok := errors.AsType[*scim.Error](g.join("greedy")); {
		case !ok:
			let["greedy"]++
		case said.RetryAfter != guessWindow: // those that wait are more than a minute's trials
			t.Fatalf("Retry-After %v, want %v", said.RetryAfter, guessWindow)
		}
	}
	total := 0
	for address, n := range let {
		total += n
		if n > maxWaitingOfAddress {
			t.Errorf("%d requests of address %s wait, want at most %d", n, address, maxWaitingOfAddress)
		}
		for range n {
			g.leave(address)
		}
	}
	if total != maxWaiting || g.total != 0 || len(g.waiting) != 0 {
		t.Errorf("%d requests waited, want %d; %d are left", total, maxWaiting, g.total)
	}
	if err := g.join("late"); err != nil {
		t.Errorf("after all have left: %v", err)
	}
}
