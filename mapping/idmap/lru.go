package idmap

import (
	"bytes"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	lru "github.com/hashicorp/golang-lru/v2"
)

// NewLRU returns a Map of the size most recently used records, in memory. With another Map behind
// it, that Map holds all records, and the memory only saves reading from it; Close closes both.
// Without one, an evicted record is lost.
func NewLRU(size int, behind Map) (Map, error) {
	m := &memory{index: index{}}
	var err error
	// Add and Remove call the callback on the same goroutine, so their caller holds the lock.
	if m.records, err = lru.NewWithEvict(size, m.index.remove); err != nil {
		return nil, fmt.Errorf("memory of %d records: %w", size, err)
	}
	if behind == nil {
		return m, nil
	}
	return &cache{memory: m, behind: behind, locks: newLocks()}, nil
}

// memory is a Map that evicts the least recently used records.
type memory struct {
	mu      sync.Mutex // guards records, index and notes
	records *lru.Cache[string, Record]
	index   index
	notes   map[string][]byte
}

func (m *memory) Get(id string) (Record, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records.Get(id)
	return r.clone(), ok
}

func (m *memory) Peek(id string) (Record, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.records.Peek(id)
	return r.clone(), ok
}

func (m *memory) Put(id string, r Record) error {
	r = r.clone()
	m.mu.Lock()
	defer m.mu.Unlock()
	if old, ok := m.records.Peek(id); ok {
		m.index.remove(id, old)
	}
	m.index.add(id, r)
	m.records.Add(id, r)
	return nil
}

func (m *memory) Delete(id string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.records.Remove(id)
	return nil
}

func (m *memory) Find(k Key) []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.index[k])
}

func (m *memory) Len() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.records.Len()
}

func (m *memory) All() iter.Seq2[string, Record] {
	return func(yield func(string, Record) bool) {
		m.mu.Lock()
		ids := m.records.Keys()
		m.mu.Unlock()
		slices.Sort(ids)
		for _, id := range ids {
			if r, ok := m.Peek(id); ok && !yield(id, r) {
				return
			}
		}
	}
}

func (m *memory) Note(name string) []byte {
	m.mu.Lock()
	defer m.mu.Unlock()
	return bytes.Clone(m.notes[name])
}

func (m *memory) PutNote(name string, note []byte) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if note == nil {
		delete(m.notes, name)
		return nil
	}
	if m.notes == nil {
		m.notes = make(map[string][]byte)
	}
	m.notes[name] = bytes.Clone(note)
	return nil
}

func (m *memory) Notes(prefix string) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		m.mu.Lock()
		names := slices.DeleteFunc(slices.Sorted(maps.Keys(m.notes)), func(name string) bool { return !strings.HasPrefix(name, prefix) })
		m.mu.Unlock()
		for _, name := range names {
			if note := m.Note(name); note != nil && !yield(name, note) {
				return
			}
		}
	}
}

func (m *memory) Close() error { return nil }

// index holds the ids of the records with a key, in ascending order. It is a slice and not a set,
// since nearly every key has one id.
type index map[Key][]string

func (x index) add(id string, r Record) {
	for _, k := range r.Keys {
		if at, found := slices.BinarySearch(x[k], id); !found {
			x[k] = slices.Insert(x[k], at, id)
		}
	}
}

func (x index) remove(id string, r Record) {
	for _, k := range r.Keys {
		at, found := slices.BinarySearch(x[k], id)
		switch {
		case !found:
		case len(x[k]) == 1:
			delete(x, k)
		default:
			x[k] = slices.Delete(x[k], at, at+1)
		}
	}
}

var _ Map = (*memory)(nil)
