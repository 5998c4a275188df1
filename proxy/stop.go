package proxy

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"tvscim/scim"
)

// stop is what a server knows of its end.
type stop struct {
	once  sync.Once
	begun chan struct{} // closed: nothing further is begun
	over  chan struct{} // closed: nothing is waited for any more
}

// newStop returns a stop that has not begun.
func newStop() *stop { return &stop{begun: make(chan struct{}), over: make(chan struct{})} }

// Stop tells the server that the process ends soon: bulk requests begin no further operation, and
// are answered within the given time with what was done until then. Other requests are not touched:
// who stops the listener waits for them. It returns at once.
func (s *Server) Stop(within time.Duration) {
	s.stop.once.Do(func() {
		close(s.stop.begun)
		time.AfterFunc(within, func() { close(s.stop.over) })
	})
}

// hasBegun reports whether nothing further is to be begun.
func (s *stop) hasBegun() bool {
	select {
	case <-s.begun:
		return true
	default:
		return false
	}
}

// The errors of operations that a stop has come before.
var (
	errNotBegun = scim.Unavailable(retryAfterTimeout, "not done: the gateway is stopping; send the operation again")
	errUnknown  = scim.Unavailable(retryAfterTimeout, "the gateway stopped before the outcome was known; send the operation again")
)

// await does what takes its time, and waits for it unless the process ends before: a change that
// TeamViewer was already asked for is not given up with its request, and may take longer than there
// is.
func (s *stop) await(do func() (answer, error)) (answer, error) {
	type outcome struct {
		ans      answer
		err      error
		panicked any
	}
	done := make(chan outcome, 1)
	go func() {
		var o outcome
		defer func() {
			if p := recover(); p != nil {
				o.panicked = fmt.Sprintf("%v\n%s", p, debug.Stack())
			}
			done <- o
		}()
		o.ans, o.err = do()
	}()
	select {
	case o := <-done:
		if o.panicked != nil {
			panic(o.panicked)
		}
		return o.ans, o.err
	case <-s.over:
		return answer{}, errUnknown
	}
}
