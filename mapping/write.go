package mapping

import (
	"context"
	"encoding/json"
	"errors"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/scim"
	"tvscim/tvapi"
)

// Every write to TeamViewer and to the memory is in this file; TestDoorOfWrites checks that. Each
// function takes the action whose event it belongs to. Writes that TeamViewer may carry out after
// their answer was lost are recorded in late.

// writes records the time of a write to TeamViewer that is about to be made, unless the memory may
// be another company's.
func (c writer) writes(a action) {
	if !c.mayRemember() {
		return
	}
	note := c.written.due()
	if note == nil {
		return
	}
	err := c.links.PutNote(writtenNote, note)
	a.wrote(MemoryWrite{Note: writtenNote, Err: err})
	if err != nil {
		c.log.Error("the note in the store with the time of the last write to TeamViewer cannot be written", zap.Error(err))
	}
}

// fence returns a context whose calls are made only while the lock of a key is held.
func (c writer) fence(ctx context.Context, k lockKey) context.Context {
	return tvapi.WithCondition(ctx, func() error { return c.fenced(k) })
}

// fenced returns an error if another process may have changed something since its lock was acquired.
// Then the call that is about to be made could overturn what was acknowledged later.
func (c writer) fenced(k lockKey) error {
	if !c.locks.lost(k) {
		return nil
	}
	c.log.Error("a lock was lost before a call to TeamViewer, which is not made: the process was paused, or cut off from the database")
	return scim.Unavailable(retryTrouble, "This replica of the gateway was paused or cut off from the database of store.url during the change, and another one "+
		"may have made a later change. This part of the change was not made. Retry the request.")
}

// overtaken returns an error after a call that did more than end access if the lock of its object was
// lost meanwhile: another process may have acknowledged a later change, so this one is not
// acknowledged, and what it may have given is checked. The store is asked if the object is watched:
// what is acknowledged ends the protection of an earlier end of access.
func (c writer) overtaken(k lockKey) error {
	if !c.locks.lost(k) && (!c.late.pending(k) || c.locks.confirm(k)) {
		return nil
	}
	c.late.suspect(k, (*watch).ends)
	return scim.Unavailable(retryTrouble, "This replica of the gateway was paused or cut off from the database of store.url during the change, and another one "+
		"may have made a later change.%s Retry the request.", scim.Safe(doneInTeamViewer))
}

// createUser creates a user, and records a create without an answer by its address.
func (c writer) createUser(a action, create tvapi.UserCreate) (*tvapi.User, error) {
	key := userNameKey(create.Email)
	c.writes(a)
	ctx, lost := unanswered(c.fence(a, key))
	created, err := c.client.CreateUser(ctx, create)
	if lost() {
		c.late.lost(a, key, func(w *watch) { w.name = nameSum(create.Email) })
	}
	return created, err
}

// updateUser changes a user, and records what the change may overturn and what may overturn it.
func (c writer) updateUser(a action, id tvapi.UserID, up tvapi.UserUpdate) error {
	key := userKey(id.String())
	c.writes(a)
	ctx, lost := unanswered(c.fence(a, key))
	err := c.client.UpdateUser(ctx, id, up)
	up.Password = nil
	if lost() {
		c.roster.Users.Invalidate(id)
		c.late.lost(a, key, func(w *watch) { w.user, w.lost = id, append(w.lost, up) })
	}
	if err != nil {
		return err
	}
	if ends := up.Active != nil && !*up.Active; !ends {
		if err := c.overtaken(key); err != nil {
			c.roster.Users.Invalidate(id)
			return err
		}
	}
	c.late.acknowledged(a, key, func(w *watch) { w.done = w.done.With(up) })
	return nil
}

// removeUser removes a user from the company, or deletes the account for good.
func (c writer) removeUser(a action, id tvapi.UserID, forGood bool) error {
	c.writes(a)
	ctx := c.fence(a, userKey(id.String()))
	if forGood {
		return c.client.DeleteUser(ctx, id)
	}
	return c.client.RemoveUser(ctx, id)
}

func (c writer) createGroup(a action, name string) (*tvapi.Group, error) {
	c.writes(a)
	return c.client.CreateGroup(c.fence(a, groupNameKey(name)), name)
}

// renameGroup renames a group, and records the change as updateUser does.
func (c writer) renameGroup(a action, id tvapi.GroupID, name string) error {
	key := groupKey(id.String())
	c.writes(a)
	ctx, lost := unanswered(c.fence(a, key))
	err := c.client.RenameGroup(ctx, id, name)
	if lost() {
		c.roster.Groups.Invalidate(id)
		c.late.lost(a, key, func(w *watch) { w.group, w.lostNames = id, append(w.lostNames, name) })
	}
	if err != nil {
		return err
	}
	if err := c.overtaken(key); err != nil {
		c.roster.Groups.Invalidate(id)
		return err
	}
	c.late.acknowledged(a, key, func(w *watch) { w.doneName = &name })
	return nil
}

func (c writer) deleteGroup(a action, id tvapi.GroupID) error {
	c.writes(a)
	return c.client.DeleteGroup(c.fence(a, groupKey(id.String())), id)
}

// changeMembership adds members to a group or removes them from it. It returns the number of users
// whose change was acknowledged: more than tvapi.MaxMembers users take several calls.
func (c writer) changeMembership(
	a action, g tvapi.GroupID, kind memberCall, users []tvapi.UserID,
) (done int, err error) {
	c.writes(a)
	call, note := c.client.AddMembers, c.roster.Members.Added
	ctx := c.fence(a, groupKey(g.String()))
	if kind == removal { // it is made without a lock too
		call, note, ctx = c.client.RemoveMembers, c.roster.Members.Removed, a
	}
	ctx, lost := unanswered(ctx)
	done, err = call(ctx, g, users)
	if lost() {
		c.roster.Members.Invalidate(g)
		c.membersLost(a, g, kind, users)
	}
	if kind == addition && done > 0 {
		if err := c.overtaken(groupKey(g.String())); err != nil {
			c.roster.Members.Refused(g)
			return 0, err
		}
	}
	note(g, users[:done])
	if undecided(err) {
		c.roster.Members.Refused(g)
	}
	c.late.acknowledged(a, groupKey(g.String()), func(w *watch) { w.membersDone(kind, users[:done]) })
	return done, err
}

// putLateNote replaces the note of the calls that may give access to an object late; nil deletes
// it.
func (c writer) putLateNote(a action, object string, note []byte) {
	if !c.mayRemember() {
		return
	}
	name := LateNotes + object
	err := c.links.PutNote(name, note)
	a.wrote(MemoryWrite{Note: name, Deleted: note == nil, Err: err})
	if err != nil {
		c.log.Error("the note in the store about changes without an answer cannot be written", zap.String("id", object), zap.Error(err))
	}
}

// putGuardNote replaces the note with what the guard has counted.
func (c writer) putGuardNote(a action, note []byte) error {
	if !c.mayRemember() {
		return errUnproven
	}
	err := c.links.PutNote(guardNote, note)
	a.wrote(MemoryWrite{Note: guardNote, Err: err})
	if err != nil {
		c.log.Error("the note in the store with what the guard has counted cannot be written", zap.Error(err))
	}
	return err
}

// putIdentity changes the identity of the memory's company by edit, and replaces its note if edit
// reports a change.
func (o *ownership) putIdentity(a action, edit func() (changed bool)) (err error) {
	changed, edited := false, false
	apply := func(note []byte) []byte {
		o.adopt(note)
		changed, edited = edit(), true
		if latest, err := json.Marshal(o.identity); changed && err == nil {
			return latest
		}
		return note
	}
	if shared, ok := o.links.(idmap.Shared); ok {
		if err = shared.UpdateNote(identityNote, apply); err != nil && !edited {
			edit() // for this process at least
		}
	} else if note := apply(nil); changed {
		err = o.links.PutNote(identityNote, note)
	}
	if changed || err != nil {
		a.wrote(MemoryWrite{Note: identityNote, Err: err})
	}
	return err
}

// updateGuard counts removals by do, and replaces the note with what the guard has counted. Of a
// memory that other processes use too, do is applied to the latest note, so that all of them count
// together. After an error, which was logged unless the memory is not proven, only this process has
// counted; do is told how the processes divide the limit then.
func (c writer) updateGuard(a action, do func(division)) error {
	shared, ok := c.links.(idmap.Shared)
	switch {
	case !ok:
		do(division{})
		return c.saveGuard(a)
	case !c.mayRemember():
		do(apart(shared))
		return errUnproven
	}
	c.guard.saving.Lock()
	defer c.guard.saving.Unlock()
	done := false
	err := shared.UpdateNote(guardNote, func(note []byte) []byte {
		c.guard.adopt(note)
		do(division{})
		done = true
		if latest, _ := c.guard.note(); latest != nil {
			return latest
		}
		return note
	})
	if !done {
		c.guard.latest(c.links)
		do(apart(shared))
	}
	a.wrote(MemoryWrite{Note: guardNote, Err: err})
	if err != nil {
		c.log.Error("the note in the store with what the guard has counted cannot be written", zap.Error(err))
		return err
	}
	c.guard.wasSaved()
	return nil
}

// keepOwner records in the memory who made a token.
func (c writer) keepOwner(ctx context.Context, sum tokenSum, id tvapi.UserID) {
	if !c.mayRemember() {
		return
	}
	_ = c.act(ctx, Event{Cause: CauseIdentity}, func(a action, _ *Event) error {
		c.ownership.rememberOwner(a, sum, id)
		return nil
	})
}

// proves reports whether the memory turns out to be that of the company. It was empty when the
// request began, and another process has written since whose it is.
func (c writer) proves(ctx context.Context) bool {
	if c.peers == nil {
		return false
	}
	if _, err := c.roster.Users.View(ctx); err != nil || !c.mayRemember() {
		return false
	}
	c.unannounced.Store(true) // the write that is to be remembered, at least
	c.announceRest()
	return true
}

// remember replaces the record of an object.
func (c writer) remember(a action, id string, r idmap.Record) error {
	if !c.mayRemember() && !c.proves(a) {
		return errUnproven
	}
	err := c.links.Put(id, r)
	c.guard.newcomers.add(id, r)
	a.wrote(MemoryWrite{ID: id, Err: err})
	if errors.Is(err, idmap.ErrChanged) {
		c.log.Info("a record was not written to the store", zap.String("id", id), zap.Error(err))
	} else if err != nil {
		c.log.Error("a record cannot be written to the store", zap.String("id", id), zap.Error(err))
	}
	return err
}

// erase deletes the record of an object.
func (c writer) erase(a action, id string) {
	if !c.mayRemember() {
		return
	}
	err := c.links.Delete(id)
	a.wrote(MemoryWrite{ID: id, Deleted: true, Err: err})
	if err != nil {
		c.log.Error("a record cannot be deleted from the store", zap.String("id", id), zap.Error(err))
	}
}

func (a action) wrote(w MemoryWrite) {
	for _, r := range a.recorders {
		r.wrote(w)
	}
}

// recordUpdate records an acknowledged change in the target and the roster. A new address is left
// out: TeamViewer may show the old one until the user has confirmed the change.
func (c writer) recordUpdate(id tvapi.UserID, up tvapi.UserUpdate, t *target) {
	if up.Name != nil {
		t.user.Name = *up.Name
	}
	if up.Active != nil {
		t.user.Active = *up.Active
	}
	if shown := (tvapi.UserUpdate{Name: up.Name, Active: up.Active}); !shown.Empty() {
		c.roster.UserUpdated(id, shown)
	}
	if up.Email != nil {
		c.roster.AddressSent(id, *up.Email)
	}
}

// membersLost records a change of members that got no answer.
func (c writer) membersLost(a action, g tvapi.GroupID, kind memberCall, users []tvapi.UserID) {
	c.late.lost(a, groupKey(g.String()), func(w *watch) {
		w.group = g
		w.membersLost(kind, users)
	})
}
