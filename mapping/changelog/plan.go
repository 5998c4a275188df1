package changelog

import (
	"reflect"
	"strings"
	"sync"
)

// Change is what a line comes to, by which a [Plan] counts.
type Change string

// The changes, in the order in which a plan shows them.
const (
	Created      Change = "created"     // a user
	Changed      Change = "changed"     // attributes of a user
	Activated    Change = "activated"   // a user
	Deactivated  Change = "deactivated" // a user
	Removed      Change = "removed"     // a user, from the company
	GroupChanged Change = "group"       // a group was created, renamed or deleted, or its attributes or members changed
	Unchanged    Change = "unchanged"   // sent again although TeamViewer has it
	NotDone      Change = "refused"     // by TeamViewer or the gateway
	HeldBack     Change = "held back"   // by the guard
)

// Changes are all changes, in the order in which a plan shows them.
var Changes = []Change{Created, Changed, Activated, Deactivated, Removed, GroupChanged, Unchanged, NotDone, HeldBack}

// Change returns what the line comes to.
func (l Line) Change() Change {
	switch {
	case l.Held:
		return HeldBack
	case l.Outcome == Refused || l.Outcome == Failed:
		return NotDone
	case l.Kind == KindGroup && (l.Gone() || l.Before == nil || len(l.Added)+len(l.Removed)+len(l.Open) > 0):
		return GroupChanged
	case l.Gone():
		return Removed
	case l.Before == nil:
		return Created
	case reflect.DeepEqual(l.Before, l.After) && !l.Deleted:
		return Unchanged
	case l.Kind == KindGroup:
		return GroupChanged
	}
	was, is := active(l.Before), active(l.After)
	switch {
	case l.Deleted && l.Method == "DELETE", was && !is:
		return Deactivated
	case !was && is:
		return Activated
	}
	return Changed
}

// active reports whether attributes are those of an active user. An absent active is true.
func active(attributes map[string]any) bool {
	value, said := attributes["active"].(bool)
	return value || !said
}

// maxPlanned bounds the lines that a plan holds.
const maxPlanned = 100_000

// Plan collects the lines of a dry run in memory. Beyond 100,000 lines it only counts. The zero
// Plan is empty. It is safe for concurrent use.
type Plan struct {
	mu      sync.Mutex
	lines   []PlannedLine
	totals  map[Change]int
	calls   map[string]int
	held    map[string]bool // ids of users whose removal the guard holds back
	leftOut int
}

// PlannedLine is a line and what it comes to.
type PlannedLine struct {
	Change Change `json:"change"`
	Line
}

// Planned is what a dry run came to so far.
type Planned struct {
	Totals map[Change]int `json:"totals"`
	// Calls are the writes to TeamViewer that were not sent, by function.
	Calls map[string]int `json:"calls"`
	// HeldUsers is the number of users whose removal the guard holds back.
	HeldUsers int           `json:"held_users"`
	LeftOut   int           `json:"left_out,omitempty"` // lines that are counted but not listed
	Lines     []PlannedLine `json:"lines"`
}

// Add adds a line.
func (p *Plan) Add(l Line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.totals == nil {
		p.totals, p.calls, p.held = map[Change]int{}, map[string]int{}, map[string]bool{}
	}
	planned := PlannedLine{l.Change(), l}
	p.totals[planned.Change]++
	for _, c := range l.Calls {
		if !strings.HasPrefix(c.Function, "GET ") {
			p.calls[c.Function]++
		}
	}
	if l.Held && l.Kind == KindUser {
		p.held[l.ID] = true
	}
	if len(p.lines) >= maxPlanned {
		p.leftOut++
		return
	}
	p.lines = append(p.lines, planned)
}

// Planned returns what was added so far. Lines and maps are copies.
func (p *Plan) Planned() Planned {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := Planned{Totals: map[Change]int{}, Calls: map[string]int{}, HeldUsers: len(p.held), LeftOut: p.leftOut}
	for _, change := range Changes {
		now.Totals[change] = p.totals[change]
	}
	for function, n := range p.calls {
		now.Calls[function] = n
	}
	now.Lines = append([]PlannedLine{}, p.lines...)
	return now
}
