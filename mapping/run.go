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

	own    bool        // this request has created it and takes it back
	gone   bool        // it was removed
	shares bool        // the group's lock is not held: calls about its members may be shared with other requests
	done   []plan.Step // what was done so far
}

// run does what a plan says, step by step, and returns what became of its target. It stops at the first error of a call:
// the steps are ordered so that what was done by then is worth having. What cannot be remembered is said at the end, for a
// full disk must not stop a deactivation. Once it has begun, it does not end with the client's connection.
func (c changes) run(ctx context.Context, p plan.Plan, t target) (target, error) {
	if err := ctx.Err(); err != nil { // nothing was sent yet
		return t, c.sayError(err, "Nothing was changed")
	}
	e := Event{Cause: CauseRequest}
	for _, step := range p.Steps {
		e.Steps = append(e.Steps, step.String())
	}
	e.Before = t.shown()
	err := c.act(ctx, e, func(a action, e *Event) error {
		e.Kind, e.ID = t.object()
		if err := c.protect(a, p, t); err != nil {
			return err
		}
		err := c.execute(a, p, &t)
		e.Kind, e.ID = t.object()
		e.After = t.shown()
		return err
	})
	return t, err
}

func (c changes) execute(a action, p plan.Plan, t *target) error {
	var forgotten error
	for _, step := range p.Steps {
		c.log.Debug("step", zap.Stringer("step", step))
		err := step.Execute(runner{c.memberships, a, t})
		if _, memory := step.(plan.Remember); memory && err != nil {
			forgotten = err
			continue
		}
		if err != nil {
			return err
		}
		t.done = append(t.done, step)
	}
	if p.Refused != nil {
		return afterDeactivation(p)
	}
	return forgotten
}

// runner executes the steps of one plan.
type runner struct {
	memberships
	action action
	target *target
}

var _ plan.Executor = runner{}

// object names what a plan is about.
func (t *target) object() (kind, id string) {
	switch {
	case t.user.ID.Valid():
		return "user", t.user.ID.String()
	case t.group.ID.Valid():
		return "group", t.group.ID.String()
	}
	return "", ""
}

// shown is the target as clients see it, nil when there is none.
func (t *target) shown() any {
	switch {
	case t.user.ID.Valid() && !t.gone:
		return plan.ShowUser(t.user, t.rec)
	case t.group.ID.Valid() && !t.gone:
		return plan.ShowGroup(t.group, t.rec)
	}
	return nil
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

// AddMembers adds members to the group.
func (r runner) AddMembers(s plan.AddMembers) error {
	return r.changeMembers(s.Group, s.Users, addition)
}

// RemoveMembers ends memberships of the group.
func (r runner) RemoveMembers(s plan.RemoveMembers) error {
	return r.changeMembers(s.Group, s.Users, removal)
}

// changeMembers adds or removes members, in a call shared with other requests where nothing but members is changed.
func (r runner) changeMembers(g tvapi.GroupID, users []tvapi.UserID, kind memberCall) error {
	if r.target.shares {
		return r.shareMembers(r.action, g, users, kind)
	}
	var failed error
	until, _ := r.action.Deadline()
	run := memberRun{c: r.memberships, group: r.target.groupID(g), kind: kind, answer: func(err error, _ ...*memberRequest) { failed = err }}
	run.all(context.Background(), []*memberRequest{{action: r.action, kind: kind, users: users, until: until}})
	return failed
}

// groupID is the group that a step means: the zero id is the one that the plan has created.
func (t *target) groupID(id tvapi.GroupID) tvapi.GroupID {
	if id == 0 {
		return t.group.ID
	}
	return id
}

// Remember keeps what TeamViewer cannot hold of the target.
func (r runner) Remember(s plan.Remember) error {
	t, id := r.target, s.ID
	if id == "" {
		_, id = t.object()
	}
	if !s.Record.Tombstone.IsZero() { // lists that were begun before now may lack the deletion, however long its call took
		s.Record.Tombstone = time.Now().UTC()
	}
	s.Record.Missing = time.Time{} // TeamViewer has just answered about it
	t.rec = s.Record
	err := r.remember(r.action, id, s.Record)
	if err == nil || r.remembers(id, s.Record) {
		return nil
	}
	changed := ""
	if len(t.done) > 0 {
		changed = " The change in TeamViewer was done."
	}
	return scim.Unavailable(retryTrouble, "Attributes of %s that TeamViewer does not have, such as externalId, could not be written to the file of "+
		"store.path.%s The component store in the gateway's /health shows the reason and the remedy; then retry the request.", scim.Safe(id), scim.Safe(changed)).Because(err)
}

// remembers reports whether a record is known but for its times: if it cannot be written, nothing that was asked for is
// lost, as after a deactivation.
func (c memory) remembers(id string, r idmap.Record) bool {
	old, _ := c.links.Peek(id)
	return plan.SameMemory(old, r)
}
