package roster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

// flight is one load of a picture, shared by all who wait for it.
type flight struct {
	number int // counts the loads of a keeper
	began  time.Time
	landed chan struct{} // closed at the end
}

// The pause after a failed load doubles from one failure to the next: TeamViewer counts failed calls too.
const minPause, maxPause = time.Second, 30 * time.Second

// errEmpty is a list of users without any.
var errEmpty = errors.New("the list is empty, yet it always holds the owner of the token")

// board returns the load under way, or starts one. In the pause after a failed one none may start: its error is then the
// answer to all who wait. The lock is held.
func (k *keeper[ID, V]) board(asker context.Context) (*flight, error) {
	switch {
	case k.closing.Err() != nil:
		return nil, fmt.Errorf("%s: %w", k.kind.plural, ErrClosed)
	case k.flight != nil:
		return k.flight, nil
	case k.failed != nil && time.Now().Before(k.retryAt):
		return nil, k.failed
	}
	k.flights++
	f := &flight{number: k.flights, began: time.Now(), landed: make(chan struct{})}
	k.flight = f
	k.work.Go(func() { k.fly(asker, f) })
	return f, nil
}

// detached returns a context that outlives its asker: only the keeper's end and the time limit end it.
func (k *keeper[ID, V]) detached(asker context.Context) (ctx context.Context, cancel func()) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(asker), k.loadTimeout)
	unhook := context.AfterFunc(k.closing, stop)
	return ctx, func() { unhook(); stop() }
}

// fly loads a picture and puts it in the place of the old one. A load that fails leaves the old one where it is.
func (k *keeper[ID, V]) fly(asker context.Context, f *flight) {
	ctx, cancel := k.detached(asker)
	defer cancel()
	p, err := k.list(ctx, f.began)
	written := 0
	if err == nil {
		p, written = k.announce(p)
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	took := time.Since(f.began)
	if err != nil {
		k.failed = fmt.Errorf("%s: list: %w", k.kind.plural, err)
		k.pause = min(max(2*k.pause, minPause), maxPause)
		k.retryAt = time.Now().Add(k.pause)
		k.log.Warn("list not loaded", zap.Duration("took", took), zap.Duration("pause", k.pause), zap.String("error", briefly(err)))
	} else {
		k.current, _ = k.journal.onto(p, written)
		k.brought, k.took = f.number, took
		k.failed, k.pause = nil, 0
		k.resolve(f.began)
		k.log.Info("list loaded", zap.Duration("took", took), zap.Int("count", k.current.byID.len()))
	}
	k.flight = nil
	k.loads.count(outcomeOf(err))
	k.trim()
	close(f.landed)
}

// list reads the whole list. Only the new picture is in memory beside the old one, never the list as it was sent.
func (k *keeper[ID, V]) list(ctx context.Context, began time.Time) (*picture[ID, V], error) {
	var list []*V
	for o, err := range k.kind.list(ctx) {
		if err != nil {
			return nil, err
		}
		list = append(list, &o)
	}
	if len(list) == 0 && k.kind.neverEmpty {
		return nil, errEmpty
	}
	return newPicture(k.kind, began, list), nil
}

// announce shows a loaded picture, with the own writes on it, to whoever wants to know before anybody else. The lock is
// not held meanwhile: the listener may walk over everything, and writes must not wait for it. How many writes are on the
// picture is returned, for more may be answered meanwhile; none of them is trimmed while the flight is under way.
func (k *keeper[ID, V]) announce(p *picture[ID, V]) (*picture[ID, V], int) {
	k.mu.Lock()
	p, written := k.journal.onto(p, 0)
	v := view[ID, V]{picture: p, previous: k.current}
	k.mu.Unlock()
	if k.kind.installed != nil {
		k.kind.installed(v)
	}
	return p, written
}

// briefly is what a log may show of an error: TeamViewer's own words may name people.
func briefly(err error) string {
	if e, ok := errors.AsType[*tvapi.Error](err); ok {
		return e.Brief()
	}
	return err.Error()
}
