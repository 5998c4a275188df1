package pgmap

import (
	"context"
	"fmt"
	"iter"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"

	"tvscim/mapping/idmap"
)

// Map is an [idmap.Shared] in PostgreSQL. It is made by [Open].
type Map struct {
	options Options
	config  *pgx.ConnConfig // of every connection
	schema  string
	name    string // of the store, for texts: the URL without user, password and parameters
	writer  string // names this process among the writers
	pool    *pgxpool.Pool
	mirror  *mirror
	session session
	writes  batches[*write]
	locks   batches[*lockRequest]
	turns   turns
	reads   batches[*latest] // of the number of the latest change

	mu         sync.Mutex    // guards what follows
	down       error         // why PostgreSQL cannot be reached; nil: it can
	since      time.Time     // since when
	back       chan struct{} // closed when it can be reached again
	failed     error         // why the latest write failed; nil: it did not
	failing    time.Time     // since when writes have failed
	subscriber idmap.Subscriber
	replicas   int
	joined     time.Time // when the first session of locks began
	counted    time.Time // when replicas was true
	unlocked   time.Time // see Unlocked
	unordered  time.Time // see Unordered
	ended      []int64   // sessions of locks of other processes that have ended, by id

	unsent  atomic.Bool  // messages were lost, which the other processes must be told
	syncing sync.Mutex   // held while changes of others are taken over
	writing sync.RWMutex // held by each transaction, and for writing while everything is read anew
	closing context.Context
	stop    context.CancelFunc
	work    sync.WaitGroup
}

// Get returns the record of an id.
func (m *Map) Get(id string) (idmap.Record, bool) { return m.mirror.records.Get(id) }

// Peek returns the record of an id.
func (m *Map) Peek(id string) (idmap.Record, bool) { return m.mirror.records.Peek(id) }

// Find returns the ids whose records have a key, in ascending order.
func (m *Map) Find(k idmap.Key) []string { return m.mirror.records.Find(k) }

// Len returns the number of records.
func (m *Map) Len() int { return m.mirror.records.Len() }

// All iterates over the records.
func (m *Map) All() iter.Seq2[string, idmap.Record] { return m.mirror.records.All() }

// Note returns the note of a name; nil: none.
func (m *Map) Note(name string) []byte { return m.mirror.records.Note(name) }

// Notes iterates over the notes whose names begin with prefix.
func (m *Map) Notes(prefix string) iter.Seq2[string, []byte] { return m.mirror.records.Notes(prefix) }

// Subscribe sets what is called from now on when other processes do something.
func (m *Map) Subscribe(s idmap.Subscriber) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.subscriber = s
}

func (m *Map) subscribed() idmap.Subscriber {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.subscriber
}

// Replicas returns how many processes use the Map, as it was seconds ago.
func (m *Map) Replicas() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return max(m.replicas, 1)
}

// joinTime is after how long all processes count one that joins: they are told of it at once.
const joinTime = time.Second

// Settled reports whether the replicas were counted when all of them counted this process.
func (m *Map) Settled() bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.counted.Sub(m.joined) >= joinTime
}

// Counted implements [idmap.Shared].
func (m *Map) Counted() bool { return m.available() == nil || m.Settled() }

// Name returns the name of the store for texts, without user and password.
func (m *Map) Name() string { return m.name }

// Trouble returns why what is written now would be lost, and since when: PostgreSQL cannot be
// reached, or the latest write failed.
func (m *Map) Trouble() (since time.Time, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.down != nil {
		return m.since, m.down
	}
	return m.failing, m.failed
}

// Err returns the error of [Map.Trouble].
func (m *Map) Err() error {
	_, err := m.Trouble()
	return err
}

// wrote records the result of a write.
func (m *Map) wrote(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failed == nil && err != nil {
		m.failing = time.Now()
	}
	if m.failed = err; err == nil {
		m.failing = time.Time{}
	}
}

// named returns an error with the name of the store.
func (m *Map) named(err error) error { return fmt.Errorf("store %s: %w", m.name, err) }

// available returns an error while PostgreSQL cannot be reached.
func (m *Map) available() error {
	if m.closing.Err() != nil {
		return errClosed
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.down
}

// justLost is how long after the loss of the connection it may be waited for.
const justLost = 2 * time.Second

// availableSoon is available that waits for a connection that was just lost.
func (m *Map) availableSoon() error {
	m.mu.Lock()
	down, left, back := m.down, time.Until(m.since.Add(justLost)), m.back
	m.mu.Unlock()
	if down != nil && left > 0 {
		select {
		case <-back:
		case <-time.After(left):
		case <-m.closing.Done():
		}
	}
	return m.available()
}

// fails returns the error to show for one of pgx, and records that PostgreSQL cannot be reached if
// the error says so.
func (m *Map) fails(err error) error {
	shown := m.named(explain(err))
	if unreachable(err) && m.closing.Err() == nil {
		m.lost(shown)
	}
	return shown
}

// lost records that PostgreSQL cannot be reached.
func (m *Map) lost(err error) {
	m.mu.Lock()
	known := m.down != nil && m.down.Error() == err.Error()
	if m.down == nil {
		m.since, m.back = time.Now(), make(chan struct{})
	}
	m.down = err
	m.mu.Unlock()
	m.session.alive.Store(nil) // until the session answers again, its locks may be another process's
	if !known {
		m.options.Lost(err)
	}
}

// found records that PostgreSQL can be reached again.
func (m *Map) found() {
	m.pool.Reset()
	m.mu.Lock()
	since := m.since
	if m.down != nil {
		close(m.back)
	}
	m.down, m.since, m.unlocked = nil, time.Time{}, time.Now()
	m.mu.Unlock()
	m.options.Found(time.Since(since))
}

// brief returns a context for one operation.
func (m *Map) brief(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, m.options.Timeout)
}

// Close finishes the writes under way, ends the locks and closes the connections.
func (m *Map) Close() error {
	m.writes.close()
	m.stop()
	m.locks.close()
	m.reads.close()
	m.work.Wait()
	ctx, cancel := m.brief(context.Background())
	defer cancel()
	m.session.close(ctx, m.writer)
	m.pool.Close()
	return nil
}

var _ idmap.Shared = (*Map)(nil)
