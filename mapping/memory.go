package mapping

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/tvapi"
)

// The record of an object is deleted when TeamViewer answers 404 about that id and a later list
// lacks it too, when the gateway removes the object, or when every list has lacked the object for
// Options.ForgetAfter. Neither a single list nor answers of one moment delete any.

// forget marks the record of an object of which TeamViewer says that it does not exist. It is
// deleted once a list confirms that; see settleGone.
func (c memory) forget(ctx context.Context, kind, id string) {
	rec, known := c.links.Peek(id)
	if !known || slices.Contains(rec.Keys, plan.Gone(kind)) {
		return
	}
	rec.Missing, rec.Keys = time.Now().UTC(), append(slices.Clone(rec.Keys), plan.Gone(kind))
	_ = c.act(ctx, Event{Cause: CauseGone, Kind: kind, ID: id}, func(a action, _ *Event) error {
		return c.remember(a, id, rec)
	})
}

// settleGone deletes the marked records of a kind whose objects a list lacks that began later, and
// takes the mark from those whose objects it has.
func (c memory) settleGone(kind string, began time.Time, find func(id string) (here, mine bool)) {
	for _, id := range c.links.Find(plan.Gone(kind)) {
		if here, mine := find(id); mine {
			c.sweepOne(id, here, began)
		}
	}
}

// forgetIfGone marks the record of an object as forget does if TeamViewer itself answered that the
// object does not exist.
func (c memory) forgetIfGone(ctx context.Context, kind, id string, err error) {
	if errors.Is(err, roster.ErrUnknown) && tvapi.KindOf(err) == tvapi.KindNotFound {
		c.forget(ctx, kind, id)
	}
}

// recall returns the record of a user, as far as it still counts.
func (c memory) recall(t tvapi.User) idmap.Record {
	rec, _ := c.links.Get(t.ID.String())
	return c.undisplaced(t, rec)
}

// peek is recall for lists: it does not count as use of the record.
func (c memory) peek(t tvapi.User) idmap.Record {
	rec, _ := c.links.Peek(t.ID.String())
	return c.undisplaced(t, rec)
}

// undisplaced returns a record without the requested userName if another account has that address,
// or was given it later: only one of two accounts can have it.
func (c memory) undisplaced(t tvapi.User, rec idmap.Record) idmap.Record {
	requested := plan.RequestedText(rec, plan.KeyUserName)
	if requested == "" || tvapi.FoldEmail(requested) == tvapi.FoldEmail(t.Email) {
		return rec
	}
	view := c.roster.Users.Latest()
	if view == nil || !c.displaced(view, t, rec, requested) {
		return rec
	}
	m := plan.MemoOf(rec)
	m.Clear(plan.KeyUserName)
	return m.UserRecord()
}

// displaced reports whether another account has the requested userName of a user.
func (c memory) displaced(view *roster.UserView, t tvapi.User, rec idmap.Record, requested string) bool {
	for _, other := range view.AllNamed(requested) {
		if other.ID != t.ID {
			return true
		}
	}
	for _, id := range c.links.Find(idmap.Key{Index: idmap.UserName, Value: tvapi.FoldEmail(requested)}) {
		uid, err := tvapi.ParseUserID(id)
		other, here := view.ByID(uid)
		if err != nil || !here || uid == t.ID {
			continue
		}
		newer, _ := c.links.Peek(id)
		if newer.LastModified.After(rec.LastModified) && plan.ShowsRequestedUserName(other, newer) {
			return true
		}
	}
	return false
}

// usersLoaded reconciles the records with a new list of users, if the memory is that of the
// company.
func (c memory) usersLoaded(view *roster.UserView) {
	if !c.owns(view) {
		return
	}
	c.resumeLate()
	c.late.seenUsers(view)
	if view.StaleErr() != nil {
		return
	}
	c.sweepLate()
	c.reconcile(view)
	find := finder(tvapi.ParseUserID, view.ByID)
	c.settleGone("user", view.Began(), find)
	c.startSweep("user", view.Began(), find)
}

// groupsLoaded is usersLoaded for groups.
func (c memory) groupsLoaded(view *roster.GroupView) {
	if !c.proven.Load() || view.StaleErr() != nil {
		return
	}
	find := finder(tvapi.ParseGroupID, view.ByID)
	c.settleGone("group", view.Began(), find)
	c.startSweep("group", view.Began(), find)
}

// missingUsers returns how many of the users with a record a list lacks, and how many there are,
// without those that lists have lacked before. It returns zeros for another company's memory.
func (c memory) missingUsers(view *roster.UserView) (missing, known int) {
	if !c.ownership.matches(view, c.tokenSum) {
		return 0, 0
	}
	return countMissing(c.links.All(), finder(tvapi.ParseUserID, view.ByID))
}

// missingGroups is missingUsers for groups.
func (c memory) missingGroups(view *roster.GroupView) (missing, known int) {
	if !c.proven.Load() {
		return 0, 0
	}
	return countMissing(c.links.All(), finder(tvapi.ParseGroupID, view.ByID))
}

// finder returns a function that reports whether a list has the object of an id, and whether the id
// is of the list's kind.
func finder[ID, V any](parse func(string) (ID, error), byID func(ID) (V, bool)) func(string) (here, mine bool) {
	return func(id string) (here, mine bool) {
		parsed, err := parse(id)
		if err != nil {
			return false, false
		}
		_, here = byID(parsed)
		return here, true
	}
}

// countMissing returns how many of the objects with a record a list lacks, and how many there are,
// without those that lists have lacked before.
func countMissing(
	links iter.Seq2[string, idmap.Record], find func(id string) (here, mine bool),
) (missing, known int) {
	for id, rec := range links {
		here, mine := find(id)
		if !mine || !rec.Missing.IsZero() {
			continue
		}
		known++
		if !here {
			missing++
		}
	}
	return missing, known
}

// reconcile brings records in line with a list of users. A change of address is no longer pending
// if the list shows the new address, or if another account has got it. A tombstone is void if the
// user is active, unless the list may be older than the deletion. A user who is being changed is
// left to the next list: the request that holds the lock may wait for this one. So is a user about
// whom a call without an answer may still be carried out: the list may show its activation.
func (c memory) reconcile(view *roster.UserView) {
	for _, key := range []idmap.Key{plan.PendingAddress, plan.TombstonedUser} {
		for _, id := range c.links.Find(key) {
			uid, err := tvapi.ParseUserID(id)
			if err != nil {
				continue
			}
			t, here := view.ByID(uid)
			release, free := c.locks.tryAcquire(userKey(id))
			if !free {
				continue
			}
			if rec, ok := c.links.Peek(id); here && ok && !c.late.pending(userKey(id)) {
				c.reconcileUser(view, t, rec)
			}
			release()
		}
	}
}

// reconcileUser brings one record in line with a user of a list.
func (c memory) reconcileUser(view *roster.UserView, t tvapi.User, rec idmap.Record) {
	m := plan.MemoOf(rec)
	requested := plan.RequestedText(rec, plan.KeyUserName)
	switch {
	case rec.Before[plan.KeyUserName] == "":
	case tvapi.FoldEmail(t.Email) == tvapi.FoldEmail(rec.Sent[plan.KeyUserName]):
		c.roster.AddressShown(t.ID, t.Email) // before others lose the record of it, whose lists may be older
		m.SetSent(plan.KeyUserName, rec.Sent[plan.KeyUserName], "")
		if requested == t.Email {
			m.Clear(plan.KeyUserName)
		}
	case c.displaced(view, t, rec, requested):
		m.Clear(plan.KeyUserName)
	}
	if t.Active && view.Began().After(rec.Tombstone.Add(c.listLag)) {
		m.Tombstone = time.Time{}
	}
	if plan.SameMemory(m.Record, rec) {
		return
	}
	_ = c.act(c.closing, Event{Cause: CauseReconcile, Kind: "user", ID: t.ID.String()}, func(a action, e *Event) error {
		e.Before, e.After = plan.ShowUser(t, rec), plan.ShowUser(t, m.Record)
		return c.remember(a, t.ID.String(), m.UserRecord())
	})
}

// A sweep looks for records of objects that lists lack. It reads all records, so it does not run
// for each list. A list may be wrong, so the number of changes is bounded.
const (
	sweepEvery  = time.Hour
	maxSweeping = 1000
)

// startSweep sweeps the records of one kind in the background, unless that was done within
// sweepEvery. find reports whether the list has the object of an id, and whether the id is of the
// kind.
func (c memory) startSweep(kind string, began time.Time, find func(id string) (here, mine bool)) {
	c.sweeps.mu.Lock()
	defer c.sweeps.mu.Unlock()
	if time.Since(c.sweeps.last[kind]) < sweepEvery || c.closing.Err() != nil {
		return
	}
	if c.sweeps.last == nil {
		c.sweeps.last = make(map[string]time.Time)
	}
	c.sweeps.last[kind] = time.Now()
	c.work.Go(func() { c.sweep(c.links.All(), began, find) })
}

// sweep records since when lists have lacked an object, and deletes the records of those that have
// been missing for too long.
func (c memory) sweep(
	all iter.Seq2[string, idmap.Record], began time.Time, find func(id string) (here, mine bool),
) {
	changed := 0
	for id, rec := range all {
		if c.closing.Err() != nil || changed >= maxSweeping {
			return
		}
		here, mine := find(id)
		settled := here && rec.Missing.IsZero() || !here && !rec.Missing.IsZero() && began.Sub(rec.Missing) <= c.forgetAfter
		if !mine || settled {
			continue
		}
		changed++
		c.sweepOne(id, here, began)
	}
}

// sweepOne updates or deletes the record of one object. An object that is being changed is left to
// the next sweep.
func (c memory) sweepOne(id string, here bool, began time.Time) {
	key, kind := groupKey(id), "group"
	if strings.HasPrefix(id, "u") {
		key, kind = userKey(id), "user"
	}
	release, free := c.locks.tryAcquire(key)
	if !free {
		return
	}
	defer release()
	rec, ok := c.links.Peek(id)
	if !ok {
		return
	}
	gone := func(k idmap.Key) bool { return k == plan.Gone(kind) }
	marked := slices.ContainsFunc(rec.Keys, gone)
	_ = c.act(c.closing, Event{Cause: CauseAbsent, Kind: kind, ID: id}, func(a action, _ *Event) error {
		switch {
		case marked && !began.After(rec.Missing.Add(c.listLag)):
			return nil // the list may be older than the answer
		case here:
			rec.Missing, rec.Keys = time.Time{}, slices.DeleteFunc(slices.Clone(rec.Keys), gone)
		case marked:
			c.erase(a, id)
			return nil
		case rec.Missing.IsZero():
			if !began.After(rec.LastModified.Add(c.listLag)) {
				return nil // the object may be newer than the list
			}
			rec.Missing = began
		case began.Sub(rec.Missing) > c.forgetAfter:
			c.log.Info("a record is deleted: TeamViewer's lists have lacked the object for the time of store.forget_after", zap.String("id", id), zap.Time("since", rec.Missing))
			c.erase(a, id)
			return nil
		}
		return c.remember(a, id, rec)
	})
}
