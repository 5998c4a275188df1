package tvfake

import (
	"context"
	"slices"
	"sync"
	"time"
)

// lates is the work that is done later than its call ([Fault.Late]), oldest first.
type lates struct {
	mu      sync.Mutex
	waiting []*late
}

// late is the work of one call. work is called once at most.
type late struct {
	timer *time.Timer
	work  func()
}

// add has work done after d. A timer and no goroutine waits for that time, so that a test may end
// before it.
func (ls *lates) add(d time.Duration, work func()) {
	l := &late{work: work}
	ls.mu.Lock()
	defer ls.mu.Unlock()
	l.timer = time.AfterFunc(d, func() {
		if ls.take(l) {
			work()
		}
	})
	ls.waiting = append(ls.waiting, l)
}

// take reports whether the work still waits, and takes it out of those that do.
func (ls *lates) take(l *late) bool {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	i := slices.Index(ls.waiting, l)
	if i < 0 {
		return false
	}
	ls.waiting = slices.Delete(ls.waiting, i, i+1)
	return true
}

// takeAll takes out all work that waits, and returns it.
func (ls *lates) takeAll() []*late {
	ls.mu.Lock()
	defer ls.mu.Unlock()
	all := ls.waiting
	ls.waiting = nil
	for _, l := range all {
		l.timer.Stop()
	}
	return all
}

// DoLate does the work of [Fault.Late] that still waits, in the order of the calls, and returns how
// many calls that were. It is for tests that do not want to wait.
func (s *Server) DoLate() int {
	all := s.lates.takeAll()
	for _, l := range all {
		l.work()
	}
	return len(all)
}

// late answers a call whose work is done later. A client that disconnects before does not stop the
// work.
func (x *exchange) late(ctx context.Context, fault *Fault) (answer, error) {
	done := make(chan answer, 1)
	x.server.lates.add(fault.Late, func() { done <- x.work() })
	switch {
	case fault.Lost:
		return answer{}, errLost
	case fault.replaces():
		return fault.apply(x.server.variant, answer{})
	}
	select {
	case a := <-done:
		return fault.apply(x.server.variant, a)
	case <-ctx.Done():
		return answer{}, ctx.Err()
	}
}
