package mapping

import (
	"context"
	"slices"
	"time"

	"tvscim/scim"
	"tvscim/tvapi"
)

// memberCall is one of the two calls that change members.
type memberCall int

const (
	addition memberCall = iota
	removal
)

// Bounds of the calls after a call for several requests was refused.
const (
	// maxSplits bounds the calls that find out which of several additions TeamViewer refuses.
	// Removals are bounded by their deadlines only: no removal may fail because of others.
	maxSplits = 32
	// listEvery is the least time between two loads of users that find out which of them are gone.
	listEvery = 10 * time.Second
)

// memberRun makes calls that change the members of a group on behalf of several requests, and
// answers each of them.
//
// If TeamViewer refuses a call, the reason is not known: some users may be in the requested state
// already, and one invalid user may have the whole call refused, with others changed or not. So the
// members are read, once for all refused requests, and only the difference is sent again, as long
// as it gets smaller. After that, a list of users shows which users can no longer be added; no list
// decides on a removal. The rest is sent in halves, until each refused request is alone. No request
// is sent after its own deadline.
type memberRun struct {
	c      memberships
	group  tvapi.GroupID
	kind   memberCall
	answer func(error, ...*memberRequest) // called once for each request
}

// sendAll makes the calls until every request is answered.
func (m memberRun) sendAll(ctx context.Context, requests []*memberRequest) {
	for len(requests) > 0 {
		var progress bool
		requests, progress = m.remaining(ctx, m.sendOnce(ctx, requests))
		switch {
		case progress:
		case len(requests) > 1:
			requests = m.isolate(ctx, requests)
		default:
			m.refuse(requests)
			return
		}
	}
}

// sendOnce makes one call for all requests. It answers them, or returns those that were refused for
// an unknown reason.
func (m memberRun) sendOnce(ctx context.Context, requests []*memberRequest) (refused []*memberRequest) {
	requests = m.withinDeadline(requests)
	if len(requests) == 0 {
		return nil
	}
	ctx, cancel := within(ctx, requests)
	defer cancel()
	var users []tvapi.UserID
	for _, r := range requests {
		users = append(users, r.users...)
	}
	done, err := m.c.changeMembership(joint(ctx, actionsOf(requests)), m.group, m.kind, users)
	for _, r := range requests {
		own := len(r.users)
		r.action.membersChanged(m.kind, r.users, min(done, own), tvapi.Uncertain(err))
		done -= min(done, own)
	}
	if undecided(err) {
		for _, r := range requests {
			r.refused = err
		}
		return requests
	}
	if err != nil {
		err = m.c.membersErrorWith(ctx, m.group, err, m.failed(done > 0))
	}
	m.answer(err, requests...)
	return nil
}

// membersChanged records the outcome of a call for members: it is in effect for the first done of
// them, and may be in effect for the others if open is true.
func (a action) membersChanged(kind memberCall, users []tvapi.UserID, done int, open bool) {
	for _, r := range a.recorders {
		r.changed(kind, users[:done])
		if open {
			r.unanswered(users[done:])
		}
	}
}

// failed returns the beginning of the error for a failed call.
func (m memberRun) failed(partly bool) string {
	if partly {
		return "The members of group " + m.group.String() + " were changed in part"
	}
	return "The members of group " + m.group.String() + " were not changed"
}

// withinDeadline answers the requests whose deadline has passed and returns the others.
func (m memberRun) withinDeadline(requests []*memberRequest) []*memberRequest {
	now := time.Now()
	return slices.DeleteFunc(slices.Clone(requests), func(r *memberRequest) bool {
		over := !now.Before(r.until)
		if over {
			m.answer(m.c.toSCIMError(context.DeadlineExceeded, m.unchanged()), r)
		}
		return over
	})
}

// within returns a context with the latest deadline of the requests.
func within(ctx context.Context, requests []*memberRequest) (context.Context, context.CancelFunc) {
	last := slices.MaxFunc(requests, func(a, b *memberRequest) int { return a.until.Compare(b.until) })
	return context.WithDeadline(ctx, last.until)
}

func (m memberRun) unchanged() string { return m.failed(false) + ", as far as is known" }

// remaining reads the members after a refused call. It answers the requests that are fulfilled, and
// returns the others and whether there is less to do than before.
func (m memberRun) remaining(
	ctx context.Context, refused []*memberRequest,
) (left []*memberRequest, progress bool) {
	if refused = m.withinDeadline(refused); len(refused) == 0 {
		return nil, false
	}
	ctx, cancel := within(ctx, refused)
	defer cancel()
	now, err := m.c.roster.Members.ReadNow(ctx, m.group)
	if err != nil {
		m.answer(m.c.membersErrorWith(ctx, m.group, err, m.unchanged()), refused...)
		return nil, false
	}
	for _, r := range refused {
		still := subtract(r.users, now)
		if m.kind == removal {
			still = subtract(r.users, still)
		}
		if len(still) < len(r.users) {
			progress, r.partial = true, true
			inEffect := subtract(r.users, still)
			r.action.membersChanged(m.kind, inEffect, len(inEffect), false)
		}
		if len(still) == 0 {
			m.answer(nil, r)
			continue
		}
		r.users = still
		left = append(left, r)
	}
	return left, progress
}

// refuse answers requests that were refused alone. The members could be read, so the group exists.
func (m memberRun) refuse(requests []*memberRequest) {
	for _, r := range requests {
		m.answer(m.c.membersRefusedError(r.refused, m.failed(r.partial)), r)
	}
}

// isolate finds out which of several requests TeamViewer refuses. It returns those that remain to
// be sent.
func (m memberRun) isolate(ctx context.Context, requests []*memberRequest) []*memberRequest {
	if m.kind == addition {
		if rest := m.withoutUnknown(ctx, requests); len(rest) < len(requests) {
			return rest
		}
	}
	left, progress := m.remaining(ctx, m.bisect(ctx, requests))
	if progress {
		return left
	}
	m.refuse(left)
	return nil
}

// withoutUnknown answers the additions of users whom a recent list lacks, and returns the others.
// If the list cannot be loaded, it returns all.
func (m memberRun) withoutUnknown(ctx context.Context, requests []*memberRequest) (rest []*memberRequest) {
	ctx, cancel := within(ctx, requests)
	defer cancel()
	view, err := m.c.roster.Users.ViewSince(ctx, m.c.memberQueues.listSince(time.Now()))
	if err != nil {
		return requests
	}
	for _, r := range requests {
		var gone []string
		for _, id := range r.users {
			if _, here := view.ByID(id); !here {
				gone = append(gone, id.String())
			}
		}
		if len(gone) == 0 {
			rest = append(rest, r)
			continue
		}
		m.answer(scim.InvalidValue("members of group %s: TeamViewer refused the change, and these users are no longer in the company: %s. "+
			"Remove them from the group in the identity provider, or provision them again.", m.group, list(gone)).Because(r.refused), r)
	}
	return rest
}

// bisect sends requests in halves, and refused halves in halves again. It returns the requests that
// were refused alone.
func (m memberRun) bisect(ctx context.Context, requests []*memberRequest) (alone []*memberRequest) {
	open := [][]*memberRequest{requests}
	for calls := 0; len(open) > 0; open = open[1:] {
		part := open[0]
		if len(part) == 1 {
			alone = append(alone, part...)
			continue
		}
		for _, half := range [][]*memberRequest{part[:len(part)/2], part[len(part)/2:]} {
			if calls++; calls > maxSplits && m.kind == addition {
				m.answerUndecided(half)
			} else if refused := m.sendOnce(ctx, half); len(refused) > 0 {
				open = append(open, refused)
			}
		}
	}
	return alone
}

// answerUndecided answers requests that were refused together and need too many calls to separate.
func (m memberRun) answerUndecided(requests []*memberRequest) {
	for _, r := range requests {
		m.answer(scim.Unavailable(retryTrouble, "%s: TeamViewer refused a call for these and other members, and %d further calls "+
			"did not show which of them it refuses. Retry the request.", scim.Safe(m.unchanged()), maxSplits).Because(r.refused), r)
	}
}

func actionsOf(requests []*memberRequest) []action {
	all := make([]action, len(requests))
	for i, r := range requests {
		all[i] = r.action
	}
	return all
}

// listSince returns the time after which the load of a list of users must have begun that shows
// which of them are gone: now, if listEvery has passed since the last such list.
func (q *memberQueues) listSince(now time.Time) time.Time {
	q.mu.Lock()
	defer q.mu.Unlock()
	if now.Sub(q.listed) >= listEvery {
		q.listed = now
	}
	return q.listed
}
