package mapping

import (
	"context"
	"slices"
	"sync"

	"tvscim/tvapi"
)

// lockKey names one thing that only one write may touch at a time. Names come before ids in the order in which locks
// are taken: whoever holds an id may not wait for a name, so no two writes wait for each other.
type lockKey string

func userNameKey(name string) lockKey  { return lockKey("1 user name " + tvapi.FoldEmail(name)) }
func groupNameKey(name string) lockKey { return lockKey("1 group name " + tvapi.FoldName(name)) }
func userKey(id string) lockKey        { return lockKey("2 user " + id) }
func groupKey(id string) lockKey       { return lockKey("2 group " + id) }

// ownerKey is the knowledge of whose the token is. It comes after all others.
const ownerKey lockKey = "3 token owner"

// tokenKey is the knowledge whether TeamViewer still accepts a token, by the hash of it. Who waits for it holds no other.
func tokenKey(sum string) lockKey { return lockKey("4 token " + sum) }

// locks holds one lock per key in use. A key that nobody holds or waits for takes no memory: a fixed number of shared
// locks would make unrelated users queue behind one slow call.
type locks struct {
	mu   sync.Mutex
	held map[lockKey]*lock
}

type lock struct {
	turn  chan struct{} // holds one token while the lock is free
	users int           // holders and waiters
}

// acquire takes all keys in the one allowed order and returns what frees them. It gives up when ctx ends.
func (l *locks) acquire(ctx context.Context, keys ...lockKey) (release func(), err error) {
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for i, k := range keys {
		if err := l.take(ctx, k); err != nil {
			l.free(keys[:i])
			return nil, err
		}
	}
	return func() { l.free(keys) }, nil
}

// tryAcquire takes one key if nobody holds it or waits for it.
func (l *locks) tryAcquire(k lockKey) (release func(), ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.held[k] != nil {
		return nil, false
	}
	if l.held == nil {
		l.held = make(map[lockKey]*lock)
	}
	l.held[k] = &lock{turn: make(chan struct{}, 1), users: 1}
	return func() { l.free([]lockKey{k}) }, true
}

func (l *locks) take(ctx context.Context, k lockKey) error {
	l.mu.Lock()
	if l.held == nil {
		l.held = make(map[lockKey]*lock)
	}
	e := l.held[k]
	if e == nil {
		e = &lock{turn: make(chan struct{}, 1)}
		e.turn <- struct{}{}
		l.held[k] = e
	}
	e.users++
	l.mu.Unlock()
	select {
	case <-e.turn:
		return nil
	case <-ctx.Done():
		l.mu.Lock()
		l.leave(k, e)
		l.mu.Unlock()
		return ctx.Err()
	}
}

func (l *locks) free(keys []lockKey) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range slices.Backward(keys) {
		e := l.held[k]
		e.turn <- struct{}{}
		l.leave(k, e)
	}
}

func (l *locks) leave(k lockKey, e *lock) {
	if e.users--; e.users == 0 {
		delete(l.held, k)
	}
}
