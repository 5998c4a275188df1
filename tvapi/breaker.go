package tvapi

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// When the breaker opens, and how long it pauses before each probe: twice as long from the one to
// the other. A burst of failures costs a second, and an outage that ends is noticed within half a
// minute.
const (
	breakAfter      = 5 // failed calls in a row
	minBreakerPause = time.Second
	maxBreakerPause = 30 * time.Second
)

// verdict is what the end of a call says about TeamViewer as a whole.
type verdict int

const (
	silence verdict = iota // nothing: it was the caller's doing, or about one thing
	up                     // TeamViewer answered, were it a refusal
	down                   // no answer, a fault, or nobody may call
)

// judged is the verdict of a call's end. ctx is the caller's.
func judged(ctx context.Context, failed *Error) verdict {
	if failed == nil {
		return up
	}
	switch failed.Kind {
	case KindLost, KindServer:
		if ctx.Err() != nil {
			return silence
		}
		return down
	case KindUnsent:
		if _, ours := errors.AsType[*guardError](failed); ours || ctx.Err() != nil {
			return silence
		}
		return down
	case KindForeign:
		if _, over := errors.AsType[*BoundError](failed); over {
			return silence // it is about that one answer
		}
		if failed.Status == http.StatusNotFound { // perhaps that one thing is not there
			return silence
		}
		return down
	case KindToken, KindBlocked:
		return down
	default:
		return up
	}
}

// breaker keeps calls from a TeamViewer that is down, or that does not take the token: they would
// fail too, slowly, and each failed call counts against the limits. Then one call at a time, a
// probe, finds out whether that still holds.
type breaker struct {
	reason   *Error    // the latest failure; nil = the latest call went well
	since    time.Time // of the first failure or of the first success in a row; zero = no call yet
	failures int       // in a row
	open     bool
	next     time.Time // when the next probe may be made
	pause    time.Duration
	probing  bool
}

// admits says whether a call may pass: any while the breaker is closed, a probe at its time.
func (b *breaker) admits(now time.Time) bool {
	return !b.open || !b.probing && !now.Before(b.next)
}

// enter lets a call pass and says whether it is the probe.
func (b *breaker) enter() (probe bool) {
	b.probing = b.probing || b.open
	return b.open
}

// note takes note of how a call ended. After a probe whose end says nothing, the next call may be
// one at once.
func (b *breaker) note(probe bool, failed *Error, said verdict, now time.Time) {
	if probe {
		b.probing = false
	}
	switch said {
	case up:
		b.succeeded(now)
	case down:
		b.failed(probe, failed, now)
	case silence:
	}
}

func (b *breaker) succeeded(now time.Time) {
	since := b.since
	if b.reason != nil || since.IsZero() {
		since = now
	}
	// A probe may be under way still, if it was another call that went well. Should the breaker
	// open again before that one ends, there must not be a second.
	*b = breaker{since: since, probing: b.probing}
}

// failed takes note of a failure. One of a call that began before the breaker opened adds nothing
// to it.
func (b *breaker) failed(probe bool, failed *Error, now time.Time) {
	if b.open && !probe {
		return
	}
	if b.reason == nil {
		b.since = now
	}
	b.reason = failed
	b.failures++
	if !b.open && b.failures < breakAfter && failed.Kind != KindToken {
		return
	}
	b.open = true
	b.pause = min(max(2*b.pause, minBreakerPause), maxBreakerPause)
	b.next = now.Add(max(b.pause, min(failed.RetryAfter, maxBreakerPause)))
}
