package gateway

import (
	"fmt"
	"net/http"
	"sync"
	"time"

	"tvscim/mapping"
	"tvscim/proxy/admin"
	"tvscim/tvapi"
)

// refusals remembers what TeamViewer refuses, for the status of the component teamviewer. A refused
// right is no trouble of the calls as a whole, so that [tvapi.Health] does not have it. But without
// the list of users, every request fails.
type refusals struct {
	first sync.Once // the client of the company's token is the first, in auth.mode token

	mu    sync.Mutex
	since time.Time       // since when the list of users is refused to the company's token; zero: it is not
	trial map[int]refusal // the latest refusal of a caller's token, by HTTP status
}

// refusal is a number of refusals, and when the latest was.
type refusal struct {
	number int
	latest time.Time
}

// of returns the observer of a new client. In auth.mode token, later clients only try a new token,
// which is not in use.
func (r *refusals) of() func(tvapi.CallEvent) {
	inUse := false
	r.first.Do(func() { inUse = true })
	return func(e tvapi.CallEvent) {
		if e.Trial || inUse {
			r.observe(e)
		}
	}
}

// replaced notes that another token, which may list the users, is in use.
func (r *refusals) replaced() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.since = time.Time{}
}

// observe notes one call.
func (r *refusals) observe(e tvapi.CallEvent) {
	refused := e.Outcome == tvapi.KindPermission
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case e.Trial && e.Outcome == 0:
		r.trial = nil
	case e.Trial && (refused || e.Outcome == tvapi.KindToken):
		if r.trial == nil {
			r.trial = make(map[int]refusal)
		}
		status := http.StatusUnauthorized
		if refused {
			status = http.StatusForbidden
		}
		r.trial[status] = refusal{r.trial[status].number + 1, time.Now()}
	case e.Trial || e.Function != tvapi.FuncUserList:
	case !refused && e.Outcome == 0:
		r.since = time.Time{}
	case refused && r.since.IsZero():
		r.since = time.Now()
	}
}

// apply adds the refusals to a status that does not fail. own reports that the token is the
// gateway's own: in auth.mode passthrough a refusal is a matter of the caller's token.
func (r *refusals) apply(status admin.Status, own bool) admin.Status {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case own && status.OK && !r.since.IsZero():
		return admin.Status{Since: r.since, Detail: fmt.Sprintf("TeamViewer does not let the gateway's token list the users, so that requests are answered 503: "+
			"tick %q for the script token in the Management Console", mapping.Right(tvapi.FuncUserList))}
	case !own && status.Unknown && len(r.trial) > 0:
		said := "no bearer token was accepted yet"
		if t, ok := r.trial[http.StatusUnauthorized]; ok {
			said += fmt.Sprintf("; TeamViewer did not know the callers' tokens (401, %d, latest at %s)", t.number, clock(t.latest))
		}
		if t, ok := r.trial[http.StatusForbidden]; ok {
			said += fmt.Sprintf("; callers' tokens lacked the right %q (403, %d, latest at %s)", mapping.Right(tvapi.FuncUserList), t.number, clock(t.latest))
		}
		status.Detail = said
	}
	return status
}
