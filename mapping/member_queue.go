package mapping

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"tvscim/mapping/idmap"
	"tvscim/mapping/plan"
	"tvscim/scim"
	"tvscim/tvapi"
)

// memberQueues let requests that change members of one group share calls. While a call for a group
// is under way, further requests wait, and go out together next: Entra fills a group with many
// small requests at once, and TeamViewer counts calls. A request for an idle group is sent at once.
type memberQueues struct {
	mu     sync.Mutex
	groups map[tvapi.GroupID]*memberQueue
	// when a list of users was last requested because TeamViewer had refused members
	listed time.Time
}

// memberQueue holds the requests that wait for one group, in the order of arrival. It exists while
// there are any.
type memberQueue struct{ waiting []*memberRequest }

// memberRequest has the additions or removals of one request.
type memberRequest struct {
	kind    memberCall
	users   []tvapi.UserID // who remain to be added or removed
	action  action         // its event has the calls
	until   time.Time      // the request's own deadline
	done    chan error     // receives one error, or nil, when the request's call has ended
	refused error          // error of the latest call that was made for the request
	partial bool           // a part of the request is fulfilled
}

// shareMembers adds or removes members, in a call that may be shared. It returns when the call has
// ended or the action ends, which has a deadline. Nothing is sent for the request after that.
func (c memberships) shareMembers(a action, g tvapi.GroupID, users []tvapi.UserID, kind memberCall) error {
	until, _ := a.Deadline()
	r := &memberRequest{action: a, kind: kind, users: users, until: until, done: make(chan error, 1)}
	c.memberQueues.enqueue(g, r, func() { c.serveMembers(context.Background(), g) })
	select {
	case err := <-r.done:
		return err
	case <-a.Done():
	}
	what := "The members of group " + g.String() + " were not changed"
	if !c.memberQueues.remove(g, r) {
		select {
		case err := <-r.done:
			return err
		default:
			// a call is under way, for requests with a later deadline
			what += ", as far as is known"
			a.membersChanged(kind, users, 0, true)
		}
	}
	return c.toSCIMError(a.Err(), what)
}

// enqueue adds a request to the queue of its group. If there is no queue, it creates one and starts
// serve.
func (q *memberQueues) enqueue(g tvapi.GroupID, r *memberRequest, serve func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue := q.groups[g]
	if queue == nil {
		if q.groups == nil {
			q.groups = make(map[tvapi.GroupID]*memberQueue)
		}
		queue = &memberQueue{}
		q.groups[g] = queue
		go serve()
	}
	queue.waiting = append(queue.waiting, r)
}

// remove removes a request from the queue. It returns false if the request is not in it any more.
func (q *memberQueues) remove(g tvapi.GroupID, r *memberRequest) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue := q.groups[g]
	if queue == nil {
		return false
	}
	i := slices.Index(queue.waiting, r)
	if i < 0 {
		return false
	}
	queue.waiting = slices.Delete(queue.waiting, i, i+1)
	return true
}

// next removes and returns the requests of the next call. If there are none, it deletes the queue.
func (q *memberQueues) next(g tvapi.GroupID) []*memberRequest {
	q.mu.Lock()
	defer q.mu.Unlock()
	queue := q.groups[g]
	var batch []*memberRequest
	batch, queue.waiting = nextBatch(queue.waiting)
	if len(batch) == 0 {
		delete(q.groups, g)
	}
	return batch
}

// nextBatch splits the waiting requests into those of the next call and the rest. A call has
// requests of one kind, at most tvapi.MaxMembers members, and no member twice. A request does not
// overtake one that names the same member, so that the latest request about a member stays the
// latest.
func nextBatch(waiting []*memberRequest) (batch, rest []*memberRequest) {
	named := make(map[tvapi.UserID]bool)
	size := 0
	for _, r := range waiting {
		fits := len(batch) == 0 || r.kind == batch[0].kind && size+len(r.users) <= tvapi.MaxMembers
		fresh := !slices.ContainsFunc(r.users, func(id tvapi.UserID) bool { return named[id] })
		if fits && fresh {
			batch = append(batch, r)
			size += len(r.users)
		} else {
			rest = append(rest, r)
		}
		for _, id := range r.users {
			named[id] = true
		}
	}
	return batch, rest
}

// serveMembers sends the requests of a group's queue. Each call is made under the group's lock, so
// that it does not overlap with a request that replaces the members or deletes the group.
func (c memberships) serveMembers(ctx context.Context, g tvapi.GroupID) {
	for {
		release, err := c.locks.acquire(ctx, groupKey(g.String()))
		if err != nil { // this context never ends
			return
		}
		batch := c.memberQueues.next(g)
		if len(batch) > 0 {
			c.sendMembers(ctx, g, batch)
		}
		release()
		if len(batch) == 0 {
			return
		}
	}
}

// sendMembers makes the calls of a batch and answers each request.
func (c memberships) sendMembers(ctx context.Context, g tvapi.GroupID, batch []*memberRequest) {
	run := memberRun{c: c, group: g, kind: batch[0].kind, answer: func(err error, requests ...*memberRequest) {
		if err == nil {
			err = c.stampGroup(requests[0].action, g, batch[0].kind)
		}
		for _, r := range requests {
			r.done <- err
		}
	}}
	run.sendAll(ctx, batch)
}

// stampGroup records that the members of a group have changed. The error is that of an addition of
// which other processes may not learn: they might take it for one without an answer.
func (c memberships) stampGroup(a action, g tvapi.GroupID, kind memberCall) error {
	rec, _ := c.links.Get(g.String())
	m := plan.MemoOf(rec)
	m.Stamp(time.Now())
	err := c.remember(a, g.String(), m.GroupRecord())
	if err == nil || kind == removal || c.peers == nil || errors.Is(err, errUnproven) {
		return nil // the failure is logged; the request does not fail for a time
	}
	if errors.Is(err, idmap.ErrChanged) {
		return changedByAnother(g.String(), doneInTeamViewer, err)
	}
	return scim.Unavailable(retryTrouble, "Group %s: the members were added, but that could not be written to the gateway's store, by which "+
		"other gateways of the company learn of it. The component store in the gateway's /health shows the reason and the remedy; then retry the request.", g).
		Because(err)
}
