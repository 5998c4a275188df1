package roster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

// load is one load of a list, shared by all callers that wait for it.
type load struct {
	number int           // counts the loads of a cache
	began  time.Time     // of the list; may be in the future
	done   chan struct{} // closed at the end
}

// loader loads lists.
type loader[ID cmp.Ordered, V any] struct {
	evidence[ID, V]
	timeout time.Duration // of one load
	loads   loadCounters

	closing context.Context // ends when the cache is closed
	close   context.CancelFunc
	work    sync.WaitGroup // the loads and look-ups under way

	// Guarded by mu.
	started int       // number of the latest load
	retryAt time.Time // when the pause after a failed load ends
}

// The pause after a failed load doubles with each failure: TeamViewer counts failed calls too.
const minPause, maxPause = time.Second, 30 * time.Second

// errEmpty is the error of an empty list of users.
var errEmpty = errors.New("the list is empty, yet it always holds the owner of the token")

// await waits for the first successful load with at least this number and returns a view of the
// snapshot. The lock is held.
func (c *loader[ID, V]) await(ctx context.Context, first int) (*View[ID, V], error) {
	for {
		if c.brought >= first {
			return c.view(), nil
		}
		l, err := c.joinOrStart(ctx)
		if err != nil {
			return nil, err
		}
		c.mu.Unlock()
		select {
		case <-l.done:
		case <-ctx.Done():
			err = fmt.Errorf("%s: waiting for their list: %w", c.kind.plural, context.Cause(ctx))
		}
		c.mu.Lock()
		if err != nil {
			return nil, err
		}
	}
}

// joinOrStart returns the load under way, or starts one. In the pause after a failed load it
// returns its error. The lock is held.
func (c *loader[ID, V]) joinOrStart(caller context.Context) (*load, error) {
	switch {
	case c.closing.Err() != nil:
		return nil, fmt.Errorf("%s: %w", c.kind.plural, ErrClosed)
	case c.load != nil:
		return c.load, nil
	case c.failed != nil && time.Now().Before(c.retryAt):
		return nil, c.failed
	}
	c.started++
	l := &load{number: c.started, began: time.Now(), done: make(chan struct{})}
	// a list that began earlier would not count either
	if c.current != nil && l.began.Before(c.trailUntil) {
		l.began = c.trailUntil
	}
	c.load = l
	c.work.Go(func() { c.run(caller, l) })
	return l, nil
}

// detached returns a context that does not end with its caller, but with the cache or after the
// time limit.
func (c *loader[ID, V]) detached(caller context.Context) (ctx context.Context, cancel func()) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(caller), c.timeout)
	unhook := context.AfterFunc(c.closing, stop)
	return ctx, func() { unhook(); stop() }
}

// run loads a list and replaces the snapshot. A failed load does not change the snapshot.
func (c *loader[ID, V]) run(caller context.Context, l *load) {
	c.wait(time.Until(l.began))
	ctx, cancel := c.detached(caller)
	defer cancel()
	s, err := c.list(ctx, l.began)
	if err == nil {
		err = c.confirm(s)
	}
	if err == nil {
		c.announce(s)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.fail(l, err)
	} else {
		c.install(l, s)
	}
	c.load = nil
	c.loads.count(outcomeOf(err))
	c.trim()
	close(l.done)
}

// wait waits until a load may begin, or until the cache is closed.
func (c *loader[ID, V]) wait(d time.Duration) {
	if d <= 0 {
		return
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-c.closing.Done():
	}
}

// fail records a failed load. The lock is held.
func (c *loader[ID, V]) fail(l *load, err error) {
	c.failed = fmt.Errorf("%s: list: %w", c.kind.plural, err)
	c.pause = min(max(2*c.pause, minPause), maxPause)
	if errors.Is(err, ErrShort) {
		c.pause = max(c.pause, c.journal.lag) // the second list must not be of the same time
	}
	c.retryAt = time.Now().Add(c.pause)
	c.log.Warn("list cannot be loaded", zap.Duration("took", time.Since(l.began)), zap.Duration("pause", c.pause), zap.String("error", briefly(err)))
}

// list reads the whole list. It creates the new snapshot while the old one is in use.
func (c *loader[ID, V]) list(ctx context.Context, began time.Time) (*snapshot[ID, V], error) {
	var list []*V
	for o, err := range c.kind.list(ctx) {
		if err != nil {
			return nil, err
		}
		list = append(list, &o)
	}
	if len(list) == 0 && c.kind.neverEmpty {
		return nil, errEmpty
	}
	return newSnapshot(c.kind, began, list), nil
}

// A list counts alone if it lacks at most mayLose objects of the previous snapshot, or one in
// mayLosePart.
const (
	mayLose     = 10
	mayLosePart = 5
)

// confirm returns an error for a list that lacks many objects of the snapshot, unless a second list
// lacks nearly the same ones.
func (c *loader[ID, V]) confirm(s *snapshot[ID, V]) error {
	c.mu.Lock()
	earlier, suspect, s := c.current, c.suspect, c.journal.onto(s)
	c.mu.Unlock()
	lost, of := c.kind.lost(s, earlier)
	short := lostMany(lost, of)
	agrees := short && suspect != nil &&
		!lostMany(s.lost(suspect), suspect.byID.len()) && !lostMany(suspect.lost(s), s.byID.len())
	c.mu.Lock()
	defer c.mu.Unlock()
	c.suspect = nil
	if short && !agrees {
		c.suspect = s
		return fmt.Errorf("%w (it lacks %d of %d)", ErrShort, lost, of)
	}
	return nil
}

// lost returns how many objects of the previous snapshot a list lacks, and how many there were; for
// the first list, how many of the known objects.
func (k *kind[ID, V]) lost(s, earlier *snapshot[ID, V]) (lost, of int) {
	switch {
	case earlier != nil:
		return s.lost(earlier), earlier.byID.len()
	case k.missing != nil:
		return k.missing(&View[ID, V]{snapshot: s})
	}
	return 0, 0
}

// lostMany reports whether a list lacks so many objects that a second one must agree.
func lostMany(lost, of int) bool { return lost > mayLose && lost*mayLosePart > of }

// announce calls the callback of the options with a new snapshot and the newer evidence, before
// other callers see it. The lock is not held meanwhile: the callback may iterate over all objects,
// and writes must not wait for it.
func (c *loader[ID, V]) announce(s *snapshot[ID, V]) {
	if c.kind.loaded == nil {
		return
	}
	c.mu.Lock()
	v := &View[ID, V]{snapshot: c.journal.onto(s)}
	c.mu.Unlock()
	if c.trails(s) {
		v.stale = ErrStale
	}
	c.kind.loaded(v)
}

// briefly returns the text of an error for a log. TeamViewer's own text may name people.
func briefly(err error) string {
	if e, ok := errors.AsType[*tvapi.Error](err); ok {
		return e.Brief()
	}
	return err.Error()
}
