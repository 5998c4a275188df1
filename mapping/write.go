package mapping

import (
	"context"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/tvapi"
)

// Every write to TeamViewer and to the memory is in this file. A test holds that. Each takes the action whose event tells
// of it; those that TeamViewer may carry out after their answer was lost take note of that.

// writes takes note that TeamViewer is about to be written to, unless the memory may be another company's.
func (c writer) writes(a action) {
	if !c.proven.Load() && c.ownership.used() {
		return
	}
	note := c.written.due()
	if note == nil {
		return
	}
	err := c.links.PutNote(writtenNote, note)
	a.wrote(MemoryWrite{Note: writtenNote, Err: err})
	if err != nil {
		c.log.Error("the note in the store that says when TeamViewer was last written to cannot be written", zap.Error(err))
	}
}

func (c writer) createUser(a action, create tvapi.UserCreate) (*tvapi.User, error) {
	c.writes(a)
	return c.client.CreateUser(a, create)
}

// updateUser changes an account, and takes note of what may overturn the change and of what the change may overturn.
func (c writer) updateUser(a action, id tvapi.UserID, up tvapi.UserUpdate) error {
	c.writes(a)
	ctx, lost := unanswered(a)
	err := c.client.UpdateUser(ctx, id, up)
	up.Password = nil
	key := userKey(id.String())
	if lost() {
		c.roster.Users.Invalidate(id)
		c.late.lost(a, key, func(w *watch) { w.user, w.lost = id, append(w.lost, up) })
	}
	if err == nil {
		c.late.acknowledged(a, key, func(w *watch) { w.done = w.done.With(up) })
	}
	return err
}

// removeUser takes an account out of the company, or deletes it for good.
func (c writer) removeUser(a action, id tvapi.UserID, forGood bool) error {
	c.writes(a)
	if forGood {
		return c.client.DeleteUser(a, id)
	}
	return c.client.RemoveUser(a, id)
}

func (c writer) createGroup(a action, name string) (*tvapi.Group, error) {
	c.writes(a)
	return c.client.CreateGroup(a, name)
}

// renameGroup does for the name of a group what updateUser does for an account.
func (c writer) renameGroup(a action, id tvapi.GroupID, name string) error {
	c.writes(a)
	ctx, lost := unanswered(a)
	err := c.client.RenameGroup(ctx, id, name)
	key := groupKey(id.String())
	if lost() {
		c.roster.Groups.Invalidate(id)
		c.late.lost(a, key, func(w *watch) { w.group, w.lostNames = id, append(w.lostNames, name) })
	}
	if err == nil {
		c.late.acknowledged(a, key, func(w *watch) { w.doneName = &name })
	}
	return err
}

func (c writer) deleteGroup(a action, id tvapi.GroupID) error {
	c.writes(a)
	return c.client.DeleteGroup(a, id)
}

// changeMembership adds members to a group or removes them from it. It returns how many of the users that was acknowledged
// for: more than one call is made for more than tvapi.MaxMembers.
func (c writer) changeMembership(a action, g tvapi.GroupID, kind memberCall, users []tvapi.UserID) (done int, err error) {
	c.writes(a)
	call, note := c.client.AddMembers, c.roster.Members.Added
	if kind == removal {
		call, note = c.client.RemoveMembers, c.roster.Members.Removed
	}
	ctx, lost := unanswered(a)
	done, err = call(ctx, g, users)
	note(g, users[:done])
	if undecided(err) {
		c.roster.Members.Refused(g)
	}
	if lost() {
		c.roster.Members.Doubt(g)
		c.membersLost(a, g, kind, users)
	}
	c.late.acknowledged(a, groupKey(g.String()), func(w *watch) { w.membersDone(kind, users[:done]) })
	return done, err
}

// keepLate replaces the note of what may give access to an object late; nil deletes it.
func (c writer) keepLate(a action, object string, note []byte) {
	if !c.proven.Load() && c.ownership.used() {
		return
	}
	name := lateNotes + object
	err := c.links.PutNote(name, note)
	a.wrote(MemoryWrite{Note: name, Deleted: note == nil, Err: err})
	if err != nil {
		c.log.Error("the note in the store about changes without an answer cannot be written", zap.String("id", object), zap.Error(err))
	}
}

// put replaces the note that says whose the memory is.
func (o *ownership) put(a action, note []byte) error {
	err := o.links.PutNote(identityNote, note)
	a.wrote(MemoryWrite{Note: identityNote, Err: err})
	return err
}

// keepOwner notes in the memory who made a token.
func (c writer) keepOwner(ctx context.Context, sum tokenSum, id tvapi.UserID) {
	if !c.proven.Load() && c.ownership.used() {
		return
	}
	_ = c.act(ctx, Event{Cause: CauseIdentity}, func(a action, _ *Event) error {
		c.ownership.rememberOwner(a, sum, id)
		return nil
	})
}

// remember replaces what is remembered of an object.
func (c writer) remember(a action, id string, r idmap.Record) error {
	if !c.proven.Load() && c.ownership.used() {
		return errUnproven
	}
	err := c.links.Put(id, r)
	a.wrote(MemoryWrite{ID: id, Err: err})
	if err != nil {
		c.log.Error("a link could not be kept", zap.String("id", id), zap.Error(err))
	}
	return err
}

// erase ends the memory of an object.
func (c writer) erase(a action, id string) {
	if !c.proven.Load() && c.ownership.used() {
		return
	}
	err := c.links.Delete(id)
	a.wrote(MemoryWrite{ID: id, Deleted: true, Err: err})
	if err != nil {
		c.log.Error("a link could not be forgotten", zap.String("id", id), zap.Error(err))
	}
}

func (a action) wrote(w MemoryWrite) {
	for _, r := range a.recorders {
		r.wrote(w)
	}
}
