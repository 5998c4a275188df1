package pgmap

import "sync"

// batches carries out requests in batches: those that come while one is under way share the next
// one, and so a round trip or a commit.
type batches[T any] struct {
	carryOut func([]T) // one batch; it is not called by two goroutines at a time

	mu      sync.Mutex
	waiting []T
	last    T // that was added
	working sync.WaitGroup
	busy    bool // a goroutine carries out batches
	closed  bool
}

// add adds a request to the next batch, which begins with [batches.start] at the latest. It returns
// false after [batches.close].
func (b *batches[T]) add(request T) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.closed {
		b.waiting, b.last = append(b.waiting, request), request
	}
	return !b.closed
}

// start has all requests carried out without waiting for that, and returns the last one that was
// added so far: once it is done, all are.
func (b *batches[T]) start() (last T) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.busy && len(b.waiting) > 0 {
		b.busy = true
		b.working.Go(b.work)
	}
	return b.last
}

// work carries out batches until no request waits.
func (b *batches[T]) work() {
	for {
		b.mu.Lock()
		batch := b.waiting
		b.waiting, b.busy = nil, len(batch) > 0
		b.mu.Unlock()
		if len(batch) == 0 {
			return
		}
		b.carryOut(batch)
	}
}

// close has the requests carried out that were added, and refuses others.
func (b *batches[T]) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	b.start()
	b.working.Wait()
}
