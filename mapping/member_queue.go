package mapping

import (
	"context"
	"slices"
	"sync"
	"time"

	"go.uber.org/zap"

	"tvscim/tvapi"
)

// memberQueues let requests that change members of one group share calls. While a call for a group is under way, the
// requests that come meanwhile wait, and go out together next: Entra fills a group by many small requests at once, and
// TeamViewer counts calls. Nobody waits on purpose: a request that finds the group idle is sent at once.
type memberQueues struct {
	mu     sync.Mutex
	groups map[tvapi.GroupID]*memberQueue
}

// memberQueue holds what waits for one group, in the order of arrival. It exists while something does.
type memberQueue struct{ waiting []*memberRequest }

// memberRequest is one request's additions or removals.
type memberRequest struct {
	kind    memberCall
	users   []tvapi.UserID
	done    chan error // gets one error, or nil, once the request's call has ended
	refused error      // what TeamViewer said to the request's own call
}

// shareMembers adds or removes members in a call of its own or one shared with others, and returns when it has ended. A
// request that has not been sent when ctx ends is not sent any more.
func (c *Company) shareMembers(ctx context.Context, g tvapi.GroupID, users []tvapi.UserID, kind memberCall) error {
	r := &memberRequest{kind: kind, users: users, done: make(chan error, 1)}
	c.memberQueues.join(g, r, func() { c.serveMembers(context.WithoutCancel(ctx), g) })
	select {
	case err := <-r.done:
		return err
	case <-ctx.Done():
		if c.memberQueues.leave(g, r) {
			return c.sayError(ctx.Err(), "The members of group "+g.String()+" were not changed")
		}
		return <-r.done // it is on its way: how it ends must be said
	}
}

// join puts a request into its group's queue. Where there is none, serve is started to work it off.
func (q *memberQueues) join(g tvapi.GroupID, r *memberRequest, serve func()) {
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
func (q *memberQueues) leave(g tvapi.GroupID, r *memberRequest) bool {
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
	batch, queue.waiting = together(queue.waiting)
	if len(batch) == 0 {
		delete(q.groups, g)
	}
	return batch
}

// together splits what waits into the requests that may share the next call and the rest: all of one kind, at most a
// call's worth of members, no member twice. Nobody overtakes a request that names the same member, or the last word
// about that member would not be the last any more.
func together(waiting []*memberRequest) (batch, rest []*memberRequest) {
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
func (c *Company) serveMembers(ctx context.Context, g tvapi.GroupID) {
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

// sendMembers makes the call of a batch and tells each request how it ended. A batch that TeamViewer refuses is repeated
// request by request, so that each gets the answer to its own members.
func (c *Company) sendMembers(ctx context.Context, g tvapi.GroupID, batch []*memberRequest) {
	if len(batch) > 1 {
		var all []tvapi.UserID
		for _, r := range batch {
			all = append(all, r.users...)
		}
		ctx, cancel := c.writing(ctx)
		_, err := c.memberCall(batch[0].kind)(ctx, g, all)
		cancel()
		if !undecided(err) {
			if err != nil {
				err = c.sayMemberError(ctx, g, err)
			}
			c.settleMembers(g, batch, err)
			return
		}
	}
	c.doMembers(ctx, g, batch, func(r *memberRequest, err error) { c.settleMembers(g, []*memberRequest{r}, err) })
}

// settleMembers notes that a group has changed, and answers the requests.
func (c *Company) settleMembers(g tvapi.GroupID, batch []*memberRequest, err error) {
	if err == nil {
		rec, _ := c.links.Get(g.String())
		m := memoOf(rec)
		m.stamp(time.Now())
		if err := c.links.Put(g.String(), m.groupRecord()); err != nil {
			c.log.Error("the time of a group's change could not be kept", zap.Stringer("group", g), zap.Error(err))
		}
	}
	for _, r := range batch {
		r.done <- err
	}
}
