package tvapi

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"go.uber.org/zap/zapcore"
)

// The pause before another attempt doubles from the minimum to the maximum. A longer Retry-After is
// obeyed up to the maximum; beyond it the call fails and the caller may repeat it.
const (
	minRetryPause = 250 * time.Millisecond
	maxRetryPause = 5 * time.Second
)

// send makes one call; every request of the client goes through it. It waits until the pacer admits
// the call, and sends it again where that is safe and may help. The error is that of the last
// attempt.
func (c *Client) send(ctx context.Context, k call) error {
	if k.invented() && !c.dryRun {
		return k.unknownID()
	}
	t := turn{remaining: c.pace.maxWait, trouble: zapcore.WarnLevel}
	if isTrial(ctx) {
		t.trouble = zapcore.DebugLevel // what a guess meets is no trouble of the gateway's
	}
	var failed *Error  // the latest attempt
	uncertain := false // an earlier attempt may have been done
	for attempts := 0; ; {
		if held := c.pace.admit(ctx, k, &t); held != nil {
			return earlier(failed, held)
		}
		k.token = c.credential.token()
		failed = c.once(ctx, k, &t)
		switch {
		case failed == nil, uncertain && k.doneBy(failed):
			return nil
		case isTrial(ctx):
			return failed
		case failed.Kind == KindThrottled:
			continue // certainly not done: it waits like every call
		case c.renewed(ctx, failed, k.token, &t):
			continue // certainly not done
		}
		uncertain = uncertain || Uncertain(failed)
		attempts++
		if attempts >= c.attempts || !k.again(failed) || !pause(ctx, attempts, failed.RetryAfter) {
			return failed
		}
	}
}

// earlier returns the error of a call without a further attempt. The latest attempt, which may have
// been done, is more important than the reason why there is no other.
func earlier(failed, held *Error) *Error {
	if failed == nil {
		return held
	}
	result := *failed // a copy: the pacer may hold failed as the reason of other errors
	result.RetryAfter = max(result.RetryAfter, held.RetryAfter)
	return &result
}

// again reports whether a call that failed in this way is safe to send again and may succeed. A
// call that was not sent is always safe.
func (k call) again(failed *Error) bool {
	if k.begun != nil && k.begun() {
		return false
	}
	if _, over := errors.AsType[*BoundError](failed); over {
		return false // the next answer would be as large
	}
	switch failed.Kind {
	case KindUnsent:
		_, refused := errors.AsType[*guardError](failed)
		return !refused
	case KindLost, KindServer:
		return k.function.idempotent()
	case KindForeign:
		// A success that was truncated or replaced by a proxy. Other foreign answers are not
		// temporary.
		return k.function.idempotent() && failed.Status < http.StatusMultipleChoices
	default:
		return false
	}
}

// doneBy reports whether a refusal proves that an earlier attempt, whose answer was lost, was done:
// an object that does not exist has been deleted.
func (k call) doneBy(failed *Error) bool {
	return failed.Kind == KindNotFound && (k.function == FuncUserDelete || k.function == FuncGroupDelete)
}

// idempotent reports whether two calls have the effect of one. Calls that set a state are
// idempotent, whatever their method; those that create an object are not.
func (f Function) idempotent() bool {
	method, _ := f.split()
	return method != http.MethodPost || f == FuncMemberAdd
}

// pause waits before attempt n+1, at least for the asked Retry-After. It returns false, at once,
// when ctx would end during the pause or the Retry-After is too long.
func pause(ctx context.Context, n int, asked time.Duration) bool {
	d := min(minRetryPause<<min(n-1, 8), maxRetryPause)
	d = max(d/2+rand.N(d/2), asked)
	if end, ok := ctx.Deadline(); ok && time.Until(end) <= d || d > maxRetryPause {
		return false
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
