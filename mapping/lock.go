package mapping

import (
	"context"
	"slices"
	"strings"
	"sync"

	"tvscim/mapping/idmap"
	"tvscim/tvapi"
)

// lockKey names something that only one write may change at a time. Locks are acquired in ascending
// order of their keys, so that no two writes wait for each other: names before ids, then the owner
// and the tokens.
type lockKey string

func userNameKey(name string) lockKey  { return lockKey("1 user name " + tvapi.FoldEmail(name)) }
func groupNameKey(name string) lockKey { return lockKey("1 group name " + tvapi.FoldName(name)) }
func userKey(id string) lockKey        { return lockKey("2 user " + id) }
func groupKey(id string) lockKey       { return lockKey("2 group " + id) }

// object returns the id in a key of [userKey] or [groupKey].
func (k lockKey) object() string { return string(k[strings.LastIndexByte(string(k), ' ')+1:]) }

// ownerKey is for finding out the owner of the token.
const ownerKey lockKey = "3 token owner"

// tokenKey is for proving a token, by its hash. A caller that waits for it holds no other lock.
func tokenKey(sum string) lockKey { return lockKey("4 token " + sum) }

// locks has one lock for each key in use. A key that is not in use takes no memory. A fixed number
// of shared locks would make requests about different users wait for each other's calls.
//
// With shared, names and ids are locked across processes too, after the locks of this process.
type locks struct {
	mu     sync.Mutex
	held   map[lockKey]*lock
	shared func(ctx context.Context, keys ...string) (idmap.Lease, error) // nil: there are no others
}

// sharedLocks returns the locks of a memory that other processes use too; nil for any other.
func sharedLocks(links idmap.Map) func(ctx context.Context, keys ...string) (idmap.Lease, error) {
	if shared, ok := links.(idmap.Shared); ok {
		return shared.Lock
	}
	return nil
}

// across returns those of the keys that are locked across processes.
func across(keys []lockKey) (shared []string) {
	for _, k := range keys {
		if k < ownerKey {
			shared = append(shared, string(k))
		}
	}
	return shared
}

type lock struct {
	turn  chan struct{} // holds one token while the lock is free
	users int           // goroutines that hold it or wait for it
	lease idmap.Lease   // of the holder; nil: it is not locked across processes
}

// acquire acquires the locks of all keys in their order and returns a function that releases them.
// It returns the error of ctx if ctx ends first.
func (l *locks) acquire(ctx context.Context, keys ...lockKey) (release func(), err error) {
	slices.Sort(keys)
	keys = slices.Compact(keys)
	for i, k := range keys {
		if err := l.take(ctx, k); err != nil {
			l.free(keys[:i])
			return nil, err
		}
	}
	others := across(keys)
	if l.shared == nil || len(others) == 0 {
		return func() { l.free(keys) }, nil
	}
	lease, err := l.shared(ctx, others...)
	if err != nil {
		l.free(keys)
		return nil, err
	}
	l.setLease(keys, lease)
	return func() {
		l.setLease(keys, nil)
		lease.Release()
		l.free(keys)
	}, nil
}

func (l *locks) setLease(keys []lockKey, lease idmap.Lease) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, k := range keys {
		l.held[k].lease = lease
	}
}

// leaseOf returns the lease of a key that is held; nil if it is not locked across processes.
func (l *locks) leaseOf(k lockKey) idmap.Lease {
	l.mu.Lock()
	defer l.mu.Unlock()
	if e := l.held[k]; e != nil {
		return e.lease
	}
	return nil
}

// lost reports whether the lock of a key, which is held, may be another process's by now.
func (l *locks) lost(k lockKey) bool {
	lease := l.leaseOf(k)
	return lease != nil && !lease.Held()
}

// confirm is the contrary of lost, but asks the store.
func (l *locks) confirm(k lockKey) bool {
	lease := l.leaseOf(k)
	return lease == nil || lease.Confirm()
}

// current reports whether the lock of a key, which is held, excludes other processes, and whether all
// that they did before is known.
func (l *locks) current(k lockKey) bool {
	lease := l.leaseOf(k)
	return l.shared == nil || lease != nil && lease.Current()
}

// tryAcquire acquires the lock of one key if no goroutine holds it or waits for it. It does not
// lock across processes: what is read and written then is compared by its version.
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
