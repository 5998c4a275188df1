package mapping

import (
	"encoding/json"
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
)

// guardNote is the name of the note in the memory with what the guard has counted.
const guardNote = "guard"

// guardSpans is how many spans of time the window is counted in: the note has so many counts at
// most, however many removals there are. A removal counts for up to a span longer than the window.
const guardSpans = 96

// removalGuard counts removals in a sliding window and holds back those beyond a limit. A removal
// is counted before its call is made, so that requests at the same time do not exceed the limit,
// and is taken back if TeamViewer refused it. One whose answer was lost counts. It is one per
// process.
type removalGuard struct {
	mu      sync.Mutex
	state   guardState
	removed map[plan.Kind]map[string]time.Time // objects that were counted: a retry counts once
	refused map[plan.Kind]int                  // held back since the start of the process
	back    map[string]bool                    // users of removed that are active again
	changes uint64                             // of state

	saving sync.Mutex
	saved  uint64 // which of changes the note has

	newcomers newcomers // what clients have created; it has a lock of its own

	stale   atomic.Bool    // another process has replaced the note
	unsaved []plan.Removal // that only this process has counted, since the note could not be replaced
	shares  map[plan.Kind]*share
}

// guardState is what the note holds.
type guardState struct {
	Counts  map[plan.Kind][]*guardSpan `json:"counts,omitempty"` // the oldest first
	Held    map[plan.Kind]heldBack     `json:"held,omitempty"`
	Release guardRelease               `json:"release,omitzero"`
}

// guardSpan is a count of removals close in time.
type guardSpan struct {
	First   time.Time `json:"first"`
	Last    time.Time `json:"last"`
	Removed int       `json:"removed"`
	Ended   int       `json:"ended"` // by how much the company is smaller for them
}

// heldBack is since when removals are held back, and when the last one was.
type heldBack struct {
	Since time.Time `json:"since"`
	Last  time.Time `json:"last"`
}

// guardRelease lets removals beyond the limit through: until a time, and as many as are left; Left
// is -1 for any number.
type guardRelease struct {
	Until time.Time `json:"until"`
	Left  int       `json:"left"`
}

func (r guardRelease) lets(now time.Time) bool { return now.Before(r.Until) && r.Left != 0 }

func newRemovalGuard(links idmap.Map, log *zap.Logger) *removalGuard {
	g := &removalGuard{removed: make(map[plan.Kind]map[string]time.Time), refused: make(map[plan.Kind]int), back: make(map[string]bool),
		shares: make(map[plan.Kind]*share)}
	if err := g.load(links.Note(guardNote)); err != nil {
		log.Error("the note in the store with what the guard has counted cannot be read; it begins to count again", zap.Error(err))
	}
	return g
}

// load replaces the state by that of a note; an unreadable note is none.
func (g *removalGuard) load(note []byte) (err error) {
	g.state = guardState{}
	if note != nil {
		if err = json.Unmarshal(note, &g.state); err != nil {
			g.state = guardState{}
		}
	}
	if g.state.Counts == nil {
		g.state.Counts = make(map[plan.Kind][]*guardSpan)
	}
	if g.state.Held == nil {
		g.state.Held = make(map[plan.Kind]heldBack)
	}
	return err
}

// adopt replaces the state by that of a note of any process, with what only this one has counted. That
// does not count as having made the company smaller: the lists of the others may not show it yet, and
// the limit would be too high.
func (g *removalGuard) adopt(note []byte) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stale.Store(false)
	_ = g.load(note) // an unreadable one is replaced
	for _, r := range g.unsaved {
		g.add(time.Now(), guardSpans*time.Second, r)
		g.changes++
	}
}

// latest adopts the note that another process has replaced, if there is one.
func (g *removalGuard) latest(links idmap.Map) {
	if g.stale.Load() {
		g.adopt(links.Note(guardNote))
	}
}

// wasSaved records that the note has the state.
func (g *removalGuard) wasSaved() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.unsaved, g.saved = nil, g.changes
}

// apart reports whether only this process has counted some removals.
func (g *removalGuard) apart() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.unsaved) > 0
}

// holds reports whether removals are held back.
func (g *removalGuard) holds() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return len(g.state.Held) > 0
}

// counted is a removal that the guard let through: the span that began at a time counts it, or
// released lets it through, or it was counted before.
type counted struct {
	plan.Removal
	at       time.Time
	released bool
	again    bool
	shared   bool // it counts for the share of this process
}

// verdict is what the guard says of a removal that it holds back.
type verdict struct {
	count, limit int
	unsized      bool // the size of the company is not known, so limit is not either
	uncounted    bool // the number of processes that share the limit is not known
	apart        int  // so many processes count on their own, and each has its share of the limit
}

// admit counts a removal, or returns why it is held back. size returns the number of active users
// or of groups now, false if it is not known.
func (g *removalGuard) admit(now time.Time, rules plan.Guard, r plan.Removal, d division, size func(plan.Kind) (int, bool)) (counted, *verdict) {
	g.mu.Lock()
	defer g.mu.Unlock()
	count, ended := g.count(now, rules.Window, r.Kind)
	if _, again := g.removed[r.Kind][r.ID]; again {
		return counted{Removal: r, again: true}, nil
	}
	if d.uncounted {
		return counted{}, &verdict{count: count, uncounted: true}
	}
	own, worst := g.shareOf(r.Kind, d, count), count
	if own != nil {
		worst = max(count, own.worst(d.processes))
	}
	if worst >= plan.Free {
		over := &verdict{count: count, limit: plan.Free}
		n, known := size(r.Kind)
		if known {
			over.limit = rules.Limit(n + ended)
		}
		over.unsized = !known
		switch {
		case known && worst < over.limit:
		case d.processes > 1 && (d.away || known && count < over.limit):
			over.apart = d.processes
			return counted{}, over
		default:
			return g.beyond(now, r, over)
		}
	}
	delete(g.state.Held, r.Kind)
	g.changes++
	if d.away {
		g.unsaved = append(g.unsaved, r)
	}
	if own != nil {
		own.own++
	}
	return counted{Removal: r, at: g.add(now, rules.Window, r).First, shared: own != nil}, nil
}

// beyond lets a removal beyond the limit through if that was released, or holds it back. The lock
// is held.
func (g *removalGuard) beyond(now time.Time, r plan.Removal, over *verdict) (counted, *verdict) {
	if g.state.Release.lets(now) {
		if g.state.Release.Left > 0 {
			g.state.Release.Left--
			g.changes++
		}
		return counted{Removal: r, released: true}, nil
	}
	g.refused[r.Kind]++
	if over.unsized {
		return counted{}, over
	}
	held := g.state.Held[r.Kind]
	if held.Since.IsZero() {
		held.Since = now
		g.changes++
	}
	held.Last = now
	g.state.Held[r.Kind] = held
	return counted{}, over
}

// count returns how many removals of a kind are in the window, and how many of them have made the
// company smaller. It forgets what is older. The lock is held.
func (g *removalGuard) count(now time.Time, window time.Duration, kind plan.Kind) (removed, ended int) {
	old := func(at time.Time) bool { return now.Sub(at) > window }
	g.state.Counts[kind] = slices.DeleteFunc(g.state.Counts[kind], func(s *guardSpan) bool { return old(s.Last) })
	maps.DeleteFunc(g.removed[kind], func(_ string, at time.Time) bool { return old(at) })
	maps.DeleteFunc(g.back, func(id string, _ bool) bool { return g.removed[plan.KindUser][id].IsZero() })
	if held, ok := g.state.Held[kind]; ok && old(held.Last) {
		delete(g.state.Held, kind)
	}
	for _, s := range g.state.Counts[kind] {
		removed, ended = removed+s.Removed, ended+s.Ended
	}
	return removed, ended
}

// add counts a removal. The lock is held.
func (g *removalGuard) add(now time.Time, window time.Duration, r plan.Removal) *guardSpan {
	spans := g.state.Counts[r.Kind]
	if len(spans) == 0 || now.Sub(spans[len(spans)-1].First) >= window/guardSpans {
		spans = append(spans, &guardSpan{First: now})
		g.state.Counts[r.Kind] = spans
	}
	last := spans[len(spans)-1]
	last.Last = now
	last.Removed++
	if g.removed[r.Kind] == nil {
		g.removed[r.Kind] = make(map[string]time.Time)
	}
	g.removed[r.Kind][r.ID] = now
	return last
}

// settle takes note of what became of a removal that was let through.
func (g *removalGuard) settle(c counted, became fate) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if became == removalRefused && !c.again {
		g.unsaved = slices.DeleteFunc(g.unsaved, func(r plan.Removal) bool { return r.Kind == c.Kind && r.ID == c.ID })
	}
	if own := g.shares[c.Kind]; own != nil && c.shared && became == removalRefused {
		own.own--
	}
	span := g.span(c)
	switch {
	case span != nil && became == removalRefused:
		span.Removed--
		delete(g.removed[c.Kind], c.ID)
	case c.released && became == removalRefused && g.state.Release.Left >= 0:
		g.state.Release.Left++
	case span != nil && became == removalDone && c.Ends:
		span.Ended++
	case c.again && became == removalDone && c.Ends && g.back[c.ID] && len(g.state.Counts[c.Kind]) > 0:
		delete(g.back, c.ID)
		g.state.Counts[c.Kind][len(g.state.Counts[c.Kind])-1].Ended++
	default:
		return
	}
	g.changes++
}

// span returns the span that counts a removal; nil if there is none. The lock is held.
func (g *removalGuard) span(c counted) *guardSpan {
	i := slices.IndexFunc(g.state.Counts[c.Kind], func(s *guardSpan) bool { return s.First.Equal(c.at) })
	if c.at.IsZero() || i < 0 {
		return nil
	}
	return g.state.Counts[c.Kind][i]
}

// fate is what became of a removal.
type fate int

const (
	removalDone    fate = iota
	removalRefused      // TeamViewer refused it, or it was not sent
	removalOpen         // it may have been done
)

// note returns the note of the state, nil if it was saved already, and which of the changes it has.
func (g *removalGuard) note() ([]byte, uint64) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.saved == g.changes {
		return nil, 0
	}
	note, err := json.Marshal(g.state)
	if err != nil {
		return nil, 0
	}
	return note, g.changes
}
