package idmap

import (
	"iter"
	"sync"
)

// cache is a Map in front of another, which has the last word: what is written goes there first,
// and what is asked of all records is asked there.
type cache struct {
	memory *memory
	behind Map
	locks  locks
}

func (c *cache) Get(id string) (Record, bool) {
	if r, ok := c.memory.Get(id); ok {
		return r, true
	}
	defer c.locks.lock(id)()
	if r, ok := c.memory.Get(id); ok {
		return r, true
	}
	r, ok := c.behind.Get(id)
	if ok {
		_ = c.memory.Put(id, r) // the memory has no error to give
	}
	return r, ok
}

// Peek leaves what it read where it was: a listing would else fill the memory with what nobody
// uses.
func (c *cache) Peek(id string) (Record, bool) {
	if r, ok := c.memory.Peek(id); ok {
		return r, true
	}
	return c.behind.Peek(id)
}

func (c *cache) Put(id string, r Record) error {
	defer c.locks.lock(id)()
	if err := c.behind.Put(id, r); err != nil {
		_ = c.memory.Delete(id) // which of the two records is kept, only the Map behind knows
		return err
	}
	return c.memory.Put(id, r)
}

func (c *cache) Delete(id string) error {
	defer c.locks.lock(id)()
	if err := c.behind.Delete(id); err != nil {
		_ = c.memory.Delete(id)
		return err
	}
	return c.memory.Delete(id)
}

func (c *cache) Find(k Key) []string { return c.behind.Find(k) }

func (c *cache) Len() int { return c.behind.Len() }

func (c *cache) All() iter.Seq2[string, Record] { return c.behind.All() }

func (c *cache) Note(name string) []byte { return c.behind.Note(name) }

func (c *cache) PutNote(name string, note []byte) error { return c.behind.PutNote(name, note) }

func (c *cache) Close() error { return c.behind.Close() }

var _ Map = (*cache)(nil)

// locks holds one lock per id in use: without it a slow read could put into the memory what a write
// has replaced since. One lock for all would let only one write reach the disk at a time. The zero
// value is ready.
type locks struct {
	mu   sync.Mutex
	held map[string]*idLock
}

type idLock struct {
	turn  chan struct{} // full while somebody holds the lock
	users int           // holders and waiters; at none the lock is dropped
}

// lock waits for the lock of an id and returns what frees it.
func (l *locks) lock(id string) (unlock func()) {
	l.mu.Lock()
	if l.held == nil {
		l.held = make(map[string]*idLock)
	}
	e := l.held[id]
	if e == nil {
		e = &idLock{turn: make(chan struct{}, 1)}
		l.held[id] = e
	}
	e.users++
	l.mu.Unlock()
	e.turn <- struct{}{}
	return func() {
		<-e.turn
		l.mu.Lock()
		defer l.mu.Unlock()
		if e.users--; e.users == 0 {
			delete(l.held, id)
		}
	}
}
