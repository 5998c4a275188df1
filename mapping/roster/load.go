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

// load is one load of a list, shared by all who wait for it.
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
	work    sync.WaitGroup // the loads and questions under way

	// Guarded by mu.
	started int       // how many loads were started: the number of the latest
	retryAt time.Time // when the pause after a failed load ends
}

// The pause after a failed load doubles from one failure to the next: TeamViewer counts failed calls too.
const minPause, maxPause = time.Second, 30 * time.Second

// errEmpty is a list of users without any.
var errEmpty = errors.New("the list is empty, yet it always holds the owner of the token")

// await returns a view of a snapshot that the first of the loads from that number on brought which succeeds. The lock is
// held.
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

// joinOrStart returns the load under way, or starts one. In the pause after a failed one none may start: its error is
// then the answer to all who wait. The lock is held.
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
	if c.current != nil && l.began.Before(c.trailUntil) { // another list like the one that is there would not help
		l.began = c.trailUntil
	}
	c.load = l
	c.work.Go(func() { c.run(caller, l) })
	return l, nil
}

// detached returns a context that outlives its caller: only the end of the cache and the time limit end it.
func (c *loader[ID, V]) detached(caller context.Context) (ctx context.Context, cancel func()) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(caller), c.timeout)
	unhook := context.AfterFunc(c.closing, stop)
	return ctx, func() { unhook(); stop() }
}

// run loads a list and puts its snapshot in the place of the old one. A load that fails leaves the old one where it is.
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

// wait waits until a load may begin, or the cache is closed.
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

// fail takes note of a load that brought no snapshot. The lock is held.
func (c *loader[ID, V]) fail(l *load, err error) {
	c.failed = fmt.Errorf("%s: list: %w", c.kind.plural, err)
	c.pause = min(max(2*c.pause, minPause), maxPause)
	if errors.Is(err, ErrShort) {
		c.pause = max(c.pause, c.journal.lag) // the list that has to agree is not of the same moment
	}
	c.retryAt = time.Now().Add(c.pause)
	c.log.Warn("list not loaded", zap.Duration("took", time.Since(l.began)), zap.Duration("pause", c.pause), zap.String("error", briefly(err)))
}

// list reads the whole list. Only the new snapshot is in memory beside the old one, never the list as it was sent.
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

// A list may lack this many objects of the snapshot before, and this part of them, and be believed alone.
const (
	mayLose     = 10
	mayLosePart = 5 // one in five
)

// confirm returns an error for a list that lacks so many objects of the snapshot that only a second one, which lacks
// nearly the same, makes it believed.
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

// lost returns how many objects of the snapshot before a list lacks, and how many there were; of the first list, how many
// of the known objects.
func (k *kind[ID, V]) lost(s, earlier *snapshot[ID, V]) (lost, of int) {
	switch {
	case earlier != nil:
		return s.lost(earlier), earlier.byID.len()
	case k.missing != nil:
		return k.missing(&View[ID, V]{snapshot: s})
	}
	return 0, 0
}

func lostMany(lost, of int) bool { return lost > mayLose && lost*mayLosePart > of }

// announce hands a new snapshot, with the newer evidence on it, to the callback of the options before others see it. The
// lock is not held meanwhile: the callback may walk over everything, and writes must not wait for it.
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

// briefly is what a log may show of an error: TeamViewer's own words may name people.
func briefly(err error) string {
	if e, ok := errors.AsType[*tvapi.Error](err); ok {
		return e.Brief()
	}
	return err.Error()
}
