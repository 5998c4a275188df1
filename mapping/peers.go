package mapping

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"time"

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
			if object, ok := strings.CutPrefix(name, LateNotes); ok {
				p.each(func(c *Company) { c.late.follow(object) })
			}
		},
		Announced: p.learn,
		Missed:    p.forget,
		MissedChange: func(id string) {
			p.each(func(c *Company) { c.late.missed(id) })
		},
	})
	return p
}

// rosterOptions adds to the options of a company's roster what it hands to the others.
func (p *peers) rosterOptions(c *Company, o roster.Options) roster.Options {
	if p != nil {
		o.Wrote, o.Stretch = func(w roster.Write) { p.announce(c, w) }, p.shared.Replicas
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
	c.late.unlocked = func() time.Time { return p.until(c, p.shared.Unordered) }
	c.late.lostLocks = func() time.Time { return p.until(c, p.shared.Unlocked) }
}

// until returns until when a call of another process may be carried out that lost its lock at a time:
// its request may go on for the time of a write, and TeamViewer may be late.
func (p *peers) until(c *Company, lost func() time.Time) time.Time {
	if !p.several() {
		return time.Time{}
	}
	return lost().Add(c.writeTimeout + c.late.window)
}

// mergeTime is how long after a process had its locks again others may still have to add to the note
// of the guard what only they have counted: they connect again within seconds, on a slow machine later.
const mergeTime = 30 * time.Second

// merging returns how many processes divide the limit of the guard since some may have counted
// removals of which this one does not know yet; 0: none.
func (p *peers) merging() int {
	if !p.several() || time.Since(p.shared.Unlocked()) >= mergeTime {
		return 0
	}
	return p.shared.Replicas()
}

// several reports whether other processes use the memory now, as far as is known.
func (p *peers) several() bool { return p != nil && p.shared.Replicas() > 1 }

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

// forget makes all rosters forget what messages may have changed, and saves what only this process
// has counted for the guard.
func (p *peers) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for i, c := range p.companies {
		c.roster.Forget()
		if i == 0 { // all share one guard
			c.work.Go(writer{c.core}.shareGuard)
		}
	}
}

// announce hands a write to the others, unless they may serve another company. One with too many
// details is replaced by that something about the object has changed.
func (p *peers) announce(c *Company, w roster.Write) {
	p.verify(c, w)
	if !c.mayRemember() {
		c.unannounced.Store(true)
		return
	}
	if c.locks.lost(keyOf(w)) {
		w = w.Brief() // another process may have made a later change
	}
	text, err := json.Marshal(w)
	if err == nil && p.shared.Announce(text) == nil {
		return
	}
	if text, err = json.Marshal(w.Brief()); err == nil {
		_ = p.shared.Announce(text) // if it fails, the others are told that they missed something
	}
}

// announceRest has all processes load their lists anew, if they were not told of writes before the
// memory was proven.
func (c *core) announceRest() {
	if c.unannounced.Swap(false) {
		c.roster.Users.Expire()
		c.roster.Groups.Expire()
	}
}

// keyOf returns the key of the lock of the object of a write.
func keyOf(w roster.Write) lockKey {
	if w.User.ID.Valid() {
		return userKey(w.User.ID.String())
	}
	return groupKey(w.Group.ID.String())
}

// learn records a write of another process; unlocked means that others may have made later changes.
func (p *peers) learn(message []byte, unlocked bool) {
	var w roster.Write
	if err := json.Unmarshal(message, &w); err != nil {
		p.log.Error("a message of another replica cannot be read", zap.Error(err))
		p.forget()
		return
	}
	p.each(func(c *Company) {
		c.roster.Learn(w)
		p.verify(c, w)
		c.late.heard(w, unlocked)
	})
}

// verify has the object of a write read again before it is shown, if a process may be without its
// locks: then the order of the writes that are known is not that of TeamViewer.
func (p *peers) verify(c *Company, w roster.Write) {
	if time.Now().Before(p.until(c, p.shared.Unordered)) {
		c.roster.Learn(w.Brief())
	}
}

// follow waits until what other processes have acknowledged is known here, before something is read
// for a client. Alone, a process asks nobody.
func (p *peers) follow(ctx context.Context) {
	if p.several() {
		p.shared.Sync(ctx)
	}
}
