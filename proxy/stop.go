package proxy

import (
	"fmt"
	"runtime/debug"
	"sync"
	"time"

	"tvscim/scim"
)

// stop is the state of the stop of a server.
type stop struct {
	once  sync.Once
	begun chan struct{} // closed: no further operation is started
	over  chan struct{} // closed: no operation is waited for
}

// newStop returns a stop that has not begun.
func newStop() *stop { return &stop{begun: make(chan struct{}), over: make(chan struct{})} }

// Stop prepares the server for the end of the process: bulk requests start no further operation,
// and are answered within the given time with the results so far. Other requests are not affected;
// stopping the listener waits for them. It returns at once.
func (s *Server) Stop(within time.Duration) {
	s.stop.once.Do(func() {
		close(s.stop.begun)
		time.AfterFunc(within, func() { close(s.stop.over) })
	})
}

// hasBegun reports whether the stop has begun.
func (s *stop) hasBegun() bool {
	select {
	case <-s.begun:
		return true
	default:
		return false
	}
}

// The errors of operations that are not completed before a stop.
var (
	errNotBegun = scim.Unavailable(retryAfterTimeout, "not done: the gateway is stopping; send the operation again")
	errUnknown  = scim.Unavailable(retryAfterTimeout, "the gateway stopped before the outcome was known; send the operation again")
)

// await calls do and waits for it, unless the process ends before: a change that was already sent
// to TeamViewer is not cancelled with its request, and may take longer than the remaining time.
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
