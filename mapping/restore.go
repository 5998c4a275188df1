package mapping

import (
	"context"
	"errors"
	"slices"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/plan"
	"tvscim/mapping/roster"
	"tvscim/tvapi"
)

// checkObject checks an object about which no answer can arrive any more, or whose ended access is
// back before.
func (c restorer) checkObject(key lockKey) {
	c.late.mu.Lock()
	if c.late.closed {
		c.late.mu.Unlock()
		return
	}
	c.work.Add(1)
	c.late.mu.Unlock()
	defer c.work.Done()
	ctx, cancel := context.WithTimeout(c.closing, c.writeTimeout)
	defer cancel()
	release, err := c.locks.acquire(ctx, key)
	if err != nil {
		c.late.postpone(key)
		return
	}
	defer release()
	if c.peers.several() && !c.locks.current(key) {
		c.late.postpone(key) // another process may have given the access again
		return
	}
	w, ended := c.late.due(key)
	if w == nil {
		return
	}
	if ended {
		c.invalidate(w) // the next read shows the result
	}
	if w.user.Valid() {
		err = c.restoreUser(ctx, w.user, w)
	} else {
		err = c.restoreGroup(ctx, w.group, w)
	}
	if err != nil {
		c.log.Warn("an object cannot be checked after a change whose answer was lost", zap.String("object", string(key)), logged(err))
		if ended {
			c.late.retry(key, w)
		}
		return
	}
	if ended {
		c.finish(ctx, w)
	}
}

// invalidate has the object of a watch read again before it is shown, by all processes.
func (c restorer) invalidate(w *watch) {
	switch {
	case w.user.Valid():
		c.roster.Users.Invalidate(w.user)
	case w.group.Valid():
		c.roster.Groups.Invalidate(w.group)
		if len(w.lostMembers) > 0 {
			c.roster.Members.Refused(w.group)
		}
	}
}

// restoreUser restores what was acknowledged about a user and overturned by an earlier call.
func (c restorer) restoreUser(ctx context.Context, id tvapi.UserID, w *watch) error {
	if w.done.Empty() {
		return nil
	}
	t, err := c.roster.Users.GetSince(ctx, id, time.Now())
	if errors.Is(err, roster.ErrUnknown) {
		c.log.Warn("a user is gone after a change whose answer was lost", zap.Stringer("user", id))
		return nil
	}
	if err != nil {
		return err
	}
	up := overturned(t, w)
	if up.Empty() {
		return nil
	}
	c.log.Warn("TeamViewer carried out a change late; what it acknowledged after that change is "+
		"restored", zap.Stringer("user", id), zap.Stringer("step", plan.UpdateUser{ID: id, Update: up}))
	return c.act(ctx, Event{Cause: CauseLate, Kind: "user", ID: id.String(),
		Steps: []string{plan.UpdateUser{ID: id, Update: up}.String()}}, func(a action, e *Event) error {
		restored := target{user: t, rec: c.recall(t)}
		e.Before = plan.ShowUser(restored.user, restored.rec)
		if err := c.updateUser(a, id, up); err != nil {
			return err
		}
		c.recordUpdate(id, up, &restored)
		e.After, e.Deleted = plan.ShowUser(restored.user, restored.rec), plan.Tombstoned(restored.user, restored.rec)
		return nil
	})
}

// overturned returns the acknowledged values that a call without an answer has replaced, without
// activations. Values that TeamViewer never shows are included if the call may have replaced them.
func overturned(t tvapi.User, w *watch) (up tvapi.UserUpdate) {
	for _, lost := range w.lost {
		if w.endedAccess() && overturns(lost.Active, w.done.Active, t.Active) {
			up.Active = w.done.Active
		}
		if overturns(lost.Name, w.done.Name, t.Name) {
			up.Name = w.done.Name
		}
		if overturns(lost.Email, w.done.Email, t.Email) {
			up.Email = w.done.Email
		}
		up = up.With(tvapi.UserUpdate{UserSecrets: w.done.Differing(lost.UserSecrets)})
	}
	return up
}

// overturns reports whether an acknowledged value was replaced by that of a call without an answer.
func overturns[T comparable](lost, done *T, now T) bool {
	return lost != nil && done != nil && *lost != *done && *lost == now
}

// restoreGroup restores the acknowledged name and the ended memberships of a group.
func (c restorer) restoreGroup(ctx context.Context, id tvapi.GroupID, w *watch) error {
	return errors.Join(c.restoreGroupName(ctx, id, w), c.restoreMembers(ctx, id, w))
}

func (c restorer) restoreGroupName(ctx context.Context, id tvapi.GroupID, w *watch) error {
	if w.doneName == nil {
		return nil
	}
	g, err := c.roster.Groups.GetSince(ctx, id, time.Now())
	if errors.Is(err, roster.ErrUnknown) {
		c.log.Warn("a group is gone after a change whose answer was lost", zap.Stringer("group", id))
		return nil
	}
	if err != nil || g.Name == *w.doneName || !slices.Contains(w.lostNames, g.Name) {
		return err
	}
	c.log.Warn("TeamViewer carried out a change late; what it acknowledged after that change is restored", zap.Stringer("group", id))
	step := plan.RenameGroup{ID: id, Name: *w.doneName}
	return c.act(ctx, Event{Cause: CauseLate, Kind: "group", ID: id.String(),
		Steps: []string{step.String()}}, func(a action, _ *Event) error {
		if err := c.renameGroup(a, id, step.Name); err != nil {
			return err
		}
		c.roster.GroupRenamed(id, step.Name)
		return nil
	})
}

// restoreMembers removes the members again whose acknowledged removal an earlier call has
// overturned.
func (c restorer) restoreMembers(ctx context.Context, g tvapi.GroupID, w *watch) error {
	removed := w.overturnable()
	if len(removed) == 0 {
		return nil
	}
	now, err := c.roster.Members.ReadNow(ctx, g)
	if tvapi.KindOf(err) == tvapi.KindNotFound {
		c.log.Warn("the members of a group cannot be read after a change whose answer was lost", zap.Stringer("group", g), logged(err))
		return nil
	}
	if err != nil {
		return err
	}
	back := subtract(removed, subtract(removed, now))
	if len(back) == 0 {
		return nil
	}
	c.log.Warn("TeamViewer carried out a change late; what it acknowledged after that change is restored",
		zap.Stringer("group", g), zap.Int("members", len(back)))
	step := plan.RemoveMembers{Group: g, Users: back}
	return c.act(ctx, Event{Cause: CauseLate, Kind: "group", ID: g.String(),
		Steps: []string{step.String()}}, func(a action, _ *Event) error {
		a.Context = c.fence(a.Context, groupKey(g.String())) // a removal is made without a lock too
		done, err := c.changeMembership(a, g, removal, back)
		a.membersChanged(removal, back, done, tvapi.Uncertain(err))
		return err
	})
}

// finish deletes the note of a watch that has ended, unless another process watches for longer.
func (c restorer) finish(ctx context.Context, w *watch) {
	if !w.noted || c.late.outlived(w) {
		return
	}
	kind, id := w.object()
	_ = c.act(ctx, Event{Cause: CauseLate, Kind: kind, ID: id}, func(a action, _ *Event) error {
		c.late.putNote(a, id, nil)
		return nil
	})
}
