package tvapi

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// When the breaker opens, and the pause before each probe, which doubles from the minimum to the
// maximum. A burst of failures costs a second, and the end of an outage is detected within half a
// minute.
const (
	breakAfter      = 5 // failed calls in a row
	minBreakerPause = time.Second
	maxBreakerPause = 30 * time.Second
)

// verdict is what the result of a call shows about TeamViewer as a whole.
type verdict int

const (
	inconclusive verdict = iota // nothing: the caller cancelled it, or it is about one object
	available                   // TeamViewer answered, even if it refused
	unavailable                 // no answer, a fault, or the token or the address is refused
)

// judge returns the verdict of a call's result. ctx is the caller's.
func judge(ctx context.Context, failed *Error) verdict {
	if failed == nil {
		return available
	}
	switch failed.Kind {
	case KindLost, KindServer:
		if ctx.Err() != nil {
			return inconclusive
		}
		return unavailable
	case KindUnsent:
		if _, refused := errors.AsType[*guardError](failed); refused || ctx.Err() != nil {
			return inconclusive
		}
		return unavailable
	case KindForeign:
		if _, over := errors.AsType[*BoundError](failed); over {
			return inconclusive // about this one answer
		}
		if failed.Status == http.StatusNotFound { // the object may not exist
			return inconclusive
		}
		return unavailable
	case KindToken, KindBlocked:
		return unavailable
	default:
		return available
	}
}

// breaker withholds calls while TeamViewer is unavailable or does not accept the token: they would
// fail too, slowly, and each failed call counts against the limits. While it is open, one call at a
// time is made as a probe.
type breaker struct {
	reason   *Error    // the latest failure; nil = the latest call succeeded
	since    time.Time // of the first failure or of the first success in a row; zero = no call yet
	answered time.Time // when TeamViewer last answered; zero = it has not
	failures int       // in a row
	open     bool
	next     time.Time // when the next probe may be made
	pause    time.Duration
	probing  bool
}

// admits reports whether a call may be made: any while the breaker is closed, a probe when it is
// due.
func (b *breaker) admits(now time.Time) bool {
	return !b.open || !b.probing && !now.Before(b.next)
}

// enter records that a call is made and reports whether it is the probe.
func (b *breaker) enter() (probe bool) {
	b.probing = b.probing || b.open
	return b.open
}

// note records the result of a call. After an inconclusive probe, the next call may be a probe at
// once.
func (b *breaker) note(probe bool, failed *Error, v verdict, now time.Time) {
	if probe {
		b.probing = false
	}
	switch v {
	case available:
		b.succeeded(now)
	case unavailable:
		b.failed(probe, failed, now)
	case inconclusive:
	}
}

func (b *breaker) succeeded(now time.Time) {
	since := b.since
	if b.reason != nil || since.IsZero() {
		since = now
	}
	// A probe may still be under way if it was another call that succeeded. If the breaker opens
	// again before that probe ends, there must not be a second one.
	*b = breaker{since: since, answered: now, probing: b.probing}
}

// failed records a failure. A call that began before the breaker opened does not count.
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
