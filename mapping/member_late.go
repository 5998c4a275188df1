package mapping

import (
	"context"

	"go.uber.org/zap"

	"tvscim/mapping/plan"
	"tvscim/tvapi"
)

// membersLost takes note of a change of members that got no answer.
func (c writer) membersLost(g tvapi.GroupID, kind memberCall, users []tvapi.UserID) {
	c.late.lost(groupKey(g.String()), func(w *watch) {
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

// overturnable returns the users whose acknowledged addition or removal a change without an answer may have overturned.
func (w *watch) overturnable(kind memberCall) (users []tvapi.UserID) {
	for id, lost := range w.lostMembers {
		done, acknowledged := w.doneMembers[id]
		if !acknowledged || done != kind {
			continue
		}
		for _, other := range lost {
			if other != kind {
				users = append(users, id)
				break
			}
		}
	}
	return distinct(users)
}

// restoreMembers restores the acknowledged memberships of a group that an earlier change has overturned.
func (c restorer) restoreMembers(ctx context.Context, g tvapi.GroupID, w *watch) error {
	add, remove := w.overturnable(addition), w.overturnable(removal)
	if len(add) == 0 && len(remove) == 0 {
		return nil
	}
	now, err := c.roster.MembersAnew(ctx, g)
	if tvapi.KindOf(err) == tvapi.KindNotFound {
		c.log.Warn("the members of a group cannot be read after a change whose answer was lost", zap.Stringer("group", g), logged(err))
		return nil
	}
	if err != nil {
		return err
	}
	for kind, users := range map[memberCall][]tvapi.UserID{addition: less(add, now), removal: less(remove, less(remove, now))} {
		if len(users) == 0 {
			continue
		}
		c.log.Warn("TeamViewer carried out a change late; what it acknowledged after that change is restored",
			zap.Stringer("group", g), zap.Int("members", len(users)))
		err := c.act(ctx, Event{Cause: CauseLate, Kind: "group", ID: g.String(), Steps: []string{stepOf(g, kind, users).String()}}, func(a action, _ *Event) error {
			_, err := c.changeMembership(a, g, kind, users)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// stepOf is a change of members as a step of a plan.
func stepOf(g tvapi.GroupID, kind memberCall, users []tvapi.UserID) plan.Step {
	if kind == removal {
		return plan.RemoveMembers{Group: g, Users: users}
	}
	return plan.AddMembers{Group: g, Users: users}
}
