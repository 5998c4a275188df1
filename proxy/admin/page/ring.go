package page

import (
	"cmp"
	"container/list"
	"slices"
	"strconv"
	"sync"
	"time"
)

// DefaultRing is the usual bound of a [Ring], in bytes.
const DefaultRing = 8 << 20

// Sizes in bytes.
const (
	entrySize = 640      // what an entry takes beside its texts, about
	maxLines  = 64 << 10 // of the lines of one entry; of those that failed, twice that
)

// Ring holds the newest requests and changes in memory, within a bound in bytes. Failures are held
// longest: each [Class] has a share that the others cannot take. It is safe for concurrent use.
type Ring struct {
	limit int
	show  func(any) Change

	mu      sync.Mutex
	size    int
	made    uint64 // entries so far
	byID    map[string]*held
	classes map[Class]*class
}

// class holds the entries of one class, oldest first.
type class struct {
	entries *list.List
	size    int
}

// held is an entry as it is held. Request and lines are never changed, so that they can be read
// without the lock.
type held struct {
	id      string
	number  uint64
	time    time.Time
	class   Class
	place   *list.Element
	size    int
	request *Request
	lines   []any
	linesN  int // their sizes
	objects []string
	done    bool
	omitted int
}

// NewRing returns an empty ring of so many bytes. show makes a change of the value of a [Line]; it
// is called when the change is shown or searched.
func NewRing(limit int, show func(any) Change) *Ring {
	r := &Ring{limit: limit, show: show, byID: make(map[string]*held), classes: make(map[Class]*class)}
	for c := range shares {
		r.classes[c] = &class{entries: list.New()}
	}
	return r
}

// Handled adds a request that was answered. Its lines may have been added before.
func (r *Ring) Handled(q Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entry(q.ID, q.Began)
	e.request, e.time = &q, q.Began
	grown := entrySize / 2
	for _, text := range []string{q.ID, q.Activity, q.Caller, q.Address, q.Method, q.Object, q.Path, q.Query, q.Detail} {
		grown += len(text)
	}
	grown += cap(q.Sent) + cap(q.Answered)
	r.settle(e, grown)
}

// Changed adds a line of the change log.
func (r *Ring) Changed(l Line) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e := r.entry(l.Request, l.Time)
	e.done = e.done && l.Done
	most := maxLines
	if !l.Done {
		most *= 2
	}
	if e.linesN+l.Size > most {
		e.omitted++
		r.settle(e, 0)
		return
	}
	e.lines = append(e.lines[:len(e.lines):len(e.lines)], l.Value) // readers have the slice before
	if !slices.Contains(e.objects, l.Object) {
		e.objects = append(e.objects[:len(e.objects):len(e.objects)], l.Object)
	}
	e.linesN += l.Size
	r.settle(e, l.Size+len(l.Object)+3*32)
}

// entry returns the entry of a request, or a new one.
func (r *Ring) entry(id string, at time.Time) *held {
	if e := r.byID[id]; e != nil {
		return e
	}
	r.made++
	if id == "" {
		id = "change-" + strconv.FormatUint(r.made, 10)
	}
	e := &held{id: id, number: r.made, time: at, class: Changed, done: true}
	e.place = r.classes[Changed].entries.PushBack(e)
	r.byID[id] = e
	r.grow(e, entrySize/2)
	return e
}

func (r *Ring) grow(e *held, by int) {
	e.size += by
	r.classes[e.class].size += by
	r.size += by
}

// settle adds to the size of an entry, moves it to its class, and drops entries until the ring is
// within its bound.
func (r *Ring) settle(e *held, grown int) {
	r.grow(e, grown)
	if to := classOf(e.request, e.done); to != e.class {
		from := r.classes[e.class]
		from.entries.Remove(e.place)
		from.size -= e.size
		e.class = to
		r.classes[to].size += e.size
		e.place = r.classes[to].insert(e)
	}
	for r.size > r.limit {
		r.drop()
	}
}

// insert adds an entry in its order. It is nearly always the last one.
func (c *class) insert(e *held) *list.Element {
	at := c.entries.Back()
	for at != nil && at.Value.(*held).number > e.number {
		at = at.Prev()
	}
	if at == nil {
		return c.entries.PushFront(e)
	}
	return c.entries.InsertAfter(e, at)
}

// drop drops the oldest entry of the class that is most above its share.
func (r *Ring) drop() {
	over := func(c Class) int { return r.classes[c].size - r.limit*shares[c]/16 }
	most := Failed
	for c := range shares {
		if over(c) > over(most) {
			most = c
		}
	}
	c := r.classes[most]
	oldest, _ := c.entries.Remove(c.entries.Front()).(*held) // a class above its share has one
	c.size -= oldest.size
	r.size -= oldest.size
	delete(r.byID, oldest.id)
}

// Size returns how many bytes and entries are held.
func (r *Ring) Size() (bytes, entries int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.size, len(r.byID)
}

// Get returns the entry of an id.
func (r *Ring) Get(id string) (Entry, bool) {
	r.mu.Lock()
	e, ok := r.byID[id]
	var copied held
	if ok {
		copied = *e
	}
	r.mu.Unlock()
	if !ok {
		return Entry{}, false
	}
	return r.open(copied), true
}

// newest returns copies of the entries that are wanted, newest first.
func (r *Ring) newest(wanted func(*held) bool) []held {
	r.mu.Lock()
	all := make([]held, 0, len(r.byID))
	for _, e := range r.byID {
		if wanted(e) {
			all = append(all, *e)
		}
	}
	r.mu.Unlock()
	slices.SortFunc(all, func(a, b held) int { return cmp.Compare(b.number, a.number) })
	return all
}

// open makes an entry of one that is held.
func (r *Ring) open(e held) Entry {
	return Entry{ID: e.id, Class: e.class, Time: e.time, Request: e.request, Changes: r.changes(e), Omitted: e.omitted}
}

func (r *Ring) changes(e held) []Change {
	changes := make([]Change, len(e.lines))
	for i, line := range e.lines {
		changes[i] = r.show(line)
	}
	return changes
}

// Values returns the values of all lines that are held, those of older entries first.
func (r *Ring) Values() []any {
	var lines []any
	for _, e := range slices.Backward(r.newest(func(*held) bool { return true })) {
		lines = append(lines, e.lines...)
	}
	return lines
}
