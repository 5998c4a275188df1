package mapping

import (
	"cmp"
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/tvapi"
)

// target is the object of a plan, as it is before and after each step.
type target struct {
	user  tvapi.User
	group tvapi.Group
	rec   idmap.Record

	own    bool        // this request has created it and takes it back
	gone   bool        // it was removed
	shares bool        // the group's lock is not held, so calls about its members may be shared
	done   []plan.Step // the steps that succeeded
}

// run executes the steps of a plan in their order and returns the target after it. It stops at the
// first failed call: the steps are ordered so that those before it are useful alone. A record that
// cannot be stored is reported at the end, since a full disk must not stop a deactivation. Once
// begun, it does not end with the client's connection.
func (c changes) run(ctx context.Context, p plan.Plan, t target) (target, error) {
	if err := ctx.Err(); err != nil { // nothing was sent yet
		return t, c.toSCIMError(err, "Nothing was changed")
	}
	if refused := c.withhold(); refused != nil {
		if len(p.Steps) == 0 && p.Refused == nil && c.peers != nil { // others may have changed what seems to be as requested
			return t, refused
		}
		p = p.Ending(refused)
	}
	e := Event{Cause: CauseRequest}
	for _, step := range p.Steps {
		e.Steps = append(e.Steps, step.String())
	}
	before := t.shown()
	if e.Kind, e.Name = created(p); !t.shares { // else others may change the attributes meanwhile
		e.Before = before
	}
	err := c.act(ctx, e, func(a action, e *Event) error {
		err := c.protect(a, p, t)
		if err == nil {
			err = c.guarded(a, p, &t)
		}
		if kind, id := t.object(); id != "" {
			e.Kind, e.ID = kind, id
		}
		if !t.shares {
			e.After, e.Deleted = t.shown(), plan.Tombstoned(t.user, t.rec)
		}
		e.Name = cmp.Or(nameOf(e.After), nameOf(before), e.Name)
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
		return afterEnding(p)
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

// object returns the kind and the id of the target.
func (t *target) object() (kind, id string) {
	switch {
	case t.user.ID.Valid():
		return "user", t.user.ID.String()
	case t.group.ID.Valid():
		return "group", t.group.ID.String()
	}
	return "", ""
}

// shown returns the target as clients see it; nil if there is none.
func (t *target) shown() any {
	switch {
	case t.user.ID.Valid() && !t.gone:
		return plan.ShowUser(t.user, t.rec)
	case t.group.ID.Valid() && !t.gone:
		return plan.ShowGroup(t.group, t.rec)
	}
	return nil
}

// nameOf is the userName or the displayName of a group that is shown, "" if nothing is.
func nameOf(shown any) string {
	switch o := shown.(type) {
	case scim.User:
		return o.UserName
	case scim.Group:
		return o.DisplayName
	}
	return ""
}

// created names the object that a plan creates, "" if it creates none.
func created(p plan.Plan) (kind, name string) {
	for _, step := range p.Steps {
		switch s := step.(type) {
		case plan.CreateUser:
			return "user", s.User.Email
		case plan.CreateGroup:
			return "group", s.Name
		}
	}
	return "", ""
}

// afterEnding returns the error of a refused request after what ends access in it was carried out.
func afterEnding(p plan.Plan) error {
	for _, step := range p.Steps {
		switch step.(type) {
		case plan.UpdateUser:
			return p.Refused.Deactivated()
		case plan.RemoveMembers:
			return p.Refused.MembersRemoved()
		}
	}
	return p.Refused
}

// withDeactivation adds to the error of a refused request that the deactivation was carried out.
func withDeactivation(refused error) error {
	e, ok := errors.AsType[*scim.Error](refused)
	if !ok {
		return refused
	}
	return e.Deactivated()
}

// withSentence adds a sentence to the text of an error for clients.
func withSentence(err error, sentence string) error {
	e, ok := errors.AsType[*scim.Error](err)
	if !ok {
		return err
	}
	longer := *e
	longer.Detail += " " + sentence
	return &longer
}

// AddMembers adds members to the group.
func (r runner) AddMembers(s plan.AddMembers) error {
	return r.changeMembers(s.Group, s.Users, addition)
}

// RemoveMembers ends memberships of the group.
func (r runner) RemoveMembers(s plan.RemoveMembers) error {
	return r.changeMembers(s.Group, s.Users, removal)
}

// changeMembers adds or removes members. If the plan changes nothing else, the call may be shared.
func (r runner) changeMembers(g tvapi.GroupID, users []tvapi.UserID, kind memberCall) error {
	if r.target.shares {
		return r.shareMembers(r.action, g, users, kind)
	}
	var failed error
	until, _ := r.action.Deadline()
	run := memberRun{c: r.memberships, group: r.target.groupID(g), kind: kind, answer: func(err error, _ ...*memberRequest) { failed = err }}
	run.sendAll(context.Background(), []*memberRequest{{action: r.action, kind: kind, users: users, until: until}})
	return failed
}

// groupID returns the group of a step: the zero id means the group that the plan has created.
func (t *target) groupID(id tvapi.GroupID) tvapi.GroupID {
	if id == 0 {
		return t.group.ID
	}
	return id
}

// retryChanged is after what time a client should send a request again that another process was
// faster with.
const retryChanged = time.Second

const doneInTeamViewer = " The change in TeamViewer was done."

// Remember stores the record of the target.
func (r runner) Remember(s plan.Remember) error {
	t, id := r.target, s.ID
	if id == "" {
		_, id = t.object()
	}
	if !s.Record.Tombstone.IsZero() { // lists that began before now may lack the deletion
		s.Record.Tombstone = time.Now().UTC()
	}
	s.Record.Missing = time.Time{} // TeamViewer has just answered about the object
	t.rec = s.Record
	err := r.remember(r.action, id, s.Record)
	// From a memory that others use too, they learn of the change, unless only access was ended, or they
	// cannot know the object.
	needed := r.peers != nil && s.ID != "" && !plan.Plan{Steps: t.done}.OnlyEnds()
	if err == nil || r.isStored(id, s.Record) && !needed {
		return nil
	}
	changed := ""
	if len(t.done) > 0 {
		changed = doneInTeamViewer
	}
	if errors.Is(err, idmap.ErrChanged) {
		return changedByAnother(id, changed, err)
	}
	if errors.Is(err, errUnproven) {
		return scim.Unavailable(retryTrouble, "The gateway could not check that its store belongs to this company, so what was to be remembered of %s "+
			"was not stored.%s Retry the request.", scim.Safe(id), scim.Safe(changed)).Because(err)
	}
	return scim.Unavailable(retryTrouble, "Attributes of %s that TeamViewer does not have, such as externalId, could not be written to the "+
		"gateway's store.%s The component store in the gateway's /health shows the reason and the remedy; then retry the request.", scim.Safe(id), scim.Safe(changed)).Because(err)
}

// changedByAnother returns the error for a record that another process was faster with; done is a
// sentence about what was done, with a space before it.
func changedByAnother(id, done string, cause error) error {
	return scim.Unavailable(retryChanged, "Another gateway of the company has changed %s at the same time, so what was to be remembered of this request "+
		"was not stored.%s Retry the request.", scim.Safe(id), scim.Safe(done)).Because(cause)
}

// isStored reports whether a record is stored already, apart from its times. Then a failed write
// loses nothing that was requested, as after a deactivation.
func (c memory) isStored(id string, r idmap.Record) bool {
	old, _ := c.links.Peek(id)
	return plan.SameMemory(old, r)
}
