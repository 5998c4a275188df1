package mapping

import (
	"context"
	"slices"
	"sync"
	"time"

	"tvscim/mapping/plan"
	"tvscim/tvapi"
)

// memberQueues let requests that change members of one group share calls. While a call for a group is under way, the
// requests that come meanwhile wait, and go out together next: Entra fills a group by many small requests at once, and
// TeamViewer counts calls. Nobody waits on purpose: a request that finds the group idle is sent at once.
type memberQueues struct {
	mu     sync.Mutex
	groups map[tvapi.GroupID]*memberQueue
	listed time.Time // when a list of users was last asked for because TeamViewer had refused members
}

// memberQueue holds what waits for one group, in the order of arrival. It exists while something does.
type memberQueue struct{ waiting []*memberRequest }

// memberRequest is one request's additions or removals.
type memberRequest struct {
	kind    memberCall
	users   []tvapi.UserID // what is still to be done for
	action  action         // whose event tells of the calls
	until   time.Time      // the request's own deadline
	done    chan error     // gets one error, or nil, once the request's call has ended
	refused error          // what TeamViewer said to the latest call that was made for the request
	partial bool           // there was more to do
}

// shareMembers adds or removes members in a call of its own or one shared with others, and returns when it has ended, or
// when the action ends, which has a deadline. Nothing is sent for a request after that.
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
			what += ", as far as is known" // a call is on its way, for others who have more time
		}
	}
	return c.toSCIMError(a.Err(), what)
}

// join puts a request into its group's queue. Where there is none, serve is started to work it off.
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

// leave takes a request out of the queue; false when it is no longer there.
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

// next takes the requests that go out together; none means that the queue was empty, and is gone.
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

// nextBatch splits what waits into the requests that may share the next call and the rest: all of one kind, at most a
// call's worth of members, no member twice. Nobody overtakes a request that names the same member, or the last word
// about that member would not be the last any more.
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

// serveMembers works off a group's queue. Each call is made under the group's lock, so that it does not cross a request
// that replaces the members or deletes the group.
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

// sendMembers makes the calls of a batch, and tells each request how its own ended.
func (c memberships) sendMembers(ctx context.Context, g tvapi.GroupID, batch []*memberRequest) {
	run := memberRun{c: c, group: g, kind: batch[0].kind, answer: func(err error, requests ...*memberRequest) {
		if err == nil {
			c.stampGroup(requests[0].action, g)
		}
		for _, r := range requests {
			r.done <- err
		}
	}}
	run.sendAll(ctx, batch)
}

// stampGroup notes that the members of a group have changed.
func (c memberships) stampGroup(a action, g tvapi.GroupID) {
	rec, _ := c.links.Get(g.String())
	m := plan.MemoOf(rec)
	m.Stamp(time.Now())
	_ = c.remember(a, g.String(), m.GroupRecord()) // it is logged; a time is not worth failing for
}
