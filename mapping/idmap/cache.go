package idmap

import (
	"hash/crc32"
	"iter"
)

// breakable is a Map that may break for good, as a file does that is overwritten while it is open.
// Broken then returns why, all reads find nothing and all writes fail.
type breakable interface{ Broken() error }

// cache is a Map in front of another Map that holds all records. It writes to that one first and
// reads from it what concerns all records. Once that one is broken, it reads what it has itself.
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
		c.uncertain(id)
		return err
	}
	return c.memory.Put(id, r)
}

func (c *cache) Delete(id string) error {
	defer c.locks.lock(id)()
	if err := c.behind.Delete(id); err != nil {
		c.uncertain(id)
		return err
	}
	return c.memory.Delete(id)
}

// uncertain deletes from the memory a record whose write failed: either record may be stored
// behind. A Map that is broken does not tell which, and the former record is all that is left.
func (c *cache) uncertain(id string) {
	if c.whole() == c.behind {
		_ = c.memory.Delete(id) // memory returns no error
	}
}

// whole returns the Map to read from what concerns all records.
func (c *cache) whole() Map {
	if b, ok := c.behind.(breakable); ok && b.Broken() != nil {
		return c.memory
	}
	return c.behind
}

func (c *cache) Find(k Key) []string {
	ids := c.behind.Find(k)
	if whole := c.whole(); whole != c.behind {
		return whole.Find(k)
	}
	return ids
}

func (c *cache) Len() int { return c.whole().Len() }

func (c *cache) All() iter.Seq2[string, Record] { return c.whole().All() }

func (c *cache) Note(name string) []byte {
	note := c.behind.Note(name)
	if whole := c.whole(); whole != c.behind {
		return whole.Note(name)
	}
	if note != nil {
		_ = c.memory.PutNote(name, note) // memory returns no error
	}
	return note
}

func (c *cache) PutNote(name string, note []byte) error {
	if err := c.behind.PutNote(name, note); err != nil {
		return err
	}
	return c.memory.PutNote(name, note)
}

func (c *cache) Notes(prefix string) iter.Seq2[string, []byte] { return c.whole().Notes(prefix) }

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
