package mapping

import (
	"context"
	"slices"

	"go.uber.org/zap"

	"tvscim/mapping/plan"
	"tvscim/tvapi"
)

// membersLost takes note of a change of members that got no answer.
func (c writer) membersLost(a action, g tvapi.GroupID, kind memberCall, users []tvapi.UserID) {
	c.late.lost(a, groupKey(g.String()), func(w *watch) {
		w.group = g
		if w.lostMembers == nil {
			w.lostMembers = make(map[tvapi.UserID][]memberCall)
		}
		for _, id := range users {
			w.lostMembers[id] = append(w.lostMembers[id], kind)
		}
	})
}

// membersDone takes note of an acknowledged change of members.
func (w *watch) membersDone(kind memberCall, users []tvapi.UserID) {
	if w.doneMembers == nil {
		w.doneMembers = make(map[tvapi.UserID]memberCall)
	}
	for _, id := range users {
		w.doneMembers[id] = kind
	}
}

// lostAdditions returns the users whose addition got no answer.
func (w *watch) lostAdditions() (users []tvapi.UserID) {
	for id, lost := range w.lostMembers {
		if slices.Contains(lost, addition) {
			users = append(users, id)
		}
	}
	return distinct(users)
}

// lostAdditions returns the users whose addition to a group got no answer and may still be carried out.
func (l *late) lostAdditions(g tvapi.GroupID) []tvapi.UserID {
	l.mu.Lock()
	defer l.mu.Unlock()
	if w := l.watches[groupKey(g.String())]; w != nil {
		return w.lostAdditions()
	}
	return nil
}

// overturnable returns the users whose acknowledged removal a change without an answer may have overturned.
func (w *watch) overturnable() (users []tvapi.UserID) {
	for id, lost := range w.lostMembers {
		if done, acknowledged := w.doneMembers[id]; acknowledged && done == removal && slices.Contains(lost, addition) {
			users = append(users, id)
		}
	}
	return distinct(users)
}

// restoreMembers removes the members again whose acknowledged removal an earlier change has overturned.
func (c restorer) restoreMembers(ctx context.Context, g tvapi.GroupID, w *watch) error {
	removed := w.overturnable()
	if len(removed) == 0 {
		return nil
	}
	now, err := c.roster.Members.ReadAnew(ctx, g)
	if tvapi.KindOf(err) == tvapi.KindNotFound {
		c.log.Warn("the members of a group cannot be read after a change whose answer was lost", zap.Stringer("group", g), logged(err))
		return nil
	}
	if err != nil {
		return err
	}
	back := less(removed, less(removed, now))
	if len(back) == 0 {
		return nil
	}
	c.log.Warn("TeamViewer carried out a change late; what it acknowledged after that change is restored",
		zap.Stringer("group", g), zap.Int("members", len(back)))
	step := plan.RemoveMembers{Group: g, Users: back}
	return c.act(ctx, Event{Cause: CauseLate, Kind: "group", ID: g.String(), Steps: []string{step.String()}}, func(a action, _ *Event) error {
		done, err := c.changeMembership(a, g, removal, back)
		a.membersChanged(removal, back, done, uncertain(err))
		return err
	})
}

// stepOf is a change of members as a step of a plan.
func stepOf(g tvapi.GroupID, kind memberCall, users []tvapi.UserID) plan.Step {
	if kind == removal {
		return plan.RemoveMembers{Group: g, Users: users}
	}
	return plan.AddMembers{Group: g, Users: users}
}
