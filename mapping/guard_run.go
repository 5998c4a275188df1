package mapping

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/tvapi"
)

// guarded executes a plan unless the guard holds it back. The company's size is that of the latest
// snapshot: no call is made for it.
func (c changes) guarded(a action, p plan.Plan, t *target) error {
	r, removes := p.Removal(t.user)
	rules := c.policy.Guard
	if !removes || !rules.Enabled || t.own || c.isNew(r.ID, rules.Window) {
		before := t.user
		err := c.execute(a, p, t)
		if before.ID.Valid() && !before.Active && t.user.Active && rules.Enabled && !c.isNew(before.ID.String(), rules.Window) {
			c.countReturn(a, before.ID.String())
		}
		return err
	}
	let, held := c.admit(a, rules, r)
	if held != nil {
		return c.heldBack(r, rules, held)
	}
	if let.released {
		c.log.Info("a removal beyond the limit of the guard is let through, as released", zap.String("kind", string(r.Kind)), zap.String("id", r.ID))
	}
	err := c.execute(a, p, t)
	_ = c.updateGuard(a, func(division) { c.guard.settle(let, t.fate(r, a, err)) }) // which has logged the error
	return err
}

// admit counts a removal, or returns why it is held back.
func (c changes) admit(a action, rules plan.Guard, r plan.Removal) (let counted, held *verdict) {
	alone := false
	err := c.updateGuard(a, func(d division) {
		alone = d.away
		d.processes = max(d.processes, c.peers.merging())
		let, held = c.guard.admit(time.Now(), rules, r, d, c.size)
	})
	if err != nil && c.peers != nil && !alone { // the others may not learn of it
		c.guard.settle(let, removalRefused)
		let, held = c.guard.admit(time.Now(), rules, r, apart(c.peers.shared), c.size)
	}
	return let, held
}

// shareGuard adds what only this process has counted to the note of all processes.
func (c writer) shareGuard() {
	if !c.guard.apart() {
		return
	}
	_ = c.act(c.closing, Event{Cause: CauseGuard}, func(a action, _ *Event) error {
		return c.updateGuard(a, func(division) {}) // a failure is logged; the next connection tries it again
	})
}

// refreshGuard takes over what other processes have counted.
func (c *core) refreshGuard() {
	if !c.guard.stale.Load() {
		return // without waiting for a note that is being written
	}
	c.guard.saving.Lock()
	defer c.guard.saving.Unlock()
	c.guard.latest(c.links)
}

// isNew reports whether a client has created the object within the window: its removal takes
// nothing away that was there before.
func (c changes) isNew(id string, window time.Duration) bool {
	rec, known := c.links.Peek(id)
	return known && c.mayRemember() && time.Since(rec.Created) <= window
}

// size returns how many active users or how many groups the latest snapshot has, without those that
// a client created within the window: what a client creates must not raise the limit of what it
// removes. It returns false if there is no snapshot.
func (c changes) size(kind plan.Kind) (int, bool) {
	if kind == plan.KindGroup {
		view := c.roster.Groups.Latest()
		if view == nil {
			return 0, false
		}
		return view.Len() - c.created(func(id string) bool {
			gid, err := tvapi.ParseGroupID(id)
			_, there := view.ByID(gid)
			return err == nil && there
		}), true
	}
	view := c.roster.Users.Latest()
	if view == nil {
		return 0, false
	}
	active := 0
	for u := range view.All() {
		if u.Active {
			active++
		}
	}
	return active - c.created(func(id string) bool {
		uid, err := tvapi.ParseUserID(id)
		u, there := view.ByID(uid)
		return err == nil && there && u.Active
	}), true
}

// created returns how many of the objects that clients created within the guard's window count.
func (c changes) created(counts func(id string) bool) int {
	if !c.mayRemember() {
		return 0
	}
	return c.guard.newcomers.within(c.links, c.policy.Guard.Window, counts)
}

// fate returns what became of a removal after its plan was executed.
func (t *target) fate(r plan.Removal, a action, err error) fate {
	ended := t.gone || r.Kind == plan.KindUser && r.Ends && !t.user.Active
	switch {
	case err == nil || ended:
		return removalDone
	case r.Empties || a.uncertain():
		return removalOpen
	}
	return removalRefused
}

// uncertain reports whether a call of the action may have been carried out without an answer.
func (a action) uncertain() bool {
	for _, r := range a.recorders {
		r.mu.Lock()
		for _, call := range r.calls {
			if call.Outcome.Uncertain() {
				r.mu.Unlock()
				return true
			}
		}
		r.mu.Unlock()
	}
	return false
}

// ErrHeldBack is in the chain of the error of a removal that the guard holds back.
var ErrHeldBack = errors.New("held back by the guard")

// heldBack is the error of a removal that is held back. It is 400: 401 and 403 stop the job of
// Entra ID, and 5xx slows it down, while everything else is to go on.
func (c changes) heldBack(r plan.Removal, rules plan.Guard, v *verdict) error {
	if v.uncounted {
		return scim.Unavailable(retryTrouble, "The %s %s was not removed: this replica of the gateway lost the database of store.url just after its start, so it does not know how many "+
			"replicas share the removals that the guard allows. Retry the request.", scim.Safe(r.Kind), scim.Safe(r.ID))
	}
	if v.apart > 0 {
		return scim.Unavailable(retryTrouble, "The %s %s was not removed: the database of store.url cannot be reached, or could not until a moment ago, so each of %d replicas may make its "+
			"share of the removals that the guard allows, and nothing is left of the share of this one. Retry the request.", scim.Safe(r.Kind), scim.Safe(r.ID), v.apart)
	}
	if v.unsized {
		return scim.Unavailable(retryTrouble, "The %s %s was not removed: more than %d removals need TeamViewer's list of users or groups, by whose size the guard of the "+
			"gateway sets the limit, and there is none yet. Retry the request.", scim.Safe(r.Kind), scim.Safe(r.ID), plan.Free)
	}
	c.log.Warn("the guard holds back a removal", zap.String("kind", string(r.Kind)), zap.String("id", r.ID), zap.Int("count", v.count), zap.Int("limit", v.limit))
	return scim.Errorf(400, "", "The guard of the gateway holds back this removal of %s %s: %d were removed within %s, and the limit is %d. "+
		"If the removals are intended, run \"tvscim guard release\" where the gateway runs; the client sends the request again in its next cycle.",
		scim.Safe(r.Kind), scim.Safe(r.ID), v.count, scim.Safe(rules.Window.String()), v.limit).Because(ErrHeldBack)
}

// saveGuard writes the note of the guard if it has changed. Requests that wait for another one's
// write need not write too.
func (c writer) saveGuard(a action) error {
	c.guard.saving.Lock()
	defer c.guard.saving.Unlock()
	note, changes := c.guard.note()
	if note == nil {
		return nil
	}
	err := c.putGuardNote(a, note)
	if err == nil {
		c.guard.saved = changes
	}
	return err
}

// Guard returns what the guard counts and holds back, by the rules of c (see [Company.Under]).
func (c *Company) Guard() GuardStatus {
	c.refreshGuard()
	return c.guard.status(time.Now(), c.policy.Guard, c.changes().size)
}

// ErrNothingHeld is the error of a release while no removal is held back.
var ErrNothingHeld = errors.New("nothing is held back")

// ErrNotReleased is the error of a release that the memory, which other processes use too, did not
// take.
var ErrNotReleased = errors.New("not released: the database of store.url cannot be written now; release again when the component store of /health does not fail")

// ReleaseGuard lets the next count removals beyond the limit through for a time; count 0 is any
// number. They do not count against the limit. Other removals go on to count, so that the guard
// holds back again when the release ends. The event has the [scim.Request] of ctx, which says who
// released it. An error other than [ErrNothingHeld] and [ErrNotReleased] means that the release
// counts, but not after a restart.
func (c *Company) ReleaseGuard(ctx context.Context, within time.Duration, count int) error {
	if count == 0 {
		count = -1
	}
	until := time.Now().Add(within)
	c.refreshGuard()
	if !c.guard.holds() {
		return ErrNothingHeld
	}
	by := scim.RequestOf(ctx)
	c.log.Warn("the guard was released by the admin listener: removals beyond its limit are let through",
		zap.Time("until", until), zap.Int("count", count), zap.String("caller", by.Caller), zap.String("address", by.Address))
	number := "any number of removals"
	switch {
	case count == 1:
		number = "1 removal"
	case count > 0:
		number = fmt.Sprintf("%d removals", count)
	}
	step := fmt.Sprintf("let %s beyond the limit of the guard through until %s", number, until.UTC().Format(time.RFC3339))
	return c.act(ctx, Event{Cause: CauseGuard, Steps: []string{step}}, func(a action, _ *Event) error {
		err := c.changes().updateGuard(a, func(d division) {
			if !d.away {
				c.guard.release(until, count)
			}
		})
		switch {
		case err != nil && c.peers != nil:
			c.guard.stale.Store(true) // what is stored counts
			return fmt.Errorf("%w (%w)", ErrNotReleased, err)
		case errors.Is(err, errUnproven):
			return nil // the note is written with the next one, once the memory is proven
		}
		return err
	})
}
