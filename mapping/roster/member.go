package roster

import (
	"container/list"
	"context"
	"fmt"
	"iter"
	"slices"
	"sync"
	"time"

	"tvscim/tvapi"
)

// groupWeight is what a group counts beside its members against Options.MaxMembers.
const groupWeight = 16

// Members has the members of groups as TeamViewer listed them, with the gateway's acknowledged
// writes since. If there are too many, the least recently used groups are dropped. It is safe for
// concurrent use.
type Members struct {
	fetch   func(context.Context, tvapi.GroupID) iter.Seq2[tvapi.Member, error]
	maxAge  time.Duration
	timeout time.Duration // of a read that several callers may wait for
	limit   int           // Options.MaxMembers
	wroteTo func(Write)   // Options.Wrote

	closing context.Context // ends when the Roster is closed
	close   context.CancelFunc
	work    sync.WaitGroup

	mu     sync.Mutex
	groups map[tvapi.GroupID]*list.Element // of *membership
	used   list.List                       // the most recently used first
	size   int                             // sum of the weights of groups
	reads  map[tvapi.GroupID][]*memberRead // under way
	shared map[tvapi.GroupID]*memberRead   // the latest of them that other callers may wait for
	// until when a write without an answer may still be carried out
	uncertain map[tvapi.GroupID]time.Time
}

// membership is what is known of the members of one group.
type membership struct {
	group tvapi.GroupID
	began time.Time      // when the read began
	ids   []tvapi.UserID // in ascending order
}

func (m *membership) weight() int { return len(m.ids) + groupWeight }

// memberRead is one read of the members of a group.
type memberRead struct {
	began  time.Time
	writes []memberWrite // acknowledged since began; the read may lack them
	// removed or deactivated since began; a read with one of them is not stored
	departed  []tvapi.UserID
	discarded bool          // it is not stored
	done      chan struct{} // closed at the end
	ids       []tvapi.UserID
	err       error
}

func newMembers(c *tvapi.Client, o Options) *Members {
	closing, stop := context.WithCancel(context.Background())
	return &Members{
		wroteTo: o.Wrote, fetch: c.Members, maxAge: o.GroupsMaxAge, timeout: o.LoadTimeout, limit: o.MaxMembers,
		closing: closing, close: stop,
		groups:    make(map[tvapi.GroupID]*list.Element),
		reads:     make(map[tvapi.GroupID][]*memberRead),
		shared:    make(map[tvapi.GroupID]*memberRead),
		uncertain: make(map[tvapi.GroupID]time.Time),
	}
}

// Read returns the users in a group, in ascending order: from a read that began after t and is not
// older than Options.GroupsMaxAge, with the writes that were acknowledged since. If there is none,
// it reads the members; concurrent callers share the read, which does not end with them. The result
// is not nil unless there is an error.
//
// TeamViewer Web API: GET /usergroups/{id}/members
func (m *Members) Read(ctx context.Context, g tvapi.GroupID, t time.Time) ([]tvapi.UserID, error) {
	m.mu.Lock()
	if ids, ok := m.known(g, t); ok {
		m.mu.Unlock()
		return ids, nil
	}
	read := m.shared[g]
	if read == nil || !read.began.After(t) {
		if m.closing.Err() != nil {
			m.mu.Unlock()
			return nil, fmt.Errorf("usergroup %v: members: %w", g, ErrClosed)
		}
		read = m.begin(g)
		m.shared[g] = read
		m.work.Go(func() { m.readDetached(ctx, g, read) })
	}
	m.mu.Unlock()
	select {
	case <-read.done:
		return slices.Clone(read.ids), read.err
	case <-ctx.Done():
		return nil, fmt.Errorf("usergroup %v: waiting for its members: %w", g, context.Cause(ctx))
	}
}

// ReadNow returns the users in a group from a new read, in ascending order.
//
// TeamViewer Web API: GET /usergroups/{id}/members
func (m *Members) ReadNow(ctx context.Context, g tvapi.GroupID) ([]tvapi.UserID, error) {
	m.mu.Lock()
	read := m.begin(g)
	m.mu.Unlock()
	m.read(ctx, g, read)
	return slices.Clone(read.ids), read.err
}

// known returns the stored members of a group, if their read began after t and is young enough. The
// lock is held.
func (m *Members) known(g tvapi.GroupID, t time.Time) ([]tvapi.UserID, bool) {
	e := m.groups[g]
	if e == nil {
		return nil, false
	}
	known := e.Value.(*membership)
	if !known.began.After(t) || time.Since(known.began) > m.maxAge {
		return nil, false
	}
	m.used.MoveToFront(e)
	return append([]tvapi.UserID{}, known.ids...), true
}

// begin records that a read is under way. The lock is held.
func (m *Members) begin(g tvapi.GroupID) *memberRead {
	read := &memberRead{began: time.Now(), done: make(chan struct{})}
	m.reads[g] = append(m.reads[g], read)
	return read
}

// readDetached makes a read that does not end with its caller.
func (m *Members) readDetached(asker context.Context, g tvapi.GroupID, read *memberRead) {
	ctx, stop := context.WithTimeout(context.WithoutCancel(asker), m.timeout)
	defer stop()
	defer context.AfterFunc(m.closing, stop)()
	m.read(ctx, g, read)
}

// read makes a read and stores its result.
func (m *Members) read(ctx context.Context, g tvapi.GroupID, read *memberRead) {
	ids := []tvapi.UserID{}
	var failed error
	for member, err := range m.fetch(ctx, g) {
		if err != nil {
			failed = err
			break
		}
		ids = append(ids, member.Account)
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)

	m.mu.Lock()
	defer m.mu.Unlock()
	defer close(read.done)
	m.finish(g, read)
	if failed != nil {
		read.err = failed
		return
	}
	for _, w := range read.writes {
		ids = w.onto(ids)
	}
	read.ids = ids
	if !read.discarded && !slices.ContainsFunc(read.departed, read.has) && read.began.After(m.uncertain[g]) {
		m.store(&membership{group: g, began: read.began, ids: slices.Clone(ids)})
	}
}

// has reports whether a read shows a user in the group.
func (r *memberRead) has(id tvapi.UserID) bool {
	_, in := slices.BinarySearch(r.ids, id)
	return in
}

// finish removes a read from those under way. The lock is held.
func (m *Members) finish(g tvapi.GroupID, read *memberRead) {
	m.reads[g] = slices.DeleteFunc(m.reads[g], func(r *memberRead) bool { return r == read })
	if len(m.reads[g]) == 0 {
		delete(m.reads, g)
	}
	if m.shared[g] == read {
		delete(m.shared, g)
	}
}

// shut ends reads and waits for them.
func (m *Members) shut() {
	m.mu.Lock()
	m.close()
	m.mu.Unlock()
	m.work.Wait()
}
