package mapping

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/tvapi"
)

// target is what a plan is about, as it stands before and, step by step, after.
type target struct {
	user  tvapi.User
	group tvapi.Group
	rec   idmap.Record

	ours   bool   // the group is this plan's own: TeamViewer said so itself
	shares bool   // the group's lock is not held: calls about its members may be shared with other requests
	done   []plan.Step // what was done so far
}

// run does what a plan says, step by step, and returns what became of its target. It is the only place with effects. It
// stops at the first error of a call: the steps are ordered so that what was done by then is worth having. What cannot be
// remembered is said at the end, for a full disk must not stop a deactivation. Once it has begun, it does not die with the
// client's connection.
func (c *Company) run(ctx context.Context, p plan.Plan, t target) (target, error) {
	if err := ctx.Err(); err != nil { // nothing was sent: the last moment to turn back
		return t, c.sayError(err, "Nothing was changed")
	}
	ctx, cancel := c.writing(ctx)
	defer cancel()
	var forgotten error
	for _, step := range p.Steps {
		err := c.do(ctx, step, &t)
		if _, memory := step.(plan.Remember); memory && err != nil {
			forgotten = err
			continue
		}
		if err != nil {
			return t, err
		}
		t.done = append(t.done, step)
	}
	if p.Refused != nil {
		return t, afterDeactivation(p)
	}
	return t, forgotten
}

// afterDeactivation is the refusal of a request of which the deactivation was done.
func afterDeactivation(p plan.Plan) error {
	if len(p.Steps) == 0 {
		return p.Refused
	}
	return withDeactivation(p.Refused)
}

// withDeactivation says of a request that was refused that its deactivation was done all the same.
func withDeactivation(refused error) error {
	e, ok := errors.AsType[*scim.Error](refused)
	if !ok {
		return refused
	}
	return e.Deactivated()
}

// saying adds a sentence to the text of an error that clients see.
func saying(err error, sentence string) error {
	e, ok := errors.AsType[*scim.Error](err)
	if !ok {
		return err
	}
	said := *e
	said.Detail += " " + sentence
	return &said
}

func (c *Company) do(ctx context.Context, step plan.Step, t *target) error {
	c.log.Debug("step", zap.Stringer("step", step))
	switch s := step.(type) {
	case plan.CreateUser:
		return c.doCreateUser(ctx, s.User, t)
	case plan.UpdateUser:
		return c.doUpdateUser(ctx, s, t)
	case plan.RemoveUser:
		return c.doRemoveUser(ctx, s, t)
	case plan.CreateGroup:
		return c.doCreateGroup(ctx, s.Name, t)
	case plan.RenameGroup:
		return c.doRenameGroup(ctx, s, t)
	case plan.DeleteGroup:
		return c.doDeleteGroup(ctx, s.ID)
	case plan.AddMembers:
		return c.changeMembers(ctx, t, s.Group, s.Users, addition)
	case plan.RemoveMembers:
		return c.changeMembers(ctx, t, s.Group, s.Users, removal)
	case plan.Remember:
		return c.doRemember(s, t)
	}
	return nil
}

// changeMembers adds or removes members, in a call shared with other requests where nothing but members is changed.
func (c *Company) changeMembers(ctx context.Context, t *target, g tvapi.GroupID, users []tvapi.UserID, kind memberCall) error {
	if t.shares {
		return c.shareMembers(ctx, g, users, kind)
	}
	var failed error
	until, _ := ctx.Deadline()
	run := memberRun{c: c, group: t.groupID(g), kind: kind, answer: func(err error, _ ...*memberRequest) { failed = err }}
	run.all(ctx, []*memberRequest{{kind: kind, users: users, until: until}})
	return failed
}

// groupID is the group that a step means: the zero id is the one that the plan has created.
func (t *target) groupID(id tvapi.GroupID) tvapi.GroupID {
	if id == 0 {
		return t.group.ID
	}
	return id
}

func (c *Company) doRemember(s plan.Remember, t *target) error {
	id := s.ID
	switch {
	case id != "":
	case t.user.ID.Valid():
		id = t.user.ID.String()
	default:
		id = t.group.ID.String()
	}
	if !s.Record.Tombstone.IsZero() { // lists that were begun before now may lack the deletion, however long its call took
		s.Record.Tombstone = time.Now().UTC()
	}
	s.Record.Missing = time.Time{} // TeamViewer has just answered about it
	t.rec = s.Record
	err := c.links.Put(id, s.Record)
	if err != nil {
		c.log.Error("a link could not be kept", zap.String("id", id), zap.Error(err))
	}
	if err == nil || c.remembers(id, s.Record) {
		return nil
	}
	changed := ""
	if len(t.done) > 0 {
		changed = " It is changed in TeamViewer."
	}
	return scim.Unavailable(retryTrouble, "What TeamViewer cannot hold of %s (such as externalId) could not be kept: look at the "+
		"gateway's disk.%s What is missing will be done when it is tried again.", id, changed).Because(err)
}

// remembers reports whether a record is known but for its times: if it cannot be written, nothing that was asked for is
// lost, as after a deactivation.
func (c *Company) remembers(id string, r idmap.Record) bool {
	old, _ := c.links.Peek(id)
	return plan.SameMemory(old, r)
}
