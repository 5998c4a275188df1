package idmap

import (
	"hash/crc32"
	"iter"
)

// cache is a Map in front of another Map that holds all records. It writes to that one first and
// reads from it what concerns all records.
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
		_ = c.memory.Put(id, r) // memory returns no error
	}
	return r, ok
}

// Peek does not add to the memory what it reads, so that a list of everything does not replace the
// records in use.
func (c *cache) Peek(id string) (Record, bool) {
	if r, ok := c.memory.Peek(id); ok {
		return r, true
	}
	return c.behind.Peek(id)
}

func (c *cache) Put(id string, r Record) error {
	defer c.locks.lock(id)()
	if err := c.behind.Put(id, r); err != nil {
		_ = c.memory.Delete(id) // either record may be stored behind
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

// locks serialise what is done with one id. Without them a slow read could add to the memory a
// record that a write has replaced since. One lock for all ids would let only one write reach the
// disk at a time. Ids that share a lock wait for each other.
type locks [256]chan struct{}

func newLocks() (l locks) {
	for i := range l {
		l[i] = make(chan struct{}, 1)
	}
	return l
}

// lock acquires the lock of an id and returns a function that releases it.
func (l *locks) lock(id string) (unlock func()) {
	held := l[crc32.ChecksumIEEE([]byte(id))%uint32(len(l))]
	held <- struct{}{}
	return func() { <-held }
}
