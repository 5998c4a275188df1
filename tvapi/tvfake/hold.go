package tvfake

import (
	"context"
	"slices"
	"sync"
)

// hold is one place where the next call of a function waits.
type hold struct {
	function string
	after    bool
	arrived  chan struct{}
	released chan struct{}
}

// holds are the holds that no call has reached yet.
type holds struct {
	mu      sync.Mutex
	waiting []*hold
	all     []func()
}

// Hold makes the next call of a function ("" = of any) wait before its work is done. arrived is
// closed when that call is there; release lets it continue, or removes the hold when no call
// arrived. A held call whose client disconnects does no work.
func (s *Server) Hold(function string) (arrived <-chan struct{}, release func()) {
	return s.holds.add(function, false)
}

// HoldAfter is like Hold, but the work is done first and only the answer waits.
func (s *Server) HoldAfter(function string) (arrived <-chan struct{}, release func()) {
	return s.holds.add(function, true)
}

func (hs *holds) add(function string, after bool) (<-chan struct{}, func()) {
	h := &hold{function, after, make(chan struct{}), make(chan struct{})}
	release := sync.OnceFunc(func() {
		hs.mu.Lock()
		defer hs.mu.Unlock()
		hs.waiting = slices.DeleteFunc(hs.waiting, func(other *hold) bool { return other == h })
		close(h.released)
	})
	hs.mu.Lock()
	defer hs.mu.Unlock()
	hs.waiting = append(hs.waiting, h)
	hs.all = append(hs.all, release)
	return h.arrived, release
}

// clear releases every hold.
func (hs *holds) clear() {
	hs.mu.Lock()
	all := hs.all
	hs.all = nil
	hs.mu.Unlock()
	for _, release := range all {
		release()
	}
}

// wait blocks a call that meets a hold. It returns the context's error when the client gave up
// meanwhile.
func (hs *holds) wait(ctx context.Context, function string, after bool) error {
	hs.mu.Lock()
	i := slices.IndexFunc(hs.waiting, func(h *hold) bool {
		return h.after == after && (h.function == "" || h.function == function)
	})
	if i < 0 {
		hs.mu.Unlock()
		return nil
	}
	h := hs.waiting[i]
	hs.waiting = slices.Delete(hs.waiting, i, i+1)
	hs.mu.Unlock()
	close(h.arrived)
	select {
	case <-h.released:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
