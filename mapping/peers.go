package mapping

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/roster"
)

// peers are the other processes that use the memory, if it can be shared. There is one in a
// process; nil means that the memory is of this process alone.
type peers struct {
	shared idmap.Shared
	log    *zap.Logger

	mu        sync.Mutex
	companies []*Company // which learn from the others
}

// newPeers returns the peers of a memory. The others tell of the notes that they replace, and of
// what they do at TeamViewer.
func newPeers(links idmap.Map, o *ownership, g *removalGuard, log *zap.Logger) *peers {
	shared, ok := links.(idmap.Shared)
	if !ok {
		return nil
	}
	p := &peers{shared: shared, log: log}
	shared.Subscribe(idmap.Subscriber{
		NoteChanged: func(name string) {
			switch name {
			case identityNote:
				o.stale.Store(true)
			case guardNote:
				g.stale.Store(true)
			}
		},
		Announced: p.learn,
		Missed:    p.forget,
	})
	return p
}

// rosterOptions adds to the options of a roster what it hands to the others.
func (p *peers) rosterOptions(o roster.Options) roster.Options {
	if p != nil {
		o.Wrote, o.Stretch = p.announce, p.shared.Replicas
	}
	return o
}

// join adds a company that learns from the others.
func (p *peers) join(c *Company) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.companies = append(p.companies, c)
	c.late.noted = func(object string) []byte { return p.shared.Note(LateNotes + object) }
}

// leave removes a company.
func (p *peers) leave(c *Company) {
	if p == nil {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	p.companies = slices.DeleteFunc(p.companies, func(other *Company) bool { return other == c })
}

func (p *peers) each(do func(*Company)) {
	p.mu.Lock()
	all := slices.Clone(p.companies)
	p.mu.Unlock()
	for _, c := range all {
		do(c)
	}
}

// forget makes all rosters forget what messages may have changed.
func (p *peers) forget() { p.each(func(c *Company) { c.roster.Forget() }) }

// announce hands a write to the others. One with too many details is replaced by that something
// about the object has changed.
func (p *peers) announce(w roster.Write) {
	text, err := json.Marshal(w)
	if err == nil && p.shared.Announce(text) == nil {
		return
	}
	if text, err = json.Marshal(w.Brief()); err == nil {
		_ = p.shared.Announce(text) // if it fails, the others are told that they missed something
	}
}

// learn records a write of another process.
func (p *peers) learn(message []byte) {
	var w roster.Write
	if err := json.Unmarshal(message, &w); err != nil {
		p.log.Error("a message of another replica cannot be read", zap.Error(err))
		p.forget()
		return
	}
	p.each(func(c *Company) {
		c.roster.Learn(w)
		c.late.heard(w)
	})
}

// settled looks for something, and once more if it is missing and the others have written something
// by now that the first attempt may not have seen.
func (p *peers) settled(ctx context.Context, look func() (missing bool)) {
	if p == nil {
		look()
		return
	}
	before := p.shared.Seen()
	if !look() {
		return
	}
	if p.shared.Sync(ctx); p.shared.Seen() != before {
		look()
	}
}
