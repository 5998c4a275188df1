package tvapi

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"go.uber.org/zap/zapcore"
)

// The pause before another attempt doubles from the one to the other. One that an
// answer asks for by Retry-After is kept up to the last bound, beyond which the failure
// is the caller's to repeat.
const (
	minRetryPause = 250 * time.Millisecond
	maxRetryPause = 5 * time.Second
)

// send makes one call: every request of this client passes here. It waits for its
// turn, and is sent again where that is safe and may help. The error is that of the
// last attempt.
func (c *Client) send(ctx context.Context, k call) error {
	t := turn{patience: c.pace.maxWait, trouble: zapcore.WarnLevel}
	if isTrial(ctx) {
		t.trouble = zapcore.DebugLevel // what a guess meets is no trouble of the gateway's
	}
	var failed *Error // the latest attempt
	perhaps := false  // an earlier attempt may have been done
	for attempts := 0; ; {
		if held := c.pace.admit(ctx, k, &t); held != nil {
			return earlier(failed, held)
		}
		k.token = c.credential.token()
		failed = c.once(ctx, k, &t)
		switch {
		case failed == nil, perhaps && k.doneBy(failed):
			return nil
		case isTrial(ctx):
			return failed
		case failed.Kind == KindThrottled:
			continue // certainly not done: it waits for its turn like all others
		case c.renewed(failed, k.token):
			continue // certainly not done either
		}
		perhaps = perhaps || Uncertain(failed)
		attempts++
		if attempts >= c.attempts || !k.again(failed) || !pause(ctx, attempts, failed.RetryAfter) {
			return failed
		}
	}
}

// earlier is the error of a call of which no further attempt is made: what became of
// the latest, which may have been done, counts more than why there is none.
func earlier(failed, held *Error) *Error {
	if failed == nil {
		return held
	}
	told := *failed // which others may be told as the reason why they are held
	told.RetryAfter = max(told.RetryAfter, held.RetryAfter)
	return &told
}

// again says whether a call that failed in this way may be sent again, and may fare
// better. What never left may be sent again whatever it is.
func (k call) again(failed *Error) bool {
	if k.begun != nil && k.begun() {
		return false
	}
	if _, over := errors.AsType[*BoundError](failed); over {
		return false // it would be as large again
	}
	switch failed.Kind {
	case KindUnsent:
		_, ours := errors.AsType[*guardError](failed)
		return !ours
	case KindLost, KindServer:
		return k.function.idempotent()
	case KindForeign:
		// A success that was cut or replaced on its way. Anything else that is not
		// TeamViewer's was meant as it is.
		return k.function.idempotent() && failed.Status < http.StatusMultipleChoices
	default:
		return false
	}
}

// doneBy says whether a refusal proves that an earlier attempt, whose answer was lost,
// was done: a thing that is not there has been deleted.
func (k call) doneBy(failed *Error) bool {
	return failed.Kind == KindNotFound && (k.function == FuncUserDelete || k.function == FuncGroupDelete)
}

// idempotent says whether two calls do what one does. Calls that name a wished state
// are, whatever their method; those that make something new are not.
func (f Function) idempotent() bool {
	switch f {
	case FuncMemberAdd, FuncRoleAssign, FuncRoleUnassign, FuncGroupRoleAssign, FuncGroupRoleUnassign:
		return true
	default:
		method, _ := f.split()
		return method != http.MethodPost
	}
}

// pause waits before attempt n+1, at least for as long as the answer asked. It returns
// false, at once, when ctx would end meanwhile or the answer asks for too long.
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
