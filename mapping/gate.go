package mapping

import (
	"context"
	"runtime"
	"sync"

	"tvscim/scim"
)

// gate bounds how many requests evaluate a list over the whole company at the same time. Each
// iterates over all users or groups, and a sort stores a key for each of them; so the gate bounds
// the memory.
type gate chan struct{}

// newGate returns a gate for as many requests as there are processors, and at least 2: one slow
// evaluation must not stop the others.
func newGate() gate { return make(gate, max(2, runtime.GOMAXPROCS(0))) }

// enter waits until there is room, or until ctx ends; the error is then 503. The caller must call
// leave, before it waits for TeamViewer or for its client; further calls do nothing.
func (g gate) enter(ctx context.Context) (leave func(), err error) {
	select {
	case g <- struct{}{}:
		return sync.OnceFunc(func() { <-g }), nil
	case <-ctx.Done():
		return nil, scim.Unavailable(retryTrouble, "The list was not read: other requests for "+
			"lists of the whole company are in progress, and the "+
			"time limit of this one was reached. Retry the request, or search by id, userName, "+
			"externalId or the displayName of a group.").Because(ctx.Err())
	}
}
