package mapping

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"tvscim/scim"
	"tvscim/tvapi"
)

// Event is one change that the gateway made, or tried to make, to a user or group: in TeamViewer
// and in the memory. Nothing changes in either without an event.
type Event struct {
	Began, Ended time.Time
	Request      scim.Request // that made the change; the zero Request if none did
	Cause        Cause
	Kind         string   // "user" or "group"
	ID           string   // the object's id; "" for one that was not created
	Name         string   // userName or displayName of the group, as clients see it; "" if it is not known
	Steps        []string // what was planned, without personal data
	// Before and After are the object as clients see it, a scim.User or a scim.Group without
	// members; nil where it is not known or not there. Secrets are never in them.
	Before, After any
	Deleted       bool // a client has deleted the user, whose account stays, inactive, until a POST brings it back
	Members       MemberEvents
	Calls         []Call // of TeamViewer, in the order of their ends; reads included
	Memory        []MemoryWrite
	Err           error // why it failed, or failed in part; nil when all was done
}

// Cause is why an event came about.
type Cause string

// The causes of events.
const (
	CauseRequest   Cause = "request"   // a SCIM request
	CauseGone      Cause = "gone"      // TeamViewer says that the object does not exist
	CauseReconcile Cause = "reconcile" // a list shows that something remembered counts no longer
	CauseAbsent    Cause = "absent"    // lists have lacked the object, or have it again
	CauseLate      Cause = "late"      // TeamViewer may carry out a change late, or did and overturned a later one
	CauseGuard     Cause = "guard"     // an operator lets removals through that the guard holds back; no user or group
	CauseIdentity  Cause = "identity"  // whose the memory is, and which tokens were accepted, is remembered; no user or group
)

// MemberEvents are the changes of a group's members that an event tells of. Calls may be shared
// with other requests; these are the members of the event's own. Added and removed are those for
// whom TeamViewer acknowledged the change or shows its result. Unanswered are those of a call
// without an answer, who may be members or not.
type MemberEvents struct{ Added, Removed, Unanswered []tvapi.UserID }

// Call is one attempt at a call of TeamViewer.
type Call struct {
	tvapi.CallEvent
	Ended time.Time
}

// MemoryWrite is one change of what is remembered: of a record, or of a note that is about the
// gateway's own work.
type MemoryWrite struct {
	ID      string // of the record
	Note    string // the name of the note
	Deleted bool
	Err     error
}

// recorder collects what an event is made of while the change is under way.
type recorder struct {
	mu      sync.Mutex
	calls   []Call
	memory  []MemoryWrite
	members MemberEvents
}

func (r *recorder) called(e tvapi.CallEvent) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.calls = append(r.calls, Call{e, time.Now()})
}

func (r *recorder) wrote(w MemoryWrite) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.memory = append(r.memory, w)
}

// changed takes note of members for whom a change is in effect.
func (r *recorder) changed(kind memberCall, users []tvapi.UserID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if kind == removal {
		r.members.Removed = append(r.members.Removed, users...)
	} else {
		r.members.Added = append(r.members.Added, users...)
	}
}

// unanswered takes note of members for whom a change may be in effect.
func (r *recorder) unanswered(users []tvapi.UserID) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members.Unanswered = append(r.members.Unanswered, users...)
}

// finish completes an event. Members of a call without an answer that a later call settled are not
// left open.
func (r *recorder) finish(e *Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	e.Calls, e.Memory = slices.Clone(r.calls), slices.Clone(r.memory)
	e.Members = MemberEvents{Added: distinct(slices.Clone(r.members.Added)), Removed: distinct(slices.Clone(r.members.Removed))}
	e.Members.Unanswered = subtract(subtract(distinct(slices.Clone(r.members.Unanswered)), e.Members.Added), e.Members.Removed)
}

// action is the context of a change that yields an event, or of a call that several changes share.
// What writes to TeamViewer or to the memory takes an action, so that it cannot be called without
// one.
type action struct {
	context.Context
	recorders []*recorder
}

type recorderKey struct{}

// newAction returns an action of its own, and its recorder.
func newAction(ctx context.Context) (action, *recorder) {
	r := &recorder{}
	ctx = context.WithValue(tvapi.WithObserver(ctx, r.called), recorderKey{}, r)
	return action{ctx, []*recorder{r}}, r
}

// actionOf returns the action that a context belongs to.
func actionOf(ctx context.Context) (action, bool) {
	r, ok := ctx.Value(recorderKey{}).(*recorder)
	return action{ctx, []*recorder{r}}, ok
}

// joint returns the action of a call that is made for several actions. ctx belongs to none of them.
func joint(ctx context.Context, of []action) action {
	var all []*recorder
	for _, a := range of {
		all = append(all, a.recorders...)
	}
	for _, r := range all {
		ctx = tvapi.WithObserver(ctx, r.called)
	}
	return action{ctx, all}
}

// act makes a change, which yields one event: e, completed. Within another change it is a part of
// that one's event. The work does not end with the client's connection; see [Company.writing].
func (c *core) act(ctx context.Context, e Event, work func(a action, e *Event) error) error {
	if a, ok := actionOf(ctx); ok {
		return work(a, &e)
	}
	ctx, cancel := c.writing(ctx)
	defer cancel()
	a, r := newAction(ctx)
	e.Began, e.Request = time.Now(), scim.RequestOf(ctx)
	e.Err = work(a, &e)
	e.Ended = time.Now()
	r.finish(&e)
	if len(e.Calls) == 0 && len(e.Memory) == 0 && e.Err == nil && e.Cause != CauseGuard {
		return nil
	}
	for _, observe := range c.observers {
		observe(e)
	}
	if said, ok := errors.AsType[*scim.Error](e.Err); ok {
		return said.Record()
	}
	return e.Err
}
