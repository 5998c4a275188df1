package roster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"go.uber.org/zap"
)

// keeper keeps the picture of one kind: it has it loaded when it is too old, and puts the own writes into it.
type keeper[ID cmp.Ordered, V any] struct {
	kind        *kind[ID, V]
	loadTimeout time.Duration
	patience    time.Duration
	log         *zap.Logger
	loads       loadCounters

	closing context.Context // ends when the keeper is closed
	close   context.CancelFunc
	work    sync.WaitGroup // the loads and questions under way

	mu      sync.Mutex
	current *picture[ID, V] // nil: none was loaded yet
	journal journal[ID, V]
	took    time.Duration // how long the latest load took that brought a picture
	flight  *flight       // the load under way; nil: none
	flights int           // how many were ever started: the number of the latest
	brought int           // the number of the one that brought the current picture
	failed  error         // why the latest that ended brought none; nil: it did
	pause   time.Duration // between the end of a failed load and the next
	retryAt time.Time     // when that pause ends
	asking  map[ID]*question[V]
	unknown refusals[ID]
	doubts  map[ID]time.Time // the objects for which the picture does not answer, and since when
}

func newKeeper[ID cmp.Ordered, V any](k *kind[ID, V], o Options) *keeper[ID, V] {
	closing, stop := context.WithCancel(context.Background())
	return &keeper[ID, V]{
		kind:        k,
		loadTimeout: o.LoadTimeout,
		patience:    o.Patience,
		log:         o.Logger.With(zap.String("kind", k.plural)),
		closing:     closing,
		close:       stop,
		journal:     journal[ID, V]{lag: o.Lag},
		asking:      make(map[ID]*question[V]),
		unknown:     make(refusals[ID]),
		doubts:      make(map[ID]time.Time),
	}
}

// age is how old a picture may be and still say that something is not here. A company so large that its list takes long
// would else be listed without end.
func (k *keeper[ID, V]) age() time.Duration { return max(k.kind.maxAge, 10*k.took) }

// look returns a view of the picture that is there; without a picture when there is none. The lock is held.
func (k *keeper[ID, V]) look() view[ID, V] {
	v := view[ID, V]{picture: k.current}
	if v.picture == nil {
		return v
	}
	switch age := v.Age(); {
	case age <= k.age():
	case k.failed != nil:
		v.absent = fmt.Errorf("%s: picture of %v ago: %w: %w", k.kind.plural, age.Round(time.Second), ErrStale, k.failed)
	default:
		v.absent = fmt.Errorf("%s: picture of %v ago: %w", k.kind.plural, age.Round(time.Second), ErrStale)
	}
	return v
}

// now returns a view of what is there without waiting; without a picture when there is none.
func (k *keeper[ID, V]) now() view[ID, V] {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.look()
}

// within returns a view of a picture within its age, or, when the load of one fails or takes longer than askers have
// patience, of an older one whose absent says why. Without any picture the answer is the error of the load.
func (k *keeper[ID, V]) within(ctx context.Context) (view[ID, V], error) {
	k.mu.Lock()
	older, deadline := k.look(), time.Now().Add(k.patience)
	if k.flight != nil {
		// Patience counts from the start of the load, so that a long one costs it once and not every asker.
		deadline = k.flight.began.Add(k.patience)
	}
	k.mu.Unlock()
	if older.picture == nil {
		return k.since(ctx, time.Time{})
	}
	if older.absent == nil {
		return older, nil
	}
	patient, cancel := context.WithDeadline(ctx, deadline)
	defer cancel()
	v, err := k.since(patient, time.Time{})
	switch {
	case err == nil || ctx.Err() != nil || errors.Is(err, ErrClosed):
		return v, err
	default:
		return k.now(), nil
	}
}

// since returns a view of a picture within its age whose load began after t, and awaits the load of one until ctx ends.
func (k *keeper[ID, V]) since(ctx context.Context, t time.Time) (view[ID, V], error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if v := k.look(); v.picture != nil && v.absent == nil && v.picture.began.After(t) {
		return v, nil
	}
	// The first load that answers: the one under way if it began late enough, else the next, whatever the clock says.
	first := k.flights + 1
	if k.flight != nil && k.flight.began.After(t) {
		first = k.flight.number
	}
	for {
		if k.brought >= first {
			return k.look(), nil
		}
		f, err := k.board(ctx)
		if err != nil {
			return view[ID, V]{}, err
		}
		k.mu.Unlock()
		select {
		case <-f.landed:
		case <-ctx.Done():
			err = fmt.Errorf("%s: waiting for their list: %w", k.kind.plural, context.Cause(ctx))
		}
		k.mu.Lock()
		if err != nil {
			return view[ID, V]{}, err
		}
	}
}

// wrote puts an answered write into the picture and into the journal.
func (k *keeper[ID, V]) wrote(id ID, change change[V]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.record(id, change)
}

// created does so for a new object.
func (k *keeper[ID, V]) created(o V) {
	k.mu.Lock()
	defer k.mu.Unlock()
	id := k.kind.id(o)
	delete(k.unknown, id)
	k.record(id, created(o))
}

// removed does so for an object that is gone. That it is unknown now need not be asked.
func (k *keeper[ID, V]) removed(id ID) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.unknown.add(id, time.Now(), k.age())
	k.record(id, removed[V])
}

// record does the work of the above. The lock is held.
func (k *keeper[ID, V]) record(id ID, change change[V]) {
	k.trim()
	k.journal.add(entry[ID, V]{at: time.Now(), id: id, change: change})
	if k.current != nil {
		k.current = k.current.changed(id, change)
	}
}

// trim drops from the journal what neither a load nor a question under way, nor a later one, can lack. The lock is held.
func (k *keeper[ID, V]) trim() {
	began := time.Now()
	if k.flight != nil {
		began = k.flight.began
	}
	for _, q := range k.asking {
		if q.began.Before(began) {
			began = q.began
		}
	}
	k.journal.trim(began)
}

// shut ends what is under way and waits for its end.
func (k *keeper[ID, V]) shut() {
	k.mu.Lock()
	k.close()
	k.mu.Unlock()
	k.work.Wait()
}
